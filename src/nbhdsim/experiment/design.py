"""From an experiment to its futures: which points of the unit cube, with which luck, in which order.

Draw 0 always has the central values, with replicates 0, 1, ..; draw k is point k - 1 of the design. The order is balanced: a run
that is stopped early has whole blocks of a sensitivity analysis, and every point of a sweep once before any twice.
"""
from collections.abc import Sequence
from math import prod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbhdsim import evidence, sensitivity
from nbhdsim.errors import NbhdsimError
from nbhdsim.evidence import JUDGEMENT
from nbhdsim.experiment import models
from nbhdsim.experiment.factors import Factor
from nbhdsim.experiment.file import Experiment
from nbhdsim.sensitivity import DUMMY, METHODS, SEED, Method, Problem
from nbhdsim.sensitivity.sobol import power_of_two
from nbhdsim.workers import Future

MOST = 5_000_000


class Design(NamedTuple):
    """The points of an experiment.

    columns: a Factor for each column of u [points, columns], the seed and the dummy among them; levels: the same points as the
    method of sensitivity analysis knows them; problem and method: of sensitivity analysis, else None; first: the replicate of
    each point [points]; repeats: replicates of each point, from `first` on; central: replicates of draw 0.
    """

    columns: tuple[Factor, ...]
    u: NDArray[np.float64]
    levels: NDArray[np.float64]
    method: Method | None
    problem: Problem | None
    first: NDArray[np.int64]
    repeats: int
    central: int

    def futures(self) -> list[Future]:
        """All futures in the order in which they are run: draw 0, then every point once, then every point twice, .."""
        pairs = [(0, r) for r in range(self.central)]
        pairs += [(k + 1, int(first) + r) for r in range(self.repeats) for k, first in enumerate(self.first)]
        return [Future(run, draw, replicate) for run, (draw, replicate) in enumerate(pairs)]


def make(experiment: Experiment, *, repeats: int, central: int) -> Design:
    """The design of an experiment with so many replicates of each point and of draw 0.

    Raises NbhdsimError, at the file, for a size that the method cannot have.
    """
    made = experiment.model.method
    try:
        if isinstance(made, models.Cross):
            design = _analysed(experiment, made, repeats=repeats, central=central)
        elif isinstance(made, models.Uncertainty):
            design = _drawn(experiment, made, repeats=repeats, central=central)
        elif isinstance(made, models.Discover):
            u = METHODS["delta"].points(Problem(tuple(f.address for f in experiment.factors)), made.n, made.seed)
            design = _plain(experiment, u, repeats=repeats, central=central)._replace(first=central + repeats * np.arange(made.n))
        elif isinstance(made, models.Sweep):
            design = _plain(experiment, _swept(experiment.factors, made), repeats=repeats, central=central)
        else:
            first = central + np.arange(made.draws)         # as in `experiment.plan`
            design = Design((), np.zeros((made.draws, 0)), np.zeros((made.draws, 0)), None, None, first, 1, central)
    except NbhdsimError as error:
        place, _, rest = error.problems[0].path.partition(".")
        at = (place, rest) if rest else (place,)
        raise experiment.document.error([experiment.document.problem(at, error.problems[0].message)]) from None
    if len(design.u) * repeats + central > MOST:
        raise experiment.document.error([experiment.document.problem(
            ("method",), f"{len(design.u) * repeats + central:,} runs (at most {MOST:,})")])
    return design


def _plain(experiment: Experiment, u: NDArray[np.float64], *, repeats: int, central: int) -> Design:
    """Points that all share the same replicates."""
    return Design(tuple(experiment.factors), u, u, None, None, np.zeros(len(u), np.int64), repeats, central)


