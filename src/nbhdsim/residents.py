"""Residents: named arrays, one row a resident; what each column means, its unit, and read-only views of it.

`Script` is what a population fixes before anything is simulated (who lives where, born when); `Residents` is the
snapshot of one month that a user looks at. Both are tuples of equally long arrays, never objects per person.
"""
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .chances import Chances

MECHANISMS = ("connection", "control", "activity", "self_care", "security")
"""The five mechanisms between an intervention and health, in the order of every array that has one axis for them."""

AGE_FROM = (0, 5, 18, 35, 50, 65, 75, 85)
"""First year of age of each of the 8 age bands of every table."""

AGE_BANDS = ("0-4", "5-17", "18-34", "35-49", "50-64", "65-74", "75-84", "85+")
"""Names of the 8 age bands."""

SEGMENT_FROM = (0, 5, 10, 16, 18, 35, 50, 65, 75, 85)
"""First year of age of the 10 inner segments: the bands, cut again at 10 (own wellbeing item) and 16 (ONS4)."""

FRAILTY = ("fit", "mild", "moderate", "severe")
"""Names of the frailty categories 0-3 (electronic frailty index, Clegg and others 2016)."""

CONDITIONS = 4
"""Long-term conditions that are told apart: four stands for four or more."""

STAYS = 32767
"""Month of `leaves` (and `dies`) that means: not within any run."""

_T = TypeVar("_T")


class Script(NamedTuple):
    """The life script: what the population fixes and no lever moves.

    Rows are sorted by place, then oldest first, then id: the age bands of a place are contiguous, so that a sum over
    a place's band is a segment sum. n residents.
    """

    id: NDArray[np.uint32]           # [n] lasting identity, place << 16 | slot: the `who` of every random draw
    place: NDArray[np.uint16]        # [n] row of Places
    household: NDArray[np.uint32]    # [n] number of the household, counted over the whole area
    school: NDArray[np.int32]        # [n] row of Places.school_place, -1 for no school
    practice: NDArray[np.int32]      # [n] row of Places.practice_place
    sex: NDArray[np.uint8]           # [n] 0 female, 1 male
    disabled: NDArray[np.bool_]      # [n] disabled under the Equality Act
    flags: NDArray[np.uint32]        # [n] lots held of `groups.GROUPS`, one bit each; read them with `groups.belongs`
    birth_month: NDArray[np.int16]   # [n] month of birth, months relative to month 0 (negative: already born)
    arrives: NDArray[np.int16]       # [n] first month present; those there from the start have a month before history
    leaves: NDArray[np.int16]        # [n] first month no longer present, STAYS = 32767
    conditions: NDArray[np.uint8]    # [n] number of long-term conditions, 4 for four or more
    frailty: NDArray[np.uint8]       # [n] 0 fit, 1 mild, 2 moderate, 3 severe
    born: NDArray[np.float32]        # [7, n] standard normal deviates of the lasting traits: the five mechanisms,
    #                                  life satisfaction, admission
    month: int = 0                   # the month the columns speak of; 0 for good where ages are held


class Months(NamedTuple):
    """Things sorted by the month they happen in, and within it by row: months from `first` on begin at start [months + 1]."""

    first: int
    start: NDArray[np.int64]
    columns: tuple[NDArray[np.int32], ...]

    def of(self, month: int) -> tuple[NDArray[np.int32], ...]:
        """The columns of one month."""
        k = month - self.first
        inside = slice(self.start[k], self.start[k + 1]) if 0 <= k < self.start.size - 1 else slice(0)
        return tuple(column[inside] for column in self.columns)


class Agenda(NamedTuple):
    """What happens when, read off a life script.

    changes: row, the stay that begins in it (-1: nobody comes), the stay that has ended (-1: nobody was there); turns: rows in
    which anything else changes (another segment of age, worse frailty, another condition, the last year of life) or that change;
    deaths: place, age segment; birthdays: rows by month of the year, 0 that of month 0.
    """

    changes: Months
    turns: Months
    deaths: Months
    birthdays: tuple[NDArray[np.int32], ...]


class Life(NamedTuple):
    """Who lives in each row of `Script` and until when: one stay after another, sorted by row, then month. s stays.

    A row is a place in a household: when the household moves away, one of the same ages and sexes moves in. The columns of
    Script that belong to a person (id in `Residents`, disabled, flags, arrives, leaves, conditions, frailty, born) are those of the
    stay of Script.month, or the nearest one where nobody is there.
    """

    row: NDArray[np.int32]           # [s] row of Script
    id: NDArray[np.uint32]           # [s] lasting identity of the person
    disabled: NDArray[np.bool_]      # [s]
    flags: NDArray[np.uint32]        # [s] as in Script
    arrives: NDArray[np.int16]       # [s] first month present, -32767 where before any history
    leaves: NDArray[np.int16]        # [s] first month no longer present, STAYS
    dies: NDArray[np.int16]          # [s] first month no longer alive, here (then as `leaves`) or within a year elsewhere, or STAYS
    worsens: NDArray[np.int16]       # [3, s] first month at least mildly, moderately, severely frail; -32767 always, STAYS never
    gains: NDArray[np.int16]         # [4, s] first month with at least one, two, three, four long-term conditions, likewise
    born: NDArray[np.float32]        # [7, s] as in Script
    chances: "Chances"               # what all this was drawn by
    agenda: Agenda


