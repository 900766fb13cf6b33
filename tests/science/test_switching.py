"""Switching values: exact where net benefit is linear in a number, off a curve where it is not."""
import numpy as np
import pandas as pd
import pytest

from nbhdsim.economics import switching


def run(draws=200, *, seed=0):
    """Three options: nothing, hubs = 1000 x0 + 10 cost - 800, grants = 200; x0 about 1, unit cost 50."""
    rng = np.random.default_rng(seed)
    x = np.column_stack([rng.normal(1, 0.5, draws), rng.normal(size=draws), rng.uniform(30, 70, draws)])
    index = pd.MultiIndex.from_product([range(1, draws + 1), [0]], names=["draw", "replicate"])
    hubs = 1000 * x[:, 0] + 10 * x[:, 2] - 800 + 100 * rng.normal(size=draws)
    benefit = pd.DataFrame({"nothing": 0.0, "hubs": hubs, "grants": 200.0}, index=index)
    return benefit, pd.DataFrame(x, index=pd.RangeIndex(1, draws + 1, name="draw"), columns=["x0", "idle", "cost"])


NUMBERS = pd.DataFrame({"value": [1.0, 0.0, 50.0], "low": [0.2, -1.6, 32.0], "high": [1.8, 1.6, 68.0]},
                       index=["x0", "idle", "cost"])
SLOPES = pd.DataFrame({"nothing": [0.0], "hubs": [10.0], "grants": [0.0]}, index=["cost"])


def test_where_another_option_becomes_the_best():
    table = switching.of(*run(), NUMBERS, slopes=SLOPES).set_index("address")
    assert list(table.columns) == [c for c in switching.COLUMNS if c != "address"]
    assert table.loc["x0", "at"] == pytest.approx(0.5, abs=0.08) and table.loc["x0", "becomes"] == "grants"
    assert table.loc["x0", "way"] == "approximate" and bool(table.loc["x0", "within"])
    assert table.loc["x0", "share"] == pytest.approx(abs(table.loc["x0", "at"] - 1) / 1.6)
    assert np.isnan(table.loc["idle", "at"]) and table.loc["idle", "why"] == switching.UNSEEN
    assert table.index[0] == "x0" and (table["best"] == "hubs").all()


def test_a_linear_number_is_exact():
    benefit, draws = run()
    row = switching.of(benefit, draws, NUMBERS, slopes=SLOPES).set_index("address").loc["cost"]
    moved = benefit["hubs"].to_numpy() - 10 * draws["cost"].to_numpy() + 10 * row["at"]
    assert moved.mean() == pytest.approx(200) and row["way"] == "exact" and row["becomes"] == "grants"
    assert not row["within"]


@pytest.mark.parametrize(("change", "why"), [
    ({}, ""), ({"least": 49.0, "most": 90.0}, "no possible value changes the best option")])
def test_impossible_values_change_nothing(change, why):
    row = switching.of(*run(), NUMBERS.assign(**change), slopes=SLOPES).set_index("address").loc["cost"]
    assert row["why"] == why and np.isnan(row["at"]) == bool(why)


def test_a_number_that_moves_all_options_alike_changes_nothing():
    row = switching.of(*run(), NUMBERS, slopes=SLOPES * 0 + 5.0).set_index("address").loc["cost"]
    assert row["why"] == "it moves no option against another"


def test_too_few_draws_for_a_curve():
    table = switching.of(*run(24), NUMBERS, slopes=SLOPES).set_index("address")
    assert table.loc["x0", "why"] == "24 futures with sampled numbers are too few for a curve (64 or more)"
    assert np.isfinite(table.loc["cost", "at"])


def test_central_numbers_alone_and_none_at_all():
    benefit, draws = run(70)
    central = benefit.rename(index=dict.fromkeys(range(1, 71), 0), level="draw")
    central.index = pd.MultiIndex.from_arrays([np.zeros(70, int), range(70)], names=["draw", "replicate"])
    table = switching.of(central, draws.iloc[:0], NUMBERS, slopes=SLOPES).set_index("address")
    assert table.loc["cost", "at"] == pytest.approx(50 - (central["hubs"].mean() - 200) / 10)
    assert switching.of(benefit, draws, NUMBERS.iloc[:0]).empty
