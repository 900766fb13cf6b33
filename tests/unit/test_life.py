"""The life script: cohorts, births, deaths, moves and frailty against their chances; nothing of it hangs on how long is run."""
from functools import cache

import numpy as np
import pytest

from nbhdsim import areas, chances, evidence, population, rates
from nbhdsim.errors import NbhdsimError
from nbhdsim.population import life
from nbhdsim.residents import AGE_FROM, STAYS, age_at, band_of, conditions_of, frailty_of, present

QUANTITIES, TABLES = evidence.load_baseline()
VALUES = {address: quantity.value for address, quantity in QUANTITIES.items()}
OF = chances.chances(VALUES, TABLES)
HEALTH = population.Health(rates.pack(VALUES, TABLES).frailty_mix, OF.conditions)
TOWN = 60_000


@cache
def town(residents: int = TOWN, history: int = 36, months: int = 120, seed: int = 1) -> population.World:
    """A teaching town in which time passes."""
    ageing = population.Ageing(OF, life.Span(history, months))
    return population.build_world(areas.load("teaching-town", residents=residents), seed=seed, values=VALUES, ageing=ageing,
                                  health=HEALTH)


def here(world: population.World, month: int) -> np.ndarray:
    """Stays that are lived in this month."""
    return np.flatnonzero((world.life.arrives <= month) & (month < world.life.leaves))


def months_of_age(world: population.World, stays: np.ndarray, month: int) -> np.ndarray:
    return month - world.script.birth_month[world.life.row[stays]].astype(int)


def test_month_0_has_the_residents_of_a_world_that_stays():
    still = population.build_world(areas.load("teaching-town", residents=900), seed=1, values=VALUES,
                                   health=HEALTH)
    moving = town(900, 36, 60)
    now = here(moving, 0)
    rows = moving.life.row[now]
    order = np.argsort(moving.life.id[now])
    other = np.argsort(still.script.id)
    assert (moving.life.id[now][order] == still.script.id[other]).all()
    for name in ("place", "household", "practice", "sex", "birth_month"):
        assert (getattr(moving.script, name)[rows][order] == getattr(still.script, name)[other]).all(), name
    assert (moving.life.disabled[now][order] == still.script.disabled[other]).all()
    assert (moving.life.born[:, now][:, order] == still.script.born[:, other]).all()
    pupils = still.script.school >= 0
    assert (moving.script.school[rows][order][pupils[other]] == still.script.school[other][pupils[other]]).all()
    assert (present(moving.script).sum(), still.script.id.size) == (900, 900)


def test_rows_are_sorted_and_ids_are_one_to_a_person():
    world = town()
    script, lives = world.script, world.life
    key = np.lexsort((script.id, script.birth_month, script.place))
    assert (key == np.arange(key.size)).all()
    assert np.unique(lives.id).size == lives.id.size and np.unique(script.id).size == script.id.size
    assert (lives.id >> 16 == script.place[lives.row]).all()
    assert (np.lexsort((lives.arrives, lives.row)) == np.arange(lives.row.size)).all()
    same = np.flatnonzero(np.diff(lives.row) == 0)
    assert (lives.leaves[same] <= lives.arrives[same + 1]).all() and np.unique(lives.row).size == script.id.size
    assert (world.places.start == np.searchsorted(script.place, np.arange(world.places.start.size))).all()


@pytest.mark.parametrize(("history", "months"), [(36, 60), (36, 240), (24, 120), (60, 120)])
def test_a_longer_run_or_history_adds_to_lives_and_changes_none(history, months):
    one, other = town(2000), town(2000, history, months)
    low, high = -min(history, 36), min(months, 120)
    for month in (low, low + 7, 0, 5, high - 1):
        a, b = here(one, month), here(other, month)
        x, y = np.argsort(one.life.id[a]), np.argsort(other.life.id[b])
        assert (one.life.id[a][x] == other.life.id[b][y]).all()
        assert (frailty_of(one.life, a[x], month) == frailty_of(other.life, b[y], month)).all()
        assert (conditions_of(one.life, a[x], month) == conditions_of(other.life, b[y], month)).all()
        for now in ((one.life.leaves[a][x], other.life.leaves[b][y]), (one.life.arrives[a][x], other.life.arrives[b][y])):
            inside = [np.where((t <= low) | (t >= high), 0, t) for t in now]
            assert (inside[0] == inside[1]).all()


