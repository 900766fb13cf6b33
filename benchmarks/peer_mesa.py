"""The same month in plain Mesa: `python peer_mesa.py RESIDENTS MONTHS` prints one JSON line.

Agents hold their contacts as a list (quicker than Mesa's own network space). A month of one resident: spill-over of one
mechanism from about ten contacts, five drifts, slow part, acuity and noise, four programmes to join and leave with
effects that ramp up, life satisfaction, admissions with excitation, nights, A&E attendances and referrals by inversion,
and ten sums by neighbourhood and age. Mediated paths, the solve for the clipped mean, area effects, group ties and the
yearly sums of residents, which nbhdsim also has, are left out.
"""
import json
import math
import sys
import time

import mesa
import numpy as np

DEGREE = 10
PROGRAMMES = ((0.0137, 0.03, 0.99, 15), (0.03, 0.08, 1.0, 4), (0.0087, 0.03, 0.99, 15), (0.0024, 0.08, 1.1, 12))
"""Joining hazard, leaving hazard, admission ratio, ramp in months."""


def poisson(rate, u):
    """A count by inversion."""
    term, count = math.exp(-rate), 0
    total = term
    while u > total and count < 60:
        count += 1
        term *= rate / count
        total += term
    return count


class Resident(mesa.Agent):
    """One resident."""

    def __init__(self, model, place):
        super().__init__(model)
        random = self.random
        self.place, self.friends, self.age = place, [], int(random.random() * 90)
        self.rate = 0.006 * math.exp(0.02 * self.age + random.gauss(0, 0.3))
        self.eligible = [11 <= self.age <= 18, 4 <= self.age <= 18, True, self.age >= 65 and random.random() < 0.4]
        self.months, self.drift = [-1] * 4, [random.gauss(0, 0.6) for _ in range(5)]
        self.slow, self.acuity, self.excitation = 0.0, 0.0, 0.0
        self.effect = self.spill = self.next_spill = 0.0

    def step(self):
        random = self.random
        near = sum(f.spill + f.effect for f in self.friends) / max(len(self.friends), 1)
        self.next_spill = 0.75 * self.spill + 0.0125 * near
        self.drift = [0.93 * x + 0.23 * random.gauss(0, 1) for x in self.drift]
        self.slow = 0.993 * self.slow + 0.12 * random.gauss(0, 1)
        self.acuity = 0.6 * self.acuity + 0.4 * random.gauss(0, 1)
        ratio, direct, self.effect = 1.0, 0.0, 0.0
        for k, (join, leave, rr, ramp) in enumerate(PROGRAMMES):
            if self.months[k] >= 0:
                self.months[k] = -1 if random.random() < leave else self.months[k] + 1
            elif self.eligible[k] and random.random() < join:
                self.months[k] = 0
            if self.months[k] >= 0:
                grown = min(self.months[k] / ramp, 1)
                ratio *= rr ** grown
                direct += 0.15 * grown
                self.effect += 0.15 * grown if k == 2 else 0.0
        x = self.drift
        mean = 0.25 * (x[0] + self.effect + self.spill) + 0.2 * x[1] + 0.1 * x[2] + 0.05 * x[3] + 0.15 * x[4]
        self.satisfaction = min(max(7.5 + mean + self.slow + direct + 1.07 * random.gauss(0, 1), 0), 10)
        mu = self.rate * math.exp(self.acuity - 0.125 - 0.037 * x[0] - 0.02 * x[1] - 0.01 * (x[2] + x[4]) - 0.02 * x[3])
        self.expected = 0.88 * mu * ratio * math.exp(-0.037 * self.spill) + self.excitation
        self.admissions = poisson(self.expected, random.random())
        self.excitation = 0.75 * self.excitation + 0.03 * self.admissions
        self.nights = sum(0 if random.random() < 0.33 else 1 + int(math.log(random.random()) / math.log(0.89))
                          for _ in range(self.admissions))
        self.attendances = poisson(4 * mu, random.random())
        self.referrals = poisson(0.0043, random.random()) if self.age < 18 else 0

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
            cell = sums.setdefault((agent.place, agent.age // 10), [0] * 10)
            for k, value in enumerate((1, agent.admissions, agent.expected, agent.nights, agent.attendances, agent.referrals,
                                       agent.satisfaction, agent.satisfaction < 4.5, agent.drift[0] + agent.spill < -1.5,
                                       agent.drift[1])):
                cell[k] += value
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
