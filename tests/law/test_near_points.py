"""Points that differ a little, run with the same luck, differ little: luck is shared by all points of a design.

With seeds of their own the variance of the difference of two points would be twice that of one. What is left of it says how many
runs shared luck saves (common random numbers: Stout and Goldie 2008; ten times and more in such models, Klein and others 2024).
"""
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nbhdsim import population, tables
from nbhdsim.experiment import asked, file, study

TOWN = "schema: scenario/1\nname: {name}\narea: {{name: teaching-town, residents: 300}}\nstart: 2026-04\nmonths: 12\nhistory: 0\n"
HUB = "interventions:\n  wellbeing_hub: {where: all, sites: 2}\n"
OUTCOMES = "outcomes: [{name: expected_admissions}, {name: life_satisfaction}, {name: emergency_admissions, as: level}]"
MOST = {"interventions.wellbeing_hub.reach: {values: [0.2, 0.22]}": 0.5, "baseline.frailty.severe: {values: [3.1, 3.2]}": 0.05,
        "baseline.spill_over.strength: {values: [0.05, 0.06]}": 0.05}
"""The share of that variance which is left at most: who joins changes with reach, nothing of luck does with the others."""


@pytest.mark.parametrize("vary", MOST)
def test_shared_luck_makes_near_points_near(tmp_path: Path, vary: str) -> None:
    (tmp_path / "nothing.yaml").write_text(TOWN.format(name="nothing"))
    (tmp_path / "hub.yaml").write_text(TOWN.format(name="hub") + HUB)
    (tmp_path / "study.yaml").write_text("schema: experiment/1\nmethod: {kind: sweep}\nscenarios: [nothing.yaml, hub.yaml]\n"
                                         f"vary: {{{vary}}}\n{OUTCOMES}\nreplicates: 12\n")
    found = file.load(tmp_path / "study.yaml")
    made = study.planned(found)
    world, task = population.build(found.scenarios[0]), study.task(found, made)
    rows = [tables.to_arrow("outcomes", task(world, found.scenarios, future)["outcomes"]).to_pandas()
            for future in made.futures() if future.draw]
    answers = asked.answers(pd.concat(rows), found.asked, ["nothing", "hub"])
    for name, some in answers[answers["scenario"] == "hub"].groupby("label"):
        a, b = (some[some["draw"] == draw].sort_values("replicate")["value"].to_numpy() for draw in (1, 2))
        left = np.var(a - b, ddof=1) / (np.var(a, ddof=1) + np.var(b, ddof=1))
        assert left < MOST[vary], (name, left)
