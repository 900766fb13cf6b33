"""First-order indices from runs at any points, by random balance designs."""
import numpy as np
from numpy.typing import NDArray

from nbhdsim.sensitivity import METHODS, Index, Problem, pairs, plain
from nbhdsim.sensitivity.given_data import GivenData


class RbdFast(GivenData):
    """Random balance designs (Tarantola and others 2006; bias by Tissot and Prieur 2012): S1."""

    name = "rbd_fast"

    def read(self, problem: Problem, u: NDArray[np.float64], y: NDArray[np.float64], *, seed: int) -> list[Index]:
        """S1."""
        from SALib.analyze import rbd_fast

        return pairs(rbd_fast.analyze(plain(problem), u, y, seed=seed), problem.factors, {"S1": ("S1", "S1_conf")})


METHODS.add("rbd_fast")(RbdFast())
