"""Batch tracing: uptake among all eligible at two dates, of whom a programme reached some."""
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbhdsim.equity.rates import score
from nbhdsim.errors import NbhdsimError
from nbhdsim.evaluation import Batch, Design, Estimate, EvaluatorView, Needs, design

Mask = NDArray[np.bool_]


class Uptake(NamedTuple):
    """Shares from 0 to 1: difference with limits, relative change (NaN at no uptake before), share reached, and the difference that
    those reached would have to show if nothing else had moved (NaN where nobody was reached)."""

    difference: float
    low: float
    high: float
    relative: float
    reached: float
    implied: float


def uptake(before: tuple[float, int], after: tuple[float, int], *, reached: float, confidence: float = 0.95) -> Uptake:
    """p1 - p0 with SE sqrt(p0 q0 / n0 + p1 q1 / n1), p1 / p0 - 1, and (p1 - p0) / (reached / n1), from (share, eligible) each time.

    The two dates count as independent samples; nothing is compared with places that had no programme. Oracle batch-tracing-uptake.
    """
    (p0, n0), (p1, n1) = before, after
    if not (0 <= p0 <= 1 and 0 <= p1 <= 1 and n0 > 0 and n1 > 0 and 0 <= reached <= n1):
        raise NbhdsimError.of("uptakes lie between 0 and 1, of somebody eligible, of whom at most all were reached", path="uptake")
    difference, half = p1 - p0, score(confidence) * float(np.sqrt(p0 * (1 - p0) / n0 + p1 * (1 - p1) / n1))
    part = reached / n1
    return Uptake(difference, difference - half, difference + half, p1 / p0 - 1 if p0 else float("nan"), part,
                  difference / part if part else float("nan"))


def listed(on: tuple[Mask, Mask], done: tuple[Mask, Mask], *, reached: Mask, inflation: float = 0.0) -> Batch:
    """Lists of people bool[n] at two dates, with who had the event by then and whom a programme reached, as a practice prints them.

    inflation: people on the list who are not there, as a share of those who are; none of them has the event.
    """
    n = [int(round(float(each.sum()) * (1 + inflation))) for each in on]
    x = [float((here & has).sum()) for here, has in zip(on, done, strict=True)]
    both = int(round(float((on[0] & on[1]).sum()) * (1 + inflation)))
    return Batch((n[0], n[1]), (x[0], x[1]), stayed=min(both, *n), reached=float((on[1] & reached).sum()))


def turnover(on: tuple[Mask, Mask], done: tuple[Mask, Mask]) -> tuple[float, float]:
    """Change of uptake in two parts that add up: what those on both lists gained, times their share of the second, and the rest,
    which is who left and who came. Kitagawa (1955) with the second list's weights. NaN where a list is empty."""
    if not (on[0].any() and on[1].any()):
        return float("nan"), float("nan")
    change = float(done[1][on[1]].mean() - done[0][on[0]].mean())
    both = on[0] & on[1]
    gained = float((done[1][both].astype(float) - done[0][both]).sum() / on[1].sum())
    return gained, change - gained


@design("batch_tracing")
class BatchTracing(Design):
    """Uptake on a list at two dates: points gained, the relative change that gets printed, and what those reached would have shown.

    Both lists are taken as they are: whoever left or came is in the change, and so is everyone nobody reached.
    """

    title = "batch tracing of uptake"
    maryland = 1
    needs = Needs(treated=0, before=0, after=0, batch=True)

    def estimate(self, view: EvaluatorView) -> Estimate:
        """The change in percentage points; in `checks` relative change, share reached, implied effect of those, and the share of
        the second list who were not on the first: they alone could move uptake by as many points."""
        batch = view.batch
        assert batch is not None
        n, x = batch.eligible, batch.with_event
        found = uptake((x[0] / n[0], n[0]), (x[1] / n[1], n[1]), reached=batch.reached)
        value, low, high = (100 * each for each in found[:3])
        stayed = batch.stayed / n[1]
        sure = "leaves out no change" if low > 0 or high < 0 else "has no change in it"
        words = (f"Uptake went from {x[0] / n[0]:.1%} to {x[1] / n[1]:.1%}: {value:+.1f} percentage points ({low:+.1f} to "
                 f"{high:+.1f}, which {sure}), or {found.relative:+.0%} in relative terms. {found.reached:.0%} of the second list "
                 f"were reached: if nothing else moved, they gained {100 * found.implied:+.0f} points. {1 - stayed:.0%} of the "
                 "second list were not on the first, and nothing is compared with a list that had no programme.")
        return Estimate(value, low, high, "percentage points of uptake", self.maryland, words,
                        checks={"relative": found.relative, "reached": found.reached, "implied": 100 * found.implied,
                                "newcomers": 1 - stayed})
