"""Outcomes: one small registered function each, from the sums of a run to totals and who they are a total of.

Each returns (total, residents), both float64 [month, place, age band]: events, or the sum over residents of a monthly
state; and the number of residents it speaks of. `total / residents / months x scale` is the rate or mean of a cell.
"""
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .residents import AGE_FROM, MECHANISMS, SEGMENT_FROM
from .screening import AGES
from .step.measure import (
    ADMISSIONS,
    ADULTS,
    ATTENDANCES,
    BED_DAYS,
    CHILD_ITEM,
    CONFIDENT,
    CONNECTED,
    CONTROL,
    EXPECTED,
    FIXED,
    HELP_SEEKING,
    IN_CONTROL,
    LONELY,
    LOW,
    PRESENT,
    REFERRALS,
    SATISFACTION,
)

Sums = NDArray[np.float64]
CHILDREN = slice(0, SEGMENT_FROM.index(18))
EVERYONE, GROWN, TEENS = slice(None), slice(ADULTS, None), slice(CHILD_ITEM, ADULTS)
BAND_STARTS = [SEGMENT_FROM.index(age) for age in AGE_FROM]
ALL_AGES = (0, 120)
ADMITTING = (*MECHANISMS, "admission_rr", "readmission_rr")
"""Levers that move emergency admissions, and through them bed days and A&E attendances."""
ANSWERING = (*MECHANISMS, "life_satisfaction")
"""Levers that move answers about life satisfaction."""


class Measures(NamedTuple):
    """Sums of one scenario: sums int64 [month, place, age segment, column of step.measure.COLUMNS]; reached int64
    [month, place, segment] residents ever reached by any programme; first: month of row 0; screened int64 [month, place, segment,
    6] up to date with, and invited to, breast, cervical and bowel screening (None: not counted); deaths int64 [month, place,
    segment], None where ages are held; few: int64 [month, place, segment] by name, see tally.NAMES (nothing: none of it)."""

    sums: NDArray[np.int64]
    reached: NDArray[np.int64]
    first: int
    screened: NDArray[np.int64] | None = None
    deaths: NDArray[np.int64] | None = None
    few: Mapping[str, NDArray[np.int64]] | None = None


class Outcome(NamedTuple):
    """An outcome: unit; which direction is better (`lower` or `higher`); kind (`count mean share pounds`); scale that
    turns events a resident-month into the usual rate (12,000: per 1,000 a year); ages it is about, both included;
    moved_by: levers that reach it, or numbers of a kind; what it is; how it is summed."""

    name: str
    unit: str
    direction: str
    kind: str
    scale: float
    ages: tuple[int, int]
    moved_by: tuple[str, ...]
    meaning: str
    function: Callable[[Measures], tuple[Sums, Sums]]


OUTCOMES: dict[str, Outcome] = {}
"""Every outcome by name."""


def outcome(*, unit: str, direction: str, kind: str, scale: float = 1.0, ages: tuple[int, int] = ALL_AGES,
            moved_by: tuple[str, ...] = ()) -> Callable:
    """Register an outcome function under its own name; its docstring's first line says what it is."""
    def add(function: Callable[[Measures], tuple[Sums, Sums]]) -> Callable:
        name = function.__name__
        meaning = (function.__doc__ or "").split("\n")[0]
        OUTCOMES[name] = Outcome(name, unit, direction, kind, scale, ages, moved_by, meaning, function)
        return function
    return add


def moved(pushes: Iterable[tuple[str, int, int]]) -> set[str]:
    """Outcomes that pushes can reach: (lever, lowest, highest age of those it is pushed for).

    A mechanism spreads along ties to any age; any other lever reaches only those it is pushed for.
    """
    return {name for lever, low, high in pushes for name, o in OUTCOMES.items()
            if lever in o.moved_by and (lever in MECHANISMS or low <= o.ages[1] and o.ages[0] <= high)}


def by_band(sums: NDArray[np.int64], who: slice) -> Sums:
    """Sums [month, place, segment] as [month, place, band], over the segments in `who` only."""
    kept = np.zeros_like(sums)
    kept[..., who] = sums[..., who]
    return np.add.reduceat(kept, BAND_STARTS, axis=-1).astype(np.float64)


