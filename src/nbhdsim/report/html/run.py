"""A run folder as the report reads it: its tables, what its scenarios are, and what cannot be said of it, and why.

A folder of another version, one that was stopped, or one with tables missing is read as far as it goes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from nbhdsim import comparison, experiment, ledger, runfolder, tables
from nbhdsim.economics import constants
from nbhdsim.errors import NbhdsimError, nearest
from nbhdsim.experiment import again
from nbhdsim.report import summary
from nbhdsim.report.held import Held
from nbhdsim.report.html.blocks import labels, plain
from nbhdsim.scenario import schema
from nbhdsim.scenario.months import month_text, year_month

NEEDED = {"outcomes": "what changes", "costs": "what is paid", "runs": "which futures ended"}
WANTED = {
    "reach": "who was never reached",
    "delivery": "who was reached by each programme",
    "funded": "which places are funded",
    "draws": "what the sampled numbers were",
}
"""Tables, and what cannot be said without them."""
WIDEST, NARROW = "society", "public"
"""Perspectives of net present value, and of the cost of an admission avoided, where none is asked for."""
RECORDED = ["scenario", "outcome", "people", "year"]


@dataclass(frozen=True)
class Run:
    """What the sections of the report read.

    scenarios: as they were run, the first is what others are compared with (outlines without programmes where they cannot be
    rebuilt); answer: what `summary.read` gives, None where the tables cannot be read; unsaid: what cannot be said, and why;
    evidence: the ledger of the run, None without one; label: a short text for each name of a scenario.
    """

    folder: Path
    manifest: Mapping[str, Any]
    resolved: Mapping[str, Any]
    scenarios: Sequence[Any]
    answer: Any
    unsaid: Sequence[str]
    evidence: pd.DataFrame | None
    perspective: str = ""
    sets: Sequence[str] = ()

    @cached_property
    def label(self) -> dict[str, str]:
        """A short text for the name of each scenario."""
        return labels([scenario.name for scenario in self.scenarios])

    @property
    def reference(self) -> Any:
        """The scenario that the others are compared with."""
        return self.scenarios[0]

    @property
    def others(self) -> Sequence[Any]:
        """The scenarios that are compared with it."""
        return self.scenarios[1:]

    @property
    def names(self) -> list[str]:
        """Names of those compared, in their order."""
        return [scenario.name for scenario in self.others]

    @property
    def futures(self) -> tuple[int, int]:
        """Futures with central numbers, and with sampled ones."""
        return self.answer["futures"] if self.answer else (0, 0)

    @property
    def area(self) -> str:
        """What the area is called."""
        spec = self.reference.area
        return plain((spec.name or Path(spec.csv).stem).replace("-", " ").capitalize(), 60)

    @property
    def period(self) -> str:
        """`April 2026 to March 2031`."""
        first = self.reference
        return f"{_month(month_text(0, first.start))} to {_month(month_text(first.months - 1, first.start))}"

    @property
    def years(self) -> str:
        """How long it runs: `5 years`, `18 months`."""
        months = self.reference.months
        return f"{months} months" if months % 12 else "one year" if months == 12 else f"{months // 12} years"

    @cached_property
    def held(self) -> Held:
        """The frames of the run, which its workbook is made of too."""
        return Held(self.folder, sets=self.sets, perspective=self.perspective)

    @property
    def cubes(self) -> Any:
        """Sums by year, place, age and quintile, None where they cannot be read."""
        return None if self.answer is None else self.held.sums

    @property
    def worth(self) -> Any:
        """What the run is worth (`economics.of_run.Worth`), None where it cannot be valued; `unworth` says why."""
        return None if self.answer is None else self.held.worth

    @property
    def unworth(self) -> str:
        """Why the run cannot be valued."""
        return plain(self.held.missing.get("what it is worth") or "there are no results to set against one another")

    @cached_property
    def hanging(self) -> Sequence[ledger.Hangs]:
        """What the headline of each scenario hangs on; nothing where that cannot be told."""
        if self.evidence is None or self.futures[1] < ledger.LEAST_DRAWS:
            return []
        try:
            return ledger.hanging(self.folder, self.evidence)
        except (NbhdsimError, KeyError, ValueError, pa.ArrowException):
            return []

    @cached_property
    def rows(self) -> dict[tuple[str, str, str, int], dict[str, Any]]:
        """Rows of the comparison by scenario, outcome, people and year; none where there is none."""
        found = self.answer.get("comparison") if self.answer else None
        return {} if found is None else {tuple(row[name] for name in RECORDED): row for row in found.to_dict("records")}

    def row(self, name: str, outcome: str = "emergency_admissions", *, people: str = "all", year: int = 0) -> dict[str, Any] | None:
        """A row of the comparison, None where there is none."""
        return self.rows.get((name, outcome, people, year))


MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")


def _month(text: str) -> str:
    year, month = year_month(text)
    return f"{MONTHS[month - 1]} {year}"


def read(folder: Path, *, perspective: str = "", sets: Sequence[str] = ()) -> Run:
    """The run of a folder, as far as it can be read.

    Raises NbhdsimError where it is no folder of a comparison, or of a run of one scenario.
    """
    manifest, resolved = runfolder.read(folder), again.resolved(folder)
    if resolved.get("method", {"kind": "compare"}).get("kind") != "compare":
        raise NbhdsimError.of(
            f"{folder} is an experiment, whose answers are its own (nbhdsim report takes a run of `compare` or `run`)"
        )
    if perspective and perspective not in constants.perspectives():
        known = list(constants.perspectives())
        raise NbhdsimError.of(
            f"--perspective: unknown perspective '{perspective}' ({', '.join(known)}){nearest(perspective, known)}"
        )
    constants.of_run(resolved, sets)  # what was set wrongly is said before anything is read
    unsaid = _stopped(manifest)
    scenarios, as_run = _scenarios(folder, resolved, unsaid)
    answer = _answer(folder, scenarios, as_run=as_run, unsaid=unsaid)
    scenarios = _found(scenarios, answer, unsaid)
    return Run(folder, manifest, resolved, scenarios, answer, unsaid, _evidence(folder, unsaid), perspective, tuple(sets))


def _stopped(manifest: Mapping[str, Any]) -> list[str]:
    counts = manifest.get("counts") or {}
    done, planned, failed = (int(counts.get(name) or 0) for name in ("done", "planned", "failed"))
    said = []
    if not manifest.get("complete"):
        said.append(f"This run is not complete: {done} of {planned} futures are done. Give its command again to go on with it.")
    if failed:
        said.append(f"{failed} of {planned} futures failed and are left out of every figure; errors.jsonl says why.")
    return said


def _scenarios(folder: Path, resolved: Mapping[str, Any], unsaid: list[str]) -> tuple[list[Any], bool]:
    """The scenarios, and whether they are sure to be those that were run."""
    try:
        with again.files(resolved, folder) as files:
            found = [schema.load(file) for file in files]
            numbers = experiment.resolved(found, name="", replicates=1, draws=0)["numbers"]
    except (NbhdsimError, KeyError, TypeError, ValueError, OSError):
        unsaid.append(
            "The scenarios of this folder are not in a form that this version reads. Their programmes, their stated effects "
            "and the causes of a change cannot be named; results are as the folder recorded them."
        )
        return [_outline(entry) for entry in resolved["scenarios"]], False
    if numbers == resolved.get("numbers"):
        return found, True
    unsaid.append(
        "This folder was run with numbers that the program has changed since. Results are as they were run; the causes of a "
        "change cannot be told apart, for its numbers are no longer at hand."
    )
    return found, False


def _outline(entry: Mapping[str, Any]) -> Any:
    """What is known of a scenario that cannot be rebuilt."""
    given = entry.get("area")
    area: Mapping[str, Any] = given if isinstance(given, dict) else {}
    try:
        start = year_month(str(entry.get("start")))
    except ValueError:
        start = (2000, 1)
    months = entry.get("months")
    return SimpleNamespace(
        name=str(entry.get("name", "")),
        file="",
        start=start,
        months=months if isinstance(months, int) and months > 0 else 12,
        history=0,
        seed=0,
        stance=str(entry.get("stance", "")),
        lines={},
        quantities={},
        tables={},
        data=dict(entry),
        texts={},
        area=SimpleNamespace(name=str(area.get("name") or ""), csv=str(area.get("csv") or ""), residents=None),
        area_data=None,
    )


def _answer(folder: Path, scenarios: Sequence[Any], *, as_run: bool, unsaid: list[str]) -> Mapping[str, Any] | None:
    lacking = {name: what for name, what in NEEDED.items() if not _sound(folder, name)}
    if lacking:
        unsaid.extend(
            f"The table {name}.parquet is missing, torn or of another form: {what} cannot be said."
            for name, what in lacking.items()
        )
        return None
    unsaid.extend(
        f"This folder has no usable table {name}.parquet: {what} cannot be said."
        for name, what in WANTED.items()
        if not _sound(folder, name)
    )
    try:
        answer = summary.read(folder, scenarios, recorded=not as_run)
    except (KeyError, ValueError, TypeError, IndexError, pa.ArrowException) as error:
        unsaid.append(f"The tables of this folder cannot be put together ({type(error).__name__}): no result can be said.")
        return None
    if not sum(answer["futures"]):
        unsaid.append("No future of this run ended: no result can be said.")
        return None
    if scenarios[0].name not in set(map(str, answer["found"]["outcomes"]["scenario"].unique())):
        unsaid.append(
            f"The tables have no rows of '{plain(scenarios[0].name, 60)}', which the others are compared with: no change can be "
            "said."
        )
        return None
    if not as_run and "comparison" in answer:
        answer["comparison"] = _recorded(folder, answer["comparison"], unsaid)
    return answer


def _found(scenarios: list[Any], answer: Mapping[str, Any] | None, unsaid: list[str]) -> list[Any]:
    """The scenarios that the tables have rows of, the first whatever it is."""
    if answer is None:
        return scenarios
    there = set(map(str, answer["found"]["outcomes"]["scenario"].unique()))
    lost = [scenario.name for scenario in scenarios[1:] if scenario.name not in there]
    unsaid.extend(f"The tables have no rows of scenario '{plain(name, 60)}': nothing of it can be said." for name in lost)
    return [scenario for scenario in scenarios if scenario.name not in lost]


def _sound(folder: Path, table: str) -> bool:
    """Whether a table is there, whole, and has its columns."""
    try:
        return set(tables.SCHEMAS[table].names) <= set(pq.read_schema(folder / f"{table}.parquet").names)
    except (OSError, pa.ArrowException):
        return False


def _recorded(folder: Path, found: pd.DataFrame, unsaid: list[str]) -> pd.DataFrame:
    """A comparison with the grades, and the outcomes that are not modelled, as the run wrote them down."""
    try:
        then = tables.read_frame(folder / "csv" / "comparison.csv", usecols=[*RECORDED, "grade", "why"])
    except (OSError, ValueError):
        unsaid.append(
            "csv/comparison.csv is missing or of another form: which outcomes no evidence reaches cannot be said, and a 0 may "
            "be no finding at all."
        )
        return found
    both = found.drop(columns=["grade", "why"]).merge(then, on=RECORDED, how="left")
    both[["grade", "why"]] = both[["grade", "why"]].fillna("")
    blank = both["why"] != ""
    numbers = [name for name in both.select_dtypes("number").columns if name not in ("year", "level", "replicates", "draws")]
    both.loc[blank, numbers] = float("nan")
    return both[list(comparison.COLUMNS)]


def _evidence(folder: Path, unsaid: list[str]) -> pd.DataFrame | None:
    try:
        found = ledger.read(folder)
    except (NbhdsimError, ValueError, OSError):
        found = None
    if found is None or not set(ledger.COLUMNS) <= set(found.columns):
        unsaid.append("The folder has no evidence.csv of this form: what each number rests on cannot be listed.")
        return None
    return found
