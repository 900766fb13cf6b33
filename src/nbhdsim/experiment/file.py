"""From an experiment file to an Experiment, checked before the first run: what is varied, how, and what is asked.

    experiment = load("experiments/sobol-ten.yaml")
"""
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from pathlib import Path as File
from typing import Any

import numpy as np

from nbhdsim import documents
from nbhdsim import experiment as runner
from nbhdsim.areas import chosen
from nbhdsim.documents import Document, Path
from nbhdsim.errors import NbhdsimError, Problem, nearest
from nbhdsim.evidence import JUDGEMENT, NOBODY, Quantity, load_economics
from nbhdsim.experiment import asked, factors, models
from nbhdsim.experiment.asked import Asked
from nbhdsim.experiment.factors import OWN, Factor
from nbhdsim.experiment.models import ExperimentModel, OutcomeModel, VaryModel
from nbhdsim.outcomes import OUTCOMES
from nbhdsim.scenario import Scenario, numbers, schema
from nbhdsim.sensitivity import DUMMY, SEED
from nbhdsim.views import AGES, PERSONAL

MANY = ".*"
"""End of an address that stands for every number below it that has a range."""
SAME = ("schema", "name", "months")
"""Keys of a scenario that no point changes: answers are found by the name, and counted over the months, of the files."""
CANNOT = " cannot be: "
WHOLE = " is not a whole number"
"""What is said of a number with decimals where a key needs one without."""
MOST_TRIED = 40


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """An experiment file, checked and complete.

    scenarios: the first is what the others are compared with; factors: what is varied, without the seed and the dummy; asked: the
    questions; files, sets, seed: where the scenarios come from; document: the file, for the places of what is wrong in it.
    """

    name: str
    file: str
    model: ExperimentModel
    scenarios: Sequence[Scenario]
    factors: Sequence[Factor]
    asked: Sequence[Asked]
    files: Sequence[str]
    sets: Sequence[str] = ()
    seed: int | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    document: Document

    @property
    def kind(self) -> str:
        """Kind of its method."""
        return self.model.method.kind


@dataclass
class Findings:
    """The document being checked, changes of its scenarios, and what has been found wrong so far."""

    document: Document
    sets: Sequence[str]
    problems: list[Problem] = field(default_factory=list)

    def say(self, path: Path, message: str, *, key: bool = False) -> None:
        """One more problem, of the value (or the key) at `path`."""
        self.problems.append(self.document.problem(path, message, key=key))


def load(path: str | os.PathLike[str], *, sets: Sequence[str] = (), seed: int | None = None) -> Experiment:
    """The experiment of a YAML file; `sets` and `seed` change its scenarios, as after `--set` and `--seed`.

    Raises NbhdsimError with every problem of the file; if it has none, with those of its scenarios.
    """
    document = documents.read_yaml(path)
    model = documents.check(document, ExperimentModel)
    changes = [*(factors.change(address, value) for address, value in model.set.items()), *sets]
    folder = File(document.file).parent
    files = [os.path.normpath(folder / name) for name in model.scenarios]
    try:
        scenarios = schema.load_all(files, sets=changes, seed=seed)
        runner.check_comparable(scenarios)
    except NbhdsimError as error:
        raise NbhdsimError(_placed(document, error.problems, files)) from None
    find = Findings(document, changes)
    varied = _factors(model, scenarios, find)
    questions = _questions(model, scenarios, find)
    _means(model, varied, questions, scenarios=scenarios, find=find)
    if find.problems:
        raise document.error(find.problems)
    texts = {document.file: File(document.file).read_text(encoding="utf-8-sig")} | runner.texts(scenarios)
    return Experiment(name=model.name or File(document.file).stem, file=document.file, model=model, scenarios=scenarios,
                      factors=varied, asked=questions, files=files, sets=changes, seed=seed, texts=texts, document=document)


def _placed(document: Document, problems: Sequence[Problem], files: Sequence[str]) -> list[Problem]:
    """Problems of scenarios; those without a line are put where the experiment names the scenario, or sets the number."""
    names: dict[str, Path] = {"": ("scenarios",), **{name: ("scenarios", i) for i, name in enumerate(files)}}
    names |= {f"--set {address}": ("set", address) for address in document.data.get("set", {})}
    placed = []
    for p in problems:
        at = names.get(p.file, ()) if not p.line else ()
        said = ": ".join(filter(None, (p.file, p.path, p.message))) if len(at) > 1 and at[0] == "scenarios" else p.message
        placed.append(document.problem(at, said) if at else p)
    return placed


