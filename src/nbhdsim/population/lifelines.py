"""Compiled lines of life: when households move, who is born, who died before the start, who lives in a row and until when.

A row of the population is a place in a household: when its household moves away, a household of the same ages and sexes
moves in, and the row speaks of the newcomer from then on. Every draw is keyed by the row, so a longer run or a longer
history adds to a life and changes nothing of it. Months are relative to month 0; chances are those of `chances`.
"""
from typing import NamedTuple

import numpy as np
from numba import njit

from nbhdsim.residents import CONDITIONS, STAYS
from nbhdsim.rng import HALF_WORD, INNER, JIT, WORD, block, philox, u32, u64
from nbhdsim.rng import purpose as _purpose

MOVE, BIRTH, PAST = _purpose("life.move"), _purpose("life.birth"), _purpose("life.past")
STAY, CHILD, COMPANION = _purpose("life.stay"), _purpose("life.child"), _purpose("life.companion")
ALWAYS = -32767                    # month of what was so before anything is known
YEAR = 12
LEVELS = 3                         # mild, moderate, severe


class Key(NamedTuple):
    """Seed (uint64) and number of the population (uint32)."""

    seed: np.uint64
    population: np.uint32


class Tables(NamedTuple):
    """`chances.Chances` as the lines read them: death [2, 5, 105, 4], frail [1260, 3], birth and move [5, 105], mean_death
    [2, 5, 1260] over the mix of an age in months, many [5, 1260, 4] and together as in `conditions.Conditions`."""

    death: np.ndarray
    frail: np.ndarray
    birth: np.ndarray
    move: np.ndarray
    mean_death: np.ndarray
    many: np.ndarray
    together: float


class Rows(NamedTuple):
    """Rows [r], in any order: key (uint32, of every draw), birth month, sex, quintile 0-4, household, and, for those who died
    before month 0, the first month without them (`gone`, else 32767) and their rank of frailty in the month before."""

    key: np.ndarray
    birth: np.ndarray
    sex: np.ndarray
    quintile: np.ndarray
    household: np.ndarray
    gone: np.ndarray
    rank: np.ndarray


class Stays(NamedTuple):
    """Who lives in a row from `arrives` to before `leaves` [s]: row; dies (first month no longer alive, here or elsewhere, if
    within a year of the end of the stay, else 32767); worsens [3, s]: first month at least mildly, moderately, severely
    frail; gains [4, s]: with at least one, two, three, four long-term conditions; u [s]: a uniform
    deviate; at_start: whether month 0 is within the stay."""

    row: np.ndarray
    arrives: np.ndarray
    leaves: np.ndarray
    dies: np.ndarray
    worsens: np.ndarray
    gains: np.ndarray
    u: np.ndarray
    at_start: np.ndarray


@njit(**INNER)
def _first(key, purpose, number, who):
    u, _, _, _ = block(key.seed, key.population, purpose, u32(number), who)
    return u


@njit(**JIT)
def keys(key, purpose, parent, number):
    """Keys (uint32 [r]) of rows that come from others: words of the counter of the parent's key and a number."""
    out = np.empty(parent.size, np.uint32)
    seed = u64(key.seed)
    for i in range(parent.size):
        out[i], _, _, _ = philox(parent[i], u32(number[i]), purpose, key.population, u32(seed & HALF_WORD), u32(seed >> WORD))
    return out


