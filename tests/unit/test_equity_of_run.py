"""Fairness of a prepared run: fifths, gaps, net health and who was never reached (requirements EQ-1 to EQ-7)."""
import numpy as np
import pandas as pd
import pytest

from nbhdsim import tables
from nbhdsim.comparison import NOT_MODELLED
from nbhdsim.equity import indices, never, of_run, plane
from nbhdsim.errors import NbhdsimError


def only_for(run, fifth, *, share, outcome="emergency_admissions"):
    """The run with the plan's effect replaced by one on a single fifth: `share` more of the outcome there."""
    changed = []
    for cube in (run.monthly, run.yearly, run.places):
        value = cube.value.copy()
        value[run.number("plan")] = value[run.number("do nothing")]
        for g, (by, name) in enumerate(cube.groups):
            if by == "quintile" and name == str(fifth) or by == "quintile age" and name[0] == str(fifth):
                value[run.number("plan"), ..., g, run.outcomes.index(outcome)] *= 1 + share
        changed.append(cube._replace(value=value))
    return run._replace(monthly=changed[0], yearly=changed[1], places=changed[2])


def prices(**changes):
    return plane.Prices(**{"points_per_qaly": 7.0, "pounds_per_qaly": 20_000.0} | changes)


def test_indices_are_those_of_the_rates_of_the_rows(finished, sums):
    rows = pd.read_parquet(finished / "outcomes.parquet").query(
        "scenario == 'plan' and draw == 0 and replicate == 1 and month >= 0 and quintile > 0 and age == 'all' and people == 'all'")
    by = rows[rows["outcome"] == "emergency_admissions"].groupby("quintile")[["value", "residents"]].sum()
    rate = by["value"] / by["residents"] * 12_000
    slope = indices.slope_index(rate, by["residents"], scale="log")
    found = of_run.indices(sums, "emergency_admissions")
    at = sums.number("plan"), 1
    assert found["SII"][at] == pytest.approx(slope.sii) and found["RII"][at] == pytest.approx(slope.rii)
    assert found["concentration"][at] == pytest.approx(indices.concentration(rate, by["residents"]))
    assert "Erreygers" not in found and "Erreygers" in of_run.indices(sums, "low_life_satisfaction")


def test_standardised_rates_have_the_ages_of_the_area(sums):
    o = sums.outcomes.index("emergency_admissions")
    cube = sums.yearly.only("quintile age").whole()
    value, present = (x[0, 0, 0, :, o].reshape(5, 8) for x in (cube.value, cube.present))
    share = present.sum(0) / present.sum()
    by_hand = ((value / present * 12_000) * share).sum(1)
    slope = indices.slope_index(by_hand, present.sum(1), scale="log")
    assert of_run.indices(sums, "emergency_admissions", standard=True)["SII"][0, 0] == pytest.approx(slope.sii)


def test_absolute_and_relative_gaps_come_together_with_their_sign(sums):
    found = of_run.gaps(sums, "do nothing")
    assert list(found) == list(of_run.GAPS)
    for _, some in found.groupby(["scenario", "outcome", "ages"]):
        assert {"SII", "RII"} <= set(some["index"])
    admissions = found[(found["outcome"] == "emergency_admissions") & (found["ages"] == of_run.AS_THEY_ARE)].set_index("index")
    assert admissions.loc["SII", "base"] < 0 and admissions.loc["RII", "base"] < 1
    assert admissions["reads"].str.startswith("the most deprived have more; ").all()
    assert admissions["value"].tolist() == pytest.approx((admissions["with"] - admissions["base"]).tolist())


@pytest.mark.parametrize(("fifth", "said"), [(1, "the gap narrows"), (5, "the gap widens")])
def test_who_gains_decides_which_way_the_gap_goes(sums, fifth, said):
    found = of_run.gaps(only_for(sums, fifth, share=-0.1), "do nothing", outcomes=["emergency_admissions"])
    assert found["reads"].str.endswith(said).all()


