"""What an evaluator would report: a catalogue of designs, each with what it needs, and the closed forms behind them.

    view = EvaluatorView(counts, residents, treated=.., start=36, baseline=(24, 36), follow_up=(36, 48))
    evaluate("differences", view).words

One file a design, found by this folder. A design sees an `EvaluatorView` alone: what an evaluator would be given, never the truth.
"""
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from nbhdsim.errors import NbhdsimError
from nbhdsim.registry import Registry

Array = NDArray[np.float64]
Window = tuple[int, int]

AREAS, PARTICIPANTS, REFERRED = "all residents of the funded areas", "participants", "people referred"
"""Whom an estimate is about."""


@dataclass(frozen=True)
class People:
    """Linked records of people, one row each: `joined` and `referred` bool[n], events `prior` and `after` f8[n] in the months
    `prior_months` and `after_months` of each window, `covariates` f8[n, k] known before with their `names`, `area` i[n]; `rows`
    i[n]: which of all people they are, where some have no record."""

    joined: NDArray[np.bool_]
    prior: Array
    after: Array
    covariates: Array
    names: tuple[str, ...]
    area: NDArray[np.int64]
    referred: NDArray[np.bool_] | None = None
    rows: NDArray[np.int64] | None = None
    prior_months: int = 12
    after_months: int = 12


@dataclass(frozen=True)
class Batch:
    """Lists of a proxy population at two dates: people on the list, with the event (screened), of whom `stayed` were on both, and
    how many of the second list a programme `reached`."""

    eligible: tuple[int, int]
    with_event: tuple[float, float]
    stayed: int
    reached: float


@dataclass(frozen=True)
class Answers:
    """A self-report survey of participants: scores f8[n] before and after, NaN where someone did not answer; `better` bool[n]: says
    that things got better or that they are more likely to act; `unit` of a score."""

    before: Array
    after: Array
    better: NDArray[np.bool_]
    unit: str = "points of life satisfaction"


@dataclass(frozen=True)
class EvaluatorView:
    """What an evaluator sees. counts f8[area, column] of events and residents f8[area, column] at even times (`year` columns a
    year, 12: months); treated bool[area]; first funded column `start`; windows (first, stop) of columns before and after.

    A rate is counts / residents x `scale`, in `unit`. pool bool[area]: areas to compare with (None: all that are not treated);
    starts i[area]: first funded column of each area where they differ, -1 never; randomised: was it drawn who is funded (or
    when)? placebo: counts of an outcome that the programme cannot move. seed, replicate: of the evaluator's own draws.
    Raises NbhdsimError where shapes or windows do not fit.
    """

    counts: Array
    residents: Array
    treated: NDArray[np.bool_]
    start: int
    baseline: Window
    follow_up: Window
    year: int = 12
    scale: float = 12_000
    unit: str = "admissions per 1,000 residents a year"
    outcome: str = "emergency admissions"
    pool: NDArray[np.bool_] | None = None
    starts: NDArray[np.int64] | None = None
    randomised: bool = False
    placebo: Array | None = None
    people: People | None = None
    batch: Batch | None = None
    answers: Answers | None = None
    seed: int = 1
    replicate: int = 0

    def __post_init__(self) -> None:
        """Shapes agree, windows lie on their side of the start, inside the data, and every area used has residents."""
        areas, columns = self.counts.shape
        if self.residents.shape != (areas, columns) or self.treated.shape != (areas,):
            raise NbhdsimError.of(f"counts and residents [{areas}, {columns}] and treated [{areas}] have one shape", path="view")
        for name, (first, stop), low, high in (("baseline", self.baseline, 0, self.start),
                                               ("follow_up", self.follow_up, self.start, columns)):
            if not low <= first < stop <= high:
                raise NbhdsimError.of(f"columns {first} to {stop} ({low} to {high}: the baseline ends before the first funded "
                                      f"column {self.start}, the follow-up begins there or later)", path=name)
        used = self.treated | self.compared
        if not all((self.residents[used, slice(*window)].sum(1) > 0).all() for window in (self.baseline, self.follow_up)):
            raise NbhdsimError.of("an area has no residents in a window (leave it out of treated and pool)", path="residents")

    @property
    def compared(self) -> NDArray[np.bool_]:
        """Areas to compare with, bool[area]."""
        return ~self.treated if self.pool is None else self.pool & ~self.treated

    @property
    def weights(self) -> Array:
        """Residents of each area over both windows, f8[area]: the weight of its change."""
        return np.asarray(sum(self.residents[:, slice(*window)].sum(1) for window in (self.baseline, self.follow_up)))

    def rates(self, window: Window, counts: Array | None = None) -> Array:
        """Rate of each area in a window, f8[area]; of other counts where they are given."""
        seen = slice(*window)
        return (self.counts if counts is None else counts)[:, seen].sum(1) / self.residents[:, seen].sum(1) * self.scale

    def rate(self, areas: NDArray[np.bool_], window: Window) -> float:
        """Rate of all residents of some areas in a window."""
        seen = slice(*window)
        return float(self.counts[areas, seen].sum() / self.residents[areas, seen].sum() * self.scale)


