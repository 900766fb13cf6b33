"""Fit n, phi, s, sa and rho_a to how emergency admissions cluster in people: `python calibration/admissions.py`.

Targets (Roland, Dusheiko, Gravelle, Parker 2005, BMJ 330:289; England, 65 and over, 1997/98): those with two or more
emergency admissions in a year make 38% of that year's admissions, under 10% of the next year's, and just over 3% five
years on; deaths were not removed.

People of 65 and over with England's ages, quintiles and frailty live through the package's own month, place effects
included, at the rates of 1997/98, with the same random numbers for every candidate. Ages, and what they mean for admissions,
are held; the dead make no more admissions, and the year's total stands for a population that stays as large. Prints the fit of
the central values, the ridge of equally good fits and how its rows do among other people with other luck, and what
neighbourhoods show; with --write the rows replace those in catalogue/baseline.yaml.
"""
import argparse
import re
from typing import NamedTuple

import numpy as np
from cohort import HISTORY, LEVEL_1997, YEARS, People, central, people, run, world
from neighbourhoods import report
from scipy.stats import qmc

from nbhdsim import evidence
from nbhdsim.population import World
from nbhdsim.residents import band_of

NAMES = ("n", "phi", "s", "sa", "rho_a")
BOX = np.array([(0.0, 0.3), (0.3, 0.95), (0.0, 0.6), (0.0, 1.3), (0.2, 0.95)])

TOLD = ("38%", "under 10%", "just over 3%")
LOW = np.array([0.365, 0.07, 0.023])
HIGH = np.array([0.395, 0.10, 0.04])
"""What is accepted in the index year, the next, and five years on: judged, for what the model leaves out."""

MANY, SCREENS = 240_000, (12_000, 40_000)
NOISE = np.array([0.003, 0.002, 0.0015])
"""Monte Carlo SD of the three shares among MANY people, from people to people and luck to luck."""

SCREEN = 2.0            # Monte Carlo SDs beyond what is accepted that a screen of fewer people forgives
OTHER = 2               # seed of the other people and their luck


class Followed(NamedTuple):
    """A world of people, and when each of its residents dies [n] (months from the index year)."""

    world: World
    dies: np.ndarray


def followed(of: People, seed: int = 1) -> Followed:
    """The world of these people."""
    where, order = world(of, seed)
    return Followed(where, of.dies[order])


def addressed(p: np.ndarray, level: float = LEVEL_1997) -> dict[str, float]:
    """Values by address: the five parameters, and the rates as a share of the table's."""
    return {"baseline.admission.rate.scale": level} | {
        f"baseline.admission.{name}": float(x) for name, x in zip(NAMES, p, strict=True)}


def shares(counts: np.ndarray, dies: np.ndarray) -> np.ndarray:
    """Share of a year's admissions made by those with two or more in the index year [years]: that year, the next, ..

    counts [n, years] are everyone's as if alive. In the index year nobody has left the group; in the year of death a
    member's admissions count by the share of its months lived.
    """
    repeat = counts[:, 0] >= 2
    alive = np.clip((dies[repeat, None] - 12 * np.arange(counts.shape[1])) / 12, 0, 1)
    alive[:, 0] = 1
    return (counts[repeat] * alive).sum(0) / counts.sum(0).mean()


def told(who: Followed, p: np.ndarray, *, level: float = LEVEL_1997, replicate: int = 0) -> np.ndarray:
    """The three shares of the targets."""
    return shares(run(who.world, addressed(p, level), replicate=replicate), who.dies)[[0, 1, 5]]


def fits(found: np.ndarray, slack: np.ndarray | float = 0.0) -> bool:
    """Are these shares [1 to 3] accepted, up to a slack?"""
    k = len(found)
    slack = np.broadcast_to(slack, LOW.shape)[:k]
    return bool(((found > LOW[:k] - slack) & (found < HIGH[:k] + slack)).all())


def search(candidates: int) -> np.ndarray:
    """Equally good fits [k, 5], to three digits, among points of a Sobol sequence over the box.

    Fewer people, followed for two years, screen the points first.
    """
    points = list(np.round(qmc.scale(qmc.Sobol(len(NAMES), seed=1).random(candidates), *BOX.T), 3))
    for count in SCREENS:
        few, slack = followed(people(count)), SCREEN * NOISE * np.sqrt(MANY / count)
        points = [p for p in points if fits(shares(run(few.world, addressed(p), years=2), few.dies), slack)]
    many = followed(people(MANY))
    return np.array([p for p in points if fits(told(many, p))]).reshape(-1, len(NAMES))


def dispersion(counts: np.ndarray, cell: np.ndarray) -> float:
    """Size k of a negative binomial with the scatter of yearly counts [n] within cells: variance = mean + mean^2 / k."""
    size = np.maximum(np.bincount(cell), 1)
    mean = np.bincount(cell, counts) / size
    variance = np.bincount(cell, counts.astype(float) ** 2) / size - mean ** 2
    return float((size * mean ** 2).sum() / (size * (variance - mean)).sum())