def test_a_fifth_without_events_has_no_line_and_says_why(sums):
    found = of_run.gaps(only_for(sums, 2, share=-1.0), "do nothing", outcomes=["emergency_admissions"])
    assert found["value"].isna().all() and (found["why"] == of_run.NO_LINE).all() and (found["reads"] == "").all()
    silent = of_run.gaps(sums, "do nothing", modelled={"plan": set()})
    assert silent["value"].isna().all() and (silent["why"] == NOT_MODELLED).all()


def test_fifths_have_their_sizes_and_a_warning_where_they_are_small(sums):
    found = of_run.fifths(sums, "do nothing")
    assert list(found) == list(of_run.FIFTHS) and set(found["outcome"]) == set(sums.outcomes)
    assert found.groupby("outcome")["population"].sum().tolist() == pytest.approx([1.0] * 4)
    assert found["relative"].tolist() == pytest.approx((found["value"] / found["base"]).tolist())
    assert of_run.noted(pd.Series([99.0, 100.0, np.nan])).tolist() == [of_run.FEW_PEOPLE, "", ""]


def test_net_health_of_fifths_adds_up_and_has_its_quadrant(sums):
    cost = np.linspace(1e5, 2e5, len(sums.draws))
    found = plane.of_run(sums, "do nothing", cost={"plan": cost}, prices=prices())
    net = found.net.set_index("quintile")
    assert net.loc[1:, "value"].sum() == pytest.approx(net.loc[0, "value"])
    assert net.loc[0, "value"] == pytest.approx(net.loc[0, "benefit"] - net.loc[0, "displaced"])
    assert net.loc[1:, "displaced"].tolist() == pytest.approx([net.loc[0, "displaced"] / 5] * 5)
    assert net.loc[0, "displaced"] == pytest.approx(cost[sums.draws > 0].mean() / 20_000)
    assert found.points["total"][sums.draws > 0].mean() == pytest.approx(net.loc[0, "value"])
    for row in found.points.itertuples():
        assert row.quadrant == f"{'win' if row.total > 0 else 'lose'}-{'win' if row.gap > 0 else 'lose'}"


def test_points_are_gained_by_those_who_gain_and_discounted(sums):
    run = only_for(sums, 1, share=0.01, outcome="life_satisfaction")
    free = {"plan": np.zeros(len(sums.draws))}
    net = plane.of_run(run, "do nothing", cost=free, prices=prices()).net.set_index("quintile")["value"]
    assert net[1] == pytest.approx(net[0]) and net[0] > 0 and net[5] == 0
    halved = plane.of_run(run, "do nothing", cost=free, prices=prices(factors=[1.0, 0.0])).net.set_index("quintile")["value"]
    assert 0 < halved[0] < 0.6 * net[0]
    found = plane.of_run(run, "do nothing", cost=free, prices=prices())
    assert set(found.points["quadrant"]) == {"win-win"} and found.points["gap"].tolist() == pytest.approx(found.points["total"])


def test_welfare_says_at_which_aversion_two_options_change_places(sums):
    """Doing nothing has the higher mean; the plan costs more than it gives, but gives all to the worst-off fifth."""
    run = only_for(sums, 1, share=0.01, outcome="life_satisfaction")
    free = plane.of_run(run, "do nothing", cost={"plan": np.zeros(len(sums.draws))}, prices=prices())
    gained = free.net.set_index("quintile").loc[0, "benefit"]
    cost = {"plan": np.full(len(sums.draws), 1.05 * gained * 20_000)}
    found = plane.of_run(run, "do nothing", cost=cost, prices=prices())
    assert found.flips[["one", "other", "leads"]].to_numpy().tolist() == [["do nothing", "plan", "do nothing"]]
    aversion = float(found.flips["aversion"].iloc[0])
    assert 0 < aversion < 30
    ede = found.welfare.pivot(index="aversion", columns="scenario", values="ede")
    lead = np.sign(ede["do nothing"] - ede["plan"])
    assert lead[0.0] == 1 and (lead[ede.index > aversion] == -1).all()


