"""A method that reads runs at any points, such as those of a sweep that is already there.

It regresses or sorts, so noise that is independent from run to run inflates none of its indices.
"""
import numpy as np
from numpy.typing import NDArray

from nbhdsim.errors import NbhdsimError
from nbhdsim.sensitivity import Method, Problem, plain

LEAST = 64
"""Runs that a method reads at least."""


class GivenData(Method):
    """Where it makes points of its own: n points of a Latin hypercube."""

    given = True

    def least(self, problem: Problem) -> int:
        """Runs that it needs."""
        return LEAST

    def check(self, problem: Problem, n: int) -> None:
        """As many runs as it needs."""
        if n < self.least(problem):
            raise NbhdsimError.of(f"{n} runs are too few ({self.least(problem):,} or more)", path="method.n")

    def block(self, problem: Problem) -> int:
        """Each run stands alone."""
        return 1

    def points(self, problem: Problem, n: int, seed: int) -> NDArray[np.float64]:
        """A Latin hypercube (McKay and others 1979)."""
        from SALib.sample import latin

        return latin.sample(plain(problem), n, seed=seed)