def _factors(model: ExperimentModel, scenarios: Sequence[Scenario], find: Findings) -> list[Factor]:
    """What is varied, in the order of the file; of an uncertainty that names nothing, every unknown and the shared judgement."""
    found: list[Factor] = []
    vary = dict(model.vary)
    if model.method.kind == "uncertainty" and not vary:
        vary = {"baseline.*": "quantity", "interventions.*": "quantity", JUDGEMENT: "quantity"}
    switches = model.method.structure if isinstance(model.method, models.Uncertainty) else {}
    for address, given in vary.items():
        at: Path = ("vary", address)
        if address.endswith(MANY):
            named = {*vary, *switches, *(f.address for f in found)}
            found += [f for f in _many(address, given, scenarios, at=at, find=find) if f.address not in named]
        elif address in switches:
            find.say(at, "is a switch of `structure` already", key=True)
        else:
            found += _one(address, given, scenarios, at=at, find=find)
    for address, values in switches.items():
        found += _one(address, VaryModel(values=values), scenarios, at=("method", "structure", address), find=find)
    taken: dict[str, str] = {}
    for factor in found:
        for name in factor.moves or (factor.address,):
            if name in taken and taken[name] != factor.address:
                find.say(("vary", factor.address), f"moves {name}, which '{taken[name]}' moves too (numbers that were fitted "
                         "together, or are one unknown, are one factor)", key=True)
                break
            taken[name] = factor.address
    return found


def _many(pattern: str, given: Any, scenarios: Sequence[Scenario], *, at: Path, find: Findings) -> list[Factor]:
    """A factor for every unknown below an address that leaves the population as it is."""
    if given != "quantity":
        find.say(at, "many numbers at once have their own laws: quantity")
        return []
    start = pattern.removesuffix("*")
    unknowns: dict[str, list[str]] = {}
    for scenario in scenarios:
        for address, q in scenario.quantities.items():
            if address.startswith(start) and q.law != "fixed" and q.stage == "run":
                unknowns.setdefault(factors.unknown(q), [])
                unknowns[factors.unknown(q)] += [address] if address not in unknowns[factors.unknown(q)] else []
    if not unknowns and start not in ("baseline.", "interventions."):
        words = {".".join(a.split(".")[:i]) + MANY for s in scenarios for a in s.quantities for i in (1, 2)}
        find.say(at, f"no number with a range begins with '{start}'{nearest(pattern, words)}", key=True)
    all_of = {a: q for s in scenarios for a, q in s.quantities.items()}
    return [Factor(address=name, law=all_of[moves[0]], moves=tuple(moves), own=True, central=all_of[moves[0]].value,
                   build=any(all_of[a].stage == "build" for a in moves)) for name, moves in unknowns.items()]


def _one(address: str, given: Any, scenarios: Sequence[Scenario], *, at: Path, find: Findings) -> list[Factor]:
    """The factor of one address: a number of the scenarios or a knob of their files; none where something is wrong."""
    if address == JUDGEMENT:
        if given != "quantity":
            find.say(at, "has its own law, which all judged effects share: quantity")
        return [Factor(address=JUDGEMENT)]
    if address in OWN:
        find.say(at, f"'{address}' is added by the method itself", key=True)
        return []
    follow = factors.followers(address, scenarios)
    if not follow:
        return _knob(address, given, scenarios, at=at, find=find)
    law = follow.get(address) or next(iter(follow.values()))
    build, central = any(q.stage == "build" for q in follow.values()), law.value
    if given == "quantity":
        if law.law == "fixed":
            find.say(at, f"is exact ({law.value:g}): give low and high with a law, or values")
            return []
        return [Factor(address=address, law=law, moves=tuple(follow), own=True, build=build, central=central)]
    for number in given.values or (given.low, given.value, given.high):
        if isinstance(number, str | bool):
            find.say(at, f"'{number}' is not a number ({law.unit})")
            return []
        if number is not None and (said := numbers.impossible(replace(law, law="fixed"), (number,))):
            find.say(at, said)
            return []
    if given.law == "beta" and (said := numbers.impossible(replace(law, law="beta"), (given.low, given.high))):
        find.say(at, said)
        return []
    own = tuple(a for a, q in follow.items() if not q.joint or a == address)
    return [Factor(address=address, moves=own, build=build, central=central, **_values(address, given, law))]


