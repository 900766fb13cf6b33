"""What an answer rests on: the outcomes that evidence was put in for, its grades, and the numbers a scenario sets itself."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from nbhdsim import evidence, outcomes
from nbhdsim.evidence import Quantity
from nbhdsim.interventions import programme, schema
from nbhdsim.report import words
from nbhdsim.scenario import numbers


def reached(scenario: Any) -> dict[str, str]:
    """The outcomes that effects of the scenario's programmes can reach, each with the lowest grade of those effects."""
    found: dict[str, str] = {}
    for line in scenario.lines.values():
        aim = programme.aim(line.kind.who, line.targeting)
        for effect in (e for e in line.kind.effects if not e.what_if):
            ages = outcomes.ALL_AGES if effect.level == "area" else (aim.low, aim.high)
            for name in outcomes.moved([(effect.lever, *ages)]):
                found[name] = max(found.get(name, ""), effect.quantity.grade)
        for number in ("strain", "hours_a_year"):                       # numbers of a kind that an outcome counts
            quantity = line.kind.quantities.get(number)
            for name in outcomes.moved([(number, aim.low, aim.high)]) if quantity is not None and quantity.value else ():
                found[name] = max(found.get(name, ""), quantity.grade)
    for name in outcomes.moved([("control", 0, 120)]) if _asked(scenario) else ():
        found[name] = "D"
    return found


def _asked(scenario: Any) -> bool:
    """Does asking, or deciding, move anybody's sense of control?"""
    def of(name: str) -> float:
        return scenario.quantities[f"baseline.consultation.{name}"].value
    if of("deciding") and any(line.kind.delivery == "power" and "asks_a_year" in line.kind.quantities
                              for line in scenario.lines.values()):
        return True
    figures = [{name: q.value for name, q in line.kind.quantities.items()} for line in scenario.lines.values()]
    asks = sum(own.get("asks_a_year", 0.0) * (1 - own.get("acted_on", 1.0)) for own in figures)
    return of("control") > 0 and asks > of("free")


def of_all(scenarios: Sequence[Any]) -> dict[str, dict[str, str]]:
    """`reached` of each scenario by name, what the first one reaches included: a difference to it is moved by both."""
    held = [reached(scenario) for scenario in scenarios]
    both = [{name: max(own.get(name, ""), held[0].get(name, "")) for name in {*own, *held[0]}} for own in held]
    return {scenario.name: own for scenario, own in zip(scenarios, both, strict=True)}


def effects_on(addresses: Iterable[str], outcome: str) -> list[str]:
    """Of these addresses, those of stated effects that can reach an outcome; ages are not asked for."""
    return [address for address in addresses if evidence.is_effect(address)
            and outcome in outcomes.moved([(address.split(".")[3].partition(" ")[0], *outcomes.ALL_AGES)])]


def grades(scenarios: Sequence[Any]) -> str:
    """The evidence grades of the stated effects, in a sentence; "" where nothing is stated."""
    held: dict[str, dict[str, None]] = {}
    for kind in (line.kind for s in scenarios for line in s.lines.values()):
        for letter in sorted({effect.quantity.grade for effect in kind.effects}):
            held.setdefault(letter, {})[kind.name] = None
    told = [f"{words.grade(letter)} ({', '.join(held[letter])})" for letter in sorted(held)]
    return f"Evidence for the stated effects: {'; '.join(told)}. Sources and ranges are in evidence.csv." if told else ""


def overrides(scenarios: Sequence[Any]) -> str:
    """The numbers that scenarios set in place of the catalogue's, in a sentence; "" where there are none."""
    said: dict[str, list[str]] = {}
    for scenario in scenarios:
        catalogue = _catalogue(scenario)
        for address, given in (scenario.data.get("overrides") or {}).items():
            used = _used(scenario, address)
            if used is not None:
                why = given.get("why") if isinstance(given, dict) else ""
                text = f"{address} {_range(catalogue.get(address))}-> {_range(used)}" + (f"({why})" if why else "")
                said.setdefault(text.strip(), []).append(scenario.name)
    told = [f"{'all' if len(names) == len(scenarios) > 1 else ', '.join(names)}: {text}" for text, names in said.items()]
    return f"Numbers set by the scenarios, in place of the catalogue's: {'; '.join(told)}." if told else ""


def _catalogue(scenario: Any) -> dict[str, Quantity]:
    """Every number that can be overridden, as the catalogue has it: by kind, and by line of the scenario."""
    given = scenario.data.get("catalogue")
    folders = [Path(file).parent / given for file in scenario.texts] if given else []
    kinds = schema.kinds(next((folder for folder in folders if folder.is_dir()), None))
    found = {**evidence.load_baseline()[0], **evidence.load_economics()}
    for key, kind in [*kinds.items(), *((x.key, kinds[x.kind.id]) for x in scenario.lines.values() if x.kind.id in kinds)]:
        found |= {f"interventions.{key}.{name}": quantity for name, quantity in numbers.named(kind).items()}
    return found


def _used(scenario: Any, address: str) -> Quantity | None:
    """The number that an override became, of the first line that has it from there; None where no line does."""
    if address in scenario.quantities:
        return scenario.quantities[address]
    if address in scenario.worth:
        return scenario.worth[address]
    _, _, name = address.partition(".")
    kind, _, name = name.partition(".")
    own = [f"interventions.{line.key}.{name}" for line in scenario.lines.values() if line.kind.id == kind]
    return next((scenario.quantities[a] for a in own if a not in scenario.data["overrides"] and a in scenario.quantities), None)


def _range(q: Quantity | None) -> str:
    """`26 (10 to 40) `, `20.9 without a range `, "" for no number."""
    if q is None:
        return ""
    return f"{q.value:g} " + (f"({q.low:g} to {q.high:g}) " if q.low < q.high else "without a range ")


def on_figure(mapping: Mapping[str, str]) -> str:
    """One sentence for a picture: which grade the effects of each scenario shown rest on."""
    by: dict[str, list[str]] = {}
    for scenario, letter in mapping.items():
        by.setdefault(letter, []).append(scenario)
    if len(by) == 1:
        return f"Effects: evidence of {words.grade(next(iter(by)))}."
    return "Effects: evidence of " + "; ".join(f"{words.grade(letter)} ({', '.join(by[letter])})" for letter in sorted(by)) + "."
