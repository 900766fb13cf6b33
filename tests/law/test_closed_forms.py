"""Law 9, the month's part: what has a closed form comes out of the engine as the form says."""
from functools import cache
from math import exp, sqrt

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.stats import poisson
from small import Fast, Push, Tie, pack, villages
from twin import clipped_mean

from nbhdsim.rng import exps
from nbhdsim.step import events, luck, minds, prepare

PUBLISHED = 2.0 ** -16            # SD: the unit in which induced change is read by contacts
ERRORS = 4                        # standard errors a drawn figure may be from its closed form
EDGE = 0.01                       # points: so close to 0 or 10 the engine's table of means is coarser than the answers
LAST = 2 ** 23 - 1                # number of the largest uniform
f32 = np.float32


# ---------- spill-over ----------
def everyone_pushed(rates, *, push=0.3, programmes=0, months=200):
    """E + S of those with ties after a long push on everyone, in SD; programmes: group programmes they are all in."""
    world = villages()
    tied = np.flatnonzero(np.diff(world.ties.start) > 0)
    fast = Fast(world, rates)
    for _ in range(months):
        fast([Push("connection", tied, [push] * tied.size)], [Tie(np.zeros(tied.size), tied)] * programmes)
    return push + fast.state.spill[0, tied].astype(float)


@pytest.mark.parametrize("c", [0.05, 0.15, 0.6])
def test_a_push_on_everyone_ends_at_push_over_one_less_c(c):
    reached = everyone_pushed(pack(c=c))
    assert np.abs(reached - 0.3 / (1 - c)).max() < PUBLISHED


@pytest.mark.parametrize("programmes", [1, 2, 3])
def test_grouped_everyone_ends_at_push_over_one_less_c_one_plus_g(programmes):
    """However many programmes a resident meets others in: their groups together weigh g."""
    reached = everyone_pushed(pack(c=0.15, g=0.4), programmes=programmes)
    assert np.abs(reached - 0.3 / (1 - 0.15 * 1.4)).max() < PUBLISHED


def test_without_spill_over_only_the_push_is_left():
    assert (everyone_pushed(pack(c=0.0), months=3) == 0.3).all()


def test_spill_over_dies_out_when_the_push_ends():
    """What is left shrinks by at most 1 - kappa (1 - c) a month, and is nothing in the end: reach along ties is finite."""
    rates = pack(c=0.15)
    fast, everyone = Fast(villages(), rates), np.arange(200)
    for _ in range(30):
        fast([Push("control", everyone, [1.0] * 200)])
    most = [fast.state.spill.max()]
    for _ in range(70):
        fast()
        most.append(fast.state.spill.max())
    keep = 1 - rates.kappa * (1 - rates.c)
    assert all(after <= keep * before + PUBLISHED for before, after in zip(most[:20], most[1:20], strict=False))
    assert most[0] > 0.1 and most[-1] == 0 and not fast.state.shift.any() and (fast.state.ratio == 1).all()


# ---------- drift, acuity, natural rates ----------
N = 40_000


def people(**changed):
    """Luck of N people alike in one place, moved through some months: yields (luck, loadings, rates)."""
    rates = pack(**changed)
    loadings = prepare.rules(rates).loadings
    same = np.ones(N, f32)
    fixed = luck.Fixed(np.arange(N, dtype=np.uint32), same, 0 * same, 0 * same, 0 * same, 0 * same, same, same)
    return luck.empty(N), fixed, loadings, rates


def run(months, *, seed=5, keep=(), **changed):
    """Copies of luck at the months in `keep`, of N people alike."""
    state, fixed, loadings, rates = people(**changed)
    out = []
    for month in range(months):
        luck.advance(state, fixed, loadings, bounds=np.array([[0, N]]), season=np.ones(1, f32), clock=luck.clock(seed, 0, month),
                     first=month == 0)
        if month in keep:
            out.append(luck.copy(state))
    return out, loadings, rates


@pytest.fixture(scope="module")
def drifted():
    """Luck at the first month, a year later and ten years later."""
    return run(121, keep=(0, 12, 120))


def near(estimate, expected, error):
    """Within a few standard errors."""
    assert abs(estimate - expected) < ERRORS * error, (estimate, expected, error)