def _values(address: str, given: VaryModel, unit: Quantity | None) -> dict[str, Any]:
    """The values of a factor: listed, in equal steps, or a law of its own."""
    if given.values is not None:
        return {"values": tuple(given.values), "law": unit}
    if given.low is None or given.high is None:
        raise ValueError("the shape of the file has been checked")
    if given.steps is not None:
        steps = [float(x) for x in np.linspace(given.low, given.high, given.steps)]
        whole = unit is None and all(x == round(x) for x in steps)          # a knob may take whole numbers alone
        return {"values": tuple(round(x) if whole else x for x in steps), "law": unit}
    middle = given.value if given.value is not None else (given.low * given.high) ** 0.5 if given.law in (
        "loguniform", "split_lognormal") else (given.low + given.high) / 2
    return {"law": Quantity(address=address, value=middle, unit=unit.unit if unit else "", low=given.low, high=given.high,
                            law=given.law or "fixed", grade="D", source=NOBODY, why=given.why, basis="assumption", stage="run",
                            least=unit.least if unit else -inf, most=unit.most if unit else inf)}


def _knob(address: str, given: Any, scenarios: Sequence[Scenario], *, at: Path, find: Findings) -> list[Factor]:
    """A key of the scenario files; what it can be is tried in them before anything runs."""
    try:
        path = schema.knob(address)
    except NbhdsimError as error:
        find.say(at, error.problems[0].message, key=True)
        return []
    if address in load_economics():
        find.say(at, "changes no run, only what its results are worth", key=True)
        return []
    if path[0] == "overrides":
        known = {a for s in scenarios for a in s.quantities} | {f"scenario.{key}" for key in schema.KEYS}
        find.say(at, f"no scenario here has a number at this address{nearest(address, known)}", key=True)
        return []
    if given == "quantity":
        find.say(at, "a knob of the scenario has no law of its own: give values, or low and high with a law")
        return []
    if path[0] in SAME:
        find.say(at, "is the same at every point of an experiment", key=True)
        return []
    factor = Factor(address=address, **_values(address, given, None))
    for value in _tried(factor):
        try:
            schema.load_all([s.file for s in scenarios], sets=[*find.sets, *factors.knobs({address: value})])
        except NbhdsimError as error:
            if not factor.values and isinstance(value, float) and any(WHOLE in p.message for p in error.problems):
                find.say((*at, "law"), "is a whole number in the scenario files (law integer with whole ends, or values)")
                break
            before = {p.message.partition(CANNOT)[2] for p in find.problems}
            for problem in (p for p in error.problems if p.message not in before):
                hint = f"; a {given.law} law has no ends (a uniform or triangular one has)" if factor.unbounded else ""
                find.say(at, f"{value!r}{CANNOT}{problem.message}{hint}")
    return [factor]


def _tried(factor: Factor) -> Sequence[Any]:
    """The values of a knob that are tried before anything runs: all of a few, else the ends and the middle."""
    if factor.values:
        return factor.values
    ends = [factor.value(u) for u in (0.0, 0.5, 1.0)]
    some = range(ends[0], ends[-1] + 1) if isinstance(ends[0], int) else ends
    return some if len(some) <= MOST_TRIED else ends


def _questions(model: ExperimentModel, scenarios: Sequence[Scenario], find: Findings) -> list[Asked]:
    each = [_question(given, scenarios, at=("outcomes", i), find=find) for i, given in enumerate(model.outcomes)]
    found = [one for one in each if one is not None]
    for i, one in enumerate(found):
        if one.label in {other.label for other in found[:i]}:
            find.say(("outcomes", i), f"two outcomes are called '{one.label}' (give one a label)")
    return found