@njit(**INNER)
def _move_chance(member, birth, quintile, move, month):
    """Chance that a household moves: the mean over those of it who are born."""
    total, count = 0.0, 0
    for i in member:
        if birth[i] <= month:
            total += move[quintile[i], min((month - birth[i]) // YEAR, move.shape[1] - 1)]
            count += 1
    return total / count if count > 0 else 0.0


@njit(**JIT)
def moves(first, member, rows, tables, key, low, high, out, start, count):
    """Months in which the household of a row has changed, rising, for every household.

    first [h + 1], member: rows of each household; low, high: from month `low` to before `high` is lived. With an empty `out`
    writes how many they are into count [h]; else writes them from start [h + 1] on.
    """
    writing = out.size > 0
    for h in range(first.size - 1):
        mine = member[first[h]:first[h + 1]]
        who = rows.key[mine[0]]
        before = 0
        left, u = 1.0, _first(key, MOVE, 1, who)
        for month in range(0, low, -1):
            left *= 1 - _move_chance(mine, rows.birth, rows.quintile, tables.move, month)
            if left < u:
                if writing:
                    out[start[h] + before] = month
                before += 1
                left, u = 1.0, _first(key, MOVE, 2 * before + 1, who)
        for k in range(before // 2 if writing else 0):
            i, j = start[h] + k, start[h] + before - 1 - k
            out[i], out[j] = out[j], out[i]
        after = 0
        left, u = 1.0, _first(key, MOVE, 0, who)
        for month in range(1, high):
            left *= 1 - _move_chance(mine, rows.birth, rows.quintile, tables.move, month - 1)
            if left < u:
                if writing:
                    out[start[h] + before + after] = month
                after += 1
                left, u = 1.0, _first(key, MOVE, 2 * after, who)
        count[h] = before + after


@njit(**JIT)
def births(rows, end, tables, key, high, mother, month):
    """Children born after month 0 and before `high`: writes row of the mother and month as far as there is room; returns how many.

    end [r]: first month without anybody in the row. A birth follows a month in which the mother was there.
    """
    fertile = np.flatnonzero(tables.birth.sum(0) > 0)
    found = 0
    if fertile.size == 0:
        return found
    for r in range(rows.key.size):
        if rows.sex[r] == 0 and end[r] > 0:
            number = 0
            left, u = 1.0, _first(key, BIRTH, 0, rows.key[r])
            for t in range(max(0, rows.birth[r] + YEAR * fertile[0]), min(end[r], high - 1)):
                age = (t - rows.birth[r]) // YEAR
                if age > fertile[-1]:
                    break
                left *= 1 - tables.birth[rows.quintile[r], age]
                if left < u:
                    if found < mother.size:
                        mother[found], month[found] = r, t + 1
                    found += 1
                    number += 1
                    left, u = 1.0, _first(key, BIRTH, number, rows.key[r])
    return found


@njit(**JIT)
def past(rows, tables, key, low, like, gone, rank):
    """Those who lived from month `low` on and died before month 0, as companions of the residents of month 0.

    Backwards, a cohort of N had N / (1 - d) in the month before: each resident of month 0 stands for those of its age, sex
    and quintile who have died. Writes row of the companion, first month without them and rank of frailty before; returns how
    many (see `births`).
    """
    found = 0
    for r in range(rows.key.size):
        number, many = 0, 1.0
        left, u = 1.0, _first(key, PAST, 0, rows.key[r])
        for month in range(0, low, -1):
            age = month - 1 - rows.birth[r]
            if age < 0:
                break
            d = tables.mean_death[rows.sex[r], rows.quintile[r], age]
            left *= 1 - min(many * d / (1 - d), 1.0)
            many /= 1 - d
            if left < u:
                if found < like.size:
                    _, v, within, _ = block(key.seed, key.population, PAST, u32(number), rows.key[r])
                    like[found], gone[found] = r, month
                    rank[found] = _rank_of_dead(tables.death[rows.sex[r], rows.quintile[r], age // YEAR], tables.frail[age], v * d,
                                                within)
                found += 1
                number += 1
                left, u = 1.0, _first(key, PAST, number, rows.key[r])
    return found


@njit(**INNER)
def _rank_of_dead(death, frail, below, within):
    """Rank of someone who dies: `below` of the chance of death summed over the ranks lies under the own; even in a category."""
    low = 0.0
    for k in range(LEVELS + 1):
        high = 1 - frail[k] if k < LEVELS else 1.0
        share = (high - low) * death[k]
        if below <= share and high > low:
            return low + (high - low) * within
        below -= share
        low = high
    return 1.0


@njit(**INNER)
def _category(rank, frail):
    out = 0
    for k in range(LEVELS):
        out += int(rank >= 1 - frail[k])
    return out


@njit(**INNER)
def _conditions(rank, own, tables, quintile, age):
    """Long-term conditions at an age in months, by the rank of frailty and the own (see `conditions.number`)."""
    place = rank if own < tables.together else (own - tables.together) / (1 - tables.together)
    out = 0
    for k in range(CONDITIONS):
        out += int(place >= 1 - tables.many[quintile, age, k])
    return out


@njit(**INNER)
def _later(rank, death, frail):
    """Rank a month later of someone who lives on."""
    lost = total = low = 0.0
    for k in range(LEVELS + 1):
        high = 1 - frail[k] if k < LEVELS else 1.0
        lost += death[k] * min(max(rank - low, 0.0), high - low)
        total += death[k] * (high - low)
        low = high
    return min((rank - lost) / (1 - total), 1.0)


@njit(**INNER)
def _earlier(rank, death, frail):
    """Rank a month earlier: the inverse of `_later`."""
    total = low = 0.0
    for k in range(LEVELS + 1):
        high = 1 - frail[k] if k < LEVELS else 1.0
        total += death[k] * (high - low)
        low = high
    goal, low = rank * (1 - total), 0.0
    for k in range(LEVELS + 1):
        high = 1 - frail[k] if k < LEVELS else 1.0
        part = (high - low) * (1 - death[k])
        if goal <= part:
            return low + goal / (1 - death[k])
        goal -= part
        low = high
    return 1.0


@njit(**INNER)
def _forward(rank, own, r, rows, tables, month, end, u, worsens, gains):
    """Live on from `month` with these ranks: writes when frailty worsens and conditions come; first month no longer alive, STAYS if
    not by `end`."""
    frail, oldest = tables.frail, tables.frail.shape[0]
    left, known, had = 1.0, 0, 0
    for t in range(month, end):
        age = t - rows.birth[r]
        now = _conditions(rank, own, tables, rows.quintile[r], min(age, oldest - 1))
        while had < now:
            gains[had] = t
            had += 1
        death = tables.death[rows.sex[r], rows.quintile[r], min(age // YEAR, tables.death.shape[2] - 1)]
        if frail[min(age, oldest - 1), 0] > 0:
            here = _category(rank, frail[min(age, oldest - 1)])
            while known < here:
                worsens[known] = t
                known += 1
            left *= 1 - death[here]
            rank = _later(rank, death, frail[min(age, oldest - 1)])
        else:
            left *= 1 - death[0]
        if left < u or age + 1 >= oldest:
            return t + 1
    return STAYS


@njit(**INNER)
def _backward(rank, own, r, rows, tables, month, low, worsens, gains):
    """Live back from `month` to `low`: moves the months in which frailty worsened and conditions came back to when they did."""
    frail = tables.frail
    for t in range(month, low - 1, -1):
        age = t - rows.birth[r]
        here = _category(rank, frail[age])
        for k in range(LEVELS):
            if k < here:
                worsens[k] = t
        gains[:_conditions(rank, own, tables, rows.quintile[r], age)] = t
        if age == 0:
            break
        if t > low and frail[age - 1, 0] > 0:
            rank = _earlier(rank, tables.death[rows.sex[r], rows.quintile[r], (age - 1) // YEAR], frail[age - 1])
    for k in range(LEVELS):
        if worsens[k] == low:
            worsens[k] = ALWAYS
    for k in range(CONDITIONS):
        if gains[k] == low:
            gains[k] = ALWAYS


@njit(**INNER)
def _fill(dates, many, month):
    """Write a month into the first so many dates."""
    for k in range(many):
        dates[k] = month


@njit(**JIT)
def stays(rows, at_start, tables, key, span, moved, first, out, end):
    """Who lives in each row, one stay after another; returns how many.

    at_start [r, 2]: rank of frailty and own rank of the resident of month 0 (below 0: nobody); span: (low, high) months that
    are lived; moved, first: months in which each household moved; out: Stays with room for all; end [r]: written: first month
    without anybody (STAYS: beyond the run).
    """
    low, high = span
    n = 0
    for r in range(rows.key.size):
        h = rows.household[r]
        begin = max(rows.birth[r], low)
        # number of the stay: 0 at month 0 (or the last, of those gone before), 1, 2, .. later, -1, -2, .. earlier
        number = 0
        for m in moved[first[h]:first[h + 1]]:
            number -= int(begin < m < min(rows.gone[r], 1))
        arrives = begin
        end[r] = STAYS
        for e in range(first[h], first[h + 1] + 1):
            leaves = moved[e] if e < first[h + 1] else STAYS
            if leaves <= arrives:
                continue
            last = leaves >= rows.gone[r]
            leaves = min(leaves, rows.gone[r])
            code = 2 * number if number >= 0 else -2 * number - 1
            rank, u, v, w = block(key.seed, key.population, STAY, u32(code), rows.key[r])
            v_rank, own = np.float64(rank), np.float64(w)
            if arrives <= 0 < leaves and at_start[r, 0] >= 0:
                v_rank, own = at_start[r, 0], at_start[r, 1]
            out.row[n], out.u[n], out.at_start[n] = r, v, arrives <= 0 < leaves
            worsens, gains = out.worsens[n], out.gains[n]
            _fill(worsens, worsens.size, STAYS)
            _fill(gains, gains.size, STAYS)
            anchor = leaves - 1 if leaves <= 0 else max(arrives, 0)
            if last and rows.gone[r] < STAYS:
                v_rank, out.dies[n] = rows.rank[r], rows.gone[r]
                _fill(worsens, _category(v_rank, tables.frail[anchor - rows.birth[r]]), anchor)
                _fill(gains, _conditions(v_rank, own, tables, rows.quintile[r], anchor - rows.birth[r]), anchor)
            else:
                from_, to = max(anchor, min(leaves, 0)), min(leaves, high) + YEAR + 1
                out.dies[n] = _forward(v_rank, own, r, rows, tables, from_, to, u, worsens, gains)
            _backward(v_rank, own, r, rows, tables, anchor, arrives, worsens, gains)
            out.arrives[n] = ALWAYS if arrives == low and rows.birth[r] < low else arrives
            out.leaves[n] = min(leaves, out.dies[n])
            n += 1
            if out.dies[n - 1] <= leaves and leaves > 0 or last:
                end[r] = min(leaves, out.dies[n - 1])
                break
            arrives = leaves
            number += 1
    return n
