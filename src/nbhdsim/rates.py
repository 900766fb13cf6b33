"""Baseline quantities turned into what the month reads: one draw's rates, means and memories.

What has a closed form is solved here once, in float64, and rounded to 10 significant digits. `England` below is the
mean over age bands and quintiles of the baseline population, a fifth of England in each quintile.
"""
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from math import exp, log
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from . import conditions
from .errors import NbhdsimError
from .evidence import Table, stable
from .residents import MECHANISMS

T = TypeVar("T")
Array = NDArray[np.float64]
FEW, MANY = 4, 64                  # answers that are remembered of each piece of work; tables that are
BANDS, QUINTILES = 8, 5
ADULT_SHARE = 2 / 13               # of the band 5-17, those who are 16 or 17
CLIP_FROM, CLIP_STEP, CLIP_POINTS = -6.0, 0.01, 2201
TOP = 10.0                         # life satisfaction is told from 0 to 10
STEPS_OF = (0.0, 1.0, 0.8, 0.5, 1.0)     # of baseline.minds.quintile_step, by mechanism; connection has its own table
LONGEST_MEMORY = 0.99              # a year, of what is left of the slow part
LINES = {"connected": 0, "in_control": 1, "help_seeking": 3, "confident": 3}
"""Shares of adults above a line, and the mechanism it is on."""
WIDEST = 8.0                       # SD either way within which a line is looked for
CHANNELS = {"direct": "baseline.direct.strength", "contacts": "baseline.spill_over.strength",
            "readiness": "baseline.readiness.gain"}
"""Ways in which a programme reaches an outcome, each with the number that is 0 where it is muted. None of them moves a world
without programmes."""


class Rates(NamedTuple):
    """One draw (float64; band = 8 age bands, quintile index 0..4 = 1..5).

    admission [8, 5] a person-year; season [12] from January, mean 1; trend a year; frailty_mix [8, 4], frailty_ratio [4];
    each: admission ratio of every long-term condition beside frailty; beside [5, 105, 4, 5]: of their number, by quintile, age and
    frailty, where ages are held (see `conditions.ratio`); last_year: ratio in the last 12 months of life;
    mean [8, 5, 5] and within [5]: mean by band, quintile and mechanism, and SD within a cell; lonely_below: connection (SD)
    below which a resident is lonely often; lines [4] (SD) from which on adults are counted as connected, in control, seeking help
    in time and confident; satisfaction [8, 5] and child [5]: latent means (points); ls_*: SD (points) and
    memory a month of what is left when the part through the mechanisms is taken out; trait_share, rho (a month), between;
    direct: False where pushes move nobody they are pushed on;
    kappa, c, g: spill-over; b [5] points and a [5] log rate per SD; n, phi, s, sa, rho_a, place, place_year, preventable:
    design 2.3; layer_weight [4]; ae_other [5] attendances without admission a person-year; ae_through; zero_day; stay [8]
    mean days of a stay with a night; referral [5] a child-year; clip_*: E clip(base + noise, 0, 10) on a grid of bases.
    """

    admission: Array
    season: Array
    trend: float
    frailty_mix: Array
    frailty_ratio: Array
    each: float
    beside: Array
    last_year: float
    mean: Array
    within: Array
    lonely_below: float
    lines: Array
    satisfaction: Array
    child: Array
    ls_trait_sd: float
    ls_slow_sd: float
    ls_noise_sd: float
    ls_rho: float
    trait_share: float
    rho: float
    between: float
    direct: bool
    kappa: float
    c: float
    g: float
    b: Array
    a: Array
    n: float
    phi: float
    s: float
    sa: float
    rho_a: float
    place: float
    place_year: float
    preventable: float
    layer_weight: Array
    ae_other: Array
    ae_through: float
    zero_day: float
    stay: Array
    referral: Array
    clip_from: float
    clip_step: float
    clip_mean: Array