def projection(world: population.World, years: int) -> np.ndarray:
    """Residents by band after some years: cohorts by sex, quintile and single year, births and deaths, nobody else."""
    now = here(world, 0)
    row = world.life.row[now]
    cell = (world.script.sex[row], world.places.quintile[world.script.place[row]] - 1, months_of_age(world, now, 0) // 12)
    people = np.zeros((2, 5, chances.AGES + 1))
    np.add.at(people, cell, 1.0)
    table = TABLES["baseline.mortality.rate"]
    dies = np.zeros((2, 5, chances.AGES + 1))
    for name, line in zip(table.rows, table.scaled(VALUES) / 1000, strict=True):
        dies["FM".index(name.split()[1]), :, int(name.split()[0]):] = line[:, None]
    dies[..., -1] = 12.0
    for _ in range(years):
        mothers = (people[0, :, :chances.AGES] * OF.birth * 12).sum(1) / 2
        people *= np.exp(-dies)
        people[..., 1:] = people[..., :-1]
        people[..., 0] = mothers * np.exp(-dies[..., 0] / 2)
    people = people[..., :chances.AGES].sum((0, 1))
    return np.add.reduceat(people, AGE_FROM)


@pytest.mark.parametrize("years", [5, 10])
def test_ages_after_some_years_are_those_of_the_cohorts(years):
    world = town()
    now = here(world, 12 * years - 1)
    found = np.bincount(band_of(months_of_age(world, now, 12 * years - 1) // 12), minlength=8)
    implied = projection(world, years)
    assert np.abs(found / found.sum() - implied / implied.sum()).max() < 0.005
    assert found.sum() == pytest.approx(implied.sum(), rel=0.01)
    assert found.sum() == pytest.approx(TOWN, rel=0.03)


def test_people_move_die_and_are_born_at_their_rates():
    world = town(seed=2)
    lives, script = world.life, world.script
    quintile = world.places.quintile[script.place[lives.row]]
    span = np.clip(lives.leaves, 0, 120).astype(int) - np.clip(lives.arrives, 0, 120)
    died = (lives.dies == lives.leaves) & (lives.leaves > 0) & (lives.leaves < 120)
    moved = (lives.leaves > 0) & (lives.leaves < 120) & ~died
    years = np.bincount(quintile, span, 6)[1:] / 12
    published = 0.9 * TABLES["baseline.moving.by_quintile"].scaled({})[0] / 100
    assert np.bincount(quintile, moved, 6)[1:] / years == pytest.approx(published, rel=0.07)
    births = (lives.arrives == script.birth_month[lives.row]) & (lives.arrives > 0)
    each = np.bincount(quintile, births, 6)[1:] / years
    assert each.mean() == pytest.approx(0.0097, rel=0.12) and each[0] > 1.2 * each[4]
    expected = np.zeros(2)
    deaths = np.bincount(script.sex[lives.row][died], minlength=2)
    for month in range(0, 120, 6):
        now = here(world, month)
        row = lives.row[now]
        age = np.minimum(months_of_age(world, now, month) // 12, chances.AGES - 1)
        chance = chances.mean_death(OF)[script.sex[row], quintile[now] - 1, age * 12 + 6]
        expected += 6 * np.bincount(script.sex[row], chance, 2)
    assert deaths == pytest.approx(expected, rel=0.06)


def test_a_household_moves_as_one_and_its_place_is_taken_by_one_of_the_same_ages():
    world = town(3000, 36, 60)
    lives, script = world.life, world.script
    again = np.flatnonzero((np.diff(lives.row) == 0) & (lives.leaves[:-1] > 0)) + 1
    for stay in again[::40]:
        row, month = lives.row[stay], lives.arrives[stay]
        together = np.flatnonzero((script.household == script.household[row]) & (script.birth_month < month))
        inside = np.isin(lives.row, together) & (lives.arrives <= month) & (month < lives.leaves)
        assert (lives.arrives[inside] == month).all() and inside.any()
        assert lives.leaves[stay - 1] == month or lives.dies[stay - 1] <= month


@pytest.mark.parametrize("month", [-36, -13, 0, 40, 119])
def test_the_mix_of_frailty_by_age_stays_the_published_one(month):
    world = town()
    now = here(world, month)
    age = months_of_age(world, now, month) // 12
    goal = OF.health[0].sum(-1)
    frail = frailty_of(world.life, now, month)
    for band in range(4, 8):
        mine = band_of(age) == band
        found = np.bincount(frail[mine], minlength=4) / mine.sum()
        error = 3 * np.sqrt(found * (1 - found) / mine.sum()) + 1e-3
        assert (np.abs(found - goal[np.minimum(age[mine], 104)].mean(0)) < error).all()
        assert found == pytest.approx(TABLES["baseline.frailty.mix"].scaled({})[band], abs=0.035)


@pytest.mark.parametrize("month", [-36, -13, 0, 40, 119])
def test_conditions_are_as_many_as_the_figures_say_and_go_with_frailty(month):
    world = town()
    now = here(world, month)
    age, quintile = months_of_age(world, now, month), world.places.quintile[world.script.place[world.life.row[now]]]
    number, goal = conditions_of(world.life, now, month), OF.conditions.many[quintile - 1, np.minimum(age, 1259)]
    for low, high in ((0, 18), (18, 50), (50, 75), (75, 105)):
        mine = (age >= 12 * low) & (age < 12 * high)
        for k in range(1, 5):
            share, expected = (number[mine] >= k).mean(), goal[mine, k - 1].mean()
            assert abs(share - expected) < 3 * np.sqrt(expected * (1 - expected) / mine.sum()) + 1e-3, (low, k)
    frail, joint = frailty_of(world.life, now, month), OF.health
    old = (age >= 12 * 65) & (age < 12 * 95)
    each = joint[quintile[old] - 1, age[old] // 12]
    for f, c in ((0, 0), (0, 4), (1, 2), (2, 4), (3, 4)):
        found, expected = ((frail[old] == f) & (number[old] == c)).mean(), each[:, f, c].mean()
        assert abs(found - expected) < 3 * np.sqrt(expected / old.sum()) + 1e-3, (f, c)


def test_nobody_loses_a_condition():
    gains = town().life.gains.astype(int)
    assert (np.diff(gains, axis=0) >= 0).all()


@pytest.mark.parametrize("month", [-36, -1, 60])
def test_those_in_their_last_year_are_as_many_as_the_chances_say(month):
    world = town()
    now = here(world, month)
    row = world.life.row[now]
    age = np.minimum(months_of_age(world, now, month) // 12, chances.AGES - 1)
    soon = world.life.dies[now] <= month + 12
    expected = OF.dying.sum((-1, -2))[world.script.sex[row], world.places.quintile[world.script.place[row]] - 1, age]
    for low, high in ((0, 65), (65, 80), (80, 100)):
        mine = (age >= low) & (age < high)
        error = 3 * np.sqrt(expected[mine].sum())
        assert abs(soon[mine].sum() - expected[mine].sum()) < error + 0.02 * expected[mine].sum(), (low, high)


def test_the_script_speaks_of_month_0():
    world = town(900, 36, 60)
    there = present(world.script)
    assert (age_at(world.script)[there] == -world.script.birth_month[there] // 12).all()
    assert (world.script.arrives[there] <= 0).all() and (world.script.leaves[there] > 0).all()
    assert (~there).any() and (world.life.leaves == STAYS).any()


def test_ties_are_between_those_who_can_meet():
    world = town(900, 36, 60)
    gone = np.flatnonzero(world.script.leaves <= 0)
    degree = np.diff(world.ties.start)
    assert gone.size and (degree[gone] == 0).all()
    born = np.flatnonzero(world.script.birth_month > 0)
    assert (degree[born] > 0).mean() > 0.9
    homes = world.script.household
    first = np.repeat(np.arange(degree.size), degree)
    house = world.ties.layer == 0
    assert (homes[first[house]] == homes[world.ties.other[house]]).all()


def test_more_people_than_ids_are_refused():
    base = life.Base(np.zeros(1, np.uint32), np.zeros(1, np.int64), *(np.zeros(1, np.int64),) * 2, np.zeros(1, np.uint8),
                     np.zeros((1, 2)), np.zeros(1, bool))
    many = 70_000
    stays = life.Stays(np.zeros(many, np.int64), np.arange(many) % 300 + 1, np.full(many, STAYS), np.full(many, STAYS),
                       np.zeros((many, 3)), np.zeros((many, 4)), np.zeros(many), np.zeros(many, bool))
    with pytest.raises(NbhdsimError, match="70,001 people would live in one neighbourhood"):
        life._ids(base, np.zeros(many, np.int64), stays, key=np.zeros(many, np.uint32))
