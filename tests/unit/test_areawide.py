"""How much of a change is one effect stated of a whole area."""
from pathlib import Path
from types import SimpleNamespace

import pytest

from nbhdsim import comparison, experiment, outcomes
from nbhdsim.report import areawide
from nbhdsim.scenario import schema

TOWN = """schema: scenario/1
name: {name}
area: {{name: teaching-town, residents: 2000}}
start: 2026-04
months: 36
history: 12
"""
TEAM = "interventions: {integrated_neighbourhood_team: {where: all, places: 2000}}\n"
ROW = {"outcome": "emergency_admissions", "value": -100.0, "chance_low": -120.0, "chance_high": -80.0, "all_low": -200.0,
       "all_high": 10.0, "sign_unknown": False, "covers_zero": True, "why": "", "replicates": 6, "draws": 18}


def effect(**more):
    """A stated effect on a whole area."""
    number = SimpleNamespace(value=0.94, low=0.87, high=1.0, grade="D", basis="judged") if not more else SimpleNamespace(**more)
    return SimpleNamespace(quantity=number, at=60)


def test_the_part_of_an_area_effect_is_what_the_run_shows(tmp_path):
    files = [tmp_path / f"{name}.yaml" for name in ("nothing", "team")]
    for file, more in zip(files, ("", TEAM), strict=True):
        Path(file).write_text(TOWN.format(name=file.stem) + more, encoding="utf-8")
    scenarios = schema.load_all([str(file) for file in files], sets=[
        "interventions.integrated_neighbourhood_team.effects.admission_rr.area.at12=0.88",
        "interventions.integrated_neighbourhood_team.effects.admission_rr.area.at36=0.88"], seed=None)
    folder = experiment.run(scenarios, name="it", replicates=1, draws=2, jobs=1, out=tmp_path).folder
    found = comparison.headline(folder, "nothing")
    kinds = {name: outcome.kind for name, outcome in outcomes.OUTCOMES.items()}
    rows = comparison.compare(found, reference="nothing", kinds=kinds)
    whole = rows[(rows["outcome"] == "expected_admissions") & (rows["people"] == "all") & (rows["year"] == 0)]["value"].iloc[0]
    part, = areawide.of_all(found, scenarios)["team"]
    assert part.key == "integrated_neighbourhood_team" and part.effect.at == 36
    assert part.change == pytest.approx(whole, rel=0.1)
    assert areawide.of_all(found, scenarios[::-1]) == {}, "the first scenario has such an effect too"


def test_the_share_is_told_with_the_grade():
    part = areawide.Part("team", -97.2, effect())
    said = areawide.sentence([part], ROW)
    assert said == ("97% of the mean is one effect stated of a whole area: team, admissions x 0.94 (0.87 to 1) after 60 months, "
                    "grade D: judged.")
    assert areawide.sentence([part._replace(change=-100.3)], ROW).startswith("All of the mean is")
    assert areawide.sentence([part], ROW | {"sign_unknown": True}).startswith("-100 a year of it is")
    assert areawide.sentence([part._replace(change=40.0)], ROW).startswith("+40 a year of it is")


def test_an_assumption_is_called_one():
    part = areawide.Part("team", -97.2, effect(value=0.94, low=0.94, high=0.94, grade="D", basis="assumption"))
    assert areawide.sentence([part], ROW).endswith("x 0.94 after 60 months, grade D: judged, an assumption.")


def test_without_such_an_effect_it_says_so():
    assert areawide.sentence([], ROW) == areawide.NONE
    assert areawide.sentence(None, ROW) == "" and areawide.sentence([], ROW | {"why": "not modelled"}) == ""
