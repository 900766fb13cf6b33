"""Places and how many of them are taken, before a run and in it."""

import pytest

from nbhdsim import comparison, experiment
from nbhdsim.areas import chosen
from nbhdsim.report import purchase, seats

TOWN = """schema: scenario/1
name: hubs
area: {name: teaching-town, residents: 12000}
start: 2026-04
months: 24
history: 12
interventions:
"""


def known(scenario, key, *, sites):
    """Seats of a line of a scenario."""
    values = {address: quantity.value for address, quantity in scenario.quantities.items()}
    line = scenario.lines[key]
    return seats.of(line, values, chosen.area(scenario.area), within=line.where, sites=sites)


def test_what_is_said_beforehand_is_what_a_run_shows(load, tmp_path):
    scenario = load("  youth_hub: {where: all, sites: 6}\n")
    found = comparison.headline(experiment.run([scenario], name="it", replicates=1, draws=0, jobs=1, out=tmp_path).folder, "hubs")
    taken = comparison.reached(found).set_index("programme")["taken"]["youth_hub"]
    told = known(scenario, "youth_hub", sites=6.0)
    assert told.places == 900 and told.taken == pytest.approx(taken, abs=0.02)


def test_more_people_than_places_leave_none_empty(load):
    many = load("  youth_hub: {where: all, places: 5}\n")
    assert known(many, "youth_hub", sites=1.0).taken > 0.5
    assert seats.told(seats.Seats(5, 900, 0.97)) == "5 places for about 900 people it is for: nearly all of the places taken"
    assert "    5 places for about" in purchase.bought(many)


def test_what_a_run_alone_can_tell_is_not_told(load):
    scenario = load("  school_grant: {where: all, sites: 6, every: 12}\n  screening_outreach: {where: all, sites: 2}\n"
                    "  core_group: {where: all, places: 2000}\n")
    assert known(scenario, "school_grant", sites=6.0) is None and known(scenario, "screening_outreach", sites=2.0) is None
    assert seats.told(None) == "" and "places for" not in purchase.bought(scenario)


def test_people_are_those_of_the_ages_and_quintiles_it_is_for(load):
    scenario = load("  youth_hub: {where: all, sites: 6, targeting: {age: [11, 14]}}\n")
    everyone = load("  youth_hub: {where: all, sites: 6}\n")
    some, all_ = (known(one, "youth_hub", sites=6.0).people for one in (scenario, everyone))
    assert some == pytest.approx(all_ / 2, rel=0.1)


def test_a_group_without_a_number_of_places_is_said_to_turn_nobody_away(load, tmp_path):
    from nbhdsim.interventions import schema as kinds

    own = tmp_path / "own"
    own.mkdir()
    text = (kinds.FOLDER / "youth_hub.yaml").read_text(encoding="utf-8").replace("id: youth_hub", "id: club")
    text = "\n".join(line for line in text.splitlines() if "places_per_site" not in line)
    (own / "club.yaml").write_text(text, encoding="utf-8")
    said = purchase.bought(load("  club: {where: all, sites: 1}\ncatalogue: own\n"))
    assert "    no places_per_site: everyone who wants a place has one" in said