def _sums(m: Measures, column: int, who: slice = EVERYONE, *, fixed: bool = False) -> tuple[Sums, Sums]:
    total = by_band(m.sums[..., column], who)
    return total / float(FIXED) if fixed else total, by_band(m.sums[..., PRESENT], who)


@outcome(unit="admissions", direction="lower", kind="count", scale=12_000, moved_by=ADMITTING)
def emergency_admissions(m: Measures) -> tuple[Sums, Sums]:
    """Emergency admissions, observed counts, all residents."""
    return _sums(m, ADMISSIONS)


@outcome(unit="admissions", direction="lower", kind="count", scale=12_000, moved_by=ADMITTING)
def expected_admissions(m: Measures) -> tuple[Sums, Sums]:
    """Emergency admissions expected from each month's rate, excitation included: effects without the luck of counts."""
    return _sums(m, EXPECTED, fixed=True)


@outcome(unit="bed days", direction="lower", kind="count", scale=12_000, moved_by=(*ADMITTING, "bed_days_rr"))
def bed_days(m: Measures) -> tuple[Sums, Sums]:
    """Nights in hospital that follow emergency admissions, counted in the month of admission."""
    return _sums(m, BED_DAYS)


@outcome(unit="attendances", direction="lower", kind="count", scale=12_000, moved_by=(*ADMITTING, "ae_rr"))
def ae_attendances(m: Measures) -> tuple[Sums, Sums]:
    """A&E attendances, those that end in admission included."""
    return _sums(m, ATTENDANCES)


@outcome(unit="referrals", direction="lower", kind="count", scale=120_000, ages=(0, 17), moved_by=("referral_rr",))
def child_referrals(m: Measures) -> tuple[Sums, Sums]:
    """Referrals to children's social care, residents under 18 (per 10,000 a year)."""
    return _sums(m, REFERRALS, CHILDREN)


@outcome(unit="points 0-10", direction="higher", kind="mean", ages=(16, 120), moved_by=ANSWERING)
def life_satisfaction(m: Measures) -> tuple[Sums, Sums]:
    """Mean life satisfaction (ONS4), residents of 16 and over."""
    return _sums(m, SATISFACTION, GROWN, fixed=True)


@outcome(unit="points 0-10", direction="higher", kind="mean", ages=(10, 15), moved_by=ANSWERING)
def child_wellbeing(m: Measures) -> tuple[Sums, Sums]:
    """Mean happiness with life (Good Childhood item), residents of 10 to 15."""
    return _sums(m, SATISFACTION, TEENS, fixed=True)


@outcome(unit="share", direction="lower", kind="share", ages=(16, 120), moved_by=ANSWERING)
def low_life_satisfaction(m: Measures) -> tuple[Sums, Sums]:
    """Share whose life satisfaction is 0-4 (below 4.5), residents of 16 and over."""
    return _sums(m, LOW, GROWN)


@outcome(unit="share", direction="lower", kind="share", ages=(16, 120), moved_by=("connection",))
def lonely(m: Measures) -> tuple[Sums, Sums]:
    """Share lonely often or always, residents of 16 and over."""
    return _sums(m, LONELY, GROWN)


@outcome(unit="SD", direction="higher", kind="mean", ages=(16, 120), moved_by=("control",))
def control(m: Measures) -> tuple[Sums, Sums]:
    """Mean sense of control (0 = England, 1 = one SD between people), residents of 16 and over."""
    return _sums(m, CONTROL, GROWN, fixed=True)


@outcome(unit="share", direction="higher", kind="share", ages=(16, 120), moved_by=("connection",))
def connected(m: Measures) -> tuple[Sums, Sums]:
    """Share not lonely even some of the time (78% of England's adults), residents of 16 and over."""
    return _sums(m, CONNECTED, GROWN)


@outcome(unit="share", direction="higher", kind="share", ages=(16, 120), moved_by=("control",))
def in_control(m: Measures) -> tuple[Sums, Sums]:
    """Share whose sense of control is among the top 27% of England's adults (those who can influence decisions), 16 and over."""
    return _sums(m, IN_CONTROL, GROWN)


@outcome(unit="share", direction="higher", kind="share", ages=(16, 120), moved_by=("self_care",))
def help_seeking(m: Measures) -> tuple[Sums, Sums]:
    """Share who seek help in time: above the lowest fifth of self-care among England's adults (judged), 16 and over."""
    return _sums(m, HELP_SEEKING, GROWN)


