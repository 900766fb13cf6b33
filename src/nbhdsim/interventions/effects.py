"""Stated effects turned into what is pushed.

A study states an effect at a follow-up (`at` months in). Here it becomes a course: how the effect rises by months in
and fades, by its half-life, by months out (design 2.3, f_m), of which the month of leaving is the first. Ratios of
emergency admissions are stated of admissions but pushed on the rate before excitation, so they are scaled up first,
follow-up by follow-up, until admissions stand at the stated ratio (closed recursion of linear self-excitation;
Hawkes 1971).
"""
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..delivery import FORGOTTEN, MONTHS, NO_EFFECT, Course, Members, course_values
from ..errors import NbhdsimError
from ..evidence import stable
from ..levers import LEVERS
from ..relations import RELATIONS
from ..rng import exps, f32

KNOWN = {**LEVERS, **RELATIONS}

LEVELS = ("participant", "exposed", "area")
"""Whose effect it is: those who join, everyone in the setting, or all residents of the funded places together."""

STEPS = 60          # halvings of an interval of 12 in log ratio: to the last bit of a float64
NOTHING = 1e-12     # log ratio that halving cannot tell from none: an effect of 1 stays exactly 1
CLOSE = 1e-6        # log ratio or shift beyond a lever's range that is rounding
WIDEST = 6.0        # log ratio on the rate, either way, within which an effect is looked for