class Residents(NamedTuple):
    """Everything about every resident at the end of one month, row for row as in `Script`.

    z-scores have mean 0 and SD 1 among people of England. k stands for connection, control, activity, self_care and
    security: the level is x = mean by age and quintile + trait + drift + effect + spill; the effect is worked out
    anew each month and not kept.
    """

    id: NDArray[np.uint32]                   # [n] lasting identity
    place: NDArray[np.uint16]                # [n] row of Places
    household: NDArray[np.uint32]            # [n] number of the household
    school: NDArray[np.int32]                # [n] -1 for no school
    practice: NDArray[np.int32]              # [n] row of Places.practice_place
    sex: NDArray[np.uint8]                   # [n] 0 female, 1 male
    disabled: NDArray[np.bool_]              # [n] disabled under the Equality Act
    digitally_excluded: NDArray[np.bool_]    # [n] cannot or does not use what is offered online first
    groups: NDArray[np.uint32]               # [n] bit flags of `groups.GROUPS`, digital exclusion included
    birth_month: NDArray[np.int16]           # [n] months relative to month 0
    age: NDArray[np.uint8]                   # [n] completed years
    arrives: NDArray[np.int16]               # [n] first month present
    leaves: NDArray[np.int16]                # [n] first month no longer present, 32767 = stays
    conditions: NDArray[np.uint8]            # [n] number of long-term conditions, 4 for four or more
    frailty: NDArray[np.uint8]               # [n] 0 fit .. 3 severe
    trait: NDArray[np.float32]               # [5, n] lasting part of each mechanism, SD of England
    drift: NDArray[np.float32]               # [5, n] slowly wandering part, SD of England
    spill: NDArray[np.float32]               # [5, n] change caught from contacts, SD of England; 0 before any funding
    trait_satisfaction: NDArray[np.float32]  # [n] lasting part of life satisfaction, latent points
    drift_satisfaction: NDArray[np.float32]  # [n] slowly wandering part, latent points
    trait_admission: NDArray[np.float32]     # [n] lasting log rate ratio of emergency admission
    acuity: NDArray[np.float32]              # [n] transient log rate ratio of emergency admission
    excitation: NDArray[np.float32]          # [n] extra admissions expected this month after earlier ones
    life_satisfaction: NDArray[np.float32]   # [n] last answer, 0-10 (the child item at 10-15; NaN under 10)


def age_at(script: Script) -> NDArray[np.uint8]:
    """Completed years of age [n] in the month the script speaks of, 0 for the unborn."""
    return (np.maximum(script.month - script.birth_month.astype(np.int32), 0) // 12).astype(np.uint8)


def aged(script: Script, low: int, high: int) -> NDArray[np.bool_]:
    """Who is `low` to `high` completed years old [n], both included, in the month the script speaks of."""
    born = script.birth_month
    return (born <= script.month - 12 * low) & (born > script.month - 12 * (high + 1))


def present(script: Script) -> NDArray[np.bool_]:
    """Who is there in the month the script speaks of [n]."""
    return (script.arrives <= script.month) & (script.month < script.leaves)


def frailty_of(life: Life, stays: NDArray[np.integer], month: NDArray[np.integer] | int) -> NDArray[np.uint8]:
    """Frailty 0-3 in these stays in a month (one for each, or one for all)."""
    return (life.worsens[:, stays] <= month).sum(0).astype(np.uint8)


def conditions_of(life: Life, stays: NDArray[np.integer], month: NDArray[np.integer] | int) -> NDArray[np.uint8]:
    """Long-term conditions 0-4 in these stays in a month (one for each, or one for all)."""
    return (life.gains[:, stays] <= month).sum(0).astype(np.uint8)


def band_of(age: NDArray[np.integer], from_: tuple[int, ...] = AGE_FROM) -> NDArray[np.uint8]:
    """Number of the age band (or, with SEGMENT_FROM, of the segment) of each age in completed years."""
    return (np.searchsorted(np.asarray(from_), age, side="right") - 1).astype(np.uint8)


def readonly(columns: _T) -> _T:
    """The same named tuple with read-only views of its arrays; the arrays themselves stay as they are."""
    return type(columns)(*(_view(column) for column in columns))  # type: ignore[misc, attr-defined]


def _view(column: object) -> object:
    if not isinstance(column, np.ndarray):
        return column
    view = column.view()
    view.flags.writeable = False
    return view
