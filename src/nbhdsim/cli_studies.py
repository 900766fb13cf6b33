"""What the verbs of experiments do: `experiment`, `rerun`, `diff`. Imported once a verb is known."""
import json
import math
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nbhdsim import cli_verbs
from nbhdsim.cli_verbs import COMPILING, FAILED, OK, STOPPING, tell
from nbhdsim.errors import NbhdsimError

PILOT, ENOUGH = 3, 10.0
"""Runs by which a dry run tells how long all of them take, fewer where they have taken so many seconds."""
OPENINGS = ("compare", "sweep", "uncertainty", "sensitivity", "discover")
SIZES = {"sobol": (128, ""), "morris": (20, "n x (numbers + seed + dummy + 1) runs"),
         "efast": (129, "n runs for each number, the seed and the dummy"), "rbd_fast": (512, "n runs"), "delta": (512, "n runs"),
         "pawn": (512, "n runs"), "hdmr": (512, "n runs")}
"""Kinds of sensitivity analysis to begin with: size of the design, and how many runs it has."""


def experiment(options: Namespace, argv: Sequence[str]) -> int:
    """Carry out an experiment and print what it found; or write one to begin with; or say what it would take."""
    from nbhdsim import cli_progress
    from nbhdsim.experiment import file, study
    from nbhdsim.report import studies

    if options.new is not None:
        tell(_begun(options.new.lower().replace("-", "_"), options.file))
        return OK
    if options.file is None:
        raise NbhdsimError.of("experiment: which file? (`nbhdsim experiment --new sensitivity` writes one to begin with)")
    if not options.out:
        raise NbhdsimError.of("--out: needs a folder (`--out .` is this one)")
    found = file.load(options.file, sets=options.sets, seed=options.seed)
    begun = None
    if options.extend:
        found, begun = study.extended(found, Path(options.out))
    if not cli_verbs.compiled():
        cli_progress.say(f"compiling (first run on this machine, about {COMPILING} s)")
    if options.dry_run:
        cli_progress.say("a few runs, to see how long they take")
        tell(_dry(found, options))
        return OK
    options.interrupt.notice = STOPPING
    with cli_progress.shown(lambda: options.interrupt.asked) as progress:
        done = study.perform(found, study.How(Path(options.out), options.jobs, ["nbhdsim", *argv], options.anew,
                                              options.retry_failed, progress, begun, options.cluster))
    if done.result.done:
        tell(studies.finish(found, done))
    return _ended(done.result)


def _ended(result: Any) -> int:
    from nbhdsim import cli_progress

    tell(f"\n{result.done:,} of {result.planned:,} runs in {result.folder}")
    if result.failed:
        cli_progress.say(f"{result.failed} runs failed: see {result.folder / 'errors.jsonl'} (--retry-failed runs them again)")
    return FAILED if result.failed else OK


def _begun(method: str, given: str | None) -> str:
    """Write the files of a method to begin with into a folder; what to do next. Raises NbhdsimError where a file is in the way, or
    none can be written."""
    from nbhdsim.experiment import TEMPLATES

    folder = Path(given or method)
    files = {name: (TEMPLATES / name).read_text(encoding="utf-8") for name in ("do-nothing.yaml", "hub.yaml")}
    files[f"{method}.yaml"] = _opening(method)
    try:
        there = [name for name, text in files.items() if (folder / name).exists() and (folder / name).read_text("utf-8") != text]
        if there:
            raise NbhdsimError.of(f"{folder / there[0]} is there already, and is not overwritten (give another folder)")
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = str(getattr(error, "strerror", None) or error).lower()
        raise NbhdsimError.of(f"--new: nothing can be written in {folder}: {reason} (give a folder you may write in)") from None
    return f"written: {', '.join(str(folder / name) for name in files)}\nnow: nbhdsim experiment {folder / method}.yaml"


def _opening(method: str) -> str:
    """The experiment file of a method to begin with."""
    from nbhdsim.errors import nearest
    from nbhdsim.experiment import TEMPLATES

    if method in OPENINGS:
        return (TEMPLATES / f"{method}.yaml").read_text(encoding="utf-8")
    if method not in SIZES:
        names = (*OPENINGS, *SIZES)
        raise NbhdsimError.of(f"--new: '{method}' is not a method to begin with ({', '.join(names)}){nearest(method, names)}")
    size, runs = SIZES[method]
    question, of_sobol, *rest = (TEMPLATES / "sensitivity.yaml").read_text(encoding="utf-8").splitlines(keepends=True)
    said = f"# {method}: {runs}\n" if runs else of_sobol
    asked = "".join([question, said, *rest]).replace("name: sensitivity", f"name: {method}")
    return asked.replace(f"kind: sobol, n: {SIZES['sobol'][0]}", f"kind: {method}, n: {size}")


