"""Headline values: means, ratios, ranges and the words where there is none."""
import numpy as np
import pytest
from accounts import books

from nbhdsim.comparison import NOT_MODELLED
from nbhdsim.economics import value

GOOD = {"plan": {"emergency_admissions": -20.0, "bed_days": -100.0, "life_satisfaction": 50.0}}
PLAIN = ("economics.emergency_admission=3500", "economics.wellby=13000", "economics.marginal_share=0.5")
BLANKS = ("value", "low", "high", "chance_low", "chance_high")


def rows(of, **where):
    """The rows of the table with these values, by measure."""
    table = value.table(of)
    for name, wanted in where.items():
        table = table[table[name] == wanted]
    return table.set_index("measure")


def test_a_hand_calculation():
    """Two years: 2 x 150,000 spent; 40 admissions; 100 point-years."""
    found = rows(books(GOOD, sets=PLAIN), perspective="public", discounted=False)
    assert found.loc["cost", "value"] == 300_000 and found.loc["benefit", "value"] == pytest.approx(40 * 1750)
    assert found.loc["cost_per_admission_avoided", "value"] == 7_500
    assert found.loc["npv", "value"] == pytest.approx(70_000 - 300_000) and found.loc["bcr", "value"] == pytest.approx(7 / 30)
    society = rows(books(GOOD, sets=PLAIN), perspective="society", discounted=True)
    worth = 50 * 13_000 * 1.25
    central = (1 + 1 / 1.035) * (20 * 1750 - 157_000) + (1 + 1 / 1.015) * worth
    assert society.loc["npv", "chance_low"] == pytest.approx(central) == society.loc["npv", "chance_high"]
    assert society.loc["cost_per_wellby", "value"] == pytest.approx((1 + 1 / 1.035) * 157_000 / (50 * (1 + 1 / 1.015)))


def test_each_perspective_adds_named_lines_only():
    """Standards CH-2."""
    of = books(GOOD, sets=PLAIN)
    cost = [rows(of, perspective=name, discounted=False).loc["cost", "value"] for name in ("nhs_social_care", "public", "society")]
    assert cost == [200_000, 300_000, 314_000]


@pytest.mark.parametrize("changes, paid, measure, said", [
    ({"plan": {"emergency_admissions": 5.0}}, None, "cost_per_admission_avoided", "no admission is avoided on average"),
    ({"plan": {"emergency_admissions": 0.0}}, None, "cost_per_admission_avoided", "no admission is avoided on average"),
    (GOOD, {}, "cost_per_admission_avoided", "none of these payers pays anything"),
    (GOOD, {}, "bcr", "none of these payers pays anything"),
    (GOOD, {"plan": (("less", "icb", "running", -9.0),)}, "cost_per_admission_avoided", "no price to tell"),
    (GOOD, {"plan": (("less", "icb", "running", -9.0),)}, "roi", "no price to tell"),
    ({"plan": {"emergency_admissions": -1.0}}, None, "payback_year", "not within 2 years"),
    ({"plan": {"emergency_admissions": -1.0}}, None, "cost_per_wellby", NOT_MODELLED),
    (GOOD, {"plan": (("hub", "lottery_charity", "running", 9.0),)}, "bcr", "none of these payers pays anything"),
])
def test_no_value_has_a_reason(changes, paid, measure, said):
    row = rows(books(changes, paid), perspective="public", discounted=True).loc[measure]
    assert np.isnan(row["value"]) and said in row["why"]


@pytest.mark.parametrize("changes, paid, size", [
    (GOOD, None, {}), (GOOD, {}, {}), ({"plan": {"emergency_admissions": 9.0, "life_satisfaction": -3.0}}, None, {"noise": 5.0}),
    (GOOD, None, {"replicates": 1, "draws": 0}), (GOOD, None, {"replicates": 0, "draws": 1}),
    (GOOD, None, {"replicates": 6, "draws": 0}),
    (GOOD, {"plan": (("less", "icb", "running", -80_000.0),)}, {"noise": 30.0}),
])
def test_nothing_is_infinite_and_no_blank_is_without_a_reason(changes, paid, size):
    table = value.table(books(changes, paid, **size))
    numbers = table[list(BLANKS)].to_numpy(float)
    assert not np.isinf(numbers).any()
    assert (table.loc[np.isnan(numbers).any(1), "why"] != "").all()
    assert not (table[table["measure"].str.startswith("cost_per")][list(BLANKS)] < 0).any(axis=None)


