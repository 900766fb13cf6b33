"""Laws of appraisal and of the value of information that hold whatever goes in."""
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nbhdsim.economics import acceptability, appraisal, discounting, frontier, information, prices, welfare
from nbhdsim.errors import NbhdsimError

POUNDS = st.floats(-1e6, 1e6).map(lambda x: round(x, 2))
FUTURES = st.tuples(st.integers(1, 4), st.integers(1, 30)).flatmap(lambda shape: arrays(float, shape, elements=POUNDS))
SHARE = st.floats(0.001, 0.2)
MONEY = st.dictionaries(st.sampled_from(["ICB", "council", "lottery", "DWP"]), st.floats(0, 1e6), min_size=1)


@given(FUTURES)
def test_perfect_information_is_worth_nothing_or_more_and_chances_add_up(nb):
    assert information.perfect(nb).evpi >= 0
    assert acceptability.chance_best(nb).sum() == pytest.approx(1)


@given(FUTURES)
def test_two_options_that_tie_share_the_future(nb):
    twice = acceptability.chance_best(np.vstack([nb, nb]))
    assert twice[:len(nb)] == pytest.approx(twice[len(nb):])


@given(arrays(float, (3, 40), elements=POUNDS), arrays(float, (40, 3), elements=st.floats(0, 1)))
@settings(max_examples=25, deadline=None)
def test_one_number_is_worth_at_most_all_of_them(nb, numbers):
    found = information.partial(nb, numbers)
    assert (found >= 0).all() and (found <= information.perfect(nb).evpi).all()


def test_a_number_that_decides_all_is_worth_as_much_as_all():
    x = np.random.default_rng(1).normal(size=(2000, 2))
    nb = np.stack([np.zeros(2000), 1000 * x[:, 0] + 200])
    found = information.partial(nb, x)
    assert found[0] == pytest.approx(information.perfect(nb).evpi, rel=0.01)
    assert found[1] < 1


@given(st.floats(-5000, 5000), st.floats(0, 5000))
def test_the_loss_integral_is_that_of_many_draws(mean, sd):
    z = mean + sd * np.random.default_rng(0).normal(size=20_000)
    assert information.loss(mean, sd) == pytest.approx(np.maximum(z, 0).mean() - max(mean, 0), abs=0.03 * sd + 1e-9)


@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=1, max_size=9))
@settings(max_examples=40, deadline=None)
def test_icers_rise_along_a_frontier_that_holds_the_best_option_at_every_k(options):
    cost, effect = np.transpose(options).astype(float)
    table = frontier.frontier(list(map(str, range(len(cost)))), cost, effect)
    on = table[table["status"] == frontier.FRONTIER]
    icers = on["icer"].to_numpy()[1:]
    assert (icers > 0).all() and (np.diff(icers) >= -1e-9).all()
    assert (np.diff(on["cost"]) > 0).all() and (np.diff(on["effect"]) > 0).all()
    for k in (0, 0.3, 1, 3, 100):
        assert (k * on["effect"] - on["cost"]).max() == pytest.approx((k * effect - cost).max())


@pytest.mark.parametrize(("cost", "effect", "status"), [
    ([5, 5], [1, 2], ["dominated", "frontier"]),                        # equal costs: less effect is dominated
    ([5, 6], [2, 2], ["frontier", "dominated"]),                        # equal effects: more cost is dominated
    ([5, 5], [2, 2], ["frontier", "same as another"]),
    ([0, 1, 2], [0, 1, 2], ["frontier", "frontier", "frontier"]),       # a straight line stays
    ([-5, 0], [-1, 0], ["frontier", "frontier"]),                       # savings that lose something
    ([0, 9, 9], [0, -1, -1], ["frontier", "dominated", "dominated"]),
    ([3], [1], ["frontier"]),
])
def test_ties_and_signs_on_the_frontier(cost, effect, status):
    table = frontier.frontier([f"o{i}" for i in range(len(cost))], cost, effect).set_index("name")
    assert [table.loc[f"o{i}", "status"] for i in range(len(cost))] == status


def test_the_plane_where_nothing_or_half_changes():
    found = frontier.plane([0, 0, 0, -1, 1], [0, -5, 5, 0, 0], 10)
    assert found == ["no difference", "dominant", "dominated", "dominated", "dominant"]
    assert frontier.net_effect(2, 100, 50) == 0


def test_the_frontier_of_acceptability_may_leave_the_curve():
    # the first is best in two futures of three by a little, the second in one by a lot
    found = acceptability.acceptability([[1, 1, 1], [0, 0, 9]], [[0, 0, 0], [0, 0, 0]], [1.0], names=["often", "far"])
    assert [*found["best"]] == pytest.approx([2 / 3, 1 / 3])
    assert [*found["frontier"]] == [False, True]