@outcome(unit="share", direction="higher", kind="share", ages=(16, 120), moved_by=("self_care",))
def confident(m: Measures) -> tuple[Sums, Sums]:
    """Share confident of looking after their health: the upper half of self-care among England's adults (judged), 16 and over."""
    return _sums(m, CONFIDENT, GROWN)


def _few(m: Measures, name: str) -> NDArray[np.int64]:
    """Counts of few residents [month, place, segment], 0 where nobody counted."""
    return np.zeros_like(m.sums[..., PRESENT]) if m.few is None else m.few[name]


@outcome(unit="0 to 1", direction="lower", kind="mean", ages=(16, 120), moved_by=("strain",))
def strain(m: Measures) -> tuple[Sums, Sums]:
    """Mean strain of taking part in deciding (0 none, 1 the most), residents of 16 and over."""
    return by_band(_few(m, "strain"), GROWN) / float(FIXED), by_band(m.sums[..., PRESENT], GROWN)


@outcome(unit="volunteers", direction="higher", kind="count", scale=12_000, ages=(16, 120), moved_by=("hours_a_year",))
def volunteers(m: Measures) -> tuple[Sums, Sums]:
    """Residents of 16 and over who volunteer in a programme, in years of volunteering: a year's total is how many at a time."""
    return by_band(_few(m, "volunteers"), GROWN) / 12, by_band(m.sums[..., PRESENT], GROWN)


@outcome(unit="hours", direction="higher", kind="count", scale=12_000, ages=(16, 120), moved_by=("hours_a_year",))
def volunteer_hours(m: Measures) -> tuple[Sums, Sums]:
    """Hours that volunteers of 16 and over give in programmes."""
    return by_band(_few(m, "volunteer_hours"), GROWN) / float(FIXED), by_band(m.sums[..., PRESENT], GROWN)


@outcome(unit="families", direction="lower", kind="count", scale=120_000, ages=(0, 17), moved_by=("referral_rr",))
def families_referred(m: Measures) -> tuple[Sums, Sums]:
    """Families with a child referred to children's social care in the month, by age of the youngest child (per 10,000 a year)."""
    return by_band(_few(m, "families_referred"), EVERYONE), by_band(_few(m, "families"), EVERYONE)


@outcome(unit="share", direction="higher", kind="share")
def reached(m: Measures) -> tuple[Sums, Sums]:
    """Share ever reached by any programme of the scenario so far, all residents."""
    return by_band(m.reached, EVERYONE), by_band(m.sums[..., PRESENT], EVERYONE)


def _screened(m: Measures, k: int) -> tuple[Sums, Sums]:
    counts = np.zeros((*m.reached.shape, 6), np.int64) if m.screened is None else m.screened
    return by_band(counts[..., k], EVERYONE), by_band(counts[..., 3 + k], EVERYONE)


@outcome(unit="share", direction="higher", kind="share", ages=AGES["breast"], moved_by=("screening",))
def screened_breast(m: Measures) -> tuple[Sums, Sums]:
    """Share up to date with breast screening, women of 53 to 70."""
    return _screened(m, 0)


@outcome(unit="share", direction="higher", kind="share", ages=AGES["cervical"], moved_by=("screening",))
def screened_cervical(m: Measures) -> tuple[Sums, Sums]:
    """Share up to date with cervical screening, women of 25 to 64."""
    return _screened(m, 1)


@outcome(unit="share", direction="higher", kind="share", ages=AGES["bowel"], moved_by=("screening",))
def screened_bowel(m: Measures) -> tuple[Sums, Sums]:
    """Share up to date with bowel screening, everyone of 60 to 74."""
    return _screened(m, 2)


@outcome(unit="deaths", direction="lower", kind="count", scale=12_000)
def deaths(m: Measures) -> tuple[Sums, Sums]:
    """Deaths, all residents; part of the life script, so that no programme moves them, and none where ages are held."""
    none = np.zeros_like(m.sums[..., PRESENT])
    return by_band(none if m.deaths is None else m.deaths, EVERYONE), by_band(m.sums[..., PRESENT], EVERYONE)
