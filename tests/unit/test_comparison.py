"""Comparison statistics against closed forms, on made-up rows of pure functions."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from nbhdsim import comparison

KINDS = {"emergency_admissions": "count", "life_satisfaction": "mean"}


def rows(
    values: dict, *, months: int = 24, outcome: str = "emergency_admissions", residents: float = 100.0
) -> pd.DataFrame:
    """Monthly rows of the whole area: values[(scenario, draw, replicate)] in every month, history included."""
    month = np.arange(-12, months)
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "scenario": s,
                    "draw": d,
                    "replicate": r,
                    "month": month,
                    "months": 1,
                    "place": "all",
                    "quintile": 0,
                    "age": "all",
                    "people": "all",
                    "of": "",
                    "outcome": outcome,
                    "value": float(v),
                    "residents": residents,
                }
            )
            for (s, d, r), v in values.items()
        ],
        ignore_index=True,
    )


def test_spread_is_the_t_prediction_interval():
    values, draws = np.array([1.0, 2.0, 4.0, 0.0, 3.0, 5.0, 8.0]), np.array([0, 0, 0, 1, 2, 3, 4])
    s = comparison.spread(values, draws)
    assert s.value == pytest.approx(values[3:].mean())
    assert s.chance == pytest.approx(stats.t.ppf(0.95, 2) * values[:3].std(ddof=1) * math.sqrt(4 / 3))
    assert s.all == pytest.approx(stats.t.ppf(0.95, 3) * values[3:].std(ddof=1) * math.sqrt(5 / 4))
    own = math.sqrt(values[3:].var(ddof=1) - values[:3].var(ddof=1))
    assert s.parameters == pytest.approx(stats.t.ppf(0.95, 3) * own * math.sqrt(5 / 4))
    pairs = np.array([1.5, 6.5])                                    # draws 1 and 2, 3 and 4
    assert s.error == pytest.approx(pairs.std(ddof=1) / math.sqrt(2))


def test_without_sampled_numbers_the_mean_is_that_of_the_central_ones():
    values = np.array([1.0, 2.0, 6.0])
    s = comparison.spread(values, np.zeros(3, int))
    assert s.value == pytest.approx(3.0)
    assert s.error == pytest.approx(values.std(ddof=1) / math.sqrt(3))


def test_parameters_never_fall_below_nothing():
    assert comparison.spread(np.array([0.0, 9.0, 4.0, 4.1]), np.array([0, 0, 1, 2])).parameters == 0.0


@pytest.mark.parametrize("draws, known", [([0], (False, False)), ([0, 0], (True, False)), ([0, 1, 2], (False, True))])
def test_what_too_few_futures_cannot_say_is_not_said(draws, known):
    s = comparison.spread(np.arange(len(draws), dtype=float), np.array(draws))
    assert (math.isfinite(s.chance), math.isfinite(s.all)) == known
    assert not math.isfinite(s.parameters)


def test_prediction_intervals_cover_nine_in_ten():
    """The next value lies inside the interval in 90% of normal samples (4,000 samples, error 0.5 points)."""
    x = np.random.default_rng(4).normal(size=(4000, 7))
    mean, sd = x[:, :6].mean(axis=1), x[:, :6].std(axis=1, ddof=1)
    inside = abs(x[:, 6] - mean) <= comparison.t90(6) * sd
    assert abs(inside.mean() - 0.9) < 0.015


def test_differences_are_paired_by_future():
    luck = {0: 100.0, 1: 500.0}
    values = {(s, 0, r): luck[r] + (-2 if s == "b" else 0) for s in "ab" for r in luck}
    found = comparison.compare({"outcomes": rows(values)}, reference="a", kinds=KINDS)
    whole = found[found["year"] == 0].iloc[0]
    assert whole["value"] == pytest.approx(-24) and whole["sd_chance"] == pytest.approx(0)
    assert whole["level"] == pytest.approx(12 * 300) and not whole["noise"]
    assert list(found["year"]) == [0, 1, 2]


def test_a_gap_smaller_than_its_interval_is_noise():
    values = {("a", 0, r): 100.0 for r in range(3)} | {("b", 0, r): 100.0 + g for r, g in enumerate((-3, 1, 1))}
    assert comparison.compare({"outcomes": rows(values)}, reference="a", kinds=KINDS)["noise"].all()


def test_means_are_over_resident_months():
    values = {("a", 0, 0): 700.0, ("b", 0, 0): 710.0}
    found = comparison.compare({"outcomes": rows(values, outcome="life_satisfaction")}, reference="a", kinds=KINDS)
    assert found["value"].to_numpy() == pytest.approx(0.1)
    assert found["level"].to_numpy() == pytest.approx(7.0)
    assert found["noise"].all()  # one future says nothing about noise


def test_participants_are_the_same_people_in_both_scenarios():
    base = rows({("a", 0, 0): 1.0, ("b", 0, 0): 1.0, ("c", 0, 0): 1.0}, outcome="life_satisfaction")
    people = base[base["month"] % 12 == 0].assign(months=12, people="participants", residents=10.0, value=840.0)
    both = [people[people["scenario"] == "a"].assign(of=of) for of in "bc"]
    own = [people[people["scenario"] == s].assign(of=s, value=840.0 + 12.0 * i) for i, s in enumerate("bc", 1)]
    found = comparison.compare({"outcomes": pd.concat([base, *both, *own])}, reference="a", kinds=KINDS)
    took_part = found[(found["people"] == "participants") & (found["year"] == 0)].set_index("scenario")["value"]
    assert took_part["b"] == pytest.approx(0.1) and took_part["c"] == pytest.approx(0.2)


def test_ordinary_change_of_independent_years_is_root_two():
    counts = np.random.default_rng(1).normal(1000, 10, size=(400, 6))
    assert comparison.ordinary_change(counts) == pytest.approx(10 * math.sqrt(2), rel=0.05)
    falling = counts - 300 * (np.arange(6) > 0)  # a fall every future shares is not chance
    assert comparison.ordinary_change(falling) == pytest.approx(10 * math.sqrt(2), rel=0.05)
    assert math.isnan(comparison.ordinary_change(counts[:1, :2]))


def test_ordinary_change_of_the_places_a_scenario_funds():
    area = rows({("a", 0, r): 50.0 + r for r in range(3)})
    steps = {"p1": (10, 20, 10), "p2": (90, 90, 90)}
    near = pd.DataFrame(
        [
            ("a", 0, r, 12 * (y - 1), 12, p, float(v[y] + r * y))
            for r in range(3)
            for p, v in steps.items()
            for y in range(3)
        ],
        columns=["scenario", "draw", "replicate", "month", "months", "place", "value"],
    )
    funded = pd.DataFrame(
        {"scenario": "b", "draw": 0, "replicate": range(3), "intervention": "x", "place": "p1", "sites": 1.0}
    )
    found = comparison.ordinary({"outcomes": area, "neighbourhoods": near, "funded": funded}, reference="a")
    own = found.set_index("scenario").loc["b"]
    assert own["places"] == 1 and own["sd"] == pytest.approx(1.0)
    assert found.set_index("scenario").loc["", "sd"] == pytest.approx(0.0)


def test_money_is_a_year_and_keeps_hours_and_unspent_apart():
    costs = pd.DataFrame(
        [
            ("b", 0, r, 1, "p", "x", payer, kind, pounds)
            for r in range(2)
            for payer, kind, pounds in (
                ("icb", "running", 200.0),
                ("icb", "set_up", 40.0),
                ("voluntary_hours", "voluntary_hours", 10.0),
                ("icb", "unspent", 6.0),
            )
        ],
        columns=["scenario", "draw", "replicate", "year", "place", "intervention", "payer", "kind", "pounds"],
    )
    held = comparison.money(costs, 24).loc["b"]
    assert dict(held) == {"icb": 120.0, "unspent": 3.0, "voluntary": 5.0}
