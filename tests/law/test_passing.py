"""Time passes alike for every scenario: who is there, what newcomers bring, and that cells stay what they are (law 6)."""
from dataclasses import replace

import numpy as np
import pytest
from ageing import lived_in, passing, run, world
from towns import state_of

from nbhdsim import chances
from nbhdsim.outcomes import EVERYONE, OUTCOMES, by_band
from nbhdsim.residents import SEGMENT_FROM, age_at, conditions_of, frailty_of, present
from nbhdsim.simulation import Simulation, one_month, simulate
from nbhdsim.step.measure import EXPECTED, LONELY, LOW, PRESENT

EVEN = {"baseline.admission.trend": 0.0, "baseline.admission.place": 1e-6, "baseline.admission.place_year": 1e-6}


def test_every_month_reads_the_script_and_nothing_else():
    sim = run(passing(months=36), until=-12)
    where, lives = sim.world, sim.world.life
    while sim.month < 36:
        month = sim.month
        sim.step()
        stay = lived_in(where, month)
        there = stay >= 0
        assert (sim.passing.here != 0).tolist() == there.tolist() and (present(sim.script) == there).all()
        age = (month - where.script.birth_month.astype(int)) // 12
        assert (age_at(sim.script)[there] == age[there]).all()
        assert (sim.script.frailty[there] == frailty_of(lives, stay[there], month)).all()
        assert (sim.script.conditions[there] == conditions_of(lives, stay[there], month)).all()
        assert (sim.residents.id[there] == lives.id[stay[there]]).all()
        assert (sim.residents.trait_admission[there] == (sim.setting.rates.s * lives.born[6, stay[there]]).astype(np.float32)).all()
        segment = np.searchsorted(SEGMENT_FROM, age, side="right") - 1
        count = np.zeros(sim.sums[-1].shape[:2], int)
        np.add.at(count, (where.script.place[there], segment[there]), 1)
        assert (sim.sums[-1][:, :, PRESENT] == count).all()
        assert (sim.ground.segment[there] == segment[there]).all()
        low = np.zeros_like(count)
        ill = there & (sim.residents.life_satisfaction < 4.5) & (age >= 16)
        np.add.at(low, (where.script.place[ill], segment[ill]), 1)
        assert (sim.sums[-1][:, :, LOW] == low).all() and (sim.sums[-1][:, :, LONELY] <= count).all()
        assert not sim._state.expected[~there].any() and np.isnan(sim.residents.life_satisfaction[~there]).all()
        died = (lives.dies == month) & (lives.leaves == month)
        assert month == -12 or sim.deaths[-1].sum() == died.sum()


@pytest.mark.parametrize("residents", [60_000])
def test_law_6_nothing_drifts(residents):
    """Do-nothing rates within age and quintile are the same in the first and the last years of ten, time passing."""
    scenario = passing(residents=residents, months=120, history=24, overrides=EVEN)
    sim = run(scenario, residents=residents)
    m, quintile = sim.measures, sim.world.places.quintile
    total, there = by_band(m.sums[..., EXPECTED], EVERYONE) / 2 ** 20, by_band(m.sums[..., PRESENT], EVERYONE)
    table = scenario.tables["baseline.admission.rate"].scaled({}) / 1000
    def ratio(years: slice) -> np.ndarray:
        """Rate over the published one [8, 5]."""
        cells = [(total[years][:, quintile == q], there[years][:, quintile == q]) for q in range(1, 6)]
        return np.array([t.sum((0, 1)) / n.sum((0, 1)) * 12 for t, n in cells]).T / table
    first, last = ratio(slice(24, 60)), ratio(slice(108, 144))
    people = np.array([there[24:60][:, quintile == q].sum((0, 1)) / 36 for q in range(1, 6)]).T
    error = 1.2 / np.sqrt(people * 3 * table) + 0.6 / np.sqrt(people)      # counts echo; people differ for good
    assert (np.abs(last / first - 1) < 3 * np.sqrt(2) * error).all()
    assert (np.abs(first - 1) < 3 * error + 0.02).all()
    weight = people * table
    assert (last * weight).sum() / weight.sum() == pytest.approx(1, abs=0.015)
    assert np.average(last / first, weights=weight) == pytest.approx(1, abs=0.015)
    for name in ("life_satisfaction", "lonely", "control"):
        value, count = (x.sum(1) for x in OUTCOMES[name].function(m))
        a, b = (value[years].sum(0)[2:] / count[years].sum(0)[2:] for years in (slice(24, 48), slice(120, 144)))
        spread = {"life_satisfaction": 1.75, "lonely": 0.25, "control": 1.0}[name]
        assert (np.abs(a - b) < 3 * np.sqrt(2) * spread / np.sqrt(count[24:48].sum(0)[2:] / 24)).all(), name


