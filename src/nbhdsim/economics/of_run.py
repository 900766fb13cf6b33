"""A finished run folder valued: every frame that a report on money needs, and their twins in `csv/economics_*.csv`."""
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from nbhdsim import documents, evidence, projections, tables
from nbhdsim.comparison import NOT_MODELLED, SHOWN
from nbhdsim.economics import account, budget, constants, doubts, options, studies, switching, value
from nbhdsim.economics.account import LINES, WELLBEING, Asked
from nbhdsim.economics.books import Books
from nbhdsim.errors import NbhdsimError, nearest
from nbhdsim.evidence import Quantity
from nbhdsim.outcomes import OUTCOMES
from nbhdsim.projections import frames

HELD: Mapping[str, str] = {
    "expected_admissions": "the same admissions, luck taken out",
    "bed_days": "held in the cost of an admission; they decide when capacity becomes cash",
    "families_referred": "the same referrals, by family",
    "volunteers": "their hours are a cost where a programme asks for them",
    "volunteer_hours": "a cost where a programme asks for them",
    "reached": "no effect of its own: what comes of taking part is told elsewhere",
    "deaths": "no programme moves deaths in this model",
}
"""Why an outcome has no line of its own in the account."""
UNMOVED = ("deaths",)
"""Outcomes that nothing in the model can move."""
PERSONAL = ("lonely", "low_life_satisfaction", "control", "connected", "in_control", "help_seeking", "confident", "strain")
"""Outcomes of adults that life satisfaction holds a part of."""
UNVALUED: Mapping[str, str] = {
    "scenario": "name of the scenario, set against the first one",
    "outcome": "an outcome that is in no sum of money",
    "unit": "events over the whole period; of means and shares, what one person has for a year, added up",
    "value": "mean change over futures",
    "low": "lower end of the 90% range of chance and uncertain evidence",
    "high": "its upper end",
    "n": "futures that `value` is from",
    "reason": f"why it is in no sum; `{NOT_MODELLED}`: no effect that the programmes state reaches it",
    "why": "why there is no value, or no range",
}
"""Columns of `unvalued`, and what they mean."""
NUMBERS: Mapping[str, str] = {
    "address": "address of the number",
    "value": "central value in pounds of `price_year`, or in its unit",
    "low": "5% point", "high": "95% point", "law": "the law it is drawn from", "unit": "what it is counted in",
    "price_year": "financial year of its pounds; blank: it is no price",
    "used": "central value as used: 2024/25 pounds",
    "grade": "A to D", "basis": "read, computed, recalled, judged or assumption", "assumed": "true where there is no source",
    "set": "`report`, `scenario`, or blank: the catalogue's",
    "source": "who says so", "why": "what it is, and why this one",
}
"""Columns of `numbers`, and what they mean."""
DICTIONARY: Mapping[str, Mapping[str, str]] = {
    "value": value.COLUMNS, "budget": budget.BY_YEAR, "who": budget.WHO, "matrix": budget.MATRIX, "money": account.COLUMNS,
    "frontier": options.FRONTIER, "plane": options.PLANE, "curves": options.CURVE, "unvalued": UNVALUED, "numbers": NUMBERS,
    "information": doubts.TOTAL, "knowing": doubts.KNOWING, "studies": studies.COLUMNS, "switching": switching.COLUMNS,
}
"""Columns of every `csv/economics_<name>.csv`, and what they mean."""


class Worth(NamedTuple):
    """A run valued: the sums behind everything (`books`), the frames of DICTIONARY, and the numbers used by address."""

    books: Books
    value: pd.DataFrame
    budget: pd.DataFrame
    who: pd.DataFrame
    matrix: pd.DataFrame
    money: pd.DataFrame
    frontier: pd.DataFrame
    plane: pd.DataFrame
    curves: pd.DataFrame
    unvalued: pd.DataFrame
    numbers: pd.DataFrame
    information: pd.DataFrame
    knowing: pd.DataFrame
    studies: pd.DataFrame
    switching: pd.DataFrame
    quantities: Mapping[str, Quantity]


def of_run(folder: Path, *, sets: Sequence[str] = (), wellbeing: Sequence[str] = ("wellby",), perspective: str = "society",
           effects: pd.DataFrame | None = None) -> Worth:
    """A finished comparison valued with its own numbers and `sets` (`economics.x=value`).

    wellbeing: how it is valued, one of account.WELLBEING or nothing; perspective: whose net benefit decides what the best option is
    (`information`, `knowing`, `studies`, `switching`); effects: of `projections.yearly`, where they have been read.
    Raises NbhdsimError for a folder that is no finished comparison of two scenarios or more (it says what is missing), for numbers
    that cannot be, and where wellbeing would be counted twice.
    """
    resolved, known = comparison_of(folder), constants.perspectives()
    if perspective not in known:
        raise NbhdsimError.of(f"no perspective '{perspective}' ({', '.join(known)}){nearest(perspective, known)}")
    names = [str(s["name"]) for s in resolved["scenarios"]]
    quantities = constants.of_run(resolved, sets)
    costs = tables.read(folder, "costs")
    effects = projections.yearly(folder, names[0]) if effects is None else effects
    if effects.empty:
        raise NbhdsimError.of(f"{folder} has no future in which every scenario is finished")
    values = constants.draws(quantities, seed=int(resolved["scenarios"][0]["seed"]), numbers_of={0, *effects["draw"].unique()})
    asked = Asked(names[0], tuple(wellbeing), not_reached(folder, effects))
    set_by = {**dict.fromkeys(resolved["scenarios"][0].get("overrides") or {}, "scenario"),
              **{text.partition("=")[0].strip(): "report" for text in sets}}
    money = account.money(effects, costs, values, asked=asked)
    books = Books(money, effects, values, asked=asked)
    return Worth(books, value.table(books), budget.by_year(books, costs), budget.who(books), budget.matrix(books), money,
                 options.ladder(books), options.plane(books), options.curves(books), unvalued(books),
                 numbers(quantities, values, set_by), *doubts.of(folder, books, quantities, perspective=perspective), quantities)


