"""Law 5 over the whole catalogue: every stated effect of every kind, as it comes out of the simulation; `-s` prints the table.

Everyone a kind is for joins at once and stays, spill-over muted and no echoes: ratios must be exact, life satisfaction within
2.5% or its Monte Carlo error. What is stated as no effect must come out as none.
"""
import sys

import numpy as np
import pytest
from towns import lanes, scenario

from nbhdsim.interventions import schema
from nbhdsim.interventions.effects import KNOWN
from nbhdsim.interventions.programme import whom
from nbhdsim.levers import LEVERS, OTHER_RATIOS, Levers
from nbhdsim.relations import OF_PLACES, RELATIONS
from nbhdsim.residents import MECHANISMS
from nbhdsim.rng import f32

SILENT = {"baseline.spill_over.strength": 0.0, "baseline.admission.n": 0.0}
AT_ONCE = {"reach": 1.0, "leave_hazard": 0.0, "set_up_months": 0.0, "healthy_first": 0.0, "places_per_site": 9000.0,
           "contact_chance": 1.0, "contacts_per_month": 9000.0, "visits_a_month": 0.0, "lonely_first": 0.0, "acted_on": 0.5,
           "digital_first": 0.0, "avoiders_first": 0.0}
KINDS = dict(schema.kinds())
MOVING = [key for key, kind in KINDS.items() if any(e.quantity.value != KNOWN[e.lever].rest for e in kind.effects)]
RESIDENTS, YEAR = 3000, 12      # 20,000 where somebody is screened: few are overdue
EXACT, ROOM = 3e-6, 0.025                  # those who answer 10 already have no room: the mean loses 1.5 to 2.4%
ROW = "{:30} {:34} {:>3} {:>8} {:>10}"


def pair(kind):
    """Do-nothing and the kind alone, with the catalogue's effects."""
    amount = "places: 9000" if kind.cost.running_per == "head" else "sites: 9"
    numbers = {**SILENT, **{f"interventions.{kind.id}.{name}": value for name, value in AT_ONCE.items() if name in kind.quantities}}
    if any(e.lever == "screening" for e in kind.effects):
        numbers[f"interventions.{kind.id}.decay_half_life_months"] = 1e6
    if any(e.level == "area" for e in kind.effects):
        numbers[f"interventions.{kind.id}.reach"] = 0.3           # the rest of an area has to make up for its participants
    residents = 20_000 if any(e.lever == "screening" for e in kind.effects) else RESIDENTS
    months = YEAR * (max(e.at for e in kind.effects) // YEAR + 2)
    line = f"{{where: all, {amount}{f', every: {months}' if kind.delivery == 'setting' else ''}}}"
    return lanes(scenario("nothing", {}, overrides=SILENT, residents=residents, months=months),
                 scenario("s", {kind.id: line}, overrides=numbers, residents=residents, months=months), residents=residents)


def pushed(sim, lever):
    """What the programme pushed in the month just run, of one lever other than admission_rr, by row [n]."""
    rates, n = sim.setting.rates, sim.world.script.id.size
    levers = Levers(n, a=rates.a, b=rates.b, preventable=rates.preventable)
    sim.programmes[0].push(sim.month - 1, levers, sim.luck.natural)
    settled, out = levers.settled(), np.full(n, LEVERS[lever].rest, f32)
    column = settled.shift[:, MECHANISMS.index(lever)] if lever in MECHANISMS else settled.other[:, OTHER_RATIOS.index(lever)]
    out[settled.rows] = column
    return out


def read(sim, lever):
    """What another programme reads of a lever between programmes [n or p]."""
    return sim.relations.of(lever, "another")


def people(sim, effect):
    """Rows of those an effect is about: in since the first month, or all residents; and of them alone whom it names."""
    members, parts = sim.programmes[0].members, sim.programmes[0].intervention.parts
    rows = sim.programmes[0].intervention.everyone if effect.level == "area" else members.who[members.since == 0]
    world = sim.world
    if effect.who in parts:
        return rows[parts[effect.who][rows]]
    return np.intersect1d(rows, whom(dict(effect.who)).rows(world.script, world.places))


def simulated(nothing, funded, effect, *, gain):
    """The effect as it stands in the month just run; gain [n]: life satisfaction gained, mean of the months so far."""
    rows = people(funded, effect)
    assert rows.size > 3, effect
    if effect.lever == "life_satisfaction":
        error = gain[rows].std() / np.sqrt(rows.size)
        return gain[rows].mean(), max(ROOM * abs(effect.quantity.value), 3 * error)
    if effect.lever in RELATIONS and effect.lever != "screening":
        seen = read(funded, effect.lever)
        return (seen if effect.lever in OF_PLACES else seen[rows]).mean(dtype=float), EXACT
    if effect.lever == "screening":
        overdue = (nothing.screening.due & ~nothing.screening.up)[:, rows]
        share = (funded.screening.up[:, rows] & overdue).sum() / overdue.sum()
        return share, 3 * np.sqrt(share * (1 - share) / overdue.sum())
    if effect.lever == "admission_rr":
        over, under = (sim._state.expected[rows].sum(dtype=float) for sim in (funded, nothing))
        return over / under, EXACT
    return pushed(funded, effect.lever)[rows].mean(dtype=float), EXACT


@pytest.mark.parametrize("key", MOVING)
def test_what_is_stated_is_what_is_simulated(key):
    """Each effect at its own follow-up; life satisfaction over the year that begins there."""
    kind = KINDS[key]
    nothing, funded = pair(kind)
    gain, seen = np.zeros(nothing.reached.size), {}
    satisfied = [e.at for e in kind.effects if e.lever == "life_satisfaction"]
    for month in range(max(e.at for e in kind.effects) + YEAR + 1):
        nothing.step()
        funded.step()
        if satisfied and satisfied[0] <= month < satisfied[0] + YEAR:
            gain += (funded._state.life_satisfaction - nothing._state.life_satisfaction).astype(float) / YEAR
        for e in kind.effects:
            if month == e.at + (YEAR if e.lever == "life_satisfaction" else 0):
                seen[e] = simulated(nothing, funded, e, gain=gain)
    for e, (found, allowed) in seen.items():
        address = e.quantity.address.removeprefix(f"interventions.{key}.effects.")
        sys.stdout.write(ROW.format(key, address, e.at, f"{e.quantity.value:g}", f"{found:.5f}") + "\n")
        assert found == pytest.approx(e.quantity.value, abs=allowed), address
    assert len(seen) == len(kind.effects)