def test_the_mix_of_frailty_is_what_the_ages_say():
    sim = run(passing(residents=60_000, months=120, history=24), until=120, residents=60_000)
    there = sim.passing.here != 0
    age = np.minimum(age_at(sim.script)[there], chances.AGES - 1)
    goal = sim.world.life.chances.health[0].sum(-1)
    for low, high in ((50, 65), (65, 75), (75, 85), (85, 105)):
        mine = (age >= low) & (age < high)
        found = np.bincount(sim.script.frailty[there][mine], minlength=4) / mine.sum()
        error = 3 * np.sqrt(0.25 / mine.sum())
        assert (np.abs(found - goal[age[mine]].mean(0)) < max(0.01, error)).all()


def test_newcomers_bring_states_like_everybody_s():
    """Drift, acuity and slow part of those who have just come are as wide as everyone's, and new."""
    sim = run(passing(residents=60_000, months=120, history=24), until=0, residents=60_000)
    new = {"drift": [], "acuity": [], "slow": []}
    kept = []
    for _ in range(12):
        before = sim.luck.drift[0].copy()
        sim.step()
        rows = sim.passing.change.rows[sim.passing.change.begun >= 0]
        new["drift"].append(sim.luck.drift[:, rows].ravel())
        new["acuity"].append(sim.luck.acuity[rows])
        new["slow"].append(sim.luck.slow[rows])
        kept.append(np.stack([before[rows], sim.luck.drift[0, rows]]))
    rates = sim.setting.rates
    for name, sd in (("drift", 1.0), ("acuity", rates.sa), ("slow", rates.ls_slow_sd)):
        found = np.concatenate(new[name])
        assert found.std() == pytest.approx(sd, rel=0.03) and abs(found.mean()) < 4 * sd / np.sqrt(found.size), name
    assert abs(np.corrcoef(np.concatenate(kept, 1))[0, 1]) < 0.05


def test_scenarios_and_branches_share_the_passing_of_time():
    one, other = passing("one", months=12), passing("two", {"wellbeing_hub": "{where: all, sites: 2}"}, months=12)
    history = run(one, until=0)
    alone, together = history.branch(other), [history._branch(s, history.luck, history.passing) for s in (one, other)]
    for _ in range(12):
        alone.step()
        one_month(together)
    for name, value in state_of(alone).items():
        assert (value == state_of(together[1])[name]).all(), name
    assert (alone.script.frailty == together[1].script.frailty).all() and (alone.passing.person == together[1].passing.person).all()
    assert (np.stack(alone.sums) == np.stack(together[1].sums)).all()
    assert (np.stack(together[0].deaths) == np.stack(together[1].deaths)).all()


@pytest.mark.parametrize("only", [{"emergency_admissions"}, {"families_referred", "lonely"}, {"screened_bowel", "bed_days"}])
def test_outcomes_that_are_asked_for_are_those_of_all(only):
    lines = {"asking": "{kind: screening_outreach, where: all, sites: 12}", "hub": "{kind: wellbeing_hub, where: all, sites: 2}"}
    scenarios = [passing("one", months=24, history=12), passing("two", lines, months=24, history=12)]
    every, few = (simulate(world(), scenarios, draw=3, replicate=1, only=asked)["outcomes"] for asked in (None, only))
    number, texts = every["outcome"]
    asked = np.isin(number, [texts.index(name) for name in only])
    by_people = every["people"][0] > 0                          # of a few outcomes, whatever is asked for
    rows, same = (asked & ~by_people), few["people"][0] == 0
    assert rows.sum() == same.sum() > 0
    for name in ("value", "residents", "month"):
        assert np.array_equal(every[name][rows], few[name][same]), name


def test_replicates_share_lives_and_not_luck():
    a, b = (run(passing(months=12), replicate=r) for r in (0, 1))
    assert (a.passing.person == b.passing.person).all() and (np.stack(a.deaths) == np.stack(b.deaths)).all()
    assert (np.stack(a.sums)[..., EXPECTED] != np.stack(b.sums)[..., EXPECTED]).any()


