"""Stepped wedge: areas begin one group after another, so that those still waiting are the comparison."""
import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from nbhdsim.errors import NbhdsimError
from nbhdsim.evaluation import Design, Estimate, EvaluatorView, Needs, design, sentences

Array = NDArray[np.float64]
PERIODS = 24


@design("stepped_wedge")
class SteppedWedge(Design):
    """Rates by area and period on effects of area and period and on having begun; one effect for all areas and all times since.

    Hussey and Hughes (2007) with fixed effects; areas weigh by their residents; limits by leaving out one area at a time (CR3).
    Where the effect grows with time, two-way effects give early and late months unequal and even negative weight.
    """

    title = "stepped wedge"
    maryland = 5
    needs = Needs(treated=4, before=1, after=2, starts=True)

    def estimate(self, view: EvaluatorView) -> Estimate:
        """The effect of having begun; level 5 where the order was drawn, 3 where it was not."""
        y, x = _panel(view)
        w = view.weights / view.weights.sum()
        x, y = _demeaned(x, w), _demeaned(y, w)
        under, over = w * (x**2).sum(1), w * (x * y).sum(1)
        if not under.sum() > 1e-12:
            raise NbhdsimError.of("all areas begin at once; the nearest design that would work: "
                                  "before_after, or differences with areas that never begin", path="stepped_wedge")
        value = float(over.sum() / under.sum())
        gone, areas = 1 / (1 - w), len(w)       # leaving an area out moves the period means of the rest: w + w^2 / (1 - w) in all
        left = (over.sum() - gone * over) / (under.sum() - gone * under)
        error = float(np.sqrt((areas - 1) / areas * ((left - value)**2).sum()))
        half = float(stdtrit(areas - 1, 0.975)) * error
        level = self.maryland if view.randomised else 3
        words = sentences.found(view, value, limits=(value - half, value + half),
                                expected=view.rate(view.treated, view.follow_up) - value, against="in areas still waiting")
        words += (" The order was drawn by lot." if view.randomised else
                  " The order was not drawn by lot: areas that began early may differ from those that waited.")
        return Estimate(value, value - half, value + half, view.unit, level, words, checks={"error": error})


def _panel(view: EvaluatorView) -> tuple[Array, Array]:
    """Rates and share of the period after the beginning, each f8[area, period], over both windows in at most PERIODS periods."""
    assert view.starts is not None
    first, stop = view.baseline[0], view.follow_up[1]
    length = -(-(stop - first) // PERIODS)
    edges = list(range(stop, first + length - 1, -length))[::-1]
    begun = (view.starts[:, None] >= 0) & (np.arange(stop)[None, :] >= view.starts[:, None])
    return (np.column_stack([view.rates((edge - length, edge)) for edge in edges]),
            np.column_stack([begun[:, edge - length:edge].mean(1) for edge in edges]))


def _demeaned(x: Array, w: Array) -> Array:
    """x f8[area, period] less its effects of area and period, weights by area."""
    x = x - x.mean(1, keepdims=True)
    return np.asarray(x - (w / w.sum()) @ x)
