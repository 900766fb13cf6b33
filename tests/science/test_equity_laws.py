"""Laws of indices, rates, targeting and evaluation formulas that hold whatever goes in."""
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from nbhdsim import disclosure, targeting
from nbhdsim.equity import dcea, indices, rates
from nbhdsim.errors import NbhdsimError
from nbhdsim.evaluation import differences, regression_to_mean, series, shrinkage, survey, tracing
from nbhdsim.projections import scales
from nbhdsim.report import contrast

GROUPS = st.integers(2, 10).flatmap(lambda n: st.tuples(arrays(float, n, elements=st.floats(0.01, 1000)),
                                                        arrays(float, n, elements=st.integers(1, 500))))


@given(GROUPS)
def test_slope_index_of_a_straight_line_is_its_rise(groups):
    _, weights = groups
    found = indices.slope_index(5 + 3 * indices.ridits(weights), weights)
    assert found == pytest.approx((3, 8 / 5, 5))


@given(GROUPS, st.data())
def test_splitting_a_group_keeps_the_concentration_and_the_covariance_behind_the_slope(groups, data):
    """Least squares on ridits is not invariant itself: the split raises the spread of ridits, the covariance stays."""
    x, w = groups
    place = data.draw(st.integers(0, len(x) - 1))
    part = data.draw(st.floats(0.1, 0.9))
    x2 = np.insert(x, place, x[place])
    w2 = np.insert(w, place, w[place] * part)
    w2[place + 1] *= 1 - part
    assert indices.concentration(x2, w2) == pytest.approx(indices.concentration(x, w), abs=1e-9)

    def rise(values, weights):
        share, r = weights / weights.sum(), indices.ridits(weights)
        return indices.slope_index(values, weights).sii * (share @ (r - 0.5) ** 2)
    assert rise(x2, w2) == pytest.approx(rise(x, w), abs=1e-9 * np.abs(x).max())


@given(GROUPS)
def test_concentration_of_groups_is_that_of_their_people(groups):
    x, w = groups
    people = np.repeat(np.arange(len(x)), w.astype(int))
    order = np.random.default_rng(0).permutation(len(people))
    assert indices.concentration(x[people][order], rank=people[order]) == pytest.approx(indices.concentration(x, w), abs=1e-9)


@given(GROUPS)
def test_a_group_of_nobody_counts_for_nothing(groups):
    x, w = groups
    x2, w2 = np.append(x, 777.0), np.append(w, 0.0)
    assert indices.slope_index(x2, w2) == pytest.approx(indices.slope_index(x, w))
    assert indices.ede(np.append(x, 0.0), 1.0, weights=w2) == pytest.approx(indices.ede(x, 1.0, weights=w))
    for nobody in (np.nan, -5.0):                                       # a rate of nobody, 0 / 0
        x2[-1] = nobody
        assert indices.concentration(x2, w2) == pytest.approx(indices.concentration(x, w))
        assert indices.erreygers(x2, w2, low=0, high=1000) == pytest.approx(indices.erreygers(x, w, low=0, high=1000))
        assert indices.atkinson(x2, 2.0, weights=w2) == pytest.approx(indices.atkinson(x, 2.0, weights=w))
        assert indices.slope_index(x2, w2) == pytest.approx(indices.slope_index(x, w))


@given(GROUPS, st.floats(0, 30), st.floats(0, 30))
def test_the_equal_equivalent_lies_between_the_least_and_the_mean_and_falls_with_aversion(groups, one, other):
    x, w = groups
    mean = np.average(x, weights=w)
    low, high = sorted((one, other))
    first, second = (indices.ede(x, e, weights=w) for e in (low, high))
    assert x.min() * (1 - 1e-9) <= second <= first * (1 + 1e-6) and first <= mean * (1 + 1e-9)
    assert -1e-9 <= indices.atkinson(x, low, weights=w) <= 1


def test_equal_equivalents_at_the_ends():
    assert indices.ede([0, 4], 0) == 2 and indices.ede([0, 4], 1) == 0 and indices.ede([0, 4], 3) == 0
    assert indices.ede([0, 4], 0.5) == 1 and indices.ede([3, 4], np.inf) == 3
    assert indices.ede([1e-3, 5], 10.95) == pytest.approx(1e-3 * 2 ** (1 / 9.95))
    for wrong in (([-1, 2], 1), ([1, 2], -1)):
        with pytest.raises(NbhdsimError):
            indices.ede(*wrong)


def test_the_aversion_at_which_a_ranking_turns():
    # more in all but less equal, against less in all but equal
    (turn,) = indices.flips([60, 80], [69, 69])
    assert indices.ede([60, 80], turn) == pytest.approx(69)
    assert indices.flips([60, 80], [50, 70]) == []


