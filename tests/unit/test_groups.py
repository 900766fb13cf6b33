"""Population groups: shares, flags that move nothing else, whom kinds and scenarios aim at, screening."""
import numpy as np
import pytest

from nbhdsim import areas, evidence, groups
from nbhdsim.errors import NbhdsimError
from nbhdsim.groups import BIT, EXCLUDED, GROUPS, belongs
from nbhdsim.interventions.programme import aim, whom
from nbhdsim.residents import age_at, aged, band_of
from nbhdsim.scenario import Target, schema
from nbhdsim.screening import AGES, PROGRAMMES, UPTAKE, Clock, Screening

HEAD = "schema: scenario/1\narea: {name: teaching-town, residents: 1700}\nstart: 2026-04\nmonths: 24\nhistory: 12\n"


@pytest.fixture(scope="module")
def city(build_world):
    return build_world(areas.load("teaching-town", residents=60_000))


def central():
    return {address: q.value for address, q in evidence.load_baseline()[0].items()}


def test_every_group_has_a_share_in_the_catalogue_and_no_share_lacks_a_group():
    quantities, tables = evidence.load_baseline()
    held = {a.rpartition(".")[2] for a in (*quantities, *tables) if a.startswith("baseline.groups.") and not a.endswith(".scale")}
    assert held == set(GROUPS)
    assert all(q.stage == "build" for a, q in quantities.items() if a.startswith("baseline.groups."))
    assert len({int(bit) for bit in BIT.values()}) == len(GROUPS)


def test_shares_of_the_flagged_are_those_of_the_catalogue(city):
    """Within 4 standard errors; in each age band and quintile where the share is a table."""
    script, share = city.script, groups.shares({})
    band, quintile = band_of(age_at(script)), city.places.quintile[script.place] - 1
    for k, (name, group) in enumerate(GROUPS.items()):
        counted = aged(script, group.low, 200) & (script.frailty >= group.frailty)
        expected = share[k, band, quintile][counted]
        error = np.sqrt((expected * (1 - expected)).sum())
        assert abs(belongs(script, (name,))[counted].sum() - expected.sum()) < 4 * error, name
        assert not belongs(script, (name,))[~counted].any(), name
    for b in range(2, 8):
        cell = (band == b) & (quintile == 0)
        p = share[0, b, 0]
        assert abs(belongs(script, (EXCLUDED,))[cell].mean() - p) < 4 * np.sqrt(p * (1 - p) / cell.sum())


def test_an_override_of_a_share_changes_that_flag_alone(build_world, city):
    area = areas.load("teaching-town", residents=1500)
    one = build_world(area)
    other = build_world(area, also={"baseline.groups.homeless": 0.5})
    assert np.array_equal(one.script.flags | BIT["homeless"], other.script.flags | BIT["homeless"])
    assert belongs(other.script, ("homeless",)).sum() > 10 * belongs(one.script, ("homeless",)).sum()
    for name in ("id", "disabled", "frailty", "born", "sex", "household"):
        assert np.array_equal(getattr(one.script, name), getattr(other.script, name))


def test_bits_are_the_groups_of_the_month(city):
    held = groups.bits(city.script)
    for name, bit in BIT.items():
        assert np.array_equal((held & bit) != 0, belongs(city.script, (name,)))


def test_whom_a_kind_is_for_by_group(city):
    script, places = city.script, city.places
    one = whom({"age": [18, 120], "group": "bereaved"}).rows(script, places)
    assert np.array_equal(one, np.flatnonzero(belongs(script, ("bereaved",))))
    either = whom({"group": ["bereaved", "homeless"]}).rows(script, places)
    assert np.array_equal(either, np.flatnonzero(belongs(script, ("bereaved", "homeless"))))
    both = aim({"group": "bereaved"}, Target(groups=("homeless",))).rows(script, places)
    assert np.array_equal(both, np.flatnonzero(belongs(script, ("bereaved",)) & belongs(script, ("homeless",))))


def test_targeting_by_group_is_read_and_a_wrong_one_refused(tmp_path):
    def load(group):
        line = f"interventions: {{screening_outreach: {{where: all, sites: 1, targeting: {{group: {group}}}}}}}\n"
        (tmp_path / "s.yaml").write_text(HEAD + line, encoding="utf-8")
        return schema.load(tmp_path / "s.yaml")
    assert load("learning_disability").lines["screening_outreach"].targeting.groups == ("learning_disability",)
    assert load("[homeless, bereaved]").lines["screening_outreach"].targeting.groups == ("homeless", "bereaved")
    with pytest.raises(NbhdsimError) as caught:
        load("homless")
    assert "targeting.group" in str(caught.value) and "homeless" in str(caught.value)


def test_groups_with_an_uptake_of_their_own_have_it_and_coverage_stays_as_published(city):
    script, values = city.script, central()
    status = Screening(script, values, Clock(1, 0, 24315))
    assert {f"baseline.screening.{name}" for name in UPTAKE} <= set(values)
    for k, name in enumerate(PROGRAMMES):
        due, share = status.due[k], values[f"baseline.screening.{name}"]
        assert abs(status.up[k][due].mean() - share) < 4 * np.sqrt(share * (1 - share) / due.sum()), name
    own = [status.up[:, belongs(script, (group,))][status.due[:, belongs(script, (group,))]] for group in UPTAKE]
    for group, up in zip(UPTAKE, own, strict=True):
        share = values[f"baseline.screening.{group}"]
        assert abs(up.mean() - share) < 4 * np.sqrt(share * (1 - share) / up.size), group
    assert set(AGES) == set(PROGRAMMES)
