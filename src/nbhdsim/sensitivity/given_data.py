"""Indices from runs at any points, such as those of a sweep that is already there: RBD-FAST, delta, PAWN and enhanced HDMR.

They regress or sort, so noise that is independent from run to run inflates none of them; PAWN gives no interval.
"""
import warnings
from abc import abstractmethod

import numpy as np
from numpy.typing import NDArray

from nbhdsim.errors import NbhdsimError
from nbhdsim.sensitivity import METHODS, Index, Method, Problem, pairs, plain

LEAST, LEAST_FITTED = 64, 300
"""Runs that a method reads at least, and that the polynomials of hdmr need."""


class GivenData(Method):
    """A method that reads any table; where it makes its own, n points of a Latin hypercube."""

    given, least = True, LEAST

    def check(self, problem: Problem, n: int) -> None:
        """`least` runs at least."""
        if n < self.least:
            raise NbhdsimError.of(f"{n} runs are too few ({self.least} or more)", path="method.n")

    def block(self, problem: Problem) -> int:
        """Each run stands alone."""
        return 1

    def points(self, problem: Problem, n: int, seed: int) -> NDArray[np.float64]:
        """A Latin hypercube (McKay and others 1979)."""
        from SALib.sample import latin

        return latin.sample(plain(problem), n, seed=seed)

    @abstractmethod
    def read(self, problem: Problem, u: NDArray[np.float64], y: NDArray[np.float64], *, seed: int) -> list[Index]:
        """As in Method."""


class RbdFast(GivenData):
    """Random balance designs (Tarantola and others 2006; bias by Tissot and Prieur 2012): S1."""

    name = "rbd_fast"

    def read(self, problem: Problem, u: NDArray[np.float64], y: NDArray[np.float64], *, seed: int) -> list[Index]:
        """S1."""
        from SALib.analyze import rbd_fast

        return pairs(rbd_fast.analyze(plain(problem), u, y, seed=seed), problem.factors, {"S1": ("S1", "S1_conf")})


class Delta(GivenData):
    """How far the whole distribution moves when a number is known (Borgonovo 2007; estimator of Plischke and others 2013)."""

    name = "delta"

    def read(self, problem: Problem, u: NDArray[np.float64], y: NDArray[np.float64], *, seed: int) -> list[Index]:
        """delta, bins of equal size; the first-order index beside it is biased and left out."""
        from SALib.analyze import delta

        try:
            with warnings.catch_warnings(record=True):          # it tells how it made its bins
                found = delta.analyze(plain(problem), u, y, seed=seed, method="delta")
        except ValueError:                      # its density estimate is singular
            raise NbhdsimError.of(f"{len(y)} runs have too few different values for a density of them", path="method") from None
        return pairs(found, problem.factors, {"delta_balanced": ("delta", "delta_balanced_conf")})


class Pawn(GivenData):
    """Largest gap between the distribution and that of a slice, median over slices (Pianosi and Wagener 2015, 2018)."""

    name = "pawn"

    def read(self, problem: Problem, u: NDArray[np.float64], y: NDArray[np.float64], *, seed: int) -> list[Index]:
        """The median over ten slices."""
        from SALib.analyze import pawn

        found = pawn.analyze(plain(problem), u, y, S=10, seed=seed)
        return [Index(name, "pawn_median", float(value)) for name, value in zip(problem.factors, found["median"], strict=True)]


class Hdmr(GivenData):
    """Variance shares of a fitted polynomial (enhanced HDMR, Li and Rabitz 2012): S1 and ST of what it explains."""

    name, least = "hdmr", LEAST_FITTED

    def read(self, problem: Problem, u: NDArray[np.float64], y: NDArray[np.float64], *, seed: int) -> list[Index]:
        """S1 and ST of each factor, with bootstrap intervals."""
        from SALib.analyze import enhanced_hdmr

        try:
            found = enhanced_hdmr.analyze(plain(problem), u, y, max_order=2, poly_order=6, seed=seed)
        except RuntimeError as error:           # too few runs for its polynomials
            raise NbhdsimError.of(f"{len(y)} runs: {str(error).strip().replace('.Need', '; need')}", path="method.n") from None
        alone = {name: found[name][:len(problem.factors)] for name in ("S", "S_conf", "ST", "ST_conf")}     # then come the pairs
        return pairs(alone, problem.factors, {"S": ("S1", "S_conf"), "ST": ("ST", "ST_conf")})


for method in (RbdFast(), Delta(), Pawn(), Hdmr()):
    METHODS.add(method.name)(method)
