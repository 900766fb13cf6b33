"""Who was never reached: open denominators by quintile, age, digital exclusion and group; groups that are missed."""
import numpy as np
import pandas as pd
import pytest
from ageing import passing
from towns import scenario, world

from nbhdsim import population, reach
from nbhdsim.groups import BIT, EXCLUDED
from nbhdsim.residents import age_at, band_of
from nbhdsim.simulation import Simulation, simulate

CATEGORY = {c: k for k, c in enumerate(reach.CATEGORIES)}
HUBS = {"wellbeing_hub": "{where: {quintile: [1, 2]}, sites: 4}", "youth_hub": "{where: all, sites: 4}"}


def run(loaded, made, months):
    sim = Simulation(made, loaded)
    while sim.month < months:
        sim.step()
    return sim


@pytest.fixture(scope="module")
def still():
    return run(scenario("hubs", HUBS), world(), 12)


def test_without_turnover_the_eligible_are_the_list_and_never_is_the_rest(still):
    counts, script = still.reach(), still.world.script
    for programme in still.programmes:
        found = counts[programme.key]
        rows = programme.on_list(0)
        assert found[:, 0].tolist() == [rows.size, programme.reached.size] and 0 < programme.reached.size < rows.size
        quintile = still.world.places.quintile[script.place]
        for q in range(1, 6):
            mine = quintile[rows] == q
            assert found[0, CATEGORY["quintile", str(q)]] == mine.sum()
            assert found[1, CATEGORY["quintile", str(q)]] == np.isin(rows[mine], programme.reached).sum()
    youth = counts["youth_hub"][0]
    age = age_at(script)
    for band in ("5-17", "18-34", "35-49"):
        low, high = ((11, 17), (18, 18), (1, 0))[("5-17", "18-34", "35-49").index(band)]
        assert youth[CATEGORY["age", band]] == ((age >= low) & (age <= high)).sum()
    held = (script.flags & BIT[EXCLUDED] != 0) & (age >= 18)
    hub = counts["wellbeing_hub"]
    rows = next(p for p in still.programmes if p.key == "wellbeing_hub").on_list(0)
    assert hub[0, CATEGORY["digital", "excluded"]] == held[rows].sum() > 0


def test_every_split_adds_up_and_any_counts_each_person_once(still):
    for found in still.reach().values():
        for by in ("quintile", "age", "digital"):
            assert np.array_equal(found[:, [k for (b, _), k in CATEGORY.items() if b == by]].sum(1), found[:, 0])
        assert (found[1] <= found[0]).all()
    union = np.unique(np.concatenate([p.on_list(0) for p in still.programmes]))
    assert still.reach()[reach.ANY][:, 0].tolist() == [union.size, still.reached.sum()]


def test_people_who_left_or_came_stay_in_the_denominator():
    loaded = passing("hubs", HUBS, months=36)
    sim = run(loaded, population.build(loaded), 36)
    before = {p.key: p.on_list(35).size for p in sim.programmes}
    counts = sim.reach()
    assert all(counts[key][0, 0] > 1.1 * size for key, size in before.items())
    for found in counts.values():
        assert (found[1] <= found[0]).all() and found[0, 0] == found[0, 1:6].sum() == found[0, 6:14].sum()
    past = sum(sum(stay.reached.sum() for stay in year) for year in [sim.gone])
    assert counts[reach.ANY][1, 0] >= sim.reached.sum() + past


def test_the_table_has_what_was_never_reached_and_none_of_doing_nothing():
    rows = simulate(world(), [scenario("nothing", {}), scenario("hubs", HUBS)], draw=0, replicate=0, views=["all"])["reach"]
    found = pd.DataFrame(dict(rows))
    assert set(found["scenario"]) == {"hubs"} and set(found["intervention"]) == {"", *HUBS}
    assert (found["never"] == found["eligible"] - found["reached"]).all() and (found["never"] > 0).any()
    assert not found.duplicated(["scenario", "intervention", "by", "value"]).any()


def test_a_group_is_missed_when_clearly_fewer_of_it_are_reached_than_of_their_age():
    n, rng = 8000, np.random.default_rng(1)
    who = reach.People(rng.integers(0, 5, n), np.full(n, 40), np.zeros(n, int), np.where(rng.random(n) < 0.2, BIT[EXCLUDED], 0))
    chance = np.where(who.quintile == 0, 0.05, 0.3)
    ledger = reach.Ledger(n)
    column = ledger._of(reach.ANY)
    ledger._marks[:, column] = 1 + reach.BANDS[5] + np.where(rng.random(n) < chance, reach.TAKEN, 0)
    assert np.array_equal(ledger.missed(who), who.quintile == 0)
    ledger._marks[:, column] = 1 + reach.BANDS[5] + np.where(rng.random(n) < 0.3, reach.TAKEN, 0)
    assert ledger.missed(who).mean() < 0.11 and not reach.Ledger(n).missed(who).any()          # 1 in 40 by chance
    assert reach.BANDS[5] == band_of(np.array([40]))[0]
