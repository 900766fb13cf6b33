"""Law 5 for a whole list, echoes and case-managed included; law 6: without programmes nothing drifts."""
import numpy as np
import pytest
from towns import lanes, scenario, world

from nbhdsim import rates
from nbhdsim.residents import age_at, band_of
from nbhdsim.simulation import Simulation

MUTED = {"baseline.spill_over.strength": 0.0}


def _expected(sim: Simulation, who: np.ndarray) -> float:
    return float(sim._state.expected[who].sum(dtype=float))


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
