"""Designs on people, lists and answers; what is recorded; and an error in parts that add up, with closed forms."""
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm
import yaml

from nbhdsim.errors import NbhdsimError
from nbhdsim.evaluation import (
    DESIGNS,
    Answers,
    Batch,
    EvaluatorView,
    People,
    asking,
    data_access,
    decompose,
    evaluate,
    shrinkage,
    survey,
    tracing,
)

ORACLES = {each["id"]: each for each in yaml.safe_load(Path(__file__).with_name("oracles.yaml").read_text("utf-8"))["oracles"]}
START, MONTHS = 36, 60


def town(g, *, areas=60, funded=8, picked=True, ratio=0.9, spills=0.97, growth=0.0):
    """A view and its truth: areas picked for a bad year, a ratio there, a smaller one elsewhere, and a trend that all share."""
    people = np.repeat(np.round(g.uniform(1_200, 2_200, (areas, 1))), MONTHS, 1)
    expected = people * 0.1 / 12 * np.exp(g.normal(0, 0.2, (areas, 1)) - 0.02) * np.exp(growth * np.arange(MONTHS) / 12)
    nothing = g.poisson(expected).astype(float)
    treated = np.zeros(areas, bool)
    order = np.argsort(-(nothing / people)[:, START - 12:START].sum(1)) if picked else g.permutation(areas)
    treated[order[:funded]] = True
    kept = np.where(np.arange(MONTHS) < START, 1.0, np.where(treated[:, None], ratio, spills))
    seen = g.binomial(nothing.astype(int), kept).astype(float)
    view = EvaluatorView(seen, people, treated=treated, start=START, baseline=(START - 12, START), follow_up=(START, MONTHS),
                         randomised=True, seed=int(g.integers(1, 99_999)))
    return view, decompose.Truth(seen=seen, nothing=nothing, expected=expected)


def cohort(g, *, n=6_000, acute=0.0, effect=0.0):
    """People of whom the worse off and (acute) those with a bad year join; the truth of their events."""
    risk, expected = g.normal(0, 0.8, n), None
    expected = 0.15 * np.exp(risk)
    prior, luck = g.poisson(expected).astype(float), g.poisson(expected).astype(float)
    joined = g.random(n) < 1 / (1 + np.exp(3 - 0.7 * risk - acute * prior))
    after = luck - np.where(joined, g.binomial(luck.astype(int), effect), 0)
    people = People(joined=joined, prior=prior, after=after, covariates=np.column_stack([risk, prior]), names=("risk", "prior use"),
                    area=g.integers(0, 40, n), referred=joined)
    view = EvaluatorView(np.ones((4, 24)), np.full((4, 24), 1_500.0), treated=np.arange(4) < 2, start=12, baseline=(0, 12),
                         follow_up=(12, 24), people=people)
    return view, decompose.Truth(seen=view.counts, nothing=view.counts, expected=view.counts, prior=prior, after=after,
                                 nothing_after=luck, expected_prior=expected, expected_after=expected)


def test_matching_finds_nothing_where_nothing_happens_and_the_effect_where_it_does():
    for effect in (0.0, 0.4):
        g, off, covered = np.random.default_rng(1), [], 0
        for _ in range(40):
            view, truth = cohort(g, effect=effect)
            found, real = evaluate("matched_cohort", view), decompose.effect(view, truth, of="participants")
            off.append(found.value - real)
            covered += found.low <= real <= found.high
        assert abs(np.mean(off)) < 2 * np.std(off) / np.sqrt(len(off))
        assert covered >= 34
    assert found.checks["difference after"] < 0.1 < found.checks["difference before"]


def test_whom_nobody_is_like_are_left_out_and_told():
    view, _ = cohort(np.random.default_rng(2))
    x = view.people.covariates.copy()
    odd = np.flatnonzero(view.people.joined)[:5]
    x[odd] += 50
    found = evaluate("matched_cohort", replace(view, people=replace(view.people, covariates=x)))
    assert found.checks["unmatched"] * view.people.joined.sum() > 4.5
    with pytest.raises(NbhdsimError, match="nobody among the others is like"):
        replace(DESIGNS["matched_cohort"], caliper=0.0).estimate(
            replace(view, people=replace(view.people, covariates=x + view.people.joined[:, None] * 90)))