def pack(values: Mapping[str, float], tables: Mapping[str, Table]) -> Rates:
    """Rates of one draw. values: by address; tables: of `evidence.load_baseline`.

    Raises NbhdsimError where the numbers contradict each other (the mechanisms carry more of life satisfaction than
    there is, spill-over that would not end).
    """
    of = _Reader(values, tables)
    england = _england(of)
    admission = of.table("admission.rate") / 1000
    mean, within, lonely_below = _mechanisms(of)
    c, g = of("spill_over.strength"), of("spill_over.group_weight")
    if not 0 <= c * (1 + g) < 1:
        raise NbhdsimError.of(f"{c:g} x (1 + {g:g}) must be from 0 to below 1, or spill-over would not end",
                              path="baseline.spill_over.strength")
    season = of.table("admission.season")[0]
    stay = of.table("admission.stay_by_age")[0]
    weight = (england * admission).sum(1)
    return Rates(
        admission=_stable(admission), season=_stable(season / season.mean()), trend=of("admission.trend"),
        frailty_mix=_mix(of),
        frailty_ratio=np.array([1.0, *(of(f"frailty.{k}") for k in ("mild", "moderate", "severe"))]),
        each=of("conditions.each"),
        beside=_beside(of),
        last_year=of("mortality.last_year"),
        mean=_stable(mean), within=_stable(within), lonely_below=stable(lonely_below),
        lines=_lines(of), **_satisfaction(of),
        trait_share=of("minds.trait_share"), rho=_a_month(of("minds.drift_year")), between=of("minds.between"),
        direct=_switch(of, "direct.strength"), kappa=of("spill_over.approach"), c=c, g=g, b=_per_sd(of), a=_log_rates(of),
        n=of("admission.n"), phi=of("admission.phi"), s=of("admission.s"), sa=of("admission.sa"), rho_a=of("admission.rho_a"),
        place=of("admission.place"), place_year=of("admission.place_year"), preventable=of("admission.preventable"),
        zero_day=of("admission.zero_day"),
        layer_weight=np.array([of(f"ties.{k}") for k in ("household", "age_mates", "neighbours", "wider")]),
        ae_other=_stable(_attendances(of, england, admission)), ae_through=of("ae.through"),
        stay=_stable(np.maximum(1.0, stay * of("admission.stay") * weight.sum() / (weight * stay).sum())),
        referral=_stable(_referrals(of, england)))


class _Reader(Mapping[str, float]):
    """Baseline values and scaled tables, by short name or as a mapping by address; remembers in `seen` what was read."""

    def __init__(self, values: Mapping[str, float], tables: Mapping[str, Table]) -> None:
        self.numbers, self.tables, self.seen = values, tables, dict[str, float | None]()

    def __call__(self, name: str) -> float:
        return self[f"baseline.{name}"]

    def __getitem__(self, address: str) -> float:
        self.seen[address] = self.numbers.get(address)
        return self.numbers[address]

    def __iter__(self) -> Iterator[str]:
        return iter(self.numbers)

    def __len__(self) -> int:
        return len(self.numbers)

    def table(self, name: str) -> Array:
        return self.tables[f"baseline.{name}"].scaled(self)


def _remembered(work: Callable[[_Reader], T]) -> Callable[[_Reader], T]:
    """`work`, done once for the same numbers: a draw or a point of a sweep leaves most of them as they were.

    What was read decides, not who asks; the last FEW answers are kept, by the tables they are from.
    """
    held: list[tuple[Mapping[str, float | None], Mapping[str, Table], T]] = []

    def again(of: _Reader) -> T:
        for seen, tables, found in held:
            if tables is of.tables and all(of.numbers.get(address) == value for address, value in seen.items()):
                of.seen.update(seen)
                return found
        asking = _Reader(of.numbers, of.tables)
        found = work(asking)
        of.seen.update(asking.seen)
        held.insert(0, (asking.seen, of.tables, found))
        del held[FEW:]
        return found
    return again


def _switch(of: _Reader, name: str) -> bool:
    if of(name) not in (0, 1):
        raise NbhdsimError.of(f"{of(name):g} is neither 0 (muted) nor 1", path=f"baseline.{name}")
    return of(name) == 1


def _stable(x: Array) -> Array:
    return _rounded(x.tobytes(), x.shape)


@lru_cache(maxsize=MANY)
def _rounded(numbers: bytes, shape: tuple[int, ...]) -> Array:
    """Each to 10 digits; most tables of a draw are those of the last."""
    return np.array([stable(v) for v in np.frombuffer(numbers)]).reshape(shape)


def _a_month(year: float) -> float:
    """Memory a month of a memory a year."""
    return stable(exp(log(year) / 12)) if year > 0 else 0.0


