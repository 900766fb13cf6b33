"""Bad input as a user meets it: every problem with file, line and column, exit 2, nothing written, no traceback."""
import re
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
    "duplicate key": (GOOD + "name: again\n", "name", "9:1"),
    "alias bomb": ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "2:8", "alias"),
    "deep nesting": ("schema: " + "[" * 100_000, "1:", "deep"),
    "three megabytes": ("# " + "x" * 3_000_000, "larger", "2 MB"),
    "NUL bytes": (GOOD + "seed: \0 1\n", "9:", ""),
    "empty file": ("", "empty", ""),
    "a list": ("- 1\n- 2\n", "1:1", ""),
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
    assert said.startswith("bad.yaml") and all(word in said for word in words), said


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


@pytest.mark.parametrize("change, words", [
    ("seed: 2\n", "seed"), ("overrides: {baseline.spill_over.strength: 0}\n", "baseline.spill_over.strength")])
def test_scenarios_that_cannot_be_compared(change, words, at, capsys):
    (at / "a.yaml").write_text(GOOD)
    (at / "b.yaml").write_text(GOOD.replace("name: town", "name: other") + change)
    assert words in refused(["compare", "a.yaml", "b.yaml"], at, capsys)


def test_scenarios_of_other_lengths_cannot_be_compared(at, capsys):
    (at / "a.yaml").write_text(GOOD)
    (at / "b.yaml").write_text(GOOD.replace("name: town", "name: other").replace("months: 12", "months: 24"))
    assert "months" in refused(["compare", "a.yaml", "b.yaml"], at, capsys)