def _question(given: OutcomeModel, scenarios: Sequence[Scenario], *, at: Path, find: Findings) -> Asked | None:
    """One question, or None and what is wrong with it."""
    before, first = len(find.problems), scenarios[0]
    if given.name not in OUTCOMES:
        find.say((*at, "name"), f"'{given.name}' is not an outcome ({', '.join(OUTCOMES)}){nearest(given.name, OUTCOMES)}")
    if given.age not in AGES:
        find.say((*at, "age"), f"'{given.age}' is not an age band ({', '.join(AGES)}){nearest(given.age, AGES)}")
    if given.as_ == "difference" and len(scenarios) < 2:
        find.say((*at, "as"), "a difference needs two scenarios or more (as: level)")
    if given.people != "all" and given.name not in PERSONAL:
        find.say((*at, "people"), f"{given.name} is not counted by people ({', '.join(PERSONAL)})")
    area = chosen.area(first.area)
    places = ["all", *sorted(set(area.district)), *area.place]
    if given.place not in places:
        find.say((*at, "place"), f"no place '{given.place}' in {first.area.name or first.area.csv} ({', '.join(places[:9])}, ..)"
                 f"{nearest(given.place, places)}")
    begin, end = asked.period(given.over, first.months)
    if not 0 <= begin < end <= first.months:
        find.say((*at, "over"), f"'{given.over}' is not within months 0-{first.months - 1} (years 1-{first.months // 12})")
    view = asked.view(given.people, given.quintile, given.age, place=given.place, neighbourhoods=area.place)
    if not view:
        find.say(at, "is not kept that finely (by place alone; by people and quintile; or by quintile and age)")
    if view in ("people", "neighbourhood") and (begin % 12 or end % 12):
        find.say((*at, "over"), "is counted by whole years only there (years 1-3)")
    if len(find.problems) > before:
        return None
    return Asked(given.label or _label(given), given.name, given.as_ == "difference", given.people, given.place, given.quintile,
                 given.age, begin, end, view)


def _label(given: OutcomeModel) -> str:
    """A name made of what makes it different from the plain outcome."""
    about = [given.people if given.people != "all" else "", given.place if given.place != "all" else "",
             f"quintile {given.quintile}" if given.quintile else "", f"ages {given.age}" if given.age != "all" else "",
             given.over or "", "level" if given.as_ == "level" else ""]
    return ", ".join([given.name, *filter(None, about)])


def _means(model: ExperimentModel, varied: Sequence[Factor], questions: Sequence[Asked], *, scenarios: Sequence[Scenario],
           find: Findings) -> None:
    """What method, factors, questions and replicates mean together."""
    kind, many = model.method.kind, isinstance(model.method, models.Cross | models.Discover | models.Sweep)
    if many and not varied and not find.problems:
        find.say(("vary",), f"is required but missing: what a {kind} varies, by address", key=True)
    if kind == "compare" and model.vary:
        find.say(("vary",), "means nothing for a compare (uncertainty draws named numbers, sweep chooses their values)", key=True)
    if kind == "morris":
        for factor in (f for f in varied if not f.ordered):
            find.say(("vary", factor.address), "its values have no order, and Morris' steps need one (sobol and delta do not)")
    if isinstance(model.method, models.Sweep) and model.method.design in ("grid", "one_at_a_time", "list"):
        for factor in (f for f in varied if not f.values):
            find.say(("vary", factor.address), f"a {model.method.design} needs values or steps (a law is for latin_hypercube and "
                     "sobol_points)")
        sizes = {len(f.values) for f in varied}
        if model.method.design == "list" and len(sizes) > 1:
            find.say(("vary",), f"a list needs as many values of each ({', '.join(map(str, sorted(sizes)))} given)", key=True)
    if isinstance(model.method, models.Grouped):
        _groups(model.method.groups, varied, find)
    if isinstance(model.replicates, models.ReplicatesModel):
        _among(model.replicates.until.of, ("replicates", "until", "of"), questions=questions, find=find)
    if isinstance(model.method, models.Discover):
        when = model.method.when
        _among(when.outcome, ("method", "when", "outcome"), questions=questions, find=find)
        names = [s.name for s in scenarios]
        if when.of == names[0] and all(one.difference for one in questions if when.outcome in (one.name, one.label)):
            find.say(("method", "when", "of"), f"'{when.of}' is what the others are compared with (as: level, or another scenario)")
        if when.of is not None and when.of not in names:
            find.say(("method", "when", "of"), f"no scenario '{when.of}' ({', '.join(names)}){nearest(when.of, names)}")


def _among(word: str, at: Path, *, questions: Sequence[Asked], find: Findings) -> None:
    words = [one.label for one in questions]
    if words and word not in {one.name for one in questions} | set(words):
        find.say(at, f"'{word}' is not asked for in outcomes ({', '.join(words)}){nearest(word, words)}")


def _groups(groups: Mapping[str, Sequence[str]], varied: Sequence[Factor], find: Findings) -> None:
    known, seen = [f.address for f in varied], set[str]()
    for name, members in groups.items():
        if name in (SEED, DUMMY, *known):
            find.say(("method", "groups", name), "is the name of a factor already", key=True)
        for i, member in enumerate(members):
            if member not in known:
                find.say(("method", "groups", name, i), f"'{member}' is not varied{nearest(member, known)}")
            elif member in seen:
                find.say(("method", "groups", name, i), f"'{member}' is in two groups")
            seen.add(member)
