"""Bad input as a user meets it: every problem with file, line and column, exit 2, nothing written, no traceback."""
import os
import re
from importlib.resources import files
from pathlib import Path

import pytest

from nbhdsim import cli

GOOD = """schema: scenario/1
name: town
area: {name: teaching-town, residents: 300}
start: 2026-04
months: 12
history: 12
interventions:
  youth_hub: {where: all, sites: 1}
"""
WITHOUT_A_LINE = ("three megabytes", "empty file", "nothing but a comment")
HEADER = "name,district,quintile,residents,0-4,5-17,18-34,35-49,50-64,65-74,75-84,85+\n"
ROW = "oak,mid,1,90,6,16,20,16,14,8,7,3\n"


def changed(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new)


CASES = {
    "unknown key": (changed("months:", "monhts:"), "monhts", "months"),
    "wrong type": (changed("months: 12", "months: many"), "5:", "months"),
    "out of range": (changed("residents: 300", "residents: 5"), "residents", "200"),
    "unknown intervention": (changed("youth_hub:", "youth_hup:"), "youth_hup", "did you mean 'youth_hub'?"),
    "unknown area": (changed("teaching-town", "teaching-twon"), "teaching-twon", "did you mean 'teaching-town'?"),
    "end before start": (changed("{where: all", "{start: 2026-09, end: 2026-06, where: all"), "end", "before the start"),
    "buys nothing": (changed("sites: 1", "funding: 100"), "funding", "less than one"),
    "nothing matches": (changed("where: all", "where: {district: [nowhere]}"), "where", "nowhere"),
    "month 13": (changed("2026-04", "2026-13"), "4:8: start", "'2026-13' has no such month (01 to 12)"),
    "month 4": (changed("2026-04", "2026-4"), "4:8: start", "(01 to 12: 2026-04)"),
    "a year": (changed("2026-04", "2026"), "4:8: start", "2026 is not a month (YYYY-MM, such as 2026-04)"),
    "another century": (changed("2026-04", "1826-04"), "4:8: start", "years 1900 to 2099"),
    "no month": (changed("sites: 1", "sites: 1, end: 2026-00"), "8:", "'2026-00' has no such month (01 to 12)"),
    "said twice": (changed("youth_hub: {where: all, sites: 1}", "adjust: {who: {age: [0, 9]}, targeting: {age: [0, 5]}, "
                           "effects: [{lever: ae_rr, value: 0.9}]}"), "8:32: ", "leave one of them out"),
    "duplicate key": (GOOD + "name: again\n", "name", "9:1"),
    "alias bomb": ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "2:8", "alias"),
    "deep nesting": ("schema: " + "[" * 100_000, "1:", "deep"),
    "three megabytes": ("# " + "x" * 3_000_000, "larger", "2 MB"),
    "NUL bytes": (GOOD + "seed: \0 1\n", "9:", ""),
    "empty file": ("", "empty", ""),
    "a list": ("- 1\n- 2\n", "1:1", ""),
    "nothing but a comment": ("# later\n", "empty"),
    "two documents": (GOOD + "---\na: 1\n", "9:1", "one document"),
    "a tag": (GOOD + "package: !!python/object:os.system x\n", "9:10", "!!python/object:os.system"),
    "a merge key": (changed("{where", "{<<: 1, where"), "8:15", "<<"),
    "a tab": (GOOD + "  grants:\n\tsites: 1\n", "10:1", "use spaces"),
    "an open quote": (GOOD + 'package: "x\n', "9:10", "never closed"),
    "a name that is none": (changed("youth_hub:", "Youth-Hub:"), "8:3", "'Youth-Hub'", "lower-case letters"),
    "a comma in a number": (changed("sites: 1", "funding: 140,000"), "8:", "(a number has no commas: 1000, not 1,000)"),
    "an address in pieces": (GOOD + "overrides: {interventions: {youth_hub: {reach: 0.1}}}\n", "9:28", "with dots"),
    "no such address": (GOOD + "overrides: {interventions.youth_hub.reech: 0.1}\n", "9:13", "interventions.youth_hub.reach'?"),
    "an impossible share": (GOOD + "overrides: {interventions.youth_hub.reach: 3}\n", "9:44", "0 to 1"),
    "not finite": (changed("sites: 1", "funding: .inf"), "8:36", "finite"),
    "no neighbourhood left": (changed("where: all", "where: {quintile: [5]}"), "8:22", "matches no neighbourhood"),
    "more than there are": (changed("where: all", "where: {top: 9}"), "8:28", "9 is more than", "match, 1"),
    "two amounts": (changed("sites: 1", "sites: 1, funding: 140000"), "8:3", "exactly one of funding, sites, places"),
    "shares that do not add": (changed("sites: 1", "sites: 1, payer: {icb: 0.5}"), "8:44", "add to 0.5, not 1"),
    "a programme like itself": (changed("where: all", "where: {same_as: youth_hub}"), "8:32", "circle"),
    "a budget that is not kept": (GOOD + "budget: {pounds_a_year: 1000}\n", "9:25", "130,000"),
    "no catalogue": (GOOD + "catalogue: mine\n", "9:12", "'mine' is not a folder"),
    "an area twice": (changed("residents: 300", "csv: area.csv"), "3:7", "exactly one of name"),
    "no area": (changed("area: {name: teaching-town, residents: 300}\n", ""), "1:1", "area: is required"),
    "a group that is none": (changed("sites: 1", "sites: 1, targeting: {group: learning_disabilty}"), "8:",
                             "did you mean 'learning_disability'?"),
    "a ratio of 0": (GOOD + "overrides: {interventions.youth_hub.effects.admission_rr: 0}\n", "9", "1 is no effect"),
    "a number that cannot be": (GOOD + "overrides: {interventions.youth_hub.effects.admission_rr: 9}\n", "9", "0.3 to 3"),
}


