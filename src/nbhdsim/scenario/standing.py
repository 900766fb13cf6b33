"""Existing provision and its cuts, as a file has them, turned into lines like any other.

What stands under `existing` runs in every scenario, do-nothing included, and the baseline has its effects already: by itself it
is nothing to simulate and costs nothing new. A line with `stop` ends it; a line with the key of what was cut funds it again, as
it was. Funded again in the month of the cut, it was never cut.
"""
from typing import TYPE_CHECKING

from nbhdsim.errors import nearest
from nbhdsim.interventions.schema import Kind
from nbhdsim.relations import RELATIONS
from nbhdsim.scenario.models import ExistingModel, LineModel, ScenarioModel
from nbhdsim.scenario.months import month_of, month_text, year_month

if TYPE_CHECKING:
    from nbhdsim.scenario.checks import Findings

OF_A_CUT = ("stop", "where", "start", "end")
OF_A_RETURN = ("start",)
ON_OTHERS = ("handover", "strain", "readiness", "network")


def unfolded(model: ScenarioModel, find: "Findings") -> ScenarioModel:
    """The scenario with each cut told in full (what it stops, until it is funded again); what is wrong with cuts goes to `find`."""
    cuts: dict[str, str] = {}
    lines: dict[str, LineModel] = {}
    for key, given in model.interventions.items():
        if given.stop is None:
            if key not in model.existing:
                lines[key] = given
        elif (full := _cut(key, given, model, cuts=cuts, find=find)) is not None:
            lines[key] = full
            cuts[full.stop or ""] = key
    for key in model.interventions:
        if key in model.existing:
            _returns(key, model, lines, cut=cuts.get(key), find=find)
    return model.model_copy(update={"interventions": lines})


def _cut(key: str, given: LineModel, model: ScenarioModel, *, cuts: dict[str, str], find: "Findings") -> LineModel | None:
    at, known, stop = ("interventions", key), sorted(model.existing), given.stop or ""
    for name in given.model_fields_set - set(OF_A_CUT):
        find.say((*at, name), f"a cut has {', '.join(OF_A_CUT)}; the rest is that of what it stops", key=True)
    if stop not in known:
        find.say((*at, "stop"), f"no existing provision '{stop}' ({', '.join(known) or 'it has none'}){nearest(stop, known)}")
    elif stop in cuts:
        find.say((*at, "stop"), f"{stop} is stopped by {cuts[stop]} already")
    else:
        stands = model.existing[stop]
        fields = {name: getattr(stands, name) for name in ExistingModel.model_fields}
        return given.model_copy(update={**fields, "kind": stands.kind or stop, "where": given.where})
    return None


def _returns(key: str, model: ScenarioModel, lines: dict[str, LineModel], *, cut: str | None, find: "Findings") -> None:
    """A line that funds what was cut again, from its start on: the cut ends the month before, or was none."""
    given, at = model.interventions[key], ("interventions", key)
    if cut is None:
        find.say(at, "is existing provision, which runs as it is; a line of this name funds it again after a line with "
                     f"`stop: {key}`", key=True)
        return
    for name in given.model_fields_set - set(OF_A_RETURN):
        if getattr(given, name) != getattr(model.existing[key], name, None):
            find.say((*at, name), "it is funded again as it was (start alone is told)", key=True)
    from_, to = (month_of(text or model.start, model.start) for text in (lines[cut].start, given.start))
    if lines[cut].end is not None:
        find.say(("interventions", cut, "end"), f"{key} says when it is funded again; leave one of them out")
    elif to < from_:
        find.say((*at, "start"), f"{given.start or model.start} is before the cut, {lines[cut].start or model.start}")
    elif to == from_:
        del lines[cut]
    else:
        lines[cut] = lines[cut].model_copy(update={"end": month_text(to - 1, year_month(model.start))})


def refused(path: tuple[str, str], kind: Kind, find: "Findings") -> None:
    """Say to `find` when what stands at `path` works through other programmes (at rest it does not): what its end does to them is
    not modelled."""
    own = [effect.lever for effect in kind.effects if effect.lever in RELATIONS]
    own += [name for name in ON_OTHERS if name in kind.quantities and kind.quantities[name].value]
    if own or kind.delivery in ("adjust", "power"):
        what = f"works through others ({', '.join(sorted(set(own)))})" if own else f"is delivered as {kind.delivery}"
        find.say(path, f"{kind.id} {what}: what its end would do is not modelled", key=True)
