"""Long-term conditions: the published shares come out again, and what each adds to admissions is re-derived from its source."""
import numpy as np
import pytest

from nbhdsim import NbhdsimError, chances, conditions, evidence, rates
from nbhdsim.residents import AGE_FROM

QUANTITIES, TABLES = evidence.load_baseline()
VALUES = {address: quantity.value for address, quantity in QUANTITIES.items()}
OF = conditions.read(VALUES, TABLES)
ADULTS = conditions._adults(TABLES["baseline.population.age"].scaled(VALUES) / 100)
YEARS = conditions.by_year(OF.many)                                    # [5, 105, 4]
WEIGHT = ADULTS.reshape(5, 105, 12).sum(2) / ADULTS.sum()
BAND = np.searchsorted(AGE_FROM, np.arange(105), side="right") - 1


def odds(p):
    return p / (1 - p)


def test_shares_of_adults_and_quintiles_are_the_published_ones():
    two = (WEIGHT * YEARS[..., 1]).sum(1) / WEIGHT.sum(1)
    assert (WEIGHT * YEARS[..., 1]).sum() == pytest.approx(0.272, abs=1e-4)
    assert two[0] / two[4] == pytest.approx(30.0 / 25.8, rel=1e-3)
    assert np.diff(two) == pytest.approx([np.diff(two).mean()] * 4)


def test_ages_stand_to_one_another_as_published():
    """8.1% at 25-34 against 76.1% at 75 and over, in log odds."""
    found = odds(YEARS[2, 82:84, 1].mean()) / odds(YEARS[2, 29:31, 1].mean())
    assert found == pytest.approx(odds(0.761) / odds(0.081), rel=0.01)


def test_conditions_only_become_more_with_age():
    assert (np.diff(OF.many, axis=1) >= 0).all() and (np.diff(OF.many, axis=2) <= 0).all() and (OF.many[:, 0] < 0.01).all()


@pytest.mark.parametrize("share", [0.001, 0.9])
def test_any_share_that_can_be_comes_out(share):
    of = conditions.read(VALUES | {"baseline.conditions.two_or_more": share}, TABLES)
    assert (WEIGHT * conditions.by_year(of.many)[..., 1]).sum() == pytest.approx(share, rel=1e-4)


@pytest.mark.parametrize("share", [0.0, 0.95, 1.0])
def test_a_share_that_cannot_be_is_refused(share):
    """The most deprived fifth stands 7% above everybody."""
    with pytest.raises(NbhdsimError, match="baseline.conditions.two_or_more: .* of the adults of a quintile"):
        conditions.read(VALUES | {"baseline.conditions.two_or_more": share}, TABLES)


def test_the_share_that_follows_frailty_is_a_share():
    q = QUANTITIES["baseline.conditions.with_frailty"]
    assert (q.least, q.most) == (0, 1)


def test_number_by_ranks():
    many = np.tile([0.5, 0.3, 0.2, 0.1], (4, 1))
    rank, own = np.array([0.95, 0.45, 0.95, 0.1]), np.array([0.2, 0.2, 0.6, 0.875])
    assert conditions.number(rank, own, many, together=0.5).tolist() == [4, 0, 0, 2]
    assert conditions.number(rank, own, many, together=1.0).tolist() == [4, 0, 4, 0]


def test_frailty_keeps_its_ratios_and_the_level_stays():
    parts = conditions.held(rates.pack(VALUES, TABLES).frailty_mix, OF)
    beside = conditions.ratio(parts, 1.43)
    assert parts.sum((-1, -2)) == pytest.approx(1)
    there = parts.sum(-1) > 0
    assert ((parts * beside).sum(-1) / np.where(there, parts.sum(-1), 1))[there] == pytest.approx(1, abs=1e-9)
    assert beside[2, 40, 0, 2] / beside[2, 40, 0, 1] == pytest.approx(1.43)


@pytest.mark.parametrize(("together", "each"), [(0.5, None), (0.0, 1.49), (0.75, 1.48)])
def test_four_conditions_have_the_published_odds_of_a_year_with_an_admission(together, each):
    """[mm-unplanned-or] 5.87 (5.45 to 6.32) against none, by age (Mantel-Haenszel), at the level of [unplanned-any-12m], 6%; and
    [mm-admission-share]: people with two or more make 53 to 57% of all admissions."""
    of = OF._replace(together=together)
    packed, frail = rates.pack(VALUES, TABLES), chances.chances(VALUES, TABLES).frail
    parts = conditions.joint(frail, of)
    ill = packed.frailty_ratio[:, None] * conditions.ratio(parts, each or VALUES["baseline.conditions.each"])
    rate = packed.admission[BAND].T[..., None, None] * ill / (parts * ill).sum((-1, -2))[..., None, None]
    people = WEIGHT[..., None, None] * parts
    any_ = 1 - np.exp(-rate * 0.67)
    assert (people * any_).sum() == pytest.approx(0.075, abs=0.005)
    above = below = 0.0
    for band in range(2, 8):
        mine = people[:, band == BAND]
        n, hit = mine.sum((0, 1, 2)), (mine * any_[:, band == BAND]).sum((0, 1, 2))
        above += hit[4] * (n[0] - hit[0]) / (n[0] + n[4])
        below += hit[0] * (n[4] - hit[4]) / (n[0] + n[4])
    assert above / below == pytest.approx(5.87, abs=0.05)
    assert 0.53 < (people * rate)[..., 2:].sum() / (people * rate).sum() < 0.59
