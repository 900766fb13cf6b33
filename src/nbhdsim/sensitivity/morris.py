"""Screening by Morris' method: how far the answer moves when one number moves by a step, and how unevenly."""
import numpy as np
from numpy.typing import NDArray

from nbhdsim.errors import NbhdsimError
from nbhdsim.sensitivity import METHODS, Index, Method, Problem, plain

LEVELS = 4
FEW = 20                # below so many a screening is rough
POOL = 5                # trajectories drawn for each that is kept
MOST = 40               # kept by the choice of the most spread; more are taken as they come


class Morris(Method):
    """Elementary effects along trajectories (Morris 1991; mu* Campolongo and others 2007): n trajectories of D + 1 runs.

    n of POOL n trajectories are kept, the most spread ones. mu says which way, mu_star how far, sigma how unevenly.
    """

    name, ordered, grouped = "morris", True, True

    def check(self, problem: Problem, n: int) -> None:
        """Four trajectories at least."""
        if n < 4:
            raise NbhdsimError.of(f"{n} trajectories are too few (4 or more; {FEW} and more for a screening)", path="method.n")

    def block(self, problem: Problem) -> int:
        """A trajectory: D + 1, groups counted once."""
        return len(problem.units) + 1

    def points(self, problem: Problem, n: int, seed: int) -> NDArray[np.float64]:
        """Trajectories on a grid of four levels, which touch 0 and 1."""
        from SALib.sample import morris

        some = {"N": n} if n > MOST else {"N": POOL * n, "optimal_trajectories": n}
        return morris.sample(plain(problem), **some, num_levels=LEVELS, seed=seed)

    def read(self, problem: Problem, u: NDArray[np.float64], y: NDArray[np.float64], *, seed: int) -> list[Index]:
        """mu, mu_star with its interval, and sigma (not of groups)."""
        from SALib.analyze import morris

        found = morris.analyze(plain(problem), u, y, num_levels=LEVELS, seed=seed)
        out = []
        for i, name in enumerate(problem.units):
            star, half = float(found["mu_star"][i]), float(found["mu_star_conf"][i])
            out.append(Index(name, "mu_star", star, max(star - half, 0.0), star + half))
            out += [Index(name, index, float(found[index][i])) for index in ("mu", "sigma") if not problem.groups]
        return out

    def told(self, problem: Problem, u: NDArray[np.float64], y: NDArray[np.float64]) -> list[str]:
        """Are there enough trajectories?"""
        n = len(y) // self.block(problem)
        return [f"{n} trajectories tell the large from the small roughly ({FEW} and more for a screening)"] if n < FEW else []


METHODS.add("morris")(Morris())