@given(MONEY, MONEY)
@settings(max_examples=40, deadline=None)
def test_payers_add_up_and_pools_leave_nothing_over(cost, benefit):
    table = appraisal.by_payer(cost, benefit)
    assert table["cost"].sum() == pytest.approx(sum(cost.values()))
    assert table["net"].sum() == pytest.approx(sum(benefit.values()) - sum(cost.values()), abs=1e-6)
    transfers = appraisal.pooled(table, {name: 1 / len(table) for name in table.index})
    assert transfers.sum() == pytest.approx(0, abs=1e-6)
    assert (table["net"] + transfers).to_numpy() == pytest.approx(table["net"].mean(), abs=1e-6)


@given(st.lists(POUNDS, min_size=1, max_size=40), SHARE)
def test_cumulative_value_ends_at_the_present_value(net, rate):
    assert appraisal.cumulative(net, rate)[-1] == pytest.approx(float(discounting.present_value(net, rate)), abs=1e-3)


@given(st.lists(SHARE, min_size=1, max_size=5), st.integers(0, 60))
def test_factors_fall_and_an_annuity_is_their_sum(each, years):
    schedule = [(20 * (i + 1), rate) for i, rate in enumerate(each)] + [(1000, each[-1])]
    found = discounting.factors(schedule, np.arange(years + 1))
    assert found[0] == 1 and (np.diff(found) < 0).all()
    assert discounting.annuity(schedule, years) == pytest.approx(found[1:].sum())
    if years:
        assert discounting.equivalent_annual(found[1:].sum(), schedule, years=years) == pytest.approx(1)


def test_bands_as_pairs_mappings_and_one_rate():
    assert discounting.factors([(2, 0.1), (4, 0.0)], [4])[0] == pytest.approx(1 / 1.21)
    assert discounting.factors([{"to_year": 2, "rate": 0.1}], [[0, 1], [2, 2]])[1, 1] == pytest.approx(1 / 1.21)
    assert discounting.factors(0.0, [7])[0] == 1
    assert discounting.present_value([[1, 2], [3, 4]], 0.0).tolist() == [3, 7]


@pytest.mark.parametrize("call", [
    lambda: discounting.factors([(2, 0.1)], [3]), lambda: discounting.factors([(2, 0.1), (1, 0.2)], [1]),
    lambda: discounting.factors([], [1]),
    lambda: discounting.factors(0.1, [-1]), lambda: discounting.factors(0.1, [0.5]), lambda: discounting.factors(-1.0, [1]),
    lambda: prices.uprate(1, {2019: 80}, of=2019, to=2020), lambda: prices.grow(1, 0, 1.3),
    lambda: welfare.weight(0, 100, elasticity=1), lambda: welfare.wellby_from_qaly(70000, 0),
    lambda: appraisal.optimism(1, 0.2, mitigation=2), lambda: information.perfect([[1, 2]], weight=[1, -1]),
    lambda: frontier.frontier(["a"], [np.nan], [1]), lambda: frontier.net_effect(1, 1, 0),
    lambda: appraisal.pooled(appraisal.by_payer({"a": 1}, {}), {"a": 0.5}),
    lambda: discounting.equivalent_annual(1, 0.03, years=0),
])
def test_what_has_no_meaning_is_refused(call):
    with pytest.raises(NbhdsimError):
        call()


def test_a_saving_has_no_optimism_bias_and_no_switching_share():
    """A cut that costs less than it did: bias would have it save more, and no share of benefit makes its value 0."""
    assert appraisal.optimism(-100, 0.2) == -100 and appraisal.optimism(100, 0.2, mitigation=0.25) == 115
    assert appraisal.appraise(-50, 10) == (60, None, None, None, None)


def test_ratios_without_meaning_are_none():
    nothing = appraisal.appraise(0, 100)
    assert nothing.bcr is None and nothing.roi is None and nothing.npv == 100
    assert appraisal.appraise(100, 0) == (-100, 0.0, -1.0, 0.0, None)
    assert appraisal.per_avoided(100, [-1, -3]) == (None, None, 1.0)
    assert appraisal.per_avoided([100, 300], [0, 4], cashable=500) == (100, None, 0.5)
    assert appraisal.payback([-100, 1], 0.035) is None
    assert appraisal.payback([0, 1], 0.035) == 0


def test_values_that_hold_each_other_are_refused_together():
    welfare.refuse_double([("hubs", "wellby"), ("hubs", "admissions"), ("screening", "qaly")])
    for other in ("qaly", "loneliness"):
        with pytest.raises(NbhdsimError, match="hubs: .* and .*choose one"):
            welfare.refuse_double([("hubs", "wellby"), ("hubs", other)])
    assert welfare.qalys_from_wellbys(7.0, 7.0) == 1
    assert prices.grow(100, 1.1, 1.3) == pytest.approx(100 * 1.1**1.3)


def test_population_value_is_discounted():
    assert information.population(10, [100, 100], 0.0) == 2000
    assert information.population(10, [100, 100], 0.25) == 1800
