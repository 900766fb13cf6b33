"""What a run at central values would refuse is refused by the check, with file and line."""
import pytest

from nbhdsim.errors import NbhdsimError
from nbhdsim.scenario import schema

TOWN = """schema: scenario/1
area: {name: teaching-town, residents: 900}
start: 2026-04
months: 12
history: 12
interventions:
"""
TEAM = "overrides: {interventions.integrated_neighbourhood_team.effects.admission_rr"


@pytest.mark.parametrize("lines, place, words", [
    ("  adjust: {effects: [{lever: admission_rr, value: 3}]}\n", "7:3", "rate ratio (0.3 to 3)"),
    ("  youth_hub: {sites: 1}\noverrides: {interventions.youth_hub.effects.admission_rr: 0.3}\n",
     "8:59", "(0.3 to 3)"),
    ("  integrated_neighbourhood_team: {places: 9}\n" + TEAM + ".area.at12: 0.7}\n", "8:89", "no more can be prevented"),
    ("  youth_hub: {sites: 1}\n  a: {kind: youth_hub, sites: 1}\n"
     "overrides: {interventions.youth_hub.effects.admission_rr: 0.3}\n", "9:59", "(0.3 to 3)"),
    ("  adjust: {effects: [{lever: ae_rr, value: 0.9}]}\noverrides: {baseline.spill_over.strength: 0.9}\n", "8:43",
     "would not end"),
    ("  adjust: {effects: [{lever: ae_rr, value: 0.9}]}\noverrides: {baseline.satisfaction.per_connection: 2}\n", "8:51",
     "more of the variance"),
])
def test_what_cannot_be_run(lines, place, words, tmp_path):
    (tmp_path / "town.yaml").write_text(TOWN + lines, encoding="utf-8")
    with pytest.raises(NbhdsimError) as caught:
        schema.load(tmp_path / "town.yaml")
    first, *others = str(caught.value).splitlines()
    assert not others and first.startswith(f"{tmp_path / 'town.yaml'}:{place}: ") and words in first, str(caught.value)


@pytest.mark.parametrize("lever", ["ae_rr", "bed_days_rr", "referral_rr", "readmission_rr"])
@pytest.mark.parametrize("value", [0.3, 3])
def test_a_ratio_at_the_end_of_its_lever(lever, value, tmp_path):
    (tmp_path / "town.yaml").write_text(TOWN + f"  adjust: {{effects: [{{lever: {lever}, value: {value}}}]}}\n", encoding="utf-8")
    assert schema.load(tmp_path / "town.yaml").lines


AREA = """schema: intervention/1
id: estate
name: Estate
delivery: open_access
quantities: {reach: {value: 0.1, unit: share a year, grade: D, basis: judged, why: a guess}}
cost:
  price_year: 2024
  payers: {icb: 1}
  set_up: {per: site, value: 1, grade: D, basis: judged, why: a guess}
  running: {per: site, value: 1, grade: D, basis: judged, why: a guess}
effects:
  - {lever: admission_rr, level: area, at: 12, contrast: same places, value: 0.79, grade: D, basis: judged, why: a guess}
"""


def test_an_area_effect_beyond_what_can_be_prevented(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "estate.yaml").write_text(AREA, encoding="utf-8")
    (tmp_path / "town.yaml").write_text(TOWN + "  estate: {sites: 1}\ncatalogue: mine\n", encoding="utf-8")
    with pytest.raises(NbhdsimError, match=r"estate.yaml:12:78: effects.0..value: .*no more can be prevented"):
        schema.load(tmp_path / "town.yaml")
    (tmp_path / "mine" / "estate.yaml").write_text(AREA.replace("0.79", "0.9"), encoding="utf-8")
    assert schema.load(tmp_path / "town.yaml").lines


def test_quintiles_that_exclude_each_other(tmp_path):
    (tmp_path / "mine").mkdir()
    poor = AREA.replace("0.79", "0.9").replace("quantities", "who: {quintile: [1]}\nquantities")
    (tmp_path / "mine" / "estate.yaml").write_text(poor, encoding="utf-8")
    rich = TOWN + "  estate: {sites: 1, targeting: {quintile: [5]}}\ncatalogue: mine\n"
    (tmp_path / "town.yaml").write_text(rich, encoding="utf-8")
    with pytest.raises(NbhdsimError, match=r":7:3: interventions.estate: .*quintiles"):
        schema.load(tmp_path / "town.yaml")
