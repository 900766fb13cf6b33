"""What each verb does: load, call the floor below, print. Imported once a verb is known."""

import hashlib
import sys
from argparse import Namespace
from collections.abc import Collection, Sequence
from pathlib import Path
from shutil import get_terminal_size
from tempfile import TemporaryDirectory
from typing import Any

from nbhdsim.errors import NbhdsimError

OK, FAILED = 0, 1
COMPILING = 20
"""Seconds the first compilation takes on a machine of two cores (measured; it is said so nobody thinks it hangs)."""
STOPPING = "stopping: what is done is being written; the same command goes on with the rest\n"
LONG = 5
"""Seconds of work from which on it is said beforehand how long it will take."""
PRICES = "  (at central prices; where a future draws others, funding buys more or fewer sites, and sites cost more or less)"


def tell(text: str) -> None:
    """Text to stdout with a line end."""
    sys.stdout.write(text + "\n")


def load(files: Sequence[str], options: Namespace) -> list[Any]:
    """The scenarios of files with the changes of `--set` and `--seed`; NbhdsimError with the problems of all files."""
    from nbhdsim.scenario import schema

    scenarios = schema.load_all(files, sets=options.sets, seed=options.seed)
    _say_idle(scenarios)
    return scenarios


def _say_idle(scenarios: Sequence[Any]) -> None:
    """Say which numbers were set of programmes that no scenario has: they change nothing."""
    from nbhdsim import cli_progress

    known = {name for scenario in scenarios for line in scenario.lines.values() for name in (line.key, line.kind.id, line.stop)}
    given = {address: address.split(".")[1] for scenario in scenarios for address in scenario.data.get("overrides") or {}
             if address.startswith("interventions.")}
    for address, name in given.items():
        if name not in known:
            cli_progress.say(f"overrides: {address} changes nothing, for no scenario here funds {name}")


def check(options: Namespace, argv: Sequence[str]) -> int:
    """Print what each scenario buys, what it adjusts, and `ok`."""
    from nbhdsim.report import purchase

    told = []
    for scenario in load(options.files, options):
        told.append("\n".join([purchase.bought(scenario), *_besides(scenario), f"{scenario.file}: ok"]))
    tell("\n\n".join(told))
    return OK


def _besides(scenario: Any) -> list[str]:
    """Lines about prices, where something is paid for, and about what is adjusted, with or without money."""
    from nbhdsim.scenario import adjust

    lines = scenario.lines.values()
    adjusted = [f"  {x.key} moves {adjust.words(x)}" for x in lines if x.kind.delivery == "adjust"]
    priced = any(line.amount is not None and line.kind.cost is not None for line in lines)
    return ([PRICES] if priced else []) + adjusted + _idle(lines) + _unfollowed(lines)


def _idle(lines: Collection[Any]) -> list[str]:
    """Lines about programmes all of whose effects are on other programmes, where there is no other."""
    from nbhdsim.relations import BETWEEN
    from nbhdsim.scenario.funding import by_patient

    alone = [x for x in lines if (x.kind.effects or by_patient(x)) and all(effect.lever in BETWEEN for effect in x.kind.effects)]
    return [f"  {x.key} states effects on other programmes only, and no other is funded: nothing will change" for x in alone
            if len(alone) == len(lines)]


def _unfollowed(lines: Collection[Any]) -> list[str]:
    """Lines about money that would follow patients whom nobody sends, or sends nowhere."""
    from nbhdsim.scenario.funding import by_patient

    contracts = [x for x in lines if by_patient(x)] if len(lines) > 1 else []
    handing = [q for x in lines if x.payers.get("icb") and (q := x.kind.quantities.get("handover"))]
    sends, takes = any(q.value > 0 for q in handing), any(x.kind.voluntary for x in lines)
    lacking = "no programme that the ICB pays for hands patients over" if not sends else "no voluntary service is funded"
    return [f"  {x.key}: {lacking}, so that none of its money will be spent" for x in contracts if not (sends and takes)]


def run(options: Namespace, argv: Sequence[str]) -> int:
    """Run one scenario and print its levels."""
    return _run(load(options.files, options), options, argv, name="")


