"""Documentation is true: reference pages are what the program writes, examples load and run, links lead somewhere."""
import importlib.util
import re
from pathlib import Path

import pytest

from nbhdsim import cli
from nbhdsim.interventions import schema as catalogue
from nbhdsim.scenario import schema

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])


def generator():
    """docs/generate.py as a module."""
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_reference_pages_are_what_the_program_writes():
    for path, text in generator().pages().items():
        assert path.read_text() == text, f"{path.name} is out of date: make docs"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if not target.startswith(("http", "#")):
            assert (page.parent / target.partition("#")[0]).exists(), target


def blocks(page: Path, language: str) -> list[str]:
    """Fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(), re.M | re.S)


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, "yaml") or blocks(p, "console")], ids=lambda p: p.name)
def test_examples_load_and_commands_run(page, tmp_path, monkeypatch, capsys):
    """Scenario blocks are saved under the name the text gives them first (`x.yaml`), then the commands run there."""
    monkeypatch.chdir(tmp_path)
    for name, text in zip(re.findall(r"`([a-z-]+\.csv)`", page.read_text()), blocks(page, "csv"), strict=False):
        (tmp_path / name).write_text(text)
    names = iter(dict.fromkeys(re.findall(r"`([a-z-]+\.yaml)`", page.read_text())))
    for text in blocks(page, "yaml"):
        if text.startswith("schema: scenario/1"):
            file = tmp_path / next(names, f"{len(list(tmp_path.iterdir()))}.yaml")
            file.write_text(text)
            schema.load(file)
        elif text.startswith("schema: intervention/1"):
            (tmp_path / "own").mkdir()
            (tmp_path / "own" / "one.yaml").write_text(text)
            assert len(catalogue.kinds(tmp_path / "own")) == len(catalogue.kinds()) + 1
    for line in "".join(blocks(page, "console")).splitlines():
        if line.startswith("$ nbhdsim "):
            assert cli.main(line.split()[2:]) == 0, capsys.readouterr().err


def test_the_error_that_the_tutorial_shows_is_the_one_that_is_printed(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    page = ROOT / "docs" / "tutorial.md"
    nothing, hub, *_ = blocks(page, "yaml")
    (tmp_path / "nothing.yaml").write_text(nothing)
    (tmp_path / "hub.yaml").write_text(hub.replace("wellbeing_hub:", "wellbeing_hup:"))
    assert cli.main(["check", "hub.yaml"]) == 2
    shown = next(text for text in blocks(page, "text") if "wellbeing_hup" in text)
    assert capsys.readouterr().err.split() == shown.split()
