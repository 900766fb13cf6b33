"""What a survey shows of a true share when not all answer, or not all answer right. Standard algebra."""
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from nbhdsim.errors import NbhdsimError
from nbhdsim.evaluation import PARTICIPANTS, Design, Estimate, EvaluatorView, Needs, design

Array = NDArray[np.float64]
FEWEST = 10


def _shares(**given: ArrayLike) -> list[Array]:
    """Shares as f8; one outside 0 to 1 is an error."""
    out = [np.asarray(each, float) for each in given.values()]
    for name, each in zip(given, out, strict=True):
        if not ((each >= 0) & (each <= 1)).all():
            raise NbhdsimError.of("a share lies between 0 and 1", path=name)
    return out


def answered(share: ArrayLike, *, if_positive: ArrayLike, if_negative: ArrayLike) -> Array:
    """Share observed among those who answer: p rP / (p rP + (1 - p) rN); NaN where nobody answers. Oracle
    survey-nonresponse-bias.
    """
    p, yes, no = _shares(share=share, if_positive=if_positive, if_negative=if_negative)
    total = p * yes + (1 - p) * no
    return np.divide(p * yes, total, out=np.full(np.shape(total), np.nan), where=total > 0)


def reported(share: ArrayLike, *, sensitivity: ArrayLike, specificity: ArrayLike) -> Array:
    """Share reported: p sens + (1 - p) (1 - spec). Oracle survey-misreport-bias."""
    p, right, wrong = _shares(share=share, sensitivity=sensitivity, specificity=specificity)
    return np.asarray(p * right + (1 - p) * (1 - wrong))


@design("survey")
class Survey(Design):
    """Mean change among those who answered before and after (Student), and the share who say that things are better."""

    title = "self-report survey"
    maryland = 1
    of = PARTICIPANTS
    needs = Needs(treated=0, before=0, after=0, events=0, answers=True)

    def estimate(self, view: EvaluatorView) -> Estimate:
        """The mean change in the unit of the score; in `checks` the shares who answered, and who say better."""
        answers = view.answers
        assert answers is not None
        first, both = ~np.isnan(answers.before), ~(np.isnan(answers.before) | np.isnan(answers.after))
        if both.sum() < FEWEST:
            raise NbhdsimError.of(f"{both.sum()} answered both times ({FEWEST} or more); the nearest design that would work: one "
                                  "on records, such as matched_cohort", path="survey")
        change, after = (answers.after - answers.before)[both], ~np.isnan(answers.after)
        value, n = float(change.mean()), int(both.sum())
        half = float(stdtrit(n - 1, 0.975) * change.std(ddof=1) / np.sqrt(n))
        kept, better = float(both.sum() / max(first.sum(), 1)), float(answers.better[after].mean())
        left = answers.before[first & ~both]
        apart = float(answers.before[both].mean() - left.mean()) if len(left) else 0.0
        words = (f"Those who answered twice moved by {value:+.2f} {answers.unit} ({value - half:+.2f} to {value + half:+.2f}), and "
                 f"{10 * better:.0f} in 10 say it helped. {1 - first.mean():.0%} never answered and {1 - kept:.0%} of the rest not "
                 f"again; those who stayed had begun {apart:+.2f} from those who left. Nobody without the programme was "
                 "asked, people join at a low moment, and kind answers are in it.")
        return Estimate(value, value - half, value + half, answers.unit, self.maryland, words, of=self.of,
                        checks={"answered": float(first.mean()), "answered again": kept, "say better": better,
                                "stayers apart": apart})
