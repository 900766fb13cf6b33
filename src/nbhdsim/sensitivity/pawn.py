"""How far the distribution of an answer moves within slices of a number, from runs at any points; it gives no interval."""
import numpy as np
from numpy.typing import NDArray

from nbhdsim.sensitivity import METHODS, Index, Problem, plain
from nbhdsim.sensitivity.given_data import GivenData


class Pawn(GivenData):
    """Largest gap between the distribution and that of a slice, median over slices (Pianosi and Wagener 2015, 2018)."""

    name = "pawn"

    def read(self, problem: Problem, u: NDArray[np.float64], y: NDArray[np.float64], *, seed: int) -> list[Index]:
        """The median over ten slices."""
        from SALib.analyze import pawn

        found = pawn.analyze(plain(problem), u, y, S=10, seed=seed)
        return [Index(name, "pawn_median", float(value)) for name, value in zip(problem.factors, found["median"], strict=True)]


METHODS.add("pawn")(Pawn())
