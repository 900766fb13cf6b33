"""Variance shares by Sobol's method: of a number alone (S1), and with all it acts with (ST)."""
import numpy as np
from numpy.typing import NDArray

from nbhdsim.errors import NbhdsimError
from nbhdsim.sensitivity import METHODS, Index, Method, Problem, pairs, plain


def power_of_two(n: int) -> None:
    """Raises NbhdsimError with the two nearest where n is none, 2 or more."""
    if n < 2 or n & (n - 1):
        low = 1 << max(n.bit_length() - 1, 1)
        raise NbhdsimError.of(f"{n} is not a power of two ({low} or {2 * low}: even there alone)", path="method.n")


class Sobol(Method):
    """Saltelli's design with first-order (Saltelli and others 2010) and total (Jansen 1999) indices: n (D + 2) runs.

    One scramble of Owen's, so that a design of n is the beginning of the design of 2 n; the intervals are SALib's bootstrap,
    too wide because they do not know that the points are even.
    """

    name, nested, grouped, second = "sobol", True, True, False

    def check(self, problem: Problem, n: int) -> None:
        """A power of two; two groups at least for second order."""
        power_of_two(n)
        if self.second and len(problem.units) < 2:
            raise NbhdsimError.of("second-order indices need two factors or groups", path="method.second_order")

    def block(self, problem: Problem) -> int:
        """D + 2, or 2 D + 2 with second order; D counts groups where there are some."""
        d = len(problem.units)
        return 2 * d + 2 if self.second else d + 2

    def points(self, problem: Problem, n: int, seed: int) -> NDArray[np.float64]:
        """Saltelli's cross design."""
        from SALib.sample import sobol

        return sobol.sample(plain(problem), n, calc_second_order=self.second, seed=seed)

    def read(self, problem: Problem, u: NDArray[np.float64], y: NDArray[np.float64], *, seed: int) -> list[Index]:
        """S1 and ST, and S2 of every pair with second order."""
        from SALib.analyze import sobol

        found = sobol.analyze(plain(problem), y, calc_second_order=self.second, seed=np.random.default_rng(seed))
        names = problem.units
        out = pairs(found, names, {"S1": ("S1", "S1_conf"), "ST": ("ST", "ST_conf")})
        if self.second:
            for a in range(len(names)):
                for b in range(a + 1, len(names)):
                    value, half = float(found["S2"][a, b]), float(found["S2_conf"][a, b])
                    out.append(Index(names[a], "S2", value, value - half, value + half, names[b]))
        return out


class SecondOrder(Sobol):
    """Sobol's method with the share of each pair: n (2 D + 2) runs."""

    name, second = "sobol_second_order", True


METHODS.add("sobol")(Sobol())
METHODS.add("sobol_second_order")(SecondOrder())
