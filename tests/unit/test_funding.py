"""Money into sites and places: whole places that add up, rounds, and lines that find no neighbourhood."""
from pathlib import Path

import numpy as np
import pytest

from nbhdsim import population
from nbhdsim.errors import NbhdsimError
from nbhdsim.interventions import schema as kinds
from nbhdsim.scenario import funding, schema, where
from nbhdsim.simulation import Simulation

TOWN = """schema: scenario/1
area: {name: teaching-town, residents: 5000}
start: 2026-04
months: 12
history: 12
interventions:
"""
EXPENSIVE = "overrides: {interventions.youth_hub.cost.running: {value: 90000, low: 80000, high: 1000000, source: a count}}\n"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    file = tmp_path_factory.mktemp("town") / "town.yaml"
    file.write_text(TOWN.replace("interventions:\n", ""), encoding="utf-8")
    return population.build(schema.load(file))


def plans(scenario, world, values=None) -> dict[str, funding.Plan]:
    values = {a: q.value for a, q in scenario.quantities.items()} | (values or {})
    sites = where.resolve_all(scenario, world, np.ones((12, len(world.places.name))), values=values)
    return {key: funding.plan(line, values, world, sites=sites[key]) for key, line in scenario.lines.items()}


@pytest.mark.parametrize("places", [100, 101, 150, 299, 451, 700])
def test_places_shared_out_are_whole_and_add_up(places, load, world):
    plan = plans(load(f"  youth_hub: {{where: all, places: {places}}}\n"), world)["youth_hub"]
    assert plan.places.sum() == places and np.all(plan.places == np.floor(plan.places))
    assert np.all(plan.places <= 150 * plan.sites)


def test_places_that_find_no_site_are_not_there(load, world):
    plan = plans(load("  youth_hub: {where: {top: 2, most_per_place: 1}, places: 1000}\n"), world)["youth_hub"]
    assert plan.places.sum() == 300 and plan.unspent > 0


LINES = {
    "wellbeing_hub": "sites: 2", "school_grant": "sites: 2, every: 12", "integrated_neighbourhood_team": "funding: 50000",
    "adjust": "effects: [{lever: ae_rr, value: 0.9}]", "followers": "kind: youth_hub, places: 40",
}


def test_where_the_other_line_has_no_site_there_is_none_either(load, world):
    """In a draw in which a site costs more than there is; the money is unspent, and the month goes on."""
    lines = "".join(f"  {key}: {{where: {{same_as: youth_hub}}, {line}}}\n" for key, line in LINES.items())
    scenario = load("  youth_hub: {where: all, funding: 140000}\n" + lines + EXPENSIVE)
    for key, plan in plans(scenario, world, {"interventions.youth_hub.cost.running": 900_000.0}).items():
        assert plan.sites.sum() == plan.bought.sum() == 0
        pounds = sum(plan.costs()["pounds"])
        assert (pounds > 0) == (key != "adjust") and set(plan.costs()["kind"]) <= {"unspent"}
    for draw in range(1, 40):
        sim = Simulation(world, scenario, draw=draw)
        if sim.setting.values["interventions.youth_hub.cost.running"] > 140_000:
            break
    while sim.month < 3:
        sim.step()
    assert all(plan.sites.sum() == 0 for plan in sim.plans.values()) and not sim.reached.any()


def test_only_grants_come_in_rounds(load):
    assert len(load("  school_grant: {sites: 2, every: 6}\n").lines["school_grant"].rounds()) == 2
    for line in ("youth_hub: {sites: 1, every: 6}", "adjust: {effects: [{lever: ae_rr, value: 0.9}], every: 6}"):
        with pytest.raises(NbhdsimError, match=r":7:\d+: interventions.\w+.every: .*is not given in rounds"):
            load(f"  {line}\n")


TEAM = Path(kinds.FOLDER, "integrated_neighbourhood_team.yaml").read_text(encoding="utf-8").replace(
    "id: integrated_neighbourhood_team", "id: my_team")


def test_a_price_per_head_stands_beside_no_other(tmp_path):
    assert TEAM.count("set_up: {per: head") == 1
    (tmp_path / "my_team.yaml").write_text(TEAM.replace("set_up: {per: head", "set_up: {per: site"), encoding="utf-8")
    with pytest.raises(NbhdsimError, match=r"my_team.yaml:\d+:\d+: cost.set_up.per: .*both per head"):
        kinds.kinds(tmp_path)


def test_the_list_of_a_team_is_paid_head_by_head(load, world):
    scenario = load("  integrated_neighbourhood_team: {where: all, funding: 50000}\n")
    plan = plans(scenario, world)["integrated_neighbourhood_team"]
    heads = np.floor(50_000 / sum(plan.price))
    assert plan.bought.sum() <= heads and plan.bought.sum() > heads - len(plan.bought)
    assert sum(plan.costs()["pounds"]) == pytest.approx(50_000)


def test_what_is_paid_by_the_person_is_unspent_while_a_programme_is_set_up(load, world):
    """A participant's cost in six months of set-up has no participant; a site's is paid for while it is set up."""
    by_head = plans(load("  green_space: {where: all, sites: 2}\n"), world)["green_space"].costs()
    told = list(zip(by_head["pounds"], by_head["kind"], strict=True))
    pounds = {kind: sum(p for p, k in told if k == kind) for kind in ("running", "unspent")}
    assert pounds["unspent"] == pytest.approx(pounds["running"]) and set(by_head["year"]) == {1}       # 6 of 12 months
    by_site = plans(load("  mens_group: {where: all, sites: 2}\n"), world)["mens_group"].costs()
    assert set(by_site["kind"]) == {"set_up", "running"}
