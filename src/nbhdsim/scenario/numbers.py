"""The numbers of a scenario: the catalogue's, each at the address of the line that uses it, with overrides laid over.

`interventions.<key>.<name>` is one line's own number. `interventions.<catalogue id>.<name>` reaches every line of that
kind that does not override it itself. A plain number is taken as exact and marked as an assumption; so is anything
without a source.
"""
from collections.abc import Mapping
from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING, Any

from nbhdsim import evidence
from nbhdsim.documents import Path
from nbhdsim.errors import NbhdsimError, nearest
from nbhdsim.evidence import Quantity, Source
from nbhdsim.interventions.schema import Kind
from nbhdsim.scenario import Line
from nbhdsim.scenario.models import LineModel, OverrideModel, ScenarioModel, SourceModel

if TYPE_CHECKING:
    from nbhdsim.scenario.checks import Findings

RATE_RATIO = "rate ratio"
LAWS_WITH_ENDS = ("uniform", "loguniform", "triangular")


def all_of(model: ScenarioModel, lines: Mapping[str, Line], find: "Findings", *,
           kinds: Mapping[str, Kind]) -> tuple[dict[str, Quantity], dict[str, Line], dict[str, Any]]:
    """Every Quantity that a run of the scenario reads by address, its lines with their own numbers, and the baseline tables; kinds:
    the catalogue."""
    base, tables = evidence.load_baseline()
    own = {key: named(line.kind) for key, line in lines.items()}
    known = {f"interventions.{kind.id}.{name}": q for kind in kinds.values() for name, q in named(kind).items()}
    known |= base | {f"interventions.{key}.{name}": q for key, numbers in own.items() for name, q in numbers.items()}
    new = _overridden(model, known | evidence.load_economics(), find)
    final: dict[str, Quantity] = {address: new.get(address, quantity) for address, quantity in base.items()}
    done = {}
    for key, line in lines.items():
        mine = {q.address: _own(line, name, q, new=new) for name, q in own[key].items()}
        final.update({quantity.address: quantity for quantity in mine.values()})
        done[key] = replace(line, kind=with_numbers(line.kind, mine))
    return dict(sorted(final.items())), done, tables


def worth(overrides: Mapping[str, Any], find: "Findings") -> dict[str, Quantity]:
    """Every Quantity of stage `value` by address, with the overrides of a scenario (models or plain values) laid over; those at
    other addresses are left alone."""
    found = evidence.load_economics()
    own = {address: OverrideModel(**given) if isinstance(given, Mapping) else given
           for address, given in overrides.items() if address in found}
    return {address: number(quantity, own[address], at=("overrides", address), find=find) if address in own else quantity
            for address, quantity in found.items()}


def named(kind: Kind) -> dict[str, Quantity]:
    """Every Quantity of a kind by the end of its address: `reach`, `cost.set_up`, `effects.admission_rr`."""
    return {".".join(q.address.split(".")[2:]): q for q in kind.all_quantities()}


def with_numbers(kind: Kind, new: Mapping[str, Quantity]) -> Kind:
    """The kind with each Quantity replaced by the one that `new` has for its address."""
    cost = kind.cost
    if cost is not None:
        cost = replace(cost, set_up=new[cost.set_up.address], running=new[cost.running.address])
    effects = tuple(replace(effect, quantity=new[effect.quantity.address]) for effect in kind.effects)
    quantities = {name: new[quantity.address] for name, quantity in kind.quantities.items()}
    return replace(kind, quantities=quantities, cost=cost, effects=effects)


def _own(line: Line, name: str, quantity: Quantity, *, new: Mapping[str, Quantity]) -> Quantity:
    """The number of one line: its own override, else that of its kind, else the catalogue's; then it is one unknown for all
    lines of the kind."""
    address, shared = f"interventions.{line.key}.{name}", f"interventions.{line.kind.id}.{name}"
    if address in new or line.kind.delivery == "adjust":
        return replace(new.get(address, quantity), address=address)
    return replace(new.get(shared, quantity), address=address, drawn_as=shared)


