"""Sums of one month by neighbourhood and age segment, as fixed-point integers: the order of residents is nobody's business."""
import numpy as np
from numba import njit

from ..rng import JIT, f32

COLUMNS = ("present", "admissions", "expected", "bed_days", "attendances", "referrals", "satisfaction", "low", "lonely",
           "control")
PRESENT, ADMISSIONS, EXPECTED, BED_DAYS, ATTENDANCES, REFERRALS, SATISFACTION, LOW, LONELY, CONTROL = range(len(COLUMNS))
FIXED = f32(2.0 ** 20)             # units of 2^-20: sums of states are exact integers
HALF = f32(0.5)
LOW_ANSWER = f32(4.5)              # answers 0-4 are a latent value below 4.5
SEGMENTS = 10                      # 0-4 5-9 10-15 16-17 18-34 35-49 50-64 65-74 75-84 85+
CHILD_ITEM, ADULTS = 2, 3          # segment with the 10-15 item; first segment that answers ONS4


@njit(**JIT)
def fixed_sum(x):
    """Sum of a float32 array in units of 2^-20, each value rounded once."""
    total = np.int64(0)
    for i in range(x.size):
        y = x[i] * FIXED
        total += np.int64(np.int32(y + HALF if y >= f32(0) else y - HALF))
    return total


@njit(**JIT)
def fixed_sum_of_two(x, y):
    """Sum of x + y in units of 2^-20."""
    total = np.int64(0)
    for i in range(x.size):
        z = (x[i] + y[i]) * FIXED
        total += np.int64(np.int32(z + HALF if z >= f32(0) else z - HALF))
    return total


@njit(**JIT)
def count_below(x, limit):
    """How many values of x are below `limit`."""
    total = np.int32(0)
    for i in range(x.size):
        total += np.int32(x[i] < limit)
    return np.int64(total)


@njit(**JIT)
def count_two_below(x, y, limit):
    """How many values of x + y are below `limit`."""
    total = np.int32(0)
    for i in range(x.size):
        total += np.int32(x[i] + y[i] < limit)
    return np.int64(total)


@njit(**JIT)
def measure(bounds, lonely_below, satisfaction, expected, minds, sums):
    """Add the states of one place: bounds [11] rows of its segments, oldest first; sums [10, columns] int64.

    minds: (connection, control before induced change, induced connection, induced control), SD, all residents.
    """
    connection, control, more_connection, more_control = minds
    for s in range(SEGMENTS):
        low, high = bounds[SEGMENTS - 1 - s], bounds[SEGMENTS - s]
        cell = sums[s]
        cell[PRESENT] += high - low
        cell[EXPECTED] += fixed_sum(expected[low:high])
        if s >= CHILD_ITEM:
            cell[SATISFACTION] += fixed_sum(satisfaction[low:high])
        if s >= ADULTS:
            cell[LOW] += count_below(satisfaction[low:high], LOW_ANSWER)
            cell[LONELY] += count_two_below(connection[low:high], more_connection[low:high], lonely_below)
            cell[CONTROL] += fixed_sum_of_two(control[low:high], more_control[low:high])


@njit(**JIT)
def add_year(satisfaction, expected, yearly_satisfaction, yearly_expected):
    """Yearly sums per resident: life satisfaction (points x months) and expected admissions."""
    for i in range(satisfaction.size):
        yearly_satisfaction[i] += satisfaction[i]
        yearly_expected[i] += expected[i]
