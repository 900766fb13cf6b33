"""Files of the catalogue: a right one becomes a kind, a wrong one is refused at its line, everything at once."""
import pytest

from nbhdsim import evidence
from nbhdsim.errors import NbhdsimError
from nbhdsim.interventions import schema
from nbhdsim.interventions.programme import aim
from nbhdsim.scenario import Target, adjust

GOOD = """\
schema: intervention/1
id: choir
name: Choir
delivery: group
who: {age: [18, 99], quintile: [1, 2]}
sources:
  trial: {title: A trial of choirs, by: Somebody and others, year: 2020, url: "https://example.org/choirs"}
quantities:
  reach: {value: 0.1, low: 0.05, high: 0.2, law: triangular, bound: true, unit: share,
          grade: C, basis: read, source: trial, why: counted}
  places_per_site: {value: 40, unit: places, grade: D, basis: judged, why: a hall}
cost:
  price_year: 2024
  payers: {icb: 0.4, lottery_charity: 0.6}
  set_up: {per: site, value: 500, grade: D, basis: judged, why: a piano}
  running: {per: contact, value: 3, low: 2, high: 6, law: split_lognormal, grade: D, basis: assumption, why: a leader}
effects:
  - {lever: connection, level: participant, at: 6, value: 0.2, low: 0, high: 0.4, law: split_normal,
     contrast: waiting list, grade: B, basis: read, source: trial, why: measured}
  - {lever: admission_rr, level: participant, at: 12, value: 0.99, low: 0.95, high: 1.02, law: split_lognormal,
     ramp: 3, half_life: 9, contrast: same people, grade: D, basis: judged, why: nobody looked}
  - {lever: admission_rr, level: area, at: 12, value: 1, low: 0.99, high: 1.01, law: split_lognormal,
     contrast: same places, grade: D, basis: judged, why: nobody looked}
  - {lever: admission_rr, level: area, at: 36, value: 1, low: 0.98, high: 1.02, law: split_lognormal,
     contrast: same places, grade: D, basis: judged, why: nobody looked}
harms:
  - {kind: exclusion, why: those who cannot sing, grade: D}
unknown:
  - how long it lasts
"""
AT = "interventions.choir"


@pytest.fixture()
def folder(tmp_path):
    (tmp_path / "choir.yaml").write_text(GOOD, encoding="utf-8")
    return tmp_path


@pytest.fixture()
def wrong(folder):
    """`wrong(old, new, ..)`: the problems, without the file, of the good file with one text after another replaced."""
    def problems(*pairs: str) -> list[str]:
        text = GOOD
        for old, new in zip(pairs[::2], pairs[1::2], strict=True):
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        (folder / "choir.yaml").write_text(text, encoding="utf-8")
        with pytest.raises(NbhdsimError) as caught:
            schema.kinds(folder)
        return [line.removeprefix(f"{folder / 'choir.yaml'}:") for line in str(caught.value).splitlines()]
    return problems


def test_a_file_of_your_own_stands_beside_the_catalogue(folder):
    found = schema.kinds(folder)
    assert set(found) == {*schema.kinds(), "choir"}
    kind = found["choir"]
    assert (kind.id, kind.name, kind.delivery, kind.evidence) == ("choir", "Choir", "group", "")
    assert kind.who == {"age": [18, 99], "quintile": [1, 2]}
    assert kind.unknown == ("how long it lasts",) and kind.harms[0].kind == "exclusion"


def test_every_number_is_a_quantity_with_its_own_address(folder):
    kind = schema.kinds(folder)["choir"]
    assert [q.address for q in kind.all_quantities()] == [
        f"{AT}.reach", f"{AT}.places_per_site", f"{AT}.cost.set_up", f"{AT}.cost.running", f"{AT}.effects.connection",
        f"{AT}.effects.admission_rr.participant", f"{AT}.effects.admission_rr.area.at12",
        f"{AT}.effects.admission_rr.area.at36"]
    reach, places = kind.quantities["reach"], kind.quantities["places_per_site"]
    assert (reach.low, reach.value, reach.high, reach.assumed) == (0.05, 0.1, 0.2, False)
    assert (reach.source.title, reach.source.year) == ("A trial of choirs", 2020)
    assert (places.low, places.high, places.assumed, places.source) == (40, 40, True, evidence.NOBODY)


