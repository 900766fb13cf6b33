"""What `status` says of a run that goes on, was stopped, failed or is complete."""
import json

import pytest

from nbhdsim import cli, runfolder
from nbhdsim.report import status


@pytest.fixture
def folder(tmp_path):
    """A run folder that is being written in."""
    made = runfolder.create(tmp_path, resolved={"name": "x"}, resolved_text="", texts={}, seed=1, argv=[], planned=1000)
    yield made
    made.close()


def test_a_run_that_goes_on(folder):
    folder.save(counts={"planned": 1000, "done": 198, "failed": 2}, seconds=50.0)
    said = status.text(folder.path)
    assert "running, process " in said and "198 of 1,000 futures done, 2 failed" in said
    assert "50 s of work, 4 a second, about 3 min left" in said


def test_one_that_was_stopped_and_one_that_ended(folder):
    folder.close()
    assert "stopped; the command that began it goes on with it" in status.text(folder.path)
    folder.save(counts={"planned": 1000, "done": 999, "failed": 1}, seconds=5000.0, ended="2026-01-02T03:04:05")
    said = status.text(folder.path)
    assert "ended 2026-01-02T03:04:05, with failures" in said and "83 min of work, 5 s each" in said and "left" not in said
    folder.save(complete=True)
    assert "complete since 2026-01-02" in status.text(folder.path)


def test_what_is_no_run_folder(tmp_path, capsys):
    assert cli.main(["status", str(tmp_path)]) == 2
    assert "is no run folder" in capsys.readouterr().err
    (tmp_path / "manifest.json").write_text(json.dumps([1]))
    assert cli.main(["status", str(tmp_path)]) == 2


def test_times():
    assert [status.spell(s) for s in (3.2, 119, 700, 12_240)] == ["3 s", "119 s", "12 min", "3.4 h"]
