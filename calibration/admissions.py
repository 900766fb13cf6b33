"""Fit n, phi, s, sa and rho_a to how emergency admissions cluster in people: `python calibration/admissions.py`.

Targets (Roland, Dusheiko, Gravelle, Parker 2005, BMJ 330:289; England, 65 and over, 1997/98): those with two or more
emergency admissions in a year have 38% of that year's admissions, under 10% of the next year's, and just over 3% five
years on; deaths were not removed.

A cohort of 65 and over with England's ages, quintiles and frailty is followed month by month with the model's own
equations (docs/design.md): acuity, lasting differences, excitation. Rates are 0.75 of the 2024 table (judged: what
emergency admissions of older people have grown by since 1997/98). Deaths come from calibration/mortality.csv, are
independent of admissions given age, sex and quintile, and are not replaced in the group; the year's total stands for
an unchanging population. Random numbers are common to all candidates. Prints the fit, and with --write the rows of
equally good fits as they stand in catalogue/baseline.yaml.
"""
import argparse
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numba import njit
from scipy.stats import qmc

from nbhdsim import evidence, rates

NAMES = ("n", "phi", "s", "sa", "rho_a")
BOX = np.array([(0.0, 0.3), (0.3, 0.95), (0.0, 0.6), (0.0, 1.3), (0.2, 0.95)])
TARGET = np.array([0.38, 0.085, 0.031])
TOLERANCE = np.array([0.01, 0.015, 0.007])
"""Index year, next year (reported as fewer than 10%: 7 to 10 is taken), five years on ("just over 3%": 2.4 to 3.8)."""

LEVEL_1997 = 0.75
WARM_UP, YEARS = 12, 6
PEOPLE = 60_000


class Cohort(NamedTuple):
    """rate [n] admissions a month; z [n] lasting deviate; dies [n] months from the index year to death."""

    rate: np.ndarray
    z: np.ndarray
    dies: np.ndarray


def cohort(people: int, seed: int = 1) -> Cohort:
    """People of 65 and over with England's ages, quintiles and frailty, and when each dies."""
    quantities, tables = evidence.load_baseline()
    values = evidence.draw_values(quantities, seed=1, draw=0)
    r = rates.pack(values, tables)
    rng = np.random.default_rng(seed)
    share = tables["baseline.population.age"].scaled({})[5:]
    cell = rng.choice(share.size, people, p=(share / share.sum()).ravel())
    band, quintile = cell // 5 + 5, cell % 5
    frailty = (rng.random(people)[:, None] > np.cumsum(r.frailty_mix, 1)[band]).sum(1)
    mean = (r.frailty_mix * r.frailty_ratio).sum(1)[band]
    rate = LEVEL_1997 * r.admission[band, quintile] / 12 * r.frailty_ratio[np.minimum(frailty, 3)] / mean
    age = np.array([65, 75, 85])[band - 5] + rng.random(people) * 10
    return Cohort(rate, rng.standard_normal(people), deaths(age, rng.integers(0, 2, people), quintile, rng))


