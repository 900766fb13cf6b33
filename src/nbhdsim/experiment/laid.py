"""The futures of an uncertainty run laid out by structure, draw and replicate, without those that are not whole."""
from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from nbhdsim.errors import NbhdsimError
from nbhdsim.experiment import halves
from nbhdsim.experiment.design import Design
from nbhdsim.experiment.factors import Factor
from nbhdsim.experiment.values import Answer, Values

LEAST = 4
"""Pairs of draws, or draws, that variances are said from."""


class Laid(NamedTuple):
    """The whole futures of one answer.

    y [structures, draws, replicates] of draws that worked in every structure; u [draws, numbers]; pairs: are the draws pairs of
    opposites? chance: variance over the replicates with central values, NaN below two; lost: futures left out.
    """

    y: Values
    u: Values
    pairs: bool
    chance: float
    lost: int

    @property
    def members(self) -> int:
        """How many draws are independent of each other."""
        return len(self.u) // (1 + self.pairs)


def structures(made: Design, switches: Collection[str]) -> list[str]:
    """The combinations of the switches (addresses) in words, in the order of the points; `as it is` without switches.

    Raises NbhdsimError where the points are not the same draws in every combination.
    """
    where = [i for i, f in enumerate(made.columns) if f.address in switches]
    drawn = np.delete(made.u, where, axis=1)
    firsts = np.sort(np.unique(made.u[:, where], axis=0, return_index=True)[1]) if where else np.zeros(1, int)
    draws, rest = divmod(len(made.u), max(len(firsts), 1))
    if rest or not draws or not np.array_equal(drawn, np.repeat(drawn[::len(firsts)], len(firsts), axis=0)):
        raise NbhdsimError.of("the points are not the same draws in every structure")
    named = [(made.columns[i].address, made.columns[i].value, made.u[:, i]) for i in where]
    return [", ".join(f"{address} {value(u[first])}" for address, value, u in named) or "as it is" for first in firsts]


def numbers(made: Design, switches: Collection[str]) -> list[Factor]:
    """The factors that are drawn, in the order of the columns of `Laid.u`."""
    return [f for f in made.columns if f.address not in switches]


def lay(one: Answer, made: Design, switches: Collection[str]) -> Laid | None:
    """The whole futures of an answer; None with fewer than LEAST independent draws.

    A draw that failed in one structure is left out of all, with its opposite; so are replicates that most draws do not have.
    """
    count = len(structures(made, switches))
    y = one.points.reshape(-1, count, made.repeats).swapaxes(0, 1)
    where = [i for i, f in enumerate(made.columns) if f.address not in switches]
    u = made.u[::count, where]
    even = len(u) - len(u) % 2
    pairs = halves.opposite(u[:even])
    whole = [np.asarray(~np.isnan(y[:, :, :r]).any((0, 2))) for r in range(1, made.repeats + 1)]
    if pairs:
        whole = [np.append(np.repeat(good[:even].reshape(-1, 2).all(1), 2), np.zeros(len(u) - even, bool)) for good in whole]
    turns = max(range(made.repeats), key=lambda r: (int(whole[r].sum()) * (r + 1), r))
    kept = np.flatnonzero(whole[turns])
    if len(kept) < LEAST * (1 + pairs):
        return None
    central = one.central[~np.isnan(one.central)]
    used = y[:, kept, :turns + 1]
    return Laid(used, u[kept], pairs, float(central.var(ddof=1)) if len(central) > 1 else np.nan, y.size - used.size)


def variances(laid: Laid) -> tuple[float, float, float]:
    """Unbiased variances of structure, numbers and chance (they can come out below 0).

    Without replicates within draws chance is that of central values; NaN where there are none either.
    """
    replicates, of_draws = laid.y.shape[2], laid.y.mean(2).T                    # [draws, structures]
    chance = float(laid.y.var(2, ddof=1).mean()) if replicates > 1 else laid.chance
    drawn = float(halves.variance(of_draws, laid.pairs).mean()) - (chance if chance == chance else 0.0) / replicates
    apart = of_draws - of_draws.mean(1, keepdims=True)          # what all structures share tells none from another
    between = float(of_draws.mean(0).var()) - float(halves.variance_of_mean(apart, laid.pairs).mean())
    return between if of_draws.shape[1] > 1 else 0.0, drawn, chance


def kept(estimate: float) -> float:
    """A variance from its estimate: 0 where it came out below, or is not known."""
    return max(estimate, 0.0) if estimate == estimate else 0.0