def test_without_aversion_welfare_is_the_mean_of_all_whoever_lives_where(sums):
    """Each future has its own people; at aversion 0 the change is net health in points over person-years."""
    run = only_for(sums, 1, share=0.01, outcome="life_satisfaction")
    size = 1 + 0.3 * np.arange(len(run.draws))[:, None] * np.array([1, 0, 0, 0, 2.0])
    quintiles = [i for i, (by, _) in enumerate(run.yearly.groups) if by == "quintile"]
    cube = run.yearly._replace(present=run.yearly.present.copy())
    for x in (cube.value, cube.present):
        x[:, :, :, quintiles] *= size[None, :, None, :, None]
    run = run._replace(yearly=cube)
    found = plane.of_run(run, "do nothing", cost={"plan": np.zeros(len(run.draws))}, prices=prices())
    years = run.yearly.present[0][:, :, quintiles, run.outcomes.index("life_satisfaction")].sum((1, 2)) / 12
    some = run.draws > 0
    wanted = (found.points["total"].to_numpy() * 7 / years)[some].mean()
    assert found.welfare.query("aversion == 0 and scenario == 'plan'")["value"].item() == pytest.approx(wanted)


def test_no_evidence_on_wellbeing_is_no_place_on_the_plane(sums):
    cost = {"plan": np.ones(len(sums.draws))}
    found = plane.of_run(sums, "do nothing", cost=cost, prices=prices(), modelled={"plan": {"bed_days"}})
    assert found.net["value"].isna().all() and (found.net["why"] == NOT_MODELLED).all() and found.net["displaced"].notna().all()
    assert found.points.empty and found.flips.empty and set(found.welfare["scenario"]) == {"do nothing"}
    with pytest.raises(NbhdsimError, match="cost of 'plan' needs a figure for each of 13 futures"):
        plane.of_run(sums, "do nothing", cost={"plan": [1.0]}, prices=prices())


def test_who_was_never_reached_with_sizes(tmp_path):
    rows = {"scenario": "plan", "draw": 0, "replicate": np.array([0, 0, 1, 1]), "intervention": "hub", "by": "quintile",
            "value": np.array(["1", "5", "1", "5"], object), "eligible": np.array([200.0, 50, 100, 30]),
            "reached": np.array([50.0, 50, 50, 10]), "never": np.array([150.0, 0, 50, 20])}
    tables.write_parquet(tables.to_arrow("reach", rows), tmp_path / "reach.parquet")
    found = never.of_run(tmp_path).set_index("group")
    assert found.loc["1", ["eligible", "never", "share"]].tolist() == pytest.approx([150, 100, 2 / 3])
    assert found["note"].tolist() == ["", of_run.FEW_PEOPLE]


def test_an_older_folder_says_what_it_did_not_count(tmp_path):
    rows = {"scenario": "plan", "draw": 0, "replicate": np.array([0, 1, 0]), "month": np.array([5, 5, 4]), "place": "a",
            "intervention": "hub", "places": 1.0, "members": 1.0, "joined": 0.0, "left": 0.0, "contacts": 0.0,
            "reached": np.array([10.0, 20, 9])}
    tables.write_parquet(tables.to_arrow("delivery", rows), tmp_path / "delivery.parquet")
    found = never.of_run(tmp_path).iloc[0]
    assert found["reached"] == 15 and np.isnan(found["share"]) and found["why"] == never.NOT_COUNTED
    with pytest.raises(NbhdsimError, match="no delivery.parquet"):
        never.of_run(tmp_path / "nowhere")


def test_a_quintile_with_nobody_in_it_is_told(sums):
    present = sums.yearly.present.copy()
    present[:, :, :, sums.yearly.groups.index(("quintile", "5"))] = 0
    empty = sums._replace(yearly=sums.yearly._replace(present=present))
    with pytest.raises(NbhdsimError, match="nobody of 16 and over lives in quintile 5"):
        plane.of_run(empty, "do nothing", cost={"plan": np.zeros(len(sums.draws))}, prices=prices())
