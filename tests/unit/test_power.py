"""Power: readiness that grows and fades, seats, strain, consultations that are not acted on, and what others then reach."""
import numpy as np
import pytest

from nbhdsim.outcomes import OUTCOMES
from nbhdsim.population import build
from nbhdsim.scenario import schema as scenarios
from nbhdsim.simulation import Simulation

HEAD = "schema: scenario/1\narea: {name: teaching-town, residents: 8000}\nstart: 2026-04\nmonths: 48\nhistory: 12\nageing: false\n"
CORE = "core_group: {where: {names: [%s]}, places: 9000%s}"
WALK = "health_walk: {where: all, sites: 12}"
WALKING = {"interventions.health_walk.reach": 0.3, "interventions.health_walk.places_per_site": 2000,
           "interventions.health_walk.set_up_months": 0, "interventions.health_walk.leave_hazard": 0}


def scenario(tmp_path, lines, more="", **numbers):
    text = HEAD + more + "interventions:\n" + "".join(f"  {line}\n" for line in lines) + "overrides:" + ("" if numbers else " {}")
    (tmp_path / "s.yaml").write_text(text + "".join(f"\n  {a}: {v}" for a, v in numbers.items()) + "\n", encoding="utf-8")
    return scenarios.load(tmp_path / "s.yaml")


def run(loaded, months, *, seen=None):
    """The simulation after `months`; seen(sim) is called after every month from 0 on."""
    sim = Simulation(build(loaded), loaded)
    while sim.month < months:
        sim.step()
        if seen is not None and sim.month > 0:
            seen(sim)
    return sim


@pytest.fixture(scope="module")
def names():
    from nbhdsim import areas
    return areas.load("teaching-town", residents=8000).place


def programme(sim, key):
    return next(p for p in sim.programmes if p.key == key)


def test_readiness_grows_to_half_in_the_stated_months_and_fades_by_its_half_life(tmp_path, names):
    found = []
    loaded = scenario(tmp_path, [CORE % (names[0], ", end: 2028-03")])
    run(loaded, 40, seen=lambda sim: found.append(sim.relations.readiness.copy()))
    grown = np.array(found)[:, 0] - 0.5                       # after month t: what was pushed in month t
    wanted = [0.5 * (1 - 2 ** (-min(t, 24) / 12)) * 2 ** (-max(t - 23, 0) / 12) for t in range(40)]
    assert grown == pytest.approx(wanted, abs=1e-6)
    assert grown[12] == pytest.approx(0.25) and grown[35] == pytest.approx(0.5 * 0.75 / 2)
    assert (np.array(found)[:, 1:] == 0.5).all()


def test_at_rest_a_core_group_changes_nothing_for_others(tmp_path, names):
    """The headline: no study says what readiness does to take-up, and so it does nothing."""
    alone = run(scenario(tmp_path, [WALK], **WALKING), 24)
    both = run(scenario(tmp_path, [CORE % (names[0], ""), WALK], **WALKING, **{"interventions.core_group.reach": 0.5}), 24)
    assert np.array_equal(programme(alone, "health_walk").reached, programme(both, "health_walk").reached)
    assert both.relations.readiness[0] > 0.8 and programme(both, "core_group").reached.size


@pytest.mark.parametrize("gain", [0.5, -0.4])
def test_readiness_multiplies_what_others_reach_where_it_is_and_only_there(tmp_path, names, gain):
    numbers = {**WALKING, "interventions.core_group.half_maturity_months": 0.5, "interventions.core_group.leave_hazard": 0.0}
    alone = run(scenario(tmp_path, [WALK], **WALKING), 12)
    both = run(scenario(tmp_path, [CORE % (f"{names[0]}, {names[1]}, {names[2]}", ""), WALK], **{
        **numbers, "baseline.readiness.gain": gain}), 12)
    place = both.world.script.place
    before, after = (np.bincount(place[programme(sim, "health_walk").reached], minlength=12) for sim in (alone, both))
    assert np.array_equal(before[3:], after[3:])
    hazard = 1 - 0.7 ** (1 / 12)
    many = both.programmes[1]._delivery.rule.candidates
    wanted = sum(1 - (1 - h) * (1 - h * (1 + gain / 2)) ** 11 for h in [hazard]) * (many.site < 3).sum()
    assert after[:3].sum() == pytest.approx(wanted, abs=4 * np.sqrt(wanted))
    assert (after[:3].sum() > before[:3].sum()) == (gain > 0)


