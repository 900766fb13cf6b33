"""Synthetic control: a weighted mix of other areas that ran like the funded ones before (Abadie, Diamond and Hainmueller 2010)."""
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from nbhdsim import rng
from nbhdsim.evaluation import Design, Estimate, EvaluatorView, Needs, design, sentences

Array = NDArray[np.float64]
PLACEBOS, DONORS, POINTS, HEAVY, POOR = 100, 40, 12, 1e3, 2.0
"""Placebo groups; most donors, the nearest in level and course; most points before; weight of the row that makes weights add up to
1; a fit before worse than POOR times the median placebo's is called poor."""
PURPOSE = rng.purpose("evaluation.placebo")


def simplex(target: Array, donors: Array) -> Array:
    """Weights f8[donor], 0 or above and adding up to 1, that bring donors f8[point, donor] closest to a target f8[point].

    Least squares by `scipy.optimize.nnls` with one heavy row for the sum, then scaled to it.
    """
    heavy = HEAVY * max(float(np.abs(donors).max()), 1e-300)
    weights, _ = nnls(np.vstack([donors, np.full(donors.shape[1], heavy)]), np.append(target, heavy))
    return np.asarray(weights / weights.sum())


@design("synthetic_control")
class SyntheticControl(Design):
    """Rate after less that of the mix. Limits and p from placebo groups: as many other areas at a time, put in the place of the
    funded ones. p is the rank of the ratio of root mean squared gaps after to before (RMSPE)."""

    title = "synthetic control"
    maryland = 3
    needs = Needs(treated=1, compared=20, before=4, after=1)

    def estimate(self, view: EvaluatorView) -> Estimate:
        """The gap after; in `checks` p by placebo, the RMSPE before, the largest weight and how many areas have weight."""
        before, after = _blocks(view)
        w = view.weights
        target = _mean(before, w, view.treated), _mean(after, w, view.treated)
        gap, fit, weights = _gap(*target, donors=np.flatnonzero(view.compared), before=before, after=after)
        groups = _groups(view)
        placebo = [_gap(_mean(before, w, group), _mean(after, w, group), donors=np.flatnonzero(view.compared & ~group),
                        before=before, after=after)[:2] for group in groups]
        typical = float(np.median([_rms(f) for _, f in placebo]))
        means, ratios = np.array([g.mean() for g, _ in placebo]), np.array([_ratio(g, f, typical) for g, f in placebo])
        ratio = _ratio(gap, fit, typical)
        value = float(gap.mean())
        low, high = (float(value - np.quantile(means, q)) for q in (0.975, 0.025))
        p = float((1 + (ratios >= ratio).sum()) / (1 + len(ratios)))
        words = sentences.found(view, value, limits=(low, high), expected=float(target[1].mean()) - value,
                                against=f"in a mix of {int((weights > 0).sum())} other areas that ran like them before")
        words += f" Of {len(ratios)} groups of areas without the programme, a share of {p:.2f} or so moved away from theirs as far."
        words += " A warning: no mix ran like the funded areas before." if _rms(fit) > POOR * typical else ""
        return Estimate(value, low, high, view.unit, self.maryland, words,
                        checks={"p": p, "ratio": ratio, "rmspe before": _rms(fit), "largest weight": float(weights.max())})


def _blocks(view: EvaluatorView) -> tuple[Array, Array]:
    """Rates f8[block, area] of both windows in blocks of equal length, at most POINTS of them before."""
    (b0, b1), (f0, f1) = view.baseline, view.follow_up
    length = max(min(-(-(b1 - b0) // POINTS), f1 - f0), 1)
    before = [view.rates((stop - length, stop)) for stop in range(b1, b0 + length - 1, -length)][::-1]
    return np.array(before), np.array([view.rates((first, first + length)) for first in range(f0, f1 - length + 1, length)])


def _mean(rates: Array, weights: Array, group: NDArray[np.bool_]) -> Array:
    """Rate of a group in each block."""
    return np.asarray(rates[:, group] @ (weights[group] / weights[group].sum()))


def _gap(target: Array, later: Array, *, donors: NDArray[np.int64], before: Array, after: Array) -> tuple[Array, Array, Array]:
    """Gaps after and before f8[block], and weights f8[donor] of the nearest DONORS."""
    apart = np.square(before[:, donors] - target[:, None]).sum(0)
    near = donors[np.argsort(apart, kind="stable")[:DONORS]]
    weights = simplex(target, before[:, near])
    return later - after[:, near] @ weights, target - before[:, near] @ weights, weights


def _rms(x: Array) -> float:
    """Root mean square."""
    return float(np.sqrt(np.square(x).mean()))


def _ratio(gap: Array, fit: Array, typical: float) -> float:
    """RMSPE after over before; a closer fit before than the median placebo's is luck and counts as that."""
    return _rms(gap) / max(_rms(fit), typical, 1e-9)


def _groups(view: EvaluatorView) -> list[NDArray[np.bool_]]:
    """Placebo groups bool[area] of as many compared areas as are funded (at most half of them), drawn by counters."""
    compared = np.flatnonzero(view.compared)
    groups: list[NDArray[np.bool_]] = []
    size = min(int(view.treated.sum()), len(compared) // 2)
    u = rng.uniforms(np.uint64(view.seed), np.uint32(view.replicate), PURPOSE, np.uint32(0),
                     np.arange(PLACEBOS * len(compared), dtype=np.uint32)).reshape(PLACEBOS, len(compared))
    for row in u[:len(compared) if size == 1 else PLACEBOS]:
        group = np.zeros(len(view.treated), bool)
        group[[compared[len(groups)]] if size == 1 else compared[np.argsort(row, kind="stable")[:size]]] = True
        groups.append(group)
    return groups
