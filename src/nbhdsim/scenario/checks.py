"""What the values of a scenario file mean together: dates, kinds, places, payers, money. Every problem at once."""
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import fsum, isfinite
from pathlib import Path as File

import numpy as np

from nbhdsim import areas
from nbhdsim.areas import csv_file
from nbhdsim.documents import Document, Path
from nbhdsim.errors import NbhdsimError, Problem, closest, nearest
from nbhdsim.evidence import Quantity
from nbhdsim.interventions import schema as catalogue
from nbhdsim.pools import Pool
from nbhdsim.scenario import (
    AMOUNTS,
    Amount,
    AreaSpec,
    Line,
    Scenario,
    Target,
    Where,
    adjust,
    central,
    funding,
    numbers,
    packages,
    standing,
    streams,
    where,
)
from nbhdsim.scenario.models import AreaModel, ExistingModel, LineModel, ScenarioModel, TargetModel, WhereModel
from nbhdsim.scenario.months import month_of, month_text, year_month

ROUNDING = 1e-6
ELSEWHERE = "baseline.practice.elsewhere"
LIST_UNKNOWN = "its cost depends on the residents of places chosen later; give its amount as `funding`, so that it can be checked"
MANY, FEW = 12, 5
"""Words up to which all that are allowed are listed, and how many of more than that: the nearest."""
CUT_IN_PART = "what is saved where part of it is cut is known only once history has been run; leave out `where` or the budget"


@dataclass
class Findings:
    """The document being checked and what has been found wrong in it so far."""

    document: Document
    problems: list[Problem] = field(default_factory=list)

    def say(self, path: Path, message: str, *, key: bool = False) -> None:
        """One more problem, of the value (or the key) at `path`; said once."""
        if (problem := self.document.problem(path, message, key=key)) not in self.problems:
            self.problems.append(problem)


def scenario(document: Document, model: ScenarioModel, texts: Mapping[str, str]) -> tuple[Scenario | None, list[Problem]]:
    """The scenario of a file of the right shape and no problems, or None and all its problems."""
    find = Findings(document)
    spec, area = _area(model.area, find)
    outline = None if area is None else where.map_of(area)
    before = len(find.problems)
    kinds, files = _kinds(model, find)
    half_known = len(find.problems) > before
    given, model = model, standing.unfolded(model, find)
    lines = {key: line for key in sorted(model.interventions) if (line := _line(
        ("interventions", key), model.interventions[key], kinds, model=model, find=find)) is not None}
    for key, stands in model.existing.items():
        if (line := _line(("existing", key), stands, kinds, model=model, find=find)) is not None:
            standing.refused(("existing", key), line.kind, find)
    lines = packages.applied(model, lines, find)
    quantities, lines, tables = numbers.all_of(model, lines, find, kinds=kinds)
    for key in (key for key, line in lines.items() if line.stop):           # a number of its own may set it going
        standing.refused(("interventions", key), lines[key].kind, find)
    values = {address: quantity.value for address, quantity in quantities.items()}
    _wheres(outline, model, find)
    for line in lines.values():
        _money(line, values, outline, find=find)
    pools = _pools(model, outline, find)
    if model.budget is not None and len(lines) >= len(model.interventions):
        _budget(model, lines, values, outline=outline, find=find)
    if not find.problems:
        central.refused(model, lines, values, tables=tables, find=find)
        _streams(quantities, lines, find)
    if find.problems:
        follow = ("unknown intervention", "unknown address") if half_known else ()     # it may stand in what was refused
        return None, [p for p in find.problems if not p.message.startswith(follow)]
    name = model.name or File(document.file).stem
    data = {**given.model_dump(by_alias=True, exclude_none=True), "name": name}
    return Scenario(name=name, file=document.file, area=spec, area_data=area, start=year_month(model.start),
                    months=model.months, history=model.history, ageing=model.ageing, seed=model.seed,
                    stance=model.stance, lines=lines, quantities=quantities, tables=tables, data=data, texts={**texts, **files},
                    pools=pools, worth=numbers.worth(model.overrides, find)), []