@dataclass(frozen=True, kw_only=True)
class Curve:
    """One lever of one level: what is pushed by months in (rise) and out (fall), f4 [MONTHS] each.

    rise holds the shift itself, or the log of the ratio where the lever multiplies; forget: months out after which nothing is left;
    reached: months in at which it is there in full; who: of whom alone, as sorted pairs of a
    kind's `who` (none: of everyone at that level).
    """

    lever: str
    level: str
    rise: NDArray[np.float32]
    fall: NDArray[np.float32]
    forget: int
    reached: float
    who: tuple[tuple[str, Any], ...] = ()

    @property
    def multiplies(self) -> bool:
        """Is it the log of a rate ratio?"""
        return KNOWN[self.lever].operator == "multiply"

    @property
    def ends(self) -> tuple[float, float, float]:
        """Its lever at rest, and the lowest and highest push."""
        known = KNOWN[self.lever]
        return known.rest, known.low, known.high

    @property
    def at_rest(self) -> bool:
        """Does it never move anything?"""
        return not self.rise.any()

    @property
    def spent(self) -> NDArray[np.float32]:
        """What someone has had of it by months in [MONTHS]: the effect itself; of a chance a month, the chance so far, so that
        nobody who leaves and comes back has more of it than is stated."""
        if self.lever != "screening":
            return self.rise
        return (1 - np.cumprod(np.concatenate([np.ones(1), 1 - self.rise[:-1].astype(float)]))).astype(f32)

    def at(self, month: int, *, opens: int, closes: int) -> float:
        """What is pushed in `month` on the clock of a site open from `opens` to before `closes`, the first month out: a shift or a
        ratio."""
        end, top = min(closes, month), MONTHS - 1
        value = self.rise[min(max(end - opens, 0), top)] * self.fall[min(max(month - closes + 1, 0), top)]
        return float(exps(value.reshape(1))[0] if self.multiplies else value)

    def of(self, members: Members, month: int, part: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
        """What is pushed in `month` for each member [k]: a shift or a ratio. part [k]: share of it (of its log), if not all."""
        values = self._course(members, month)
        values = values if part is None else values * part
        return exps(values) if self.multiplies else values

    def there(self, members: Members, month: int) -> NDArray[np.float32]:
        """How much of the full effect each member has in `month` [k], 0 to 1: the months in over those of the (first)
        follow-up or its ramp, fading with what fades."""
        grown = np.minimum(np.arange(MONTHS) / self.reached, 1) if self.reached else np.ones(MONTHS)
        return np.clip(course_values(grown.astype(f32), self.fall, members=members, month=month), f32(0), f32(1))

    def _course(self, members: Members, month: int) -> NDArray[np.float32]:
        return course_values(self.rise, self.fall, members=members, month=month)


def joined(knots: Sequence[tuple[float, float]], months: int) -> float:
    """Value at a number of months: linear between knots (months, value), from (0, 0) unless one stands at 0; then held."""
    before, low = 0.0, 0.0 if knots[0][0] > 0 else knots[0][1]
    for at, value in knots:
        if months <= at:
            return low + (value - low) * (months - before) / (at - before) if at > before else value
        before, low = at, value
    return low


def on_rate(stated: Sequence[tuple[int, float]], *, n: float, phi: float, ramp: float | None = None,
            strict: bool = True) -> list[float]:
    """Log ratio on the rate before excitation, by months in [MONTHS], such that expected admissions stand at the stated ratios.

    stated: (at, ratio of admissions), rising months; n, phi: share of admissions set off by an earlier one and the
    monthly memory of excitation. With one follow-up the log ratio rises over `ramp` months (default `at`); with several it
    runs straight between them. After the last follow-up it is what keeps admissions at the last ratio, month by month;
    at 0 months nothing is scaled. Raises NbhdsimError if `strict` and no ratio will do.

    In units of the natural rate, admissions = (1 - n) ratio + h and h' = phi h + n (1 - phi) admissions, from h = n.
    """
    h = n
    knots: list[tuple[float, float]] = []
    for at, ratio in stated:
        if at:
            reached = at if ramp is None or len(stated) > 1 else ramp
            goal, h = _solve(knots, (at, ratio), reached, h=h, n=n, phi=phi, strict=strict)
        else:
            reached, goal, h = 0, log(ratio), phi * h + n * (1 - phi) * ((1 - n) * ratio + h)
        knots.append((reached, goal))
    last, ratio = stated[-1]
    rise = [joined(knots, month) for month in range(last + 1)]
    low, high = LEVERS["admission_rr"].low, LEVERS["admission_rr"].high
    for _ in range(last + 1, MONTHS):
        pushed = min(max((ratio - h) / (1 - n), low), high) if last else ratio
        rise.append(log(pushed))
        h = phi * h + n * (1 - phi) * ((1 - n) * pushed + h)
    return [stable(value) if abs(value) > NOTHING else 0.0 for value in rise]


def _solve(done: list[tuple[float, float]], stated: tuple[int, float], reached: float, *, h: float, n: float,
           phi: float, strict: bool) -> tuple[float, float]:
    """The next log ratio, and h in the month after its follow-up, by bisection."""
    at, ratio = stated
    first = int(done[-1][0]) + 1 if done else 0
    def run(value: float) -> tuple[float, float]:
        seen, state = 1.0, h
        for month in range(first, at + 1):
            seen = (1 - n) * exp(joined([*done, (reached, value)], month)) + state
            state = phi * state + n * (1 - phi) * seen
        return seen, state
    low, high = -WIDEST, WIDEST
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if run(middle)[0] < ratio else (low, middle)
    if strict and abs(run(high)[0] - ratio) > 1e-9:
        raise NbhdsimError.of(f"no ratio on the rate makes admissions stand at {ratio:g} after {at} months: earlier "
                              "admissions echo too long for so fast a change")
    return high, run(high)[1]


def curve(lever: str, level: str, stated: Sequence[tuple[int, float]], *, ramp: float | None = None,
          half_life: float | None = None, n: float = 0.0, phi: float = 0.0, strict: bool = True, dose: float = 1.0) -> Curve:
    """The curve of one lever and level from its stated values, (at, value) by rising month.

    ramp: months to the full effect with one follow-up (default `at`; several are knots and have none); half_life:
    months out in which it halves, None: it ends at once; dose: what it is multiplied by when it is pushed. Raises
    NbhdsimError when the ramp is longer than `at`, two values stand at one month, or (if `strict`; else it stops at the end of
    the range) a push is outside the lever's range.
    """
    ats = [at for at, _ in stated]
    if len(set(ats)) < len(ats) or not 0 <= min(ats) <= max(ats) < MONTHS:
        raise NbhdsimError.of(f"effect {lever} ({level}) needs different months between 0 and {MONTHS - 1}, not {ats}")
    if ramp is not None and len(ats) == 1 and ramp > ats[0]:
        raise NbhdsimError.of(f"effect {lever} ({level}) ramps up over {ramp:g} months, longer than the {ats[0]} months "
                              "at which it is stated")
    known = KNOWN[lever]
    stated = sorted((at, value if strict else min(max(value, known.low), known.high)) for at, value in stated)
    if lever == "admission_rr":
        rise = on_rate(stated, n=n, phi=phi, ramp=ramp, strict=strict)
    elif lever == "screening":
        rise = spread_out(*stated[-1])
    else:
        points: list[tuple[float, float]] = [(at, log(value) if known.operator == "multiply" else value) for at, value in stated]
        points = points if ramp is None or len(points) > 1 else [(ramp, points[0][1])]
        rise = [stable(joined(points, month)) for month in range(MONTHS)]
    rise = _in_range(lever, level, rise, strict=strict, dose=max(dose, 1.0))
    fall = [stable(2 ** (-month / half_life)) if half_life else float(month == 0) for month in range(MONTHS)]
    forget = min(int(np.ceil(FORGOTTEN * half_life)), MONTHS) if half_life else 0
    return Curve(lever=lever, level=level, rise=np.array(rise, f32), fall=np.array(fall, f32), forget=forget,
                 reached=float(stated[0][0] if ramp is None or len(stated) > 1 else ramp))


def spread_out(at: int, share: float) -> list[float]:
    """Chance a month, by months in, that makes `share` by `at` months: 1 - (1 - share)^(1 / at) in each of them, then none."""
    monthly = stable(1 - (1 - share) ** (1 / max(at, 1)))
    return [monthly if month < max(at, 1) else 0.0 for month in range(MONTHS)]


def _in_range(lever: str, level: str, rise: list[float], *, strict: bool, dose: float) -> list[float]:
    """The course within what the lever may be pushed once a dose of 1 or more is on it; NbhdsimError if `strict` and it reaches
    further."""
    known = KNOWN[lever]
    ends = [(log(end) if known.operator == "multiply" else end) / dose for end in (known.low, known.high)]
    worst = max(rise, key=lambda value: max(ends[0] - value, value - ends[1]))
    if strict and not ends[0] - CLOSE <= worst <= ends[1] + CLOSE:
        pushed = exp(worst * dose) if known.operator == "multiply" else worst * dose
        raise NbhdsimError.of(f"effect {lever} ({level}) would push {pushed:.3g} {known.unit} ({known.low:g} to {known.high:g})"
                              + (f", at a dose of {dose:g}" if dose > 1 else ""))
    return [min(max(value, ends[0]), ends[1]) for value in rise]


@dataclass(frozen=True, kw_only=True)
class Effects:
    """The effects of one programme in one draw.

    curves: in the order of the levers, those at rest left out; relations: the same of the levers between programmes; resting:
    those at rest, which push nothing but stand for what is stated of their level; claimed: outcomes that a package's claim
    stands for; n: share of admissions set off by an earlier one.
    """

    curves: tuple[Curve, ...]
    relations: tuple[Curve, ...] = ()
    resting: tuple[Curve, ...] = ()
    claimed: tuple[str, ...] = ()
    n: float = 0.0

    def at_level(self, level: str) -> tuple[Curve, ...]:
        """Curves of one level."""
        return tuple(c for c in self.curves if c.level == level)

    def states(self, level: str) -> bool:
        """Is anything stated of a level, an effect of nothing too?"""
        return any(c.level == level for c in (*self.curves, *self.resting, *self.relations))

    def totals(self, outcome: str) -> tuple[tuple[str, tuple], ...]:
        """Of whom the programme states a total of an outcome (a lever): (level, whom of it alone), level `all` for a claim.

        The paths that lead to it through mechanisms and readmissions are left out of them: the stated total has them already.
        """
        stated = tuple((c.level, c.who) for c in (*self.curves, *self.resting) if c.lever == outcome)
        return (*stated, ("all", ())) if outcome in self.claimed else stated

    def made_up(self, ratio: NDArray[np.float32]) -> NDArray[np.float32]:
        """Ratio of the rate that, beside a `ratio` of readmissions, leaves all admissions as they are: (1 - n ratio) / (1 - n)."""
        low, high = LEVERS["admission_rr"].low, LEVERS["admission_rr"].high
        return np.clip((1 - f32(self.n) * ratio) / f32(1 - self.n), f32(low), f32(high))

    def other(self, curve: Curve, level: str) -> Curve | None:
        """The curve of the same lever at another level, None if there is none."""
        return next((c for c in (*self.curves, *self.resting) if c.level == level and c.lever == curve.lever), None)

    def most(self, dose: float) -> float:
        """The largest factor on doses that leaves what is pushed for each participant within the lever's range."""
        out = np.inf
        for curve in self.curves:
            low, high = (log(x) if curve.multiplies else x for x in (LEVERS[curve.lever].low, LEVERS[curve.lever].high))
            for end, peak in ((high, float(curve.rise.max()) * dose), (low, float(curve.rise.min()) * dose)):
                out = min(out, end / peak) if peak * end > 0 else out
        return max(out, 1.0)

    @property
    def course(self) -> Course:
        """Course of the effects on one participant, of those on other programmes through them, and of their screening."""
        mine = [*self.at_level("participant"), *self.at_level("exposed"), *(c for c in self.relations if c.level == "participant")]
        if not mine:
            return NO_EFFECT
        return Course(np.stack([c.spent for c in mine]), np.stack([c.fall for c in mine]), max(c.forget for c in mine))


def effects(kind: Any, values: Mapping[str, float], *, n: float, phi: float, strict: bool = True) -> Effects:
    """Effects of a kind: its stated effects with the values of one draw.

    kind.effects: lever, level, at (months), ramp, half_life (months or None), quantity (whose address is looked up in
    `values`). An effect without its own ramp or half-life has the kind's `ramp_up_months`, `decay_half_life_months`
    where it has them. A drawn ramp longer than the follow-up is cut to it; several follow-ups of one lever and level
    are knots. Raises NbhdsimError for an effect that cannot be; unless `strict` it stops at what can be.
    """
    groups: dict[tuple[str, str], dict[tuple, list[Any]]] = {}
    for effect in kind.effects:
        groups.setdefault((effect.level, effect.lever), {}).setdefault(effect.who, []).append(effect)
    made, dose = [], values[kind.quantities["dose"].address] if "dose" in kind.quantities else 1.0
    for level in LEVELS:
        for lever in KNOWN:
            for who, stated in sorted(groups.get((level, lever), {}).items()):
                ramp = _months(stated, "ramp", kind, values=values, default="ramp_up_months")
                points = [(effect.at, values[effect.quantity.address]) for effect in stated]
                half_life = _months(stated, "half_life", kind, values=values, default="decay_half_life_months")
                made.append(replace(curve(lever, level, points, ramp=None if ramp is None else min(ramp, points[0][0]),
                                          half_life=half_life, n=n, phi=phi, strict=strict,
                                          dose=1.0 if level == "area" else dose), who=who))
    moving = [c for c in made if not c.at_rest]
    return Effects(curves=tuple(c for c in moving if c.lever in LEVERS), relations=tuple(c for c in moving if c.lever in RELATIONS),
                   resting=tuple(c for c in made if c.at_rest and c.lever in LEVERS), claimed=tuple(kind.claimed), n=n)


def _months(stated: Sequence[Any], name: str, kind: Any, *, values: Mapping[str, float], default: str) -> float | None:
    """A ramp or half-life: of the first effect that states one, else the kind's, else None."""
    own: Any = next((getattr(effect, name) for effect in stated if getattr(effect, name) is not None), None)
    if own is None and default in kind.quantities:
        own = kind.quantities[default]
    return values[own.address] if hasattr(own, "address") else own


def held(stated: Effects, months: int, preventable: float) -> None:
    """Raises NbhdsimError for an area effect that, within the funded months, prevents more than can be, where participants do
    not do more of it than the others."""
    for curve in stated.at_level("area"):
        least, own = float(curve.rise[:months].min()), stated.other(curve, "participant")
        alone = own is None or float(own.rise.min()) >= least
        if curve.lever == "admission_rr" and alone and least < log(1 - preventable) - CLOSE:
            raise NbhdsimError.of(f"effect admission_rr (area) needs a rate ratio of {exp(least):.3g} (not below "
                                  f"{1 - preventable:.3g}: no more can be prevented)")
