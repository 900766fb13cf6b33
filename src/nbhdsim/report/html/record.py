"""How it was worked out, what it rests on, what was run, and what it cannot say: the pages behind the answer."""

import json
from collections.abc import Mapping
from typing import Any

from nbhdsim.report import words
from nbhdsim.report.html.blocks import Block, Group, Items, Link, More, Say, Section, Table, plain
from nbhdsim.report.html.run import Run

LONG = 300
ROWS = 1000


def method(run: Run) -> Section:
    """What kind of model this is, and how the figures are made."""
    first = run.reference
    blocks: list[Block] = [
        Say(
            "nbhdsim is an agent-based simulation. It moves every resident of an area through time, month by month. It "
            "lets programmes act "
            "on those they reach, and counts emergency admissions and wellbeing with and without them."
        ),
        Items(
            [
                f"Area: {run.area}. Period: {run.period} ({run.years}), after {first.history} months of history.",
                f"Counterfactual: '{run.label[first.name]}', in the same futures, with the same residents and the same luck.",
                words.futures(*run.futures) if run.answer else "No finished futures could be read.",
                "A 90% range is a prediction interval for one more simulated future (t law). It is not a confidence "
                "interval of the mean.",
                "Costs are real pounds at 2024/25 prices. They are not discounted unless a table says so.",
                "Neighbourhoods have one deprivation quintile each; 1 is the most deprived fifth of England.",
            ]
        ),
        Table("Options", ["Scenario", "What it funds", "Stance"], [_option(run, s) for s in run.scenarios]),
    ]
    return Section("method", "Method", blocks)


def _option(run: Run, scenario: Any) -> list[str]:
    given = scenario.data.get("interventions") or {}
    funded = [plain(line.kind.name, 60) for line in scenario.lines.values()] or [
        plain(str(key).replace("_", " "), 60) for key in given
    ]
    return [run.label[scenario.name], "; ".join(dict.fromkeys(funded)) or "nothing", scenario.stance or "not known"]


def ledger(run: Run) -> Section | None:
    """Every number the run rests on; None without a ledger."""
    if run.evidence is None:
        return None
    frame: Any = run.evidence
    counts = [
        [words.grade(letter), *(f"{int(((frame['grade'] == letter) & (frame['basis'] == basis)).sum()):,}" for basis in BASES)]
        for letter in words.GRADES
    ]
    rows = [_number(row) for row in frame.head(ROWS).to_dict("records")]
    more = (
        f"The first {ROWS} of {len(frame):,}; the rest is in evidence.csv."
        if len(frame) > ROWS
        else "The same rows are in evidence.csv."
    )
    return Section(
        "ledger",
        "Evidence ledger",
        [
            Say(
                f"The run rests on {words.many(len(frame), 'number')}. Each has a value, a range, a grade and a source, "
                f"or says that it has none."
            ),
            Table("Numbers by grade and basis", ["Grade", *BASES], counts),
            More(
                "All numbers",
                [
                    Table(
                        "Every number the run rests on",
                        ["Address", "Value (5% to 95%)", "Unit", "Grade", "Basis", "Source"],
                        rows,
                        more,
                    )
                ],
            ),
        ],
    )


BASES = ("read", "computed", "recalled", "judged", "assumption")


def _number(row: Mapping[str, Any]) -> list[str | Link]:
    who = f"{row['source_by'] or row['source_title']} {row['source_year'] or ''}".strip()
    return [
        row["address"],
        words.span(row["value"], row["low"], row["high"]),
        row["unit"] or "no unit",
        row["grade"],
        row["basis"],
        Link(plain(who, 120) or "none", row["source_url"]),
    ]


def manifest(run: Run) -> Section:
    """What was run, so that it can be made again to the byte."""
    m = run.manifest
    counts = m.get("counts") or {}
    rows = [
        ["Folder", run.folder.name],
        ["Version of nbhdsim", _known(m, "package")],
        ["Source", _known(m, "source", "git")],
        ["Python", _known(m, "python")],
        ["Seed", _known(m, "seed")],
        ["Hash of what was asked", _known(m, "config_hash")],
        ["Futures", f"{counts.get('done', 0)} done, {counts.get('failed', 0)} failed, of {counts.get('planned', 0)} planned"],
        ["Started", _known(m, "started")],
        ["Ended", str(m.get("ended") or "not ended")],
        ["Command", plain(" ".join(map(str, m.get("argv") or ["not known"])), LONG)],
    ]
    packages = [[plain(k), plain(v)] for k, v in (m.get("dependencies") or {}).items()]
    files = [[plain(k), plain(v)] for kind in ("data_hashes", "tables") for k, v in (m.get(kind) or {}).items()]
    return Section(
        "manifest",
        "Record of this run",
        [
            Say("`nbhdsim rerun manifest.json` makes this run again and says whether every table is the same."),
            Table("What was run", ["What", "Value"], rows),
            More(
                "Packages and hashes of files",
                [Table("Packages", ["Package", "Version"], packages), Table("SHA-256 of files", ["File", "Hash"], files)],
            ),
            More(
                "Everything that was asked, as it was resolved",
                [Say(json.dumps(run.resolved, ensure_ascii=False, default=str)[:3900])],
            ),
        ],
    )


def _known(manifest: Mapping[str, Any], *names: str) -> str:
    """The first of these entries that a manifest has."""
    return next((plain(manifest[name]) for name in names if manifest.get(name) is not None), "not known")


def limits(run: Run) -> Section:
    """What this report cannot say."""
    unsaid = [Group("What this run cannot say", [Items(list(run.unsaid))])] if run.unsaid else []
    return Section(
        "limits",
        "Limits",
        [
            *unsaid,
            Items(
                [
                    "People in this model are invented. Areas use open published data. No figure is about a real person.",
                    "The model has not been checked against later data from this area. It has not been reviewed by "
                    "anybody outside its making.",
                    "Effects come from studies elsewhere, or from judgement. They are taken to hold here.",
                    "What no evidence was put in for is not modelled. It is left out, and is not zero.",
                    "Where one resident does better in one world than in the other, that illustrates a cause. It does not "
                    "count winners.",
                    "The observed count will move by more than most effects shown here, whatever is funded.",
                ]
            ),
        ],
    )