def test_referred_is_the_regression_that_statsmodels_gives():
    view, _ = cohort(np.random.default_rng(3), acute=0.5)
    p = view.people
    x = sm.add_constant(np.column_stack([p.referred.astype(float), p.covariates]))
    fit = sm.OLS(p.after * 1_000, x).fit(cov_type="cluster", cov_kwds=dict(groups=p.area, use_correction=False))
    found = evaluate("referred", view)
    assert found.value == pytest.approx(fit.params[1], rel=1e-6)
    assert found.checks["error"] == pytest.approx(fit.bse[1] * np.sqrt(40 / 39), rel=1e-6)
    assert found.of == "people referred"


def test_people_referred_at_a_bad_moment_fall_by_themselves():
    changes = [evaluate("referred", cohort(np.random.default_rng(seed), acute=1.0)[0]).checks["change"] for seed in range(5)]
    assert max(changes) < -50


def test_batch_tracing_gives_the_published_sums():
    """Oracle batch-tracing-uptake."""
    for name, g in ORACLES["batch-tracing-uptake"]["inputs"].items():
        expected = ORACLES["batch-tracing-uptake"]["expected"][name]
        batch = Batch((g["n0"], g["n1"]), (g["p0"] * g["n0"], g["p1"] * g["n1"]), stayed=min(g["n0"], g["n1"]),
                      reached=g["reached"])
        found = evaluate("batch_tracing", replace(town(np.random.default_rng(1))[0], batch=batch))
        assert [found.value, found.low, found.high] == pytest.approx([expected["diff_pp"], *expected["ci95_pp"]], abs=0.02)
        assert found.checks["implied"] == pytest.approx(expected["implied_pp_among_reached"], abs=0.02)


def test_a_survey_of_those_who_stay_says_more_than_happened():
    """Nothing changes, but those who got worse do not answer again."""
    g = np.random.default_rng(4)
    before = g.normal(5, 2, 2_000)
    after = before + g.normal(0, 1, 2_000)
    after = np.where(g.random(2_000) < 1 / (1 + np.exp(-2 * (after - before))), after, np.nan)
    found = evaluate("survey", replace(town(g)[0], answers=Answers(before, after, better=g.random(2_000) < 0.9)))
    assert found.low > 0.3
    assert "9 in 10 say it helped" in found.words
    with pytest.raises(NbhdsimError, match="answered both times"):
        evaluate("survey", replace(town(g)[0], answers=Answers(before, np.full(2_000, np.nan), better=before > 0)))


def test_who_answers_is_the_closed_form_of_two_groups():
    """Two scores, answered at odds that depend on them: the share seen is p rP / (p rP + (1 - p) rN)."""
    g = np.random.default_rng(5)
    before = (g.random(200_000) < 0.6).astype(float)
    told = asking.asked(before, before, asking.Manner(response=0.6, response_slope=0.8))
    answered = ~np.isnan(told.before)
    yes, no = answered[before == 1].mean(), answered[before == 0].mean()
    assert yes > no + 0.2
    expected = survey.answered(before.mean(), if_positive=yes, if_negative=no)
    assert np.nanmean(told.before) == pytest.approx(float(expected), abs=1e-9)


def test_a_survey_error_adds_up_and_each_manner_has_its_size():
    g = np.random.default_rng(6)
    before = g.normal(5, 2, 5_000)
    without = 6 + 0.5 * (before - 5) + g.normal(0, 1, 5_000)
    after = without + 0.2
    manner = asking.Manner(response=0.5, response_slope=0.3, kept=0.6, kept_slope=1.0, desirability=0.4, recall=-0.1)
    found = asking.parts((before, after, without), manner)
    assert sum(found[2:]) == pytest.approx(found.told - found.truth, abs=1e-9)
    assert (found.truth, found.desirability) == pytest.approx((0.2, 0.4), abs=1e-9)
    assert found.course == pytest.approx((without - before).mean(), abs=1e-9)
    assert found.attrition > 0.1
    view = replace(town(g)[0], answers=asking.asked(before, after, manner))
    assert evaluate("survey", view).value == pytest.approx(found.told, abs=1e-9)
    assert asking.parts((before, after, without), asking.Manner())[2:6] == (0, 0, 0, 0)
    for wrong in (asking.Manner(response=1.2), asking.Manner(kept=0.0)):
        with pytest.raises(NbhdsimError):
            asking.parts((before, after, without), wrong)


