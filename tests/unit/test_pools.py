"""Pools: what is asked for beyond what there is is shared out in proportion; staff by network, posts filled for the whole time."""
from math import fsum
from pathlib import Path

import numpy as np
import pytest

from nbhdsim import population
from nbhdsim.errors import NbhdsimError
from nbhdsim.interventions import schema as kinds
from nbhdsim.pools import Held, Pool
from nbhdsim.scenario import funding, schema, staffing, where

OF = np.array([0, 0, 1, 2])
RNG = np.random.default_rng(7)
TOWN = ("schema: scenario/1\narea: {name: teaching-town, residents: 5000}\nstart: 2026-04\nmonths: 24\nhistory: 12\n"
          "ageing: false\n")
WORKERS = "  link_worker: {where: all, sites: 12}\n  community_health_worker: {where: all, sites: 6}\n"


def held(*amounts: float) -> Held:
    return Held(held=np.array(amounts), of=OF)


@pytest.mark.parametrize("pool, wanted", [
    (Pool(each=7), [7, 7, 7]), (Pool(by={"b": 4}), [0, 4, 0]), (Pool(total=100), [50, 30, 20]), (Pool(today=0.1), [3, 2, 1]),
])
def test_what_pools_hold(pool, wanted):
    assert pool.held("abc", np.array([500.0, 300, 200]), given=np.array([30.0, 20, 10])).tolist() == pytest.approx(wanted)


def test_what_there_is_is_shared_in_proportion_to_what_is_asked():
    one, other = np.array([10.0, 0, 5, 0]), np.array([20.0, 10, 0, 1])
    assert held(20, 5, 0).share([one, other]).tolist() == [0.5, 0.5, 1, 0]
    assert held(20, 5, 0).share([one, other], given=[np.array([0, 20.0, 0, 3])]).tolist() == [1, 1, 1, 1]
    assert held(0, 0, 0).share([]).tolist() == [1, 1, 1, 1]


def test_no_order_and_more_is_not_less():
    asked = [RNG.uniform(0, 9, 4) for _ in range(6)]
    given = [RNG.uniform(0, 3, 4) for _ in range(6)]
    share = held(9, 2, 4).share(asked, given)
    assert np.array_equal(share, held(9, 2, 4).share(asked[::-1], given[::-1]))
    assert np.all(held(9.5, 2, 5).share(asked, given) >= share) and np.all(held(9, 2, 4).share(asked, given[1:]) <= share)
    used = np.bincount(OF, share * np.sum(asked, 0))
    assert np.all(used <= np.array([9, 2, 4]) + np.bincount(OF, np.sum(given, 0)) + 1e-4)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    file = tmp_path_factory.mktemp("town") / "town.yaml"
    file.write_text(TOWN, encoding="utf-8")
    return population.build(schema.load(file))


def plans(scenario, world):
    values = {a: q.value for a, q in scenario.quantities.items()}
    sites = where.resolve_all(scenario, world, np.ones((12, len(world.places.name))), values=values)
    made = {key: funding.plan(line, values, world, sites=sites[key]) for key, line in scenario.lines.items()}
    return staffing.filled(made, scenario.pools.get("workforce"), values, places=world.places), values


def test_without_a_pool_every_post_is_filled(load, world):
    found, _ = plans(load("interventions:\n" + WORKERS), world)
    assert all(plan.staffed is None for plan in found.values())
    enough, _ = plans(load("pools: {workforce: {each: 500}}\ninterventions:\n" + WORKERS), world)
    assert all(plan.staffed is None and plan.unspent == found[key].unspent for key, plan in enough.items())


