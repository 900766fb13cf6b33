"""The month in plain Python: every equation of the month stated once more, one function a rule, one resident at a time.

It shares with the engine the life script, the packed rates and the random numbers (`nbhdsim.rng`), and nothing else:
no compiled code, no arrays, double precision throughout. Where the engine saves time by rounding (published shifts in
units of 2^-16 SD, spill-over below 2^-22 SD dropped, the clipped mean from a table) the twin does not.
"""
from dataclasses import dataclass, field
from math import erf, exp, floor, log, pi, sqrt

import numpy as np

from nbhdsim import rng

MECHANISMS = ("connection", "control", "activity", "self_care", "security")
BAND_FROM = (0, 5, 18, 35, 50, 65, 75, 85)
SEGMENT_FROM = (0, 5, 10, 16, 18, 35, 50, 65, 75, 85)
OWN_ITEM, GROWN, CHILD_UNTIL = 10, 16, 18
COLUMNS = ("present", "admissions", "expected", "bed_days", "attendances", "referrals", "satisfaction", "low", "lonely",
           "control", "connected", "in_control", "help_seeking", "confident")
SHARES = COLUMNS[-4:]              # adults from a line on
CAP = 2.0                          # SD: the most that all programmes together move one mechanism of one resident
FURTHEST = 3.0                     # points: the most a stated change of the mean answer shifts the latent one
MINDS, BODY, CHANCE = rng.purpose("luck.minds"), rng.purpose("luck.body"), rng.purpose("luck.chance")
STAY, PLACE_YEAR = rng.purpose("luck.stay"), rng.purpose("luck.place_year")


@dataclass
class Resident:
    """One person: what never changes, what drifts, what is induced, and what happened this month."""

    row: int
    who: int
    place: int
    age: int
    quintile: int
    frailty: int
    conditions: int
    trait: list                    # tau, five mechanisms, SD
    trait_satisfaction: float      # points
    trait_admission: float         # standard deviate of the lasting log rate
    contacts: list                 # (row, weight)
    drift: list = field(default_factory=lambda: [0.0] * 5)
    slow: float = 0.0
    acuity: float = 0.0
    noise: float = 0.0
    chance: tuple = ()
    natural: float = 0.0
    effect: list = field(default_factory=lambda: [0.0] * 5)
    spill: list = field(default_factory=lambda: [0.0] * 5)
    excitation: float = 0.0
    life_satisfaction: float = 0.0
    expected: float = 0.0
    admissions: int = 0
    bed_days: int = 0
    attendances: int = 0
    referrals: int = 0

    @property
    def band(self):
        return number_of(self.age, BAND_FROM)

    @property
    def segment(self):
        return number_of(self.age, SEGMENT_FROM)


def number_of(age, first_ages):
    """Number of the last age band that begins at or before `age`."""
    return max(k for k, first in enumerate(first_ages) if first <= age)


# ---------- who they are ----------
def cholesky(between):
    """Lower root of the correlation matrix of five mechanisms that correlate by `between`."""
    matrix = [[1.0 if i == j else between for j in range(5)] for i in range(5)]
    root = [[0.0] * 5 for _ in range(5)]
    for i in range(5):
        for j in range(i + 1):
            left = matrix[i][j] - sum(root[i][k] * root[j][k] for k in range(j))
            root[i][j] = sqrt(left) if i == j else left / root[j][j]
    return root


def correlated(rates, share, deviates):
    """Five correlated normals whose variance is `share` of the variance within a cell."""
    root = cholesky(rates.between)
    return [rates.within[k] * sqrt(share) * sum(root[k][j] * deviates[j] for j in range(5)) for k in range(5)]


def tie_weights(rates):
    """Layer weights as the engine keeps them: sixteenths of the largest, at least one."""
    largest = max(rates.layer_weight)
    return [max(1, round(w / largest * 16)) for w in rates.layer_weight]


def people(world, rates):
    """Residents of a world at month 0."""
    script, ties, weight = world.script, world.ties, tie_weights(rates)
    out = []
    for row in range(len(script.id)):
        place = int(script.place[row])
        born = [float(z) for z in script.born[:, row]]
        contacts = [(int(ties.other[e]), weight[ties.layer[e]]) for e in range(ties.start[row], ties.start[row + 1])]
        out.append(Resident(row=row, who=int(script.id[row]), place=place, age=-int(script.birth_month[row]) // 12,
                            quintile=int(world.places.quintile[place]) - 1, frailty=int(script.frailty[row]),
                            conditions=int(script.conditions[row]),
                            trait=correlated(rates, rates.trait_share, born[:5]),
                            trait_satisfaction=rates.ls_trait_sd * born[5], trait_admission=born[6], contacts=contacts))
    return out


