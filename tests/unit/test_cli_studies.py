"""Verbs of experiments: files to begin with, and what is said of what cannot be."""
from pathlib import Path

import pytest

from nbhdsim import cli, cli_studies
from nbhdsim.experiment import file, study


@pytest.fixture
def at(tmp_path, monkeypatch):
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("method", [*cli_studies.OPENINGS, *cli_studies.SIZES])
def test_files_to_begin_with_are_an_experiment_of_that_method(method, at):
    """Every word of `--new`, in any spelling, with a folder or without: a file with a plan, of its own kind."""
    assert cli.main(["experiment", "--new", method.upper().replace("_", "-")]) == 0
    found = file.load(f"{method}/{method}.yaml")
    assert found.kind == {"sensitivity": "sobol"}.get(method, method) and found.name == method
    assert len(study.planned(found).futures()) > 16
    assert cli.main(["experiment", "--new", method, "other"]) == 0 and Path(f"other/{method}.yaml").exists()


@pytest.mark.parametrize("arguments, words", [
    (["experiment"], "experiment: which file? (`nbhdsim experiment --new sensitivity` writes one to begin with)"),
    (["experiment", "--new", "moris"], "did you mean 'morris'?"),
    (["experiment", "--new", "sweep", "/proc/none"], "--new: nothing can be written in /proc/none: no such file or"),
    (["experiment", "--new", "sweep", "hub.yaml"], "--new: nothing can be written in hub.yaml: file exists (give a folder"),
    (["experiment", "hub.yaml"], "hub.yaml:2:9: schema: 'scenario/1' is a scenario (for nbhdsim check, run and compare); here"),
    (["check", "sweep.yaml"], "sweep.yaml:2:9: schema: 'experiment/1' is an experiment (for nbhdsim experiment); here it"),
    (["rerun", "."], ". is no run folder: it has no manifest.json of a run"),
    (["diff", ".", "."], ". is no run folder: it has no manifest.json of a run"),
    (["diff", "hub.yaml", "."], ". is a folder and hub.yaml a file (give two scenarios, or two run folders)"),
    (["diff", "hub.yaml", "nowhere"], "nowhere: no such file"),
])
def test_what_cannot_be_is_one_line(arguments, words, at, capsys):
    """And nothing is written."""
    assert cli.main(["experiment", "--new", "sweep", "."]) == 0
    before = sorted(at.rglob("*"))
    assert cli.main(arguments) == 2
    said = capsys.readouterr().err
    assert words in said and said.count("\n") == 1
    assert sorted(at.rglob("*")) == before


def test_a_folder_that_cannot_be_written_is_one_line(at, capsys):
    """Where a run would be made: the place and why, no traceback."""
    (at / "runs").symlink_to("/proc/none")
    assert cli.main(["experiment", "--new", "sweep", "."]) == 0
    assert cli.main(["experiment", "sweep.yaml"]) == 2
    assert "runs" in capsys.readouterr().err.splitlines()[-1]
