"""Chances of life: what was published comes out again, and who dies within a year is counted exactly."""
import numpy as np
import pytest

from nbhdsim import chances, evidence
from nbhdsim.residents import AGE_FROM

QUANTITIES, TABLES = evidence.load_baseline()
VALUES = {address: quantity.value for address, quantity in QUANTITIES.items()}
OF = chances.chances(VALUES, TABLES)
BANDS = [slice(a, b) for a, b in zip(AGE_FROM, (*AGE_FROM[1:], chances.AGES), strict=True)]
SHARE = TABLES["baseline.population.age"].scaled(VALUES)


def test_the_mix_of_frailty_by_band_is_the_published_one():
    mix, goal = OF.health[0].sum(-1), TABLES["baseline.frailty.mix"].scaled(VALUES)
    for band in range(7):
        assert mix[BANDS[band]].mean(0) == pytest.approx(goal[band], abs=1e-6)
    living = np.cumprod(np.full(20, 1 - chances.mean_death(OF)[:, :, -1].mean())[:, None].repeat(12, 1).ravel()).reshape(20, 12)
    months = chances._mix(OF.frail)[85 * 12:].reshape(20, 12, 4)
    assert (living[..., None] * months).sum((0, 1)) / living.sum() == pytest.approx(goal[7], abs=1e-3)


def test_frailty_only_grows_with_age():
    assert (np.diff(OF.frail, axis=0) >= 0).all() and (np.diff(OF.frail, axis=1) <= 0).all()


def test_deaths_of_an_age_are_the_published_ones_and_rise_with_frailty():
    assert OF.death[0, 0, 70] @ OF.health[0].sum(-1)[70] * 12 == pytest.approx(0.02338, rel=0.003)
    assert OF.death[1, 4, 30, 0] * 12 == pytest.approx(0.00045, rel=1e-6)
    assert OF.death[0, 2, 80] / OF.death[0, 2, 80, 0] == pytest.approx([1, 1.92, 3.1, 4.52])


def test_births_and_moves_of_a_quintile_are_the_published_ones():
    share = SHARE / SHARE.sum(0)
    births = np.array([[OF.birth[q, BANDS[b]].mean() * 12 for q in range(5)] for b in range(8)])
    each = (share * births / 2).sum(0)
    assert each.mean() == pytest.approx(0.0097, rel=1e-6)
    assert each[0] / each[4] == pytest.approx(7.1 / 4.9, rel=1e-6)
    moves = np.array([[OF.move[q, BANDS[b]].mean() * 12 for q in range(5)] for b in range(8)])
    assert (share * moves).sum(0) == pytest.approx(0.9 * np.array([0.0987, 0.1089, 0.1076, 0.101, 0.1011]), rel=1e-6)


def test_those_who_die_within_a_year_are_those_of_a_thousand_ranks_followed():
    ranks, age = (np.arange(4000) + 0.5) / 4000, 78
    died, soon = np.zeros((4, 5)), np.zeros((4, 5))
    for month in range(age * 12, age * 12 + 12):
        v, alive = ranks.copy(), np.ones(ranks.size)
        start = (v[:, None] >= 1 - OF.frail[month]).sum(1)
        many = OF.conditions.many[0, month]
        cell = start * 5 + (v[:, None] >= 1 - many).sum(1)
        before = died.sum(1)
        for t in range(month, month + 12):
            death = OF.death[1, 0, t // 12]
            here = (v[:, None] >= 1 - OF.frail[t]).sum(1)
            died += np.bincount(cell, alive * death[here], 20).reshape(4, 5) / ranks.size / 12
            alive *= 1 - death[here]
            ends = np.append(1 - OF.frail[t], 1)
            low = np.append(0, ends[:-1])
            v = (v - (death * np.clip(v[:, None] - low, 0, ends - low)).sum(1)) / (1 - (death * (ends - low)).sum())
        soon += np.outer(died.sum(1) - before, -np.diff(np.concatenate([[1], many, [0]])))
    expected = OF.conditions.together * died + (1 - OF.conditions.together) * soon
    assert OF.dying[1, 0, age] == pytest.approx(expected, rel=0.01, abs=1e-5)


def test_nobody_lives_past_the_last_age():
    assert OF.dying[:, :, -1].sum((-1, -2)) == pytest.approx(1)


def test_a_world_without_frailty_has_none():
    fit = np.zeros((8, 4))
    fit[:, 0] = 1
    assert not chances.frail_by_age(fit, 0.99).any()