@dataclass(frozen=True)
class Estimate:
    """What a design says: the effect with its 95% limits, in `unit`; Maryland level 1 (before and after) to 5 (randomised); plain
    words; whom it is about; and checks by name (placebos, ratios, balance)."""

    value: float
    low: float
    high: float
    unit: str
    maryland: int
    words: str
    of: str = AREAS
    checks: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Needs:
    """The least a design works with: areas funded and compared, columns before and after, events, participants and others with
    records, and whether it needs staggered starts, a draw, lists or answers."""

    treated: int = 1
    compared: int = 0
    before: int = 1
    after: int = 1
    events: int = 1
    joined: int = 0
    referred: int = 0
    others: int = 0
    starts: bool = False
    randomised: bool = False
    batch: bool = False
    answers: bool = False

    def unmet(self, view: EvaluatorView) -> list[str]:
        """What a view lacks, in plain words; empty where the design would work."""
        (b0, b1), (f0, f1), p = view.baseline, view.follow_up, view.people
        events = view.counts[view.treated][:, np.r_[b0:b1, f0:f1]].sum() if not (self.batch or self.answers) else self.events
        have = {"funded areas": (int(view.treated.sum()), self.treated), "areas to compare with":
                (int(view.compared.sum()), self.compared), "periods before": (b1 - b0, self.before),
                "periods after": (f1 - f0, self.after), "events in the funded areas": (float(events), self.events),
                "participants with records": (int(p.joined.sum()) if p else 0, self.joined),
                "people referred, with records": (int(p.referred.sum()) if p and p.referred is not None else 0, self.referred),
                "other people with records": (int((~p.joined).sum()) if p else 0, self.others)}
        lacks = [f"{seen:g} {what} ({least} or more)" for what, (seen, least) in have.items() if seen < least]
        flags = {"a first funded period of each area": (self.starts, view.starts is not None),
                 "a draw of who is funded": (self.randomised, view.randomised),
                 "lists at two dates": (self.batch, view.batch is not None), "answers": (self.answers, view.answers is not None)}
        return lacks + [f"there is not {what}" if what.startswith("a ") else f"there are no {what}"
                        for what, (asked, there) in flags.items() if asked and not there]


class Design(ABC):
    """One way to evaluate. title, Maryland level, what it needs, whom its estimate is about."""

    title: ClassVar[str]
    maryland: ClassVar[int]
    needs: ClassVar[Needs]
    of: ClassVar[str] = AREAS

    @abstractmethod
    def estimate(self, view: EvaluatorView) -> Estimate:
        """The estimate with its interval and words; `evaluate` has seen to it that the needs are met."""


D = TypeVar("D", bound=Design)
DESIGNS: Registry[Design] = Registry("evaluation design", package="nbhdsim.evaluation")
"""Every design by its name."""


def design(name: str) -> Callable[[type[D]], type[D]]:
    """Decorator: an instance of the class, with its own defaults, is the design of this name."""
    def register(kind: type[D]) -> type[D]:
        DESIGNS.add(name)(kind())
        return kind
    return register


def possible(view: EvaluatorView) -> list[str]:
    """Names of the designs that work with a view, in alphabetical order."""
    return [name for name, each in DESIGNS.items() if not each.needs.unmet(view)]


def evaluate(name: str, view: EvaluatorView) -> Estimate:
    """The estimate of a design. Raises NbhdsimError with what is lacking and the nearest design that would work: one about the same
    people before another, then the highest Maryland level."""
    chosen = DESIGNS[name]
    if lacks := chosen.needs.unmet(view):
        near = sorted(possible(view), key=lambda other: (DESIGNS[other].of != chosen.of, -DESIGNS[other].maryland, other))
        said = f"the nearest design that would work: {near[0]}" if near else "no design would work"
        raise NbhdsimError.of(f"{chosen.title}: {', '.join(lacks)}; {said}", path=name)
    return chosen.estimate(view)
