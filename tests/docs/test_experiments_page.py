"""The page on experiments is true: its commands run as they stand, and lead to the answer and the picture that it shows."""
import re
from pathlib import Path

import pandas as pd
import pytest
from matplotlib import image

from nbhdsim import cli
from nbhdsim.experiment import file

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "experiments.md").read_text()
SECTION = PAGE.partition("## In ten minutes")[2].partition("## The file")[0]
TORNADO = "tornado-life-satisfaction-hub"


def blocks(language: str, text: str) -> list[str]:
    """Fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)


def commands(text: str) -> list[list[str]]:
    """The commands of the `sh` blocks, without `nbhdsim`."""
    return [line.split()[1:] for line in "".join(blocks("sh", text)).splitlines()]


def carry_out(command: list[str]) -> None:
    """Run one command of the page where it stands; the folder of a run has the name that this run has, not the page's."""
    made = sorted(Path("runs").glob("sensitivity-*"))
    name = made[0].name if made else ""
    assert cli.main([re.sub(r"sensitivity-[0-9a-f]{8}", name, word) for word in command]) == 0, command


def change(name: str, old: str, new: str) -> None:
    """Change a file as the page says."""
    text = Path(name).read_text()
    assert old in text
    Path(name).write_text(text.replace(old, new))


def first_look(text: str) -> None:
    """The commands of a part of the page, in order, in a study made smaller where the page says so, here smaller still."""
    assert "`n: 16`" in PAGE and "`residents: 500`" in PAGE
    first, *others = commands(text)
    carry_out(first)
    change("study/sensitivity.yaml", "n: 128", "n: 2")
    change("study/do-nothing.yaml", "residents: 3000", "residents: 200")
    change("study/do-nothing.yaml", "months: 36", "months: 12")
    for command in others:
        carry_out(command)


def test_ten_minutes_in_small(tmp_path, monkeypatch, capsys):
    """From the first command to the tornado, with few runs of a small town."""
    monkeypatch.chdir(tmp_path)
    first_look(SECTION)
    said = capsys.readouterr().out
    assert "sensitivity: 17 runs\n" in said and "17 of 17 runs in runs/sensitivity-" in said
    assert [p.suffix for p in sorted(Path("runs").glob(f"*/figures/{TORNADO}.*"))] == [".png", ".svg", ".txt"]


@pytest.mark.slow
def test_every_command_in_small(tmp_path, monkeypatch, capsys):
    """The whole page: extended, made again, compared."""
    monkeypatch.chdir(tmp_path)
    first_look(PAGE)
    said = capsys.readouterr().out
    assert "33 of 33 runs" in said and "tables are the same to the byte" in said
    assert "every table is the same to the byte" in said and "only the second has it" in said


def test_the_file_that_is_shown_is_an_experiment(tmp_path, monkeypatch):
    """Beside the files that `--new` writes."""
    monkeypatch.chdir(tmp_path)
    carry_out(commands(PAGE)[0])
    shown, = blocks("yaml", PAGE)
    Path("study/shown.yaml").write_text(shown)
    assert len(file.load("study/shown.yaml").factors) == 3


@pytest.mark.slow
def test_ten_minutes_lead_to_what_is_shown(tmp_path, monkeypatch, capsys):
    """The section as it stands: the printed table is the page's, and the picture is there, with its words."""
    monkeypatch.chdir(tmp_path)
    for command in commands(SECTION):
        carry_out(command)
    shown, = blocks("text", SECTION)
    assert shown in capsys.readouterr().out
    figures = next(Path("runs").glob("sensitivity-*")) / "figures"
    words = " ".join((figures / f"{TORNADO}.txt").read_text().split())
    assert "swings the change in life satisfaction most: 0 to 0.0055 points of 10" in words
    assert image.imread(figures / f"{TORNADO}.png").std() > 0
    answers = pd.read_csv(figures.parent / "csv" / "answers.csv")
    assert round(answers.loc[answers["draw"] > 0, "value"].mean(), 4) == 0.0024
