"""Whose difference it is: residents in circles around those who take part, month by month.

participants have been reached by a programme so far, or were in one that was cut; contacts are tied to one of them; further are
tied to a contact; others are everyone else, three steps away or more. Effects on everyone in a setting or an area reach all four.
"""
import numpy as np
from numpy.typing import NDArray

from nbhdsim.outcomes import ALL_AGES, OUTCOMES
from nbhdsim.places import Ties, contacts
from nbhdsim.residents import SEGMENT_FROM
from nbhdsim.simulation import Simulation

CIRCLES = ("participants", "contacts", "further", "others")
PARTICIPANTS, CONTACTS, FURTHER, OTHERS = range(len(CIRCLES))
START = np.array([*SEGMENT_FROM, ALL_AGES[1] + 1])    # first age of each segment, and of none


class Circles:
    """The circle [n] of every row in the month a simulation has just run."""

    def __init__(self, ties: Ties) -> None:
        """Nobody has taken part."""
        self._ties, self._touched = ties, -1
        self._around = np.full(ties.start.size - 1, OTHERS, np.int64)

    def of(self, sim: Simulation) -> NDArray[np.int64]:
        """Circle of each row, 0 to 3; the ties are looked at again only when there are new participants.

        Whoever moved into the household of a participant who has gone is a contact.
        """
        rows = np.flatnonzero(sim.touched)
        if rows.size != self._touched:
            near = contacts(self._ties, rows)
            self._around[contacts(self._ties, np.union1d(rows, near))] = FURTHER
            self._around[near] = self._around[rows] = CONTACTS
            self._touched = rows.size
        return np.where(sim.taking_part, PARTICIPANTS, self._around)


class People:
    """The difference between two simulations of one future by circle, added up month by month in units of 2^-20."""

    def __init__(self, ties: Ties) -> None:
        """No month yet."""
        self._circles = Circles(ties)
        self.value: dict[str, NDArray[np.int64]] = {}
        self.residents: dict[str, NDArray[np.int64]] = {}

    def add(self, nothing: Simulation, full: Simulation) -> None:
        """Add the month both have just run."""
        circle, segment = self._circles.of(full), full.ground.segment
        there = np.ones(circle.size, bool)
        there[full.ground.absent] = False
        before = nothing.additions()
        for name, value in full.additions().items():
            low, high = OUTCOMES[name].ages
            asked = there & (START[segment] >= low) & (START[segment + 1] <= high + 1)
            self._add(self.value, name, np.bincount(circle, value - before[name], len(CIRCLES)))
            self._add(self.residents, name, np.bincount(circle[asked], minlength=len(CIRCLES)))

    def _add(self, sums: dict[str, NDArray[np.int64]], name: str, more: NDArray[np.number]) -> None:
        """Whole numbers below 2^53, so that adding them as doubles is exact."""
        sums[name] = sums.get(name, np.zeros(len(CIRCLES), np.int64)) + more.astype(np.int64)
