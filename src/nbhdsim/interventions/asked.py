"""Consultation load: what it costs a neighbourhood to be asked more often than anything follows.

A programme that asks residents says how often (`asks_a_year`) and which share of it is acted on (`acted_on`). Of M programmes in a
neighbourhood p, each read a month late so that their order is nobody's business,

    u_m = asks_a_year (1 - acted_on)        asks a year that nothing follows
    U_p = sum over m of u_m                 of all programmes there together
    B_mp = max(0, U_p - free) u_m / U_p     those beyond what people bear, as far as they are programme m's

and everyone who is in programme m loses `control` B_mp of their sense of control (SD) and takes on `strain` B_mp, so that
somebody who is in all of them bears the whole excess. A rule suggested with the notes of one session of practitioners, whose own
speaker doubted it, has 3 asks a year free and 0.05 SD an ask beyond (catalogue/evidence/interventions.yaml, engagement_network).
Nobody has measured any of it: control and strain are 0, a what if, unless a scenario says otherwise.
"""
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..delivery import Members
from ..levers import LEVERS, Levers
from ..relations import Relations
from ..rng import f32


class Asking(NamedTuple):
    """What asking does in one draw. unanswered: asks a year that nothing follows; free: asks a year that people bear; control
    (SD), strain (0 to 1): of each further ask; gain: SD of control of those who decide, where their programme states none."""

    unanswered: float
    free: float
    control: float
    strain: float
    gain: float

    def beyond(self, relations: Relations) -> NDArray[np.float32] | None:
        """B [p]: this programme's part of the asks beyond what people bear, by what was asked last month; None: nothing."""
        total = relations.total("asks")
        if total is None or not self.unanswered or not (self.control or self.strain):
            return None
        return np.maximum(total - f32(self.free), f32(0)) * f32(self.unanswered) / np.maximum(total, f32(self.unanswered))

    def push(self, members: Members, month: int, levers: Levers, *, beyond: NDArray[np.float32] | None) -> None:
        """What asking too much, and deciding, does to the sense of control of those inside."""
        if beyond is None and not self.gain:
            return
        there = members.left > month
        loss = f32(0) if beyond is None else f32(self.control) * beyond[members.site[there]]
        shift = np.broadcast_to(f32(self.gain) - loss, (int(there.sum()),))
        if shift.any():
            levers.push("control", members.who[there], np.clip(shift, f32(LEVERS["control"].low), f32(LEVERS["control"].high)))

    def relate(self, members: Members, month: int, relations: Relations, *, funded: NDArray[np.int64],
               beyond: NDArray[np.float32] | None, key: str) -> None:
        """The asks of this month, read in the next, and the strain of those inside."""
        if self.unanswered:
            relations.push("asks", funded, self.unanswered, key=key)
        there = members.left > month
        if beyond is not None and self.strain and there.any():
            strain = np.minimum(f32(self.strain) * beyond[members.site[there]], f32(1))
            relations.push("strain", members.who[there], strain, key=key)


def asking(figures: Mapping[str, float], values: Mapping[str, float], *, decides: bool) -> Asking:
    """Of a programme with these figures; values: by address, of this draw; decides: does it seat people whom it asks, and state
    nothing of their control?"""
    of = {name: values.get(f"baseline.consultation.{name}", 0.0) for name in ("free", "control", "strain")}
    unanswered = figures.get("asks_a_year", 0.0) * (1 - figures.get("acted_on", 1.0))
    return Asking(unanswered=unanswered, gain=values.get("baseline.consultation.deciding", 0.0) if decides else 0.0, **of)
