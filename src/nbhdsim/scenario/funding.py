"""Money into sites and sites into money: what an amount buys, what it costs by year, place and payer, what is left.

All pounds are real, in 2024/25 prices: a cost of another year is multiplied by the price index of that year
(`economics.price_<year>`, HM Treasury's GDP deflator). Set-up is paid in the first month of a round, running costs
month by month while funded. Sites are whole, because half a hub opens no door; what an amount cannot buy is `unspent`.

A cost per place, participant or contact is planned at full use (all places taken): that is what has to be funded,
whoever comes. Costs per head are for everyone who lives in the neighbourhoods chosen, of a care
team for everyone on their list. A cost per patient is paid as patients
are sent (`interventions.commissioned`): what set-up leaves of the money is the purse, and what is not paid out of it `unspent`.
"""
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from math import ceil, floor, fsum
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbhdsim.areas.apportion import largest_remainder
from nbhdsim.places import listed_with
from nbhdsim.residents import present
from nbhdsim.scenario import Line, Where

if TYPE_CHECKING:
    from nbhdsim.population import World

SLACK = 1e-9            # so that money for exactly 14 sites buys 14 in floating point too
ALL_PLACES = -1


class Price(NamedTuple):
    """Pounds, 2024/25 prices, of one unit (a site, or a resident where the cost is per head)."""

    set_up: float       # once a round
    running: float      # a year


def per_head(line: Line) -> bool:
    """Is the unit of cost a resident of the chosen neighbourhoods (a registered list) rather than a site?"""
    cost = line.kind.cost
    return cost is not None and "head" in (cost.set_up_per, cost.running_per)


def by_patient(line: Line) -> bool:
    """Is it money that follows patients: paid for each one sent, as they are sent?"""
    return line.kind.cost is not None and line.kind.cost.running_per == "patient"


def patient(line: Line, values: Mapping[str, float]) -> float:
    """Pounds, 2024/25 prices, of a patient whom money follows."""
    cost = line.kind.cost
    assert cost is not None
    return values[cost.running.address] * values[f"economics.price_{cost.price_year}"]


def price(line: Line, values: Mapping[str, float]) -> Price:
    """What one unit of a line costs in this draw, without what is paid for patients. values: by address."""
    cost = line.kind.cost
    if cost is None:
        return Price(0.0, 0.0)
    index = values[f"economics.price_{cost.price_year}"]
    return Price(values[cost.set_up.address] * index * _in_a_unit(line, values, cost.set_up_per),
                 0.0 if by_patient(line) else values[cost.running.address] * index * _in_a_unit(line, values, cost.running_per))


def _in_a_unit(line: Line, values: Mapping[str, float], per: str) -> float:
    """How many of what the cost is per stand in one unit, a year: places, participants or contacts of a site.

    A place serves 12 x the monthly hazard of leaving participants a year, and one at least.
    """
    if per in ("site", "head"):
        return 1.0
    places = quantity(line, values, "places_per_site", default=1.0)
    if per == "participant":
        return places * max(1.0, 12 * quantity(line, values, "leave_hazard", default=0.0))
    return places * (12 * quantity(line, values, "contacts_per_month", default=1.0) if per == "contact" else 1.0)


def quantity(line: Line, values: Mapping[str, float], name: str, *, default: float) -> float:
    """The value of a line's own quantity in this draw, or `default` where its kind has none of that name."""
    own = line.kind.quantities.get(name)
    return default if own is None else values[own.address]


def unit_total(line: Line, values: Mapping[str, float]) -> float:
    """Pounds of one unit in every round, from the first funded month to the last; what is saved by one, where a line is a cut.

    A cut saves the rounds of grants that would have begun in its months and running costs; services were set up long ago.
    """
    each = price(line, values)
    if line.stop:
        return each.running * line.months / 12 + each.set_up * len(line.rounds() if line.every else ())
    return fsum(each.set_up + each.running * months / 12 for _, months in line.rounds())


def heads_of(line: Line, world: "World") -> NDArray[np.float64]:
    """Heads of each neighbourhood [p] that a cost per head is for, as of month 0: of a care team those on its list (who may live
    elsewhere, `places.listed_with`), else its residents."""
    places, script = world.places, world.script
    if line.kind.delivery != "care_team":
        return places.residents.astype(np.float64)
    on = listed_with(places, script.place, script.practice)[present(script)]
    return np.bincount(on, minlength=places.residents.size).astype(np.float64)