def test_seats_are_shared_by_all_funded_neighbourhoods(tmp_path, names):
    loaded = scenario(tmp_path, ["core_group: {where: all, places: 9000}"], **{
        "interventions.core_group.reach": 1, "interventions.core_group.places_per_site": 0.72})
    assert programme(run(loaded, 3), "core_group").inside.size == int(12 * 0.72)
    loaded = scenario(tmp_path, [CORE % (names[0], "")], **{"interventions.core_group.reach": 1})
    assert programme(run(loaded, 3), "core_group").inside.size == 1


def test_strain_makes_those_involved_leave_by_the_stated_hazard(tmp_path):
    numbers = {f"interventions.resident_led_grant.{name}": value for name, value in {
        "reach": 0.5, "places_per_site": 9000, "leave_hazard": 0}.items()}
    line = "resident_led_grant: {where: all, sites: 12}"
    stay = run(scenario(tmp_path, [line], **numbers), 2)
    strained = {**numbers, "interventions.resident_led_grant.strain": 0.3, "baseline.strain.exit": 0.5}
    left = run(scenario(tmp_path, [line], **strained), 2)
    stayed, left_ = (programme(sim, "resident_led_grant") for sim in (stay, left))
    first = stayed.members.who[stayed.members.since == 0]
    gone, again = 0.15, 1 - 0.5 ** (1 / 12)                   # some who leave come back at once
    assert stayed._delivery.tally()[:, 2].sum() == 0 and first.size > 200
    assert np.isin(first, left_.inside, invert=True).sum() == pytest.approx(
        gone * (1 - again) * first.size, abs=4 * np.sqrt(gone * first.size))


def test_words_that_are_not_acted_on_lower_control(tmp_path):
    numbers = {"interventions.engagement_network.reach": 1, "interventions.engagement_network.leave_hazard": 0}
    def control(acted):
        sim = run(scenario(tmp_path, ["engagement_network: {where: all, places: 9000}"], **{
            **numbers, "interventions.engagement_network.acted_on": acted}), 8)
        p = programme(sim, "engagement_network")
        members, curves = p.members, p.intervention.effects.at_level("participant")
        total = np.zeros(sim.world.script.id.size)
        for curve in curves:
            mine = members.only(p.intervention.parts[curve.who][members.who])
            total[mine.who] += curve.of(mine, sim.month - 1)
        return total[members.who[members.since == 0]]
    assert np.allclose(control(1), 0.15) and np.allclose(control(0), -0.1)
    half = control(0.5)
    assert set(np.round(half, 3)) == {0.15, -0.1} and 0.47 < (half > 0).mean() < 0.53


def test_a_network_carries_readiness_to_places_without_a_core_group(tmp_path, names):
    numbers = {"interventions.engagement_network.network": 0.3, "interventions.core_group.half_maturity_months": 0.1}
    network = f"engagement_network: {{where: {{names: [{names[0]}, {names[1]}]}}, places: 9000}}"
    sim = run(scenario(tmp_path, [CORE % (names[0], ""), network], **numbers), 48)
    assert sim.relations.readiness[1] == pytest.approx(0.5 + 0.3 * 0.5 / (1 - 0.09), abs=1e-3)
    assert (sim.relations.readiness[2:] == 0.5).all() and sim.relations.readiness[0] == 1
    at_rest = run(scenario(tmp_path, [CORE % (names[0], ""), "engagement_network: {where: all, places: 9000}"]), 24)
    assert (at_rest.relations.readiness[1:] == 0.5).all()


def test_targeting_raises_the_take_up_of_the_most_deprived(tmp_path):
    alone = run(scenario(tmp_path, [WALK], **WALKING), 24)
    both = run(scenario(tmp_path, ["data_led_targeting: {where: all, places: 9000}", WALK], **WALKING), 24)
    quintile = both.world.places.quintile[both.world.script.place]
    before, after = (np.bincount(quintile[programme(sim, "health_walk").reached], minlength=6) for sim in (alone, both))
    assert np.array_equal(before[3:], after[3:]) and (after[1:3] >= before[1:3]).all()
    assert after[1:3].sum() > 1.1 * before[1:3].sum()
    assert not programme(both, "data_led_targeting").reached.size


OTHERS = """schema: intervention/1
id: stewards
name: Those who keep the services of a place going
delivery: power
who: {age: [18, 120]}
quantities:
  reach: {value: 0.01, unit: share, basis: assumption, grade: D, why: made up}
cost:
  price_year: 2024
  payers: {icb: 1.0}
  set_up: {per: site, value: 0, basis: assumption, grade: D, why: made up}
  running: {per: site, value: 1, basis: assumption, grade: D, why: made up}
effects:
  - {lever: places, level: area, at: 1, contrast: none, value: 1.1, basis: assumption, grade: D, why: made up}
"""