def _mix(of: _Reader) -> Array:
    """Shares fit, mild, moderate and severe by band [8, 4]."""
    mix = of.table("frailty.mix")
    return _stable(mix / mix.sum(1, keepdims=True))


@_remembered
def _beside(of: _Reader) -> Array:
    """Admission ratio of a number of conditions beside frailty, where ages are held (see `conditions.ratio`)."""
    return conditions.ratio(conditions.held(_mix(of), conditions.read(of, of.tables)), of("conditions.each"))


def _england(of: _Reader) -> Array:
    """Shares of England [8, 5] by age band and quintile, adding to 1."""
    share = of.table("population.age")
    return share / share.sum(0) / QUINTILES


def _grown(england: Array) -> Array:
    """Shares [8, 5] among residents of 16 and over."""
    out = england.copy()
    out[0], out[1] = 0, out[1] * ADULT_SHARE
    return out / out.sum()


def _normal(x: Array | float) -> Array:
    from scipy.special import ndtr
    return ndtr(x)


def _density(z: Array | float) -> Array:
    return np.exp(-np.square(z) / 2) / np.sqrt(2 * np.pi)


@_remembered
def _mechanisms(of: _Reader) -> tuple[Array, Array, float]:
    """Means [8, 5, 5], SD within cells [5] and the lonely threshold.

    Each mechanism has mean 0 and SD 1 in England. Connection: with one threshold L and one SD w within cells, a cell of
    share lonely p has mean L - w z(p); mean 0 and variance 1 over England give w = 1 / sqrt(1 + var z), L = w mean z.
    """
    from scipy.special import ndtri
    england = _england(of)
    shape = of.table("loneliness.by_age")[0][:, None] * of.table("loneliness.by_quintile")[0]
    lonely = shape * of("loneliness.share") / (_grown(england) * shape).sum()
    if lonely.max() >= 1:
        raise NbhdsimError.of(f"{lonely.max():.3g} of a cell would be lonely", path="baseline.loneliness.share")
    z = ndtri(lonely)
    middle = (england * z).sum()
    w = 1 / np.sqrt(1 + (england * (z - middle) ** 2).sum())
    mean = np.empty((BANDS, QUINTILES, len(MECHANISMS)))
    mean[:] = ((np.arange(QUINTILES) - 2)[:, None] * of("minds.quintile_step") * np.array(STEPS_OF))[None]
    mean[:, :, 0] = w * (middle - z)
    mean -= (england[:, :, None] * mean).sum((0, 1))
    between = (england[:, :, None] * mean ** 2).sum((0, 1))
    within = np.sqrt(1 - between)
    within[0] = w
    return mean, within, float(w * middle)


@_remembered
def _lines(of: _Reader) -> Array:
    """Level of a mechanism (SD) from which on a share `baseline.line.<name>` of the adults of England is [4], by halving."""
    weight, (mean, within, _) = _grown(_england(of)), _mechanisms(of)
    out = []
    for name, k in LINES.items():
        low, high = -WIDEST, WIDEST
        for _ in range(60):
            middle = (low + high) / 2
            above = (weight * _normal((mean[:, :, k] - middle) / within[k])).sum()
            low, high = (middle, high) if above > of(f"line.{name}") else (low, middle)
        out.append((low + high) / 2)
    return _stable(np.array(out))


def _per_sd(of: _Reader) -> Array:
    return np.array([of(f"satisfaction.per_{k}") for k in MECHANISMS])


def _log_rates(of: _Reader) -> Array:
    """Log admission rate per SD [5]. Being lonely is spread over connection: its log ratio over the distance, in SD, of
    the means of the lonely and the others (tail means of a normal)."""
    p = of("loneliness.share")
    from scipy.special import ndtri
    tail = float(_density(ndtri(p)))
    lonely = -log(of("loneliness.admissions")) / (tail / p + tail / (1 - p))
    return _stable(np.array([lonely, *(log(of(f"{k}.admissions")) for k in MECHANISMS[1:])]))


def clipped_mean(mean: NDArray[Any] | float, sd: float) -> Array:
    """E clip(N(mean, sd), 0, 10)."""
    def above(edge: float) -> Array:
        z = (np.asarray(mean, float) - edge) / sd
        return sd * (z * _normal(z) + _density(z))
    return above(0.0) - above(TOP)