def units(line: Line, values: Mapping[str, float], *, heads: float | None = None) -> float:
    """Whole sites (residents, where the cost is per head) that the amount of a line pays for in each round.

    heads: those of the chosen neighbourhoods (`heads_of`), an upper limit where the cost is per head. 0 when the money buys
    less than one; infinite when a unit costs nothing.
    """
    amount = line.amount
    if amount is None:
        return 0.0
    if amount.of == "funding" and line.stop:
        each = price(line, values)
        total = each.running + (each.set_up * 12 / line.every if line.every else 0.0)
        bought = floor(amount.value / total + SLACK) if total > 0 else np.inf
    elif amount.of == "funding":
        total = unit_total(line, values)
        bought = floor(amount.value * line.months / 12 / total + SLACK) if total > 0 else np.inf
    elif per_head(line):
        bought = amount.value if amount.of == "places" and not by_patient(line) else np.inf
    elif amount.of == "places":
        bought = ceil(amount.value / quantity(line, values, "places_per_site", default=1.0) - SLACK)
    else:
        bought = amount.value
    return float(bought if heads is None or not per_head(line) else min(bought, heads))


def committed(line: Line, values: Mapping[str, float], *, heads: float | None = None) -> float:
    """Pounds that a line commits over all its funded months, spent or not, below 0 for a cut; NaN where that depends on unknown
    `heads`, or on the part of its places that is cut."""
    if line.amount is None:
        return 0.0
    if line.stop:
        return -units(line, values, heads=heads) * unit_total(line, values) if line.where == Where() else float("nan")
    if line.amount.of == "funding":
        return line.amount.value * line.months / 12
    bought, patients = units(line, values, heads=heads), amount_of_patients(line) * line.months / 12
    each = patients * patient(line, values) if patients else 0.0
    return each + bought * unit_total(line, values) if np.isfinite(bought) else float("nan")


def amount_of_patients(line: Line) -> float:
    """Patients a year that a line is to pay for, where it says so itself."""
    return line.amount.value if line.amount is not None and by_patient(line) and line.amount.of == "places" else 0.0