@pytest.mark.parametrize("when", [0, 1, 2])
def test_variances_of_drift_slow_part_and_acuity_are_stationary(drifted, when):
    state, _, rates = drifted[0][when], *drifted[1:]
    for series, sd in ((state.slow, rates.ls_slow_sd), (state.acuity, rates.sa), *((state.drift[k], 1.0) for k in range(5))):
        near(series.astype(float).var() / sd ** 2, 1, sqrt(2 / N))
        near(series.astype(float).mean() / sd, 0, sqrt(1 / N))


def test_drift_keeps_the_memory_of_a_year(drifted):
    (first, year, _), _, rates = drifted
    for a, b, rho in ((first.slow, year.slow, rates.ls_rho), (first.acuity, year.acuity, rates.rho_a),
                      (first.drift[2], year.drift[2], rates.rho)):
        near(np.corrcoef(a, b)[0, 1], rho ** 12, (1 - rho ** 24) / sqrt(N))


def test_mechanisms_drift_with_the_covariance_within_a_cell(drifted):
    state, loadings, rates = drifted[0][2], *drifted[1:]
    drift = loadings.root.astype(float) @ state.drift
    sd = rates.within * sqrt(1 - rates.trait_share)
    expected = np.outer(sd, sd) * (rates.between + (1 - rates.between) * np.eye(5))
    assert np.abs(np.cov(drift) / expected - 1).max() < ERRORS * sqrt((1 + rates.between ** -2) / N)
    assert np.allclose(state.connection, drift[0], atol=1e-5) and np.allclose(state.control, drift[1], atol=1e-5)


def test_life_satisfaction_has_the_variance_left_for_it(drifted):
    state, loadings, rates = drifted[0][2], *drifted[1:]
    through = (loadings.b.astype(float) ** 2).sum()
    near(state.latent.astype(float).var() / (through + rates.ls_slow_sd ** 2 + rates.ls_noise_sd ** 2), 1, sqrt(2 / N))


def test_natural_rates_have_the_expectation_of_their_cell():
    """exp(a'd + acuity) has mean exp of half its variance: what `prepare.fixed` takes off, with tau and z, beforehand."""
    (state,), loadings, rates = run(7, keep=(6,), sa=0.5)
    variance = (loadings.a.astype(float) ** 2).sum() + rates.sa ** 2
    near(state.natural.astype(float).mean() / exp(variance / 2), 1, sqrt((exp(variance) - 1) / N))


def test_residents_of_a_cell_expect_its_rate_whoever_else_exists():
    """Over many draws of luck and traits the mean rate of an age and quintile is its table rate; so is each frailty's share."""
    world, rates = villages(), pack(place_year=0.0, trend=0.0, season=np.ones(12))
    rng, copies = np.random.default_rng(1), 400
    script, places = world.script, world.places._replace(admission_ratio=np.ones(3, f32))
    total = np.zeros(script.id.size)
    for _ in range(copies):
        drawn = script._replace(born=rng.standard_normal((7, script.id.size)).astype(f32))
        total += prepare.fixed(drawn, places, rates).rate
    segment = np.searchsorted((0, 5, 18, 35, 50, 65, 75, 85), prepare.age(script), side="right") - 1
    quintile = places.quintile[script.place] - 1
    mix, ratio = rates.frailty_mix[segment], rates.frailty_ratio
    expected = rates.admission[segment, quintile] / 12 * ratio[script.frailty] / (mix * ratio).sum(1)
    expected = expected * rates.beside[quintile, prepare.age(script), script.frailty, script.conditions]
    left = exp(rates.sa ** 2 / 2) * exp((prepare.rules(rates).loadings.a.astype(float) ** 2).sum() / 2)
    spread = sqrt(exp(rates.s ** 2 + 0.01) - 1)
    near((total / copies * left / expected).mean(), 1, spread / sqrt(copies * script.id.size))


# ---------- excitation ----------
@pytest.fixture(scope="module")
def excited():
    """Many places alike: months of a world where everybody's natural rate is constant and often met."""
    flat = dict(s=0.0, sa=0.0, place_year=0.0, place=0.0, trend=0.0, season=np.ones(12), n=0.3, phi=0.75, a=np.zeros(5))
    rates = pack(**flat)
    return rates._replace(admission=np.full((8, 5), 1.2), frailty_ratio=np.ones(4), beside=np.ones_like(rates.beside))