def clipped_square(mean: NDArray[Any] | float, sd: float) -> Array:
    """E clip(N(mean, sd), 0, 10)^2."""
    mean = np.asarray(mean, float)
    low, high = -mean / sd, (TOP - mean) / sd
    inside = ((mean ** 2 + sd ** 2) * (_normal(high) - _normal(low)) + 2 * mean * sd * (_density(low) - _density(high))
              + sd ** 2 * (low * _density(low) - high * _density(high)))
    return inside + TOP ** 2 * (1 - _normal(high))


@_remembered
def _satisfaction(of: _Reader) -> dict[str, Any]:
    """Latent cell means, one latent SD and its parts, such that clipped means and the clipped SD meet the baseline."""
    weight, within = _grown(_england(of)), _mechanisms(of)[1]
    mean, sd_goal = of("satisfaction.mean"), of("satisfaction.sd")
    goal = of.table("satisfaction.by_age")[0][:, None] + of("satisfaction.quintile_gap") * (np.arange(QUINTILES) - 2) / 4
    goal = goal + mean - (weight * goal).sum()
    cell: Array = goal.copy()
    sd = sd_goal
    for _ in range(200):
        cell += goal - clipped_mean(cell, sd)
        sd = float(sd * sd_goal / np.sqrt((weight * clipped_square(cell, sd)).sum() - mean ** 2))
    child = np.full(QUINTILES, of("satisfaction.child"))
    latent = child.copy()
    for _ in range(200):
        latent = latent + child - clipped_mean(latent, sd)
    trait, slow, memory, noise = _parts(of, within, sd)
    noise = stable(noise)
    base = CLIP_FROM + CLIP_STEP * np.arange(CLIP_POINTS)
    return {"satisfaction": _stable(cell), "child": _stable(latent), "ls_trait_sd": stable(trait), "ls_slow_sd": stable(slow),
            "ls_noise_sd": noise, "ls_rho": _a_month(memory), "clip_from": CLIP_FROM, "clip_step": CLIP_STEP,
            "clip_mean": _stable(clipped_mean(base, noise))}


def _parts(of: _Reader, within: Array, sd: float) -> tuple[float, float, float, float]:
    """SD of trait and slow part left beside the mechanisms, yearly memory of that slow part, SD of monthly noise.

    The shares are those of latent variance, the part through the mechanisms included; the yearly memory of the slow part
    too: slow_year x all = drift_year x through + memory x rest.
    """
    v, share, between = sd ** 2, of("minds.trait_share"), of("minds.between")
    w = _per_sd(of) * within
    through = (1 - between) * (w ** 2).sum() + between * w.sum() ** 2
    trait = of("satisfaction.trait") * v - share * through
    whole = of("satisfaction.slow") * v
    slow = whole - (1 - share) * through
    noise = v * (1 - of("satisfaction.trait") - of("satisfaction.slow"))
    if min(trait, slow, noise) <= 0:
        raise NbhdsimError.of("mechanisms would carry more of the variance of life satisfaction than there is: lower "
                              "baseline.satisfaction.per_*", path="baseline.satisfaction")
    memory = (of("satisfaction.slow_year") * whole - of("minds.drift_year") * (1 - share) * through) / slow
    return float(trait ** 0.5), float(slow ** 0.5), float(min(max(memory, 0.0), LONGEST_MEMORY)), float(noise ** 0.5)


def _attendances(of: _Reader, england: Array, admission: Array) -> Array:
    """A&E attendances without admission a person-year [5]: rates by tenth between the two published ends, geometric,
    scaled to the England total, less the admissions that come through A&E."""
    most, least = of("ae.most_deprived"), of("ae.least_deprived")
    tenth = most * (least / most) ** (np.arange(2 * QUINTILES) / (2 * QUINTILES - 1))
    all_ = tenth.reshape(QUINTILES, 2).mean(1)
    all_ = all_ * of("ae.attendances") / all_.mean()
    crude = (england * admission).sum(0) / england.sum(0)
    other = all_ - of("ae.through") * crude
    if other.min() < 0:
        raise NbhdsimError.of("more emergency admissions would come through A&E than it has attendances",
                              path="baseline.ae.through")
    return other


def _referrals(of: _Reader, england: Array) -> Array:
    """Child social care referrals a child-year [5]; children are the bands up to 17."""
    shape = of.table("referral.by_quintile")[0]
    children = england[:2].sum(0)
    return shape * of("referral.rate") * children.sum() / (children * shape).sum()
