"""Stated effects as courses: what is pushed month by month."""
from dataclasses import replace
from math import exp, log

import numpy as np
import pytest

from nbhdsim.delivery import MONTHS, Members
from nbhdsim.errors import NbhdsimError
from nbhdsim.interventions import schema
from nbhdsim.interventions.effects import curve, effects, on_rate


def admissions(rise, *, n, phi):
    """Expected admissions over natural ones, month by month, of log ratios on the rate (the recursion of design 2.3)."""
    h, out = n, []
    for value in rise:
        out.append((1 - n) * exp(value) + h)
        h = phi * h + n * (1 - phi) * out[-1]
    return np.array(out)


@pytest.mark.parametrize("n, phi", [(0.0, 0.5), (0.16, 0.83), (0.3, 0.95)])
@pytest.mark.parametrize("ratio", [0.8, 1.3])
@pytest.mark.parametrize("at, ramp", [(1, None), (12, None), (12, 3)])
def test_admissions_stand_at_the_ratio_from_the_follow_up_on(n, phi, ratio, at, ramp):
    seen = admissions(on_rate([(at, ratio)], n=n, phi=phi, ramp=ramp), n=n, phi=phi)
    assert np.allclose(seen[at:], ratio, atol=1e-7) and len(seen) == MONTHS


def test_admissions_stand_at_every_follow_up():
    seen = admissions(on_rate([(12, 1.05), (36, 0.98), (60, 0.94)], n=0.2, phi=0.8), n=0.2, phi=0.8)
    assert np.allclose(seen[[12, 36, 60, 120, 360]], [1.05, 0.98, 0.94, 0.94, 0.94], atol=1e-7)


def test_a_ratio_of_one_pushes_exactly_nothing():
    assert not any(on_rate([(12, 1.0)], n=0.3, phi=0.9))


def test_a_ratio_at_no_months_is_on_the_rate_and_stays_there():
    assert np.allclose(on_rate([(0, 0.8)], n=0.3, phi=0.9), log(0.8), atol=1e-9)


@pytest.mark.parametrize("lever, value, end", [("admission_rr", 0.31, log(0.3)), ("ae_rr", 3.4, log(3)), ("control", -2.5, -2)])
def test_a_draw_beyond_the_lever_stops_at_its_end_and_a_central_value_is_refused(lever, value, end):
    assert curve(lever, "participant", [(2, value)], n=0.3, phi=0.5, strict=False).rise.max() <= log(3) + 1e-6
    rise = curve(lever, "participant", [(2, value)], n=0.3, phi=0.5, strict=False).rise
    assert rise[np.abs(rise).argmax()] == pytest.approx(end, abs=1e-6)
    with pytest.raises(NbhdsimError, match=f"effect {lever} .participant. would push"):
        curve(lever, "participant", [(2, value)], n=0.3, phi=0.5)


@pytest.mark.parametrize("value", [0.3, 3.0])
def test_the_ends_of_a_lever_may_be_pushed(value):
    assert curve("ae_rr", "participant", [(2, value)]).rise[-1] == pytest.approx(log(value), abs=1e-6)


def of_one(curve_, month, *, left):
    """What is pushed in `month` for someone in from month 3 to before `left`."""
    short, one = np.int16, np.ones(1, np.float32)
    return curve_.of(Members(np.zeros(1, int), np.full(1, 3, short), np.full(1, left, short), one, np.zeros(1, np.int32)), month)[0]


def test_an_effect_of_no_follow_up_acts_as_many_months_as_someone_is_in():
    """A stay of 4 months with no half-life is 4 months of effect, of a person and of a site."""
    at_once = curve("control", "participant", [(0, 0.5)])
    assert [of_one(at_once, month, left=7) for month in range(3, 10)] == [0.5] * 4 + [0] * 3
    assert [at_once.at(month, opens=3, closes=7) for month in range(3, 10)] == [0.5] * 4 + [0] * 3


def test_the_month_of_leaving_is_the_first_month_out():
    fades = curve("control", "participant", [(4, 0.5)], half_life=2)
    wanted = [0.5 * min(month - 3, 4) / 4 if month < 7 else 0.5 * 2 ** (-(month - 6) / 2) for month in range(3, 12)]
    assert [of_one(fades, month, left=7) for month in range(3, 12)] == pytest.approx(wanted)
    assert [fades.at(month, opens=3, closes=7) for month in range(3, 12)] == pytest.approx(wanted)


def test_a_dose_above_1_is_within_the_range_of_the_lever_too():
    with pytest.raises(NbhdsimError, match="would push 2.4 SD .-2 to 2., at a dose of 2"):
        curve("control", "participant", [(2, 1.2)], dose=2)
    assert curve("control", "participant", [(2, 1.2)], dose=2, strict=False).rise.max() == 1
    assert exp(2 * curve("ae_rr", "participant", [(2, 0.4)], dose=2, strict=False).rise.min()) == pytest.approx(0.3)
    assert curve("control", "participant", [(2, 1.2)], dose=0.5).rise.max() == pytest.approx(1.2)


def test_a_claim_is_about_everyone_and_readmissions_are_made_up_for():
    """Under a claim on admissions no path of the kind's own leads there: (1 - n) x rate ratio + n x that of readmissions is 1."""
    kind = replace(schema.kinds()["hospital_volunteering"], claimed=("admission_rr",))
    made = effects(kind, {q.address: q.value for q in kind.all_quantities()}, n=0.2, phi=0.8)
    assert made.totals("admission_rr") == (("all", ()),)
    assert 0.8 * made.made_up(np.float32(0.7)) + 0.2 * 0.7 == pytest.approx(1)