def test_cost_and_effects_as_the_file_says(folder):
    kind = schema.kinds(folder)["choir"]
    assert dict(kind.cost.payers) == {"icb": 0.4, "lottery_charity": 0.6} and kind.cost.price_year == 2024
    assert (kind.cost.set_up_per, kind.cost.running_per) == ("site", "contact")
    assert (kind.cost.set_up.unit, kind.cost.running.unit) == ("pounds of 2024 per site", "pounds of 2024 per contact")
    first, second, *_ = kind.effects
    assert (first.lever, first.level, first.at, first.ramp, first.half_life) == ("connection", "participant", 6, None, None)
    assert (second.ramp, second.half_life, second.contrast, second.quantity.unit) == (3, 9, "same people", "rate ratio")


def test_a_folder_is_read_anew_each_time(folder):
    assert schema.kinds(folder)["choir"].name == "Choir"
    (folder / "choir.yaml").write_text(GOOD.replace("name: Choir", "name: Big choir"), encoding="utf-8")
    assert schema.kinds(folder)["choir"].name == "Big choir"


def test_whom_it_is_for_narrows_what_a_scenario_aims_at(folder):
    who = schema.kinds(folder)["choir"].who
    aimed = aim(who, Target(low=10, high=30, quintile=(2, 3)))
    assert (aimed.low, aimed.high, aimed.quintile, aimed.frailty) == (18, 30, (2,), 0)


def test_a_kind_for_everybody():
    for who in ({}, adjust.kind("anything", ()).who):
        aimed = aim(who, Target())
        assert aimed.low == 0 and aimed.high >= 120 and aimed.quintile == () and aimed.frailty == 0