@pytest.mark.parametrize(("one", "other", "turns"), [
    ([1, 4], [2, 2], [1.0]),                                            # geometric means are the same
    ([0, 1], [0.25, 0.25], [0.5]),
    ([1, 4], [1.6, 1.6], [2.0]),                                        # harmonic means are
    ([1, 3], [2, 2], []), ([1, 4], [1, 4], []),                         # level at 0 and behind ever after; the same
])
def test_a_ranking_may_turn_at_a_round_aversion(one, other, turns):
    assert indices.flips(one, other) == pytest.approx(turns) and indices.flips(other, one) == pytest.approx(turns)


def test_one_group_has_no_slope_and_no_mean_no_relative_index():
    assert np.isnan(indices.slope_index([3]).sii) and indices.concentration([3]) == 0
    assert np.isnan(indices.concentration([-1, 2])) and indices.concentration([-1, -3]) == 0.25
    assert np.isnan(indices.concentration([-1, 1])) and np.isnan(indices.atkinson([0, 0], 1))
    assert indices.slope_index([-2, -1]).sii == 2
    with pytest.raises(NbhdsimError):
        indices.slope_index([1, 2], [0, 0])
    with pytest.raises(NbhdsimError):
        indices.slope_index([0, 2], scale="log")


@given(st.lists(st.floats(0, 1), min_size=2, max_size=8))
def test_erreygers_turns_round_for_the_shortfall(x):
    bad = 1 - np.array(x)
    assert indices.erreygers(x, low=0, high=1) == pytest.approx(-indices.erreygers(bad, low=0, high=1), abs=1e-12)
    if sum(x) > 1e-6:
        assert indices.erreygers(x, low=0, high=1) == pytest.approx(4 * np.mean(x) * indices.concentration(x), abs=1e-9)


def test_intervals_of_the_slope_index_cover_it_and_follow_the_errors():
    x, w = [10, 12, 13, 15, 18], [5, 4, 5, 6, 5]
    (low, high), (less, more) = indices.simulated(x, [0.5] * 5, weights=w)
    found = indices.slope_index(x, w)
    assert low < found.sii < high and less < found.rii < more
    assert indices.simulated(x, [0] * 5, weights=w)[0] == pytest.approx((found.sii, found.sii))
    assert indices.slope_index([0.1, 0.2, 0.4], scale="logit").sii > 0


@given(st.integers(0, 200), st.integers(0, 200), st.floats(0.5, 0.999))
def test_wilson_limits_hold_the_share_and_stay_possible(x, more, confidence):
    low, high = rates.wilson(x, x + more, confidence=confidence)
    assert 0 <= low <= high <= 1
    if x + more:
        assert low <= x / (x + more) <= high


@given(st.integers(0, 400))
def test_limits_of_a_count_are_close_to_the_exact_ones(count):
    low, high = rates.byar(count)
    exact = stats.chi2.ppf([0.025, 0.975], [2 * max(count, 0.5), 2 * count + 2]) / 2
    assert low == pytest.approx(exact[0] if count else 0, rel=0.02, abs=1e-9 if not count else 0.02)
    assert high == pytest.approx(exact[1], rel=0.01)


def test_rates_of_nobody_and_wrong_counts():
    value, low, high = rates.rate([0, 5], [0, 100], per=1000)
    assert np.isnan(value[0]) and value[1] == 50 and low[1] < 50 < high[1]
    for wrong in (lambda: rates.wilson(2, 1), lambda: rates.byar(-1), lambda: rates.byar(1, confidence=1)):
        with pytest.raises(NbhdsimError):
            wrong()
    assert rates.life_expectancy([0, 0, 1]) == 2.5


@given(arrays(float, (3, 5), elements=st.floats(-1000, 1000)), st.floats(-1e6, 1e6), st.floats(1, 1e5),
       arrays(float, 5, elements=st.floats(0.1, 1)))
def test_net_health_by_group_adds_up(benefit, cost, k, share):
    found = dcea.net_health(benefit, np.full(3, cost), k=k, share=share / share.sum())
    assert found.net.sum(-1) == pytest.approx(found.total)
    assert found.total == pytest.approx(benefit.sum(-1) - cost / k, abs=1e-5)


def test_the_four_quadrants():
    names = [dcea.quadrant(gap, total) for gap, total in ((1, 1), (-1, 1), (1, -1), (-1, -1), (0, 1))]
    assert names == ["win-win", "win-lose", "lose-win", "lose-lose", "win-level"]
    with pytest.raises(NbhdsimError):
        dcea.net_health([1, 2], 1, k=1, share=[0.5, 0.6])


