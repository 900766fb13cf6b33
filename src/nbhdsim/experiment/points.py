"""The task of an experiment: the scenarios at one point of its design, run with one luck, and the rows that are asked for."""
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbhdsim import population, simulation
from nbhdsim.evidence import Quantity
from nbhdsim.experiment import factors
from nbhdsim.experiment.asked import Asked, kept
from nbhdsim.experiment.factors import Factor
from nbhdsim.scenario import Scenario, schema
from nbhdsim.workers import Future


class Points:
    """What a worker does with one future: draw 0 has central values, draw k the k-th point of the design.

    files, sets, seed: where the scenarios come from (knobs load them anew); u [points, factors]; asked: what is kept (None: every
    table). The worker's own world is used where a point has that population, else one is built and kept while it is asked for.
    """

    def __init__(self, files: Sequence[str], factors: Sequence[Factor], u: NDArray[np.float64], *, asked: Sequence[Asked] | None,
                 sets: Sequence[str] = (), seed: int | None = None) -> None:
        """Nothing is run yet; the object is small enough to be sent to another process."""
        self.files, self.factors, self.u, self.asked = list(files), list(factors), u, asked
        self.sets, self.seed = list(sets), seed

    def __call__(self, world: Any, scenarios: Sequence[Scenario], future: Future) -> Mapping[str, Mapping[str, Any]]:
        """The tables of one future. Raises NbhdsimError where a knob cannot be what the point says."""
        if future.draw:
            scenarios, world = self._at(future.draw, scenarios, world)
        if self.asked is None:
            return simulation.simulate(world, scenarios, draw=future.draw, replicate=future.replicate)
        views = tuple(dict.fromkeys(one.view for one in self.asked))
        rows = simulation.simulate(world, scenarios, draw=future.draw, replicate=future.replicate, views=views,
                                   only={one.name for one in self.asked})
        return {"outcomes": kept(rows["outcomes"], self.asked)}

    def _at(self, draw: int, scenarios: Sequence[Scenario], world: Any) -> tuple[list[Scenario], Any]:
        """The scenarios of a point, and the world they share."""
        u = self.u[draw - 1]
        knobs = factors.knobs({f.address: f.value(x) for f, x in factors.varied(self.factors, u) if f.knob})
        if knobs != self._loaded[0]:
            based = schema.load_all(self.files, sets=[*self.sets, *knobs], seed=self.seed) if knobs else list(scenarios)
            self._loaded = knobs, based, [factors.still(scenario) for scenario in based]
        _, based, resting = self._loaded
        found = [factors.moved(s, still, self.factors, u=u) for s, still in zip(based, resting, strict=True)]
        shape = _shape(found[0])
        if shape == _shape(scenarios[0]):
            return found, world
        if shape != self._built[0]:
            self._built = shape, population.build(found[0])
        return found, self._built[1]

    _loaded: tuple[tuple[str, ...] | None, list[Scenario], list[dict[str, Quantity]]] = (None, [], [])
    _built: tuple[Any, Any] = (None, None)


def _shape(scenario: Scenario) -> tuple[Any, ...]:
    """What a population depends on: two scenarios of one shape share it."""
    built = tuple(q.value for q in scenario.quantities.values() if q.stage == "build")
    return (*(getattr(scenario, name) for name in ("area", "seed", "start", "months", "history", "ageing")), *built)
