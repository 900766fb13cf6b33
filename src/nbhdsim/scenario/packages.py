"""Packages: headline claims that belong to a mix of programmes in its places, read under `stance: claimed`.

A claim is never a property of a kind of intervention. Under `controlled` a package changes nothing. Under `claimed` the
members' own effects on the claimed outcome are switched off, those through mechanisms too, so that nothing is counted twice, and
the claim stands in for them: an area claim as a ratio for every resident of the places where the kind `places` works, a
participant claim as the effect on those who join it.
"""
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path as File
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from nbhdsim import documents
from nbhdsim.documents import Closed
from nbhdsim.errors import nearest
from nbhdsim.evidence import Quantity, Source
from nbhdsim.interventions.schema import Effect
from nbhdsim.scenario import Line, Target, Where, adjust

if TYPE_CHECKING:
    from nbhdsim.scenario.checks import Findings
    from nbhdsim.scenario.models import ScenarioModel

FOLDER = File(__file__).parent.parent / "catalogue" / "packages"


class Claim(Closed):
    """One claimed change; case: its id in the evidence on case studies, where its caveats stand."""

    lever: Literal["admission_rr"]
    level: Literal["area", "participant"]
    value: Annotated[float, Field(gt=0.3, lt=3)]
    at: Annotated[int, Field(ge=1, le=240)]
    case: str
    why: str


class Package(Closed):
    """A package: its members (catalogue ids), the one whose places are the package's, and what is claimed for it."""

    schema_: Literal["package/1"] = Field(alias="schema")
    id: str
    name: str
    members: list[str]
    places: str
    claimed: Annotated[list[Claim], Field(min_length=1)]


@cache
def catalogue() -> Mapping[str, Package]:
    """All packages by id."""
    found = [documents.check(documents.read_yaml(file), Package) for file in sorted(FOLDER.glob("*.yaml"))]
    return {package.id: package for package in found}


def applied(model: "ScenarioModel", lines: Mapping[str, Line], find: "Findings") -> dict[str, Line]:
    """The lines under the scenario's stance: as they are, or with the claims of its package in place of their effects."""
    known = catalogue()
    if model.package is not None and model.package not in known:
        find.say(("package",), f"unknown package '{model.package}' ({', '.join(known)}){nearest(model.package, known)}")
        return dict(lines)
    if model.stance == "controlled" or not lines:
        return dict(lines)
    if model.package is None:
        find.say(("stance",), "no package claims anything for this scenario: a headline belongs to a package in its places "
                              f"(`package:` {' or '.join(known)}); run it with `stance: controlled`")
        return dict(lines)
    package = known[model.package]
    chief = [line for line in lines.values() if line.kind.id == package.places and not line.stop]
    if len(chief) != 1 or package.id in lines:
        find.say(("package",), f"{package.id} needs exactly one intervention of kind {package.places}, and none named "
                               f"{package.id}")
        return dict(lines)
    return _claimed(package, lines, chief[0])


def _claimed(package: Package, lines: Mapping[str, Line], chief: Line) -> dict[str, Line]:
    levers: set[str] = {claim.lever for claim in package.claimed}
    out = {key: _without(line, levers) if line.kind.id in package.members else line for key, line in lines.items()}
    for claim in package.claimed:
        if claim.level == "participant":
            kind = out[chief.key].kind
            effect = _effect(claim, kind.id, level="participant")
            out[chief.key] = replace(out[chief.key], kind=replace(kind, effects=(*kind.effects, effect)))
        else:
            effect = _effect(claim, "adjust", level="area")
            out[package.id] = Line(
                key=package.id, kind=adjust.kind(package.name, (effect,)), where=Where(same_as=chief.key), amount=None,
                start=chief.start, end=chief.end, every=None, payers={}, targeting=Target(), at=chief.at)
    return dict(sorted(out.items()))


def _without(line: Line, levers: set[str]) -> Line:
    kept = tuple(effect for effect in line.kind.effects if effect.lever not in levers)
    return replace(line, kind=replace(line.kind, effects=kept, claimed=tuple(sorted(levers))))


def _effect(claim: Claim, kind: str, *, level: str) -> Effect:
    quantity = Quantity(
        address=f"interventions.{kind}.effects.{claim.lever}", value=claim.value, unit="rate ratio", low=claim.value,
        high=claim.value, law="fixed", grade="D", basis="read", stage="run", assumed=False, why=claim.why,
        source=Source(title=f"case study {claim.case}", by="its own report", year=2025, url=""))
    return Effect(lever=claim.lever, level=level, at=claim.at, ramp=None, half_life=None,
                  contrast="before and after, no comparison", quantity=quantity)
