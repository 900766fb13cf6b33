"""A month's residents as a user reads them: named arrays, read-only."""
import numpy as np

from ..groups import EXCLUDED, belongs, bits
from ..rates import Rates
from ..residents import SEGMENT_FROM, Residents, Script, age_at, present, readonly
from ..rng import f32
from . import State
from .luck import CARE, SERIES, Loadings, Luck
from .measure import ADULTS, CHILD_ITEM, FIXED, LOW_ANSWER, Lines
from .prepare import ADMISSION, SATISFACTION, traits

ADULT_FROM = SEGMENT_FROM.index(18)    # segment from which nobody is referred to children's social care
CHILD_FROM = 10                    # age from which the child item is answered


def residents(script: Script, state: State, luck: Luck, *, rates: Rates, loadings: Loadings) -> Residents:
    """Every resident at the end of the month just run; life satisfaction is NaN below the age of the child item and
    where nobody is."""
    drift = [sum(loadings.root[k, j] * luck.drift[j] for j in range(k + 1)) for k in range(SERIES)]
    age = age_at(script)
    answers = np.where((age < CHILD_FROM) | ~present(script), np.nan, state.life_satisfaction).astype(f32)
    return readonly(Residents(
        script.id, script.place, script.household, script.school, script.practice, script.sex, script.disabled,
        belongs(script, (EXCLUDED,)), bits(script), script.birth_month, age, script.arrives, script.leaves,
        script.conditions, script.frailty,
        np.stack(traits(script.born, rates)).astype(f32), np.stack(drift).astype(f32), state.spill.copy(),
        (rates.ls_trait_sd * script.born[SATISFACTION]).astype(f32), luck.slow.copy(),
        (rates.s * script.born[ADMISSION]).astype(f32), luck.acuity.copy(), state.excitation.copy(), answers))



def additions(state: State, luck: Luck, felt: np.ndarray, *, segment: np.ndarray, lines: Lines) -> dict[str, np.ndarray]:
    """What each row adds to the sums of the month just run (step.measure), by outcome: int64 [n] in units of 2^-20.

    felt [5, n]: the induced change of that month (`advance`). Rows without anybody add what they add in every scenario. Events
    that are counted without keeping whose they are (nights, attendances) are not among them.
    """
    grown, teens = segment >= ADULTS, (segment >= CHILD_ITEM) & (segment < ADULTS)
    answers, one = _fixed(state.life_satisfaction), np.int64(FIXED)
    connection, control, care = luck.connection + felt[0], luck.control + felt[1], luck.self_care + felt[CARE]
    counted = {"low_life_satisfaction": state.life_satisfaction < LOW_ANSWER, "lonely": connection < lines.lonely,
               "connected": connection >= lines.connected, "in_control": control >= lines.in_control,
               "help_seeking": care >= lines.help_seeking, "confident": care >= lines.confident}
    return {"emergency_admissions": state.admitted * one, "expected_admissions": _fixed(state.expected),
            "child_referrals": np.where(segment < ADULT_FROM, state.referred, 0) * one, "life_satisfaction": answers * grown,
            "child_wellbeing": answers * teens, "control": _fixed(control) * grown,
            **{name: (grown & held) * one for name, held in counted.items()}}


def _fixed(x: np.ndarray) -> np.ndarray:
    """float32 values in units of 2^-20, halves to even."""
    return np.rint(x * FIXED).astype(np.int64)
