"""An intervention of one's own, from one YAML file: it is found, told and traced like the others, and a wrong one is refused by
`check`, with file, line, column and path, before anything runs."""
import pytest

from nbhdsim import cli, ledger

TOWN = """schema: scenario/1
name: shed
area: {name: teaching-town, residents: 300}
start: 2026-04
months: 12
history: 12
catalogue: my
interventions: {mens_shed: {sites: 1}}
"""
# ruff: noqa: E501
SHED = """schema: intervention/1
id: mens_shed
name: Men's shed
delivery: group
who: {age: [50, 90]}
sources:
  count: {title: Attendance book, by: the shed, year: 2025}
quantities:
  reach: {value: 0.05, low: 0.02, high: 0.1, law: triangular, bound: true, unit: share, grade: C, basis: read, source: count, why: counted}
cost:
  price_year: 2024
  payers: {lottery_charity: 1.0}
  set_up: {per: site, value: 15000, grade: D, basis: judged, why: tools}
  running: {per: site, value: 20000, grade: D, basis: judged, why: rent}
effects:
  - {lever: connection, level: participant, at: 12, contrast: same people, value: 0.1, low: -0.1, high: 0.3, law: split_normal, grade: D, basis: judged, why: no study}
  - {lever: admission_rr, level: area, at: 12, contrast: same places, value: 0.99, low: 0.95, high: 1.02, law: split_lognormal, grade: D, basis: judged, why: no study}
unknown: [admissions]
"""
WRONG = {
    "unknown delivery": ("delivery: group", "delivery: groupe", ":4:11: delivery: 'groupe' is not one of group", "did you mean 'group'?"),
    "unknown key": ("unknown:", "unknwon:", ":18:1: unknwon: unknown key", "did you mean 'unknown'?"),
    "unknown lever": ("lever: connection", "lever: conection", ":16:13: effects[0].lever: 'conection'", "did you mean 'connection'?"),
    "unknown quantity": ("  reach:", "  reech:", ":9:3: quantities.reech: 'reech' is not one of", "did you mean 'reach'?"),
    "missing grade": ("grade: C, ", "", ":9:10: quantities.reach.grade: is required but missing"),
    "missing source": ("source: count, ", "", ": quantities.reach.basis: a number that is read needs a source"),
    "source that is not there": ("source: count", "source: cuont", ": quantities.reach.source: no source is named 'cuont'",
                                 "did you mean 'count'?"),
    "a range that does not hold its value": ("value: 0.05", "value: 0.5", ":9:18: quantities.reach.value: 0.5 is not between low"),
    "a rate ratio of 0": ("value: 0.99, low: 0.95", "value: 0, low: 0", ":17:", "effects[1].law: a split_lognormal law needs numbers above 0 (a ratio of 1 is no effect"),
    "an exact rate ratio of 0": ("value: 0.99, low: 0.95, high: 1.02, law: split_lognormal", "value: 0, law: fixed", ":17:",
                                 "effects[1].value: 0 is impossible (rate ratio of admission_rr, 0.3 to 3; a ratio of 1 is no effect, 0.9 a tenth less)"),
    "a unit that is none": ("unit: share", "unit: bananas", ":9:", "quantities.reach.unit: 'bananas' is no unit of reach (share; more words may follow)"),
    "a unit with a slip": ("unit: share", "unit: shares a year", "quantities.reach.unit: ", "did you mean 'share'?"),
    "beyond the cap of a lever": ("high: 0.3", "high: 3", ":16:", "effects[0].high: 3 is impossible (SD of connection, -2 to 2)"),
    "more than can be prevented": ("value: 0.99, low: 0.95", "value: 0.7, low: 0.6", ":17:", "effects[1].value: effect admission_rr (area)",
                                   "no more can be prevented"),
    "a push beyond the cap": ("area, at: 12, contrast: same places, value: 0.99, low: 0.95", "participant, at: 1, contrast: x, value: 0.31, low: 0.3",
                              ":17:", "effects[1].value: ", "admission"),
    "an id that is taken": ("id: mens_shed", "id: mens_group", ":2:5: id: 'mens_group' is taken by another kind"),
    "one name twice": ("\nunknown:", "\nname: Again\nunknown:", ":18:1: name: "),
}


@pytest.fixture
def at(tmp_path, monkeypatch):
    """A folder with a scenario and an intervention of its own."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my").mkdir()
    (tmp_path / "my" / "shed.yaml").write_text(SHED)
    (tmp_path / "town.yaml").write_text(TOWN)
    return tmp_path


def test_it_appears_in_catalogue_evidence_and_check(at, capsys):
    for arguments, words in (["catalogue", "--from", "town.yaml"], "mens_shed "), (["catalogue", "--from", "my"], "mens_shed "), (
            ["catalogue", "mens_shed", "--from", "town.yaml"], "Men's shed, for age 50 to 90"), (
            ["check", "town.yaml"], "mens_shed"), (["evidence", "town.yaml"], "interventions.mens_shed.effects.connection"):
        assert cli.main(arguments) == 0
        assert words in capsys.readouterr().out, arguments
    assert cli.main(["evidence", "town.yaml", "--out", "mine/evidence.csv"]) == 0
    row = ledger.read(at / "mine").set_index("address").loc["interventions.mens_shed.reach"]
    assert (row["value"], row["grade"], row["source_title"]) == (0.05, "C", "Attendance book")


@pytest.mark.parametrize("funded", [True, False])
@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_one_is_refused_by_check(at, case, funded, capsys):
    """Whether the scenario funds it or not."""
    old, new, place, *words = WRONG[case]
    assert SHED.count(old) == 1
    (at / "my" / "shed.yaml").write_text(SHED.replace(old, new))
    if not funded:
        (at / "town.yaml").write_text(TOWN.replace("{mens_shed: {sites: 1}}", "{}"))
    assert cli.main(["check", "town.yaml"]) == 2
    out, err = capsys.readouterr()
    (line,) = err.splitlines()
    assert out == "" and line.startswith("my/shed.yaml:") and place in line and all(word in line for word in words), line


def test_two_files_of_one_id_are_refused_with_both_names(at, capsys):
    (at / "my" / "two.yaml").write_text(SHED)
    assert cli.main(["check", "town.yaml"]) == 2
    assert "my/two.yaml:2:5: id: 'mens_shed' is taken by another kind (my/shed.yaml)" in capsys.readouterr().err
