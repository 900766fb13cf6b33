"""Law 5 of whole areas: a stated area effect is everything its programme does there, mechanisms and own spill-over included."""
import numpy as np
import probes
import pytest
import towns

from nbhdsim.levers import Levers

LOUD = {"baseline.spill_over.strength": 0.15, "baseline.admission.n": 0.0, "baseline.word_of_mouth.strength": 0.0}
GROUPS = "baseline.spill_over.group_weight"
MONTHS, SIZE = 16, 6000
CLUB = [probes.effect("connection", "participant", value=0.5, at=2), probes.effect("self_care", "participant", value=0.4, at=2)]


def folder(tmp_path, who="{}", **kinds):
    """Kinds of groups that half of everybody joins, by name, with these effects."""
    numbers = {"reach": 0.5, "leave_hazard": 0.05, "places_per_site": 9000.0, "decay_half_life_months": 6.0}
    for name, effects in kinds.items():
        (tmp_path / f"{name}.yaml").write_text(probes.KIND.format(
            name=name, delivery="group", quantities=probes.quantities(numbers), per="site",
            effects="\n".join(effects)).replace("who: {}", f"who: {who}"), encoding="utf-8")
    return f"catalogue: {tmp_path}\n"


def run(tmp_path, kinds, *, beside=(), where="{quintile: [1]}", months=MONTHS, base=LOUD, who="{}"):
    """Doing nothing (with `beside` alone), all the kinds, after some months; gain [n] of life satisfaction in the last ten."""
    extra = folder(tmp_path, who, **kinds)
    lines = {name: f"{{where: {where if name not in beside else 'all'}, sites: 12}}" for name in kinds}
    one, other = towns.lanes(*(towns.scenario(name, some, overrides=base, residents=SIZE, extra=extra) for name, some in (
        ("without", {name: lines[name] for name in beside}), ("with", lines))), residents=SIZE)
    gain = np.zeros(SIZE)
    for month in range(months):
        one.step()
        other.step()
        if month >= months - 10:
            gain += (other._state.life_satisfaction - one._state.life_satisfaction)[:SIZE].astype(float) / 10
    return one, other, gain


def area(sim, key="club"):
    """Rows of the residents of the club's area, and all other rows."""
    rows = next(p for p in sim.programmes if p.key == key).intervention.everyone
    return rows, np.setdiff1d(np.arange(SIZE), rows)


def ratio(one, other, rows):
    return other._state.expected[rows].sum(dtype=float) / one._state.expected[rows].sum(dtype=float)