@pytest.mark.parametrize("old, new, message", [
    ("intervention/1", "intervention/2", "1:9: schema: 'intervention/2' is not one of intervention/1"),
    ("id: choir", "id: youth_hub", "2:5: id: 'youth_hub' is taken by another kind"),
    ("id: choir", "id: My Choir", "2:5: id: 'My Choir' is not written as it should be"),
    ("delivery: group", "delivery: groop", "4:11: delivery: 'groop' is not one of group, setting, care_team, open_access"),
    ("harms:", "harm:", "26:1: harm: unknown key; did you mean 'harms'?"),
    ("[18, 99]", "[99, 18]", "5:12: who.age: from 99 to 18 is nobody (youngest first)"),
    ("quintile: [1, 2]", "quintile: [0]", "5:33: who.quintile[0]: 0 is less than 1"),
    ("places_per_site:", "places_per_sit:", "11:3: quantities.places_per_sit: 'places_per_sit' is not one of reach"),
    ("reach: {", "dose: {", "8:1: quantities: a group needs reach or join_hazard, to say how many take part"),
    ("value: 0.1,", "value: 0.01,", "9:18: quantities.reach.value: 0.01 is not between low 0.05 and high 0.2"),
    ("high: 0.2,", "high: 1.2,", "9:40: quantities.reach.high: 1.2 is impossible (0 to 1)"),
    ("value: 40,", "value: -1,", "11:28: quantities.places_per_site.value: -1 is impossible (not below 0)"),
    ("bound: true, ", "", "9:50: quantities.reach.law: low and high are the ends of a triangular law"),
    ("grade: C", "grade: E", "10:18: quantities.reach.grade: 'E' is not one of A, B, C, D"),
    ("judged, why: a hall", "guessed, why: a hall", "11:63: quantities.places_per_site.basis: 'guessed' is not one of read"),
    ("judged, why: a hall", "read, why: a hall", "11:63: quantities.places_per_site.basis: a number that is read needs a"),
    ("why: a hall", "why: ''", "11:76: quantities.places_per_site.why: must not be empty"),
    ("trial, why: counted", "trail, why: counted", "10:42: quantities.reach.source: no source is named 'trail'; did you"),
    ("price_year: 2024", "price_year: 1999", "13:15: cost.price_year: there is no price index of 1999 (2010, 2011"),
    ("charity: 0.6", "charity: 0.5", "14:11: cost.payers: shares add to 0.9 (1)"),
    ("lottery_charity", "lotery_charity", "14:22: cost.payers.lotery_charity: 'lotery_charity' is not one of icb"),
    ("value: 500", "value: -500", "15:30: cost.set_up.value: -500 is impossible (not below 0)"),
    ("per: contact", "per: person", "16:18: cost.running.per: 'person' is not one of site, head, place, participant, contact"),
    ("lever: connection", "lever: conection", "18:13: effects[0].lever: 'conection' is not one of connection"),
    ("participant, at: 6", "everyone, at: 6", "18:32: effects[0].level: 'everyone' is not one of participant, exposed"),
    ("contrast: waiting list, ", "", "18:5: effects[0].contrast: is required but missing"),
    ("at: 6", "at: 361", "18:49: effects[0].at: 361 is more than 360"),
    ("high: 0.4", "high: 2.4", "18:78: effects[0].high: 2.4 is impossible (SD of connection, -2 to 2)"),
    ("low: 0.95", "low: 0.2", "20:73: effects[1].low: 0.2 is impossible (rate ratio of admission_rr, 0.3 to 3)"),
    ("high: 1.02, law: split_lognormal,\n     ramp", "high: 1.02, law: split_normal,\n     ramp",
     "20:96: effects[1].law: a ratio has no split_normal law (split_lognormal, loguniform, fixed)"),
    ("ramp: 3", "ramp: 13", "21:12: effects[1].ramp: 13 months is longer than the 12 at which the value is reached"),
    ("half_life: 9", "half_life: 0", "21:26: effects[1].half_life: 0 is not more than 0"),
    ("ramp: 3", "unit: points", "21:12: effects[1].unit: admission_rr is told in rate ratio"),
    ("at: 36", "at: 12", "24:44: effects[3].at: admission_rr (area) has two values at 12 months"),
    ("why: those who cannot sing", "why: 3", "27:28: harms[0].why: 3 is not text; put it in quotes"),
])
def test_what_is_wrong_is_said_at_its_place(wrong, old, new, message):
    found = wrong(old, new)
    assert len(found) == 1 and found[0].startswith(message), found


def test_everything_that_is_wrong_is_said_at_once(wrong):
    found = wrong("delivery: group", "delivery: groop", "value: 0.1,", "value: ten,", "0.6}", "0.7}", "at: 6", "at: -6",
                  "ramp: 3", "ramp: 13")
    assert [line.partition(": ")[2].partition(":")[0] for line in found] == [
        "delivery", "quantities.reach.value", "cost.payers", "effects[0].at", "effects[1].ramp"]


def test_everything_that_means_nothing_is_said_at_once(wrong):
    found = wrong("id: choir", "id: school_grant", "trial, why: counted", "trail, why: counted",
                  "price_year: 2024", "price_year: 1999", "value: 500", "value: -500", "at: 36", "at: 12")
    assert [int(line.partition(":")[0]) for line in found] == [2, 10, 13, 15, 24]


def test_problems_of_several_files_come_together(wrong, folder):
    (folder / "another.yaml").write_text(GOOD.replace("delivery: group", "delivery: groop"), encoding="utf-8")
    (folder / "broken.yaml").write_text("schema: [intervention/1\n", encoding="utf-8")
    with pytest.raises(NbhdsimError) as caught:
        schema.kinds(folder)
    assert {problem.file.rpartition("/")[2] for problem in caught.value.problems} == {"another.yaml", "broken.yaml"}


def test_two_files_may_not_share_an_id(folder):
    (folder / "again.yaml").write_text(GOOD, encoding="utf-8")
    with pytest.raises(NbhdsimError, match=r"choir.yaml:2:5: id: 'choir' is taken by another kind"):
        schema.kinds(folder)
