"""What results are worth: dated policy constants, and the numbers `economics.<name>` of a finished run by draw.

The numbers are drawn when a run is valued, each at the quantile that its address has in that draw, like every number of the
simulation: the same draw is the same state of knowledge. Pounds of older years become 2024/25 pounds with the run's own
`economics.price_<year>`.
"""
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
from pydantic import Field

from nbhdsim import documents, evidence
from nbhdsim.documents import Closed, Document
from nbhdsim.economics import prices
from nbhdsim.errors import NbhdsimError, Problem, nearest
from nbhdsim.evidence import ConstantModel, Quantity, Source
from nbhdsim.scenario import numbers
from nbhdsim.scenario.checks import Findings
from nbhdsim.scenario.models import OverrideModel

ASKED = Source(title="set for this report", by="whoever asked for it", year=0, url="")
"""The source of a number that a report is asked to value with."""
ROOT, PRICE = "economics.", "economics.price_"


class SetModel(Closed):
    """What a report is asked to value with in place of the run's own numbers."""

    overrides: dict[str, float | OverrideModel] = Field(default_factory=dict)


def constant(name: str) -> ConstantModel:
    """A policy constant with its edition and status; KeyError for a name that is not there."""
    return evidence.economics_file().constants[name]


def perspectives() -> dict[str, tuple[str, ...]]:
    """The payers and gainers that each perspective counts, from the narrowest to the widest."""
    return {name: tuple(payers) for name, payers in evidence.economics_file().perspectives.items()}


def of_run(resolved: Mapping[str, Any], sets: Sequence[str] = ()) -> dict[str, Quantity]:
    """The numbers `economics.*` of a run folder by address: those of stage `value`, and its prices.

    resolved: its `resolved.yaml`, whose first scenario says what was overridden; sets: `address=value` given to a report, which
    replace those of stage `value`. Raises NbhdsimError, all problems at once, for an address that is not one, or a value that
    cannot be.
    """
    own = dict(resolved["scenarios"][0].get("overrides") or {})
    asked = asked_for(sets)
    find = Findings(asked)
    new = documents.check(asked, SetModel).overrides
    values = numbers.worth({**own, **new}, find)
    values |= {a: replace(values[a], source=ASKED, why="set for this report") for a in new if values[a].source == numbers.OWN}
    deflators = {a: q for a, q in evidence.load_baseline()[0].items() if a.startswith(PRICE)}
    for address in own.keys() & deflators.keys():
        given = own[address]
        model = OverrideModel(**given) if isinstance(given, Mapping) else given
        deflators[address] = numbers.number(deflators[address], model, at=("overrides", address), find=find)
    if find.problems:
        raise asked.error(replace(p, path=p.path.removeprefix("overrides.")) for p in find.problems)
    return {**values, **deflators}


def asked_for(sets: Sequence[str]) -> Document:
    """The changes `address=value` as a document of `overrides`; NbhdsimError for what is no change of such a number."""
    document, problems = Document({"overrides": {}}, "--set"), list[Problem]()
    known = evidence.load_economics()
    for text in sets:
        address, equals, value = (part.strip() for part in text.partition("="))
        label = f"--set {address}"
        said = _refused(address, known) if equals else "has no value (address=value)"
        if said:
            problems.append(Problem(label, 0, 0, "", said))
            continue
        try:
            document = documents.set_value(document, ("overrides", address), documents.scalar(value), label=label)
        except NbhdsimError as error:
            problems += [Problem(label, 0, 0, p.path, p.message) for p in error.problems]
    if problems:
        raise NbhdsimError(problems)
    return document


def _refused(address: str, known: Iterable[str]) -> str:
    """Why a finished run cannot be valued with another number at this address, "" where it can."""
    if address in known:
        return ""
    if address.startswith(("baseline.", "interventions.", "scenario.", PRICE)):
        return "is read by the simulation: it needs a new run (a report takes economics.* alone)"
    return f"unknown address{nearest(address, known)}"


def draws(quantities: Mapping[str, Quantity], *, seed: int, numbers_of: Iterable[int]) -> pd.DataFrame:
    """Values of the numbers of `of_run`, f8 [draw, address without `economics.`]; pounds are those of 2024/25.

    numbers_of: the draws that a run has, 0 for central values. A number with a price year is multiplied by that year's price in
    the same draw, and the WELLBY also by `grown`.
    """
    rows = {draw: evidence.draw_values(quantities, seed=seed, draw=draw) for draw in sorted({int(d) for d in numbers_of})}
    frame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("draw")
    frame.columns = frame.columns.str.removeprefix(ROOT)
    for name, model in evidence.economics_file().quantities.items():
        if model.price_year is not None:
            frame[name] = frame[name] * frame[f"price_{model.price_year}"]
    return frame.assign(wellby=frame["wellby"] * grown(frame))


def grown(values: pd.DataFrame) -> "pd.Series[float]":
    """What the value of a WELLBY is multiplied with for real income, by draw: 1 where that is off (`prices.grow`)."""
    elasticity = float(constant("elasticity").value)
    return values["income_growth"].map(lambda income: prices.grow(1.0, income, elasticity))