def _dry(found: Any, options: Namespace) -> str:
    """How many runs, how long and how much they write, from a few of them that are thrown away."""
    import time

    from nbhdsim import population, tables
    from nbhdsim.experiment import study

    made = study.planned(found)
    futures = made.futures()
    jobs = study.jobs(found, study.How(jobs=options.jobs), made)
    world, task, size = population.build(found.scenarios[0]), study.task(found, made), 0
    begun, timed = time.monotonic(), 0
    for i in range(PILOT + 1):
        rows = task(world, found.scenarios, futures[round(i * (len(futures) - 1) / PILOT)])
        size += sum(len(tables.packed([tables.to_arrow(name, columns)])) for name, columns in rows.items())
        if i == 0:
            begun = time.monotonic()            # the first one compiles, or loads what has been compiled
        elif (timed := i) and time.monotonic() - begun > ENOUGH:
            break
    each = (time.monotonic() - begun) / timed
    seconds, megabytes = each * len(futures) / jobs, size / (timed + 1) * len(futures) / 1e6
    more = ", or more: a pilot decides on replicates" if made.central and not isinstance(found.model.replicates, int | None) else ""
    return (f"{found.name}: {len(futures):,} runs{more}\n"
            f"  {made.central} with central numbers, {len(made.u):,} points x {_many(made.repeats, 'replicate')}, "
            f"{_many(len(found.scenarios), 'scenario')} each\n"
            f"  about {each:.2g} s a run: {_time(seconds)} with {_many(jobs, 'process', 'es')}\n"
            f"  at most {math.ceil(megabytes):,} MB while it runs")


def _many(count: int, what: str, more: str = "s") -> str:
    return f"{count} {what}{more if count != 1 else ''}"


def _time(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} minutes" if seconds < 6000 else f"{seconds / 3600:.1f} hours"


def rerun(options: Namespace, argv: Sequence[str]) -> int:
    """Make a run again from its manifest and say whether every table is the same to the byte."""
    from nbhdsim import cli_progress, runfolder
    from nbhdsim.experiment import again

    given = Path(options.manifest)
    if not given.exists():
        raise NbhdsimError.of(f"{given}: no such run folder or manifest")
    folder = given if given.is_dir() else given.parent
    runfolder.read(folder)
    options.interrupt.notice = STOPPING
    with cli_progress.shown(lambda: options.interrupt.asked) as progress:
        result = again.perform(folder, compare=options.compare, out=Path(options.out), jobs=options.jobs, argv=["nbhdsim", *argv],
                               progress=progress)
    before, after = (json.loads((f / "manifest.json").read_text(encoding="utf-8"))["tables"] for f in (folder, result.folder))
    other = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    tell(f"{len(before) - len(other)} of {len(before)} tables are the same to the byte"
         + (f"; different: {', '.join(other)} (nbhdsim diff {folder} {result.folder})" if other else ""))
    return FAILED if other or _ended(result) else OK


def diff(options: Namespace, argv: Sequence[str]) -> int:
    """Print what is different between two scenarios or two run folders."""
    from nbhdsim import documents, runfolder
    from nbhdsim.report import differences

    one, other = map(Path, options.both)
    if one.exists() and other.exists() and one.is_dir() != other.is_dir():
        folder, file = (one, other) if one.is_dir() else (other, one)
        raise NbhdsimError.of(f"{folder} is a folder and {file} a file (give two scenarios, or two run folders)")
    if one.is_dir() and other.is_dir():
        for folder in (one, other):
            runfolder.read(folder)
        lines = differences.folders(one, other, [documents.read_yaml(f / "resolved.yaml").data for f in (one, other)])
    else:
        options.sets, options.seed = [], None
        lines = differences.scenarios(*cli_verbs.load(options.both, options))
    tell(f"from {one} to {other}:\n" + ("\n".join(lines) or "  nothing is different"))
    return OK


