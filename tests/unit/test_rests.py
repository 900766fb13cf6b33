"""What an answer rests on: outcomes that evidence was put in for, grades, and numbers the scenario sets."""
from pathlib import Path

import pytest

from nbhdsim.report import rests
from nbhdsim.scenario import schema

SCENARIOS = Path(__file__).parents[2] / "scenarios"
WELLBEING = {"life_satisfaction", "low_life_satisfaction", "child_wellbeing"}
HOSPITAL = {"emergency_admissions", "expected_admissions", "bed_days", "ae_attendances"}


def load(name, **more):
    """A scenario of the repository."""
    return schema.load(SCENARIOS / f"{name}.yaml", **more)


@pytest.mark.parametrize("name, reached", [
    ("do-nothing", set()), ("accelerator", HOSPITAL), ("wellbeing-hubs", HOSPITAL | WELLBEING | {"lonely", "connected"}),
    ("hubs-and-grants", HOSPITAL | WELLBEING | {"child_referrals", "families_referred"})])
def test_outcomes_that_evidence_was_put_in_for(name, reached):
    assert rests.reached(load(name)) == dict.fromkeys(reached, "D")


def test_what_nobody_has_measured_is_no_evidence_until_a_scenario_says_so():
    at_rest = load("hubs-and-grants")
    assert "connected" not in rests.reached(at_rest) and "lonely" not in rests.reached(at_rest)
    said = load("hubs-and-grants", sets=["interventions.youth_hub.effects.connection=0.1"])
    assert {"connected", "lonely"} <= rests.reached(said).keys()


def test_an_effect_on_adults_says_nothing_about_children(tmp_path):
    file = tmp_path / "own.yaml"
    line = ("{kind: adjust, where: all, targeting: {age: [65, 90]}, "
            "effects: [{lever: life_satisfaction, value: 0.2, grade: B, source: a trial}]}")
    file.write_text(f"schema: scenario/1\narea: {{name: teaching-town}}\nstart: 2026-04\ninterventions:\n  it: {line}\n")
    assert rests.reached(schema.load(file)) == {"life_satisfaction": "B", "low_life_satisfaction": "B"}


def test_strain_and_volunteers_rest_on_the_numbers_of_a_kind(tmp_path):
    file = tmp_path / "own.yaml"
    file.write_text("schema: scenario/1\narea: {name: teaching-town}\nstart: 2026-04\ninterventions:\n"
                    "  core_group: {where: all, places: 2000}\n  community_volunteering: {where: all, sites: 2}\n")
    assert {"volunteers", "volunteer_hours"} <= rests.reached(schema.load(file)).keys()
    assert "strain" not in rests.reached(schema.load(file))             # at rest until a scenario says otherwise
    strained = schema.load(file, sets=["interventions.core_group.strain=0.2"])
    assert rests.reached(strained)["strain"] == "D"


def test_a_difference_rests_on_what_moves_either_side():
    held = rests.of_all([load("wellbeing-hubs"), load("accelerator")])
    assert held["accelerator"].keys() == HOSPITAL | WELLBEING | {"lonely", "connected"}


def test_grades_are_told_in_one_wording():
    said = rests.grades([load("do-nothing"), load("hubs-and-grants")])
    assert said.startswith("Evidence for the stated effects: grade D: judged (School grant of up to 3,000 pounds, Youth hub).")
    assert rests.grades([load("do-nothing")]) == ""
    assert rests.on_figure({"a": "D", "b": "B"}) == "Effects: evidence of grade B: comparison groups (b); grade D: judged (a)."


def test_overrides_are_listed_with_what_they_replace_and_why():
    said = rests.overrides([load("do-nothing"), load("accelerator")])
    assert "accelerator: interventions.integrated_neighbourhood_team.cost.running 26 (10 to 40) -> 20.9 without a range" in said
    assert "thinner team" in said and "do nothing" not in said
    assert rests.overrides([load("do-nothing")]) == ""


def test_an_override_that_all_share_is_told_once_and_one_of_a_kind_where_it_is_used():
    sets = ["interventions.youth_hub.reach=0.2", "baseline.admission.trend=0"]
    both = schema.load_all([SCENARIOS / "do-nothing.yaml", SCENARIOS / "hubs-and-grants.yaml"], sets=sets)
    said = rests.overrides(both)
    assert "all: baseline.admission.trend 0.01 (-0.005 to 0.02) -> 0 without a range" in said
    assert "hubs and grants: interventions.youth_hub.reach 0.15 (0.1 to 0.4) -> 0.2 without a range" in said
    assert said.count("reach") == said.count("trend") == 1
