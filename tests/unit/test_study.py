"""Studies from file to folder: what is run, kept, extended and made again."""
import json
import shutil
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from nbhdsim import cli, experiment, runfolder, tables
from nbhdsim.errors import NbhdsimError
from nbhdsim.experiment import again, read, study
from nbhdsim.explain import rebuilt
from nbhdsim.scenario import schema


def how(tmp_path: Path, **more) -> study.How:
    return study.How(out=tmp_path / "runs", jobs=1, **more)


def hashes(folder: Path) -> dict[str, str]:
    return {path.name: runfolder.file_hash(path) for path in folder.glob("*.parquet") if path.name != "timing.parquet"}


def test_a_sobol_study_is_whole_and_can_be_made_again(write, tmp_path) -> None:
    """Its dummy is exactly 0, a second go runs nothing, and a rerun is the same to the byte."""
    found = write("{kind: sobol, n: 4}")
    done = study.perform(found, how(tmp_path))
    assert (done.result.done, done.result.failed) == (1 + 4 * 6, 0)
    answers = study.answers(done.result.folder, found)
    table = read.indices(answers, done.made, seed=1).table
    assert (table.loc[(table["address"] == "dummy") & (table["index"] == "ST"), "value"] == 0).all()
    before = pq.read_table(done.result.folder / "timing.parquet")
    assert study.perform(found, how(tmp_path)).result == done.result
    assert pq.read_table(done.result.folder / "timing.parquet").equals(before)
    result = again.perform(done.result.folder, compare=False, out=tmp_path / "again", jobs=1)
    assert hashes(result.folder) == hashes(done.result.folder)


def test_a_study_of_twice_the_size_keeps_every_run(write, tmp_path) -> None:
    """After --extend the tables are those of the larger study run at once, and what was run is not run again."""
    found = write("{kind: sobol, n: 2}")
    with pytest.raises(NbhdsimError, match="has not ended"):
        study.extended(found, tmp_path / "runs")
    small = study.perform(found, how(tmp_path)).result.folder
    larger, begun = study.extended(found, tmp_path / "runs")
    assert begun == small
    extended = study.perform(larger, how(tmp_path, begun=begun)).result.folder
    whole = study.perform(write("{kind: sobol, n: 4}"), study.How(out=tmp_path / "whole", jobs=1)).result.folder
    assert hashes(extended) == hashes(whole)
    old, new = (pd.read_parquet(folder / "timing.parquet") for folder in (small, extended))
    assert len(new) == 2 * len(old) - 1
    assert set(old["seconds"]) <= set(new["seconds"])
    assert study.extended(found, tmp_path / "runs")[1] == extended


def test_a_pilot_decides_on_replicates(write, tmp_path) -> None:
    """Until the error is small enough or there are as many as may be, and it says which."""
    for error, most, count, words in ((0.9, 16, 8, "ended by the error"), (0.0001, 12, 12, "ended by most")):
        found = write("{kind: sweep}", vary="{interventions.wellbeing_hub.reach: {values: [0.1, 0.2]}}",
                      more=f"replicates: {{until: {{error: {error}, of: life_satisfaction}}, most: {most}}}\n"
                           "outcomes: [{name: life_satisfaction}]")
        done = study.perform(found, how(tmp_path))
        assert done.made.central == done.made.repeats == count and words in done.pilot
        assert done.result.done == 3 * count
        once_more = study.perform(found, how(tmp_path))
        assert (once_more.result, once_more.pilot, once_more.made.central) == (done.result, done.pilot, count)


def test_evidence_and_explanation_of_points_of_a_design(write, tmp_path, capsys) -> None:
    """The points are not the draws of a comparison: nothing is said to hang on them, and central futures alone are explained."""
    found = write("{kind: sobol, n: 2}", more="outcomes: [{name: life_satisfaction}]\nreplicates: 2")
    folder = study.perform(found, how(tmp_path)).result.folder
    assert cli.main(["evidence", str(folder)]) == 0 and "wellbeing_hub.reach" in capsys.readouterr().out
    case = rebuilt.case(str(folder), futures=9)
    assert [(f.draw, f.replicate) for f in case.futures] == [(0, 0), (0, 1)]


def test_a_folder_of_another_experiment_is_refused(write, tmp_path) -> None:
    """A folder that was copied to the place of this one is neither read nor written."""
    other = study.perform(write("{kind: sobol, n: 2}"), how(tmp_path)).result.folder
    found = write("{kind: sobol, n: 4}")
    place = other.parent / f"study-{runfolder.config_hash(study.resolved(found))[:8]}"
    shutil.copytree(other, place)
    with pytest.raises(NbhdsimError, match="is the folder of another experiment"):
        study.perform(found, how(tmp_path))
    assert hashes(place) == hashes(other)


def test_a_run_that_was_stopped_is_not_made_again(write, tmp_path) -> None:
    """It has tables, of what was done by then: those of a whole run are others."""
    folder = study.perform(write("{kind: sobol, n: 2}"), how(tmp_path)).result.folder
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["counts"]["done"] -= 1
    (folder / "manifest.json").write_text(json.dumps(manifest | {"complete": False}))
    with pytest.raises(NbhdsimError, match="has not ended"):
        again.perform(folder, compare=False, out=tmp_path / "again", jobs=1)


def test_an_extension_can_be_looked_at_first(write, tmp_path, capsys) -> None:
    """--extend --dry-run tells of the larger design."""
    found = write("{kind: sobol, n: 2}")
    study.perform(found, how(tmp_path))
    assert cli.main(["experiment", found.file, "--out", str(tmp_path / "runs"), "--extend", "--dry-run"]) == 0
    assert f"{1 + 4 * 6} runs" in capsys.readouterr().out


def test_a_comparison_in_a_file_is_a_comparison(write, tmp_path) -> None:
    """Same futures, same tables as `nbhdsim compare`."""
    found = write("{kind: compare, draws: 2}", vary="{}", more="replicates: 2")
    ours = study.perform(found, how(tmp_path)).result.folder
    theirs = experiment.run(schema.load_all(found.files), name="theirs", replicates=2, draws=2, jobs=1, out=tmp_path / "b").folder
    assert hashes(ours) == hashes(theirs)


def test_a_point_that_cannot_be_is_a_failed_run(write, tmp_path) -> None:
    """A run that fails has a row with its address and error; the others are there."""
    found = write("{kind: sweep, design: one_at_a_time}", vary="{baseline.spill_over.strength: {values: [0, 0.9]}}",
                  more="outcomes: [{name: life_satisfaction}]\nreplicates: 1")
    result = study.perform(found, how(tmp_path)).result
    assert (result.done, result.failed) == (2, 1)
    assert "baseline.spill_over.strength" in (result.folder / "errors.jsonl").read_text()
    assert tables.read(result.folder, "runs")["ok"].tolist() == [True, True, False]
