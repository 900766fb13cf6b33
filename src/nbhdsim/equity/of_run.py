"""Who gains in a finished run: every outcome by fifth, and the gap between fifths before, with the programme, and its change.

Fifths are IMD quintiles of neighbourhoods, 1 the most deprived, and stand in that order: an index above 0 (RII above 1) says that
the less deprived have more. Absolute and relative gaps always come together, for they can move in opposite ways.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nbhdsim.comparison import ranged, shown, spread
from nbhdsim.equity.indices import Scale, concentration, erreygers, slope_index
from nbhdsim.outcomes import OUTCOMES
from nbhdsim.projections import frames
from nbhdsim.projections.cubes import Cube, Cubes
from nbhdsim.projections.frames import Modelled
from nbhdsim.residents import AGE_BANDS

MEASURED = ("emergency_admissions", "expected_admissions", "bed_days", "ae_attendances", "child_referrals", "life_satisfaction",
            "low_life_satisfaction", "lonely")
"""Outcomes whose gaps are measured."""
BOUNDS = {"life_satisfaction": (0.0, 10.0), "low_life_satisfaction": (0.0, 1.0), "lonely": (0.0, 1.0)}
"""Bounded outcomes, which Erreygers' correction is for."""
SCALES: dict[str, Scale] = {"count": "log", "share": "logit", "mean": "identity"}
"""Scale on which a line is fitted through the fifths, by kind of outcome (PHE: log for rates, logit for shares)."""
LEAST_PEOPLE = 100
"""Below this many simulated people an effect of a subgroup is mostly their luck."""
FEW_PEOPLE = f"fewer than {LEAST_PEOPLE} simulated people"
INDICES = {
    "SII": "slope index of inequality, in the unit of the rate: least deprived end minus most deprived end of the fitted line",
    "RII": "relative index of inequality: least deprived end over most deprived end",
    "concentration": "concentration index, -1 to 1",
    "Erreygers": "its correction for a bounded outcome, -1 to 1",
}
NEUTRAL = {"RII": 1.0}
"""Value of an index where there is no gap; 0 for the others."""
AS_THEY_ARE, STANDARDISED = "as they are", "standardised"
MORE = {-1: "the most deprived have more", 0: "no gap", 1: "the least deprived have more"}
NO_LINE = "a fifth without events, or without people of some age, in some futures"
GAPS = {
    "scenario": "name of the scenario",
    "outcome": "name of the outcome (counts as rates)",
    "ages": f"`{AS_THEY_ARE}`, or `{STANDARDISED}`: each fifth with the ages of the whole area",
    "index": "; ".join(f"`{name}`: {meaning}" for name, meaning in INDICES.items()),
    "base": "the index in the first scenario, over the futures that `value` is from",
    "with": "with the programme",
    **{name: frames.COLUMNS[name] for name in ("value", "central", "chance_low", "chance_high", "all_low", "all_high", "error",
                                               "sign_unknown", "covers_zero")},
    "reads": "who has more of the outcome, and whether the gap narrows, widens, or shows no clear change",
    "why": f"why there is no value: not modelled, or {NO_LINE}",
}
"""Columns of `gaps`, and what they mean."""
FIFTHS = {
    **{name: frames.COLUMNS[name] for name in ("scenario", "outcome")},
    "quintile": "1 (most deprived) to 5",
    "population": "share of the residents whom the outcome is about that live in the fifth",
    **{name: frames.COLUMNS[name] for name in (
        "residents", "base", "with", "value", "central", "chance_low", "chance_high", "all_low", "all_high", "error",
        "sign_unknown", "covers_zero", "base_rate", "with_rate", "rate")},
    "relative": "`value` as a share of `base`; blank where that is 0",
    "note": f"`{FEW_PEOPLE}` where that is so",
    "why": "why there is no value",
}
"""Columns of `fifths`, and what they mean."""


def fifths(run: Cubes, reference: str, *, modelled: Modelled = None) -> pd.DataFrame:
    """Every outcome of a run by fifth over the whole period, absolute and relative change together, in the columns of FIFTHS."""
    cube = run.yearly.only("quintile").whole()
    found = frames.frame(cube, run, reference, outcomes=run.outcomes, period="whole", modelled=modelled)
    found = found.assign(quintile=found["group"].astype(int), relative=found["value"] / found["base"].where(found["base"] != 0))
    found["population"] = found["residents"] / found.groupby(["scenario", "outcome"])["residents"].transform("sum")
    found["note"] = noted(found["residents"])
    return found[list(FIFTHS)]


def noted(people: "pd.Series[float]") -> NDArray[np.object_]:
    """A warning beside each subgroup that is too small, else ""."""
    return np.where(people < LEAST_PEOPLE, FEW_PEOPLE, "").astype(object)