def deaths(age: np.ndarray, sex: np.ndarray, quintile: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Month of death of each person, counted from the index year, with hazards that rise with age."""
    table = np.loadtxt(Path(__file__).with_name("mortality.csv"), delimiter=",", skiprows=3, usecols=range(2, 7)) / 1000
    dies = np.full(age.size, 10_000)
    for month in range((YEARS) * 12):
        band = np.minimum((age + month / 12 - 65) // 5, 4).astype(int)
        now = (rng.random(age.size) < table[2 * band + sex, quintile] / 12) & (dies == 10_000)
        dies[now] = month
    return dies


@njit(cache=True)
def follow(rate, z, dies, p, seed, counts):
    """Yearly admissions [people, YEARS] of everyone as if alive; `dies` only ends what is counted for the group."""
    n, phi, s, sa, rho = p
    np.random.seed(seed)
    step = sa * np.sqrt(1 - rho * rho)
    for i in range(rate.size):
        base = rate[i] * np.exp(s * z[i] - s * s / 2 - sa * sa / 2)
        acuity, h = sa * np.random.normal(), n * rate[i]
        for month in range(-WARM_UP, YEARS * 12):
            expected = (1 - n) * base * np.exp(acuity) + h
            u, count, term = np.random.random(), 0, np.exp(-expected)
            total = term
            while u > total and count < 60:
                count += 1
                term *= expected / count
                total += term
            h = phi * h + n * (1 - phi) * count
            if month >= 0:
                counts[i, month // 12] += count
            acuity = rho * acuity + step * np.random.normal()


@njit(cache=True)
def alive_counts(counts, dies, repeat):
    """Admissions of the group `repeat` in each year while alive; in the year of death its share of months."""
    out = np.zeros(counts.shape[1])
    for i in range(counts.shape[0]):
        if repeat[i]:
            for year in range(counts.shape[1]):
                months = min(max(dies[i] - 12 * year, 0), 12)
                out[year] += counts[i, year] * months / 12
    return out


def shares(people: Cohort, p: np.ndarray, seed: int = 7) -> np.ndarray:
    """Share of admissions of those with two or more in the index year: that year, the next, and five years on."""
    counts = np.zeros((people.rate.size, YEARS), np.int64)
    follow(people.rate, people.z, people.dies, tuple(p), seed, counts)
    repeat = counts[:, 0] >= 2
    total = counts.sum() / YEARS
    living = np.full(people.dies.size, 10_000)          # nobody in the index year's figure has left it by dying
    first = alive_counts(counts, living, repeat)[0]
    later = alive_counts(counts, people.dies, repeat)
    return np.array([first, later[1], later[5]]) / total


def search(people: Cohort, candidates: int) -> np.ndarray:
    """Equally good fits [k, 5] among points of a Sobol sequence over the box; a sixth of the people screens them."""
    points = qmc.scale(qmc.Sobol(len(NAMES), seed=1).random(candidates), *BOX.T)
    few = Cohort(*(column[: people.rate.size // 6] for column in people))
    near = [p for p in points if (np.abs(shares(few, p) - TARGET) < 2.5 * TOLERANCE).all()]
    good = [p for p in near if (np.abs(shares(people, p) - TARGET) < TOLERANCE).all()]
    return np.array(good).reshape(-1, len(NAMES))


def spread_evenly(rows: np.ndarray, keep: int) -> np.ndarray:
    """`keep` of the rows, each the farthest from those already chosen, starting at the one nearest the middle."""
    scaled = (rows - rows.min(0)) / np.ptp(rows, 0)
    chosen = [int(((scaled - scaled.mean(0)) ** 2).sum(1).argmin())]
    while len(chosen) < min(keep, len(rows)):
        gap = ((scaled[:, None] - scaled[chosen]) ** 2).sum(2).min(1)
        chosen.append(int(gap.argmax()))
    return rows[chosen]


def main() -> None:
    """Search, print the fit of the central values and the ridge."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--candidates", type=int, default=2048)
    parser.add_argument("--keep", type=int, default=48)
    parser.add_argument("--write", action="store_true", help="print the rows of the ridge as YAML")
    options = parser.parse_args()
    quantities, _ = evidence.load_baseline()
    central = np.array([quantities[f"baseline.admission.{name}"].value for name in NAMES])
    people = cohort(PEOPLE)
    seeds = np.array([shares(people, central, seed) for seed in range(8)])
    print("share of admissions of people with two or more in the index year, 65 and over, 1997/98 rates")
    told = (("index year", "38%"), ("next year", "under 10%"), ("five years on", "just over 3%"))
    for i, (name, target) in enumerate(told):
        low, high = TARGET[i] - TOLERANCE[i], TARGET[i] + TOLERANCE[i]
        print(f"  {name:14} target {target:13} accepted {low:.3f} to {high:.3f}   central values {seeds[:, i].mean():.4f} "
              f"(Monte Carlo SD {seeds[:, i].std(ddof=1):.4f})")
    good = search(people, options.candidates)
    print(f"{len(good)} of {options.candidates} points of the box fit equally well")
    for i, name in enumerate(NAMES):
        column = good[:, i]
        print(f"  {name:6} {column.min():.3f} to {column.max():.3f}, mean {column.mean():.3f}, central {central[i]}")
    print("  correlations:", np.round(np.corrcoef(good.T), 2).tolist())
    if options.write:
        for row in spread_evenly(good, options.keep):
            print("      - [" + ", ".join(f"{x:.3f}" for x in row) + "]")


if __name__ == "__main__":
    main()