def compare(options: Namespace, argv: Sequence[str]) -> int:
    """Run two or more scenarios side by side and print what changes against the first."""
    if len(options.files) < 2:
        raise NbhdsimError.of("compare needs two scenarios or more (the first is what the others are compared with; "
                              "`nbhdsim run` takes one)")
    scenarios = load(options.files, options)
    _say_reference(scenarios)
    return _run(scenarios, options, argv, name="compare")


def _say_reference(scenarios: Sequence[Any]) -> None:
    """Say so where the first scenario funds something and a later one nothing (files in the order of `*.yaml`)."""
    from nbhdsim import cli_progress

    nothing = [scenario.name for scenario in scenarios[1:] if not scenario.lines]
    if scenarios[0].lines and nothing:
        cli_progress.say(f"the others are compared with the first, '{scenarios[0].name}'; '{nothing[0]}' funds nothing: "
                         "name its file first to compare with that")


def _run(scenarios: Sequence[Any], options: Namespace, argv: Sequence[str], *, name: str) -> int:
    from nbhdsim import cli_progress, experiment
    from nbhdsim.report import summary

    if not options.out:
        raise NbhdsimError.of("--out: needs a folder (`--out .` is this one)")
    experiment.check_comparable(scenarios)          # before anything is said of what will be done
    if not compiled():
        cli_progress.say(f"compiling (first run on this machine, about {COMPILING} s)")
    options.interrupt.notice = STOPPING
    with cli_progress.shown(lambda: options.interrupt.asked) as progress:
        result = experiment.run(scenarios, name=name or scenarios[0].name, replicates=options.replicates, draws=options.draws,
                                jobs=options.jobs, out=Path(options.out), argv=["nbhdsim", *argv], progress=progress,
                                anew=options.anew, retry_failed=options.retry_failed, cluster=options.cluster)
    if result.done:
        tell(summary.finish(result.folder, scenarios))
        _report(result.folder)
    tell(f"\n{result.done} of {result.planned} futures in {result.folder}")
    if result.failed:
        cli_progress.say(f"{result.failed} futures failed: see {result.folder / 'errors.jsonl'} (--retry-failed runs them again)")
    return FAILED if result.failed else OK


def _report(folder: Path) -> None:
    """Make the report of a run that has just ended; what keeps it from being made is said, and the run stands."""
    from nbhdsim import cli_progress
    from nbhdsim.report import html

    try:
        tell(f"\nReport: {html.make_report(folder)}")
    except NbhdsimError as error:
        cli_progress.say(f"no report: {error}")


def compiled() -> bool:
    """Is there machine code of a month for the program as it stands here?

    Numba keeps it by folder of the source (its name and the SHA-1 of its path) and file, within a folder named by what the files
    say; what other verbs compile is not enough.
    """
    from nbhdsim import rng

    source = Path(rng.__file__).with_name("step")
    folder = f"step_{hashlib.sha1(str(source).encode(), usedforsecurity=False).hexdigest()}"
    return any((rng.cache_folder() / folder).glob("events.*.nbc"))


def catalogue(options: Namespace, argv: Sequence[str]) -> int:
    """List the interventions of the catalogue, or print one on a screen."""
    from nbhdsim.report import screen

    folder = None if options.source is None else _own_folder(options.source)
    tell(screen.one(options.id, folder) if options.id else screen.listed(folder))
    return OK


def _own_folder(source: str) -> str:
    """The folder of interventions that `--from` means: itself, or the `catalogue:` of a scenario file."""
    from nbhdsim import documents

    if source.endswith((".yaml", ".yml")):
        document = documents.read_extended(source)
        if not isinstance(given := document.data.get("catalogue"), str):
            raise NbhdsimError.of("has no `catalogue:` (a folder with interventions of your own)", file=source)
        source = str(Path(document.place(("catalogue",)).file).parent / given)
    if not list(Path(source).glob("*.yaml")):
        raise NbhdsimError.of(f"--from: '{source}' {'has no YAML files' if Path(source).is_dir() else 'is not a folder'}")
    return source


