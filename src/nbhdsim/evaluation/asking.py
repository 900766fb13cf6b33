"""How people answer: from what they feel to what a survey holds, and a survey's error in parts that add up."""
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from nbhdsim import rng
from nbhdsim.errors import NbhdsimError
from nbhdsim.evaluation import Answers, Array

ANSWER, AGAIN = rng.purpose("evaluation.answer"), rng.purpose("evaluation.again")
SURE = 1 - 1e-9


@dataclass(frozen=True)
class Manner:
    """How people answer; neutral as it stands. response: share who answer at first, with `response_slope` in log odds an SD of
    the score; kept: share of these who answer again, with `kept_slope` in log odds an SD of change; desirability: points that a
    kind answer adds afterwards; recall: share of the change by which the remembered start is moved towards now (below 0: away from
    it), of a survey that asks about before only afterwards; better_from: change from which somebody says that it helped."""

    response: float = 1.0
    response_slope: float = 0.0
    kept: float = 1.0
    kept_slope: float = 0.0
    desirability: float = 0.0
    recall: float = 0.0
    better_from: float = 0.0


def asked(before: Array, after: Array, manner: Manner, *, seed: int = 1, replicate: int = 0) -> Answers:
    """Answers of people who feel before and after f8[n]. Draws are counters of the person, so that two manners differ only in what
    they say. Shares outside 0 to 1 are an error."""
    if not (0 <= manner.response <= 1 and 0 <= manner.kept <= 1):
        raise NbhdsimError.of("shares who answer lie between 0 and 1", path="manner")
    sd = max(float(before.std()), 1e-12)
    z, moved = (before - before.mean()) / sd, (after - before) / sd
    first = _drawn(manner.response, manner.response_slope * z, of=(seed, replicate), purpose=ANSWER)
    again = first & _drawn(manner.kept, manner.kept_slope * moved, of=(seed, replicate), purpose=AGAIN)
    told = before + manner.recall * (after - before)
    late = after + manner.desirability
    return Answers(np.where(first, told, np.nan), np.where(again, late, np.nan), better=late - told > manner.better_from)


def _drawn(share: float, odds: Array, *, of: tuple[int, int], purpose: np.uint32) -> NDArray[np.bool_]:
    """Who answers, at a share moved by log odds; everybody at 1 and nobody at 0."""
    if share in (0.0, 1.0):
        return np.full(len(odds), bool(share))
    u = rng.uniforms(np.uint64(of[0]), np.uint32(of[1]), purpose, np.uint32(0), np.arange(len(odds), dtype=np.uint32))
    return np.asarray(u < expit(logit(min(share, SURE)) + odds))


class AnswerParts(NamedTuple):
    """Mean change told, true mean effect, and what each manner of answering adds; `course` is what people do without the programme
    (who joins at a low moment comes back). The parts add up to told - truth."""

    told: float
    truth: float
    desirability: float
    recall: float
    attrition: float
    response: float
    course: float


def parts(feelings: tuple[Array, Array, Array], manner: Manner, *, seed: int = 1, replicate: int = 0) -> AnswerParts:
    """A survey's error, from what people feel (before, after, after with no programme), each f8[n].

    One manner at a time is taken out, in the order of the parts, and the mean change told again; what is left when all answer as
    they feel is mean(without - before). A sum of neighbours' differences, so exact.
    """
    before, after, without = feelings
    manners = [manner]
    for neutral in (dict(desirability=0.0), dict(recall=0.0), dict(kept=1.0, kept_slope=0.0),
                    dict(response=1.0, response_slope=0.0)):
        manners.append(replace(manners[-1], **neutral))
    told = [_mean_change(asked(before, after, each, seed=seed, replicate=replicate)) for each in manners]
    steps = [a - b for a, b in zip(told, told[1:], strict=False)]
    return AnswerParts._make([told[0], float((after - without).mean()), *steps, float((without - before).mean())])


def _mean_change(answers: Answers) -> float:
    """Mean change of those who answered twice."""
    both = ~np.isnan(answers.before) & ~np.isnan(answers.after)
    if not both.any():
        raise NbhdsimError.of("nobody answered twice", path="manner")
    return float((answers.after - answers.before)[both].mean())