def test_the_lever_of_places_adds_places_to_other_programmes(tmp_path):
    numbers = {**WALKING, "interventions.health_walk.reach": 1, "interventions.health_walk.places_per_site": 100}
    sim = run(stewarded(tmp_path, numbers), 30)
    assert programme(sim, "health_walk").inside.size == 12 * 110


def stewarded(tmp_path, numbers):
    """Walks whose places a made-up kind multiplies by 1.1."""
    (tmp_path / "own").mkdir(exist_ok=True)
    (tmp_path / "own" / "stewards.yaml").write_text(OTHERS, encoding="utf-8")
    return scenario(tmp_path, ["stewards: {where: all, sites: 12}", WALK], more="catalogue: own\n", **numbers)


def test_a_factor_on_few_places_is_kept_in_the_mean_and_told(tmp_path):
    """4 places in each of 12 neighbourhoods, times 1.1: 4 or 5 each, 52.8 in all, the same for the whole run, and in the table."""
    numbers = {**WALKING, "interventions.health_walk.reach": 1, "interventions.health_walk.places_per_site": 4}
    loaded, totals = stewarded(tmp_path, numbers), []
    for replicate in range(6):
        sim = Simulation(build(loaded), loaded, replicate=replicate)
        while sim.month < 27:
            sim.step()
        walk = programme(sim, "health_walk")
        table, inside = walk.rows(), walk.inside.size
        assert set(table["places"]) <= {4, 5} and table["places"].sum() == table["members"].sum() == inside
        totals.append(inside)
    assert np.mean(totals) == pytest.approx(52.8, abs=4 * np.sqrt(12 * 0.8 * 0.2 / 6)) and len(set(totals)) > 1


ASKED = {"core_group": 12, "experts_by_experience": 12, "engagement_network": 4, "community_intelligence": 4}
ALWAYS = {name: value for key in ASKED for name, value in {
    f"interventions.{key}.reach": 0.2, f"interventions.{key}.leave_hazard": 0.0, f"interventions.{key}.acted_on": 0.75}.items()}


def consulted(tmp_path, keys, **numbers):
    """A year of programmes that ask, with 9,000 places each, in every neighbourhood."""
    return run(scenario(tmp_path, [f"{key}: {{where: all, places: 9000}}" for key in keys], **{
        address: value for address, value in ALWAYS.items() if address.split(".")[1] in keys}, **numbers), 6)


def test_asking_beyond_what_is_acted_on_lowers_control_and_strains_summed_over_programmes(tmp_path):
    """u = asks (1 - acted on): 3 + 3 + 1 + 1 = 8 a year, 5 beyond 3; each programme's members bear its part of them."""
    slopes = {"baseline.consultation.control": 0.05, "baseline.consultation.strain": 0.02, "baseline.strain.exit": 0}
    rest, worn = consulted(tmp_path, ASKED), consulted(tmp_path, ASKED, **slopes)
    assert {p.key: set(p._beyond.tolist()) for p in worn.programmes} == {
        "core_group": {1.875}, "experts_by_experience": {1.875}, "engagement_network": {0.625}, "community_intelligence": {0.625}}
    assert all(p._beyond is None for p in rest.programmes)
    strain = np.zeros(rest.world.script.id.size)
    for p in worn.programmes:
        strain[p.inside] += 0.02 * p._beyond[0]
    assert worn.relations.total("strain") == pytest.approx(strain, abs=1e-6) and strain.max() <= 0.02 * 5 + 1e-9
    grown = -rest.world.script.birth_month // 12 >= 16
    lost = [OUTCOMES["control"].function(sim.measures)[0][-1].sum() for sim in (rest, worn)]
    assert lost[1] - lost[0] == pytest.approx(-0.05 / 0.02 * strain[grown].sum(), rel=0.1)          # and some more by spill-over


def test_asks_that_are_all_acted_on_or_few_enough_do_no_harm(tmp_path):
    slopes = {"baseline.consultation.control": 0.05, "baseline.consultation.strain": 0.02}
    few = consulted(tmp_path, ["core_group"], **slopes)
    assert not few.programmes[0]._beyond.any()                                  # 3 of 12 asks a year, and 3 are free
    heard = run(scenario(tmp_path, [f"{key}: {{where: all, places: 9000}}" for key in ASKED], **slopes), 6)
    assert all(p._beyond is None for p in heard.programmes)