def funded_years(lines: Iterable[Line]) -> float:
    """Years from the first funded month of any line that costs money to the last; 0 without one."""
    paid = [line for line in lines if line.amount is not None]
    return (max(line.end for line in paid) - min(line.start for line in paid) + 1) / 12 if paid else 0.0


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a line pays for in one future.

    sites [p]: sites of each neighbourhood in each round (share of its heads covered, where the cost is per head); heads [p];
    places [p]: participants there is room for at once (NaN where the kind has no number of places); bought [p]: units
    paid for; price: of a unit; unspent: pounds of the whole time that found no taker; payers: shares; staffed [p]: share of its
    posts that are filled (None: all); idle: first months, of set-up, in which there is nobody to pay for; purse: pounds of the
    whole time that may be paid for patients (None: it is not paid by the patient), patient: for each of them, paid: for how many
    [p] it was, by month, written as the months go by.
    """

    line: Line
    sites: NDArray[np.float64]
    heads: NDArray[np.float64]
    places: NDArray[np.float64]
    bought: NDArray[np.float64]
    price: Price
    unspent: float
    payers: Mapping[str, float]
    staffed: NDArray[np.float64] | None = None
    idle: int = 0
    purse: float | None = None
    patient: float = 0.0
    paid: dict[int, NDArray[np.int64]] = field(default_factory=dict)

    def costs(self) -> dict[str, list[Any]]:
        """Columns year, place (row of Places, -1 = nowhere in particular), payer, kind, pounds (below 0: saved by a cut).

        Year 1 is months 0-11. Set-up falls in the year of its month, so that the first year may cost more than a
        year's funding and the others less; what is unspent is spread evenly over the funded months.
        """
        rows = [*self._set_up(), *(self._running() if self.purse is None else self._followed(self.purse)), *self._unspent()]
        paid = [(year, place, payer, "voluntary_hours" if payer == "voluntary_hours" and kind != "unspent" else kind,
                 pounds * share) for year, place, kind, pounds in rows for payer, share in sorted(self.payers.items())]
        paid = sorted(row for row in paid if row[4] != 0)
        return {name: [row[i] for row in paid] for i, name in enumerate(("year", "place", "payer", "kind", "pounds"))}

    def _set_up(self) -> list[tuple[int, int, str, float]]:
        if self.line.stop and not self.line.every:
            return []
        return [(start // 12 + 1, int(place), "running" if self.line.stop else "set_up", self.price.set_up * self.bought[place])
                for start, _ in self.line.rounds() for place in np.flatnonzero(self.bought)]

    def _running(self) -> list[tuple[int, int, str, float]]:
        if self.line.kind.cost is None and self.line.amount is not None:     # `adjust`: its money has no price list
            return [(year, ALL_PLACES, "running", self.line.amount.value * months / 12) for year, months in self._years()]
        opens = self.line.start + self.idle
        spent = [(year, months, "running") for year, months in self._years(first=opens)]
        kept = [(year, months, "unspent") for year, months in self._years(last=opens - 1)] if self.idle else []
        return [(year, int(place), kind, self.price.running * months / 12 * self.bought[place])
                for year, months, kind in (*spent, *kept) for place in np.flatnonzero(self.bought)]

    def _followed(self, purse: float) -> list[tuple[int, int, str, float]]:
        """What was paid for patients, by year, and what of each year's purse was not."""
        out = []
        for year, months in self._years():
            paid = sum((some for month, some in self.paid.items() if month // 12 + 1 == year), np.zeros(self.sites.size, np.int64))
            out += [(year, int(place), "running", self.patient * int(paid[place])) for place in np.flatnonzero(paid)]
            out.append((year, ALL_PLACES, "unspent", max(0.0, purse * months / self.line.months - self.patient * int(paid.sum()))))
        return out

    def _unspent(self) -> list[tuple[int, int, str, float]]:
        return [(year, ALL_PLACES, "unspent", self.unspent * months / self.line.months) for year, months in self._years()]

    def _years(self, *, first: int | None = None, last: int | None = None) -> list[tuple[int, int]]:
        """(year, funded months in it from `first` to `last`), in order."""
        first, last = self.line.start if first is None else first, self.line.end if last is None else last
        return [(year, min(last, 12 * year - 1) - max(first, 12 * year - 12) + 1)
                for year in range(first // 12 + 1, last // 12 + 2)]


def plan(line: Line, values: Mapping[str, float], world: "World", *, sites: NDArray[np.float64]) -> Plan:
    """The plan of a line for the `sites` [p] that `where.resolve` gave it; values: by address, of this draw.

    Commitment = cost + unspent: whole sites that found no neighbourhood, a rest too small for another site, residents
    the list does not have.
    """
    heads = heads_of(line, world)
    bought = np.floor(sites * heads + SLACK) if per_head(line) else sites
    none = np.full_like(sites, np.nan)
    made = partial(Plan, line=line, sites=sites, heads=heads, price=price(line, values), payers=line.payers)
    if line.stop:
        return made(places=_places(line, values, sites), bought=-bought, unspent=0.0)
    if line.kind.cost is None or line.amount is None:
        return made(places=none, bought=np.zeros_like(sites), unspent=0.0)
    spent = fsum(bought.tolist()) * unit_total(line, values)
    left = max(0.0, committed(line, values, heads=float(heads[sites > 0].sum())) - spent)
    if by_patient(line):
        return made(places=none, bought=bought, unspent=0.0, purse=left, patient=patient(line, values))
    return made(places=_places(line, values, sites), bought=bought, unspent=left, idle=idle(line, values))


def idle(line: Line, values: Mapping[str, float]) -> int:
    """Months of set-up in which running costs cannot be spent, because they are per participant or contact and there is none yet.

    What is per site, place or head (premises, staff being trained) is paid for in these months too.
    """
    if line.kind.cost is None or line.kind.cost.running_per not in ("participant", "contact"):
        return 0
    return min(round(quantity(line, values, "set_up_months", default=0.0)), line.months)


def _places(line: Line, values: Mapping[str, float], sites: NDArray[np.float64]) -> NDArray[np.float64]:
    """Participants there is room for [p]: places of a site times sites, or the line's own number of places, whole, shared out
    by largest remainder."""
    out = sites * quantity(line, values, "places_per_site", default=float("nan"))
    total, amount = fsum(out.tolist()), line.amount
    if amount is not None and amount.of == "places" and not per_head(line) and total > 0:
        out = largest_remainder(out, floor(min(amount.value, total + SLACK))).astype(np.float64)
    return out
