"""Comparison statistics against closed forms, on made-up rows of pure functions."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from nbhdsim import comparison, outcomes

KINDS = {"emergency_admissions": "count", "life_satisfaction": "mean", "lonely": "share"}
KEYS = ["scenario", "draw", "replicate"]


def rows(values: dict, *, months: int = 24, outcome: str = "emergency_admissions", residents: float = 100.0) -> pd.DataFrame:
    """Monthly rows of the whole area: values[(scenario, draw, replicate)] in every month, history included."""
    month = np.arange(-12, months)
    fixed = {"months": 1, "place": "all", "quintile": 0, "age": "all", "people": "all", "of": "", "outcome": outcome,
             "residents": residents}
    return pd.concat([pd.DataFrame({**dict(zip(KEYS, key, strict=True)), "month": month, "value": float(v), **fixed})
                      for key, v in values.items()], ignore_index=True)


def test_spread_is_the_t_prediction_interval():
    values = np.array([1.0, 2.0, 4.0, 3.0, 2.5, 0.0, 3.0, 5.0, 8.0, 1.0, 2.0, 9.0, 4.0])
    draws = np.array([0] * 5 + list(range(1, 9)))
    luck, sampled = values[:5], values[5:]
    s = comparison.spread(values, draws)
    assert s.value == pytest.approx(sampled.mean()) and s.central == pytest.approx(luck.mean())
    assert s.chance == pytest.approx(stats.t.ppf(0.95, 4) * luck.std(ddof=1) * math.sqrt(6 / 5))
    assert s.all == pytest.approx(stats.t.ppf(0.95, 7) * sampled.std(ddof=1) * math.sqrt(9 / 8))
    own = math.sqrt(sampled.var(ddof=1) - luck.var(ddof=1))
    assert s.parameters == pytest.approx(stats.t.ppf(0.95, 7) * own * math.sqrt(9 / 8))
    pairs = np.array([1.5, 6.5, 1.5, 6.5])                          # draws 1 and 2, 3 and 4, ..
    assert s.error == pytest.approx(pairs.std(ddof=1) / 2)


def test_many_quantities_at_once_have_the_bits_of_each_alone():
    rng, draws = np.random.default_rng(5), np.array([0] * 7 + list(range(1, 20)))
    values = rng.normal(3, 2, (len(draws), 4, 5))
    both = comparison.spread(values, draws)
    for i, j in np.ndindex(4, 5):
        alone = comparison.spread(values[:, i, j].copy(), draws)
        assert [float(x[i, j]) for x in both[:8]] == list(alone[:8]) and both[8:] == alone[8:]


def test_a_draw_without_its_opposite_counts_in_the_error():
    """Var of the mean of 2 pairs and one more: (4 x 2 x Var(pair mean) + Var(draw)) / 25."""
    values, draws = np.array([0.0, 3.0, 5.0, 8.0, 100.0]), np.arange(1, 6)
    error = math.sqrt(8 * np.var([1.5, 6.5], ddof=1) + values.var(ddof=1)) / 5
    assert comparison.spread(values, draws).error == pytest.approx(error)
    assert math.isnan(comparison.spread(values[:3], draws[:3]).error)


def test_the_error_with_an_odd_number_of_draws_is_that_of_the_mean():
    """Means of 7 draws, 3 antithetic pairs of u + u^2 and one more, in 4,000 experiments: their SD is the error, which opposite
    draws make a little too large (never too small)."""
    rng, draws = np.random.default_rng(3), np.arange(1, 8)
    u = rng.random((4000, 4))
    both = np.stack([u, 1 - u], 2).reshape(4000, 8)[:, :7]
    found = [comparison.spread(x, draws) for x in both + both**2]
    assert 1 < np.sqrt(np.mean([s.error**2 for s in found])) / np.std([s.value for s in found]) < 1.1


def test_without_sampled_numbers_the_mean_is_that_of_the_central_ones():
    values = np.array([1.0, 2.0, 6.0])
    s = comparison.spread(values, np.zeros(3, int))
    assert s.value == s.central == pytest.approx(3.0)
    assert s.error == pytest.approx(values.std(ddof=1) / math.sqrt(3))


def test_uncertain_evidence_never_makes_less_spread_than_chance():
    values = np.array([0.0, 9.0, 4.0, 4.1, -7.0, *np.linspace(3, 4, 18)])
    s = comparison.spread(values, np.array([0] * 5 + list(range(1, 19))))
    assert s.sd_all == s.sd_chance > np.linspace(3, 4, 18).std() and s.all >= s.chance and s.parameters == 0.0


@pytest.mark.parametrize("replicates, draws, known", [
    (1, 0, (False, False)), (4, 7, (False, False)), (5, 0, (True, False)), (4, 8, (False, True)), (5, 8, (True, True))])
def test_what_too_few_futures_cannot_say_is_not_said(replicates, draws, known):
    numbers = np.array([0] * replicates + list(range(1, draws + 1)))
    s = comparison.spread(np.arange(len(numbers), dtype=float), numbers)
    assert (math.isfinite(s.chance), math.isfinite(s.all)) == known
    assert math.isfinite(s.parameters) == all(known)


def test_prediction_intervals_cover_nine_in_ten():
    """The next value lies inside the interval in 90% of normal samples (4,000 samples, error 0.5 points)."""
    x = np.random.default_rng(4).normal(size=(4000, 7))
    mean, sd = x[:, :6].mean(axis=1), x[:, :6].std(axis=1, ddof=1)
    inside = abs(x[:, 6] - mean) <= comparison.t90(6) * sd
    assert abs(inside.mean() - 0.9) < 0.015


def test_differences_are_paired_by_future():
    luck = {r: 100.0 + 400 * r for r in range(5)}
    values = {(s, 0, r): luck[r] + (-2 if s == "b" else 0) for s in "ab" for r in luck}
    found = comparison.compare({"outcomes": rows(values)}, reference="a", kinds=KINDS)
    whole = found[found["year"] == 0].iloc[0]
    assert whole["value"] == pytest.approx(-24) and whole["sd_chance"] == pytest.approx(0)
    assert whole["level"] == pytest.approx(12 * 900) and not whole["covers_zero"] and not whole["sign_unknown"]
    assert list(found["year"]) == [0, 1, 2] and list(found) == list(comparison.COLUMNS)


def test_each_range_has_its_own_middle():
    """Chance around the mean of the central futures, all around that of the sampled ones, as is the level."""
    values = {("a", d, r): 100.0 + d for d, r in [(0, r) for r in range(5)] + [(d, 4 + d) for d in range(1, 9)]}
    values |= {("b", d, r): v + (-1 if d == 0 else -2) * (1 + 0.1 * (-1) ** r) for (_, d, r), v in values.items()}
    whole = comparison.compare({"outcomes": rows(values)}, reference="a", kinds=KINDS).iloc[0]
    assert whole["value"] == pytest.approx(-24) and whole["level"] == pytest.approx(12 * 104.5)
    assert (whole["all_low"] + whole["all_high"]) / 2 == pytest.approx(whole["value"])
    assert (whole["chance_low"] + whole["chance_high"]) / 2 == pytest.approx(whole["central"]) != pytest.approx(-24)


def test_a_small_mean_and_a_wide_range_are_two_verdicts():
    """20 futures around -1 with SD 2: the mean is known to be below 0 (error 0.46), one more future is not."""
    spots = stats.norm.ppf(np.linspace(0.02, 0.98, 20))
    values = {("a", 0, r): 100.0 for r in range(20)} | {("b", 0, r): 99.0 + 2 * z for r, z in enumerate(spots)}
    whole = comparison.compare({"outcomes": rows(values)}, reference="a", kinds=KINDS).iloc[0]
    assert whole["covers_zero"] and not whole["sign_unknown"]
    values |= {("b", 0, r): 99.9 + 2 * z for r, z in enumerate(spots)}
    assert comparison.compare({"outcomes": rows(values)}, reference="a", kinds=KINDS).iloc[0]["sign_unknown"]


def test_means_are_over_resident_months():
    values = {("a", 0, 0): 700.0, ("b", 0, 0): 710.0}
    found = comparison.compare({"outcomes": rows(values, outcome="life_satisfaction")}, reference="a", kinds=KINDS)
    assert found["value"].to_numpy() == pytest.approx(0.1)
    assert found["level"].to_numpy() == pytest.approx(7.0)
    assert found["sign_unknown"].all() and found["covers_zero"].all()  # one future says nothing about either


def test_ranges_of_shares_stop_at_what_a_share_can_be():
    """A share of 2% cannot fall by more than 2 points."""
    values = {("a", 0, r): 2.0 for r in range(5)} | {("b", 0, r): 2.0 - 1.9 * (r % 2) for r in range(5)}
    found = {"outcomes": rows(values, outcome="lonely")}
    whole = comparison.compare(found, reference="a", kinds=KINDS).iloc[0]
    assert whole["chance_low"] == pytest.approx(-0.02) and whole["chance_high"] > 0
    held = comparison.levels(found, kinds=KINDS).set_index(["scenario", "year"]).loc[("b", 0)]
    assert held["chance_low"] == 0


def test_participants_are_the_same_people_in_both_scenarios():
    base = rows({("a", 0, 0): 1.0, ("b", 0, 0): 1.0, ("c", 0, 0): 1.0}, outcome="life_satisfaction")
    people = base[base["month"] % 12 == 0].assign(months=12, people="participants", residents=10.0, value=840.0)
    both = [people[people["scenario"] == "a"].assign(of=of) for of in "bc"]
    own = [people[people["scenario"] == s].assign(of=s, value=840.0 + 12.0 * i) for i, s in enumerate("bc", 1)]
    found = comparison.compare({"outcomes": pd.concat([base, *both, *own])}, reference="a", kinds=KINDS)
    took_part = found[(found["people"] == "participants") & (found["year"] == 0)].set_index("scenario")["value"]
    assert took_part["b"] == pytest.approx(0.1) and took_part["c"] == pytest.approx(0.2)


def test_what_no_evidence_reaches_has_no_value():
    """It looks neither like a finding of no effect nor like a small one: blank, with the reason."""
    values = {(s, 0, r): 100.0 for s in "abc" for r in range(5)}
    rests = {"a": {}, "b": {"emergency_admissions": "D"}, "c": {}}
    found = comparison.compare({"outcomes": rows(values)}, reference="a", kinds=KINDS, rests=rests)
    b, c = (found[found["scenario"] == name] for name in "bc")
    assert (b["value"] == 0).all() and (b["grade"] == "D").all() and (b["why"] == "").all()
    told = {"scenario", "outcome", "people", "year", "level", "replicates", "draws", "grade", "why"}
    assert c[[name for name in comparison.COLUMNS if name not in told]].isna().all(axis=None)
    assert (c["why"] == comparison.NOT_MODELLED).all() and (c["level"] == 1200).all()


def test_every_outcome_that_a_scenario_can_change_is_compared():
    assert set(comparison.SHOWN) == set(outcomes.OUTCOMES) - {"reached", "deaths"}    # no lever moves deaths


def test_ordinary_change_of_independent_years_is_root_two():
    counts = np.random.default_rng(1).normal(1000, 10, size=(400, 6))
    assert comparison.ordinary_change(counts) == pytest.approx(10 * math.sqrt(2), rel=0.05)
    falling = counts - 300 * (np.arange(6) > 0)  # a fall every future shares is not chance
    assert comparison.ordinary_change(falling) == pytest.approx(10 * math.sqrt(2), rel=0.05)
    assert math.isnan(comparison.ordinary_change(counts[:1, :2])) and math.isnan(comparison.ordinary_change(counts[:4, :2]))


def near(values: dict, months: int = 12) -> pd.DataFrame:
    """Yearly rows of neighbourhoods without programmes: values[(draw, replicate, place)] = counts by year from 0."""
    return pd.DataFrame([("a", d, r, 12 * y, months, p, float(v)) for (d, r, p), counts in values.items()
                         for y, v in enumerate(counts)], columns=[*KEYS, "month", "months", "place", "value"])


def test_ordinary_change_of_the_places_a_scenario_funds():
    area = rows({("a", 0, r): 50.0 + r for r in range(6)}, months=36)
    places = near({(0, r, "p1"): (10, 20 + r, 10 + 2 * r) for r in range(6)} | {(0, r, "p2"): (90, 90, 90) for r in range(6)})
    funded = pd.DataFrame({"scenario": "b", "draw": 0, "replicate": range(6), "intervention": "x", "place": "p1", "sites": 1.0})
    found = comparison.ordinary({"outcomes": area, "neighbourhoods": places, "funded": funded}, reference="a").set_index("scenario")
    assert found.loc["b", "places"] == 1 and found.loc["b", "sd"] == pytest.approx(math.sqrt(3.5))     # SD of 0..5
    assert found.loc["b", "level"] == pytest.approx((10 + 22.5 + 15) / 3)
    assert found.loc["", "sd"] == pytest.approx(0.0) and found.loc["", "places"] == 2 and found.loc["", "level"] == 12 * 52.5


def test_sampled_trends_are_no_ordinary_change():
    """Futures whose trends differ with the sampled number, and central ones that share it: none of it is chance."""
    def trending(draw, replicate, slope):
        one = rows({("a", draw, replicate): 0.0}, months=60)
        return one.assign(value=1000.0 + slope * (one["month"] // 12))
    area = pd.concat([*(trending(0, r, 10) for r in range(4)), *(trending(d, 3 + d, 30 * d) for d in range(1, 9))])
    nothing = {"neighbourhoods": near({(0, 0, "p"): (1, 1)}), "funded": pd.DataFrame(columns=[*KEYS, "place", "sites"])}
    assert comparison.ordinary({"outcomes": area, **nothing}, reference="a")["sd"][0] == pytest.approx(0, abs=1e-9)


def test_part_of_a_year_is_no_year():
    """18 months of 100 a month: the count does not fall by half in the second year."""
    area = rows({("a", 0, r): 100.0 for r in range(5)}, months=18)
    nothing = {"neighbourhoods": near({(0, 0, "p"): (1, 1)}), "funded": pd.DataFrame(columns=[*KEYS, "place", "sites"])}
    assert comparison.ordinary({"outcomes": area, **nothing}, reference="a")["level"][0] == pytest.approx(1200)


def test_money_is_a_year_and_keeps_hours_and_unspent_apart():
    paid = (("icb", "running", 200.0), ("icb", "set_up", 40.0), ("voluntary_hours", "voluntary_hours", 10.0),
            ("icb", "unspent", 6.0), ("icb", "running", -80.0))
    costs = pd.DataFrame([("b", 0, r, 1, "p", "x", payer, kind, pounds) for r in range(2) for payer, kind, pounds in paid],
                         columns=[*KEYS, "year", "place", "intervention", "payer", "kind", "pounds"])
    held = comparison.money(costs, 24).loc["b"]
    assert dict(held) == {"icb": 120.0, "saved": -40.0, "unspent": 3.0, "voluntary": 5.0}


def test_people_reached_are_told_once_each_and_by_programme():
    people = rows({("b", 0, r): 7.0 for r in range(2)}, outcome="reached")
    delivery = pd.DataFrame([("b", 0, r, 23, place, line, reached) for r in range(2) for place in "pq"
                             for line, reached in (("hub", 1.0 + r), ("grants", 3.0))],
                            columns=[*KEYS, "month", "place", "intervention", "reached"])
    line = {"scenario": "b", "intervention": "hub"}
    places = pd.DataFrame([{**line, "places": 40.0, "members": 10.0}])
    costs = pd.DataFrame([{**line, "payer": payer, "kind": kind, "pounds": pounds} for payer, kind, pounds in (
        ("icb", "running", 500.0), ("icb", "set_up", 100.0), ("icb", "unspent", 7.0), ("voluntary_hours", "voluntary_hours", 9.0))])
    found = comparison.reached({"outcomes": people, "delivery": delivery, "places": places, "costs": costs}).set_index("programme")
    assert dict(found["mean"]) == {"": 7.0, "hub": 3.0, "grants": 6.0}
    assert found["taken"]["hub"] == 0.25 and found["pounds"]["hub"] == 100.0        # 600 pounds, 6 people over both futures
    assert found.loc["grants", ["taken", "pounds"]].isna().all()


def test_sites_that_fall_elsewhere_by_future_are_noticed():
    """Two futures: a scenario that is always in p, one that is in p, then in q; a sampled future says nothing of chance."""
    rows_ = [("fixed", 0, 0, "x", "p", 1.0), ("fixed", 0, 1, "x", "p", 1.0), ("fixed", 3, 2, "x", "q", 1.0),
             ("drawn", 0, 0, "x", "p", 1.0), ("drawn", 0, 1, "x", "q", 1.0)]
    assert comparison.moving(pd.DataFrame(rows_, columns=[*KEYS, "intervention", "place", "sites"])) == ["drawn"]
