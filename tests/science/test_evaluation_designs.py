"""Designs of an evaluation: no effect found where there is none, intervals that cover, published numbers, statsmodels by hand.

Worlds are drawn here: areas with lasting (lognormal) and yearly differences, Poisson events. Nothing of the model is read.
"""
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm
import yaml

from nbhdsim.errors import NbhdsimError
from nbhdsim.evaluation import DESIGNS, EvaluatorView, contrast, evaluate, possible, shrinkage, synthetic_control

ORACLES = {each["id"]: each for each in yaml.safe_load(Path(__file__).with_name("oracles.yaml").read_text("utf-8"))["oracles"]}
PLACE, YEAR, RATE = 0.2, 0.06, 0.1
"""SD on the log scale of lasting and of yearly differences between areas; events a resident a year."""


def world(g, *, areas=40, funded=20, months=48, picked=False, ratio=1.0, year=YEAR):
    """A view of a world in which nothing happens but a ratio of events in the funded areas from the start, and the true rates."""
    people = np.repeat(np.round(g.uniform(1_200, 2_200, (areas, 1))), months, 1)
    place = np.exp(g.normal(0, PLACE, (areas, 1)) - PLACE**2 / 2)
    yearly = np.exp(g.normal(0, year, (areas, months // 12)) - year**2 / 2).repeat(12, 1)
    mean = people * RATE / 12 * place * yearly
    counts, treated, start = g.poisson(mean).astype(float), np.zeros(areas, bool), 36
    order = np.argsort(-(counts / people)[:, start - 12:start].sum(1)) if picked else g.permutation(areas)
    treated[order[:funded]] = True
    lost = g.random(counts.shape) if ratio < 1 else None
    if lost is not None:
        after = np.zeros(counts.shape, bool)
        after[treated, start:] = True
        counts = np.where(after, g.binomial(counts.astype(int), ratio), counts).astype(float)
    return EvaluatorView(counts, people, treated=treated, start=start, baseline=(start - 12, start), follow_up=(start, months),
                         randomised=not picked, seed=int(g.integers(1, 2**31))), mean


def wedge(view, g):
    """The same areas beginning in five steps, all in the end, in an order drawn by lot."""
    areas = len(view.treated)
    starts = np.empty(areas, np.int64)
    starts[g.permutation(areas)] = view.start + np.arange(areas) % 5 * 2
    return replace(view, treated=np.ones(areas, bool), starts=starts)


def longer(view):
    """The same with all months before the start in the baseline."""
    return replace(view, baseline=(0, view.start))


def seen(name, *, worlds, seed, **how):
    """(mean, Monte Carlo error of the mean, coverage of 0) of a design in null worlds."""
    g, values, covered = np.random.default_rng(seed), [], 0
    for _ in range(worlds):
        view = world(g, **how)[0]
        if name in ("series", "controlled_series", "synthetic_control", "stepped_wedge"):
            view = longer(view)
        found = evaluate(name, wedge(view, g) if name == "stepped_wedge" else view)
        values.append(found.value)
        covered += found.low <= 0 <= found.high
    return np.mean(values), np.std(values) / np.sqrt(worlds), covered / worlds


CAUSAL = ("cluster_randomised", "controlled_series", "differences", "event_study", "series", "stepped_wedge", "synthetic_control")


@pytest.mark.parametrize("name", CAUSAL)
def test_nothing_is_found_where_nothing_happens(name):
    mean, error, covered = seen(name, worlds=40, seed=11)
    assert abs(mean) < 3 * error
    assert covered > 0.6


@pytest.mark.slow
@pytest.mark.parametrize("name", CAUSAL)
def test_unbiased_and_covering_in_two_thousand_worlds(name):
    """Coverage is demanded of the lot and of the wild bootstrap; of the others it is what it is (`pytest -s`)."""
    mean, error, covered = seen(name, worlds=2_000, seed=2, areas=36, funded=12)
    sys.stdout.write(f"\n{name}: mean {mean:+.3f} (Monte Carlo error {error:.3f}), coverage {covered:.3f}\n")
    assert abs(mean) < 2 * error
    if name in ("cluster_randomised", "differences", "event_study"):
        assert 0.93 < covered < 0.97


def test_areas_picked_for_a_bad_year_get_better_by_what_their_counts_say():
    """Before and after is off by E[true rate | count] - count, worked out from the variances the worlds were drawn with."""
    g, off, expected, compared = np.random.default_rng(3), [], [], []
    for _ in range(200):
        view, _ = world(g, areas=60, funded=8, picked=True, year=0.0)
        y, people = (each[:, 24:36].sum(1) for each in (view.counts, view.residents))
        true = shrinkage.poisson_lognormal(y[view.treated], people[view.treated] / 12 * RATE, sd=PLACE)
        expected.append(float((true - y[view.treated]).sum() / people[view.treated].sum() * view.scale))
        off.append(evaluate("before_after", view).value)
        compared.append(evaluate("before_after", view).checks["artefact"])
    error = np.std(np.subtract(off, expected)) / np.sqrt(len(off))
    assert np.mean(off) < -3
    assert abs(np.mean(off) - np.mean(expected)) < 2 * error
    assert np.mean(compared) == pytest.approx(np.mean(expected), rel=0.05)      # as an evaluator would work it out from the spread


def test_the_expected_true_count_is_that_of_the_posterior():
    """Quadrature against a fine sum, and the ends: no spread, and so much that the count is all there is."""
    z = np.linspace(-9, 9, 40_001)
    mu = 160 * np.exp(0.3 * z - 0.045)
    height = np.exp(200 * np.log(mu) - mu - z**2 / 2 - (200 * np.log(mu) - mu).max())
    assert shrinkage.poisson_lognormal([200], [160], sd=0.3)[0] == pytest.approx((height * mu).sum() / height.sum(), rel=1e-9)
    assert shrinkage.poisson_lognormal([200], [160], sd=0.0)[0] == 160
    assert shrinkage.poisson_lognormal([200], [160], sd=3.0)[0] == pytest.approx(200, rel=2e-2)


@pytest.mark.parametrize("name", CAUSAL)
def test_a_known_effect_is_found(name):
    """A tenth fewer events in the funded areas: about 10 of 100 per 1,000 a year."""
    g, values = np.random.default_rng(8), []
    for _ in range(30):
        view = longer(world(g, ratio=0.9, months=60)[0])
        if name == "stepped_wedge":
            starts = np.where(view.treated, view.start, -1)
            view = replace(view, starts=starts)
        values.append(evaluate(name, view).value)
    error = np.std(values) / np.sqrt(len(values))
    assert abs(np.mean(values) + 10) < 3 * error + 0.5


def test_card_and_krueger():
    """Several equal areas a side with the published means (oracle did-card-krueger)."""
    given, expected = ORACLES["did-card-krueger"]["inputs"], ORACLES["did-card-krueger"]["expected"]
    treated, away = np.arange(10) < 5, np.array([-2, -1, 0, 1, 2.0])
    before = np.where(treated, given["control_pre"] + given["treated_minus_control_pre"], given["control_pre"])
    after = before + np.where(treated, given["treated_change"], given["control_change"])
    counts = np.column_stack([before, after + np.concatenate([away, away])])
    view = EvaluatorView(counts, np.ones((10, 2)), treated=treated, start=1, baseline=(0, 1), follow_up=(1, 2), year=1, scale=1,
                         unit="full-time jobs a restaurant", outcome="employment")
    assert evaluate("differences", view).value == pytest.approx(expected["did"], abs=1e-3)
    assert evaluate("before_after", view).value == pytest.approx(given["treated_change"], abs=1e-6)


def test_sicily():
    """The interrupted series of the tutorial, its seasonal form, and the sign that flips (oracle its-sicily)."""
    given, expected = ORACLES["its-sicily"]["inputs"], ORACLES["its-sicily"]["expected"]
    y, start = np.array([given["y"]], float), given["step_from_time"] - 1
    view = EvaluatorView(y, np.array([given["offset_population"]]), treated=np.array([True]), start=start, baseline=(0, start),
                         follow_up=(start, y.shape[1]))
    plain, seasonal = replace(DESIGNS["series"], pairs=0).estimate(view), evaluate("series", view)
    assert plain.checks["ratio"] == pytest.approx(expected["rr_step"], abs=1e-3)
    assert plain.checks["dispersion"] == pytest.approx(expected["quasi_dispersion"], abs=1e-3)
    assert [plain.checks["ratio low"], plain.checks["ratio high"]] == pytest.approx(expected["quasi_ci95"], abs=1e-3)
    assert seasonal.checks["ratio"] == pytest.approx(expected["seasonal_rr_step"], abs=1e-3)
    assert [seasonal.checks["ratio low"], seasonal.checks["ratio high"]] == pytest.approx(expected["seasonal_ci95"], abs=1e-3)
    assert seasonal.checks["naive ratio"] == pytest.approx(expected["naive_rate_ratio_after_before"], abs=1e-3)
    assert seasonal.value < 0 < evaluate("before_after", view).value


def test_difference_and_its_errors_as_statsmodels_gives_them():
    """Weighted least squares of changes with HC2 errors; and the two-way panel of the stepped wedge by dummies."""
    g = np.random.default_rng(4)
    view = world(g, areas=16, funded=7)[0]
    change = view.rates(view.follow_up) - view.rates(view.baseline)
    fit = sm.WLS(change, sm.add_constant(view.treated.astype(float)), weights=view.weights).fit(cov_type="HC2")
    ours = contrast.robust(change, view.treated, view.compared, weights=view.weights)
    assert ours.value == pytest.approx(fit.params[1], rel=1e-6)
    assert ours.error == pytest.approx(fit.bse[1], rel=1e-6)
    assert evaluate("differences", view).value == pytest.approx(fit.params[1], rel=1e-6)


def test_stepped_wedge_as_statsmodels_gives_it():
    """Dummies of area and period, areas left out one by one."""
    g = np.random.default_rng(5)
    view = wedge(world(g, areas=9)[0], g)
    months = np.arange(24, 48)
    rates = (view.counts / view.residents)[:, 24:] * view.scale
    begun = (months[None] >= view.starts[:, None]).astype(float)
    area, month = np.indices(rates.shape)

    def fit(kept):
        x = np.column_stack([begun[kept].ravel(), *(np.ravel(area[kept] == a) for a in np.flatnonzero(kept)),
                             *(np.ravel(month[kept] == m) for m in range(1, 24))]).astype(float)
        weights = np.repeat(view.weights[kept], 24)
        return sm.WLS(rates[kept].ravel(), x, weights=weights).fit().params[0]

    whole, left = fit(np.ones(9, bool)), np.array([fit(np.arange(9) != i) for i in range(9)])
    found = evaluate("stepped_wedge", view)
    assert found.value == pytest.approx(whole, rel=1e-6)
    assert found.checks["error"] == pytest.approx(np.sqrt(8 / 9 * np.square(left - whole).sum()), rel=1e-6)


def test_controlled_series_is_a_regression_with_an_effect_of_each_month():
    """Poisson regression of two series with month effects, by statsmodels."""
    view = longer(world(np.random.default_rng(6), months=60)[0])
    t, n = np.arange(60.0), 60
    y, people = (np.concatenate([each[side].sum(0) for side in (view.treated, view.compared)]) for each in
                 (view.counts, view.residents))
    side = np.repeat([1.0, 0.0], n)
    x = np.column_stack([np.tile(np.eye(n), (2, 1)), side, side * np.tile(t, 2), side * np.tile(t >= 36, 2)])
    fit = sm.GLM(y, x, family=sm.families.Poisson(), offset=np.log(people)).fit(scale="X2")
    found = evaluate("controlled_series", view).checks
    assert np.log(found["ratio"]) == pytest.approx(fit.params[-1], rel=1e-6)
    assert found["dispersion"] == pytest.approx(fit.scale, rel=1e-6)
    assert np.log(found["ratio high"] / found["ratio"]) == pytest.approx(1.959964 * fit.bse[-1], rel=1e-5)


def test_a_month_without_events_says_nothing_of_a_ratio():
    view = longer(world(np.random.default_rng(6), months=60)[0])
    without = np.where(np.arange(60) == 7, 0, view.counts)
    gone = np.arange(60) != 7
    found = evaluate("controlled_series", replace(view, counts=without))
    shorter = EvaluatorView(view.counts[:, gone], view.residents[:, gone], treated=view.treated, start=35, baseline=(0, 35),
                            follow_up=(35, 59))
    assert np.isfinite([found.value, found.low, found.high]).all()
    assert found.checks["ratio"] == pytest.approx(evaluate("controlled_series", shorter).checks["ratio"], abs=0.01)


def test_a_mix_is_found_again():
    """Known weights, from a target that is a mix of the others; as a whole, then alone."""
    g = np.random.default_rng(7)
    donors = g.normal(100, 10, (36, 12))
    weights = np.zeros(12)
    weights[[2, 5, 9]] = 0.5, 0.3, 0.2
    assert synthetic_control.simplex(donors @ weights, donors) == pytest.approx(weights, abs=1e-3)


def test_the_wild_bootstrap_agrees_with_its_plain_form():
    """p of one null by making the data again draw by draw."""
    g = np.random.default_rng(9)
    y, treated, w = g.normal(0, 3, 12), np.arange(12) < 5, g.uniform(1, 2, 12)
    v = contrast.signs(12, seed=3, replicate=1, draws=199)
    found = contrast.wild(y, treated, ~treated, weights=w, v=v)

    def fit(each, b):
        k = contrast.shares(w, treated, ~treated)
        e = each - np.where(treated, np.average(each[treated], weights=w[treated]), np.average(each[~treated], weights=w[~treated]))
        return (k @ each - b) / np.sqrt((k**2 * e**2).sum())

    for b, p in ((0.0, found.p), (found.high + 1e-6, None), (found.high - 1e-6, None)):
        rest = y - b * treated
        again = np.average(rest, weights=w) + b * treated + v * (rest - np.average(rest, weights=w))
        share = np.mean([abs(fit(each, b)) >= abs(fit(y, b)) - 1e-9 for each in again])
        assert share == p if p is not None else (share < 0.05) == (b > found.high)


def test_what_cannot_be_done_is_refused_with_what_would_work():
    view = world(np.random.default_rng(1))[0]
    for changed, name, said in ((dict(pool=np.zeros(40, bool)), "differences", "0 areas to compare with (5 or more)"),
                                (dict(treated=np.ones(40, bool)), "cluster_randomised", "0 areas to compare with"),
                                (dict(counts=0 * view.counts), "differences", "0 events in the funded areas"),
                                (dict(baseline=(32, 36)), "series", "4 periods before (12 or more)"),
                                (dict(randomised=False), "cluster_randomised", "a draw of who is funded"),
                                (dict(), "stepped_wedge", "there is not a first funded period of each area")):
        with pytest.raises(NbhdsimError, match="would work") as caught:
            evaluate(name, replace(view, **changed))
        assert said in str(caught.value)
    with pytest.raises(NbhdsimError, match="the nearest design that would work: controlled_series"):
        evaluate("differences", replace(view, treated=np.arange(40) < 2, pool=np.arange(40) > 36, baseline=(0, 36)))
    empty = np.where(np.arange(40)[:, None] == 3, 0, view.residents)
    with pytest.raises(NbhdsimError, match="no residents"):
        replace(view, residents=empty)
    replace(view, residents=empty, treated=np.arange(40) > 20, pool=np.arange(40) > 3)
    for window in (dict(follow_up=(30, 40)), dict(baseline=(20, 40)), dict(follow_up=(40, 99)), dict(treated=np.ones(3, bool))):
        with pytest.raises(NbhdsimError):
            replace(view, **window)
    assert "before_after" in possible(view)