def test_totals_of_an_area_hold_with_spill_over_on(tmp_path):
    effects = [*CLUB, probes.effect("admission_rr", "area", value=0.95), probes.effect("life_satisfaction", "area", value=0.3)]
    one, other, gain = run(tmp_path, {"club": effects})
    inside, outside = area(other)
    assert ratio(one, other, inside) == pytest.approx(0.95, abs=3e-6)
    grown = inside[-one.world.script.birth_month[inside] // 12 >= 16]
    assert gain[grown].mean() == pytest.approx(0.3, abs=max(0.02 * 0.3, 3 * gain[grown].std() / np.sqrt(grown.size)))
    assert other._state.spill[0, inside].mean() > 0.02 and ratio(one, other, outside) < 1 and gain[outside].mean() > 0


def test_a_total_beside_what_participants_have_of_their_own(tmp_path):
    effects = [*CLUB, probes.effect("admission_rr", "area", value=0.97), probes.effect("admission_rr", "participant", value=0.94)]
    one, other, _ = run(tmp_path, {"club": effects})
    assert ratio(one, other, area(other)[0]) == pytest.approx(0.97, abs=3e-6)


@pytest.mark.parametrize("ageing", ["", "ageing: true\n"])
def test_a_total_of_nothing_is_nothing_in_the_area_and_contacts_elsewhere_gain(tmp_path, ageing):
    effects = [*CLUB, probes.effect("admission_rr", "area", value=1.0), probes.effect("life_satisfaction", "area", value=0.0)]
    if ageing:
        one, other = aged(tmp_path, effects)
    else:
        one, other, _ = run(tmp_path, {"club": effects})
    rows = next(p for p in other.programmes).intervention.everyone
    outside = np.setdiff1d(np.arange(one._state.expected.size), rows)
    for name in ("life_satisfaction", "expected"):
        mine, theirs = getattr(other._state, name), getattr(one._state, name)
        assert np.array_equal(mine[rows], theirs[rows]) and (mine[outside] != theirs[outside]).any()


def aged(tmp_path, effects):
    """The same where time passes: rows change their residents."""
    from nbhdsim.population import build
    from nbhdsim.simulation import Simulation, abreast
    extra = folder(tmp_path, club=effects) + "ageing: true\n"
    both = [towns.scenario(name, lines, overrides=LOUD, residents=2000, extra=extra) for name, lines in (
        ("without", {}), ("with", {"club": "{where: {quintile: [1]}, sites: 12}"}))]
    history = Simulation(build(both[0]), both[0])
    while history.month < 0:
        history.step()
    one, other = abreast(history, both)
    for _ in range(MONTHS):
        one.advance_luck()
        one.live()
        other.live()
    return one, other


def test_what_is_stated_of_an_answer_is_the_mean_of_those_who_answer(tmp_path):
    """Grown-ups take part and gain more: the rest of the grown-ups make up for it, and children have what is stated."""
    effects = [probes.effect("life_satisfaction", "area", value=0.1), probes.effect("life_satisfaction", "participant", value=0.4)]
    _, other, _ = run(tmp_path, {"club": effects}, who="{age: [16, 120]}", months=10)
    programme, rates, n = other.programmes[0], other.setting.rates, other._state.expected.size
    levers = Levers(n, a=rates.a, b=rates.b, preventable=rates.preventable)
    programme.push(9, levers, other.luck.natural)
    settled, points = levers.settled(), np.zeros(n)
    points[settled.rows] = settled.satisfaction
    rows = area(other)[0]
    grown = -other.world.script.birth_month[rows] // 12 >= 16
    assert programme.inside.size > 100 and (~grown).sum() > 100
    assert points[rows[grown]].mean() == pytest.approx(0.1, abs=1e-6) and np.allclose(points[rows[~grown]], 0.1, atol=1e-6)


@pytest.mark.slow
def test_resident_led_grants_with_the_seats_they_have_meet_the_stated_satisfaction_of_their_places():
    """Within 2%: 14 seats a neighbourhood. A third of everybody in them would leave 3.5% out, since those at the top gain less."""
    line = {"resident_led_grant": "{where: all, sites: 12}"}
    one, other = towns.lanes(*(towns.scenario(name, some, overrides=LOUD, residents=SIZE, months=36) for name, some in (
        ("without", {}), ("with", line))), residents=SIZE)
    gain = np.zeros(SIZE)
    for month in range(36):
        one.step()
        other.step()
        gain += (other._state.life_satisfaction - one._state.life_satisfaction).astype(float) / 11 if month > 24 else 0
    rows, _ = area(other, "resident_led_grant")
    grown = rows[-one.world.script.birth_month[rows] // 12 >= 16]
    assert other.programmes[0].inside.size > 10 and gain[grown].mean() == pytest.approx(0.01, rel=0.02)


def test_the_spill_over_of_other_programmes_is_not_theirs(tmp_path):
    """Beside a club everywhere whose effects nobody has stated a total of: the total comes on top of what that does."""
    effects = [*CLUB, probes.effect("admission_rr", "area", value=1.0), probes.effect("life_satisfaction", "area", value=0.0)]
    one, other, gain = run(tmp_path, {"club": effects, "band": CLUB}, beside=("band",),
                           base={**LOUD, GROUPS: 0.0})               # a second group would weaken the tie of the first
    inside, _ = area(other)
    assert one._state.spill[0, inside].mean() > 0.02
    assert ratio(one, other, inside) == pytest.approx(1, abs=2e-5) and abs(gain[inside]).max() < 2e-4


def test_a_shift_of_everyone_s_mechanism_has_its_spill_over_too(tmp_path):
    effects = [probes.effect("control", "area", value=0.2), probes.effect("control", "participant", value=0.5, at=2)]
    one, other, _ = run(tmp_path, {"club": effects}, months=20)
    inside, outside = area(other)
    other.feel()
    one.step(), other.step()
    assert other.felt[1, inside].mean(dtype=float) == pytest.approx(0.2, abs=1e-5) and other.felt[1, outside].mean() > 0
