"""Variance shares by the extended Fourier amplitude test: each number swings at a frequency of its own.

Luck swings with none: it jumps from run to run, which a curve sees as a little of every frequency. It adds to ST of each number, as
to that of the dummy, and to no S1.
"""
import numpy as np
from numpy.typing import NDArray

from nbhdsim.errors import NbhdsimError
from nbhdsim.sensitivity import METHODS, SEED, Index, Method, Problem, pairs, plain

HARMONICS = 4
TOO_FEW = 4 * HARMONICS**2          # runs a factor


class EFast(Method):
    """Saltelli, Tarantola and Chan 1999: n runs for each factor, S1 and ST. Its bootstrap intervals are rough."""

    name, smooth = "efast", True

    def check(self, problem: Problem, n: int) -> None:
        """More than 4 M^2 runs a factor, M = 4 harmonics."""
        if n <= TOO_FEW:
            raise NbhdsimError.of(f"{n} runs a factor are too few (more than {TOO_FEW})", path="method.n")

    def block(self, problem: Problem) -> int:
        """All runs: a gap in a curve leaves nothing of it."""
        return 0

    def points(self, problem: Problem, n: int, seed: int) -> NDArray[np.float64]:
        """One search curve for each factor."""
        from SALib.sample import fast_sampler

        return fast_sampler.sample(plain(problem), n, M=HARMONICS, seed=seed)

    def read(self, problem: Problem, u: NDArray[np.float64], y: NDArray[np.float64], *, seed: int) -> list[Index]:
        """S1 and ST. Raises NbhdsimError when the points are not those of the design: curves hang on the place of every run."""
        from SALib.analyze import fast

        each = len(u) // len(problem.factors)
        if each <= TOO_FEW or not np.array_equal(u, self.points(problem, each, seed)):
            raise NbhdsimError.of(f"{len(u)} runs are not those of the design of seed {seed}: some are missing, or it had another",
                                  path="method.seed")
        found = fast.analyze(plain(problem), y, M=HARMONICS, seed=seed)
        every = pairs(found, problem.factors, {"S1": ("S1", "S1_conf"), "ST": ("ST", "ST_conf")})
        return [index for index in every if index.address != SEED]


METHODS.add("efast")(EFast())
