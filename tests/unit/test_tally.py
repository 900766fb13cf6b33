"""Sums of few residents: strain, volunteers and their hours, families with a child referred, shares above a line."""
from functools import cache

import numpy as np
import pytest
from scipy.special import ndtr, ndtri
from test_power import run, scenario

from nbhdsim import evidence, rates
from nbhdsim.outcomes import OUTCOMES
from nbhdsim.simulation import Simulation

VOLUNTEERING = "community_volunteering: {where: all, sites: 12}"
NUMBERS = {"interventions.community_volunteering.reach": 0.3, "interventions.community_volunteering.places_per_site": 50,
           "interventions.community_volunteering.set_up_months": 0, "interventions.community_volunteering.hours_a_year": 26}


def of(sim: Simulation, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Total and residents of an outcome by month."""
    return tuple(x.sum((1, 2)) for x in OUTCOMES[name].function(sim.measures))


@pytest.fixture(scope="module")
def volunteering(tmp_path_factory):
    return run(scenario(tmp_path_factory.mktemp("v"), [VOLUNTEERING], **NUMBERS), 12)


def test_volunteers_are_those_inside_and_hours_what_they_give(volunteering):
    inside = volunteering.programmes[0].inside.size
    (people, grown), (hours, _) = of(volunteering, "volunteers"), of(volunteering, "volunteer_hours")
    assert inside > 50 and people[-1] * 12 == pytest.approx(inside)
    assert hours[-1] == pytest.approx(inside * 26 / 12, rel=1e-6)
    assert grown[-1] == of(volunteering, "life_satisfaction")[1][-1] and not people[:12].any()


def test_families_are_households_with_children_and_are_referred_once_a_month(volunteering):
    script, place = volunteering.world.script, volunteering.world.script.place
    age = -script.birth_month.astype(int) // 12
    homes = np.unique(script.household[age < 18])
    total, families = of(volunteering, "families_referred")
    children, _ = of(volunteering, "child_referrals")
    assert families[-1] == homes.size and (total <= children).all()
    assert total.sum() > 0.9 * children.sum() > 0                      # siblings in one month are rare
    by_place = OUTCOMES["families_referred"].function(volunteering.measures)[1][-1].sum(1)
    first = np.unique(script.household[age < 18], return_index=True)[1]
    assert np.array_equal(by_place, np.bincount(place[age < 18][first], minlength=by_place.size))


def test_strain_is_what_is_pushed_on_those_involved(tmp_path):
    line = "resident_led_grant: {where: all, sites: 12}"
    numbers = {"interventions.resident_led_grant.reach": 0.5, "interventions.resident_led_grant.strain": 0.25,
               "baseline.strain.exit": 0}
    sim = run(scenario(tmp_path, [line], **numbers), 6)
    total, grown = of(sim, "strain")
    assert total[-1] == pytest.approx(0.25 * sim.programmes[0].inside.size, rel=1e-6) and grown[-1] > 5000
    rested = scenario(tmp_path, [line], **{**numbers, "interventions.resident_led_grant.strain": 0})
    assert not of(run(rested, 6), "strain")[0].any()


@cache
def baseline():
    quantities, tables = evidence.load_baseline()
    return {address: q.value for address, q in quantities.items()}, tables


@pytest.fixture(scope="module")
def pushed(tmp_path_factory):
    effects = ", ".join(f"{{lever: {lever}, value: 0.5, at: 1}}" for lever in ("connection", "control", "self_care"))
    return run(scenario(tmp_path_factory.mktemp("p"), [f"it: {{kind: adjust, where: all, effects: [{effects}]}}"]), 6)


@pytest.mark.parametrize("name", rates.LINES)
def test_shares_above_a_line_are_those_of_england_and_move_with_their_lever(name, pushed):
    """In a town of England's ages and quintiles the share stands at the published (or judged) one; 0.5 SD more lift it."""
    total, grown = of(pushed, name)
    before, after = total[:12].sum() / grown[:12].sum(), total[-1] / grown[-1]
    share = baseline()[0][f"baseline.line.{name}"]
    assert before == pytest.approx(share, abs=0.02)
    assert after - before == pytest.approx(ndtr(ndtri(share) + 0.5) - share, abs=0.03)


def test_lines_follow_what_the_baseline_says():
    values, tables = baseline()
    lines = [rates.pack(values | {"baseline.line.confident": share}, tables).lines[3] for share in (0.4, 0.5, 0.6)]
    assert lines == sorted(lines, reverse=True) and abs(lines[1]) < 0.02