def _streams(quantities: Mapping[str, Quantity], lines: Mapping[str, Line], find: Findings) -> None:
    """Programmes whose names give two random streams one number."""
    for one, other in streams.shared(streams.names(quantities, {*lines, *(line.stop for line in lines.values() if line.stop)})):
        key = next((key for key in lines if key in {*one.split("."), *other.split(".")}), "")
        said = f"the random streams '{one}' and '{other}' would be the same; give it another name"
        find.say(("interventions", key), said, key=True)


def _kinds(model: ScenarioModel, find: Findings) -> tuple[Mapping[str, catalogue.Kind], dict[str, str]]:
    """Every kind by id, and the files of the scenario's own catalogue, if it has one, with their texts."""
    if model.catalogue is None:
        return catalogue.kinds(), {}
    folder = File(find.document.place(("catalogue",)).file).parent / model.catalogue
    files = sorted(folder.glob("*.yaml"))
    if not files:
        find.say(("catalogue",), f"'{folder}' {'has no YAML files' if folder.is_dir() else 'is not a folder'}")
    try:
        return catalogue.kinds(folder), {str(file): file.read_text(encoding="utf-8-sig") for file in files}
    except NbhdsimError as error:
        find.problems += error.problems
        return catalogue.kinds(), {}


def _area(model: AreaModel, find: Findings) -> tuple[AreaSpec, areas.Area | None]:
    spec = AreaSpec(name=model.name or "", csv=model.csv or "", residents=model.residents)
    if (model.name is None) == (model.csv is None):
        find.say(("area",), f"needs exactly one of name (one of {', '.join(areas.names())}) and csv")
        return spec, None
    if model.csv is not None and model.residents is not None:
        find.say(("area", "residents"), "a CSV file says its own residents (leave `residents` out)")
    try:
        if model.csv is None:
            return spec, areas.load(spec.name, residents=spec.residents)
        spec = AreaSpec(csv=str(File(find.document.place(("area", "csv")).file).parent / model.csv))
        return spec, csv_file.read(spec.csv)
    except NbhdsimError as error:
        for problem in error.problems:
            if problem.line:
                find.problems.append(problem)
            elif model.csv is not None:
                find.say(("area", "csv"), f"'{spec.csv}': {problem.message}")
            else:
                find.say(tuple(problem.path.split(".")) if problem.path else ("area",), problem.message)
        return spec, None


def _line(at: Path, given: ExistingModel, kinds: Mapping[str, catalogue.Kind], *, model: ScenarioModel,
          find: Findings) -> Line | None:
    """A line with the catalogue's own numbers, or None where its kind is not known."""
    key = str(at[1])
    if not isinstance(given, LineModel):
        given = LineModel.model_construct(**dict(given))
    start, end = _window(at, given, model, find=find)
    kind = adjust.of(key, given, find) if (given.kind or key) == "adjust" else kinds.get(given.kind or key)
    if kind is None and given.stop:         # said of what it stops
        return None
    if kind is None:
        allowed = sorted([*kinds, "adjust"])
        find.say((*at, "kind") if given.kind else at, key=not given.kind, message=(
            f"unknown intervention '{given.kind or key}' ({', '.join(allowed)}){nearest(given.kind or key, allowed)}"))
        return None
    if key != kind.id and key in {*kinds, "adjust"}:
        find.say(at, f"is the id of another intervention; give this {kind.id} another name", key=True)
    if kind.delivery != "adjust":
        for name in ("effects", "who"):
            if getattr(given, name) is not None:
                find.say((*at, name), f"only `kind: adjust` has {name}; a number of {kind.id} goes under `overrides`", key=True)
    if given.every is not None and kind.delivery != "setting":
        find.say((*at, "every"), f"{kind.id} is not given in rounds (only grants to settings are)", key=True)
    stands = _where(model.existing[given.stop].where) if given.stop else Where()
    return Line(key=key, kind=kind, where=_where(given.where), amount=_amount(at, given, kind, find=find), start=start, end=end,
                every=given.every, payers=_payers(at, given, kind, find=find), targeting=_target(at, given, kind, find=find),
                stop=given.stop or "", stands=stands, at=find.document.key_place(at))


