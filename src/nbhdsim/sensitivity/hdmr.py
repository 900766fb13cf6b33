"""Variance shares from runs at any points, by polynomials fitted to them.

A polynomial with nearly as many terms as there are runs follows every run, luck included, and gives each number a share. Its degree
is therefore as high as RUNS_A_TERM runs for each term allow, and it is tried on runs that it has not seen.
"""
import numpy as np
from numpy.typing import NDArray

from nbhdsim.errors import NbhdsimError
from nbhdsim.sensitivity import METHODS, SEED, Index, Problem, pairs, plain
from nbhdsim.sensitivity.given_data import GivenData

DEGREES = (6, 5, 4, 3, 2)
RUNS_A_TERM = 5
"""Each fit has half of the runs: with 2.5 of them for each term a number that does nothing gets about 0.05 of the variance."""
LEAST_FITTED = 300


def terms(factors: int, degree: int) -> int:
    """Terms of all polynomials in one number and in two."""
    return factors * degree + factors * (factors - 1) // 2 * degree**2


class Hdmr(GivenData):
    """Variance shares of a fitted polynomial (enhanced HDMR, Li and Rabitz 2012): S1 and ST of what it explains."""

    name = "hdmr"

    def least(self, problem: Problem) -> int:
        """RUNS_A_TERM for each term of parabolas. Raises NbhdsimError for one number alone."""
        count = len([name for name in problem.factors if name != SEED])
        if count < 2:
            raise NbhdsimError.of("hdmr needs two numbers (the dummy is one)", path="vary")
        return max(LEAST_FITTED, RUNS_A_TERM * terms(count, DEGREES[-1]))

    def degree(self, problem: Problem, n: int) -> int:
        """The highest degree that n runs allow. Raises NbhdsimError where they allow none."""
        self.check(problem, n)
        return next(d for d in DEGREES if RUNS_A_TERM * terms(len(problem.factors), d) <= n)

    def read(self, problem: Problem, u: NDArray[np.float64], y: NDArray[np.float64], *, seed: int) -> list[Index]:
        """S1 and ST of each factor, with bootstrap intervals."""
        from SALib.analyze import enhanced_hdmr

        if seen(u, y, self.degree(problem, len(y))) <= 0:
            raise NbhdsimError.of(f"{len(y):,} runs: polynomials fitted to the others say no more of a run than their mean does",
                                  path="method.n")
        found = enhanced_hdmr.analyze(plain(problem), u, y, max_order=2, poly_order=self.degree(problem, len(y)), seed=seed)
        alone = {name: found[name][:len(problem.factors)] for name in ("S", "S_conf", "ST", "ST_conf")}     # then come the pairs
        return pairs(alone, problem.factors, {"S": ("S1", "S_conf"), "ST": ("ST", "ST_conf")})

    def told(self, problem: Problem, u: NDArray[np.float64], y: NDArray[np.float64]) -> list[str]:
        """What its polynomials say of runs that they have not seen."""
        degree = self.degree(problem, len(y))
        return [f"its polynomials of degree {degree} explain {seen(u, y, degree):.0%} of the variance of runs that they were not "
                "fitted to; the rest is luck, or too fine for them"]


def seen(u: NDArray[np.float64], y: NDArray[np.float64], degree: int) -> float:
    """The share of the variance of y [rows] that polynomials in one and two numbers of u [rows, factors] predict of runs left out
    one by one (PRESS, Allen 1974); below 0 where the mean of the others predicts them better."""
    from numpy.polynomial.legendre import legvander

    alone = legvander(2 * u - 1, degree)[:, :, 1:]
    both = [(alone[:, a, :, None] * alone[:, b, None, :]).reshape(len(y), -1) for a in range(u.shape[1]) for b in range(a)]
    base, _ = np.linalg.qr(np.hstack([np.ones((len(y), 1)), alone.reshape(len(y), -1), *both]))
    left = (y - base @ (base.T @ y)) / (1 - (base**2).sum(1))
    apart = (y - y.mean()) * len(y) / (len(y) - 1)
    return 1 - float((left**2).sum() / (apart**2).sum())


METHODS.add("hdmr")(Hdmr())
