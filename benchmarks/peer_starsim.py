"""Starsim's own SIS on a random network of the same degree: `python peer_starsim.py RESIDENTS` prints one JSON line.

Its step infects and recovers; it holds no wellbeing, no programme and no table by neighbourhood. Compiling is left out
by a first run.
"""
import json
import sys
import time

import numpy as np
import starsim as ss

DEGREE, STEPS = 10, 60


def once(n: int, seed: int) -> float:
    """Resident-steps a second of one run, set-up left out."""
    sim = ss.Sim(n_agents=n, diseases=ss.SIS(init_prev=0.05, beta=0.05), networks=ss.RandomNet(n_contacts=DEGREE), start=2020,
                 dur=STEPS, dt=1, verbose=0, rand_seed=seed)
    sim.init()
    start = time.perf_counter()
    sim.run()
    return n * len(sim.t.timevec) / (time.perf_counter() - start)


if __name__ == "__main__":
    size = int(sys.argv[1])
    once(size, 0)
    print(json.dumps({"residents": size, "resident_months_per_second": float(np.median([once(size, k) for k in (1, 2, 3)])),
                      "version": ss.__version__}))