def _overridden(model: ScenarioModel, known: Mapping[str, Quantity], find: "Findings") -> dict[str, Quantity]:
    new = {}
    for address, given in model.overrides.items():
        at = ("overrides", address)
        if address not in known:
            own = ("months", "history", "ageing", "seed", "stance", "start", "budget", "package")
            lines = [f"interventions.{key}.{name}" for key in model.interventions for name in LineModel.model_fields]
            knobs = [*own, *(f"scenario.{name}" for name in own), *lines, *known]
            find.say(at, f"unknown address{nearest(address, knobs)}", key=True)
            continue
        new[address] = number(known[address], given, at=at, find=find)
    return new


def number(quantity: Quantity, given: float | OverrideModel, *, at: Path, find: "Findings") -> Quantity:
    """The Quantity with the numbers of the scenario; what cannot be (outside its law or lever) is a problem at `at`."""
    if not isinstance(given, OverrideModel):
        given = OverrideModel(value=given)
    low, high = given.low, given.high
    law = given.law or ("fixed" if low is None and high is None else
                        "split_normal" if quantity.law in ("fixed", "joint") else quantity.law)
    if (low is None) != (high is None):
        find.say(at, "has only one of low and high (both, or neither for an exact number)")
    if low is None and law != "fixed":
        find.say((*at, "law"), f"{law} needs low and high")
    if law in LAWS_WITH_ENDS and given.law is not None and not (given.bound and given.why):
        find.say((*at, "law"), f"low and high are the ends of a {law} law: say `bound: true` and why")
    low, high = given.value if low is None else low, given.value if high is None else high
    if not low <= given.value <= high:
        find.say((*at, "value"), f"{given.value:g} is not between low {low:g} and high {high:g}")
    if said := impossible(replace(quantity, law=law), (low, given.value, high)):
        find.say((*at, "value"), said)
    source = source_of(given.source)
    return replace(quantity, value=float(given.value), low=float(low), high=float(high), law=law,
                   grade=given.grade or ("D" if source is None else quantity.grade), source=source or OWN,
                   why=given.why or "set in the scenario", basis="assumption" if source is None else "read",
                   assumed=source is None, joint="", rows=(), drawn_as="")


OWN = Source(title="the scenario file", by="whoever wrote it", year=0, url="")
"""The source of a number that a scenario sets without naming one."""


def source_of(given: str | SourceModel | None) -> Source | None:
    """A source as a scenario names it: a text, or title, by, year and url."""
    if given is None or isinstance(given, str) and not given.strip():
        return None
    if isinstance(given, str):
        return Source(title=given, by="", year=0, url="")
    return Source(**dict(given))


def impossible(quantity: Quantity, numbers: tuple[float, ...]) -> str:
    """Why one of these numbers cannot be a value of the quantity, "" when all can."""
    least, most = quantity.least, quantity.most
    name = quantity.address.split(".")[3:4] if evidence.is_effect(quantity.address) else []
    what = " of ".join([quantity.unit, *name])
    for value in numbers:
        if not least <= value <= most:
            ends = "not below 0" if (least, most) == (0, inf) else f"{least:g} to {most:g}"
            ratio = f"; {evidence.RATIOS}" if quantity.unit == RATE_RATIO and value <= 0 else ""
            return f"{value:g} is impossible ({what}, {ends}{ratio})"
        if value <= 0 and quantity.law in evidence.RATIO_LAWS:
            return f"{value:g} is impossible (a {quantity.law} law needs numbers above 0)"
    if quantity.law == "beta" and not 0 < numbers[0] < numbers[-1] < 1:
        return f"{numbers[0]:g} to {numbers[-1]:g} is impossible (a beta law needs 0 < low < high < 1)"
    if quantity.law == "beta":
        try:
            evidence.beta_shape(float(numbers[0]), float(numbers[-1]))
        except NbhdsimError as error:
            return error.problems[0].message
    return ""
