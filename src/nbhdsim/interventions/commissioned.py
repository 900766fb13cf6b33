"""Money that follows the patient: those whom the NHS sends to a voluntary service are paid for, and become places of it.

A contract is a line whose running cost is per `patient`; its purse is what its money leaves once it is set up, in equal parts a
month. Those sent are residents of its neighbourhoods who come to a voluntary service because a programme that the ICB pays for
handed them over, whether there was a place for them or not, each once until they are in. Of service s, neighbourhood p, month t:

    owed_sp(t)   = owed_sp(t-1) - paid_sp(t-1) + sent_sp(t)
    paid_sp(t)   = owed_sp(t), or as many whole patients, in proportion, as the purse of the year so far holds at `price` each
    places_sp(t) = sum of paid_sp over the stay_s months before t

stay_s: mean months in the service, 1 / its `leave_hazard`, so that a paid place lasts as long as a patient does. What the purse of
a year of the scenario has left at its end is not carried into the next. With nobody sent, nothing is paid and nothing grows. Where
two contracts cover a neighbourhood, the first by key pays first. Nobody has measured any of it but the price (and that is judged):
see catalogue/evidence/interventions.yaml, vcs_commissioning.
"""
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..areas.apportion import largest_remainder
from ..relations import Relations
from ..turnover import Turnover
from . import Rows
from .programme import Programme

YEAR = 12
SLACK = 1e-9            # so that money for exactly 14 patients pays for 14 in floating point too
Counts = NDArray[np.int64]


@dataclass(kw_only=True)
class Contract:
    """The money of one line. price: pounds a patient; a_month: pounds; opens, closes: first month it pays in and first in which it
    no longer does; covers [p]: neighbourhoods; paid: patients [p] by month."""

    price: float
    a_month: float
    opens: int
    closes: int
    covers: NDArray[np.bool_]
    paid: dict[int, Counts]

    def left(self, month: int) -> float:
        """Pounds of the year up to `month` that are not spent."""
        first = max(month - month % YEAR, self.opens)
        spent = self.price * sum(int(some.sum()) for when, some in self.paid.items() if when >= first)
        return self.a_month * (month - first + 1) - spent

    def pay(self, month: int, owed: Counts) -> Counts:
        """Patients [services, p] of those owed that it pays for."""
        mine = np.where(self.covers, owed, 0)
        most = int(self.left(month) / self.price + SLACK) if self.price > 0 else int(mine.sum())
        if mine.sum() > most:
            mine = largest_remainder(mine.ravel(), most).reshape(mine.shape)
        if mine.any():
            self.paid[month] = self.paid.get(month, 0) + mine.sum(0)
        return mine


@dataclass(kw_only=True)
class Service:
    """A voluntary service. stay: months that a paid place lasts; waiting [n]: rows sent to it that are not in yet; paid: patients
    [p] by month."""

    programme: Programme
    stay: int
    waiting: NDArray[np.bool_]
    paid: dict[int, Counts] = field(default_factory=dict)

    def sent(self, relations: Relations, senders: frozenset[str], *, covered: NDArray[np.bool_]) -> Rows:
        """Rows of those sent in this month who were not waiting yet; covered [n]: residents whose money follows."""
        rows = self.programme.sent(relations, senders)
        rows = rows[covered[rows] & ~self.waiting[rows]]
        self.waiting[rows] = True
        self.waiting[self.programme.inside] = False
        return rows

    def places(self, month: int) -> Counts | None:
        """Paid places [p] there are in `month`; None for none."""
        some = [paid for when, paid in self.paid.items() if when < month <= when + self.stay]
        return np.sum(some, axis=0) if some else None


@dataclass(kw_only=True)
class Contracts:
    """Every contract of a scenario, by key, and the services that money may follow patients to. senders: keys of the programmes
    that the ICB pays for; place [n]: neighbourhood of each row; owed [services, p]: patients sent and not paid for."""

    contracts: Sequence[Contract]
    services: Sequence[Service]
    senders: frozenset[str]
    place: NDArray[np.integer]
    owed: Counts

    def settle(self, month: int, relations: Relations, gone: Turnover | None) -> None:
        """Count who was sent in `month`, pay, and tell the services their places of the next; gone: rows with another resident."""
        if not self.services:
            return
        open_ = [contract for contract in self.contracts if contract.opens <= month < contract.closes]
        covers = np.any([np.zeros(self.owed.shape[1], bool), *(contract.covers for contract in open_)], axis=0)
        self.owed[:, ~covers] = 0                          # nobody is left to pay
        covered = covers[self.place]
        for owed, service in zip(self.owed, self.services, strict=True):
            if gone is not None:
                service.waiting[gone.rows] = False
            rows = service.sent(relations, self.senders, covered=covered)
            owed += np.bincount(self.place[rows], minlength=owed.size)
        for contract in open_:
            self._share(month, contract.pay(month, self.owed))
        for service in self.services:
            service.programme.paid = service.places(month + 1)

    def _share(self, month: int, paid: Counts) -> None:
        self.owed -= paid
        for mine, service in zip(paid, self.services, strict=True):
            if mine.any():
                service.paid[month] = service.paid.get(month, 0) + mine


def contracts(programmes: Sequence[Any], plans: Mapping[str, Any], place: NDArray[np.integer]) -> Contracts:
    """The contracts of a scenario's programmes, as they are when money begins; none at all without a line paid by the patient.

    plans: by key (scenario.funding.Plan): `purse` and `paid`, in which it keeps what is paid; place [n]: neighbourhood of each row.
    """
    made, services = [], []
    for programme in programmes:
        plan = plans[programme.key]
        if plan.purse is not None:
            mine = programme.intervention
            made.append(Contract(price=plan.patient, a_month=plan.purse / plan.line.months, opens=mine.opens, closes=mine.closes,
                                 covers=plan.sites > 0, paid=plan.paid))
    for programme in programmes if made else ():
        if isinstance(programme, Programme) and programme.line.kind.voluntary and not np.isnan(programme.intervention.places).all():
            leave = programme.intervention.figures.get("leave_hazard", 0.0)
            stay = max(round(1 / leave), 1) if leave > 0 else np.iinfo(np.int32).max
            services.append(Service(programme=programme, stay=stay, waiting=np.zeros(place.size, bool)))
    senders = frozenset(key for key, plan in plans.items() if plan.line.payers.get("icb") and not plan.line.stop)
    owed = np.zeros((len(services), next(iter(plans.values())).sites.size if plans else 0), np.int64)
    return Contracts(contracts=made, services=services, senders=senders, place=place, owed=owed)