def test_uptake_moves_with_the_list():
    """Nobody gains the event; those without it leave: all of the change is turnover. And a list with people who are not there."""
    g = np.random.default_rng(7)
    done = g.random(1_000) < 0.5
    on = np.ones(1_000, bool), done | (g.random(1_000) < 0.6)
    gained, moved = tracing.turnover(on, (done, done))
    batch = tracing.listed(on, (done, done), reached=done)
    found = evaluate("batch_tracing", replace(town(g)[0], batch=batch))
    assert gained == 0 and moved > 0.05
    assert found.value == pytest.approx(100 * (gained + moved), abs=1e-9)
    assert found.low > 0                                                # it looks like an effect
    ghosts = evaluate("batch_tracing", replace(town(g)[0], batch=tracing.listed(on, (done, done), reached=done, inflation=0.25)))
    assert ghosts.value == pytest.approx(found.value / 1.25, abs=0.05)
    assert np.isnan(tracing.turnover((on[0] & False, on[1]), (done, done))).all()


AREA = ("before_after", "cluster_randomised", "controlled_series", "differences", "event_study", "series", "synthetic_control")


@pytest.mark.parametrize("name", AREA)
def test_parts_of_an_error_add_up_on_areas(name):
    view, truth = town(np.random.default_rng(5), growth=0.03)
    view = replace(view, baseline=(0, START))
    late = data_access.recorded(view, data_access.profile("linked_record"))
    for seen in (view, late):
        parts = decompose.decompose(name, seen, truth)
        assert sum(parts[2:]) == pytest.approx(parts.estimate - parts.truth, abs=1e-9)
        assert parts.estimate == evaluate(name, seen).value
    assert decompose.decompose(name, view, truth).recording == 0
    assert decompose.decompose(name, late, truth).recording != 0


@pytest.mark.parametrize("name", ["matched_cohort", "referred"])
def test_parts_of_an_error_add_up_on_people(name):
    view, truth = cohort(np.random.default_rng(6), acute=1.0, effect=0.3)
    linked = data_access.recorded(view, replace_profile("linked_record", delay=0))
    for seen in (view, linked):
        parts = decompose.decompose(name, seen, truth)
        assert sum(parts[2:]) == pytest.approx(parts.estimate - parts.truth, abs=1e-9)
    assert len(linked.people.prior) < len(view.people.prior)


def replace_profile(name, **changed):
    """A profile of the catalogue with other numbers."""
    return data_access.profile(name).model_copy(update=changed)


def test_parts_are_the_closed_forms_of_designs_linear_in_rates():
    """Equal areas, so that means of areas are rates of all: the equations of the docstring, term by term."""
    view, truth = town(np.random.default_rng(7), growth=0.05)
    even = replace(view, residents=np.full(view.residents.shape, 1_500.0))
    change = {name: even.rates(even.follow_up, x) - even.rates(even.baseline, x) for name, x in
              (("seen", truth.seen), ("nothing", truth.nothing), ("expected", truth.expected))}
    mine, theirs = even.treated, ~even.treated
    luck = change["nothing"] - change["expected"]
    found = decompose.decompose("differences", even, truth)
    assert found.contamination == pytest.approx(-(change["seen"] - change["nothing"])[theirs].mean(), abs=1e-9)
    assert found.regression == pytest.approx(luck[mine].mean() - luck[theirs].mean(), abs=1e-9)
    apart = change["expected"][mine].mean() - change["expected"][theirs].mean()
    assert found.trend + found.selection == pytest.approx(apart, abs=1e-9)
    found = decompose.decompose("before_after", even, truth)
    assert found.contamination == pytest.approx(0, abs=1e-9)
    assert found.regression == pytest.approx(luck[mine].mean(), abs=1e-9)
    assert found.trend == pytest.approx(change["expected"][mine].mean(), abs=1e-9)
    assert found.selection == pytest.approx(0, abs=1e-9)                # every area runs like all of them


