"""Law 5: what a study states is what the simulation does, and law 6: without programmes nothing drifts."""
import numpy as np
import pytest
from towns import lanes, scenario, world

from nbhdsim import evidence, rates
from nbhdsim.residents import age_at, band_of
from nbhdsim.simulation import Simulation

MUTED = {"baseline.spill_over.strength": 0.0}
AT_ONCE = {"youth_hub": {"reach": 1.0, "leave_hazard": 0.0, "places_per_site": 5000.0, "ramp_up_months": 6.0},
           "wellbeing_hub": {"reach": 1.0, "leave_hazard": 0.0, "places_per_site": 5000.0, "ramp_up_months": 6.0},
           "school_grant": {"reach": 1.0, "ramp_up_months": 6.0}}
LINE = {"youth_hub": "{where: all, sites: 6}", "wellbeing_hub": "{where: all, sites: 6}",
        "school_grant": "{where: all, sites: 9, every: 24}"}
ADMISSION = 0.9
SATISFACTION = 0.2


def pair(kind: str, effects: dict[str, float], *, residents: int = 3000, **more: float):
    """Do-nothing and a kind that everyone eligible joins in month 0, with these effects and no spill-over."""
    numbers = {f"interventions.{kind}.{name}": value for name, value in {**AT_ONCE[kind], **effects}.items()}
    base = {**MUTED, **more}
    return lanes(scenario("nothing", {}, overrides=base, residents=residents),
                 scenario("s", {kind: LINE[kind]}, overrides={**base, **numbers}, residents=residents), residents=residents)


@pytest.mark.parametrize("kind, at", [("youth_hub", 12), ("wellbeing_hub", 18)])
def test_admissions_of_participants_stand_at_the_stated_ratio(kind, at):
    """The ratio of expected admissions, echoes included, of those who joined in month 0 after `at` months."""
    changed = {"effects.admission_rr": ADMISSION}
    if kind == "wellbeing_hub":
        changed |= {"effects.connection": 0.0, "effects.life_satisfaction": 0.0}
    nothing, funded = pair(kind, changed)
    for _ in range(at + 1):
        nothing.step()
        funded.step()
    members = funded.members[kind]
    who = members.who[(members.since == 0) & (members.left > at)]
    natural = np.asarray(nothing.luck.natural[who], float)
    assert who.size > 100
    ratio = _expected(funded, who) / _expected(nothing, who)
    error = np.sqrt((natural ** 2).sum()) / natural.sum()           # of the echo of realised counts, at most
    assert abs(ratio - ADMISSION) < 3 * 0.2 * error + 0.005, ratio


def _expected(sim: Simulation, who: np.ndarray) -> float:
    return float(sim._state.expected[who].sum(dtype=float))


@pytest.mark.parametrize("kind, at", [("wellbeing_hub", 18), ("school_grant", 12)])
def test_life_satisfaction_of_participants_moves_by_what_is_stated(kind, at):
    """The mean answer moves by the stated points, within 2%, over noise: averaged over the last months of the ramp's end."""
    changed = {"effects.life_satisfaction": SATISFACTION, "effects.admission_rr": 1.0}
    if kind == "wellbeing_hub":
        changed["effects.connection"] = 0.0
    nothing, funded = pair(kind, changed)
    moved = []
    for month in range(24):
        nothing.step()
        funded.step()
        if month >= at:
            members = funded.members[kind]
            who = members.who[(members.since == 0) & (members.left > month)]
            moved.append((funded._state.life_satisfaction[who] - nothing._state.life_satisfaction[who]).mean(dtype=float))
    assert np.mean(moved) == pytest.approx(SATISFACTION, rel=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("at, stated", [(12, 1.0), (36, 0.98), (60, 0.94)])
def test_the_list_of_a_team_stands_at_the_stated_area_ratio(at, stated):
    """Everyone on the list together, the case-managed with their raised rate included."""
    line = {"integrated_neighbourhood_team": "{where: all, places: 20000}"}
    base = {**MUTED, "baseline.admission.trend": 0.0}
    nothing, funded = lanes(scenario("nothing", {}, overrides=base, residents=20000, months=72),
                            scenario("s", line, overrides=base, residents=20000, months=72), residents=20000)
    for _ in range(at + 1):
        nothing.step()
        funded.step()
    everyone = np.arange(20000)
    assert _expected(funded, everyone) / _expected(nothing, everyone) == pytest.approx(stated, abs=0.006)
    assert funded.reached.sum() > 20


def test_spill_over_adds_at_most_its_closed_form():
    """With spill-over on, nobody's induced change exceeds push / (1 - c(1 + g)) by the largest push."""
    values = evidence.draw_values(evidence.load_baseline()[0], seed=1, draw=0)
    c, g = values["baseline.spill_over.strength"], values["baseline.spill_over.group_weight"]
    kind = "wellbeing_hub"
    numbers = {f"interventions.{kind}.{name}": value for name, value in AT_ONCE[kind].items()}
    push = 0.2
    numbers |= {f"interventions.{kind}.effects.connection": push}
    _, funded = lanes(scenario("nothing", {}, residents=3000), scenario("s", {kind: LINE[kind]}, overrides=numbers,
                                                                       residents=3000, months=60), residents=3000)
    for _ in range(60):
        funded.step()
    excess = funded._state.spill[0].max()
    assert 0 < excess <= push * c * (1 + g) / (1 - c * (1 + g)) + 2.0 ** -16


@pytest.mark.slow
def test_nothing_drifts_without_programmes():
    """Ten years of doing nothing, trend 0: rates by age and quintile stay at the table's, means at the baseline's."""
    residents, years = 30_000, 10
    s = scenario("nothing", {}, overrides={"baseline.admission.trend": 0.0, "baseline.admission.place": 0.15,
                                           "baseline.admission.place_year": 0.07}, residents=residents, months=12 * years)
    town = world(residents)
    sim = Simulation(town, s)
    counts, satisfaction, lonely = [], [], []
    while sim.month < 12 * years:
        sim.step()
        if sim.month > 0:
            counts.append(sim._state.expected.copy())
            satisfaction.append(sim._state.life_satisfaction[age_at(town.script) >= 16].mean(dtype=float))
            lonely.append((sim.luck.connection < sim.setting.rates.lonely_below)[age_at(town.script) >= 16].mean())
    packed = rates.pack(sim.setting.values, s.tables)
    band, quintile = band_of(age_at(town.script)), town.places.quintile[town.script.place] - 1
    table = packed.admission[band, quintile].sum()
    yearly = np.array(counts).reshape(years, 12, -1).sum(axis=(1, 2))
    effect = np.bincount(town.script.place, packed.admission[band, quintile])
    share = effect / effect.sum()
    error = np.sqrt((share ** 2).sum() * (0.15 ** 2 + 0.07 ** 2)) + 0.01       # of the places' own effects, and of people
    assert abs(yearly.mean() / table - 1) < 3 * error
    slope = np.polyfit(np.arange(years), yearly / yearly.mean(), 1)[0]
    away = np.arange(years) - (years - 1) / 2
    assert abs(slope) < 3 * 0.07 * np.sqrt((share ** 2).sum() / (away @ away)) + 0.002
    assert np.std(satisfaction) < 0.02
    assert abs(np.polyfit(np.arange(len(lonely)), lonely, 1)[0]) * len(lonely) < 0.006
