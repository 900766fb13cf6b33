"""Projections of wellbeing (ONS4 life satisfaction, loneliness, control): points, share of an SD, people moved, WELLBY-years.

The four ONS items are reported one by one and never added up. A change is stated in one order: points, percent of the SD between
people, people who cross a line, point-years.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nbhdsim import evidence, tables
from nbhdsim.comparison import ranged, shown, spread
from nbhdsim.errors import NbhdsimError
from nbhdsim.projections import frames
from nbhdsim.projections.cubes import YEAR, Cube, Cubes
from nbhdsim.projections.frames import Modelled, Projection

OUTCOMES = ("life_satisfaction", "low_life_satisfaction", "lonely", "connected", "control", "in_control", "child_wellbeing")
"""Means and shares of residents of 16 and over; of children from 10 to 15."""
SD = "baseline.satisfaction.sd"
"""Address of the SD of life satisfaction between people."""


class Measure(NamedTuple):
    """A way to state a change: from which outcome, unit, what it is; and how its sum (resident-months x level) becomes it.

    each: mean per resident, else per month, or (years) in point-years; sign: -1 where fewer is better; sd: in % of that SD.
    """

    outcome: str
    unit: str
    meaning: str
    each: bool = False
    years: bool = False
    sign: float = 1.0
    sd: bool = False


MEASURES: dict[str, Measure] = {
    "life satisfaction": Measure("life_satisfaction", "points of 10", "mean change of a resident of 16 and over", each=True),
    "life satisfaction, share of SD":
        Measure("life_satisfaction", "% of an SD", "the same in percent of the SD between people", each=True, sd=True),
    "lifted over the low line":
        Measure("low_life_satisfaction", "people", "fewer residents of 16 and over below 4.5 of 10, on the mean month", sign=-1.0),
    "WELLBY-years":
        Measure("life_satisfaction", "point-years", "change x residents of 16 and over x years, over the whole period", years=True),
    "no longer lonely":
        Measure("lonely", "people", "fewer residents of 16 and over lonely often or always, on the mean month", sign=-1.0),
    "sense of control": Measure("control", "SD", "mean change of a resident of 16 and over", each=True),
    "children's wellbeing": Measure("child_wellbeing", "points of 10", "mean change of a child of 10 to 15", each=True),
}
"""What a change of wellbeing is stated in, in its order."""
COLUMNS = {
    "scenario": "name of the scenario",
    "by": "what people are grouped by: `all`, `place` (district), `age` or `quintile`",
    "group": "which; blank for all",
    "measure": "what is stated: " + "; ".join(f"`{name}` ({m.unit}: {m.meaning})" for name, m in MEASURES.items()),
    "unit": "its unit",
    "outcome": "the outcome it is from",
    "residents": "mean number of residents whom it is about",
    **{name: frames.COLUMNS[name] for name in ("value", "central", "chance_low", "chance_high", "all_low", "all_high", "error",
                                               "sign_unknown", "covers_zero", "why")},
}
"""Columns of `measures`, and what they mean."""


def project(run: Cubes, reference: str, *, modelled: Modelled = None) -> Projection:
    """Wellbeing by month, year, district, age, quintile and neighbourhood; as `frames.project`."""
    return frames.project(run, reference, outcomes=OUTCOMES, modelled=modelled)


def sd(folder: Path) -> float:
    """SD of life satisfaction between people in a run (points), at central numbers; the catalogue's where the run does not say."""
    try:
        found = tables.read(folder, "draws", where=[("draw", "==", 0), ("address", "==", SD)])
    except NbhdsimError:
        found = pd.DataFrame()
    return float(found["value"].iloc[0]) if len(found) else evidence.load_baseline()[0][SD].value


def measures(run: Cubes, reference: str, *, sd: float, modelled: Modelled = None) -> pd.DataFrame:
    """Changes of wellbeing over the whole period in each of MEASURES, for all, districts, ages and quintiles, in COLUMNS.

    sd: SD of life satisfaction between people, in points. Groups where nobody is have no rows.
    """
    whole = [run.yearly.only(by).whole() for by in frames.SHOWN_BY]
    rows = [_measured(name, measure, run, reference=reference, cube=cube, sd=sd)
            for name, measure in MEASURES.items() if measure.outcome in run.outcomes for cube in whole]
    found = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=list(COLUMNS))
    kept = found[found["residents"] > 0].sort_values("scenario", kind="stable", ignore_index=True)
    return frames.blanked(kept, modelled)[list(COLUMNS)]


def changes(run: Cubes, reference: str, *, cube: Cube, measure: Measure, sd: float) -> NDArray[np.float64]:
    """A measure's change in each future f8[scenario, future, group], the reference's own (0) included."""
    o, first = run.outcomes.index(measure.outcome), run.number(reference)
    value, present = cube.value[:, :, 0, :, o], cube.present[:, :, 0, :, o]
    total = (value - value[first]) * measure.sign
    if measure.years:
        return total / YEAR
    with np.errstate(divide="ignore", invalid="ignore"):
        return total / (present if measure.each else cube.months[0]) * (100 / sd if measure.sd else 1)


def _measured(name: str, measure: Measure, run: Cubes, *, reference: str, cube: Cube, sd: float) -> pd.DataFrame:
    first, o = run.number(reference), run.outcomes.index(measure.outcome)
    others = [i for i in range(len(run.scenarios)) if i != first]
    change = changes(run, reference, cube=cube, measure=measure, sd=sd)[others].swapaxes(0, 1)
    unbounded: Sequence[float] = (-np.inf, np.inf)
    found: dict[str, Any] = ranged(spread(change, run.draws), {"chance": unbounded, "all": unbounded})
    s, g = np.indices(change.shape[1:]).reshape(2, -1)
    residents = cube.present[first][shown(run.draws), 0, :, o].mean(0) / cube.months[0]
    return pd.DataFrame({
        "scenario": np.array([run.scenarios[i] for i in others], object)[s],
        "by": np.array([by for by, _ in cube.groups], object)[g], "group": np.array([group for _, group in cube.groups], object)[g],
        "measure": name, "unit": measure.unit, "outcome": measure.outcome, "residents": residents[g],
        **{column: values.ravel() for column, values in found.items() if np.ndim(values)}, "why": ""})
