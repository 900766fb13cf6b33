"""Power: resident-led grants, core groups, experts by experience, engagement networks, commissioning, targeting."""
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..delivery import Candidates, Future, Members, candidates
from ..evidence import stable
from ..relations import Relations
from . import DELIVERIES, Intervention, Rows, room


@DELIVERIES.add("power")
@dataclass(frozen=True, kw_only=True)
class Power(Intervention):
    """A few residents take part in deciding, and what they build changes how all other programmes are taken up.

    Those involved join as in a group, with the seats of all funded neighbourhoods together, carry what is stated for
    participants (of consultations: an effect apart for those whose words were acted on, a share `acted_on` of them by lot) and
    pay `strain`, which makes people leave. The readiness of the funded neighbourhoods gains

        readiness (1 - 2^(-months open / half_maturity_months))

    and loses it again by `decay_half_life_months` once money ends; a `network` passes a share of what its neighbourhoods gain
    to the others of it. What is stated of `take_up` and `places` moves every other programme of the funded places.
    """

    tied = True
    seats = True

    def pools(self, future: Future, rows: Rows, hazard: NDArray[np.float32]) -> tuple[Candidates, NDArray[np.int64]]:
        """One pool of seats: those of all funded neighbourhoods together, one at least."""
        who = candidates(future.script, rows, hazard=hazard, site=future.script.place[rows], pool=np.zeros(rows.size, np.int64))
        limited = not np.isnan(self.places).all()
        return who, room(np.maximum(np.nansum(self.places, keepdims=True), 1.0) if limited else np.full(1, np.nan))

    def relate(self, members: Members, month: int, relations: Relations) -> None:
        """What is stated between programmes; strain of those involved; readiness and its network in the funded places."""
        super().relate(members, month, relations)
        funded, open_ = np.flatnonzero(self.sites > 0), month < self.closes
        if self.figures.get("strain") and open_:
            relations.push("strain", members.inside, self.figures["strain"], key=self.key)
        if grown := self.grown(month):
            relations.push("readiness", funded, grown, key=self.key)
        if self.figures.get("network") and open_:
            relations.push("network", funded, self.figures["network"], key=self.key)

    def grown(self, month: int) -> float:
        """Readiness that the programme has built up in its neighbourhoods by `month`, and has left once it is closed."""
        full, half = self.figures.get("readiness", 0.0), self.figures.get("half_maturity_months", 0.0)
        if not full or month < self.opens:
            return 0.0
        grown = 1 - 2 ** (-(min(month, self.closes) - self.opens) / half) if half else 1.0
        out, fade = max(month - self.closes + 1, 0), self.figures.get("decay_half_life_months", 0.0)
        return stable(full * grown * (2 ** (-out / fade) if fade else float(month < self.closes)))
