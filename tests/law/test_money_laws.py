"""Laws of money, in every draw: tiers are nested, payers add up to programmes, transfers to nothing."""
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))
from accounts import books, costs

from nbhdsim.economics import books as sums
from nbhdsim.economics import budget, options, value

CHANGES = {"plan": {"emergency_admissions": -20.0, "bed_days": -15_000.0, "ae_attendances": -30.0, "child_referrals": 4.0,
                    "life_satisfaction": 5.0},
           "harm": {"emergency_admissions": 8.0, "bed_days": 40.0, "ae_attendances": 9.0, "child_referrals": 0.0,
                    "life_satisfaction": -9.0}}
PAID = {"do nothing": (("old", "icb", "running", 1_000.0),),
        "plan": (("hub", "icb", "running", 90_000.0), ("hub", "school", "set_up", 5_000.0),
                 ("walks", "lottery_charity", "running", 300.0),
                 ("walks", "voluntary_hours", "voluntary_hours", 20.0)),
        "harm": (("old", "icb", "running", 400.0),)}
SETS = [(), ("economics.realisation_share=1",),
        ("economics.realisation_share={value: 0.5, low: 0.1, high: 0.9}", "economics.tariff_share=0.7",
         "economics.optimism_bias=0.3", "economics.ward_beds=5")]


@pytest.mark.parametrize("sets", SETS)
@pytest.mark.parametrize("discounted", [False, True])
def test_cashable_is_within_fiscal_and_fiscal_within_public_value(sets, discounted):
    for of in books(CHANGES, PAID, noise=60.0, sets=sets).scenarios:
        found = sums.tiers(of, discounted=discounted)
        assert (found["cashable"] >= 0).all() and (found["losses"] <= 0).all()
        assert (found["cashable"] <= found["fiscal"]).all() and (found["fiscal"] <= found["public_value"]).all()
        whole = sums.total(of, discounted=discounted, side="benefit")
        assert found["public_value"] + found["losses"] == pytest.approx(whole, abs=1e-6)


@pytest.mark.parametrize("sets", SETS)
def test_payers_add_up_to_programmes_each_year(sets):
    of = books(CHANGES, PAID, noise=9.0, sets=sets)
    table = budget.by_year(of, costs(PAID)).set_index(["scenario", "year", "payer"])
    for column in ("cost", "benefit", "net", "unspent"):
        wide = table[column].unstack("payer")
        assert wide.drop(columns="all").sum(axis=1).to_numpy() == pytest.approx(wide["all"].to_numpy(), abs=1e-6)
        by_scenario = wide["all"].unstack("year")
        assert by_scenario.drop(columns=0).sum(axis=1).to_numpy() == pytest.approx(by_scenario[0].to_numpy(), abs=1e-6)
    shown = of.money[(of.money["draw"] > 0) & (of.money["side"] == "cost")]
    programmes = shown.groupby(["scenario", "year", "line"])["pounds"].sum().groupby(["scenario", "year"]).sum() / 10
    paid = table.xs("all", level="payer")["cost"].drop(index=0, level="year")
    assert paid.sort_index().to_numpy() == pytest.approx(programmes.sort_index().to_numpy())


@pytest.mark.parametrize("sets", SETS)
def test_what_changes_hands_adds_to_nothing(sets):
    of = books(CHANGES, PAID, noise=9.0, sets=sets)
    rows = of.money[of.money["nature"] == "transfer"].groupby(["scenario", "draw", "replicate", "year"])["pounds"].sum()
    assert rows.to_numpy() == pytest.approx(0, abs=1e-6)
    table = budget.who(of)
    members = table[table["payer"] != "all"].groupby("scenario")["pooled"].sum()
    assert members.to_numpy() == pytest.approx(0, abs=1e-6)
    gains = table[["cash", "capacity", "societal", "transfer_in"]].sum(axis=1)
    assert table["net"].to_numpy() == pytest.approx((gains - table["cost"]).to_numpy(), abs=1e-6)


def test_a_perspective_changes_totals_by_named_lines_only():
    of = books(CHANGES, PAID, noise=9.0, sets=SETS[2])
    names = list(value.constants.perspectives().items())
    for scenario in of.scenarios:
        for (narrow, few), (wide, many) in zip(names, names[1:], strict=False):
            for side in ("cost", "benefit"):
                one, other = (value.per_future(of, scenario, side, perspective=name) for name in (narrow, wide))
                more = sums.total(scenario, discounted=False, side=side, payer=sorted(set(many) - set(few)))
                assert other - one == pytest.approx(more, abs=1e-6)


def test_no_icer_is_negative_and_curves_add_up_to_one():
    of = books(CHANGES, PAID, noise=9.0)
    table, curves = options.ladder(of), options.curves(of)
    assert not (table["icer"] < 0).any() and (table.loc[table["icer"].isna(), "why"] != "").all()
    assert curves.groupby(["effect", "k"])["best"].sum().to_numpy() == pytest.approx(1)
    assert (curves.groupby(["effect", "k"])["frontier"].sum() == 1).all()
    best = curves.loc[curves.groupby(["effect", "k"])["expected"].idxmax()]
    assert best["frontier"].all()


def test_a_range_never_turns_on_the_order_of_futures():
    """Money of one future stands on its own."""
    one, other = books(CHANGES, PAID, noise=9.0), books(dict(reversed(CHANGES.items())), PAID)
    assert [of.scenario for of in one.scenarios] == [of.scenario for of in other.scenarios] == ["harm", "plan"]
    assert np.isfinite(one.money["pounds"]).all()
