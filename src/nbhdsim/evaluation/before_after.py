"""Before and after in the funded areas alone: what most reports print."""
import numpy as np
from scipy.special import stdtrit

from nbhdsim.equity.rates import score
from nbhdsim.evaluation import Design, Estimate, EvaluatorView, Needs, design, sentences
from nbhdsim.evaluation.shrinkage import between, poisson_lognormal

ENOUGH = 20         # areas from which the spread between areas is read


@design("before_after")
class BeforeAfter(Design):
    """Rate after less rate before. Limits from the spread of changes over areas (Student), Poisson ones where there is one area."""

    title = "before and after"
    maryland = 1
    needs = Needs(treated=1, before=1, after=1)

    def estimate(self, view: EvaluatorView) -> Estimate:
        """The change, and in `checks` what areas picked for a high baseline would show with no programme (`artefact`)."""
        before, after = (view.rates(window)[view.treated] for window in (view.baseline, view.follow_up))
        w = view.weights[view.treated] / view.weights[view.treated].sum()
        value, changes = float(w @ (after - before)), after - before
        if len(w) > 1:
            error = np.sqrt((w**2 * (changes - value)**2 / (1 - w)).sum())
            half = float(stdtrit(len(w) - 1, 0.975) * error)
        else:
            events = [(view.counts[view.treated, slice(*window)].sum(), view.residents[view.treated, slice(*window)].sum())
                      for window in (view.baseline, view.follow_up)]
            half = score(0.95) * float(np.sqrt(sum(x / n**2 for x, n in events))) * view.scale
        words = sentences.found(view, value, limits=(value - half, value + half), expected=float(w @ before),
                                against="before, in the same areas")
        artefact = _artefact(view)
        if np.isfinite(artefact):
            words += (f" If the areas were picked for this baseline, a change of {artefact:+.2f} is expected with no programme at "
                      "all: regression to the mean.")
        words += " Nothing says what would have happened otherwise: trends, and areas or people picked at a bad moment, are in it."
        return Estimate(value, value - half, value + half, view.unit, self.maryland, words, checks={"artefact": artefact})


def _artefact(view: EvaluatorView) -> float:
    """Expected change of the treated given their baseline counts, if rates of areas are lognormal and nothing happens."""
    if len(view.treated) < ENOUGH:
        return float("nan")
    seen = slice(*view.baseline)
    counts, people = view.counts[:, seen].sum(1), view.residents[:, seen].sum(1)
    even = people * counts.sum() / people.sum()
    sd = between(counts, even)
    expected = poisson_lognormal(counts[view.treated], even[view.treated], sd=sd)
    return float((expected - counts[view.treated]).sum() / people[view.treated].sum() * view.scale)
