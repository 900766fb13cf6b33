"""What a finished run says of each outcome by month, year, place, age and quintile: nothing done, the programme, the difference."""

from pathlib import Path

import numpy as np
import pandas as pd

from nbhdsim.outcomes import OUTCOMES
from nbhdsim.projections import cubes
from nbhdsim.projections.cubes import YEAR, Cubes

EFFECTS = {
    "scenario": "name of the scenario",
    "draw": "0: central numbers; 1, 2, ..: sampled ones",
    "replicate": "luck",
    "year": "1, 2, ..",
    "quintile": "0: everyone; 1 (most deprived) to 5",
    "outcome": "name of the outcome",
    "base": "the first scenario's total: events, or for means and shares person-years x mean; adds up over years and quintiles",
    "change": "the scenario's total minus `base`, in the same future",
    "residents": "person-years of the residents whom the outcome is about",
}
"""Columns of `yearly`, and what they mean."""


def yearly(folder: Path, reference: str) -> pd.DataFrame:
    """Yearly effects of a finished run folder in the columns of EFFECTS; raises NbhdsimError as `cubes.read` and for a reference
    that the run does not have."""
    return effects(cubes.read(folder), reference)


def effects(run: Cubes, reference: str) -> pd.DataFrame:
    """Yearly totals of each scenario but the reference, by future, year, quintile and outcome, in the columns of EFFECTS.

    Scenarios follow one another by name, then futures, years, quintiles and outcomes in the order of OUTCOMES.
    """
    base, some = run.number(reference), run.yearly
    groups = [i for i, (by, _) in enumerate(some.groups) if by in ("all", "quintile")]
    value = some.value[:, :, :, groups] / np.array([1.0 if OUTCOMES[name].kind == "count" else YEAR for name in run.outcomes])
    others = [i for i in range(len(run.scenarios)) if i != base]
    shape = (len(others), *value.shape[1:])
    at = np.indices(shape).reshape(5, -1)
    residents = np.broadcast_to(some.present[base][:, :, groups] / YEAR, shape)
    return pd.DataFrame({
        "scenario": np.array(run.scenarios)[others][at[0]],
        "draw": run.draws[at[1]], "replicate": run.replicates[at[1]], "year": at[2] + 1, "quintile": at[3],
        "outcome": np.array(run.outcomes)[at[4]],
        "base": np.broadcast_to(value[base], shape).ravel(), "change": (value[others] - value[base]).ravel(),
        "residents": residents.ravel()})
