"""Nothing is counted twice (design 2.3): a stated total, a null one too, has the path through its programme's mechanisms."""
import numpy as np
import probes
import pytest
import towns

from nbhdsim.levers import Levers
from nbhdsim.residents import MECHANISMS

MUTED = {"baseline.spill_over.strength": 0.0, "baseline.word_of_mouth.strength": 0.0}


def run(tmp_path, effects: list[str], months: int, *, leave: float = 0.0, delivery: str = "group", where: str = "all",
        base: dict[str, float] = MUTED, residents: int = 900, **more: float):
    """Do-nothing and a group of half of everybody with these effects after some months, and the programme."""
    numbers = {"reach": 0.5, "leave_hazard": leave, "places_per_site": 5000.0, **more}
    text = probes.KIND.format(name="club", delivery=delivery, quantities=probes.quantities(numbers), per="site",
                              effects="\n".join(effects))
    (tmp_path / "club.yaml").write_text(text, encoding="utf-8")
    amount = "sites: 2, every: 24" if delivery == "setting" else "sites: 2"
    nothing, funded = towns.lanes(towns.scenario("nothing", {}, overrides=base, residents=residents), towns.scenario(
        "club", {"club": f"{{where: {where}, {amount}}}"}, overrides=base, residents=residents,
        extra=f"catalogue: {tmp_path}\n"), residents=residents)
    for _ in range(months):
        nothing.step()
        funded.step()
    return towns.state_of(nothing), towns.state_of(funded), funded.programmes[0]


@pytest.mark.parametrize("level", ["participant", "exposed", "area"])
def test_a_null_total_covers_the_path_through_a_mechanism(tmp_path, level):
    effects = [probes.effect("connection", "participant", value=0.5), probes.effect("life_satisfaction", level, value=0.0),
               probes.effect("admission_rr", level, value=1.0)]
    nothing, funded, club = run(tmp_path, effects, 10)
    assert club.inside.size > 100
    for name in ("life_satisfaction", "expected", "admitted"):
        assert np.array_equal(nothing[name], funded[name]), name


def test_a_total_of_participants_covers_what_they_get_as_exposed_and_nobody_else(tmp_path):
    effects = [probes.effect("connection", "exposed", value=0.5), probes.effect("life_satisfaction", "participant", value=0.0)]
    nothing, funded, club = run(tmp_path, effects, 10)
    same = nothing["life_satisfaction"] == funded["life_satisfaction"]
    others = np.setdiff1d(np.arange(same.size), club.members.who)
    assert same[club.members.who].all() and same[others].mean() < 0.5


def test_a_total_of_some_people_covers_the_path_of_theirs_alone(tmp_path):
    """No effect is stated of the young; everyone else who takes part gains through connection."""
    effects = [probes.effect("connection", "participant", value=0.5),
               probes.effect("life_satisfaction", "participant", value=0.0, more="who: {age: [0, 39]}, ")]
    nothing, funded, club = run(tmp_path, effects, 10)
    same = nothing["life_satisfaction"] == funded["life_satisfaction"]
    young = club.intervention.parts[("age", (0, 39)),]
    inside = np.isin(np.arange(same.size), club.members.who)
    assert same[inside & young].all() and same[inside & ~young].mean() < 0.5


@pytest.mark.parametrize("level, delivery", [("area", "setting"), ("exposed", "setting")])
def test_a_total_covers_only_those_it_is_about(tmp_path, level, delivery):
    """Pupils of a funded school who live elsewhere are no residents of its area; the residents of its area are no pupils of it."""
    other = "exposed" if level == "area" else "area"
    effects = [probes.effect("connection", other, value=0.5), probes.effect("life_satisfaction", level, value=0.0)]
    nothing, funded, club = run(tmp_path, effects, 10, delivery=delivery, where="{quintile: [1]}", residents=9000)
    same = nothing["life_satisfaction"] == funded["life_satisfaction"]
    rows = np.arange(same.size)
    of = {"exposed": np.isin(rows, club._exposure.members.who), "area": np.isin(rows, club.intervention.everyone)}
    both, alone = of["exposed"] & of["area"], of[other] & ~of[level]
    assert both.sum() > 100 and same[both].all()
    assert alone.sum() > 10 and same[alone].mean() < 0.7


ECHOES = {**MUTED, "baseline.admission.n": 0.2, "baseline.admission.phi": 0.8}


@pytest.mark.parametrize("level", ["participant", "area"])
@pytest.mark.parametrize("ratio", [1.0, 0.9])
def test_readmissions_stay_within_a_stated_total_of_admissions(tmp_path, level, ratio):
    """With echoes, so that fewer readmissions of participants would take 6% and more of admissions off by themselves."""
    effects = [probes.effect("readmission_rr", "participant", value=0.7, at=3),
               probes.effect("admission_rr", level, value=ratio, at=6)]
    nothing, funded, club = run(tmp_path, effects, 24, base=ECHOES, residents=20_000, reach=1.0)
    rows = club.members.who[club.members.since == 0]
    under, over = (state["expected"][rows].astype(float) for state in (nothing, funded))
    found = over.sum() / under.sum()
    error = np.sqrt(((over - found * under) ** 2).sum()) / under.sum()
    assert abs(found - ratio) < 3 * error and error < 0.008, (found, error)


def test_who_has_left_a_stronger_effect_keeps_that_of_the_exposed(tmp_path):
    """At one follow-up with no half-life: past members have the exposed effect again, members their own alone."""
    effects = [probes.effect("control", "participant", value=0.6, at=2), probes.effect("control", "exposed", value=0.2, at=2)]
    _, _, club = run(tmp_path, effects, 12, leave=0.2)
    members, levers = club.members, Levers(900, a=np.zeros(5), b=np.zeros(5), preventable=0.3)
    club.push(11, levers, np.zeros(900, np.float32))
    settled = levers.settled()
    pushed = dict(zip(settled.rows.tolist(), settled.shift[:, MECHANISMS.index("control")], strict=True))
    long_in = members.who[(members.left > 11) & (members.since < 9)]
    new = members.who[(members.left > 11) & (members.since == 11)]
    others = np.setdiff1d(np.fromiter(pushed, int), members.who)
    assert long_in.size and new.size and others.size
    assert np.allclose([pushed[row] for row in long_in], 0.6) and np.allclose([pushed[row] for row in new], 0.2)
    assert np.allclose([pushed[row] for row in others], 0.2)
