"""In which box of the numbers is something so? The case of an experiment, the box that PRIM finds, and both in a sentence."""
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nbhdsim.errors import NbhdsimError
from nbhdsim.experiment import values
from nbhdsim.experiment.asked import Asked
from nbhdsim.experiment.design import Design
from nbhdsim.experiment.factors import Factor
from nbhdsim.experiment.models import WhenModel
from nbhdsim.experiment.values import Answer, Values, lines
from nbhdsim.outcomes import OUTCOMES
from nbhdsim.sensitivity import discover
from nbhdsim.sensitivity.discover import Box

COLUMNS = {
    "address": "the number",
    "low": "the box begins at this value; NaN where that side is open",
    "high": "it ends at this value; NaN where open",
    "u_low": "the same in the unit cube",
    "u_high": "the same in the unit cube",
    "quasi_p": "chance of a limit as good as this where the number does not matter",
}
PARTS = ("baseline", "interventions", "scenario", "effects")
"""Parts of an address that say nothing in a sentence."""


class Found(NamedTuple):
    """The box (None where none stands out) with its limits in COLUMNS; case [runs] and u [runs, factors] of the points that worked;
    sentence: all of it in plain words; dropped: points left out."""

    box: Box | None
    limits: pd.DataFrame
    case: NDArray[np.bool_]
    u: Values
    sentence: str
    dropped: int


def discovered(answers: pd.DataFrame, made: Design, when: WhenModel, *, asked: Sequence[Asked], scenarios: Sequence[str],
               seed: int = 1) -> Found:
    """The box in which the case `when` is most common among the means of the points; `scenarios` in their order.

    Where everything or nothing is a case, or runs are too few, the sentence says so. Raises NbhdsimError where the answer is not
    there.
    """
    one, question = _answer(values.found(answers, made), when, asked=asked, scenarios=scenarios)
    y = one.points.mean(1)
    worked = ~np.isnan(y)
    case = y[worked] < when.below if when.below is not None else y[worked] > (when.above or 0.0)
    names = [f.address for f in made.columns]
    u = np.column_stack([_levelled(f, made.u[worked, i]) for i, f in enumerate(made.columns)])
    said = _case(one, question, when, first=scenarios[0])
    if len(case) < discover.LEAST_RUNS:
        few = f"{len(case):,} points with a value are too few to find a box in ({discover.LEAST_RUNS} or more): {one.missing}"
        return Found(None, _limits(None, made, u), case, u, few, int((~worked).sum()))
    split = case.any() and not case.all()
    box = discover.discover(u, case, names, seed=seed) if split else None
    limits = _limits(box, made, u)
    sentence = _sentence(box, limits, made, said=said, share=float(case.mean())) if split else \
        f"{said} in {'all' if case.any() else 'none'} of {len(case):,} runs"
    return Found(box, limits, case, u, sentence, int((~worked).sum()))


def _answer(some: Sequence[Answer], when: WhenModel, *, asked: Sequence[Asked], scenarios: Sequence[str]) -> tuple[Answer, Asked]:
    """The answer that a case is about, and its question."""
    scenario = when.of or scenarios[min(1, len(scenarios) - 1)]
    for question in sorted(asked, key=lambda q: q.label != when.outcome):       # a label before a name
        for one in some:
            if when.outcome in (question.label, question.name) and (one.label, one.scenario) == (question.label, scenario):
                return one, question
    raise NbhdsimError.of(f"no run answered {when.outcome} of {scenario}", path="method.when")


def _steps(factor: Factor) -> bool:
    """Does it have a few values only?"""
    return bool(factor.values) or factor.law is not None and factor.law.law in ("integer", "choice")


def _levelled(factor: Factor, u: Values) -> Values:
    """u, with one u for each value of a factor that has a few: a limit within the u of one value would mean nothing."""
    if not _steps(factor):
        return u
    which = np.unique([factor.number(x) for x in u], return_inverse=True)[1]
    return (np.bincount(which, u) / np.bincount(which))[which]


def _limits(box: Box | None, made: Design, u: Values) -> pd.DataFrame:
    """The limits of a box as values of the factors: of one with few values the outermost that are in it."""
    rows = []
    for i, factor in enumerate(made.columns):
        if box is None or factor.address not in box.limits:
            continue
        low, high = box.limits[factor.address]
        within = u[(u[:, i] >= low) & (u[:, i] <= high), i]
        ends = (within.min(), within.max()) if _steps(factor) and within.size else (low, high)
        rows.append({"address": factor.address, "low": factor.number(ends[0]) if low > 0 else np.nan,
                     "high": factor.number(ends[1]) if high < 1 else np.nan, "u_low": low, "u_high": high,
                     "quasi_p": box.quasi_p[factor.address]})
    return pd.DataFrame(rows, columns=list(COLUMNS))


def words(address: str) -> str:
    """An address in a sentence: `interventions.youth_hub.reach` is youth hub reach."""
    kept = [part for part in address.split(".") if part not in PARTS] or [address]
    return " ".join(kept).replace("_", " ")


def _case(one: Answer, question: Asked, when: WhenModel, *, first: str) -> str:
    """The case as a clause."""
    limit = when.below if when.below is not None else when.above
    less = when.below is not None
    what = one.label.replace("_", " ")
    if question.difference and limit == 0:
        count = OUTCOMES[question.name].kind == "count"
        return f"{one.scenario} has {('fewer' if count else 'less') if less else 'more'} {what} than {first}"
    change = f"the change in {what} by {one.scenario} against {first}" if question.difference else f"{what} of {one.scenario}"
    return f"{change} is {'below' if less else 'above'} {lines(limit or 0.0)}"


def _limit(factor: Factor, low: float, high: float) -> str:
    """One limit: its values where there are a few, else between which it lies."""
    if factor.values:
        inside = [str(v) for v in factor.values if not _number(factor, v) < low and not _number(factor, v) > high]
        return f"{words(factor.address)} of {' or '.join(inside)}"
    if high != high:
        return f"{words(factor.address)} {'of at least' if _steps(factor) else 'above'} {lines(low)}"
    if low != low:
        return f"{words(factor.address)} {'of at most' if _steps(factor) else 'below'} {lines(high)}"
    return f"{words(factor.address)} between {lines(low)} and {lines(high)}"


def _number(factor: Factor, value: object) -> float:
    return float(value) if factor.ordered else float(factor.values.index(value))        # type: ignore[arg-type]


def _sentence(box: Box | None, limits: pd.DataFrame, made: Design, *, said: str, share: float) -> str:
    if box is None:
        return f"{said} in {share:.0%} of the runs, and in no box of the numbers clearly more often"
    factors = {f.address: f for f in made.columns}
    parts = [_limit(factors[row["address"]], row["low"], row["high"]) for row in limits.to_dict("records")]
    within = ", ".join(parts[:-1]) + " and " + parts[-1] if len(parts) > 1 else parts[0]
    return (f"In {box.density:.0%} of the runs with {within} {said} ({share:.0%} of all runs; the box holds {box.mass:.0%} of all "
            f"runs and {box.coverage:.0%} of such runs)")