def _analysed(experiment: Experiment, made: models.Cross, *, repeats: int, central: int) -> Design:
    """A design of sensitivity analysis, with the seed and the dummy as factors where the file wants them.

    Morris' steps are small, so luck is not stepped with them: each trajectory has a seed of its own, which no step changes.
    """
    second = isinstance(made, models.Sobol) and made.second_order
    method = METHODS["sobol_second_order" if second else experiment.kind]
    own = [name for name, wanted in ((SEED, made.seed_factor and not method.ordered), (DUMMY, made.dummy)) if wanted]
    columns = (*experiment.factors, *(Factor(address=name) for name in own))
    problem = Problem(tuple(f.address for f in columns), _grouped(made, columns))
    levels = sensitivity.design(method, problem, made.n, seed=made.seed)[list(problem.factors)].to_numpy(float)
    u = levels if not method.ordered else np.stack([[f.level(x) for x in levels[:, i]] for i, f in enumerate(columns)], 1)
    first = np.zeros(len(u), np.int64)
    if SEED in own:
        first = np.array([columns[-1 - made.dummy].value(x) for x in u[:, problem.factors.index(SEED)]], np.int64)
    elif method.ordered and made.seed_factor:
        first = np.arange(len(u)) // method.block(problem)
    return Design(columns, u, levels, method, problem, first, repeats, central)


def _grouped(made: models.Cross, columns: tuple[Factor, ...]) -> tuple[str, ...]:
    groups = made.groups if isinstance(made, models.Grouped) else {}
    of = {member: name for name, members in groups.items() for member in members}
    return tuple(of.get(f.address, f.address) for f in columns) if groups else ()


def _drawn(experiment: Experiment, made: models.Uncertainty, *, repeats: int, central: int) -> Design:
    """Draws of the laws, the same numbers as draws of a comparison, crossed with every combination of the switches.

    Each draw has replicates of its own, which all structures share.
    """
    quantities = {a: q for s in experiment.scenarios for a, q in s.quantities.items()}
    switches = [f for f in experiment.factors if f.address in made.structure]
    seed = experiment.scenarios[0].seed
    draws = np.arange(1, made.draws + 1)
    columns = [np.array([_uniform(f, quantities, seed=seed, draw=int(d)) for d in draws])
               for f in experiment.factors if f not in switches]
    sets = np.stack(np.meshgrid(*((np.arange(len(f.values)) + 0.5) / len(f.values) for f in switches), indexing="ij"), -1).reshape(
        -1, len(switches)) if switches else np.zeros((1, 0))
    u = np.concatenate([np.repeat(np.stack(columns, 1) if columns else np.zeros((draws.size, 0)), len(sets), axis=0),
                        np.tile(sets, (draws.size, 1))], 1)
    ordered = (*(f for f in experiment.factors if f not in switches), *switches)
    first = np.repeat(central + (draws - 1) * repeats, len(sets))
    return Design(ordered, u, u, None, None, first, repeats, central)


def _uniform(factor: Factor, quantities: dict[str, evidence.Quantity], *, seed: int, draw: int) -> float:
    if factor.address == JUDGEMENT:
        return evidence.judgement(seed=seed, draw=draw)
    law = quantities[factor.moves[0]] if factor.own else factor.law
    if law is None:
        raise NbhdsimError.of("a knob with values belongs to `structure` here, or needs a law", path=f"vary.{factor.address}")
    return evidence.uniform_of(law, seed=seed, draw=draw)


def _swept(some: Sequence[Factor], made: models.Sweep) -> NDArray[np.float64]:
    """Points of a sweep: listed values at the middle of their share of the unit interval; NaN where a factor keeps its central
    value."""
    if made.design == "latin_hypercube":
        return METHODS["delta"].points(Problem(tuple(f.address for f in some)), made.n or 0, made.seed)
    if made.design == "sobol_points":
        power_of_two(made.n or 0)
        from scipy.stats import qmc  # takes half a second, and a report needs none
        return np.asarray(qmc.Sobol(len(some), seed=made.seed).random(made.n or 0), float)
    axes = [(np.arange(len(f.values)) + 0.5) / len(f.values) for f in some]
    if made.design == "grid":
        if (points := prod(map(len, axes))) > MOST:
            raise NbhdsimError.of(f"{points:,} points (at most {MOST:,})", path="method")
        return np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, len(axes))
    if made.design == "list":
        return np.stack(axes, 1)
    rows = [[np.nan] * i + [x] + [np.nan] * (len(axes) - i - 1) for i, axis in enumerate(axes) for x in axis]
    return np.array(rows)


