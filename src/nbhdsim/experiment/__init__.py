"""One runner for every kind of run: plan the futures, run them over processes, put their rows into one folder.

A future is one (draw, replicate) with all scenarios; it is the unit of work. The rows of a future are a pure function
of (scenarios, draw, replicate), each worker writes them as a part of its own, and finished tables are joined in the
order of the plan: the number of workers, a lost worker or the order of completion change no byte.
"""

import hashlib
import json
import os
import platform
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nbhdsim import documents, ledger, rates, runfolder, tables
from nbhdsim.areas import chosen
from nbhdsim.errors import NbhdsimError, Problem
from nbhdsim.scenario import AreaSpec
from nbhdsim.scenario.months import month_text
from nbhdsim.workers import Future, Outcome, outcomes, without_interrupts

SHARED = ("area", "seed", "start", "months", "history", "ageing")
"""What the scenarios of one comparison must have in common: they branch from one history of one population."""
SMALL = 150_000_000
"""Resident-months below which one process beats starting several (a few seconds of work)."""
MOST_FUTURES = 100_000


class Report(NamedTuple):
    """What a progress call gets: futures done, failed and planned, and seconds since the start."""

    done: int
    failed: int
    planned: int
    seconds: float


@dataclass
class Result:
    """A finished run: its folder and how many futures were planned, done and failed."""

    folder: Path
    planned: int
    done: int
    failed: int


def plan(replicates: int, draws: int) -> list[Future]:
    """Draw 0 with replicates 0..R-1, then draw d with replicate R+d-1: R + D futures in run order.

    Raises NbhdsimError when replicates < 1, draws < 0, or there are more than MOST_FUTURES.
    """
    if replicates + draws > MOST_FUTURES:
        raise NbhdsimError.of(f"replicates and draws: {replicates + draws:,} futures (at most {MOST_FUTURES:,})")
    if replicates < 1:
        raise NbhdsimError.of(f"replicates: {replicates} is less than 1 (futures with central values, 1 or more)")
    if draws < 0:
        raise NbhdsimError.of(f"draws: {draws} is less than 0 (futures with sampled values, 0 or more)")
    pairs = [(0, r) for r in range(replicates)] + [(d, replicates + d - 1) for d in range(1, draws + 1)]
    return [Future(run, draw, replicate) for run, (draw, replicate) in enumerate(pairs)]


def _shown(value: Any) -> str:
    """An area, a month or a number as a scenario file has it."""
    if isinstance(value, tuple):
        return month_text(0, value)
    if isinstance(value, AreaSpec):
        return value.csv or value.name + (f" of {value.residents:,} residents" if value.residents else "")
    return str(value)


def _law(quantity: Any) -> str:
    return f"{quantity.value:g} ({quantity.low:g} to {quantity.high:g}, {quantity.law})"


def check_comparable(scenarios: Sequence[Any]) -> None:
    """Raises NbhdsimError, all problems at once, when scenarios differ in what one history needs, or share a name."""
    first, problems = scenarios[0], list[Problem]()
    for other in scenarios[1:]:
        file = str(other.file)
        for name in SHARED:
            a, b = getattr(first, name), getattr(other, name)
            if a != b:
                problems.append(Problem(file, 0, 0, name, f"{_shown(b)} differs from {_shown(a)} in {first.name!r} (scenarios "
                                        f"that are compared share {', '.join(SHARED)})"))
        both = (set(first.quantities) & set(other.quantities)) - set(rates.CHANNELS.values())
        for address in sorted(a for a in both if a.startswith("baseline.")):
            a, b = (_law(s.quantities[address]) for s in (first, other))
            if a != b:
                problems.append(Problem(file, 0, 0, address, f"{b} differs from {a} in {first.name!r} (scenarios that are compared "
                                        f"share every baseline number but {', '.join(rates.CHANNELS.values())})"))
    for name, count in Counter(s.name for s in scenarios).items():
        if count > 1:
            problems.append(Problem("", 0, 0, "name", f"{name!r} is the name of {count} scenarios (names must differ)"))
    if problems:
        raise NbhdsimError(problems)


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def size(scenarios: Sequence[Any], futures: int) -> int:
    """Resident-months of a run: history once, then the months of each scenario, in every future."""
    first = scenarios[0]
    area = chosen.area(first.area)
    return int(area.residents.sum()) * (first.history + first.months * len(scenarios)) * futures


