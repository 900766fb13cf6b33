"""Practice lists that cross the borders of neighbourhoods, and the care teams that follow them."""
import numpy as np
import pytest

from nbhdsim import areas, population
from nbhdsim.places import listed_with
from nbhdsim.population import settings
from nbhdsim.scenario import checks, schema
from nbhdsim.scenario.where import map_of
from nbhdsim.simulation import Simulation

SIZE, SHARE = 30_000, 0.2
TEXT = """schema: scenario/1
area: {{name: teaching-town, residents: {size}}}
start: 2026-04
months: 12
history: 12
ageing: {ageing}
interventions: {{integrated_neighbourhood_team: {{where: {where}, {money}}}}}
overrides:
  baseline.practice.elsewhere: {share}
"""


def load(tmp_path, *, share=SHARE, ageing="false", money="places: 30000", where=None):
    area = areas.load("teaching-town", residents=SIZE)
    practice, _ = settings.practices(area, settings.networks(area)[1])
    names = ", ".join(name for name, own in zip(area.place, practice, strict=True) if own == 0)
    file = tmp_path / "s.yaml"
    text = TEXT.format(size=SIZE, where=where or f"{{names: [{names}]}}", share=share, ageing=ageing, money=money)
    file.write_text(text, encoding="utf-8")
    return schema.load(file)


@pytest.fixture(scope="module")
def funded(tmp_path_factory):
    scenario = load(tmp_path_factory.mktemp("lists"))
    sim = Simulation(population.build(scenario), scenario)
    while sim.month < 1:
        sim.step()
    return sim


def test_the_assumed_share_is_registered_with_a_practice_near_by(funded):
    script, where = funded.world.script, funded.world.places
    own = where.practice[script.place]
    away = script.practice != own
    households = np.unique(script.household).size
    assert abs(away.mean() - SHARE) < 5 * np.sqrt(SHARE * (1 - SHARE) / households)
    stands = np.stack([where.x[where.practice_place], where.y[where.practice_place]]).astype(float)
    for p in np.unique(script.place):
        theirs = np.unique(script.practice[away & (script.place == p)])
        distance = ((stands - np.array([[where.x[p]], [where.y[p]]], float)) ** 2).sum(0)
        near = [k for k in np.argsort(distance, kind="stable") if k != where.practice[p]][:3]
        assert set(theirs) <= set(near)


def test_households_register_together(funded):
    script = funded.world.script
    first = np.full(script.household.max() + 1, -1)
    first[script.household] = script.practice
    assert np.array_equal(first[script.household], script.practice)


def test_whoever_is_on_a_list_has_a_practice_of_the_neighbourhood_it_is_of(funded):
    script, where = funded.world.script, funded.world.places
    at = listed_with(where, script.place, script.practice)
    assert np.array_equal(where.practice[at], script.practice)
    assert np.array_equal(at == script.place, where.practice[script.place] == script.practice)


def test_a_funded_practice_looks_after_its_list_not_its_residents(funded):
    script, where = funded.world.script, funded.world.places
    programme = funded.programmes[0]
    everyone = programme.intervention.everyone
    theirs = np.flatnonzero(script.practice == 0)
    assert np.array_equal(everyone, theirs)
    outside = where.practice[script.place[everyone]] != 0
    missed = script.practice[where.practice[script.place] == 0] != 0
    assert 0.05 < outside.mean() < 0.5 and 0.1 < missed.mean() < 0.3
    members = funded.members["integrated_neighbourhood_team"]
    assert np.isin(members.who, everyone).all() and (where.practice[members.site] == 0).all()
    assert programme.rows()["members"].sum() == members.inside.size


def test_at_the_neutral_share_lists_end_at_borders_and_nothing_else_differs(funded, tmp_path):
    scenario = load(tmp_path, share=0.0)
    still = population.build(scenario).script
    assert np.array_equal(still.practice, funded.world.places.practice[still.place])
    for name in ("id", "household", "school", "disabled", "flags", "frailty", "born"):
        assert np.array_equal(getattr(still, name), getattr(funded.world.script, name))


@pytest.mark.slow
def test_where_time_passes_a_home_keeps_its_practice(funded, tmp_path):
    aged = population.build(load(tmp_path, ageing="true")).script
    now = (aged.arrives <= 0) & (aged.leaves > 0)
    both = np.intersect1d(aged.id[now], funded.world.script.id, return_indices=True)
    assert both[0].size > 0.9 * SIZE
    assert np.array_equal(aged.practice[now][both[1]], funded.world.script.practice[both[2]])


@pytest.mark.parametrize("money", ["places: 30000", "funding: 100000"])
def test_money_is_for_heads_on_the_list_and_not_for_those_who_live_there(tmp_path, money):
    """Enough for the whole list buys the list, head by head; too little, so many heads of it."""
    scenario = load(tmp_path, money=money)
    sim = Simulation(population.build(scenario), scenario)
    while sim.month < 1:
        sim.step()
    plan, programme, script = sim.plans["integrated_neighbourhood_team"], sim.programmes[0], sim.world.script
    on = np.bincount(listed_with(sim.world.places, script.place, script.practice), minlength=plan.sites.size)
    assert np.array_equal(plan.heads, on) and not np.array_equal(plan.heads, sim.world.places.residents)
    looked_after, each = programme.intervention.everyone.size, sum(plan.price)
    if money == "places: 30000":
        assert plan.bought.sum() == looked_after == (script.practice == 0).sum()
    else:
        assert 0 <= 100_000 / each - plan.bought.sum() < np.count_nonzero(plan.sites) + 1
        assert looked_after == pytest.approx(plan.bought.sum(), abs=5 * np.sqrt(plan.bought.sum()))
    assert sum(p for p, k in zip(plan.costs()["pounds"], plan.costs()["kind"], strict=True) if k != "unspent") == pytest.approx(
        each * plan.bought.sum())


def test_the_list_of_a_part_of_the_area_is_not_known_before_its_people_are(tmp_path):
    """Whether its cost can be told from the map alone: of the whole area, and where lists end at borders."""
    for share, where, known in ((SHARE, None, False), (0.0, None, True), (SHARE, "all", True)):
        scenario = load(tmp_path, share=share, where=where)
        line, values = scenario.lines["integrated_neighbourhood_team"], {a: q.value for a, q in scenario.quantities.items()}
        outline = map_of(areas.load("teaching-town", residents=SIZE))
        assert (checks.heads(line, outline, values) is not None) == known
