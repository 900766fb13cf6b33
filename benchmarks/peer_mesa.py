"""A month of a comparable, smaller model in plain Mesa: `python peer_mesa.py RESIDENTS MONTHS` prints one JSON line.

Agents hold their contacts as a list (quicker than Mesa's own network space). A month of one resident: read the mean of
about ten contacts, move five mechanisms and life satisfaction by Gaussian steps, join or leave one programme, draw a
Poisson count of admissions by inversion, and be counted by neighbourhood. nbhdsim does all that and more.
"""
import json
import math
import sys
import time

import mesa
import numpy as np

DEGREE = 10


class Resident(mesa.Agent):
    """One resident."""

    def __init__(self, model, place):
        super().__init__(model)
        self.place, self.friends, self.member = place, [], False
        self.x, self.spill, self.next_spill = [0.0] * 5, 0.0, 0.0
        self.satisfaction, self.admissions, self.excitation = 7.5, 0, 0.0

    def step(self):
        random = self.random
        near = sum(f.spill + (0.15 if f.member else 0.0) for f in self.friends) / max(len(self.friends), 1)
        self.next_spill = 0.75 * self.spill + 0.0125 * near
        for k in range(5):
            self.x[k] = 0.93 * self.x[k] + 0.37 * random.gauss(0, 1)
        if self.member:
            self.member = random.random() > 0.03
        else:
            self.member = random.random() < 0.009
        push = 0.15 if self.member else 0.0
        self.satisfaction = min(max(7.5 + 0.25 * (self.x[0] + self.spill + push) + random.gauss(0, 1.1), 0), 10)
        rate = 0.88 * 0.0095 * math.exp(-0.03 * self.x[0]) + self.excitation
        u, term, count = random.random(), math.exp(-rate), 0
        total = term
        while u > total and count < 60:
            count += 1
            term *= rate / count
            total += term
        self.admissions = count
        self.excitation = 0.75 * self.excitation + 0.03 * count

    def advance(self):
        self.spill = self.next_spill


class Neighbourhoods(mesa.Model):
    """Residents with random contacts."""

    def __init__(self, n, seed=1):
        super().__init__(rng=seed)
        people = [Resident(self, i // 1700) for i in range(n)]
        ends = np.random.default_rng(seed).integers(0, n, (n * DEGREE // 2, 2))
        for a, b in ends.tolist():
            people[a].friends.append(people[b])
            people[b].friends.append(people[a])
        self.tables = []

    def step(self):
        self.agents.do("step")
        self.agents.do("advance")
        sums = {}
        for agent in self.agents:
            cell = sums.setdefault(agent.place, [0.0, 0, 0])
            cell[0] += agent.satisfaction
            cell[1] += agent.admissions
            cell[2] += agent.member
        self.tables.append(sums)


if __name__ == "__main__":
    n, months = int(sys.argv[1]), int(sys.argv[2])
    model = Neighbourhoods(n)
    model.step()
    took = []
    for _ in range(months):
        start = time.perf_counter()
        model.step()
        took.append(time.perf_counter() - start)
    print(json.dumps({"residents": n, "resident_months_per_second": n / float(np.median(took)), "version": mesa.__version__}))
