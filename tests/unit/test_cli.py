"""The command line: exit codes, what goes to which stream, and that bad input writes nothing."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nbhdsim import cli, cli_progress, cli_verbs, population, rng, simulation, step
from nbhdsim.experiment import Report
from nbhdsim.scenario import schema

TOWN = """schema: scenario/1
name: {name}
area: {{name: teaching-town, residents: 300}}
start: 2026-04
months: 12
history: 12
"""


@pytest.fixture
def at(tmp_path, monkeypatch):
    """An empty folder to work in, with two scenarios of a tiny town."""
    monkeypatch.chdir(tmp_path)
    for name in "ab":
        (tmp_path / f"{name}.yaml").write_text(TOWN.format(name=name))
    return tmp_path


def test_help_says_the_verbs_and_loads_nothing_heavy():
    code = (
        "import sys; from nbhdsim.cli import main\ntry: main(['--help'])\nexcept SystemExit as e: assert e.code == 0\n"
        "assert not {'numba', 'numpy', 'pandas', 'pyarrow', 'pydantic', 'matplotlib', 'mesa', 'rich'} & set(sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert out.returncode == 0, out.stderr
    for verb in ("check", "run", "compare", "catalogue", "network"):
        assert verb in out.stdout


@pytest.mark.parametrize("code", ["import nbhdsim", "from nbhdsim import NbhdsimError", "from nbhdsim import cli, cli_verbs"])
def test_importing_loads_nothing_heavy(code):
    """What is slow to import (half a second and more) is loaded when it is first used."""
    heavy = "{'numba', 'numpy', 'pandas', 'pyarrow', 'pydantic', 'scipy', 'networkx', 'matplotlib', 'mesa', 'rich', 'yaml'}"
    out = subprocess.run([sys.executable, "-c", f"import sys; {code}; assert not {heavy} & set(sys.modules), sys.modules"])
    assert out.returncode == 0


def test_no_verb_is_bad_input(capsys):
    assert cli.main([]) == 2
    assert "usage" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["check", "missing.yaml"], "missing.yaml"),
        (["compare", "a.yaml"], "two scenarios"),
        (["compare", "a.yaml", "a.yaml"], "names must differ"),
        (["run", "a.yaml", "--replicates", "0"], "replicates"),
        (["run", "a.yaml", "--draws", "-1"], "draws"),
        (["run", "a.yaml", "--jobs", "0"], "--jobs"),
        (["run", "a.yaml", "--out", "a.yaml/below"], "is a file"),
        (["run", "a.yaml", "--set", "monhts=24"], "months"),
        (["compare", "a.yaml", "b.yaml", "missing.yaml"], "missing.yaml"),
        (["catalogue", "youth_hup"], "did you mean 'youth_hub'?"),
        (["network", "teaching-twon"], "did you mean 'teaching-town'?"),
    ],
)
def test_bad_input_is_said_and_writes_nothing(at, capsys, arguments, words):
    before = sorted(at.iterdir())
    assert cli.main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == "" and words in err and "Traceback" not in err
    assert sorted(at.iterdir()) == before


def test_problems_of_all_files_come_at_once(at, capsys):
    (at / "c.yaml").write_text(TOWN.format(name="c") + "mnths: 3\n")
    assert cli.main(["check", "missing.yaml", "c.yaml"]) == 2
    err = capsys.readouterr().err
    assert "missing.yaml" in err and "c.yaml:7:1" in err


def test_check_says_what_is_bought_and_ok(at, capsys):
    assert cli.main(["check", "a.yaml"]) == 0
    out = capsys.readouterr().out
    assert "nothing is funded" in out and "a.yaml: ok" in out


def test_check_says_at_which_prices(at, capsys):
    (at / "c.yaml").write_text(TOWN.format(name="c") + "interventions: {youth_hub: {sites: 1}}\n")
    assert cli.main(["check", "c.yaml"]) == 0
    out = capsys.readouterr().out
    assert "at central prices" in out and out.endswith("c.yaml: ok\n")


def test_check_says_when_the_only_programmes_act_on_others(at, capsys):
    commissioned, hub = "vcse_commissioning: {where: all, places: 300}", "wellbeing_hub: {where: all, sites: 1}"
    for lines, said in ((commissioned, True), (f"{commissioned}, {hub}", False)):
        (at / "a.yaml").write_text(TOWN.format(name="a") + f"interventions: {{{lines}}}\n")
        assert cli.main(["check", "a.yaml"]) == 0
        assert ("states effects on other programmes only" in capsys.readouterr().out) == said


def test_check_says_what_is_adjusted(at, capsys):
    line = "{kind: adjust, who: {age: [65, 120], quintile: [1]}, effects: [{lever: ae_rr, value: 0.9, low: 0.8, high: 1}]}"
    (at / "c.yaml").write_text(TOWN.format(name="c") + f"interventions: {{fewer: {line}}}\n")
    assert cli.main(["check", "c.yaml"]) == 0
    out = capsys.readouterr().out
    said = "  fewer moves ae_rr to 0.9 (0.8 to 1) rate ratio after 12 months, of ages 65 to 120 in IMD quintile 1\n"
    assert said in out and "at central prices" not in out


def test_compare_says_so_when_what_funds_nothing_is_not_first(at, capsys):
    funded = TOWN.format(name="a") + "interventions: {wellbeing_hub: {where: all, sites: 1}}\n"
    (at / "a.yaml").write_text(funded)
    files = ["compare", "a.yaml", "b.yaml", "--replicates", "1", "--draws", "0"]
    assert cli.main([*files, "--out", "runs"]) == 0
    assert "'b' funds nothing: name its file first" in capsys.readouterr().err
    assert cli.main(["compare", "b.yaml", "a.yaml", *files[3:], "--out", "others"]) == 0
    assert "funds nothing" not in capsys.readouterr().err


def test_compiling_is_said_until_a_month_has_been_compiled_here(at, tmp_path, monkeypatch):
    """Numba's own cache counts, of a month and of these very files, not of their dates: a tree may be copied after it."""
    source = Path(step.__file__).with_name("events.py")
    simulation.Simulation(population.build(load_town(at)), load_town(at)).step()
    assert cli_verbs.compiled()
    monkeypatch.setenv("NBHDSIM_CACHE", str(tmp_path / "cache"))
    assert not cli_verbs.compiled()
    folder = rng.cache_folder() / f"step_{hashlib.sha1(str(source.parent).encode()).hexdigest()}"
    for place, name, known in ((folder.with_name("step_elsewhere"), "events.a.nbc", False), (folder, "layout.a.nbc", False),
                               (folder, "events.a.nbc", True)):
        place.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(b"")
        assert cli_verbs.compiled() is known
    os.utime(folder / "events.a.nbc", (0, 0))
    assert cli_verbs.compiled()