def _window(at: Path, given: LineModel, model: ScenarioModel, *, find: Findings) -> tuple[int, int]:
    """First and last funded month; by default the whole scenario."""
    last = model.months - 1
    start = 0 if given.start is None else month_of(given.start, model.start)
    end = last if given.end is None else month_of(given.end, model.start)
    span = f"{model.start} to {month_text(last, year_month(model.start))}"
    before = len(find.problems)
    for name, month in (("start", start), ("end", end)):
        if not 0 <= month <= last:
            said = "before the scenario starts" if month < 0 else "after the scenario ends"
            find.say((*at, name), f"{getattr(given, name)} is {said} ({span})")
    if end < start:
        if given.end is not None:
            find.say((*at, "end"), f"{given.end} is before the start, {month_text(start, year_month(model.start))}")
    if given.every is not None and not given.stop and len(find.problems) == before and given.every > end - start + 1:
        find.say((*at, "every"), f"{given.every} months is longer than the {end - start + 1} funded ones")
    return (start, end) if len(find.problems) == before else (0, last)


def _amount(at: Path, given: LineModel, kind: catalogue.Kind, *, find: Findings) -> Amount | None:
    said = [name for name in AMOUNTS if getattr(given, name) is not None]
    if kind.delivery == "adjust":
        for name in ("sites", "places"):
            if name in said:
                find.say((*at, name), "an adjust has no sites or places; `funding` is what it costs, if anything", key=True)
        return Amount(of="funding", value=given.funding) if given.funding is not None else None
    if len(said) != 1:
        found = f"has {' and '.join(said)}" if said else "has no amount"
        find.say(at, f"{found} (exactly one of {', '.join(AMOUNTS)})", key=True)
        return None
    return Amount(of=said[0], value=float(getattr(given, said[0])))


def _payers(at: Path, given: LineModel, kind: catalogue.Kind, *, find: Findings) -> Mapping[str, float]:
    if given.payer is None:
        if kind.cost is None and given.funding is not None:
            find.say(at, "needs a payer: an adjust has no catalogue entry to say who pays", key=True)
        return dict(sorted(kind.cost.payers.items())) if kind.cost is not None else {}
    total = fsum(given.payer.values())
    if abs(total - 1) > ROUNDING:
        find.say((*at, "payer"), f"shares add to {total:.6g}, not 1")
    return dict(sorted(given.payer.items()))


def _target(at: Path, given: LineModel, kind: catalogue.Kind, *, find: Findings) -> Target:
    name = "who" if kind.delivery == "adjust" and given.who is not None else "targeting"
    if name == "who" and given.targeting is not None:
        find.say((*at, "targeting"), "an adjust has `who`, which says the same; leave one of them out", key=True)
    model: TargetModel | None = getattr(given, name)
    if model is None:
        return Target()
    low, high = model.age or (0, 120)
    if low > high:
        find.say((*at, name, "age"), f"the first age, {low}, is above the last, {high}")
    return Target(low=low, high=high, quintile=tuple(sorted(set(model.quintile or ()))),
                  groups=(model.group,) if isinstance(model.group, str) else tuple(model.group or ()))


def _where(given: str | WhereModel) -> Where:
    if isinstance(given, str):
        return Where()
    return Where(names=tuple(given.names or ()), district=tuple(given.district or ()), quintile=tuple(given.quintile or ()),
                 top=given.top, by=given.by or "emergency_admissions", over=given.over or 12, random=given.random,
                 same_as=given.same_as or "", most_per_place=given.most_per_place)


