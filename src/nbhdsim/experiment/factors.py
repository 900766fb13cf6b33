"""What an experiment varies: from a point of the unit cube to the numbers and knobs of its scenarios.

A factor is a Quantity at its address (with those fitted together with it, which keep being drawn as one), a knob of the scenario
file, the error of judgement that all effects of grade D share, the seed of a run, or a number that the model does not read.
"""
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import floor
from typing import Any

from nbhdsim import documents, evidence
from nbhdsim.evidence import JUDGED, JUDGEMENT, Quantity
from nbhdsim.scenario import AMOUNTS, Scenario
from nbhdsim.sensitivity import DUMMY, SEED

SEEDS = 2**31
"""How many seeds the factor `seed` tells apart: replicates are whole numbers of 32 bits with a sign."""
UNBOUNDED = ("split_normal", "split_lognormal", "beta")
"""Laws whose low and high are the 5 and 95% points."""
OWN = (SEED, DUMMY, JUDGEMENT)
"""Factors that are no address of a scenario."""


@dataclass(frozen=True, kw_only=True)
class Factor:
    """One column of a design.

    address: its name; law: a Quantity for its own law or the one that the experiment gives; moves: addresses of the numbers
    that follow it (none: a knob, or one of OWN); own: are they drawn from their own laws? values: instead of a law, in order;
    central: the value it has in draw 0; None for a knob, which stays as the file has it.
    """

    address: str
    law: Quantity | None = None
    moves: tuple[str, ...] = ()
    own: bool = False
    values: tuple[Any, ...] = ()
    build: bool = False
    central: float | None = None

    @property
    def knob(self) -> bool:
        """Is it a key of the scenario file?"""
        return not self.moves and self.address not in OWN

    @property
    def ordered(self) -> bool:
        """Do its values have an order?"""
        return not any(isinstance(value, str | bool) for value in self.values)

    @property
    def listed(self) -> bool:
        """Are its values rows that were fitted together, in no order?"""
        return self.own and self.law is not None and self.law.law == "joint"

    @property
    def unbounded(self) -> bool:
        """Has its law no ends?"""
        return self.address == JUDGEMENT or self.law is not None and not self.values and self.law.law in UNBOUNDED

    def value(self, u: float) -> Any:
        """What the factor is at u in [0, 1]: equal shares for listed values, whole numbers for an integer law."""
        if self.values:
            return self.values[min(floor(u * len(self.values)), len(self.values) - 1)]
        if self.address == SEED:
            return min(floor(u * SEEDS), SEEDS - 1)
        if self.law is None:
            return float(u)
        found = self.law.at(u)
        return int(found) if self.law.law == "integer" else found

    def number(self, u: float) -> float:
        """The value as a number: of texts and switches their place in the list, from 0."""
        value = self.value(u)
        return float(value) if self.ordered else float(self.values.index(value))

    def level(self, u: float) -> float:
        """u of an elementary effect, which steps to 0 and 1: the 5 and 95% points where a law has no ends."""
        return 0.05 + 0.9 * u if self.unbounded else u


def unknown(quantity: Quantity) -> str:
    """The name of what is not known about a quantity: numbers fitted together, or one number at several addresses, share it."""
    return quantity.joint or quantity.drawn_as or quantity.address


def followers(address: str, scenarios: Sequence[Scenario]) -> dict[str, Quantity]:
    """The numbers of some scenarios that an address moves: itself, those drawn as it, and those fitted together with it."""
    found = {a: q for s in scenarios for a, q in s.quantities.items()}
    joint = found[address].joint if address in found else ""
    return {a: q for a, q in found.items() if a == address or q.drawn_as == address or (joint and q.joint == joint)}


def varied(factors: Sequence[Factor], u: Sequence[float]) -> list[tuple[Factor, float]]:
    """The factors that do not keep their central value at a point (NaN), each with its u."""
    return [(factor, float(x)) for factor, x in zip(factors, u, strict=True) if x == x]


def knobs(chosen: Mapping[str, Any]) -> tuple[str, ...]:
    """Changes, as after `--set`, that turn knobs (by address) to a value; where what is funded is varied, no budget binds."""
    lifted = ("budget=null",) if any(address.rpartition(".")[2] in AMOUNTS for address in chosen) else ()
    return (*(change(address, value) for address, value in chosen.items()), *lifted)


def change(address: str, value: Any) -> str:
    """A change as after `--set`."""
    return f"{address}={documents.to_text(value).strip().removesuffix('...').strip()}"


def still(scenario: Scenario) -> dict[str, Quantity]:
    """Every number of a scenario at its central value, exactly."""
    return {address: _fixed(quantity, quantity.value) for address, quantity in scenario.quantities.items()}


def moved(scenario: Scenario, resting: Mapping[str, Quantity], factors: Sequence[Factor], *, u: Sequence[float]) -> Scenario:
    """The scenario at a point: numbers that are varied as the point has them, all others as in `resting` (see `still`)."""
    new: dict[str, Quantity] = {}
    shared: float | None = None
    for factor, x in varied(factors, u):
        if factor.address == JUDGEMENT:
            shared = float(x)
        for address in factor.moves:
            if (quantity := scenario.quantities.get(address)) is not None:
                new[address] = _fixed(quantity, quantity.at(x) if factor.own else quantity.kept(factor.number(x)))
    quantities = {**resting, **new}
    if shared is not None:
        quantities |= _judged(scenario.quantities, quantities, shared)
    return replace(scenario, quantities=quantities)


def _fixed(quantity: Quantity, value: float) -> Quantity:
    return replace(quantity, value=value, low=value, high=value, law="fixed")


def _judged(before: Mapping[str, Quantity], now: Mapping[str, Quantity], u: float) -> dict[str, Quantity]:
    """Every stated effect of grade D with the shared error of judgement, as `evidence.draw_values` lays it over."""
    spread = now[JUDGED].value if JUDGED in now else 0.0
    factor = evidence.misjudged(spread, u)
    return {address: replace(now[address], value=q.kept(evidence.judged(q, now[address].value, factor)))
            for address, q in before.items() if evidence.is_effect(address) and q.grade == "D" and q.law != "fixed"}