def test_a_push_on_everyone_there_ends_at_its_closed_form():
    """Rows of weights add up to 1 over those present: nobody's contact is somebody who is not there, and newcomers catch up."""
    scenario = passing(months=36, overrides={"baseline.spill_over.strength": 0.1, "baseline.spill_over.approach": 0.5})
    sim = run(scenario, until=0)
    c = 0.1
    for _ in range(30):
        there = np.flatnonzero(sim.passing.here)
        sim.levers.push("connection", there, np.full(there.size, 0.2, np.float32))
        sim.step()
    there = np.flatnonzero(sim.passing.here)
    settled = there[(sim.script.arrives[there] < 10) & (np.diff(sim.world.ties.start)[there] > 5)]
    spill = sim._state.spill[0, settled]
    assert 0.2 + np.median(spill) == pytest.approx(0.2 / (1 - c), rel=0.03)
    assert spill.max() <= 0.2 * c / (1 - c) * 1.001
    assert not sim._state.spill[0, sim.passing.here == 0].any()


def test_what_has_left_is_not_passed_on():
    """A newcomer begins without anything induced, and a row without anybody carries nothing."""
    sim = run(passing(months=36, overrides={"baseline.spill_over.strength": 0.1}), until=0)
    for _ in range(12):
        there = np.flatnonzero(sim.passing.here)
        sim.levers.push("connection", there, np.full(there.size, 0.5, np.float32))
        sim.step()
    before = sim._state.spill[0].copy()
    sim.step()
    new = sim.passing.change.rows
    assert before[new].any() and (np.abs(sim._state.spill[0, new]) < np.abs(before[new]).max()).all()
    assert sim._state.published[0][sim.passing.here == 0].tolist() == [0] * int((sim.passing.here == 0).sum())


def test_the_year_s_people_are_those_who_lived_in_it():
    """Participants, contacts and others add up to everyone, those who left or came during the year for their share of it."""
    none = passing("none", months=24)
    funded = passing("funded", {"wellbeing_hub": "{where: all, sites: 2}"}, months=24)
    rows = simulate(world(3000, 24, 12), [none, funded], draw=0, replicate=0, views=["all", "people"])["outcomes"]
    def pick(name: str):
        codes, texts = rows[name]
        return np.array(texts, object)[codes]
    for outcome in ("emergency_admissions", "expected_admissions", "life_satisfaction"):
        for scenario in ("none", "funded"):
            mine = (pick("outcome") == outcome) & (pick("scenario") == scenario)
            for month in (0, 12):
                whole = mine & (pick("people") == "all") & (rows["month"] >= month) & (rows["month"] < month + 12)
                parts = mine & (pick("people") != "all") & (rows["quintile"] == 0) & (rows["month"] == month)
                parts &= pick("of") == "funded"
                if outcome == "life_satisfaction":
                    assert rows["value"][parts].sum() / rows["residents"][parts].sum() / 12 == pytest.approx(
                        rows["value"][whole].sum() / rows["residents"][whole].sum(), rel=2e-3)
                else:
                    assert rows["value"][parts].sum() == pytest.approx(rows["value"][whole].sum(), rel=1e-5)
                    assert rows["residents"][parts].sum() * 12 == pytest.approx(rows["residents"][whole].sum())


def test_deaths_are_told_only_where_time_passes():
    none = passing("none", months=12)
    told = simulate(world(3000, 12, 12), [none], draw=0, replicate=0, views=["all"])["outcomes"]
    codes, texts = told["outcome"]
    died = told["value"][codes == texts.index("deaths")]
    assert died.size == 24 and 12 < died.sum() < 120
    held = replace(none, ageing=False)
    from nbhdsim import population
    still = simulate(population.build(held), [held], draw=0, replicate=0, views=["all"])["outcomes"]
    assert "deaths" not in still["outcome"][1]


def test_watched_residents_are_followed_until_they_leave():
    lives = world(3000, 36, 12).life
    leaver = np.flatnonzero((lives.arrives < -12) & (lives.leaves == 10))[0]
    comer = np.flatnonzero((lives.arrives == 5) & (lives.leaves > 36))[0]
    ids = [int(lives.id[leaver]), int(lives.id[comer])]
    sim = Simulation(world(3000, 36, 12), passing(months=36), watch=ids)
    while sim.month < 36:
        sim.step()
    months = {i: [int(t["month"][t["id"] == i][0]) for t in sim.traces if (t["id"] == i).any()] for i in ids}
    assert months[ids[0]] == list(range(-12, 10)) and months[ids[1]] == list(range(5, 36))
