"""The part of the answer on each programme: whom it reached, how many of its places were taken, and what each person cost."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from nbhdsim.report import words

HANDFUL = 20
"""People reached, below which a programme has no row of its own."""
ONCE = "Ever reached and still there, each once"
Line = tuple[str, Sequence[str]]
Held = dict[tuple[str, str], Mapping[Any, Any]]


def lines(reached: pd.DataFrame, scenarios: Sequence[Any]) -> list[Line]:
    """Rows of people ever reached, mean over futures: by any programme, those alone who still live there; by each, with whom it
    counts, and below it the share of its places taken and the pounds for each of them. reached: `comparison.reached`."""
    held, kinds = _held(reached), _kinds(scenarios)
    out: list[Line] = [(ONCE, [_count(held.get((s.name, ""))) for s in scenarios])]
    for key, kind in kinds.items():
        mine = [held.get((s.name, key)) for s in scenarios]
        if not _few(mine):
            out.append((f"  {key} ({words.WHOM[kind.delivery]})", [_count(row) for row in mine]))
            out += _second([row if s.lines.get(key) else None for s, row in zip(scenarios, mine, strict=True)], kind)
    return out


def handful(reached: pd.DataFrame, scenarios: Sequence[Any]) -> str:
    """The programmes that reach so few that they have no row, in a sentence; "" where there are none."""
    held, told = _held(reached), list[str]()
    for key in _kinds(scenarios):
        mine = [held.get((s.name, key)) for s in scenarios]
        told += [f"{key} ({row['mean']:.2g}{_each(row)})" for row in mine if row and _few(mine)]
    return f"A handful of people each, and no row above: {', '.join(told)}." if told else ""


def _held(reached: pd.DataFrame) -> Held:
    return {(row["scenario"], row["programme"]): row for row in reached.to_dict("records")}


def _kinds(scenarios: Sequence[Any]) -> dict[str, Any]:
    """Kind by key of all programmes that take anybody in; a cut takes in nobody."""
    return {line.key: line.kind for s in scenarios for line in s.lines.values() if not line.stop}


def _few(rows: Sequence[Mapping[Any, Any] | None]) -> bool:
    return all(row is None or row["mean"] < HANDFUL for row in rows)


def _count(row: Mapping[Any, Any] | None) -> str:
    return f"{row['mean']:,.0f}" if row and row["mean"] else "-"


def limited(kind: Any) -> bool:
    """Has a kind a number of places? Where it has none, whoever wants may take part."""
    return "places_per_site" in kind.quantities or {"staff", "caseload"} <= set(kind.quantities)


def _second(rows: Sequence[Mapping[Any, Any] | None], kind: Any) -> list[Line]:
    """Share of places taken and pounds for each, where there are any."""
    places, pounds = ([_known(row, name) for row in rows] for name in ("taken", "pounds"))
    shown = [[f"{x:.0%}" if x is not None else "" for x in places] if limited(kind) else [""] * len(rows),
             [_pounds(x) if x is not None else "" for x in pounds]]
    labels = [label for label, cells in zip(("places taken", "pounds for each"), shown, strict=True) if any(cells)]
    cells = ["; ".join(filter(None, both)) or "-" for both in zip(*shown, strict=True)]
    return [(f"    {'; '.join(labels)}", cells)] if labels else []


def _known(row: Mapping[Any, Any] | None, name: str) -> float | None:
    return None if row is None or pd.isna(row[name]) else row[name]


def _each(row: Mapping[Any, Any]) -> str:
    pounds = _known(row, "pounds")
    return "" if pounds is None else f" at {_pounds(pounds)} pounds each"


def _pounds(x: float) -> str:
    """Three figures, and pence below a pound alone: `10,300`, `57`, `0.45`."""
    return words.show(x, 10.0 ** max(len(str(int(x))) - 3, 0) if x >= 1 else 0.01, sign=False)
