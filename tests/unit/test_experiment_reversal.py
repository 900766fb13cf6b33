"""Where a ranking flips: straight lines whose crossing and interval are known, and all that is no flip."""
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from nbhdsim.experiment import reversal
from nbhdsim.experiment.design import Design
from nbhdsim.experiment.factors import Factor

X = (0.0, 0.1, 0.2, 0.4)


def swept(curves, *, values=X, scenarios=("hub",), central=None):
    """Answers and design of a sweep of one number: curves [scenarios][values, replicates] of differences from `nothing`."""
    some = [np.asarray(curve, float) for curve in curves]
    count = len(values)
    u = ((np.arange(count) + 0.5) / count)[:, None]
    made = Design((Factor(address="gain", values=values),), u, u, None, None, np.zeros(count, np.int64), some[0].shape[1],
                  some[0].shape[1])
    draw, replicate = (a.ravel() for a in np.indices(some[0].shape))
    rows = [pd.DataFrame({"label": "admissions", "scenario": name, "draw": draw + 1, "replicate": replicate,
                          "value": curve.ravel()}) for name, curve in zip(scenarios, some, strict=True)]
    return pd.concat(rows), made


def read(curves, **more):
    names = more.pop("scenarios", ("hub",))
    rows, made = swept(curves, scenarios=names, **more)
    return reversal.reversals(rows, made, scenarios=["nothing", *names])


def line(at, slope, luck):
    """Differences of a straight line that crosses 0 at `at`, moved up and down by the luck of each replicate."""
    return slope * (np.array(X)[:, None] - at) + np.asarray(luck)


def test_a_line_crosses_where_it_does_with_the_interval_of_its_luck():
    luck = np.random.default_rng(1).normal(0, 0.2, 12)
    row = read([line(0.25, 10, luck)]).iloc[0]
    half = stats.t.ppf(0.975, 11) * luck.std(ddof=1) / np.sqrt(12) / 10
    where = 0.25 - luck.mean() / 10
    assert row["verdict"] == "flips"
    assert (row["value"], row["low"], row["high"]) == pytest.approx((where, where - half, where + half))
    assert "flips at gain of 0.245 (0.238 to 0.253), from -2.45 at 0 to 1.55 at 0.4" in row["words"]


def test_intervals_hold_the_crossing_nineteen_times_in_twenty():
    rng, held, x = np.random.default_rng(2), [], np.array(X)
    for _ in range(400):
        curves = rng.normal(10, 3, 8) * (x[:, None] - 0.27) + rng.normal(0, 0.5, 8)
        low, high = reversal.limits(x, curves, float(np.interp(0, curves.mean(1), x)))
        held.append(low <= 0.27 <= high)
    assert 0.92 <= np.mean(held) <= 0.98


def test_pairs_of_scenarios_flip_too():
    luck = np.random.default_rng(3).normal(0, 0.1, 8)
    found = read([line(0.9, 10, luck), line(1.0, 11, luck)], scenarios=("hub", "team"))
    row = found.set_index(["scenario", "against"]).loc[("team", "hub")]      # 11 x - 11 - 10 x + 9 = x - 2: no luck of its own
    assert row["verdict"] == "no flip" and (row["at_first"], row["at_last"]) == pytest.approx((-2, -1.6))
    assert "no flip for gain between 0 and 0.4 (-2 to -1.6)" in row["words"]


def test_a_crossing_within_noise_is_no_flip():
    rng = np.random.default_rng(4)
    row = read([line(0.2, 0.1, rng.normal(0, 5, 6))]).iloc[0]
    assert row["verdict"] == "noise"
    row = read([line(0.2, 10, np.zeros(1))]).iloc[0]
    assert row["verdict"] == "noise" and np.isnan(row["low"]) and row["value"] == pytest.approx(0.2)


