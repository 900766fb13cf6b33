"""The box of an experiment: its case, its limits as values, and its sentence."""
import numpy as np
import pandas as pd
import pytest

from nbhdsim import NbhdsimError
from nbhdsim.evidence import NOBODY, Quantity
from nbhdsim.experiment import boxes
from nbhdsim.experiment.asked import Asked
from nbhdsim.experiment.design import Design
from nbhdsim.experiment.factors import Factor
from nbhdsim.experiment.models import WhenModel
from nbhdsim.sensitivity import discover

ASKED = [Asked("expected_admissions", "expected_admissions", True, "all", "all", 0, "all", 0, 36, "all"),
         Asked("happy", "life_satisfaction", False, "all", "all", 0, "all", 0, 36, "all")]
SCENARIOS = ["hubs", "accelerator"]


def uniform(address, low, high):
    law = Quantity(address=address, value=low, unit="", low=low, high=high, law="uniform", grade="D", source=NOBODY, why="",
                   basis="assumption", stage="run")
    return Factor(address=address, law=law, moves=(address,))


FACTORS = (uniform("interventions.youth_hub.reach", 0.1, 0.4), uniform("baseline.spill_over.strength", 0.0, 0.2),
           Factor(address="scenario.interventions.youth_hub.sites", values=(7, 14, 21)), uniform("baseline.admission.trend", 0, 1))


def found(y, when, *, n=1000, repeats=2, label="expected_admissions", lost=0):
    """The box of y(u) with luck over a design of n points."""
    u = np.random.default_rng(1).random((n, 4))
    made = Design(FACTORS, u, u, None, None, np.zeros(n, np.int64), repeats, 1)
    value = y(u)[:, None] + np.random.default_rng(2).normal(0, 0.05, (n, repeats))
    draw, replicate = np.indices(value.shape)
    rows = pd.DataFrame({"label": label, "scenario": "accelerator", "draw": draw.ravel() + 1, "replicate": replicate.ravel(),
                         "value": value.ravel()}).iloc[lost:]
    return boxes.discovered(rows, made, WhenModel(outcome=label, **when), asked=ASKED, scenarios=SCENARIOS)


def corner(u):
    """Below 0 where the first is above 0.4 (a reach of 0.22) and the second below 0.4 (a strength of 0.08)."""
    return np.where((u[:, 0] > 0.4) & (u[:, 1] < 0.4), -1.0, 1.0)


def test_a_box_is_told_in_values():
    one = found(corner, {"below": 0})
    limits = one.limits.set_index("address")
    reach, strength = limits.loc["interventions.youth_hub.reach"], limits.loc["baseline.spill_over.strength"]
    assert reach["low"] == pytest.approx(0.22, abs=0.02) and np.isnan(reach["high"])
    assert strength["high"] == pytest.approx(0.08, abs=0.01) and np.isnan(strength["low"]) and len(limits) == 2
    assert one.box.density > 0.85 and one.box.coverage > 0.7 and one.case.mean() == pytest.approx(0.24, abs=0.04)
    assert one.sentence.startswith(f"In {one.box.density:.0%} of the runs with youth hub reach above 0.2")
    assert "and spill over strength below 0.0" in one.sentence
    assert "accelerator has fewer expected admissions than hubs" in one.sentence and one.sentence.endswith("of such runs)")


def test_a_number_with_few_values_is_cut_between_them():
    one = found(lambda u: np.where(u[:, 2] > 1 / 3, -1.0, 1.0), {"below": 0})
    assert list(one.limits["address"]) == ["scenario.interventions.youth_hub.sites"]
    assert one.box.density == one.box.coverage == 1 and one.box.mass == pytest.approx(2 / 3, abs=0.05)
    assert "with youth hub sites of 14 or 21 accelerator has fewer" in one.sentence


def test_a_level_is_told_against_its_limit():
    one = found(lambda u: 7 + u[:, 3], {"above": 7.5}, label="happy")
    assert "happy of accelerator is above 7.5" in one.sentence
    assert list(one.limits["address"]) == ["baseline.admission.trend"]


def test_no_box_stands_out_or_all_or_none_is_a_case():
    luck = np.random.default_rng(3).normal(0, 1, 1000)
    assert "in no box of the numbers clearly more often" in found(lambda u: luck, {"below": 0.5}).sentence
    assert found(corner, {"below": 9}).sentence.endswith("in all of 1,000 runs")
    assert found(corner, {"below": -9}).box is None


def test_failed_points_are_left_out_and_another_answer_is_not_taken():
    assert found(corner, {"below": 0}, lost=3).dropped == 2
    with pytest.raises(NbhdsimError, match="no run answered happy of hubs"):
        found(corner, {"below": 0, "of": "hubs"}, label="happy")


def test_levels_are_peeled_whole():
    rng = np.random.default_rng(4)
    u = np.column_stack([rng.choice([0.25, 0.75], 1000), rng.choice([0.1, 0.3, 0.5, 0.7, 0.9], 1000), rng.random(1000)])
    box = discover.discover(u, (u[:, 0] > 0.5) & (u[:, 1] > 0.4) & (rng.random(1000) < 0.9), "abc")
    assert dict(box.limits) == {"a": (0.75, 1.0), "b": (0.5, 1.0)}