def comparison_of(folder: Path) -> dict[str, Any]:
    """`resolved.yaml` of a comparison; NbhdsimError for a folder that holds none, or another kind of run."""
    path = folder / "resolved.yaml"
    if not path.is_file():
        raise NbhdsimError.of(f"{folder} has no resolved.yaml (is it a run folder?)")
    found = documents.read_yaml(path).data
    kind = found.get("method", {}).get("kind") if isinstance(found, dict) else None
    if kind != "compare":
        raise NbhdsimError.of(f"{folder} is no comparison (method {kind}): its futures are points of a design and cannot be valued")
    if not all(isinstance(s, dict) and {"name", "seed"} <= set(s) for s in found.get("scenarios") or ()):
        raise NbhdsimError.of(f"{path}: its scenarios have no name or seed (was it made by another version?)")
    if len(found.get("scenarios") or ()) < 2:
        raise NbhdsimError.of(f"{folder} has one scenario: what it is worth needs another to set it against")
    return dict(found)


def not_reached(folder: Path, effects: pd.DataFrame) -> frozenset[tuple[str, str]]:
    """Scenarios and outcomes that no effect reaches: those that the comparison calls not modelled; of outcomes that it does not
    tell of, those that are exactly the same in every future."""
    told, plain = frames.modelled(folder), effects.astype({"scenario": str, "outcome": str})
    moved = set(map(tuple, plain.loc[plain["change"] != 0, ["scenario", "outcome"]].drop_duplicates().to_numpy()))
    pairs = map(tuple, plain[["scenario", "outcome"]].drop_duplicates().to_numpy())
    return frozenset((s, o) for s, o in pairs
                     if (o not in told.get(s, ()) if told is not None and o in SHOWN else (s, o) not in moved))


def unvalued(books: Books) -> pd.DataFrame:
    """Every outcome that is in no sum of money, with its change and the reason, in UNVALUED (standards GB-6)."""
    methods = books.asked.wellbeing
    priced = {line.outcome for line in LINES} | {WELLBEING[name] for name in methods}
    rows = []
    for of in books.scenarios:
        for name in (name for name in OUTCOMES if name in books.changes):
            flows = of.years.get(("outcome", name))
            if flows is not None and name in priced:
                continue
            outcome = OUTCOMES[name]
            found = value.ranged(None if flows is None else flows.sum(1), of)
            rows.append({"scenario": of.scenario, "outcome": name,
                         "unit": outcome.unit if outcome.kind == "count" else f"person-years x {outcome.unit}",
                         "reason": NOT_MODELLED if flows is None and name not in UNMOVED else reason(name, methods),
                         **{key: found[key] for key in ("value", "low", "high", "n", "why")}})
    return pd.DataFrame(rows, columns=list(UNVALUED))


def reason(outcome: str, wellbeing: Sequence[str]) -> str:
    """Why an outcome that effects reach is in no sum of money."""
    if outcome in HELD:
        return HELD[outcome]
    if wellbeing and outcome in (*PERSONAL, *WELLBEING.values()):
        return f"valuing it beside {WELLBEING[wellbeing[0]].replace('_', ' ')} would count wellbeing twice"
    return "no price of it has been put in"


def numbers(quantities: Mapping[str, Quantity], values: pd.DataFrame, set_by: Mapping[str, str]) -> pd.DataFrame:
    """The numbers that the run is valued with, in NUMBERS: those of stage `value`, and the prices they are raised by; set_by:
    `report` or `scenario` by address."""
    models = evidence.economics_file().quantities
    needed = {f"{constants.PRICE}{m.price_year}" for m in models.values() if m.price_year is not None}
    rows = []
    for address, q in quantities.items():
        name = address.removeprefix(constants.ROOT)
        if q.stage == "value" or address in needed:
            rows.append([address, q.value, q.low, q.high, q.law, q.unit, getattr(models.get(name), "price_year", None),
                         float(values[name].loc[0]), q.grade, q.basis, q.assumed,
                         set_by.get(address, ""),
                         ", ".join(filter(None, (q.source.title, q.source.by, str(q.source.year or "")))), q.why])
    return pd.DataFrame(rows, columns=list(NUMBERS)).astype({"price_year": "Int64"})


def write(folder: Path, worth: Worth) -> list[Path]:
    """`csv/economics_<name>.csv` of every frame of DICTIONARY, each written whole or not at all; returns their paths."""
    (folder / "csv").mkdir(exist_ok=True)
    found = []
    for name, columns in DICTIONARY.items():
        path = folder / "csv" / f"economics_{name}.csv"
        tables.write_frame(getattr(worth, name)[list(columns)], path)
        found.append(path)
    return found