@pytest.mark.slow
def test_regression_to_the_mean_is_what_the_counts_say():
    """Over futures: minus the gap between picked counts and what they are expected to be; contamination is the spill elsewhere."""
    g, found, closed = np.random.default_rng(8), [], []
    for _ in range(150):
        view, truth = town(g)
        cells = slice(*view.baseline)
        y, people = truth.seen[view.treated, cells].sum(1), view.residents[view.treated, cells].sum(1)
        true = shrinkage.poisson_lognormal(y, people / 120, sd=0.2)
        closed.append(np.average((true - y) / people, weights=people) * view.scale)
        found.append(decompose.decompose("differences", view, truth))
    found = np.array(found)
    off = found[:, 4] - closed
    assert abs(off.mean()) < 2 * off.std() / np.sqrt(150) + 0.25        # those not picked were a little lucky: the rest of the gap
    assert found[:, 3].mean() == pytest.approx(3, abs=0.2)              # 3% of 100 per 1,000 elsewhere
    assert abs(found[:, 5:].mean(0)).max() < 1e-6


def test_a_cohort_picked_for_a_bad_year_is_off_by_luck_and_one_picked_for_risk_by_selection():
    luck, chosen = [], []
    for seed in range(8):
        view, truth = cohort(np.random.default_rng(seed), acute=1.0)
        luck.append(decompose.decompose("referred", view, truth))
        hidden = replace(view, people=replace(view.people, covariates=np.zeros((len(view.people.prior), 1)), names=("nothing",)))
        chosen.append(decompose.decompose("matched_cohort", hidden, truth))
    assert np.mean([p.selection for p in chosen]) > 50
    assert abs(np.mean([p.selection for p in luck])) < 1


def test_lists_and_answers_have_no_such_parts():
    view, truth = town(np.random.default_rng(9))
    for name in ("batch_tracing", "survey"):
        with pytest.raises(NbhdsimError, match="other parts"):
            decompose.decompose(name, view, truth)
    with pytest.raises(NbhdsimError, match="the truth about people lacks after, nothing_after"):
        decompose.decompose("matched_cohort", cohort(np.random.default_rng(1))[0], truth)


def test_what_is_recorded():
    view, _ = town(np.random.default_rng(10))
    view = replace(view, baseline=(0, START))
    same = data_access.recorded(view, data_access.profile("everything"))
    assert np.array_equal(same.counts, view.counts) and same.baseline == view.baseline
    dashboard = data_access.recorded(view, data_access.profile("council_dashboard"))
    assert dashboard.counts.shape[1] == MONTHS - 2 and dashboard.follow_up == (START, MONTHS - 2)
    assert set(np.unique(dashboard.counts % 5)) <= {0, 4}
    yearly = data_access.recorded(view, data_access.profile("fingertips_only"))
    assert yearly.counts.shape[1] == 4 and yearly.follow_up == (3, 4) and yearly.baseline == (0, 3)
    assert yearly.rate(view.treated, (0, 3)) == pytest.approx(0.97 * view.rate(view.treated, (0, 36)), rel=0.02)
    with pytest.raises(NbhdsimError, match="3 periods before .12 or more.*nearest design that would work: cluster_randomised"):
        evaluate("series", yearly)
    returns = data_access.recorded(view, data_access.profile("grant_returns_only"))
    assert returns.baseline == (8, 12) and not returns.compared.any()
    with pytest.raises(NbhdsimError, match="0 areas to compare with .*nearest design that would work: before_after"):
        evaluate("differences", returns)
    record = data_access.recorded(view, data_access.profile("linked_record"))
    again = data_access.recorded(view, data_access.profile("linked_record"))
    assert np.array_equal(record.counts, again.counts)
    assert record.counts.sum() == pytest.approx(view.counts[:, :57].sum() * 0.98 * 1.01 + 0, rel=0.01)


def test_what_is_misplaced_is_neither_lost_nor_kept():
    view, _ = town(np.random.default_rng(11))
    moved = data_access.recorded(view, replace_profile("everything", misplaced=0.2))
    assert moved.counts.sum() == pytest.approx(view.counts.sum(), rel=1e-9)
    gap, was = (each.rate(view.treated, view.baseline) - each.rate(~view.treated, view.baseline) for each in (moved, view))
    assert gap == pytest.approx(0.8 * was, rel=0.1)


def test_what_cannot_be_recorded_is_refused():
    view, _ = town(np.random.default_rng(12))
    with pytest.raises(NbhdsimError, match="did you mean 'council_dashboard'"):
        data_access.profile("council_dashbord")
    with pytest.raises(NbhdsimError, match="nothing of months"):
        data_access.recorded(replace(view, follow_up=(START, START + 6)), data_access.profile("fingertips_only"))
    with pytest.raises(NbhdsimError, match="12: what is recorded starts from months"):
        data_access.recorded(replace(view, year=1), data_access.profile("everything"))