def test_one_future_has_values_and_no_range():
    row = rows(books(GOOD, replicates=1, draws=0), perspective="", discounted=False).loc["admissions_avoided"]
    assert row["value"] == 40 and np.isnan(row["high"]) and "nothing is sampled" in row["why"] and "below 5 futures" in row["why"]


def test_a_ratio_to_what_may_as_well_be_nothing_is_not_told():
    """The mean of few noisy futures is above 0 by luck alone."""
    for noise, blank in ((0.01, False), (3_000.0, True)):
        of = books({"plan": {"emergency_admissions": -500.0}}, noise=noise)
        row = rows(of, perspective="public", discounted=False).loc["cost_per_admission_avoided"]
        assert np.isnan(row["value"]) == blank and bool(np.isfinite(row["value"])) != blank
        assert blank == row["why"].startswith(("too few futures to tell", "no admission"))


def test_the_share_of_futures_in_which_none_is_avoided():
    assert rows(books(GOOD)).loc["none_avoided", "value"] == 0
    assert rows(books({"plan": {"emergency_admissions": 3.0}})).loc["none_avoided", "value"] == 1


def test_a_perspective_whose_payers_pay_nothing_says_so():
    of = books(GOOD, {"plan": (("hub", "lottery_charity", "running", 9.0),)})
    row = rows(of, perspective="nhs_social_care", discounted=True).loc["npv"]
    assert row["value"] > 0 and row["why"] == "none of these payers pays anything, and what others pay is left out"


def test_benefits_pay_back_in_a_year():
    found = rows(books({"plan": {"life_satisfaction": 50.0}}), perspective="society", discounted=True)
    assert found.loc["payback_year", "value"] == 1 and found.loc["payback_year", "why"] == "a year has no range"


@pytest.mark.parametrize("flows, year, said", [
    ([0, -10, 4, 8], 4, "a year has no range"),                         # nothing spent yet is nothing paid back
    ([0, -10, 4, 4], None, "not within 4 years"),
    ([-10, 12, -9, 1], 2, "lost again"), ([-10, 12, -9, 8], 2, "lost again"), ([5, 0, 0, 0], 1, "a year has no range")])
def test_the_year_of_payback(flows, year, said):
    of = books(GOOD)
    scenario = of.scenarios[0]
    of.years = np.arange(1, 5)
    each = np.tile(np.array(flows, float), (len(scenario.draws), 1))
    only = scenario._replace(years={("benefit", "icb", "cash-releasing", "x"): each})
    found = value._payback(of, only, "public", discounted=False)
    assert found["value"] == year or (year is None and np.isnan(found["value"]))
    assert said in found["why"] and ("again" in found["why"]) == ("again" in said)


def test_the_range_of_a_ratio_holds_it_and_opens_where_nothing_may_be_avoided():
    """Fieller's range tends to that of the delta method where the lower part varies little, and has no end where it may be 0."""
    rng = np.random.default_rng(3)
    bottom, top = 100 + rng.normal(0, 1, 4000), 50 + rng.normal(0, 1, 4000)
    low, high = value.between(top, bottom)
    sd = np.sqrt(1 + 0.25) / 100
    assert (low, high) == pytest.approx((0.5 - 1.645 * sd, 0.5 + 1.645 * sd), abs=0.001)
    assert np.isnan(value.between(top, rng.normal(1, 1, 4000))).all()


def test_optimism_bias_is_shown_whatever_it_is():
    assert rows(books(GOOD), discounted=False).loc["optimism_bias", "value"] == 0
    more = rows(books(GOOD, sets=("economics.optimism_bias=0.4",)), perspective="", discounted=False)
    assert more.loc["optimism_bias", "value"] == pytest.approx(120_000) and more.loc["spent", "value"] == pytest.approx(420_000)


def test_ranges_of_gains_stop_at_nothing():
    found = rows(books({"plan": {"emergency_admissions": 0.0}}, noise=20.0), perspective="", discounted=True)
    assert found.loc["fiscal", "low"] >= 0 and found.loc["losses", "high"] <= 0