def _wheres(outline: where.Map | None, model: ScenarioModel, find: Findings) -> None:
    for key in sorted(model.existing):
        if isinstance(given := model.existing[key].where, WhereModel) and given.same_as is not None:
            find.say(("existing", key, "where", "same_as"), "existing provision says where it stands by itself", key=True)
    told = {**{("existing", key, "where"): line.where for key, line in sorted(model.existing.items())},
            **{("interventions", key, "where"): line.where for key, line in sorted(model.interventions.items())}}
    for at, given in told.items():
        if isinstance(given, str):
            continue
        _ranking(at, given, model, find=find)
        if given.same_as is not None and at[0] == "interventions":
            _same_as(at, given.same_as, model, find=find)
        if outline is not None:
            _matches(at, _where(given), outline, find=find)


def _ranking(at: Path, given: WhereModel, model: ScenarioModel, *, find: Findings) -> None:
    if given.top is not None and given.random is not None:
        find.say((*at, "random"), "`top` and `random` are two ways to pick some; say one", key=True)
    for name in ("by", "over"):
        if getattr(given, name) is not None and given.top is None:
            find.say((*at, name), f"`{name}` only says how `top` ranks; say `top` too", key=True)
    if given.over is not None and given.over > model.history:
        find.say((*at, "over"), f"{given.over} months is longer than the history of {model.history}")
    elif given.top is not None and given.by != "deprivation" and given.over is None and model.history < Where.over:
        find.say((*at, "top"), f"looks at {Where.over} months, longer than the history of {model.history}")


def _same_as(at: Path, other: str, model: ScenarioModel, *, find: Findings) -> None:
    at, seen, known = (*at, "same_as"), [at[1]], model.interventions
    while other in known:
        if other in seen:
            find.say(at, f"goes round in a circle: {' -> '.join(map(str, [*seen, other]))}")
            return
        seen.append(other)
        following = known[other].where
        if isinstance(following, str) or following.same_as is None:
            return
        other = following.same_as
    if len(seen) == 1:
        find.say(at, f"unknown intervention '{other}' ({', '.join(sorted(known))}){nearest(other, sorted(known))}")


def _matches(at: Path, wanted: Where, outline: where.Map, *, find: Findings) -> None:
    """Names that the area does not know, and filters that leave nothing."""
    before = len(find.problems)
    for field_, words in (("names", outline.words()), ("district", sorted(set(outline.district)))):
        for i, name in enumerate(getattr(wanted, field_)):
            if name not in words:
                few = f" ({', '.join(words) if len(words) <= MANY else 'the nearest: ' + ', '.join(closest(name, words, FEW))})"
                find.say((*at, field_, i), f"unknown {'district' if field_ == 'district' else 'neighbourhood'} '{name}'"
                                           f"{few}{nearest(name, words)}")
    if len(find.problems) > before:
        return
    match = where.filtered(wanted, outline).size
    if not match:
        find.say(at, "matches no neighbourhood of this area")
    for name in ("top", "random") if match else ():
        if (some := getattr(wanted, name)) is not None and some > match:
            find.say((*at, name), f"{some} is more than the number of neighbourhoods that match, {match}")


def _pools(model: ScenarioModel, outline: where.Map | None, find: Findings) -> dict[str, Pool]:
    """Limits of what programmes share, by name."""
    out = {}
    for name, known in (("volunteer_hours", "district"), ("workforce", "pcn")):
        given = getattr(model.pools, name, None)
        if given is None:
            continue
        words = sorted(set(getattr(outline, known))) if outline is not None else sorted(given.by or ())
        for place in given.by or ():
            if place not in words:
                find.say(("pools", name, "by", place), f"unknown {'district' if known == 'district' else 'primary care network'} "
                         f"'{place}' ({', '.join(closest(place, words, MANY))}){nearest(place, words)}", key=True)
        out[name] = Pool(**given.model_dump(exclude_none=True))
    return out