def test_the_order_of_programmes_that_ask_is_nobody_s_business(tmp_path):
    slopes = {"baseline.consultation.control": 0.05, "baseline.consultation.strain": 0.02, "baseline.strain.exit": 0.3}
    one, other = (consulted(tmp_path, keys, **slopes) for keys in (list(ASKED), list(ASKED)[::-1]))
    assert np.array_equal(np.stack(one.sums), np.stack(other.sums))


def test_strain_of_being_asked_makes_people_leave(tmp_path):
    slopes = {"baseline.consultation.strain": 0.1, "baseline.strain.exit": 0.3}
    rest, worn = consulted(tmp_path, ASKED), consulted(tmp_path, ASKED, **slopes)
    assert not sum(p._delivery.tally()[:, 2].sum() for p in rest.programmes)
    assert sum(p._delivery.tally()[:, 2].sum() for p in worn.programmes) > 5


def test_those_who_decide_gain_control_where_a_scenario_says_so(tmp_path):
    seats = {"interventions.core_group.places_per_site": 100}
    rest, gain = (consulted(tmp_path, ["core_group"], **seats, **{"baseline.consultation.deciding": sd})
                  for sd in (0, 0.2))
    more = [OUTCOMES["control"].function(sim.measures)[0][-1].sum() for sim in (rest, gain)]
    inside = gain.programmes[0].inside.size
    assert inside > 100 and more[1] - more[0] == pytest.approx(0.2 * inside, rel=0.1)


def test_patients_whose_money_follows_them_decide_about_nothing(tmp_path):
    line, reach = "vcse_commissioning: {where: all, places: 100}", {"interventions.vcse_commissioning.reach": 0.5,
                                                                  "interventions.vcse_commissioning.set_up_months": 0}
    rest, gain = (run(scenario(tmp_path, [line], **reach, **{"baseline.consultation.deciding": sd}), 6) for sd in (0, 0.2))
    assert gain.programmes[0].inside.size > 100 and np.array_equal(np.stack(rest.sums), np.stack(gain.sums))


INTELLIGENCE = "community_intelligence: {where: all, places: 9000}"


def test_knowing_who_is_missed_raises_the_take_up_of_those_and_of_nobody_else(tmp_path):
    """Walks that the most deprived fifth is slow to join: after a year their groups are known to be missed."""
    lines = ["poor: {kind: health_walk, where: {quintile: [1]}, sites: 3}",
             "rich: {kind: health_walk, where: {quintile: [2, 3, 4, 5]}, sites: 9}"]
    numbers = {**WALKING, "interventions.poor.reach": 0.05}
    alone = run(scenario(tmp_path, lines, **numbers), 36)
    both = run(scenario(tmp_path, [*lines, INTELLIGENCE], **numbers, **{
        "interventions.community_intelligence.effects.take_up.missed_True": 1.3,
        "interventions.community_intelligence.ramp_up_months": 1}), 36)
    missed = programme(both, "community_intelligence")._missed
    quintile = both.world.places.quintile[both.world.script.place]
    assert missed[quintile == 1].mean() > 0.4 > 0.1 > missed[quintile > 1].mean()
    before, after = ({key: programme(sim, key).reached.size for key in ("poor", "rich")} for sim in (alone, both))
    assert after["poor"] > 1.08 * before["poor"] and 1 <= after["rich"] / before["rich"] < 1.02


def test_community_intelligence_changes_nothing_until_a_scenario_says_so(tmp_path):
    alone, both = run(scenario(tmp_path, [WALK], **WALKING), 24), run(scenario(tmp_path, [WALK, INTELLIGENCE], **WALKING), 24)
    assert np.array_equal(programme(alone, "health_walk").reached, programme(both, "health_walk").reached)
    assert np.array_equal(np.stack(alone.sums), np.stack(both.sums)) and programme(both, "community_intelligence").reached.size


def test_services_that_fit_better_do_more_for_each_who_takes_part_within_the_lever_s_range(tmp_path):
    line = "it: {kind: adjust, where: all, targeting: {age: [30, 40]}, effects: [{lever: connection, value: %s, at: 1}]}"
    numbers = {"interventions.community_intelligence.effects.dose": 1.2, "interventions.community_intelligence.ramp_up_months": 1}
    for value, factor in ((0.5, 1.2), (1.9, 2 / 1.9)):
        sim = run(scenario(tmp_path, [line % value, INTELLIGENCE], **numbers), 27)
        it = programme(sim, "it")
        assert it._fitted(it.members).dose == pytest.approx(np.full(it.members.who.size, factor), rel=1e-5)
