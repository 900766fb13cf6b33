"""Projections as tidy frames: nothing done, with the programme, the paired difference and its ranges, as counts and as rates."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nbhdsim import tables
from nbhdsim.comparison import NOT_MODELLED, POSSIBLE, lucky, ranged, shown, spread
from nbhdsim.outcomes import OUTCOMES
from nbhdsim.projections.cubes import YEAR, Cube, Cubes

NOBODY = "nobody is there in some futures"
SHOWN_BY = ("all", "place", "age", "quintile")
Modelled = Mapping[str, Collection[str]] | None
"""Outcomes that evidence was put in for, by scenario; None where that is not known, and all count."""
COLUMNS: Mapping[str, str] = {
    "scenario": "name of the scenario",
    "outcome": "name of the outcome",
    "by": "what people are grouped by: `all`, `place` (district), `age`, `quintile` or `neighbourhood`",
    "group": "which; blank for all",
    "period": "`month`, `year` or `whole`",
    "at": "number of the month (0 = start) or of the year (1, 2, ..); 0 for the whole period",
    "residents": "mean number of residents whom the outcome is about",
    "base": "level in the first scenario: a count in the month, or a year; a mean; a share from 0 to 1",
    "base_low": "lower end of its 90% range over futures (of all that is uncertain, else of chance); blank with too few",
    "base_high": "its upper end",
    "with": "level with the programme",
    "with_low": "lower end of its 90% range",
    "with_high": "its upper end",
    "value": "mean change against the first scenario, as in `comparison.csv`",
    "central": "the same over the futures with central numbers",
    "chance_low": "lower end of the 90% range of chance alone, around `central`",
    "chance_high": "its upper end",
    "all_low": "lower end of the 90% range of chance and uncertain evidence, around `value`",
    "all_high": "its upper end",
    "error": "standard error of `value`",
    "sign_unknown": "true where so few futures leave the sign of the mean open",
    "covers_zero": "true where the 90% range covers 0, or there is none",
    "base_rate": "`base` as the usual rate of the outcome (of counts, per 1,000 or 10,000 a year); of means and shares the level",
    "with_rate": "`with` as a rate",
    "rate": "`value` as a rate",
    "why": f"why there is no value: {NOT_MODELLED}, or {NOBODY}",
}
"""Columns of projections, and what they mean."""
FOUND = ("with", "with_low", "with_high", "value", "central", "chance_low", "chance_high", "all_low", "all_high", "error",
         "with_rate", "rate")
"""Columns that are blank where nothing was put in."""


class Projection(NamedTuple):
    """Frames in COLUMNS: the whole area by month; all, districts, ages and quintiles by year and over the whole; neighbourhoods."""

    months: pd.DataFrame
    groups: pd.DataFrame
    places: pd.DataFrame


def project(run: Cubes, reference: str, *, outcomes: Sequence[str], modelled: Modelled = None) -> Projection:
    """What each scenario but the reference does to some outcomes (those that the run has)."""
    some = [name for name in outcomes if name in run.outcomes]

    def of(cube: Cube, period: str) -> pd.DataFrame:
        return frame(cube, run, reference, outcomes=some, period=period, modelled=modelled)
    cubes = [run.yearly.only(by) for by in SHOWN_BY]
    groups = [of(cube, "year") for cube in cubes] + [of(cube.whole(), "whole") for cube in cubes]
    return Projection(of(run.monthly, "month"), pd.concat(groups, ignore_index=True), of(run.places, "whole"))


def levels(cube: Cube, outcomes: Sequence[str], *, of: Sequence[str], a_year: bool = True) -> NDArray[np.float64]:
    """Levels f8[scenario, future, period, group, outcome] of some outcomes; `of`: those that the cube has.

    Counts are those of the period (a_year: as many a year); means and shares are over resident-months, NaN where nobody is.
    """
    own = [of.index(name) for name in outcomes]
    value, present = cube.value[..., own], cube.present[..., own]
    per = (YEAR / cube.months if a_year else np.ones(len(cube.months)))[:, None, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(_counts(outcomes), value * per, value / present)


def _counts(outcomes: Sequence[str]) -> NDArray[np.bool_]:
    return np.array([OUTCOMES[name].kind == "count" for name in outcomes], bool)


def rates(cube: Cube, outcomes: Sequence[str], *, of: Sequence[str]) -> NDArray[np.float64]:
    """The usual rates of the same, value / resident-months x scale; NaN where nobody is."""
    own = [of.index(name) for name in outcomes]
    with np.errstate(divide="ignore", invalid="ignore"):
        return cube.value[..., own] / cube.present[..., own] * np.array([OUTCOMES[name].scale for name in outcomes])


def ranges(change: NDArray[np.float64], draws: NDArray[np.int64], *, base: NDArray[np.float64],
           outcomes: Sequence[str]) -> dict[str, Any]:
    """Columns of the paired change f8[future, .., outcome] to levels `base` of the same shape: arrays [.., outcome].

    Ranges stop at what is possible: no count below 0, no share outside 0 to 1.
    """
    ends = np.array([POSSIBLE.get(OUTCOMES[name].kind, (-np.inf, np.inf)) for name in outcomes], float).reshape(-1, 2).T
    some = {"chance": lucky(draws), "all": shown(draws)}
    possible = {name: [end - base[own].mean(0) for end in ends] for name, own in some.items()}
    return ranged(spread(change, draws), possible)


def frame(cube: Cube, run: Cubes, reference: str, *, outcomes: Sequence[str], period: str,
          modelled: Modelled = None) -> pd.DataFrame:
    """One cube of a run as rows in COLUMNS, of each scenario but the reference; groups where nobody ever is have no rows."""
    first = run.number(reference)
    others = [i for i in range(len(run.scenarios)) if i != first]
    level = levels(cube, outcomes, of=run.outcomes, a_year=period != "month")
    rate = rates(cube, outcomes, of=run.outcomes)
    some = shown(run.draws)
    moved = np.moveaxis(level[others], 1, 0)                            # [future, scenario, period, group, outcome]
    base = np.broadcast_to(level[first][:, None], moved.shape)
    change = moved - base
    held = {"base": base, "with": moved}
    columns: dict[str, Any] = {name: x[some].mean(0) for name, x in held.items()}
    for name, x in held.items():
        found = ranges(x, run.draws, base=np.zeros_like(x), outcomes=outcomes)
        kind = "chance" if np.isnan(found["all_low"]).all() else "all"
        columns |= {f"{name}_{end}": found[f"{kind}_{end}"] for end in ("low", "high")}
    columns |= ranges(change, run.draws, base=base, outcomes=outcomes)
    columns |= {"base_rate": np.broadcast_to(rate[first][some].mean(0), change.shape[1:]),
                "with_rate": rate[others][:, some].mean(1)}
    columns["rate"] = columns["with_rate"] - columns["base_rate"]
    present = cube.present[first][..., [run.outcomes.index(name) for name in outcomes]]
    residents = present[some].mean(0) / cube.months[:, None, None]
    columns["residents"] = np.broadcast_to(residents, change.shape[1:])
    return _tidy(columns, cube, [run.scenarios[i] for i in others], outcomes=outcomes, period=period, modelled=modelled)


def _tidy(columns: dict[str, Any], cube: Cube, scenarios: Sequence[str], *, outcomes: Sequence[str], period: str,
          modelled: Modelled) -> pd.DataFrame:
    """Arrays [scenario, period, group, outcome] as rows sorted by scenario, outcome, group and period."""
    shape = columns["value"].shape
    s, p, g, o = (np.moveaxis(x, 3, 1).swapaxes(2, 3).ravel() for x in np.indices(shape))
    flat = {name: np.moveaxis(x, 3, 1).swapaxes(2, 3).ravel() for name, x in columns.items() if np.ndim(x)}
    by, group = (np.array([pair[i] for pair in cube.groups], object) for i in (0, 1))
    known = {"scenario": np.array(scenarios, object)[s], "outcome": np.array(outcomes, object)[o], "by": by[g], "group": group[g],
             "period": period, "at": {"month": p, "year": p + 1}.get(period, np.zeros_like(p))}
    rows = pd.DataFrame({**known, **flat, "why": ""})
    rows.loc[rows["value"].isna(), "why"] = NOBODY
    rows = rows[rows["residents"] > 0].reset_index(drop=True)
    return blanked(rows, modelled)[list(COLUMNS)]


def blanked(rows: pd.DataFrame, modelled: Modelled) -> pd.DataFrame:
    """Rows with blanks for all that would look like a finding where no evidence was put in for an outcome."""
    if modelled is None:
        return rows
    pairs = zip(rows["scenario"], rows["outcome"], strict=True)
    none = np.array([scenario in modelled and outcome not in modelled[scenario] for scenario, outcome in pairs], bool)
    rows.loc[none, [name for name in FOUND if name in rows]] = np.nan
    rows.loc[none, "why"] = NOT_MODELLED
    return rows


def modelled(folder: Path) -> Modelled:
    """The outcomes that evidence was put in for, from `csv/comparison.csv` of a run folder; None where it does not say."""
    path = folder / "csv" / "comparison.csv"
    if not path.is_file():
        return None
    rows = tables.read_frame(path)
    if not {"scenario", "outcome", "why"} <= set(rows):
        return None
    rows = rows[rows["why"] != NOT_MODELLED]
    return {str(scenario): set(some["outcome"]) for scenario, some in rows.groupby("scenario")}