@pytest.fixture
def at(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(arguments: list[str], folder: Path, capsys) -> str:
    """What is said on refusing; nothing may be printed as an answer, nothing written."""
    before = sorted(folder.rglob("*"))
    assert cli.main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == "" and "Traceback" not in err
    assert sorted(folder.rglob("*")) == before
    return err


@pytest.mark.parametrize("verb", ["run", "check"])
@pytest.mark.parametrize("case", CASES)
def test_a_bad_scenario(case, verb, at, capsys):
    text, *words = CASES[case]
    (at / "bad.yaml").write_text(text)
    said = refused([verb, "bad.yaml"], at, capsys)
    assert case in WITHOUT_A_LINE or re.match(r"bad\.yaml:\d+:\d+: ", said), said
    assert said.startswith("bad.yaml") and all(word in said for word in words), said


def test_what_is_wrong_with_what_stands_is_said_once(at, capsys):
    existing = "existing:\n  homes: {kind: care_home_suport, where: all, sites: 1}\n"
    (at / "bad.yaml").write_text(existing + GOOD.replace("youth_hub: {where: all, sites: 1}", "cut: {stop: homes}"))
    said = refused(["check", "bad.yaml"], at, capsys)
    assert len(said.splitlines()) == 1 and said.startswith("bad.yaml:2:17: existing.homes.kind") and "'care_home_support'?" in said


def test_a_programme_given_twice_is_one_problem(at, capsys):
    (at / "bad.yaml").write_text(GOOD + "  youth_hub: {where: all, sites: 2}\n")
    said = refused(["check", "bad.yaml"], at, capsys)
    assert len(said.splitlines()) == 1 and "interventions.youth_hub: given twice" in said


def test_a_number_of_what_nobody_funds_is_warned_of(at, capsys):
    numbers = "{interventions.wellbeing_hub.reach: 0.2, interventions.youth_hub.reach: 0.2}"
    (at / "good.yaml").write_text(f"{GOOD}overrides: {numbers}\n")
    assert cli.main(["check", "good.yaml"]) == 0
    said = capsys.readouterr().err
    assert said == "overrides: interventions.wellbeing_hub.reach changes nothing, for no scenario here funds wellbeing_hub\n"


def test_all_problems_of_a_file_are_said_at_once_with_their_places(at, capsys):
    text = GOOD.replace("months: 12", "months: many").replace("youth_hub", "youth_hup").replace("teaching-t", "teaching-tw")
    (at / "bad.yaml").write_text(text + "wrong: 1\n")
    said = refused(["run", "bad.yaml"], at, capsys)
    places = re.findall(r"^bad\.yaml:(\d+):\d+: ", said, re.M)
    assert places == ["3", "5", "8", "9"], said


@pytest.mark.parametrize("name, make", [
    ("missing.yaml", lambda path: None),
    ("folder.yaml", lambda path: path.mkdir()),
    ("latin.yaml", lambda path: path.write_bytes("name: caf\xe9\n".encode("latin-1"))),
])
def test_a_file_that_cannot_be_read(name, make, at, capsys):
    make(at / name)
    assert refused(["run", name], at, capsys).startswith(name)


@pytest.mark.parametrize("files, said", [
    ({"a": "a"}, "a.yaml:1:10: extends: 'a.yaml' extends itself in a circle"),
    ({"a": "b", "b": "c", "c": "a"}, "c.yaml:1:10: extends: 'a.yaml' extends itself in a circle"),
    ({"a": "b", "bb": "c"}, "a.yaml:1:10: extends: 'b.yaml': no such file; did you mean 'bb.yaml'?"),
])
def test_files_that_extend_one_another_wrongly(files, said, at, capsys):
    for name, parent in files.items():
        (at / f"{name}.yaml").write_text(f"extends: {parent}.yaml\nschema: scenario/1\n")
    assert refused(["run", "a.yaml"], at, capsys) == said + "\n"


def test_a_link_to_nothing(at, capsys):
    (at / "link.yaml").symlink_to("gone.yaml")
    assert refused(["check", "link.yaml"], at, capsys) == "link.yaml: is a link to a file that is not there\n"


def test_what_may_not_be_read_or_written(at, capsys):
    (at / "good.yaml").write_text(GOOD)
    (at / "secret.yaml").write_text(GOOD)
    (at / "secret.yaml").chmod(0)
    if os.access(at / "secret.yaml", os.R_OK):
        pytest.skip("this user may read and write everything")
    assert "permission denied" in refused(["check", "secret.yaml"], at, capsys)
    (at / "runs").mkdir(mode=0o500)
    for out in ("runs", "runs/below"):
        assert "nothing can be written in runs" in refused(["run", "good.yaml", "--out", out], at, capsys)


@pytest.mark.parametrize("change, words", [
    ("months", "--set months: has no value (address=value)"),
    ("=3", "'' is not an address"),
    ("a..b=3", "'a..b' is not an address"),
    ("mnths=24", "did you mean 'months'?"),
    ("months=[1", "--set months: a ',' or a closing ']' is missing"),
    ("months=5", "--set months: months: 5 is not a multiple of 12 (whole years: 12, 24 .. 360)"),
    ("interventions.youth_hub.sits=2", "did you mean 'interventions.youth_hub.sites'?"),
    ("interventions.youth_hup.sites=2", "no intervention 'youth_hup' in good.yaml (youth_hub); did you mean 'youth_hub'?"),
    ("interventions.youth_hub.reach=x", "'x' is neither a number"),
    ("baseline.spil_over.strength=0", "did you mean 'baseline.spill_over.strength'?"),
    ("seed=" + "9" * 30, "too large"),
])
def test_set_garbage(change, words, at, capsys):
    (at / "good.yaml").write_text(GOOD)
    said = refused(["run", "good.yaml", "--set", change], at, capsys)
    assert said.startswith("--set ") and words in said, said


def test_every_wrong_set_is_said(at, capsys):
    (at / "good.yaml").write_text(GOOD)
    said = refused(["run", "good.yaml", "--set", "mnths=24", "--set", "months=5", "--set", "seed=-1"], at, capsys)
    assert len(said.splitlines()) == 3


@pytest.mark.parametrize("arguments, words", [
    (["--replicates", "99999999999"], "at most 100,000"),
    (["--draws", "100000"], "at most 100,000"),
    (["--out", ""], "--out: needs a folder"),
    (["--out", "/proc/nowhere"], "--out: /proc/nowhere"),
    (["--out", "x" * 300], "file name too long"),
    (["--out", "good.yaml"], "good.yaml is a file"),
])
def test_plans_and_places_that_cannot_be(arguments, words, at, capsys):
    (at / "good.yaml").write_text(GOOD)
    assert words in refused(["run", "good.yaml", *arguments], at, capsys)


@pytest.mark.parametrize("arguments, words", [
    (["network", "good.yaml", "--write", "."], "is a folder (name a file)"),
    (["network", "good.yaml", "--write", ""], "is a folder (name a file)"),
    (["network", "good.yaml", "--write", "good.yaml/x"], "cannot be written"),
    (["catalogue", "--from", "mine"], "--from: 'mine' is not a folder"),
    (["catalogue", "--from", "none"], "--from: 'none' has no YAML files"),
    (["catalogue", "--from", "good.yaml"], "good.yaml: has no `catalogue:`"),
    (["catalogue", "--from", "missing.yaml"], "missing.yaml"),
    (["evidence", "missing.yaml"], "missing.yaml"),
    (["evidence", "none"], "is it a run folder?"),
    (["evidence", "--seed", "2"], "nbhdsim evidence SCENARIO"),
    (["evidence", "good.yaml", "--out", "none"], "is a folder (name a file"),
    (["evidence", "good.yaml", "--out", "good.yaml/x.csv"], "cannot be written"),
])
def test_other_verbs(arguments, words, at, capsys):
    (at / "good.yaml").write_text(GOOD)
    (at / "none").mkdir()
    assert words in refused(arguments, at, capsys)


KIND = (files("nbhdsim") / "catalogue/interventions/youth_hub.yaml").read_text().replace("id: youth_hub", "id: my_hub")


@pytest.mark.parametrize("old, new, words", [
    ("reach: {value: 0.15,", "reach: {value: 15,", "quantities.reach.value: 15 is not between low 0.1 and high 0.4"),
    ("0.99, low: 0.96, high: 1.01", "9, low: 8, high: 10", "value: 9 is impossible (rate ratio of admission_rr, 0.3 to 3)"),
    ("0.99, low: 0.96, high: 1.01", "0.99, low: -1, high: 1.01", "above 0"),
    ("value: 0.99,", "value: .nan,", "effects[0].value: nan is not a finite number"),
    ("council_public_health: 1.0", "council_public_health: 0.7", "shares add to 0.7"),
    ("price_year: 2024", "price_year: 1066", "no price index of 1066"),
    ("age: [11, 18]", "age: [18, 11]", "who.age"),
])
def test_a_kind_of_impossible_numbers(old, new, words, at, capsys):
    """The file of the kind is named with its line, and nothing is said that only follows from it."""
    assert old in KIND
    (at / "mine").mkdir()
    (at / "mine" / "my_hub.yaml").write_text(KIND.replace(old, new))
    (at / "bad.yaml").write_text(GOOD.replace("youth_hub", "my_hub") + "catalogue: mine\n")
    said = refused(["run", "bad.yaml"], at, capsys)
    assert words in said and all(re.match(r"mine/my_hub\.yaml:\d+:\d+: ", line) for line in said.splitlines()), said


def test_out_beneath_a_regular_file(at, capsys):
    (at / "good.yaml").write_text(GOOD)
    assert "good.yaml" in refused(["run", "good.yaml", "--out", "good.yaml/runs"], at, capsys)


@pytest.mark.parametrize("rows, words", [
    (ROW.replace(",3\n", ",\n"), "85+"),
    (ROW.replace(",6,", ",-6,"), "-6"),
    (ROW.replace("90", "91"), "91"),
    ("", "no neighbourhoods"),
    (ROW + ROW, "oak"),
    (ROW.replace("oak,mid,1", "oak,mid,7"), "7"),
])
def test_a_bad_area(rows, words, at, capsys):
    (at / "area.csv").write_text(HEADER + rows)
    (at / "bad.yaml").write_text(GOOD.replace("{name: teaching-town, residents: 300}", "{csv: area.csv}"))
    said = refused(["run", "bad.yaml"], at, capsys)
    assert "area.csv" in said and words in said, said


def test_an_area_is_refused_at_every_cell(at, capsys):
    rows = ["oak,mid,7,91,6,16,20,16,14,8,7,3", "ash,,1,-4,x,16,20,16,14,8,7,3", "elm,mid,1",
            "fir,mid,1,91,6,16,20,16,14,8,7,3"]
    (at / "area.csv").write_text(HEADER + "\n".join(rows) + "\n")
    (at / "bad.yaml").write_text(GOOD.replace("{name: teaching-town, residents: 300}", "{csv: area.csv}") + "seed: -1\n")
    said = refused(["run", "bad.yaml"], at, capsys).splitlines()
    places = [line.split(": ")[0] for line in said]
    assert places == ["bad.yaml:9:7", "area.csv:2:9", "area.csv:3:5", "area.csv:3:8", "area.csv:3:11", "area.csv:4:1",
                      "area.csv:5:11"]


@pytest.mark.parametrize("make, words", [
    (lambda path: None, "'area.csv': no such file; did you mean 'aera.csv'?"),
    (lambda path: path.mkdir(), "cannot be read"),
    (lambda path: path.write_text(""), "no neighbourhoods"),
    (lambda path: path.write_bytes(HEADER.encode() + b"caf\xe9\n"), "not UTF-8"),
    (lambda path: path.write_text(HEADER + "a\0b\n"), "NUL"),
])
def test_an_area_that_cannot_be_read(make, words, at, capsys):
    (at / "aera.csv").write_text(HEADER)
    make(at / "area.csv")
    (at / "bad.yaml").write_text(GOOD.replace("{name: teaching-town, residents: 300}", "{csv: area.csv}"))
    said = refused(["run", "bad.yaml"], at, capsys)
    assert said.startswith("bad.yaml:3:13: area.csv: 'area.csv': ") and words in said, said


@pytest.mark.parametrize("old, new, words", [
    ("months: 12", "months: 24", "months: 24 differs from 12"),
    ("history: 12", "history: 24", "history: 24 differs from 12"),
    ("history: 12", "history: 12\nseed: 2", "seed: 2 differs from 1"),
    ("2026-04", "2026-10", "start: 2026-10 differs from 2026-04"),
    ("residents: 300", "residents: 400", "area: teaching-town of 400 residents differs from teaching-town of 300 residents"),
    ("{name: teaching-town, residents: 300}", "{name: wirral}", "area: wirral differs from teaching-town of 300 residents"),
    ("history: 12", "history: 12\noverrides: {baseline.spill_over.approach: 0}",
     "baseline.spill_over.approach: 0 (0 to 0, fixed)"),
    ("name: other", "name: town", "'town' is the name of 2 scenarios"),
])
def test_scenarios_that_cannot_be_compared(old, new, words, at, capsys):
    other = GOOD.replace("name: town", "name: other")
    assert old in other
    (at / "a.yaml").write_text(GOOD)
    (at / "b.yaml").write_text(other.replace(old, new))
    said = refused(["compare", "a.yaml", "b.yaml"], at, capsys)
    assert said.count("\n") == 1 and words in said, said


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_what_only_the_population_shows(jobs, at, capfd):
    """A neighbourhood without a school takes no grant: known once the town is built, and still nothing is left behind."""
    text = GOOD.replace("300", "3000").replace("youth_hub: {where: all", "school_grant: {where: {names: [teaching-town-001]}")
    (at / "bad.yaml").write_text(text)
    said = refused(["run", "bad.yaml", "--jobs", jobs, "--draws", "1", "--replicates", "1"], at, capfd)
    assert "bad.yaml:8:3: interventions.school_grant.where: matches no neighbourhood with a school" in said, said


def test_all_that_keeps_scenarios_apart_is_said(at, capsys):
    (at / "a.yaml").write_text(GOOD)
    (at / "b.yaml").write_text(GOOD.replace("months: 12", "months: 24").replace("300", "400") + "seed: 5\n")
    said = refused(["compare", "a.yaml", "b.yaml"], at, capsys)
    assert re.findall(r"^(?:b\.yaml: )?(\w+): ", said, re.M) == ["area", "seed", "months", "name"], said
