"""`kind: adjust`: any lever for any group of residents, from the scenario file alone, without a catalogue entry."""
from typing import TYPE_CHECKING

from nbhdsim.evidence import Quantity
from nbhdsim.interventions.schema import Effect, Kind
from nbhdsim.levers import LEVERS
from nbhdsim.scenario import Line, Target, numbers
from nbhdsim.scenario.models import AdjustModel, LineModel, OverrideModel

if TYPE_CHECKING:
    from nbhdsim.scenario.checks import Findings

EVERYONE = Target()
REST = "interventions.adjust.effects"


def kind(name: str, effects: tuple[Effect, ...]) -> Kind:
    """A kind that reaches everyone in its places and costs nothing by itself; effects at level `exposed`."""
    return Kind(id="adjust", name=name, delivery="adjust", who=None, quantities={}, cost=None, effects=effects, harms=(),
                unknown=(), evidence="")


def of(key: str, given: LineModel, find: "Findings") -> Kind:
    """The kind of an adjust line, from its `effects`; what is wrong with them goes to `find`."""
    at = ("interventions", key)
    if not given.effects:
        find.say(at, "an adjust needs effects: a list of {lever, value, low, high, grade, source}", key=True)
        return kind(key, ())
    several = {e.lever for e in given.effects if sum(other.lever == e.lever for other in given.effects) > 1}
    effects, seen = [], set()
    for i, effect in enumerate(given.effects):
        here = (*at, "effects", i)
        if (effect.lever, effect.at) in seen:
            find.say((*here, "at"), f"{effect.lever} has two values at {effect.at} months")
        if effect.ramp is not None and effect.ramp > effect.at:
            find.say((*here, "ramp"), f"{effect.ramp} months is longer than the {effect.at} at which the value is reached")
        seen.add((effect.lever, effect.at))
        name = f"{effect.lever}.at{effect.at}" if effect.lever in several else effect.lever
        effects.append(_effect(effect, f"{REST}.{name}", at=here, find=find))
    return kind(key, tuple(effects))


def _effect(given: AdjustModel, address: str, *, at: tuple[str | int, ...], find: "Findings") -> Effect:
    lever = LEVERS[given.lever]
    blank = Quantity(
        address=address, value=lever.rest, unit=lever.unit, low=lever.rest, high=lever.rest, stage="run", grade="D",
        law="split_lognormal" if lever.operator == "multiply" else "split_normal", basis="assumption", assumed=True,
        source=numbers.OWN, why="", least=lever.low, most=lever.high)
    override = OverrideModel(value=given.value, low=given.low, high=given.high, law=given.law, source=given.source,
                             grade=given.grade, why=given.why or "an adjust of the scenario", bound=bool(given.why))
    return Effect(lever=given.lever, level="exposed", at=given.at, ramp=given.ramp, half_life=given.half_life,
                  contrast="same people without it", quantity=numbers.number(blank, override, at=at, find=find))


def words(line: Line) -> str:
    """What an adjust moves, of whom: `ae_rr to 0.9 (0.8 to 1) rate ratio after 12 months, of ages 65 to 120`."""
    moved = []
    for effect in line.kind.effects:
        q = effect.quantity
        span = f" ({q.low:g} to {q.high:g})" if q.low < q.high else ""
        way = "to" if LEVERS[effect.lever].operator == "multiply" else "by"
        moved.append(f"{effect.lever} {way} {q.value:g}{span} {q.unit} after {effect.at} months")
    aim = line.targeting
    whom = [f"ages {aim.low} to {aim.high}"] if (aim.low, aim.high) != (EVERYONE.low, EVERYONE.high) else []
    whom += [f"IMD quintile {', '.join(map(str, aim.quintile))}"] if aim.quintile else []
    return "; ".join(moved) + f", of {' in '.join(whom) or 'everyone there'}"
