"""What every kind of run plans: the futures of scenarios, what may be compared, and how many processes it takes.

A future is one (draw, replicate) with all scenarios; it is the unit of work. The rows of a future are a pure function
of (scenarios, draw, replicate), and finished tables are in the order of their keys: the number of workers, a lost worker, a
stop or the order of completion change no byte.
"""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nbhdsim import documents, ledger, rates, runfolder, tables
from nbhdsim.areas import chosen
from nbhdsim.errors import NbhdsimError, Problem
from nbhdsim.runner import Report, Result, Runner
from nbhdsim.scenario import AreaSpec
from nbhdsim.scenario.months import month_text
from nbhdsim.workers import Future, Work, without_interrupts

SHARED = ("area", "seed", "start", "months", "history", "ageing")
"""What the scenarios of one comparison must have in common: they branch from one history of one population."""
SMALL = 150_000_000
"""Resident-months below which one process beats starting several (a few seconds of work)."""
MOST_FUTURES = 100_000
TEMPLATES = Path(__file__).parent / "templates"
"""Experiment files to begin with, and the scenarios they are about."""


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
        for address in sorted(a for a in first.worth if _law(first.worth[a]) != _law(other.worth[a])):
            said = " differs from ".join(_law(s.worth[address]) for s in (other, first))
            problems.append(Problem(file, 0, 0, address, f"{said} in {first.name!r} (scenarios that are compared value alike)"))
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
        out: Path = Path("runs"), argv: Sequence[str] = (), progress: Callable[[Report], None] = lambda report: None,
        anew: bool = False, retry_failed: bool = False, cluster: str | None = None) -> Result:
    """Run scenarios in all futures of a plan and write the run folder; `progress` is told after each chunk of futures.

    A folder that an earlier run left incomplete is gone on with, unless `anew`. Raises NbhdsimError for bad input, with nothing
    written, and KeyboardInterrupt or Stopped after leaving a folder that can be gone on with.
    """
    check_comparable(scenarios)
    futures = plan(replicates, draws)
    workers = processes(jobs, scenarios, len(futures)) if cluster is None else jobs or cores()
    whole = resolved(scenarios, name=name, replicates=replicates, draws=draws)
    with without_interrupts():              # no folder without its manifest
        folder = runfolder.create(out, resolved=whole, resolved_text=documents.to_text(whole), texts=texts(scenarios),
                                  seed=scenarios[0].seed, argv=argv, planned=len(futures), anew=anew)

    def first() -> None:
        tables.write_parquet(tables.to_arrow("draws", draws_table(scenarios, futures)), folder.path / "draws.parquet")
        ledger.write(folder.path / ledger.FILE, ledger.of(scenarios))

    def last() -> None:
        ledger.complete(folder.path)

    runner = Runner(folder, futures, retry_failed=retry_failed)
    return runner.carry_out(Work(scenarios), jobs=workers, cluster=cluster, progress=progress, first=first, last=last)
