"""What a run with central values would refuse, found before anything is built: numbers that contradict each other and
effects that cannot be what they say."""
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nbhdsim import rates
from nbhdsim.documents import Path
from nbhdsim.errors import NbhdsimError
from nbhdsim.interventions import programme
from nbhdsim.interventions.effects import effects, held
from nbhdsim.scenario import Line
from nbhdsim.scenario.models import ScenarioModel

if TYPE_CHECKING:
    from nbhdsim.scenario.checks import Findings


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
            held(effects(line.kind, values, n=central.n, phi=central.phi), line.months, central.preventable)
        except NbhdsimError as error:
            at = _blamed(line, model)
            find.say(at, error.problems[0].message, key=at[0] != "overrides")


def _blamed(line: Line, model: ScenarioModel) -> Path:
    """The first override of an effect of a line, or of its kind, else the line itself."""
    starts = tuple(f"interventions.{name}.effects." for name in (line.key, line.kind.id))
    own = [address for address in model.overrides if address.startswith(starts)]
    return ("overrides", own[0]) if own else ("interventions", line.key)