# ---------- luck ----------
def four(seed, replicate, purpose, month, who):
    """The four uniforms of one counter block."""
    return rng.block(np.uint64(seed), np.uint32(replicate), np.uint32(purpose), np.uint32(month), np.uint32(who))


def deviates(seed, replicate, purpose, month, who):
    """The four normals of one counter block."""
    return [float(rng.normals(np.uint64(seed), np.uint32(replicate), np.uint32(purpose), np.uint32(month),
                              np.array([who], np.uint32), word)[0]) for word in range(4)]


def autoregress(x, rho, innovation):
    """Stationary AR(1): the innovation has the stationary SD."""
    return rho * x + sqrt(1 - rho ** 2) * innovation


def live_on(person, rates, *, seed, replicate, calendar, first):
    """Drift, slow part, acuity and noise of this month: stationary in the first month, AR(1) afterwards."""
    minds = deviates(seed, replicate, MINDS, calendar, person.who)
    body = deviates(seed, replicate, BODY, calendar, person.who)
    drift = correlated(rates, 1 - rates.trait_share, [*minds, body[0]])
    slow, acuity = rates.ls_slow_sd * body[1], rates.sa * body[2]
    if first:
        person.drift, person.slow, person.acuity = drift, slow, acuity
    else:
        person.drift = [autoregress(person.drift[k], rates.rho, drift[k]) for k in range(5)]
        person.slow = autoregress(person.slow, rates.ls_rho, slow)
        person.acuity = autoregress(person.acuity, rates.rho_a, acuity)
    person.noise = rates.ls_noise_sd * body[3]
    person.chance = tuple(float(u) for u in four(seed, replicate, CHANCE, calendar, person.who))[:3]


def lognormal(sd, deviate):
    """A lognormal factor of mean 1."""
    return exp(sd * deviate - sd ** 2 / 2)