def gaps(run: Cubes, reference: str, *, modelled: Modelled = None, outcomes: Sequence[str] = MEASURED) -> pd.DataFrame:
    """Indices of inequality of each scenario but the reference over the whole period, in the columns of GAPS."""
    first = run.number(reference)
    others = [i for i in range(len(run.scenarios)) if i != first]
    rows = []
    for outcome in (name for name in outcomes if name in run.outcomes):
        for ages in (AS_THEY_ARE, STANDARDISED):
            found = indices(run, outcome, standard=ages == STANDARDISED)
            for i in others:
                known = {"scenario": run.scenarios[i], "outcome": outcome, "ages": ages}
                rows += [known | _gap(name, x[first], x[i], draws=run.draws) for name, x in found.items()]
    frame = frames.blanked(pd.DataFrame(rows, columns=list(GAPS)), modelled)
    frame.loc[frame["value"].isna(), "reads"] = ""
    return frame.sort_values("scenario", kind="stable", ignore_index=True)


def indices(run: Cubes, outcome: str, *, standard: bool = False) -> dict[str, NDArray[np.float64]]:
    """Indices of one outcome by name, f8[scenario, future]; NaN where a fifth has no rate above 0, or no people.

    standard: rates of a fifth are those of its age bands, weighted by the ages of the whole area in the same future.
    """
    values, weights = _standardised(run, outcome) if standard else _crude(run, outcome)
    names = [name for name in INDICES if name != "Erreygers" or outcome in BOUNDS]
    found = {name: np.full(values.shape[:2], np.nan) for name in names}
    for s, f in np.ndindex(values.shape[:2]):
        for name, x in _indices(values[s, f], weights[s, f], outcome):
            found[name][s, f] = x
    return found


def _indices(values: NDArray[np.float64], weights: NDArray[np.float64], outcome: str) -> Iterator[tuple[str, float]]:
    """Indices of one world's five values; none where they have no meaning."""
    scale = SCALES[OUTCOMES[outcome].kind]
    low, high = {"identity": (-np.inf, np.inf), "log": (0, np.inf), "logit": (0, 1)}[scale]
    if not ((values > low) & (values < high)).all():
        return
    slope = slope_index(values, weights, scale=scale)
    yield "SII", slope.sii
    yield "RII", slope.rii
    yield "concentration", concentration(values, weights)
    if outcome in BOUNDS:
        ends = BOUNDS[outcome]
        yield "Erreygers", erreygers(values, weights, low=ends[0], high=ends[1])


def _crude(run: Cubes, outcome: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rates and resident-months of fifths, f8[scenario, future, 5]."""
    cube = run.yearly.only("quintile").whole()
    o = run.outcomes.index(outcome)
    return frames.rates(cube, [outcome], of=run.outcomes)[:, :, 0, :, 0], cube.present[:, :, 0, :, o]


def _standardised(run: Cubes, outcome: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The same, each fifth with the ages of the whole area; ages that the outcome is not about count for nothing."""
    cube = run.yearly.only("quintile age").whole()
    shape = (*cube.value.shape[:2], -1, len(AGE_BANDS))
    rate = frames.rates(cube, [outcome], of=run.outcomes)[:, :, 0, :, 0].reshape(shape)
    present = cube.present[:, :, 0, :, run.outcomes.index(outcome)].reshape(shape)
    ages = present.sum(2, keepdims=True)
    share = ages / ages.sum(3, keepdims=True)
    return (np.where(ages > 0, rate, 0.0) * share).sum(3), present.sum(3)


def _gap(name: str, base: NDArray[np.float64], moved: NDArray[np.float64], *, draws: NDArray[np.int64]) -> dict[str, Any]:
    """One row of an index: before, with, paired difference and its ranges, and how it reads."""
    some, unbounded = shown(draws), (-np.inf, np.inf)
    found = ranged(spread(moved - base, draws), {"chance": unbounded, "all": unbounded})
    levels = {"base": float(base[some].mean()), "with": float(moved[some].mean())}
    why = NO_LINE if np.isnan(found["value"]) else ""
    return {"index": name, **levels, **{key: found[key] for key in GAPS if key in found},
            "reads": "" if why else reads(name, levels["base"], found), "why": why}


def reads(name: str, base: float, found: dict[str, Any]) -> str:
    """Who has more of the outcome in the first scenario, and which way the gap clearly goes, if any."""
    gap = base - NEUTRAL.get(name, 0.0)
    if found["sign_unknown"] or found["covers_zero"]:
        change = "no clear change of the gap"
    else:
        change = "the gap narrows" if found["value"] * gap < 0 else "the gap widens"
    return f"{MORE[int(np.sign(gap))]}; {change}"


def by_fifth(run: Cubes, outcome: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sums of an outcome f8[scenario, future, year, 5] (events; or person-years x mean) and person-years of the same shape."""
    cube: Cube = run.yearly.only("quintile")
    o = run.outcomes.index(outcome)
    per = 1.0 if OUTCOMES[outcome].kind == "count" else 12.0
    return cube.value[..., o] / per, cube.present[..., o] / 12
