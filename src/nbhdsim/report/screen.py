"""The catalogue and the network as text: one intervention on one screen, with what it rests on and what is unknown."""

import math
import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

from nbhdsim import documents
from nbhdsim.errors import NbhdsimError, nearest
from nbhdsim.interventions import schema
from nbhdsim.report import words

WIDTH, LINES = 100, 50
"""A screen, in columns and lines."""
GRADES = f"Grades: {words.ALL_GRADES}."


def listed(folder: str | None = None) -> str:
    """One line an intervention: id, name, delivery kind, grades of its effects; with those of a folder of your own."""
    kinds = schema.kinds(folder)
    size = max(map(len, kinds), default=0) + 2
    rows = [f"{key.ljust(size)}{kind.name} ({kind.delivery}; {_grades(kind)})" for key, kind in sorted(kinds.items())]
    return "\n".join([*rows, "", f"{'adjust'.ljust(size)}any lever, from the scenario file alone", "", GRADES,
                      "nbhdsim catalogue ID shows one."])


def _grades(kind: Any) -> str:
    found = sorted({e.quantity.grade for e in kind.effects})
    return f"effects grade {', '.join(found)}" if found else "no stated effects"


def one(key: str, folder: str | None = None) -> str:
    """Everything about one intervention in at most LINES lines of WIDTH columns (published effects give way where there are
    many); NbhdsimError with the nearest word when the catalogue has no such id."""
    kinds: Mapping[str, Any] = schema.kinds(folder)
    if key not in kinds:
        allowed = sorted(kinds)
        raise NbhdsimError.of(f"unknown intervention '{key}' ({', '.join(allowed)}){nearest(key, allowed)}")
    kind = kinds[key]
    parts = [*_wrapped(f"{kind.id}: {kind.name}, for {_who(kind)}; delivered as {kind.delivery}", ""), *_quantities(kind),
             *_cost(kind), *_effects(kind)]
    rest = _listed("Harms", [f"{h.kind}: {h.why} (grade {h.grade})" for h in kind.harms])
    rest += _listed("Not known", kind.unknown)
    rest += _listed("Left out", kind.aside.values())
    rest += _listed("Sources", _sources(kind))
    room = LINES - len(parts) - len(rest) - 1
    return "\n".join([*parts, *_published(kind, room), *rest, GRADES])


def _wrapped(said: str, indent: str = "  ") -> list[str]:
    return textwrap.wrap(said, WIDTH, initial_indent=indent, subsequent_indent=f"{indent}    ", break_on_hyphens=False)


def _who(kind: Any) -> str:
    """`age 11 to 18; quintile 1 to 2`; `everyone` where nothing is said."""
    aimed = "; ".join(f"{name} {_values(value)}" for name, value in dict(kind.who or {}).items())
    return aimed or "everyone"


def _values(value: Any) -> str:
    return " to ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _figure(q: Any, unit: str = "") -> str:
    """`9 (6 to 18) months, D judged`: value, range where it has one, unit, grade and basis."""
    return f"{words.span(q.value, q.low, q.high)} {unit}".rstrip() + f", {q.grade} {q.basis}"


def _quantities(kind: Any) -> list[str]:
    size = max(map(len, kind.quantities), default=0) + 2
    lines = [_wrapped(f"{name.ljust(size)}{_figure(q, q.unit)}") for name, q in kind.quantities.items()]
    return ["Delivery", *(line for some in lines for line in some)]


def _cost(kind: Any) -> list[str]:
    cost = kind.cost
    if cost is None:
        return []
    yearly = "" if cost.running_per in ("participant", "contact", "patient") else "a year "
    payers = ", ".join(f"{100 * share:.0f}% {payer}" for payer, share in cost.payers.items())
    return [*_wrapped(f"Cost, pounds of {cost.price_year} (paid by {payers})", ""),
            f"  set-up per {cost.set_up_per}: {_figure(cost.set_up)}",
            f"  running {yearly}per {cost.running_per}: {_figure(cost.running)}"]


def _effects(kind: Any) -> list[str]:
    rows = ["Stated effects, which the model uses (value and 90% range)"]
    for e in kind.effects:
        whom = "".join(f", {name} {_values(v)}" for name, v in e.who)
        rows += _wrapped(f"{e.lever}, {e.level}{whom}: {_figure(e.quantity, e.quantity.unit)}, after {e.at} months against "
                         f"{e.contrast}; {e.quantity.why}")
    return rows if kind.effects else [*rows, "  none"]


def _published(kind: Any, room: int) -> list[str]:
    """Effects as studies published them, at the study's level, in at most `room` lines; judged ones are left out."""
    if not kind.evidence or room < 2:
        return []
    found = documents.read_yaml(schema.FOLDER.parent / "evidence" / "interventions.yaml").data["interventions"]
    entry = next(e for e in found if e["id"] == kind.evidence)
    told = [_wrapped(f"- {_study(e)}") for e in entry["effects"] if e["basis"] != "judged"]
    while sum(map(len, told)) > room - 2 and told:
        told.pop()
    more = sum(e["basis"] != "judged" for e in entry["effects"]) - len(told)
    rest = [f"  and {more} more in catalogue/evidence/interventions.yaml ({kind.evidence})"] if more else []
    held = [*(line for some in told for line in some), *rest]
    return ["Published effects, as the studies tell them", *held] if held else []


def _study(e: Mapping[str, Any]) -> str:
    """`GCSE score: -0.04 SD, area; difference-in-differences, London pupils (B read)`."""
    value, low, high = (math.nan if e[name] is None else float(e[name]) for name in ("value", "low", "high"))
    size = "size not found" if math.isnan(value) else f"{words.span(value, low, high)} {e['unit']}"
    return f"{e['outcome']}: {size}, {e['level']}; {e['design']}, {e['population']} ({e['grade']} {e['basis']})"


def _listed(heading: str, items: Iterable[str]) -> list[str]:
    held = [line for item in items for line in _wrapped(f"- {item}")]
    return [heading, *held] if held else []


def _sources(kind: Any) -> list[str]:
    found = dict.fromkeys(q.source for q in kind.all_quantities() if not q.assumed)
    return [f"{s.title}. {s.by}, {s.year}. {s.url}".strip() for s in found]


def network(rows: Iterable[Any]) -> str:
    """The measures of a network beside their targets."""
    head = f"{'measure'.ljust(46)}{'value':>12}{'target':>12}{'range':>20}  source"
    lines = (f"{r.what[:44].ljust(46)}{r.value:>12.4g}{_or(r.target):>12}{_span(r):>20}  {r.source}".rstrip() for r in rows)
    return "\n".join([head, *lines])


def _or(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _span(row: Any) -> str:
    return "-" if row.low is None or row.high is None else f"{row.low:.4g} to {row.high:.4g}"
