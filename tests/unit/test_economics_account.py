"""The account of each future: what is counted, for whom, how much."""
import numpy as np
import pandas as pd
import pytest
from accounts import PAID, REFERENCE, costs, effects, values

from nbhdsim.economics import account
from nbhdsim.errors import NbhdsimError

CHANGES = {"plan": {"emergency_admissions": -20.0, "bed_days": -12_000.0, "ae_attendances": -30.0, "child_referrals": -4.0,
                    "life_satisfaction": 50.0, "lonely": -9.0}}


def made(changes=None, paid=None, *, sets=(), **asked) -> pd.DataFrame:
    return account.money(effects(changes or CHANGES), costs(paid), values(sets=sets), asked=account.Asked(REFERENCE, **asked))


def line(money, **where) -> float:
    """Pounds of one future with central numbers and one year, of the rows with these values."""
    rows = money[(money["draw"] == 0) & (money["replicate"] == 0) & (money["year"] == 1)]
    for name, text in where.items():
        rows = rows[rows[name] == text]
    return float(rows["pounds"].sum())


def test_every_line_is_what_it_says():
    money = made()
    assert list(money.columns) == list(account.COLUMNS)
    assert line(money, line="emergency admissions", nature="capacity-releasing", payer="nhs_trust") == 20 * 3500 * 0.5
    assert line(money, line="A&E attendances") == pytest.approx(30 * 230 * 1.04 * 0.5)
    assert line(money, line="child social care referrals", payer="children_services") == 4 * 800 * 0.5
    assert line(money, line="life satisfaction", payer="residents", nature="societal") == 50 * 13000 * 1.25
    assert line(money, side="cost", payer="icb") == 100_000 and line(money, side="cost", payer="voluntary_hours") == 7_000
    assert line(money, side="cost", nature="societal") == 7_000 and line(money, nature="cash-releasing") == 0


def test_bed_days_and_loneliness_are_not_valued_beside_what_holds_them():
    assert not {"bed_days", "bed days", "lonely"} & set(made()["line"])


def test_costs_are_those_of_the_table_without_what_was_not_spent():
    money = made()
    spent = money[money["side"] == "cost"].groupby(["draw", "replicate", "year", "payer"])["pounds"].sum()
    table = costs().query("kind != 'unspent'").groupby(["draw", "replicate", "year", "payer"])["pounds"].sum()
    pd.testing.assert_series_equal(spent, table)


def test_what_the_first_scenario_pays_too_is_no_cost():
    both = {REFERENCE: (("hub", "icb", "running", 60_000.0), ("old", "icb", "running", 500.0)), **PAID}
    money = made(paid=both)
    assert line(money, side="cost", line="hub", payer="icb") == 40_000
    assert line(money, side="cost", line="old") == -500


def test_a_cut_saves_and_has_no_optimism_bias():
    money = made(paid={"plan": (("less", "icb", "running", -80_000.0),)}, sets=("economics.optimism_bias=0.2",))
    assert line(money, side="cost") == -80_000 and line(money, line="optimism bias") == 0


def test_optimism_bias_is_a_line_of_its_own_on_what_is_spent():
    money = made(sets=("economics.optimism_bias=0.1",))
    assert line(money, line="optimism bias") == pytest.approx(15_000)
    assert line(made(), line="optimism bias") == 0 and "optimism bias" in set(made()["line"])


def test_a_tariff_changes_hands_and_adds_to_nothing():
    money = made(sets=("economics.tariff_share=0.8",))
    rows = money[money["nature"] == "transfer"]
    assert set(rows["payer"]) == {"icb", "nhs_trust"}
    assert rows.groupby(["draw", "replicate", "year"])["pounds"].sum().to_numpy() == pytest.approx(0, abs=1e-9)
    assert line(money, nature="transfer", payer="icb") == 20 * 3500 * 0.8


def test_cash_comes_out_in_whole_wards_a_year_later():
    """12,000 bed days free one ward of 28 beds (10,220 days), from the second year on."""
    money = made(sets=("economics.realisation_share=1",))
    cash = money[(money["nature"] == "cash-releasing") & (money["draw"] == 0) & (money["replicate"] == 0)]
    by_year = cash.groupby("year")["pounds"].sum()
    assert by_year[1] == 0 and by_year[2] == pytest.approx(20 * 3500 * 0.5 * 28 * 365 / 12_000)
    whole = money[money["line"] == "emergency admissions"].groupby(["draw", "replicate", "year"])["pounds"].sum()
    pd.testing.assert_series_equal(whole, made().query("line == 'emergency admissions'").groupby(
        ["draw", "replicate", "year"])["pounds"].sum())


def test_less_than_a_ward_is_no_cash():
    fewer = {"plan": {**CHANGES["plan"], "bed_days": -10_000.0}}
    assert made(fewer, sets=("economics.realisation_share=1",)).query("nature == 'cash-releasing'")["pounds"].sum() == 0


@pytest.mark.parametrize("before, now, step, share", [
    (250, 250, 100, 0.8), (90, 250, 100, 0), (250, 100, 100, 1), (-50, 30, 100, 0), (50, -30, 10, 0), (50, 100, 0, 0.5)])
def test_closed_share(before, now, step, share):
    assert account.closed_share(*(np.array([float(x)]) for x in (before, now, step)))[0] == pytest.approx(share)


@pytest.mark.parametrize("both", [("wellby", "qaly"), ("wellby", "loneliness"), ("qaly", "loneliness")])
def test_wellbeing_is_never_counted_twice(both):
    """Standards EC-9."""
    with pytest.raises(NbhdsimError, match="valued twice"):
        made(wellbeing=both)


def test_wellbeing_may_be_valued_in_other_ways_or_not_at_all():
    assert line(made(wellbeing=("qaly",)), line="life satisfaction") == 50 * 70_000 / 7
    assert line(made(wellbeing=("loneliness",)), line="lonely") == pytest.approx(9 * 9537 * 1.25)
    assert not (made(wellbeing=())["payer"] == "residents").any()
    with pytest.raises(NbhdsimError, match="did you mean 'wellby'"):
        made(wellbeing=("welby",))


def test_what_no_effect_reaches_has_no_line():
    money = made(left_out={("plan", "life_satisfaction"), ("plan", "bed_days")}, sets=("economics.realisation_share=1",))
    assert not (money["payer"] == "residents").any() and money.query("nature == 'cash-releasing'")["pounds"].sum() == 0


def test_a_draw_without_values_is_told():
    with pytest.raises(NbhdsimError, match="draws without values: 9, 10"):
        account.money(effects(CHANGES), costs(), values(range(9)), asked=account.Asked(REFERENCE))
