"""The run folder: its name, lock, refusals and what is taken back."""

import json

import pytest

from nbhdsim import runfolder
from nbhdsim.errors import NbhdsimError


def make(out, name="a & b", **more):
    """A run folder of a made-up experiment with two input files of one name."""
    resolved = {"name": name, "scenarios": [1], **more}
    return runfolder.create(
        out,
        resolved=resolved,
        resolved_text="{}",
        texts={"a/x.yaml": "1", "b/x.yaml": "2"},
        seed=1,
        argv=["x"],
        planned=2,
    )


def test_the_name_is_not_in_the_hash_and_the_rest_is():
    one = runfolder.config_hash({"name": "x", "jobs": 1, "scenarios": [1]})
    assert one == runfolder.config_hash({"scenarios": [1], "name": "y", "out": "z", "jobs": 2})
    assert one != runfolder.config_hash({"scenarios": [2]})


def test_a_new_folder_is_readable_from_the_start(tmp_path):
    folder = make(tmp_path / "runs")
    manifest = json.loads((folder.path / "manifest.json").read_text())
    assert folder.path.name.startswith("a-b-") and len(folder.path.name) == len("a-b-") + 8
    assert manifest["schema"] == 1 and manifest["complete"] is False and manifest["counts"]["planned"] == 2
    assert [(folder.path / n).read_text() for n in ("x.yaml", "x-2.yaml")] == ["1", "2"]
    folder.close()


def test_two_writers_are_refused(tmp_path):
    folder = make(tmp_path / "runs")
    with pytest.raises(NbhdsimError, match="another run"):
        make(tmp_path / "runs")
    folder.close()
    make(tmp_path / "runs").close()


def test_discard_takes_back_only_its_own(tmp_path):
    folder = make(tmp_path / "runs")
    (folder.path / "notes.txt").write_text("mine")
    folder.discard()
    assert [p.name for p in folder.path.iterdir()] == ["notes.txt"]


def test_discard_takes_back_the_folders_above_that_it_made(tmp_path):
    (tmp_path / "mine").mkdir()
    make(tmp_path / "mine" / "a" / "b").discard()
    assert not list((tmp_path / "mine").iterdir())
    folder = make(tmp_path / "mine" / "a" / "b")
    (tmp_path / "mine" / "a" / "notes.txt").write_text("mine")
    folder.discard()
    assert [p.name for p in (tmp_path / "mine" / "a").iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("where", ["file", "file/deeper/still"])
def test_out_beneath_a_file_is_refused(tmp_path, where):
    (tmp_path / "file").write_text("")
    with pytest.raises(NbhdsimError, match="is a file"):
        runfolder.check_out(tmp_path / where)


def test_a_folder_that_cannot_be_filled_is_taken_back(tmp_path):
    with pytest.raises(UnicodeEncodeError):
        runfolder.create(tmp_path, resolved={"name": "a"}, resolved_text="\ud800", texts={}, seed=1, argv=[], planned=1)
    assert not list(tmp_path.iterdir())


def test_caches_of_tools_are_no_part_of_the_source(tmp_path, monkeypatch):
    monkeypatch.setattr(runfolder, "__file__", str(tmp_path / "runfolder.py"))
    (tmp_path / "one.py").write_text("a = 1\n")
    before = runfolder.source_hash.__wrapped__()
    for cache in (".ruff_cache", "__pycache__"):
        (tmp_path / cache).mkdir()
        (tmp_path / cache / "x").write_text("x")
    assert runfolder.source_hash.__wrapped__() == before
    (tmp_path / "one.py").write_text("a = 2\n")
    assert runfolder.source_hash.__wrapped__() != before
