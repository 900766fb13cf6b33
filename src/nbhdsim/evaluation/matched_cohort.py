"""Matched cohort: each participant beside the person most like them before, by risk and prior use."""
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from nbhdsim.equity.rates import score
from nbhdsim.errors import NbhdsimError
from nbhdsim.evaluation import PARTICIPANTS, Design, Estimate, EvaluatorView, Needs, People, design, sentences

Array = NDArray[np.float64]
BALANCED = 0.1      # standardised difference up to which a covariate counts as balanced (Austin 2009)


def standardised(people: People, others: NDArray[np.int64]) -> Array:
    """Mean of the participants less that of others (row numbers), in SD of both groups before matching, f8[covariate]."""
    mine, theirs = people.covariates[people.joined], people.covariates[~people.joined]
    spread = np.sqrt((mine.var(0) + theirs.var(0)) / 2)
    apart = mine.mean(0) - people.covariates[others].mean(0)
    return np.divide(apart, spread, out=np.zeros_like(apart), where=spread > 0)


@dataclass(frozen=True)
class MatchedCohort(Design):
    """Events after of participants less those of their nearest neighbour (with replacement) on standardised covariates.

    caliper: greatest distance over the root of the number of covariates, in SD. Limits after Abadie and Imbens (2006): a person who
    is the match of K participants counts K (K - 1) times more, variance from the second nearest neighbour.
    """

    caliper: float = 0.25
    title: ClassVar[str] = "matched cohort"
    maryland: ClassVar[int] = 3
    of: ClassVar[str] = PARTICIPANTS
    needs: ClassVar[Needs] = Needs(joined=20, others=40, events=0)

    def estimate(self, view: EvaluatorView) -> Estimate:
        """The mean difference a year; in `checks` the share unmatched and the largest standardised difference before and after."""
        people = view.people
        assert people is not None
        mine, pool = np.flatnonzero(people.joined), np.flatnonzero(~people.joined)
        sd = people.covariates.std(0)
        z = people.covariates / np.where(sd > 0, sd, 1)
        apart, found = cKDTree(z[pool]).query(z[mine], k=2)
        near = apart[:, 0] <= self.caliper * np.sqrt(z.shape[1])
        if near.sum() < 2:
            raise NbhdsimError.of("nobody among the others is like the participants (within the caliper); the nearest "
                                  "design that would work: referred, or a wider caliper", path="matched_cohort")
        first, second = pool[found[near, 0]], pool[found[near, 1]]
        per = view.scale / view.year * 12 / people.after_months
        gaps = (people.after[mine[near]] - people.after[first]) * per
        value, uses = float(gaps.mean()), np.bincount(first, minlength=len(people.after))
        again = np.square(people.after[first] - people.after[second]) / 2 * per**2
        error = float(np.sqrt(((gaps - value)**2).sum() + ((uses[first] - 1) * again).sum()) / len(gaps))
        before, after = (float(np.abs(standardised(people, each)).max()) for each in (pool, first))
        expected = float(people.after[mine[near]].mean() * per) - value
        half = score(0.95) * error
        words = sentences.found(view, value, limits=(value - half, value + half), expected=expected,
                                against="among people like the participants").replace("residents", "people")
        words += (f" {1 - near.mean():.0%} of participants were like nobody and are left out; the largest difference of what was "
                  f"recorded before is {after:.2f} SD ({before:.2f} unmatched). Why somebody joined is in no record.")
        words += " A warning: the groups are not alike even in what was recorded." if after > BALANCED else ""
        return Estimate(value, value - half, value + half, view.unit, self.maryland, words, of=self.of,
                        checks={"unmatched": float(1 - near.mean()), "difference before": before, "difference after": after})


design("matched_cohort")(MatchedCohort)
