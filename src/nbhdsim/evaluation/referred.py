"""Referred against not referred: the comparison that a referral list invites."""
import numpy as np
from scipy.special import stdtrit

from nbhdsim.evaluation import REFERRED, Design, Estimate, EvaluatorView, Needs, design, sentences


@design("referred")
class Referred(Design):
    """Events after of people referred less those of others, adjusted for prior use and what else is recorded (least squares), with
    errors clustered by area.

    People are referred at a bad moment: with no programme the referred fall by themselves, and stay above others all the same.
    """

    title = "referred against not referred"
    maryland = 2
    of = REFERRED
    needs = Needs(referred=20, others=20, events=0)

    def estimate(self, view: EvaluatorView) -> Estimate:
        """The adjusted difference a year; in `checks` the plain difference after and the difference of changes."""
        people = view.people
        assert people is not None and people.referred is not None
        per, was = (view.scale / view.year * 12 / months for months in (people.after_months, people.prior_months))
        y, d = people.after * per, people.referred.astype(float)
        columns = np.column_stack([np.ones(len(y)), people.prior, people.covariates])
        spread = columns.std(0)
        columns = columns[:, np.r_[True, spread[1:] > 0]] / np.r_[1.0, spread[1:][spread[1:] > 0]]
        rest = d - columns @ np.linalg.lstsq(columns, d, rcond=None)[0]
        value = float(rest @ y / (rest @ rest))
        e = y - value * d
        e -= columns @ np.linalg.lstsq(columns, e, rcond=None)[0]
        _, at = np.unique(people.area, return_inverse=True)
        groups = int(at.max()) + 1
        scores = np.bincount(at, weights=rest * e) if groups > 2 else rest * e
        count = len(scores)
        error = float(np.sqrt((scores**2).sum() * count / (count - 1)) / (rest @ rest))
        half = float(stdtrit(count - 1, 0.975)) * error
        plain = float(y[d == 1].mean() - y[d == 0].mean())
        change = plain - float(people.prior[d == 1].mean() - people.prior[d == 0].mean()) * was
        words = sentences.found(view, value, limits=(value - half, value + half), expected=float(y[d == 1].mean()) - value,
                                against="among others with the same record").replace("residents", "people")
        words += (f" Unadjusted they had {plain:+.1f}, and changed by {change:+.1f} beside the others: those referred at "
                  "a bad moment fall by themselves, and are worse off than a record shows.")
        return Estimate(value, value - half, value + half, view.unit, self.maryland, words, of=self.of,
                        checks={"plain": plain, "change": change, "error": error})