@given(arrays(float, 6, elements=st.floats(0, 1e6)), arrays(float, 6, elements=st.floats(0.01, 10)))
def test_gaps_add_up_to_nothing_and_the_share_to_move_is_theirs(actual, need):
    assume(actual.sum() > 1)
    share = targeting.target_shares(need, np.full(6, 100))
    gap = targeting.gaps(actual, share)
    assert gap.sum() == pytest.approx(0, abs=1e-6)
    assert targeting.hoover(actual, share) == pytest.approx(np.abs(gap).sum() / 2 / actual.sum())
    assert np.isnan(targeting.hoover([0, 0], [0.5, 0.5]))


@given(st.lists(st.integers(0, 5000)))
def test_no_small_number_is_shown(counts):
    for count, seen in zip(counts, disclosure.shown(counts), strict=True):
        assert seen == ("*" if 1 <= count <= 7 else seen)
        if seen != "*":
            assert abs(seen - count) <= 2 and seen % 5 == 0
    assert disclosure.shown([4, 5, 14, 15], hide_to=4, nearest=10) == ["*", 10, 10, 20]


def test_a_step_in_a_poisson_series_is_found_and_a_linear_predictor_recovered():
    time = np.arange(1, 61)
    people = np.full(60, 1e6)
    mean = people * np.exp(-7 + 0.004 * time - 0.2 * (time > 30) + 0.1 * np.sin(2 * np.pi * time / 12))
    found = series.interrupted(mean, people, start=30, pairs=1)
    assert (found.ratio, found.trend) == pytest.approx((np.exp(-0.2), np.exp(0.004)))
    assert series.interrupted(np.append(np.zeros(3), mean[3:]), people, start=30).low > 0
    for start in (0, 60):
        with pytest.raises(NbhdsimError):
            series.interrupted(mean, people, start=start)
    with pytest.raises(NbhdsimError, match="determine each other"):
        series.interrupted(mean[:2], people[:2], start=1)


def test_difference_in_differences_is_the_interaction_of_the_regression():
    cells = {(1, 0): 20.4, (1, 1): 20.9, (0, 0): 23.4, (0, 1): 21.1}
    rows = np.array([[1, t, a, t * a] for t, a in cells])
    fitted = np.linalg.solve(rows, np.array(list(cells.values())))
    found = differences.in_differences((cells[1, 0], cells[1, 1]), (cells[0, 0], cells[0, 1]))
    assert found.effect == pytest.approx(fitted[3])


def test_regression_to_the_mean_is_that_of_simulated_people():
    draw = np.random.default_rng(2)
    lasting, noise = draw.normal(0, 6, 400_000), draw.normal(0, 8, (2, 400_000))
    first, second = lasting + noise
    chosen = first > 12
    found = regression_to_mean.beyond_cut(0, 10, cut=12, rho=0.36)
    assert found.artefact == pytest.approx((first - second)[chosen].mean(), abs=0.1)
    top = regression_to_mean.of_top(chosen.mean(), 0, between_sd=6, within_variance=64)
    assert top.artefact == pytest.approx(found.artefact, abs=0.1)
    assert regression_to_mean.of_top(1.0, 50, between_sd=6, within_variance=64).artefact == pytest.approx(0)


@given(st.floats(0, 500), st.floats(1, 500), st.floats(0.1, 100))
def test_shrinkage_lies_between_the_prior_and_the_count(observed, mean, sd):
    found = shrinkage.gamma_poisson(observed, mean, sd)
    assert found.mean == pytest.approx((found.alpha + observed) / (found.beta + 1))
    assert min(observed, mean) - 1e-9 <= found.mean <= max(observed, mean) + 1e-9
    assert shrinkage.gamma_poisson(observed, mean, 0).mean == mean


def test_surveys_and_uptake_at_their_ends():
    assert survey.answered(0.3, if_positive=0.5, if_negative=0.5) == pytest.approx(0.3)
    assert np.isnan(survey.answered(0.3, if_positive=0, if_negative=0))
    assert survey.reported([0, 1], sensitivity=1, specificity=1).tolist() == [0, 1]
    nobody = tracing.uptake((0.0, 10), (0.5, 10), reached=0)
    assert np.isnan(nobody.relative) and np.isnan(nobody.implied) and nobody.difference == 0.5
    for wrong in (lambda: survey.reported(2, sensitivity=1, specificity=1), lambda: tracing.uptake((0.1, 0), (0.1, 1), reached=0)):
        with pytest.raises(NbhdsimError):
            wrong()


def test_scores_between_whole_answers_and_colours_in_short():
    assert scales.ons4([4.4, 4.5, 8.6]) == ["low", "medium", "very high"]
    assert scales.ucla3([[1, 1, 2]]).tolist() == [4]
    for wrong in (lambda: scales.ons4([11]), lambda: scales.ucla3([1, 2]), lambda: contrast.luminance("#12"),
                  lambda: contrast.luminance("red!!!")):
        with pytest.raises(NbhdsimError):
            wrong()
    assert contrast.contrast("#fff", "#000000") == pytest.approx(21)
