"""Areas drawn by lot: the comparison that needs no belief about who was picked."""
import numpy as np

from nbhdsim.evaluation import Design, Estimate, EvaluatorView, Needs, design, sentences
from nbhdsim.evaluation.contrast import robust


@design("cluster_randomised")
class ClusterRandomised(Design):
    """Rate after in areas drawn to be funded against the others, adjusted for the rate before (analysis of covariance by area).

    Areas weigh by their residents; HC2 limits with Student's quantile; one slope on the baseline for both sides.
    """

    title = "cluster randomised trial"
    maryland = 5
    needs = Needs(treated=5, compared=5, before=1, after=1, randomised=True)

    def estimate(self, view: EvaluatorView) -> Estimate:
        """The adjusted difference; in `checks` how far apart both sides were before (`baseline difference`), and the slope."""
        before, after, w = view.rates(view.baseline), view.rates(view.follow_up), view.weights
        over = under = 0.0
        for group in (view.treated, view.compared):
            x, y = (each[group] - np.average(each[group], weights=w[group]) for each in (before, after))
            over, under = over + float(w[group] @ (x * y)), under + float(w[group] @ x**2)
        slope = over / under if under > 0 else 0.0
        found = robust(after - slope * before, view.treated, view.compared, weights=w, lost=1)
        apart = robust(before, view.treated, view.compared, weights=w)
        words = sentences.found(view, found.value, limits=(found.low, found.high), against="in the areas that drew nothing",
                                expected=view.rate(view.treated, view.follow_up) - found.value)
        words += " Who was funded was drawn by lot, so that only chance can set both sides apart, and the interval counts that."
        return Estimate(found.value, found.low, found.high, view.unit, self.maryland, words,
                        checks={"error": found.error, "slope": slope, "baseline difference": apart.value})
