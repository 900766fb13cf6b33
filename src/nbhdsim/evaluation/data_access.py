"""What is recorded of what happened: profiles of data access, as data, and the view an evaluator with one of them gets.

Profiles stand in catalogue/evaluation.yaml; every number there is an assumption with a reason. The draws are counters of (seed,
replicate, purpose, area or person), so that a world is recorded in the same way whoever looks at it.
"""
from dataclasses import replace
from pathlib import Path

import numpy as np
from pydantic import Field
from scipy.special import bdtrik, pdtrik

from nbhdsim import documents, rng
from nbhdsim.documents import Closed
from nbhdsim.errors import NbhdsimError, nearest
from nbhdsim.evaluation import Array, EvaluatorView, Window

FILE = Path(__file__).parents[1] / "catalogue" / "evaluation.yaml"
MISSED, WRONG = rng.purpose("evaluation.missed"), rng.purpose("evaluation.wrong")
PLACED, LINKED = rng.purpose("evaluation.placed"), rng.purpose("evaluation.linked")


class Profile(Closed):
    """What an evaluator gets to see. Neutral values record everything, at once and where it happened."""

    says: str = Field(description="what this access is, in one line")
    months: int = Field(1, ge=1, le=12, description="months in one figure: 1, 3 or 12")
    delay: int = Field(0, ge=0, description="months at the end that are not there yet")
    look_back: int = Field(600, ge=1, description="months before the start that are kept")
    missed: float = Field(0, ge=0, lt=1, description="share of events not coded as this outcome")
    wrong: float = Field(0, ge=0, description="events coded as this outcome wrongly, as a share of those that are")
    misplaced: float = Field(0, ge=0, lt=1, description="share of events recorded in another area (registered there, not resident)")
    inflation: float = Field(0, ge=0, description="people on the lists who are not there, as a share of residents")
    hide_below: int = Field(0, ge=0, description="counts from 1 to one less are hidden, and taken as half of this number")
    round_to: int = Field(1, ge=1, description="other counts are rounded to the nearest multiple")
    linkage: float = Field(1, ge=0, le=1, description="share of people whose records are linked; 0: no records of people")
    areas: bool = Field(True, description="are there figures of areas that are not funded?")
    why: str = Field(description="what the numbers rest on")


class Profiles(Closed):
    """The file of profiles."""

    profiles: dict[str, Profile]


def profiles() -> dict[str, Profile]:
    """Profiles by name, from the catalogue."""
    return documents.check(documents.read_yaml(FILE), Profiles).profiles


def profile(name: str) -> Profile:
    """A profile by name; NbhdsimError with those there are and the nearest."""
    known = profiles()
    if name not in known:
        raise NbhdsimError.of(f"'{name}' is not a profile of data access ({', '.join(sorted(known))}){nearest(name, known)}",
                              path="access")
    return known[name]


def blocks(x: Array, months: int, *, last: int | None = None) -> Array:
    """Sums of x f8[area, month] over blocks of months, f8[area, block], of the first `last` months; the rest is dropped."""
    kept = x[:, :(x.shape[1] if last is None else last) // months * months]
    return np.asarray(kept.reshape(len(x), -1, months).sum(2))


def recorded(view: EvaluatorView, access: Profile) -> EvaluatorView:
    """A monthly view as this access shows it: fewer, later, coarser, hidden or misplaced counts, and people with linked records.

    Windows become whole blocks of months inside themselves. Raises NbhdsimError where nothing of a window is left.
    """
    if view.year != 12:
        raise NbhdsimError.of(f"{view.year} columns a year (12: what is recorded starts from months)", path="access")
    months, last = access.months, view.counts.shape[1] - access.delay
    counts = blocks(_coded(view, access)[:, :max(last, 0)], months)
    if access.hide_below > 1 or access.round_to > 1:
        hidden = (counts > 0) & (counts < access.hide_below)
        counts = np.where(hidden, access.hide_below / 2, np.round(counts / access.round_to) * access.round_to)
    residents = blocks(view.residents[:, :max(last, 0)] * (1 + access.inflation), months) / months
    start = -(-view.start // months)
    baseline = _window((max(view.baseline[0], view.start - access.look_back), view.baseline[1]), months, last=last, name="baseline")
    follow_up = _window(view.follow_up, months, last=last, name="follow_up")
    pool = view.pool if access.areas else np.zeros(len(view.treated), bool)
    placebo = None if view.placebo is None else blocks(view.placebo[:, :last], months)
    starts = None if view.starts is None else np.where(view.starts < 0, -1, -(-view.starts // months))
    return replace(_linked(view, access), counts=counts, residents=residents, start=start, baseline=baseline, follow_up=follow_up,
                   year=12 // months, scale=view.scale / months, pool=pool, placebo=placebo, starts=starts)


def _window(window: Window, months: int, *, last: int, name: str) -> Window:
    """Whole blocks inside a window and before the last month that is there."""
    first, stop = -(-window[0] // months), min(window[1], last) // months
    if first >= stop:
        raise NbhdsimError.of(f"nothing of months {window[0]} to {window[1]} is left (one figure is of {months} months, and "
                              f"the first {max(last, 0)} months are there); a longer window would work", path=name)
    return first, stop


def _uniform(view: EvaluatorView, purpose: np.uint32) -> Array:
    """Uniforms f8[area, column] of a purpose."""
    who = np.arange(view.counts.size, dtype=np.uint32)
    return rng.uniforms(np.uint64(view.seed), np.uint32(view.replicate), purpose, np.uint32(0), who).reshape(
        view.counts.shape).astype(float)


def _thinned(counts: Array, share: float, u: Array) -> Array:
    """Binomial number of `counts` events with chance `share`, by inversion of u."""
    return np.where(counts > 0, np.clip(np.ceil(bdtrik(u, np.maximum(counts, 1), share) - 1e-9), 0, counts), 0.0)


def _coded(view: EvaluatorView, access: Profile) -> Array:
    """Counts as coded, by area and month: missed ones gone, wrong ones added, misplaced ones shared out by residents elsewhere."""
    counts = view.counts
    if access.missed:
        counts = counts - _thinned(counts, access.missed, _uniform(view, MISSED))
    if access.wrong:
        mean = np.maximum(view.counts * access.wrong, 1e-12)
        counts = counts + np.maximum(np.ceil(pdtrik(_uniform(view, WRONG), mean) - 1e-9), 0)
    if access.misplaced:
        out = _thinned(counts, access.misplaced, _uniform(view, PLACED))
        rest = view.residents.sum(0) - view.residents
        each = np.divide(out, rest, out=np.zeros_like(out), where=rest > 0)
        counts = counts - out + view.residents * (each.sum(0) - each)
    return counts


def _linked(view: EvaluatorView, access: Profile) -> EvaluatorView:
    """The view with those people alone whose records are linked."""
    if view.people is None or access.linkage >= 1:
        return view
    p, everyone = view.people, np.arange(len(view.people.prior), dtype=np.uint32)
    u = rng.uniforms(np.uint64(view.seed), np.uint32(view.replicate), LINKED, np.uint32(0), everyone)
    kept = np.flatnonzero(u < access.linkage)
    if not len(kept):
        return replace(view, people=None)
    people = replace(p, joined=p.joined[kept], prior=p.prior[kept], after=p.after[kept], covariates=p.covariates[kept],
                     area=p.area[kept], referred=None if p.referred is None else p.referred[kept],
                     rows=kept if p.rows is None else p.rows[kept])
    return replace(view, people=people)
