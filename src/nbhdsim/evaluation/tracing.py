"""Batch tracing: uptake among all eligible at two dates, of whom a programme reached some."""
from typing import NamedTuple

import numpy as np

from nbhdsim.equity.rates import score
from nbhdsim.errors import NbhdsimError


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