def processes(jobs: int | None, scenarios: Sequence[Any], futures: int) -> int:
    """Processes to use: those asked for, else one for small work and all cores otherwise; never more than futures.

    Raises NbhdsimError when jobs < 1.
    """
    if jobs is not None and jobs < 1:
        raise NbhdsimError.of(f"--jobs: {jobs} is less than 1 (processes, 1 or more)")
    wanted = jobs if jobs is not None else 1 if size(scenarios, futures) < SMALL else cores()
    return min(wanted, futures)


@dataclass
class _Tally:
    """Outcomes so far, in the order of the plan when asked."""

    outcomes: dict[int, Outcome] = field(default_factory=dict)

    def good(self) -> list[int]:
        return sorted(run for run, o in self.outcomes.items() if not o.error)

    def failed(self) -> int:
        return sum(bool(o.error) for o in self.outcomes.values())


def execute(folder: runfolder.RunFolder, scenarios: Sequence[Any], futures: Sequence[Future], *, jobs: int, tally: _Tally,
            progress: Callable[[Report], None]) -> None:
    """Run all futures into the folder's parts. Raises NbhdsimError when the model refuses the input at once."""
    begun = time.monotonic()

    def tick() -> None:
        done = len(tally.good())
        progress(Report(done, tally.failed(), len(futures), time.monotonic() - begun))

    tick()
    with closing(outcomes(scenarios, futures, folder.parts, jobs=jobs, tick=tick)) as found:
        for outcome in found:
            if outcome.refused and not tally.good():
                raise NbhdsimError.of(outcome.error)
            tally.outcomes[outcome.future.run] = outcome
            f = outcome.future
            if outcome.error:
                folder.error(run=f.run, draw=f.draw, replicate=f.replicate, error=outcome.error)
            folder.log(f"run {f.run} draw {f.draw} replicate {f.replicate}: "
                       f"{'failed' if outcome.error else 'done'} in {outcome.seconds:.2f} s")
            tick()


def draws_table(scenarios: Sequence[Any], futures: Sequence[Future]) -> dict[str, Any]:
    """Every sampled number by draw and address, with its quantile u (NaN at draw 0, which has central values).

    Where a later scenario overrides an address, its own numbers stand as `<address> @ <scenario>`.
    """
    from nbhdsim import evidence

    rows: list[tuple[int, str, float, float]] = []
    for draw in sorted({f.draw for f in futures}):
        seen: dict[str, float] = {}
        for scenario in scenarios:
            for address, value in evidence.draw_values(scenario.quantities, seed=scenario.seed, draw=draw).items():
                if seen.get(address) == value:
                    continue
                label = f"{address} @ {scenario.name}" if address in seen else address
                seen.setdefault(address, value)
                u = evidence.uniform_of(scenario.quantities[address], seed=scenario.seed, draw=draw)
                rows.append((draw, label, u if draw else float("nan"), float(value)))
    kinds = {"draw": np.int32, "address": object, "u": float, "value": float}
    return {name: np.array([row[i] for row in rows], kind) for i, (name, kind) in enumerate(kinds.items())}


def write_results(folder: runfolder.RunFolder, futures: Sequence[Future], tally: _Tally) -> None:
    """Finished tables, CSV twins and the hashes of the tables, from the parts of the futures that worked."""
    from nbhdsim.outcomes import OUTCOMES

    good = tally.good()
    tables.assemble(folder.parts, folder.path, sorted(good, key=lambda run: futures[run][1:]))
    plan_rows = {"run": [f.run for f in futures], "draw": [f.draw for f in futures], "replicate": [f.replicate for f in futures],
                 "ok": [f.run in set(good) for f in futures]}
    tables.write_parquet(tables.to_arrow("runs", plan_rows), folder.path / "runs.parquet")
    tried = [tally.outcomes[run] for run in sorted(tally.outcomes)]
    timing = {"run": [o.future.run for o in tried], "seconds": np.array([o.seconds for o in tried], float),
              "host": platform.node(), "attempt": np.ones(len(tried), np.int32)}
    tables.write_parquet(tables.to_arrow("timing", timing), folder.path / "timing.parquet")
    extent = tables.twins(folder.path, {name: outcome.scale for name, outcome in OUTCOMES.items()})
    hashes = {p.name: runfolder.file_hash(p) for p in sorted(folder.path.glob("*.parquet")) if p.name != "timing.parquet"}
    folder.save(csv_outcomes=extent, tables=hashes)


