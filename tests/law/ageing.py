"""Towns in which time passes, for the laws: scenarios of `towns` with ageing, and their worlds."""
from dataclasses import replace
from functools import cache

import numpy as np
from towns import scenario

from nbhdsim import population
from nbhdsim.scenario import Scenario
from nbhdsim.simulation import Simulation


def passing(name: str = "town", lines: dict[str, str] | None = None, **given) -> Scenario:
    """A scenario of `towns` in which time passes."""
    return replace(scenario(name, lines or {}, **{"months": 36, **given}), ageing=True)


@cache
def world(residents: int = 3000, months: int = 36, history: int = 12) -> population.World:
    """The town of `passing`."""
    return population.build(passing(residents=residents, months=months, history=history))


def run(scenario_: Scenario, until: int | None = None, *, residents: int = 3000, replicate: int = 0) -> Simulation:
    """One scenario by itself up to a month (its last if not said)."""
    sim = Simulation(world(residents, scenario_.months, scenario_.history), scenario_, replicate=replicate)
    while sim.month < (scenario_.months if until is None else until):
        sim.step()
    return sim


def lived_in(of: population.World, month: int) -> np.ndarray:
    """Stays [n] of each row in a month, -1 where nobody is there, by looking at every stay."""
    out = np.full(of.script.id.size, -1)
    here = np.flatnonzero((of.life.arrives <= month) & (month < of.life.leaves))
    out[of.life.row[here]] = here
    return out
