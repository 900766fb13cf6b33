"""Why an estimate is wrong: its error as parts that add up, given what an evaluator never sees.

The error of a design in one future is e(W) = estimate(W) - truth, with truth the paired effect (what was seen less what the same
areas or people show with no programme, under the same luck). A cause is measured by taking it out of the world and asking the
design again. With W0 the world as recorded, the causes go one after another:

    recording     e(W0) - e(W1)   W1: every event recorded, at once and where it happened
    contamination e(W1) - e(W2)   W2: areas and people to compare with as they would be with no programme anywhere
    regression    e(W2) - e(W3)   W3: expectations in the place of counts. What is luck (and runs back to the mean) is the
                                  gap between a count and what an area or person is expected to have for lasting traits
    trend         e(W3) - e(W4)   W4: no movement that all areas share: expectations x (mean of baseline / of month) over all
    selection     e(W4)           what is left: those funded differ from those they are compared with, in level where the design
                                  compares levels, in course where it compares courses (a misfit of the design's form is in it too)

Each line is a difference of neighbours, so the sum telescopes to e(W0) whatever the design: exactly, up to floating point. In
every W the effect is added to the funded areas (people who joined) cell by cell, so none of the parts has the effect in it.

For a design linear in rates the order does not matter and the parts have closed forms. With O, N, M observed, do-nothing and
expected rates of the funded areas, C, C0, K those of the compared ones, G the expected rate of all, d the change from baseline to
follow-up, G' the rate of all in a flat world:

    before and after         regression d(N - M), trend about dG, selection the rest of dM, contamination 0
    difference in differences  contamination -d(C - C0), regression d(N - M) - d(C0 - K), trend about 0, selection about dM - dK

("about", because a common movement in proportion moves areas with high rates by more; that belongs to the trend.) Over futures the
mean of `regression` is minus E[count - expected | picked], the closed form of `shrinkage.poisson_lognormal`.
"""
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from nbhdsim.errors import NbhdsimError
from nbhdsim.evaluation import AREAS, DESIGNS, REFERRED, Array, EvaluatorView, People


@dataclass(frozen=True)
class Truth:
    """What really was. `seen` and `nothing` f8[area, column]: events with the programme and, under the same luck, without;
    `expected` the expectation of `nothing` given lasting traits alone. Of all people with records, in the windows of these:
    `prior` and `after` as they were, `nothing_after` without, `expected_prior` and `expected_after` of those."""

    seen: Array
    nothing: Array
    expected: Array
    prior: Array | None = None
    after: Array | None = None
    nothing_after: Array | None = None
    expected_prior: Array | None = None
    expected_after: Array | None = None


class Parts(NamedTuple):
    """Estimate, truth, and the parts of the error, which add up to estimate - truth; all in the unit of the estimate."""

    estimate: float
    truth: float
    recording: float
    contamination: float
    regression: float
    trend: float
    selection: float


def effect(view: EvaluatorView, truth: Truth, *, of: str) -> float:
    """The paired effect: of the funded areas over the follow-up, weighted by residents, or of those who joined, a year."""
    if of != AREAS:
        people = _people(view)
        seen, nothing = _given(people, truth, "after", "nothing_after")
        whom = people.referred if of == REFERRED and people.referred is not None else people.joined
        return float((seen - nothing)[whom].mean() * 12 / people.after_months * _per_person(view))
    cells = slice(*view.follow_up)
    moved = (truth.seen - truth.nothing)[view.treated, cells].sum(1) / view.residents[view.treated, cells].sum(1)
    return float(np.average(moved, weights=view.weights[view.treated]) * view.scale)


def decompose(name: str, view: EvaluatorView, truth: Truth) -> Parts:
    """The error of a design in one future, in parts. view: as recorded, with windows and columns of the truth.

    Raises NbhdsimError where the truth lacks what the design's people need, or the design counts no events (lists, answers).
    """
    design = DESIGNS[name]
    if design.needs.batch or design.needs.answers:
        raise NbhdsimError.of("its error has other parts (who is on the list, who answers)", path=name)
    ask, real = design.estimate, effect(view, truth, of=design.of)
    shape = slice(None, view.counts.shape[1])
    ladder = _people_ladder(view, truth) if design.of != AREAS else _area_ladder(view, truth, shape)
    values = [ask(world).value for world in (view, *ladder)]
    errors = [value - real for value in values]
    steps = [errors[i] - errors[i + 1] for i in range(len(errors) - 1)]
    return Parts._make([values[0], real, *steps, errors[-1]])


def course(expected: Array, view: EvaluatorView) -> Array:
    """Rate of all areas over its mean in the baseline, f8[column]."""
    rate = expected.sum(0) / view.residents.sum(0)
    return np.asarray(rate / rate[slice(*view.baseline)].mean())


def _area_ladder(view: EvaluatorView, truth: Truth, shape: slice) -> list[EvaluatorView]:
    """W1 to W4 of a design on areas. Areas that begin later than others are funded ones."""
    seen, nothing, expected = (each[:, shape] for each in (truth.seen, truth.nothing, truth.expected))
    moved = np.where(view.treated[:, None], seen - nothing, 0.0)
    worlds = (seen, nothing + moved, expected + moved, expected / course(expected, view) + moved)
    return [replace(view, counts=each) for each in worlds]


def _people_ladder(view: EvaluatorView, truth: Truth) -> list[EvaluatorView]:
    """W1 to W4 of a design on people; the trend is that of the expected events of all of them."""
    people = _people(view)
    prior, after, nothing, before, later = _given(people, truth, "prior", "after", "nothing_after", "expected_prior",
                                                   "expected_after")
    touched = people.joined if people.referred is None else people.joined | people.referred
    moved = np.where(touched, after - nothing, 0.0)
    drift = (later.mean() / people.after_months) / (before.mean() / people.prior_months)
    worlds = ((prior, after), (prior, nothing + moved), (before, later + moved), (before, later / drift + moved))
    return [replace(view, people=_with(people, *each)) for each in worlds]


def _with(people: People, prior: Array, after: Array) -> People:
    """The same people with other events; a covariate called "prior use" follows."""
    columns = people.covariates.copy()
    for i in (i for i, name in enumerate(people.names) if name == "prior use"):
        columns[:, i] = prior
    return replace(people, prior=prior, after=after, covariates=columns)


def _people(view: EvaluatorView) -> People:
    if view.people is None:
        raise NbhdsimError.of("there are no records of people", path="people")
    return view.people


def _per_person(view: EvaluatorView) -> float:
    """Events a person and year in the unit of the view."""
    return view.scale / view.year


def _given(people: People, truth: Truth, *names: str) -> list[Array]:
    """Fields of the truth about the people who have records; an error where one is missing."""
    if lacks := [name for name in names if getattr(truth, name) is None]:
        raise NbhdsimError.of(f"the truth about people lacks {', '.join(lacks)}", path="truth")
    return [getattr(truth, name)[slice(None) if people.rows is None else people.rows] for name in names]