def resolved(scenarios: Sequence[Any], *, name: str, replicates: int, draws: int) -> dict[str, Any]:
    """The experiment as plain values, complete: this and the version make the run again. `numbers` is a hash of all
    quantities and tables, so a changed catalogue gives another run folder.
    """
    held = [{a: repr((q.value, q.low, q.high, q.law, q.stage)) for a, q in s.quantities.items()}
            | {a: repr(np.asarray(t).tolist() if hasattr(t, "shape") else t) for a, t in s.tables.items()}
            | {f"kind {key}": repr(line.kind) for key, line in s.lines.items()}
            | {"area": Path(s.area.csv).read_text(encoding="utf-8-sig") if s.area.csv else s.area.name} for s in scenarios]
    digest = hashlib.sha256(json.dumps(held, sort_keys=True).encode()).hexdigest()
    return {"schema": "experiment/1", "name": name, "method": {"kind": "compare"}, "replicates": replicates, "draws": draws,
            "numbers": digest, "scenarios": [{"name": s.name, **s.data} for s in scenarios]}


def texts(scenarios: Sequence[Any]) -> dict[str, str]:
    """Every file the scenarios were read from (YAML and area CSV), with its text, each once."""
    found = {name: text for s in scenarios for name, text in s.texts.items()}
    return found | {s.area.csv: Path(s.area.csv).read_text(encoding="utf-8-sig") for s in scenarios if s.area.csv}


def run(scenarios: Sequence[Any], *, name: str, replicates: int = 6, draws: int = 18, jobs: int | None = None,
        out: Path = Path("runs"), argv: Sequence[str] = (), progress: Callable[[Report], None] = lambda report: None) -> Result:
    """Run scenarios in all futures of a plan and write the run folder; `progress` is told after each future.

    Raises NbhdsimError for bad input, with nothing written, and KeyboardInterrupt after leaving a readable folder.
    """
    check_comparable(scenarios)
    futures = plan(replicates, draws)
    workers = processes(jobs, scenarios, len(futures))
    whole = resolved(scenarios, name=name, replicates=replicates, draws=draws)
    with without_interrupts():              # no folder without its manifest
        folder = runfolder.create(out, resolved=whole, resolved_text=documents.to_text(whole), texts=texts(scenarios),
                                  seed=scenarios[0].seed, argv=argv, planned=len(futures))
    tally = _Tally()
    try:
        tables.write_parquet(tables.to_arrow("draws", draws_table(scenarios, futures)), folder.path / "draws.parquet")
        ledger.write(folder.path / ledger.FILE, ledger.of(scenarios))
        execute(folder, scenarios, futures, jobs=workers, tally=tally, progress=progress)
        return _finish(folder, futures, tally)
    except NbhdsimError:
        if not tally.good():
            folder.discard()
        raise
    except KeyboardInterrupt:
        with without_interrupts():          # a second Ctrl-C does not lose what was done; tables half written are begun anew
            folder.log("interrupted")
            _finish(folder, futures, tally)
        raise
    finally:
        folder.close()


def _finish(folder: runfolder.RunFolder, futures: Sequence[Future], tally: _Tally) -> Result:
    """Write what there is and say in the manifest how much was done, before the tables and, with `complete`, after them.

    Called again after an interrupt, it writes what was not: all tables, or none once the manifest says that it ended.
    """
    done, failed = len(tally.good()), tally.failed()
    if folder.manifest["ended"] is None:
        folder.save(counts={"planned": len(futures), "done": done, "failed": failed})
        if done:
            write_results(folder, futures, tally)
            ledger.complete(folder.path)
        folder.log("ended")
    folder.save(ended=folder.manifest["ended"] or runfolder.now(), complete=done == len(futures))
    if done + failed == len(futures):
        folder.drop_parts()
    return Result(folder.path, len(futures), done, failed)