def place_factor(world, rates, place, *, replicate, calendar, month):
    """Season, trend since the start, lasting place effect (or the area's own), and the place's April-to-March year."""
    stated = float(world.places.admission_ratio[place])
    lasting = stated if stated > 0 else lognormal(rates.place, float(world.places.admission_z[place]))
    year = deviates(world.seed, replicate, PLACE_YEAR, (calendar - 3) // 12, place)[0]
    return rates.season[calendar % 12] * (1 + rates.trend * month / 12) * lasting * lognormal(rates.place_year, year)


def quadratic(rates, v):
    """v' Om v with Om the covariance of trait and drift together, within a cell."""
    return sum(v[j] * v[k] * rates.within[j] * rates.within[k] * (1.0 if j == k else rates.between)
               for j in range(5) for k in range(5))


def natural_rate(person, rates, here):
    """Admissions a month without programmes: every factor but the cell's rate has expectation 1."""
    mix, ratio = rates.frailty_mix[person.band], rates.frailty_ratio
    frail = ratio[person.frailty] / sum(mix[f] * ratio[f] for f in range(4))
    frail *= rates.beside[person.quintile][min(person.age, 104)][person.frailty][person.conditions]
    mind = sum(rates.a[k] * (person.trait[k] + person.drift[k]) for k in range(5)) - quadratic(rates, rates.a) / 2
    return (rates.admission[person.band][person.quintile] / 12 * here * frail * lognormal(rates.s, person.trait_admission)
            * exp(person.acuity - rates.sa ** 2 / 2) * exp(mind))


# ---------- levers ----------
def by_row(pushes):
    """What is pushed on each resident: row -> [(lever, value, covered)]."""
    out = {}
    for push in pushes:
        for row, value in zip(push.who, push.value, strict=True):
            out.setdefault(int(row), []).append((push.lever, float(np.float32(value)), push.covered))
    return out


def of_lever(mine, *levers, without=None):
    """(lever, value) on some levers, those of programmes that cover outcome `without` left out."""
    return [(lever, value) for lever, value, covered in mine if lever in levers and without not in covered]


def effect(mine, *, without=None):
    """E: the capped sum of what is pushed on each mechanism."""
    total = [0.0] * 5
    for lever, value in of_lever(mine, *MECHANISMS, without=without):
        total[MECHANISMS.index(lever)] += value
    return [min(max(x, -CAP), CAP) for x in total]


def ratio_of(mine, lever):
    """Product of the ratios pushed on one lever."""
    out = 1.0
    for _, value in of_lever(mine, lever):
        out *= value
    return out


# ---------- life satisfaction ----------
def clipped_mean(mean, sd):
    """E clip(N(mean, sd), 0, 10)."""
    def above(edge):
        z = (mean - edge) / sd
        return sd * (z * (1 + erf(z / sqrt(2))) / 2 + exp(-z * z / 2) / sqrt(2 * pi))
    return above(0.0) - above(10.0)


def latent_shift(base, stated, sd):
    """Shift of the latent answer that moves the clipped mean over noise by `stated`, by bisection."""
    goal, low, high = clipped_mean(base, sd) + stated, -FURTHEST, FURTHEST
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if clipped_mean(base + middle, sd) < goal else (low, middle)
    return (low + high) / 2


def own_level(person, rates):
    """Latent answer before noise and before anything induced."""
    child = person.age < GROWN
    cell = rates.child[person.quintile] if child else rates.satisfaction[person.band][person.quintile]
    through = sum(rates.b[k] * (person.trait[k] + person.drift[k]) for k in range(5))
    return cell + person.trait_satisfaction + person.slow + through


def answer(person, rates, mine):
    """Life satisfaction told this month; a stated total replaces its programme's path through the mechanisms."""
    base = own_level(person, rates)
    stated = sum(value for _, value in of_lever(mine, "life_satisfaction"))
    mediated = effect(mine, without="life_satisfaction")
    induced = sum(rates.b[k] * (mediated[k] + person.spill[k]) for k in range(5))
    direct = latent_shift(base, stated, rates.ls_noise_sd) if stated != 0 else 0.0
    return min(max(base + induced + direct + person.noise, 0.0), 10.0)


# ---------- events ----------
def prevention(ratios, preventable):
    """R: ratios below 1 share what is preventable, ratios above 1 multiply; one stated ratio alone is always kept."""
    share = max([preventable, *(1 - r for r in ratios)])
    left, more = 1.0, 1.0
    for r in ratios:
        if r < 1:
            left *= max(0.0, 1 - (1 - r) / share)
        else:
            more *= r
    return (1 - share * (1 - left)) * more


def induced_ratio(person, rates, mine):
    """R of one resident: each stated ratio, and everything induced that no stated total covers as one more."""
    stated = [value for _, value in of_lever(mine, "admission_rr")]
    mediated = effect(mine, without="admission_rr")
    return prevention([*stated, exp(sum(rates.a[k] * (mediated[k] + person.spill[k]) for k in range(5)))], rates.preventable)


def count(rate, u):
    """Poisson count by inversion of one uniform."""
    n, term = 0, exp(-rate)
    total = term
    while u > total and n < 60:
        n += 1
        term *= rate / n
        total += term
    return n


def nights(u_stay, u_length, mean, zero_day):
    """Nights of one stay: none with probability zero_day, else geometric from 1 with the given mean."""
    if u_stay < zero_day:
        return 0
    return 1 if mean <= 1 else 1 + floor(log(u_length) / log(1 - 1 / mean))


def happen(person, rates, mine, *, seed, replicate, calendar):
    """Admissions with their nights, A&E attendances, referrals; then excitation moves on."""
    def ratio(lever):
        return ratio_of(mine, lever)
    person.expected = ((1 - rates.n) * person.natural * induced_ratio(person, rates, mine)
                       + ratio("readmission_rr") * person.excitation)
    person.admissions = count(person.expected, person.chance[0])
    person.bed_days = person.attendances = person.referrals = 0
    for event in range(person.admissions):
        u_stay, u_length, u_way, _ = (float(u) for u in four(seed, replicate, int(STAY) + event, calendar, person.who))
        person.bed_days += nights(u_stay, u_length, rates.stay[person.band] * ratio("bed_days_rr"), rates.zero_day)
        person.attendances += u_way < rates.ae_through
    per_admission = rates.ae_other[person.quintile] / rates.admission[person.band][person.quintile]
    person.attendances += count(person.natural * per_admission * ratio("ae_rr"), person.chance[1])
    if person.age < CHILD_UNTIL:
        person.referrals = count(rates.referral[person.quintile] / 12 * ratio("referral_rr"), person.chance[2])
    person.excitation = rates.phi * person.excitation + rates.n * (1 - rates.phi) * person.admissions


# ---------- spill-over ----------
def base_pull(person, induced, k):
    """Weighted mean of what contacts show: base rows sum to 1, nobody without ties is pulled."""
    total = sum(weight for _, weight in person.contacts)
    return sum(weight * induced[row][k] for row, weight in person.contacts) / total if total else 0.0


def group_pull(person, induced, k, ties):
    """Mean, over a resident's groups with company, of the mean of the OTHERS there: all groups together weigh g."""
    means = []
    for tie in ties:
        mine = [site for site, who in zip(tie.site, tie.who, strict=True) if who == person.row]
        others = [who for site, who in zip(tie.site, tie.who, strict=True) if site in mine and who != person.row]
        if others:
            means.append(sum(induced[who][k] for who in others) / len(others))
    return sum(means) / len(means) if means else 0.0


def spill_next(person, rates, induced, ties):
    """S next month: a share kappa of the way to c times what contacts and groups show."""
    return [(1 - rates.kappa) * person.spill[k] + rates.kappa * rates.c
            * (base_pull(person, induced, k) + rates.g * group_pull(person, induced, k, ties)) for k in range(5)]


# ---------- measurement ----------
def fixed_point(x):
    """A state in whole units of 2^-20, halves to even."""
    return round(x * 2 ** 20)


def levels(person, rates):
    """Connection, sense of control and self-care this month, everything induced included; a muted effect is not."""
    mean, effect = rates.mean[person.band][person.quintile], person.effect if rates.direct else [0.0] * 5
    return [mean[k] + person.trait[k] + person.drift[k] + effect[k] + person.spill[k] for k in (0, 1, 3)]


def measured(person, rates, level):
    """What one resident adds to the sums of their place and segment, by column."""
    grown = person.age >= GROWN
    return {"present": 1, "admissions": person.admissions, "expected": fixed_point(person.expected),
            "bed_days": person.bed_days, "attendances": person.attendances, "referrals": person.referrals,
            "satisfaction": fixed_point(person.life_satisfaction) if person.age >= OWN_ITEM else 0,
            "low": int(grown and person.life_satisfaction < 4.5),
            "lonely": int(grown and level[0] < rates.lonely_below), "control": fixed_point(level[1]) if grown else 0,
            **{name: int(grown and level[k] >= line) for name, k, line in zip(SHARES, (0, 1, 2, 2), rates.lines, strict=True)}}


def total(world, rates, persons):
    """Sums by place, segment and column, in plain loops. persons: (resident, levels of connection, control, self-care)."""
    out = np.zeros((len(world.places.quintile), len(SEGMENT_FROM), len(COLUMNS)), np.int64)
    for person, level in persons:
        for column, value in measured(person, rates, level).items():
            out[person.place, person.segment, COLUMNS.index(column)] += value
    return out


class Twin:
    """The slow month of one world: call it with what is pushed; sums as [place][segment][column]."""

    def __init__(self, world, rates, *, replicate=0, first=0):
        self.world, self.rates, self.replicate, self.month, self.first = world, rates, replicate, first, first
        self.people = people(world, rates)

    def __call__(self, pushes=(), ties=()):
        world, rates = self.world, self.rates
        calendar = 12 * world.start[0] + world.start[1] - 1 + self.month
        clock = dict(seed=world.seed, replicate=self.replicate, calendar=calendar)
        here = [place_factor(world, rates, p, replicate=self.replicate, calendar=calendar, month=self.month)
                for p in range(len(world.places.quintile))]
        told = by_row(pushes)
        for person in self.people:
            mine = told.get(person.row, ())
            live_on(person, rates, first=self.month == self.first, **clock)
            person.natural = natural_rate(person, rates, here[person.place])
            if self.month == self.first:
                person.excitation = rates.n * person.natural
            person.effect = effect(mine)
            felt = mine if rates.direct else ()             # muted: told to contacts, and nothing else
            person.life_satisfaction = answer(person, rates, felt)
            happen(person, rates, felt, **clock)
        self.level = [levels(person, rates) for person in self.people]
        sums = total(world, rates, zip(self.people, self.level, strict=True))
        induced = [[person.effect[k] + person.spill[k] for k in range(5)] for person in self.people]
        after = [spill_next(person, rates, induced, ties) for person in self.people]
        for person, spill in zip(self.people, after, strict=True):
            person.spill = spill
        self.month += 1
        return sums
