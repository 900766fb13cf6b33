"""How far the whole distribution of an answer moves when a number is known, from runs at any points."""
import warnings

import numpy as np
from numpy.typing import NDArray

from nbhdsim.errors import NbhdsimError
from nbhdsim.sensitivity import METHODS, Index, Problem, pairs, plain
from nbhdsim.sensitivity.given_data import GivenData


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


METHODS.add("delta")(Delta())
