"""The catalogue and the network as text: one intervention on one screen, with what it rests on and what is unknown."""

import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

from nbhdsim.errors import NbhdsimError, nearest
from nbhdsim.interventions import schema
from nbhdsim.report import words

WIDTH = 110
GRADES = f"Grades: {words.ALL_GRADES}."


def listed(folder: str | None = None) -> str:
    """One line an intervention: id, name, delivery kind, grades of its effects; with those of a folder of your own."""
    kinds = schema.kinds(folder)
    size = max(map(len, kinds), default=0) + 2
    rows = [f"{key.ljust(size)}{kind.name} ({kind.delivery}; {_grades(kind)})" for key, kind in sorted(kinds.items())]
    return "\n".join(
        [
            *rows,
            "",
            f"{'adjust'.ljust(size)}any lever, from the scenario file alone",
            "",
            GRADES,
            "nbhdsim catalogue ID shows one.",
        ]
    )


def _grades(kind: Any) -> str:
    found = sorted({e.quantity.grade for e in kind.effects})
    return f"effects grade {', '.join(found)}" if found else "no stated effects"


def one(key: str, folder: str | None = None) -> str:
    """Everything about one intervention; NbhdsimError with the nearest word when the catalogue has no such id."""
    kinds: Mapping[str, Any] = schema.kinds(folder)
    if key not in kinds:
        allowed = sorted(kinds)
        raise NbhdsimError.of(f"unknown intervention '{key}' ({', '.join(allowed)}){nearest(key, allowed)}")
    kind = kinds[key]
    parts = [f"{kind.id}: {kind.name}", *_who(kind), *_quantities(kind), *_cost(kind), *_effects(kind)]
    parts += _listed("Harms", [f"{h.kind}: {h.why} (grade {h.grade})" for h in kind.harms])
    parts += _listed("Not known", kind.unknown)
    parts += _listed("Left out", kind.aside.values())
    return "\n".join([*parts, *_listed("Sources", _sources(kind)), "", GRADES])


def _who(kind: Any) -> list[str]:
    who = kind.who.model_dump(exclude_none=True) if hasattr(kind.who, "model_dump") else dict(kind.who or {})
    aimed = "; ".join(
        f"{name} {' to '.join(map(str, v)) if isinstance(v, list | tuple) else v}" for name, v in who.items()
    )
    return [f"  for {aimed or 'everyone'}; delivered as {kind.delivery}"]


def _range(q: Any) -> str:
    return f"{q.value:g} ({q.low:g} to {q.high:g}) {q.unit}, grade {q.grade}, {q.basis}"


def _quantities(kind: Any) -> list[str]:
    size = max(map(len, kind.quantities), default=0) + 2
    return ["", "Delivery", *(f"  {name.ljust(size)}{_range(q)}" for name, q in kind.quantities.items())]


def _cost(kind: Any) -> list[str]:
    cost = kind.cost
    if cost is None:
        return []
    payers = ", ".join(f"{100 * share:.0f}% {payer}" for payer, share in cost.payers.items())
    return [
        "",
        f"Cost, pounds of {cost.price_year} (paid by {payers})",
        f"  set-up per {cost.set_up_per}: {_range(cost.set_up)}",
        f"  running a year per {cost.running_per}: {_range(cost.running)}",
    ]


def _effects(kind: Any) -> list[str]:
    rows = ["", "Stated effects (value, 90% range)"]
    for e in kind.effects:
        whom = "".join(f", {name} {' to '.join(map(str, v)) if isinstance(v, tuple) else v}" for name, v in e.who)
        rows.append(f"  {e.lever}, {e.level}{whom}, after {e.at} months against {e.contrast}: {_range(e.quantity)}")
        rows += textwrap.wrap(e.quantity.why, WIDTH, initial_indent="      ", subsequent_indent="      ")
    return rows if kind.effects else [*rows, "  none"]


def _listed(heading: str, items: Iterable[str]) -> list[str]:
    held = [
        line
        for item in items
        for line in textwrap.wrap(f"- {item}", WIDTH, initial_indent="  ", subsequent_indent="    ")
    ]
    return ["", heading, *held] if held else []


def _sources(kind: Any) -> list[str]:
    found = dict.fromkeys(q.source for q in kind.all_quantities() if not q.assumed)
    return [f"{s.title}. {s.by}, {s.year}. {s.url}".strip() for s in found]


def network(rows: Iterable[Any]) -> str:
    """The measures of a network beside their targets."""
    head = f"{'measure'.ljust(46)}{'value':>12}{'target':>12}{'range':>20}  source"
    return "\n".join(
        [
            head,
            *(
                f"{r.what[:44].ljust(46)}{r.value:>12.4g}{_or(r.target):>12}{_span(r):>20}  {r.source}".rstrip()
                for r in rows
            ),
        ]
    )


def _or(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _span(row: Any) -> str:
    return "-" if row.low is None or row.high is None else f"{row.low:.4g} to {row.high:.4g}"
