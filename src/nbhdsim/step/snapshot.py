"""A month's residents as a user reads them: named arrays, read-only."""
import numpy as np

from ..groups import EXCLUDED, belongs, bits
from ..rates import Rates
from ..residents import Residents, Script, age_at, present, readonly
from ..rng import f32
from . import State
from .luck import SERIES, Loadings, Luck
from .prepare import ADMISSION, SATISFACTION, traits

CHILD_FROM = 10                    # age from which the child item is answered


def residents(script: Script, state: State, luck: Luck, *, rates: Rates, loadings: Loadings) -> Residents:
    """Every resident at the end of the month just run; life satisfaction is NaN below the age of the child item and
    where nobody is."""
    drift = [sum(loadings.root[k, j] * luck.drift[j] for j in range(k + 1)) for k in range(SERIES)]
    age = age_at(script)
    answers = np.where((age < CHILD_FROM) | ~present(script), np.nan, state.life_satisfaction).astype(f32)
    return readonly(Residents(
        script.id, script.place, script.household, script.school, script.practice, script.sex, script.disabled,
        belongs(script, (EXCLUDED,)), bits(script), script.birth_month, age, script.arrives, script.leaves, script.frailty,
        np.stack(traits(script.born, rates)).astype(f32), np.stack(drift).astype(f32), state.spill.copy(),
        (rates.ls_trait_sd * script.born[SATISFACTION]).astype(f32), luck.slow.copy(),
        (rates.s * script.born[ADMISSION]).astype(f32), luck.acuity.copy(), state.excitation.copy(), answers))

