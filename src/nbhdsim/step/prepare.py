"""Turn a world and one parameter draw into the arrays the month reads. Done once a future, before the first month."""
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ..places import Places, Ties
from ..rates import Rates
from ..residents import AGE_FROM, SEGMENT_FROM, Script
from ..rng import exps, f32, normals
from ..rng import purpose as _purpose
from . import Ground, Rules
from .events import Hospital
from .luck import SERIES, Fixed, Loadings
from .measure import ADULTS, CARE, SEGMENTS, Lines
from .minds import INVERSE, TOP, Answers, Spread, Web

PLACE_YEAR = _purpose("luck.place_year")
ADULT = 18                         # age from which nobody is referred to children's social care
DECIMALS = 9                       # of a solved base (points): no bit depends on the processor
TIE_UNIT = 16                      # tie weights are whole numbers of a sixteenth of the largest
YEARS_HELD = 4                     # place-years that are remembered
SATISFACTION, ADMISSION = 5, 6     # rows of Script.born after the five mechanisms
APRIL = 3                          # months of the calendar year before the financial year begins


class Still(NamedTuple):
    """What the month reads of a population in which no time passes (passing.Passing, where it does)."""

    ground: Ground
    fixed: Fixed


def correlation_root(between: float) -> np.ndarray:
    """Lower Cholesky root [5, 5] of the correlation matrix with `between` off the diagonal, by its own recursion."""
    root = np.zeros((SERIES, SERIES))
    for i in range(SERIES):
        for j in range(i + 1):
            rest = (1.0 if i == j else between) - sum(root[i, k] * root[j, k] for k in range(j))
            root[i, j] = np.sqrt(rest) if i == j else rest / root[j, j]
    return root


def _through(vector: np.ndarray, root: np.ndarray) -> np.ndarray:
    """vector' root, summed in order (no BLAS: its bits differ between machines)."""
    return np.array([sum(vector[k] * root[k, j] for k in range(SERIES)) for j in range(SERIES)])


def _quadratic(vector: np.ndarray, rates: Rates) -> float:
    """vector' Om vector, Om the covariance of tau + d within a cell (SD^2)."""
    v = vector * rates.within
    total = sum(v)
    return float((1 - rates.between) * sum(v * v) + rates.between * total * total)


def rules(rates: Rates) -> Rules:
    """The month's parameters from one draw's rates."""
    root = correlation_root(rates.between) * (rates.within * np.sqrt(1 - rates.trait_share))[:, None]
    loadings = Loadings(f32(rates.rho), f32(rates.ls_rho), f32(rates.rho_a), f32(rates.ls_slow_sd), f32(rates.sa),
                        f32(rates.ls_noise_sd), root.astype(f32), _through(rates.a, root).astype(f32),
                        _through(rates.b, root).astype(f32))
    spread = Spread(f32(rates.kappa), f32(rates.c), f32(rates.g), rates.a.astype(f32), rates.b.astype(f32))
    stay = rates.stay[_band_of_segment()].astype(f32)
    hospital = Hospital(f32(rates.n), f32(rates.phi), f32(rates.ae_through), f32(rates.zero_day), stay)
    mean = np.ascontiguousarray(rates.clip_mean)
    grid = rates.clip_from + rates.clip_step * np.arange(mean.size)
    inverse = np.round(np.interp(np.linspace(0, TOP, INVERSE + 1), mean, grid), DECIMALS)
    answers = Answers(float(rates.clip_from), 1 / rates.clip_step, mean, inverse)
    lines = Lines(f32(rates.lonely_below), *rates.lines.astype(f32))
    return Rules(loadings, spread, answers, hospital, lines, rates.direct)


def _band_of_segment() -> np.ndarray:
    return np.searchsorted(AGE_FROM, SEGMENT_FROM, side="right") - 1


def age(script: Script) -> np.ndarray:
    """Age in whole years at month 0 [n], 0 for the unborn; it stands for every month where ages are held."""
    return np.maximum(-script.birth_month.astype(np.int64), 0) // 12


def still(script: Script, places: Places, *, ties: Ties, rates: Rates) -> Still:
    """A population where ages are held and nobody moves."""
    return Still(ground(script, places, ties=ties, rates=rates), fixed(script, places, rates))


def ground(script: Script, places: Places, *, ties: Ties, rates: Rates) -> Ground:
    """Where each place's segments lie among the rows, and the ties with this draw's weights."""
    start = np.asarray(places.start, np.int64)
    segment = (np.searchsorted(SEGMENT_FROM, age(script), side="right") - 1).astype(np.uint8)
    counts = np.zeros((start.size - 1, SEGMENTS), np.int64)
    np.add.at(counts, (script.place, segment), 1)
    bounds = np.concatenate([start[:-1, None], start[:-1, None] + np.cumsum(counts[:, ::-1], 1)], 1)
    children = bounds[:, SEGMENTS - np.searchsorted(SEGMENT_FROM, ADULT)]
    return Ground(start, bounds, children, segment, web(ties, tie_weights(rates)), np.zeros_like(counts), np.zeros(0, np.int64))


