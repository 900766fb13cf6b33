"""What a run with central values would refuse, found before anything is built: numbers that contradict each other and
effects that cannot be what they say."""
from collections.abc import Mapping
from math import exp, log
from typing import TYPE_CHECKING, Any

from nbhdsim import rates
from nbhdsim.documents import Path
from nbhdsim.errors import NbhdsimError
from nbhdsim.interventions import programme
from nbhdsim.interventions.effects import Effects, effects
from nbhdsim.scenario import Line
from nbhdsim.scenario.models import ScenarioModel

if TYPE_CHECKING:
    from nbhdsim.scenario.checks import Findings

ROUNDING = 1e-6


def refused(model: ScenarioModel, lines: Mapping[str, Line], values: Mapping[str, float], *, tables: Mapping[str, Any],
            find: "Findings") -> None:
    """Say to `find` what a run would refuse at these central values (by address), at the override or the line it comes from."""
    try:
        central = rates.pack(values, tables)
    except NbhdsimError as error:
        for problem in error.problems:
            own = [address for address in model.overrides if address.startswith(problem.path)]
            find.say(("overrides", own[0]) if own else (), problem.message)
        return
    for line in lines.values():
        try:
            programme.aim(line.kind.who, line.targeting)
            _held(effects(line.kind, values, n=central.n, phi=central.phi), line.months, central.preventable)
        except NbhdsimError as error:
            at = _blamed(line, model)
            find.say(at, error.problems[0].message, key=at[0] != "overrides")


def _held(stated: Effects, months: int, preventable: float) -> None:
    """Raises NbhdsimError for an area effect that, within the funded months, prevents more than can be, where participants do
    not do more of it than the others."""
    for curve in stated.at_level("area"):
        least, own = float(curve.rise[:months].min()), stated.other(curve, "participant")
        alone = own is None or float(own.rise.min()) >= least
        if curve.lever == "admission_rr" and alone and least < log(1 - preventable) - ROUNDING:
            raise NbhdsimError.of(f"effect admission_rr (area) needs a rate ratio of {exp(least):.3g} (not below "
                                  f"{1 - preventable:.3g}: no more can be prevented)")


def _blamed(line: Line, model: ScenarioModel) -> Path:
    """The first override of an effect of a line, or of its kind, else the line itself."""
    starts = tuple(f"interventions.{name}.effects." for name in (line.key, line.kind.id))
    own = [address for address in model.overrides if address.startswith(starts)]
    return ("overrides", own[0]) if own else ("interventions", line.key)