def load_town(at):
    """The first town as a scenario."""
    return schema.load(at / "a.yaml")


def test_catalogue_lists_and_shows(capsys):
    assert cli.main(["catalogue"]) == 0
    assert "youth_hub" in capsys.readouterr().out
    assert cli.main(["catalogue", "youth_hub"]) == 0
    out = capsys.readouterr().out
    for word in ("Delivery", "Cost", "Stated effects", "grade", "Sources", "Not known"):
        assert word in out


def test_a_line_a_minute():
    said, time = [], [0.0]
    tell = cli_progress.lines(lambda: time[0], said.append)
    for seconds in range(0, 150, 10):
        time[0] = float(seconds)
        tell(Report(seconds // 10, 0, 24, seconds))
    assert len(said) == 3
    tell(Report(24, 0, 24, 150))
    tell(Report(24, 0, 24, 150))
    assert len(said) == 4 and said[-1].startswith("24 of 24 futures done")


def test_what_is_left_is_judged_by_what_was_run_since_the_start():
    assert cli_progress.sentence(Report(12, 0, 24, 10.0)).endswith("10 s, about 10 s left")
    assert cli_progress.sentence(Report(12, 0, 24, 10.0, 10)).endswith("10 s, about 60 s left")
    assert cli_progress.sentence(Report(12, 0, 24, 0.0, 12)).endswith("12 of 24 futures done, 0 s")


def test_progress_stops_when_asked():
    with cli_progress.shown(lambda: True) as progress, pytest.raises(KeyboardInterrupt):
        progress(Report(0, 0, 1, 0.0))