def tell_central(p: np.ndarray, seeds: int = 8) -> None:
    """Print targets beside the central values, over other people and luck each time, and at other levels of rates."""
    found = np.array([told(followed(people(MANY, seed=seed), seed), p, replicate=seed) for seed in range(1, seeds + 1)])
    print(f"share of admissions by people of 65 and over with two or more in the index year; {seeds} times {MANY:,} people")
    for i, name in enumerate(("index year", "next year", "five years on")):
        print(f"  {name:14} target {TOLD[i]:13} accepted {LOW[i]:.1%} to {HIGH[i]:.1%}   central values {found[:, i].mean():.2%} "
              f"(Monte Carlo SD of one run {found[:, i].std(ddof=1):.2%})")
    who = followed(people(MANY))
    for level in (0.65, 0.85, 1.0):
        print(f"  rates at {level:.2f} of the table's:", ", ".join(f"{x:.1%}" for x in told(who, p, level=level)))
    print("  central values without deaths:", ", ".join(
        f"{x:.1%}" for x in told(who._replace(dies=np.full_like(who.dies, 10_000)), p)))


def tell_adults(p: np.ndarray) -> None:
    """Print what is reported and not fitted: anybody with an admission, and the scatter of a year's count."""
    of = people(MANY, youngest=20)
    where, order = world(of)
    cell = (band_of(of.age.astype(int)).astype(int) * 5 + of.quintile) * 4 + of.frailty
    for name, level in (("1997/98", LEVEL_1997), ("about 2024", 1.0)):
        year = run(where, addressed(p, level), years=1)[:, 0]
        k = dispersion(year, cell[order])
        print(f"at the rates of {name}: {(year > 0).mean():.1%} of people of 20 and over have an admission in a year "
              f"(6.0% in Scotland 2006-07); negative binomial k within age, quintile and frailty {k:.2f}")


def tell_ridge(good: np.ndarray, rows: np.ndarray, candidates: int, p: np.ndarray) -> None:
    """Print the ranges of the ridge, its correlations, and how the rows kept do among other people with other luck."""
    print(f"{len(good)} of {candidates} points of the box fit equally well; the first {len(rows)} are kept")
    for i, name in enumerate(NAMES):
        print(f"  {name:6} {good[:, i].min():.3f} to {good[:, i].max():.3f}, middle half {np.quantile(good[:, i], 0.25):.3f} to "
              f"{np.quantile(good[:, i], 0.75):.3f}, central {p[i]}")
    print("  correlations:", np.round(np.corrcoef(good.T), 2).tolist())
    other = followed(people(MANY, seed=OTHER), OTHER)
    found = np.array([told(other, row, replicate=OTHER) for row in rows])
    print(f"  other people, other luck: {sum(fits(x) for x in found)} of {len(rows)} rows are accepted, "
          f"{sum(fits(x, 2 * NOISE) for x in found)} within two Monte Carlo SD; shares "
          + ", ".join(f"{a:.1%} to {b:.1%}" for a, b in zip(found.min(0), found.max(0), strict=True)))


def write(rows: np.ndarray) -> None:
    """Put the rows of the ridge into the catalogue."""
    text = evidence.BASELINE.read_text(encoding="utf-8")
    block = "".join("      - [" + ", ".join(f"{x:.3f}" for x in row) + "]\n" for row in rows)
    head = re.escape(f"columns: [{', '.join(NAMES)}]\n    values:\n")
    text, count = re.subn(rf"({head})(?:      - \[.*\]\n?)+", lambda match: match[1] + block, text)
    if count != 1:
        raise SystemExit(f"{evidence.BASELINE}: no block `joint: admission:` with the columns {', '.join(NAMES)}")
    evidence.BASELINE.write_text(text, encoding="utf-8")


def main() -> None:
    """Print the fit of the central values, the ridge, and what neighbourhoods show."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--candidates", type=int, default=2048, help="points of the box that are tried, a power of two")
    parser.add_argument("--keep", type=int, default=48, help="rows of the ridge that are kept")
    parser.add_argument("--write", action="store_true", help="replace the rows in catalogue/baseline.yaml")
    options = parser.parse_args()
    p = np.array([central()[0][f"baseline.admission.{name}"].value for name in NAMES])
    print(f"rates of 1997/98 taken as {LEVEL_1997} of the table's; {HISTORY} months before the index year, {YEARS} years followed")
    tell_central(p)
    tell_adults(p)
    good = search(options.candidates)
    rows = good[:options.keep]
    tell_ridge(good, rows, options.candidates, p)
    report()
    if options.write:
        write(rows)


if __name__ == "__main__":
    main()