def test_too_few_staff_are_shared_and_unfilled_posts_are_unspent(load, world):
    full, values = plans(load("interventions:\n" + WORKERS), world)
    scarce, _ = plans(load("pools: {workforce: {total: 21}}\ninterventions:\n" + WORKERS), world)       # 12 + 6 x 5 are asked for
    asked = sum(staffing.asked(plan, values) for plan in full.values())
    assert asked.sum() == 42
    posts = 0.0
    for key, plan in scarce.items():
        posts += float((staffing.asked(plan, values) * plan.staffed).sum())
        costs, before = plan.costs(), full[key].costs()
        assert fsum(costs["pounds"]) == pytest.approx(fsum(before["pounds"]))
        idle = fsum(p for p, k in zip(costs["pounds"], costs["kind"], strict=True) if k == "unspent")
        each = funding.unit_total(plan.line, values)
        assert idle == pytest.approx(float((plan.sites * (1 - plan.staffed)).sum()) * each) and idle > 0
    assert posts == pytest.approx(21, abs=1e-3)


def test_the_month_in_which_most_is_asked_for_decides(load, world):
    late = WORKERS.replace("sites: 6", "sites: 6, start: 2027-04")
    few = "pools: {workforce: {total: 12}}\ninterventions:\n"
    early, _ = plans(load(few + late.replace("sites: 12", "sites: 12, end: 2027-03")), world)
    assert early["link_worker"].staffed is None or early["link_worker"].staffed.min() > 0.5
    both, _ = plans(load(few + late), world)
    assert both["link_worker"].staffed.max() < 1 and both["community_health_worker"].staffed.max() < 1


def test_a_care_team_with_half_its_staff_has_half_its_list(load, world):
    text = "interventions:\n  integrated_neighbourhood_team: {where: all, places: 5000}\n"
    key = "integrated_neighbourhood_team"
    full, values = plans(load(text), world)
    need = float(staffing.asked(full[key], values).sum())
    half, _ = plans(load(f"pools: {{workforce: {{total: {need / 2}}}}}\n" + text), world)
    assert np.allclose(half[key].staffed, 0.5, atol=1e-5) and need == pytest.approx(5000 * 0.00052)
    assert half[key].unspent == pytest.approx(full[key].unspent + 0.5 * fsum(full[key].costs()["pounds"]), rel=1e-4)


@pytest.mark.parametrize("pools, said", [
    ("{volunteer_hours: {by: {town: 3}}}", "unknown district 'town'"), ("{workforce: {today: 0.1}}", "unknown key"),
    ("{volunteer_hours: {each: 3, total: 4}}", "says each and total"), ("{volunteer_hours: {}}", "says nothing"),
    ("{hours: {each: 3}}", "unknown key"), ("{workforce: {each: -1}}", "-1"),
    ("{workforce: {by: {north-pcn: 1}}}", "primary care network"),
])
def test_pools_that_cannot_be_are_refused(load, pools, said):
    with pytest.raises(NbhdsimError, match=said) as error:
        load(f"pools: {pools}\ninterventions:\n" + WORKERS)
    assert error.value.problems[0].line == 7


def test_what_relies_on_a_pool_needs_something_the_pool_can_limit(tmp_path):
    number = '{value: 1, unit: %s, grade: D, basis: assumption, why: "made up"}'
    text = (Path(kinds.FOLDER) / "school_grant.yaml").read_text(encoding="utf-8").replace("id: school_grant", "id: own")
    text += f"relies: {{volunteer_hours: {number % 'hours'}, workforce: {number % 'staff'}}}\n"
    (tmp_path / "own.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(NbhdsimError) as error:
        kinds.kinds(tmp_path)
    assert [p.path for p in error.value.problems] == ["relies.volunteer_hours", "relies.workforce"]


def test_hours_given_today_are_those_of_adults(load, world):
    scenario = load("pools: {volunteer_hours: {today: 0.5}}\n")
    values = {a: q.value for a, q in scenario.quantities.items()}
    adults = (-world.script.birth_month // 12 >= 16).sum()
    there = staffing.volunteers(scenario.pools["volunteer_hours"], values, script=world.script, places=world.places)
    assert there.held.sum() == pytest.approx(0.5 * adults * 0.16 * 2.2)