def test_a_curve_may_cross_twice_and_rest_at_0():
    curve = np.array([1.0, -1, -1, 3])[:, None] + np.array([-0.01, 0.01, 0.02])
    assert list(read([curve])["value"]) == pytest.approx([0.05, 0.25], abs=0.005)
    assert read([np.array([[0.0, 0], [-1, -1.1], [-2, -2], [-3, -3]])])["verdict"].tolist() == ["no flip"]
    rest = read([np.array([[-1.0, -1], [0, 0], [0, 0], [3, 3]])]).iloc[0]
    assert rest["value"] == pytest.approx(0.15) and rest["verdict"] == "flips"
    assert read([np.zeros((4, 3))])["verdict"].tolist() == ["same"]


def test_the_headline_is_one_more_value():
    law = dict(law=None, moves=("gain",), values=(0.0, 0.4))
    luck = np.random.default_rng(5).normal(0, 0.01, 4)
    rows, made = swept([np.array([-1.0, 1])[:, None] + luck], values=(0.0, 0.4))
    middle = pd.DataFrame({"label": "admissions", "scenario": "hub", "draw": 0, "replicate": np.arange(4), "value": 0.9 + luck})
    made = made._replace(columns=(Factor(address="gain", central=0.1, **law),))
    row = reversal.reversals(pd.concat([middle, rows]), made, scenarios=["nothing", "hub"]).iloc[0]
    assert row["value"] == pytest.approx(0.1 / 1.9, abs=0.002) and row["central"] == 0.1


def test_one_at_a_time_is_read_number_by_number_and_a_grid_of_two_is_not():
    rows, made = swept([line(0.25, 10, np.zeros(3) + [0, 0.01, -0.01])])
    two = made._replace(columns=(*made.columns, Factor(address="other", values=(0, 1))))
    alone = two._replace(u=np.column_stack([made.u[:, 0], np.full(4, np.nan)]))
    assert reversal.reversals(rows, alone, scenarios=["nothing", "hub"])["address"].tolist() == ["gain"]
    grid = two._replace(u=np.column_stack([made.u[:, 0], np.full(4, 0.25)]))
    assert reversal.reversals(rows, grid, scenarios=["nothing", "hub"]).empty


def test_values_without_an_order_have_no_reversal():
    row = read([line(0.25, 10, np.zeros(3))[:2]], values=("controlled", "claimed")).iloc[0]
    assert row["verdict"] == "unordered" and "have no order" in row["words"]


def test_a_failed_replicate_is_left_out_everywhere():
    curve = line(0.25, 10, np.random.default_rng(6).normal(0, 0.1, 6))
    curve[2, 3] = np.nan
    assert read([curve]).iloc[0]["replicates"] == 5


def test_a_value_that_reaches_nobody_is_left_out():
    """A mean over participants has no value where there are none; the others are read without it."""
    curve = line(0.25, 10, np.random.default_rng(6).normal(0, 0.1, 6))
    curve[0] = np.nan
    row = read([curve]).iloc[0]
    assert (row["first"], row["replicates"]) == (0.1, 6) and row["value"] == pytest.approx(0.25, abs=0.02)


def test_numbers_that_flip_nothing_are_one_line():
    luck = [0, 0.01, -0.01]
    rows, made = swept([line(0.25, 10, luck)])
    count = len(made.u)
    far, noise = (swept([curve])[0]["value"].to_numpy() for curve in (line(9, 1, luck), line(9, 1, [-99, 108, 18])))
    frames = [rows, rows.assign(value=far, draw=rows["draw"] + count), rows.assign(value=noise, draw=rows["draw"] + 2 * count)]
    u = np.full((3 * count, 3), np.nan)
    for i in range(3):
        u[i * count:(i + 1) * count, i] = made.u[:, 0]
    columns = tuple(Factor(address=a, values=X) for a in ("gain", "far", "dim"))
    three = made._replace(u=u, columns=columns, first=np.zeros(3 * count, int))
    found = reversal.reversals(pd.concat(frames), three, scenarios=["nothing", "hub"])
    assert list(found["verdict"]) == ["flips", "no flip", "noise"]
    first, rest = reversal.said(found)
    assert "flips at gain of 0.25" in first
    assert rest == "admissions: hub against nothing: 2 of 3 numbers flip it nowhere in their range, 1 of them because the gap is " \
        "noise (csv/reversals.csv)"