def heads(line: Line, outline: where.Map | None, values: Mapping[str, float]) -> float | None:
    """Heads of the chosen neighbourhoods, None where they are not known before history has been run: neighbourhoods that are chosen
    later, lists of a part of the area that cross its borders."""
    chosen = line.where
    if outline is None or chosen.top is not None or chosen.random is not None or chosen.same_as:
        return None
    rows = where.filtered(chosen, outline)
    if line.kind.delivery == "care_team" and values.get(ELSEWHERE) and rows.size < len(outline.name):
        return None
    return float(np.sum(outline.residents[rows]))


def _money(line: Line, values: Mapping[str, float], outline: where.Map | None, *, find: Findings) -> None:
    if line.amount is None or line.kind.cost is None:
        return
    at = ("interventions", line.key)
    price = f"economics.price_{line.kind.cost.price_year}"
    if price not in values:
        find.say(at, f"no price index for {line.kind.cost.price_year}, the price year of {line.kind.id}", key=True)
        return
    total = funding.unit_total(line, values)
    if funding.by_patient(line):
        _purse(line, values, heads(line, outline, values), find=find)
    elif line.amount.of != "funding":
        return
    elif total <= 0:
        find.say((*at, "funding"), f"a site of {line.kind.id} costs nothing, so money cannot say how many; give `sites`")
    elif funding.units(line, values) < 1:
        unit = "resident" if funding.per_head(line) else "grant" if line.every else "site"
        find.say((*at, "funding"), f"{line.amount.value:,.0f} pounds a year buys less than one {unit} "
                                   f"({total * 12 / line.months:,.0f} pounds a year each, set-up included)")


def _purse(line: Line, values: Mapping[str, float], listed: float | None, *, find: Findings) -> None:
    """Money that follows patients: none of it, or less than one of them. listed: residents, if known."""
    assert line.amount is not None
    at, each = ("interventions", line.key), funding.patient(line, values)
    if line.amount.of == "sites":
        find.say((*at, "sites"), f"{line.kind.id} has no sites: give `funding`, or `places`, the patients a year", key=True)
    elif line.amount.of == "funding":
        total, set_up = funding.committed(line, values), funding.unit_total(line, values) * (listed or 0.0)
        if total - set_up < each:
            find.say((*at, "funding"), f"{line.amount.value:,.0f} pounds a year pay for no patient ({each:,.0f} pounds each"
                                       + (f", after {set_up:,.0f} to set it up)" if set_up else ")"))


def _budget(model: ScenarioModel, lines: Mapping[str, Line], values: Mapping[str, float], *, outline: where.Map | None,
            find: Findings) -> None:
    assert model.budget is not None
    if any(f"economics.price_{line.kind.cost.price_year}" not in values for line in lines.values() if line.kind.cost):
        return
    total = {key: funding.committed(line, values, heads=heads(line, outline, values)) for key, line in lines.items() if line.amount}
    unknown = [key for key, pounds in total.items() if not isfinite(pounds)]
    for key in unknown:
        find.say(("interventions", key), CUT_IN_PART if lines[key].stop else LIST_UNKNOWN, key=True)
    years = funding.funded_years(lines.values())
    if unknown or not years:
        if not years:
            find.say(("budget",), "nothing of this scenario costs money")
        return
    mean, wanted = fsum(total.values()) / years, model.budget.pounds_a_year
    if abs(mean - wanted) > model.budget.tolerance * wanted + ROUNDING:
        parts = ", ".join(f"{key} {pounds / years:,.0f}" for key, pounds in total.items())
        find.say(("budget", "pounds_a_year"), f"the lines commit {mean:,.0f} pounds a year, set-up included, not "
                 f"{wanted:,.0f} within {100 * model.budget.tolerance:g}% ({parts})")
