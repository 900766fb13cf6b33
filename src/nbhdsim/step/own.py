"""Own spill-over of the programmes that state a total of their area: the total has it, so outcomes there leave it out.

What a programme m pushes on mechanisms spreads as everything does. Its part S_m of all spill-over obeys the same linear rule with
its own pushes E_m alone, along base ties and the groups of all programmes,

    S_m(t+1) = (1 - kappa) S_m + kappa c sum_j w_ij (E_m + S_m)_j

and residents of its area answer S - S_m where it states a total of that outcome (the cap on a mechanism is that of all programmes
together, and is not met by one alone). Contacts elsewhere, and mechanisms themselves, keep all of S.
"""
import numpy as np
from numba import njit

from ..levers import Levers
from ..rng import JIT, exp32, f32
from .minds import FORGOTTEN, Spread, Web, publish, spread, spread_groups


@njit(**JIT)
def _less(rows, own, per_sd, out):
    """Take from `out` [n] what goes through the mechanisms of `rows`: per_sd [5] of each SD of own [5, n]."""
    for i in rows:
        part = f32(0)
        for k in range(own.shape[0]):
            part += per_sd[k] * own[k, i]
        out[i] -= part


@njit(**JIT)
def _ratios(spill, rate_per_sd, lost, ratio):
    """exp(a'S) anew where some of it is lost [n] (a log)."""
    for i in range(lost.size):
        if lost[i] != f32(0):
            log_rate = f32(0)
            for k in range(spill.shape[0]):
                log_rate += rate_per_sd[k] * spill[k, i]
            ratio[i] = exp32(log_rate + lost[i])


@njit(**JIT)
def _forget(own):
    for k in range(own.shape[0]):
        for i in range(own.shape[1]):
            if abs(own[k, i]) <= FORGOTTEN:
                own[k, i] = f32(0)


def leave_out(levers: Levers, spill: np.ndarray, *, shift: np.ndarray, ratio: np.ndarray, p: Spread) -> None:
    """Take own spill-over out of what residents of the areas answer this month: shift (points), ratio [n] of spill-over [5, n]."""
    lost = None
    for key in sorted(levers.own):
        held = levers.held[key]
        if "life_satisfaction" in held:
            _less(held["life_satisfaction"], levers.own[key], p.b, shift)
        if "admission_rr" in held:
            lost = np.zeros(ratio.size, f32) if lost is None else lost
            _less(held["admission_rr"], levers.own[key], p.a, lost)
    if lost is not None:
        _ratios(spill, p.a, lost, ratio)


def spread_own(levers: Levers, web: Web, absent: np.ndarray, *, p: Spread) -> None:
    """Own spill-over of the next month, from what each programme pushed in this one; absent: rows without anybody."""
    for key, own in levers.own.items():
        active = np.union1d(np.flatnonzero(own.any(axis=1)), [k for k, _, _ in levers.shares[key]]).astype(np.int64)
        if active.size:
            n, published = own.shape[1], np.zeros(own.shape, np.int32)
            for k in active.tolist():
                induced = own[k].copy()
                for _, who, value in (pushed for pushed in levers.shares[key] if pushed[0] == k):
                    induced[who] += value
                publish(induced, absent, published[k])
            spread(web, published, own, active, p, np.empty(n + 1, np.int32), np.zeros(n, np.int32))
            spread_groups(levers.groups, published, own, p=p)
            _forget(own)
