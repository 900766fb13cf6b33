"""The same shares where people age, die and fall ill: what the cohort holds still, the life script of the package moves."""
from dataclasses import replace

import numpy as np
from cohort import LEVEL_1997, YEARS, scenario

from nbhdsim import population
from nbhdsim.scenario import AreaSpec
from nbhdsim.simulation import Simulation

OLD, YEAR = 65, 12
RESIDENTS = 300_000


def shares(residents: int = RESIDENTS, *, seed: int = 1, level: float = LEVEL_1997) -> np.ndarray:
    """Share of a year's admissions at 65 and over by those with two or more in the index year [YEARS]: that year, the next, ..

    Nobody moves away, so that everyone is followed to the end of their life; those who turn 65 count from the next year on.
    """
    fixed = {"baseline.admission.rate.scale": level, "baseline.moving.beyond": 0.0}
    town = replace(scenario(fixed), area=AreaSpec(name="teaching-town", residents=residents), ageing=True, seed=seed)
    world = population.build(town)
    sim, life = Simulation(world, town, replicate=seed), world.life
    found = np.zeros((YEARS, life.row.size))
    birth = world.script.birth_month[life.row].astype(int)
    while sim.month < YEAR * YEARS:
        sim.step()
        if sim.month > 0 and sim.month % YEAR == 0:
            there = np.flatnonzero(sim.passing.here)
            year = found[sim.month // YEAR - 1]
            year[sim.passing.stay[there]] = sim.years.admissions[there]
            for past in sim.gone:
                some = past.stay >= 0
                year[past.stay[some]] = past.years.admissions[some]
    old = birth[None] <= YEAR * (np.arange(YEARS)[:, None] - OLD)
    repeat = old[0] & (found[0] >= 2)
    return (found * repeat).sum(1) / (found * old).sum(1)


if __name__ == "__main__":
    for seed in (1, 2):
        print(f"seed {seed}:", ", ".join(f"{x:.1%}" for x in shares(seed=seed)))