def evidence(options: Namespace, argv: Sequence[str]) -> int:
    """Print the evidence ledger of the package, a scenario or a run folder, and write it if asked."""
    from nbhdsim import ledger
    from nbhdsim.report import ledger as screen

    run = options.what is not None and Path(options.what).is_dir()
    if (options.sets or options.seed is not None) and (run or options.what is None):
        raise NbhdsimError.of("--set and --seed change a scenario (nbhdsim evidence SCENARIO)")
    hangs: Sequence[Any] = ()
    if options.what is None:
        title, frame = "Evidence ledger of the package", ledger.package()
    elif run:
        title, frame = f"Evidence ledger of {options.what}", ledger.read(Path(options.what))
        hangs = ledger.hanging(Path(options.what), frame)
    else:
        scenario = load([options.what], options)[0]
        title, frame = f"Evidence ledger of '{scenario.name}'", ledger.of([scenario])
    if options.out is not None:
        ledger.write_to(options.out, frame)
    width = min(max(get_terminal_size((120, 24)).columns, 100), 160)
    tell(screen.text(title, frame, hangs=hangs, width=width, headed=options.what is not None))
    return OK


def explain(options: Namespace, argv: Sequence[str]) -> int:
    """Print whose each difference is, how it came, and what programmes do together; or one resident's path."""
    from nbhdsim import cli_progress, experiment, explain
    from nbhdsim.explain import future, rebuilt, resident
    from nbhdsim.report import explained

    case = rebuilt.case(options.what, futures=options.futures, sets=options.sets, seed=options.seed,
                        central=options.resident is not None)
    reference, *others = case.scenarios
    if not compiled():
        cli_progress.say(f"compiling (first run on this machine, about {COMPILING} s)")
    if options.resident is not None:
        tell("\n\n".join(explained.resident(story, reference.name) for story in resident.of(case, options.resident)))
        return OK
    jobs = experiment.processes(options.jobs, case.scenarios, len(case.futures) * max(map(future.count, others)))
    jobs = min(jobs, len(case.futures))
    seconds = future.seconds(case.scenarios, len(case.futures), jobs)
    if seconds > LONG:
        cli_progress.say(f"about {seconds:.0f} s, more on a busy machine ({sum(map(future.count, others))} worlds a future)")
    table = explain.run(case, jobs=jobs, progress=lambda done: cli_progress.say(f"{done} of {len(case.futures)} futures explained"))
    counts = sum(future.draw == 0 for future in case.futures), sum(future.draw > 0 for future in case.futures)
    tell(explained.text(explain.mean(table), futures=counts, months=reference.months, reference=reference.name,
                        title=others[0].name if case.folder is None else case.folder.name,
                        answer=None if case.folder is None else explain.answer(case.folder)))
    folder = case.folder if options.out is None else Path(options.out)
    for path in explain.write(table, folder) if folder is not None else ():
        cli_progress.say(f"written: {path}")
    return OK


def report(options: Namespace, argv: Sequence[str]) -> int:
    """Make the report of a run folder again, and say where it is."""
    from nbhdsim.report import html

    if options.out is not None and (not options.out or Path(options.out).is_dir()):
        raise NbhdsimError.of(f"--out: '{options.out}' is a folder (name a file, such as {html.FILE})")
    out = None if options.out is None else Path(options.out)
    tell(str(html.make_report(Path(options.what), out=out, perspective=options.perspective, sets=options.sets)))
    return OK


def status(options: Namespace, argv: Sequence[str]) -> int:
    """Print how far a run is."""
    from nbhdsim.report import status as screen

    tell(screen.text(Path(options.what)))
    return OK


def network(options: Namespace, argv: Sequence[str]) -> int:
    """Print the measures of a network beside their targets, and write it if asked."""
    from nbhdsim import network_export, population
    from nbhdsim.report import screen

    scenario = _scenario_or_area(options)
    world = population.build(scenario)
    if options.write is not None:
        network_export.write_network(world, Path(options.write), format=options.format)
    tell(screen.network(network_export.network_table(world, scenario.quantities)))
    return OK


def _scenario_or_area(options: Namespace) -> Any:
    """The scenario of a file, or a do-nothing scenario of a built-in area."""
    from nbhdsim import areas

    if options.what not in areas.names() and (options.what.endswith((".yaml", ".yml")) or Path(options.what).exists()):
        return load([options.what], options)[0]
    areas.load(options.what)  # says what the areas are, and which was perhaps meant
    with TemporaryDirectory() as folder:
        file = Path(folder) / f"{options.what}.yaml"
        file.write_text(f"schema: scenario/1\narea: {{name: {options.what}}}\nstart: 2026-04\n", encoding="utf-8")
        return load([str(file)], options)[0]