def web(ties: Ties, weight: np.ndarray) -> Web:
    """Ties with whole-number weights [4] of their layers."""
    total = np.concatenate([np.zeros(1, np.int64), np.cumsum(weight[ties.layer], dtype=np.int64)])
    total = np.diff(total[ties.start]).astype(f32)
    share = np.divide(f32(1), total, out=np.zeros_like(total), where=total > 0)
    return Web(*ties, weight, share)


def tie_weights(rates: Rates) -> np.ndarray:
    """Whole-number weight of each layer of ties [4], 1 to 16."""
    return np.maximum(1, np.rint(rates.layer_weight / rates.layer_weight.max() * TIE_UNIT)).astype(np.int32)


def fixed(script: Script, places: Places, rates: Rates) -> Fixed:
    """Rates, latent answers and states of every resident before drift and acuity (see luck.Fixed).

    The natural admission rate is base(age, quintile)/12 x place x F/E[F | age, quintile] x exp(s z - s^2/2) x
    exp(a'tau - a' Om a / 2 - sa^2 / 2): each factor has expectation 1 given age and quintile, so that nobody's rate
    depends on who else exists (design 2.3). A neighbourhood's own admission ratio replaces the drawn effect.
    """
    segment = np.searchsorted(SEGMENT_FROM, age(script), side="right") - 1
    band = _band_of_segment()[segment]
    quintile = places.quintile[script.place].astype(np.int64) - 1
    tau = traits(script.born, rates)
    mix = (rates.frailty_mix * rates.frailty_ratio).sum(1)
    rate = rates.admission[band, quintile] / 12 * rates.frailty_ratio[script.frailty] / mix[band]
    rate = rate * rates.beside[quintile, np.minimum(age(script), rates.beside.shape[1] - 1), script.frailty, script.conditions]
    rate = rate * place_effects(places, rates)[script.place]
    child = segment < ADULTS
    latent = np.where(child, rates.child[quintile], rates.satisfaction[band, quintile])
    latent = latent + rates.ls_trait_sd * script.born[SATISFACTION] + sum(rates.b[k] * tau[k] for k in range(SERIES))
    means = rates.mean[band, quintile]
    return Fixed(script.id, rate.astype(f32) * exps(log_rate(script.born, tau, rates).astype(f32)), latent.astype(f32),
                 (means[:, 0] + tau[0]).astype(f32), (means[:, 1] + tau[1]).astype(f32), (means[:, CARE] + tau[CARE]).astype(f32),
                 (rates.ae_other[quintile] / rates.admission[band, quintile]).astype(f32),
                 np.where(age(script) < ADULT, rates.referral[quintile] / 12, 0).astype(f32))


def log_rate(born: np.ndarray, tau: list[np.ndarray], rates: Rates) -> np.ndarray:
    """Log of what lasts of someone's admission rate [n], with acuity's own mean taken off: of expectation 1 given the cell."""
    out = sum(rates.a[k] * tau[k] for k in range(SERIES)) - _quadratic(rates.a, rates) / 2 - rates.sa ** 2 / 2
    out += rates.s * born[ADMISSION] - rates.s ** 2 / 2
    return out


def traits(born: np.ndarray, rates: Rates) -> list[np.ndarray]:
    """tau: lasting part of each of the five mechanisms [n], SD of England, of deviates [7, n]."""
    root = correlation_root(rates.between) * (rates.within * np.sqrt(rates.trait_share))[:, None]
    return [sum(root[k, j] * born[j].astype(np.float64) for j in range(k + 1)) for k in range(SERIES)]


def place_effects(places: Places, rates: Rates) -> np.ndarray:
    """Lasting admission effect of each place [p]: lognormal with mean 1, or the area's own ratio where it gives one."""
    drawn = exps((rates.place * places.admission_z - rates.place ** 2 / 2).astype(f32))
    return np.where(places.admission_ratio > 0, places.admission_ratio, drawn).astype(f32)


def place_season(places: Places, rates: Rates, *, seed: int, replicate: int, month: int, calendar: int) -> np.ndarray:
    """Rate multiplier of each place in one month [p]: season x trend x place-year (lognormal, mean 1; April to March).

    month: relative to the start of the scenario, from which the trend counts; calendar: 12 * year + month - 1.
    """
    year = _place_year(seed, replicate, (calendar - APRIL) // 12, count=len(places.quintile), sd=rates.place_year)
    trend = 1 + rates.trend * month / 12
    return year * f32(rates.season[calendar % 12] * trend)


@lru_cache(maxsize=YEARS_HELD)
def _place_year(seed: int, replicate: int, year: int, *, count: int, sd: float) -> np.ndarray:
    """Rate multiplier of each place in one year [p], lognormal with mean 1; its months share it."""
    z = normals(np.uint64(seed), np.uint32(replicate), PLACE_YEAR, np.uint32(year), np.arange(count, dtype=np.uint32))
    return exps((sd * z - sd ** 2 / 2).astype(f32))