def lives(rates, *, months, seeds, shock=0.0, at=0):
    """Mean expected and counted admissions a resident-month [months], over several lucks; shock: added to h in month `at`."""
    world = villages()
    world = world._replace(places=world.places._replace(admission_ratio=np.ones(3, f32)))
    expected, counted = np.zeros(months), np.zeros(months)
    for seed in range(seeds):
        fast = Fast(world, rates, replicate=seed)
        for month in range(months):
            if month == at:
                fast.state.excitation[:] += f32(shock)
            fast()
            expected[month] += fast.state.expected.astype(float).mean() / seeds
            counted[month] += fast.state.admitted.astype(float).mean() / seeds
    return expected, counted


def test_excitation_leaves_the_mean_rate_alone(excited):
    """E N = mu, whatever share earlier admissions set off: a month's rate is 0.1 here."""
    mu, months, seeds = 0.1, 120, 20
    expected, counted = lives(excited, months=months, seeds=seeds)
    echo = 1 / (1 - excited.n)                   # an admission and all that follow from it
    error = sqrt(mu * echo ** 2 / (200 * months * seeds))
    near(expected[0], mu, 1e-6)
    near(counted.mean(), mu, error)
    near(expected[60:].mean(), mu, error * sqrt(2))


def test_a_shock_to_excitation_fades_by_phi_plus_n_one_less_phi(excited):
    """One admission more expected now: phi + n (1 - phi) of it next month, and so on."""
    shock, seeds, months = 1.0, 30, 16
    still, _ = lives(excited, months=months, seeds=seeds, at=1)
    shocked, _ = lives(excited, months=months, seeds=seeds, shock=shock, at=1)
    memory = excited.phi + excited.n * (1 - excited.phi)
    more = (shocked - still)[1:]
    assert more[0] == pytest.approx(shock, abs=1e-5)
    for after in range(1, months - 1):
        error = excited.n * (1 - excited.phi) * sqrt(shock / (1 - memory ** 2) / (200 * seeds)) + 1e-6
        near(more[after], shock * memory ** after, error)
    near(more.sum(), shock * (1 - memory ** (months - 1)) / (1 - memory), 0.03)


# ---------- counts ----------
def counts(rate, u):
    """Poisson counts of many uniforms, as the engine draws them: none at once, or by inversion."""
    none = exps(np.full(1, -rate, f32))[0]
    return np.array([events.poisson(f32(rate), x) if x > none else 0 for x in u])


def uniform(lattice):
    """One of the 2^23 uniforms there are."""
    return f32(lattice) * f32(2.0 ** -23) + f32(2.0 ** -24)


@pytest.mark.parametrize("rate", [0.001, 0.02, 0.3, 1.0, 4.0])
def test_counts_have_the_poisson_mean_and_variance(rate):
    u = (np.arange(40_000) + 0.5).astype(f32) / f32(40_000)
    n = counts(rate, u)
    assert n.mean() == pytest.approx(rate, abs=8e-5 + 2e-4 * rate)
    assert n.var() == pytest.approx(rate, abs=4e-4 + 4e-3 * rate)
    assert (np.diff(n) >= 0).all()


@settings(deadline=None, max_examples=300)
@given(st.floats(1e-4, 12), st.integers(0, LAST))
@example(11.5, LAST)
@example(0.02, LAST)
def test_counts_are_the_exact_quantiles_up_to_the_largest_uniform(rate, lattice):
    rate, u = float(f32(rate)), float(uniform(lattice))
    if abs(u - exp(-rate)) > 1e-6:                 # the first test, none or some, is in float32
        assert counts(rate, [f32(u)]) == poisson.ppf(u, rate)


@settings(deadline=None, max_examples=300)
@given(st.floats(0, 12), st.floats(0, 2), st.integers(0, LAST))
@example(8.0, 1e-6, LAST - 9)
def test_more_rate_never_gives_fewer(rate, more, lattice):
    u = [uniform(lattice)]
    assert counts(rate, u) <= counts(rate * (1 + more) + more, u)


def test_rates_that_hardly_differ_never_swap_their_counts_in_the_tail():
    rates = np.linspace(0.005, 4, 20_000)
    for lattice in (LAST, LAST - 3, LAST - 20):
        assert (np.diff([events.poisson(f32(rate), uniform(lattice)) for rate in rates]) >= 0).all()


