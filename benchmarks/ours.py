"""nbhdsim's own month: `python -m benchmarks.ours RESIDENTS [--parts]` prints one JSON line.

One scenario run alone, luck included: four interventions (youth hubs, school grants, wellbeing hubs, and an integrated
team for a list of up to 73,000), spill-over along all ties, every event, every measurement. Months 12 to 36 are timed.
"""
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

LIST = 73_000
SCENARIO = """schema: scenario/1
name: bench
area: {{name: teaching-town, residents: {n}}}
start: 2026-04
months: 60
history: 12
interventions:
  youth_hub: {{where: {{quintile: [1, 2]}}, sites: {hubs}}}
  grants: {{kind: school_grant, where: all, sites: {grants}, every: 12}}
  wellbeing_hub: {{where: all, sites: {hubs}}}
  integrated_neighbourhood_team: {{where: all, places: {listed}}}
"""


def simulation(residents: int):
    """A simulation of the bench scenario, its first programme year run."""
    from nbhdsim.population import build
    from nbhdsim.scenario import schema
    from nbhdsim.simulation import Simulation

    text = SCENARIO.format(n=residents, hubs=max(1, residents // 8000), grants=max(1, residents // 3000),
                           listed=min(residents, LIST))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bench.yaml"
        file.write_text(text)
        scenario = schema.load(file)
    sim = Simulation(build(scenario), scenario)
    while sim.month < 12:
        sim.step()
    return sim


def timed(residents: int) -> dict:
    """Nanoseconds a resident-month: whole month, and the shared luck in it (medians over months)."""
    sim = simulation(residents)
    luck, rest = [], []
    for _ in range(24):
        t0 = time.perf_counter()
        sim.advance_luck()
        t1 = time.perf_counter()
        sim.live()
        luck.append(t1 - t0)
        rest.append(time.perf_counter() - t1)
    whole = float(np.median(np.add(luck, rest)))
    return {"residents": residents, "month_ns": whole / residents * 1e9, "luck_ns": float(np.median(luck)) / residents * 1e9,
            "resident_months_per_second": residents / whole}


def measurement(residents: int) -> float:
    """Nanoseconds a resident-month of measurement alone: the sums of states and the yearly sums of residents."""
    from numba import njit

    from nbhdsim.rng import u64
    from nbhdsim.step.measure import add_year, measure

    sim = simulation(residents)
    ground, rules = sim.setting.ground, sim.setting.rules

    @njit(nogil=True)
    def sums(bounds, start, lonely_below, state, luck, years, out):
        for place in range(bounds.shape[0]):
            measure(place, bounds, lonely_below, state, luck, out)
            add_year(state, years, u64(start[place]), u64(start[place + 1]))

    out = np.zeros_like(sim.sums[-1])
    took = []
    for _ in range(12):
        start = time.perf_counter()
        sums(ground.bounds, ground.start, rules.lonely_below, sim._state, sim.luck, sim.years, out)
        took.append(time.perf_counter() - start)
    return float(np.median(took)) / residents * 1e9


if __name__ == "__main__":
    size = int(sys.argv[1])
    found = timed(size)
    if "--parts" in sys.argv:
        found["measurement_ns"] = measurement(size)
    print(json.dumps(found))
