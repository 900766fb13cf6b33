"""Sums of one month by neighbourhood and age segment, as fixed-point integers: the order of residents is nobody's business."""
from typing import NamedTuple

import numpy as np
from numba import njit

from ..residents import MECHANISMS
from ..rng import INNER, f32, u64

COLUMNS = ("present", "admissions", "expected", "bed_days", "attendances", "referrals", "satisfaction", "low", "lonely",
           "control", "connected", "in_control", "help_seeking", "confident")
(PRESENT, ADMISSIONS, EXPECTED, BED_DAYS, ATTENDANCES, REFERRALS, SATISFACTION, LOW, LONELY, CONTROL, CONNECTED, IN_CONTROL,
 HELP_SEEKING, CONFIDENT) = range(len(COLUMNS))
FIXED = f32(2.0 ** 20)             # units of 2^-20: sums of states are exact integers
LOW_ANSWER = f32(4.5)              # answers 0-4 are a latent value below 4.5
SEGMENTS = 10                      # 0-4 5-9 10-15 16-17 18-34 35-49 50-64 65-74 75-84 85+
CARE = MECHANISMS.index("self_care")
CHILD_ITEM, ADULTS = 2, 3          # segment with the 10-15 item; first segment that answers ONS4


@njit(**INNER)
def fixed_sum(x, low, high):
    """Sum of a float32 array's rows low..high in units of 2^-20, each value rounded to the nearest (halves to even)."""
    total = np.int64(0)
    for i in range(low, high):
        total += np.int64(np.int32(np.rint(x[i] * FIXED)))
    return total


@njit(**INNER)
def fixed_sum_of_two(x, y, low, high):
    """Sum of x + y in units of 2^-20."""
    total = np.int64(0)
    for i in range(low, high):
        total += np.int64(np.int32(np.rint((x[i] + y[i]) * FIXED)))
    return total


@njit(**INNER)
def count_below(x, limit, low, high):
    """How many values of x are below `limit`."""
    total = np.int32(0)
    for i in range(low, high):
        total += np.int32(x[i] < limit)
    return np.int64(total)


@njit(**INNER)
def count_two_below(x, y, limit, low, high):
    """How many values of x + y are below `limit`."""
    total = np.int32(0)
    for i in range(low, high):
        total += np.int32(x[i] + y[i] < limit)
    return np.int64(total)


class Lines(NamedTuple):
    """Levels (SD): of connection below which a resident is lonely often or always, and from which on they are connected; of
    control, in control; of self-care, seeking help in time, and confident."""

    lonely: np.float32
    connected: np.float32
    in_control: np.float32
    help_seeking: np.float32
    confident: np.float32


@njit(**INNER)
def measure(place, ground, lines, state, luck, sums):
    """Add the states of one place; sums [p, 10, columns] int64. Those who are not there answer 0, are far above the lines of
    connection and below those of self-care, and have a control of 0: they are taken off where they would be counted."""
    bounds, away = ground.bounds, ground.away[place]
    for s in range(SEGMENTS):
        low, high = u64(bounds[place, SEGMENTS - 1 - s]), u64(bounds[place, SEGMENTS - s])
        sums[place, s, PRESENT] += np.int64(high - low) - away[s]
        sums[place, s, EXPECTED] += fixed_sum(state.expected, low, high)
        if s >= CHILD_ITEM:
            sums[place, s, SATISFACTION] += fixed_sum(state.life_satisfaction, low, high)
        if s >= ADULTS:
            sums[place, s, LOW] += count_below(state.life_satisfaction, LOW_ANSWER, low, high) - away[s]
            sums[place, s, LONELY] += count_two_below(luck.connection, state.spill[0], lines.lonely, low, high)
            sums[place, s, CONTROL] += fixed_sum_of_two(luck.control, state.spill[1], low, high)
            heads = np.int64(high - low)
            here = heads - away[s]
            sums[place, s, CONNECTED] += here - count_two_below(luck.connection, state.spill[0], lines.connected, low, high)
            above = heads - count_two_below(luck.control, state.spill[1], lines.in_control, low, high)
            sums[place, s, IN_CONTROL] += above - (away[s] if lines.in_control <= 0 else 0)
            care, induced = luck.self_care, state.spill[CARE]
            sums[place, s, HELP_SEEKING] += heads - count_two_below(care, induced, lines.help_seeking, low, high)
            sums[place, s, CONFIDENT] += heads - count_two_below(care, induced, lines.confident, low, high)


@njit(**INNER)
def add_year(state, years, low, high):
    """Yearly sums per resident: life satisfaction (points x months) and expected admissions."""
    for i in range(low, high):
        years.life_satisfaction[i] += state.life_satisfaction[i]
        years.expected[i] += state.expected[i]