def test_a_rate_of_nothing_gives_nothing():
    assert counts(0.0, [uniform(LAST)]) == [0]


# ---------- a stated change of life satisfaction ----------
@pytest.fixture(scope="module")
def answers():
    rates = pack()
    return prepare.rules(rates).answers, rates.ls_noise_sd


@settings(deadline=None, max_examples=300)
@given(base=st.floats(-2, 12), stated=st.floats(-2, 2))
def test_the_solved_shift_moves_the_clipped_mean_by_what_is_stated(answers, base, stated):
    """Where there is room: at most 3 points of shift; noise is normal and the answer clipped to 0-10 (erf, exactly)."""
    table, sd = answers
    base, stated = float(f32(base)), float(f32(stated))
    shift = float(minds.latent_shift(f32(base), f32(stated), table))
    now = clipped_mean(base, sd)
    moved = clipped_mean(base + shift, sd) - now
    assert shift * stated >= 0 and moved * stated >= -1e-12
    if EDGE < now + stated < 10 - EDGE and abs(shift) < 3:
        assert moved == pytest.approx(stated, abs=1e-5)
    else:                                  # there is no room, or hardly any
        assert abs(shift) <= 3 and abs(moved) <= abs(stated) + EDGE
        assert abs(shift) == 3 or abs(moved) >= abs(stated) - EDGE or not 0 < now + stated < 10


@pytest.mark.parametrize("base", [-200.0, -7.0, -6.0, -5.99, 15.99, 16.0, 17.0, 200.0])
@pytest.mark.parametrize("stated", [-0.5, 0.3])
def test_a_gain_is_never_a_loss_even_beyond_the_table(answers, base, stated):
    assert minds.latent_shift(f32(base), f32(stated), answers[0]) * stated >= 0


def test_the_table_of_clipped_means_is_the_closed_form(answers):
    table, sd = answers
    for base in np.arange(-5.9, 15.9, 0.0937):
        assert minds.expected_answer(float(base), table)[0] == pytest.approx(clipped_mean(base, sd), abs=1e-5)


@cache
def gains(change):
    """Adults' own latent answer before noise, and the rise of what they tell, when all adults are told `change`: ten years
    of five lucks, one row a resident-month."""
    world, rates = villages(), pack()
    grown = np.flatnonzero(prepare.age(world.script) >= 16)
    base, rise = [], []
    for replicate in range(5):
        still, moved = Fast(world, rates, replicate=replicate), Fast(world, rates, replicate=replicate)
        for _ in range(120):
            still()
            moved([Push("life_satisfaction", grown, [change] * grown.size)])
            rise.append((moved.state.life_satisfaction.astype(float) - still.state.life_satisfaction)[grown])
            through = (moved.rules.loadings.b[:, None] * moved.luck.drift).sum(0)
            base.append((moved.fixed.satisfaction + moved.luck.slow + through).astype(float)[grown])
    return np.concatenate(base), np.concatenate(rise)


def room(base, change):
    """What is left of a stated change when a shift of 3 points is not enough for it."""
    sd = pack().ls_noise_sd
    grid = np.arange(-4, 18, 0.01)
    most = [clipped_mean(x + np.copysign(3, change), sd) - clipped_mean(x, sd) for x in grid]
    return np.sign(change) * np.minimum(abs(change), np.abs(np.interp(base, grid, most)))


@pytest.mark.parametrize("change", [0.1, 0.3, -0.3, 1.0])
def test_a_stated_change_of_everyone_moves_the_mean_by_it_where_there_is_room(change):
    base, rise = gains(change)
    possible = room(base, change)
    whole = np.abs(possible) > 0.9999 * abs(change)
    assert rise[whole].mean() == pytest.approx(change, rel=0.02)
    assert rise.mean() == pytest.approx(possible.mean(), rel=0.005)


def test_a_stated_gain_of_everyone_loses_little_to_those_who_have_no_room():
    """Three tenths of a point on every adult: 3% is lost to residents whose usual answer is a ten already."""
    _, rise = gains(0.3)
    assert 0.29 < rise.mean() < 0.3


def test_a_stated_gain_holds_for_joiners_near_ten():
    base, rise = gains(0.3)
    near_ten = (base > 8.8) & (base < 10)
    assert near_ten.sum() > 1000 and rise[near_ten].mean() == pytest.approx(0.3, rel=0.05)
