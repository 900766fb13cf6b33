"""The catalogue of interventions: one YAML file a kind, read into frozen kinds whose numbers are Quantities.

A new intervention on an existing delivery kind is one more file, in the catalogue or in a folder of your own.
"""
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from math import fsum, inf
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from .. import documents
from ..delivery import MONTHS
from ..documents import Closed, Document, Wrong
from ..errors import NbhdsimError, Problem, nearest
from ..evidence import RATIOS, Grade, Quantity, QuantityModel, SourceModel, load_baseline, quantity
from ..groups import NAMES
from ..pools import NAMES as POOLS
from ..relations import OF_PLACES
from .effects import KNOWN, LEVELS, effects, held

FOLDER = Path(__file__).parent.parent / "catalogue" / "interventions"
DELIVERY_KINDS = ("group", "setting", "care_team", "open_access", "outreach", "power")
PAYERS = ("icb", "council_public_health", "adult_care", "children_services", "school", "lottery_charity",
          "voluntary_hours")
"""Everyone who can pay; `voluntary_hours` is time given for nothing, valued in pounds."""

QUANTITIES = ("reach", "places_per_site", "ramp_up_months", "decay_half_life_months", "dose", "join_hazard", "leave_hazard",
              "contacts_per_month", "caseload", "staff", "healthy_first", "hours_a_year", "set_up_months", "contact_chance",
              "visits_a_month", "lonely_first", "handover", "readiness", "half_maturity_months", "network", "strain",
              "acted_on", "asks_a_year", "avoiders_first", "digital_first")
"""Numbers every kind may have, none of them below 0. `set_up_months`: paid for before the first can join."""

SHARES = ("reach", "leave_hazard", "contact_chance", "handover", "readiness", "network", "strain", "acted_on", "digital_first")
"""Of these, the ones that are at most 1."""

RELIES = "relies."
"""How the numbers of `relies` are named among a kind's own: `relies.volunteer_hours`, `relies.workforce`."""

UNITS = {
    **dict.fromkeys(("reach", "join_hazard", "leave_hazard", "handover", "contact_chance", "acted_on", "network", "digital_first"),
                    ("share",)),
    **dict.fromkeys(("ramp_up_months", "decay_half_life_months", "set_up_months", "half_maturity_months"), ("months",)),
    **dict.fromkeys(("readiness", "strain"), ("0 to 1", "share")),
    **dict.fromkeys(("hours_a_year", "volunteer_hours"), ("hours",)),
    **dict.fromkeys(("healthy_first", "lonely_first", "avoiders_first"), ("SD",)),
    "asks_a_year": ("asks",), "workforce": ("staff",),
    **dict.fromkeys(("places_per_site", "caseload"), ("places", "seats", "residents", "people", "clients", "patients", "volunteers",
                                                      "members", "pupils")),
    **dict.fromkeys(("contacts_per_month", "visits_a_month"), (
        "contacts", "meetings", "visits", "sessions", "walks", "runs", "evenings", "conversations", "calls", "classes", "days")),
    "staff": ("staff", "workers", "worker", "posts", "team", "teams", "centre", "centres", "partner", "partners"),
}
"""By number of a kind, the words its unit begins with; more may follow (`share of adults a year`). Any other has any unit."""

NEEDED = {"setting": (("reach",),), "outreach": (("staff",), ("contacts_per_month",), ("contact_chance",))}
"""By delivery kind, numbers of which it needs at least one each; `reach` or `join_hazard` where it is not named."""

JUDGED = ("judged", "assumption")
"""Bases of a number that needs no source: somebody's judgement, which its `why` tells."""


@dataclass(frozen=True, kw_only=True)
class Effect:
    """One stated effect: `quantity` (a shift or ratio of the lever) at `at` months, against `contrast`.

    level: participant, exposed or area (effects.LEVELS); ramp, half_life: months, None where the kind's own holds; who: of
    whom alone it is told, as sorted pairs like a kind's `who`.
    """

    lever: str
    level: str
    at: int
    ramp: int | None
    half_life: float | None
    contrast: str
    quantity: Quantity
    who: tuple[tuple[str, object], ...] = ()

    @property
    def what_if(self) -> bool:
        """Is it at rest, with a range that nothing is drawn from: what nobody has measured, none unless a scenario says so?"""
        q = self.quantity
        return q.law == "fixed" and q.low < q.high and q.value == KNOWN[self.lever].rest


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Pounds of `price_year`: `set_up` once a round and `running` a year, per site, head, place, participant or contact; running
    per `patient`: once for each one sent to a voluntary service (`commissioned`), set-up then per head; payers: shares that add
    to 1."""

    payers: Mapping[str, float]
    price_year: int
    set_up: Quantity
    set_up_per: str
    running: Quantity
    running_per: str


@dataclass(frozen=True, kw_only=True)
class Harm:
    """A harm that is known or feared, told in reports; what is measured of it stands among the effects."""

    kind: str
    why: str
    grade: str


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of intervention. who: age [low, high], quintile, lowest frailty category, or empty; quantities: its numbers, those
    of what it relies on as `relies.<pool>`; evidence: its id in
    catalogue/evidence/interventions.yaml; aside: suggested priors that the model leaves out, by their number, and why;
    unknown: what nobody has measured; voluntary: may commissioned money follow patients to it;
    claimed: outcomes that a package's claim stands for,
    so that no path of this kind's own leads to them."""

    id: str
    name: str
    delivery: str
    who: Mapping[str, object] | None
    quantities: Mapping[str, Quantity]
    cost: Cost | None
    effects: tuple[Effect, ...]
    harms: tuple[Harm, ...]
    unknown: tuple[str, ...]
    evidence: str
    aside: Mapping[int, str] = field(default_factory=dict)
    claimed: tuple[str, ...] = ()
    voluntary: bool = False

    def all_quantities(self) -> list[Quantity]:
        """Every Quantity of the kind: its own, of its cost, of its effects."""
        costs = [] if self.cost is None else [self.cost.set_up, self.cost.running]
        return [*self.quantities.values(), *costs, *(effect.quantity for effect in self.effects)]


Frailty = Annotated[int, Field(ge=0, le=3)]


class WhoModel(Closed):
    """Whom it is for; everything left out is everybody. frailty: the least (0 fit .. 3 severe), or [least, most]; group: a
    population group (`groups.GROUPS`), or any of several; acted_on, of an effect: those whose words in a consultation were acted
    on, or those whose were not; missed, of an effect on other programmes: those in groups that fewer are reached of than of others
    of their age (`reach.Ledger.missed`), looked at every year."""

    age: Annotated[list[Annotated[int, Field(ge=0, le=120)]], Field(min_length=2, max_length=2)] | None = None
    quintile: Annotated[list[Annotated[int, Field(ge=1, le=5)]], Field(min_length=1)] | None = None
    frailty: Frailty | Annotated[list[Frailty], Field(min_length=2, max_length=2)] | None = None
    sex: Literal["female", "male"] | None = None
    disabled: Literal[True] | None = None
    group: Literal[NAMES] | Annotated[list[Literal[NAMES]], Field(min_length=1)] | None = None  # type: ignore[valid-type]
    acted_on: bool | None = None
    missed: Literal[True] | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "WhoModel":
        for name, first in (("age", "youngest"), ("frailty", "fittest")):
            ends = getattr(self, name)
            if isinstance(ends, list) and ends[0] > ends[1]:
                raise Wrong(f"from {ends[0]} to {ends[1]} is nobody ({first} first)", name)
        return self


class PriceModel(QuantityModel):
    """One price, pounds, per unit. scale: what the evidence's figure, told per another unit, is multiplied by."""

    per: Literal["site", "head", "place", "participant", "contact", "patient"]
    scale: float = 1
    unit: str = "pounds"


class CostModel(Closed):
    """What it costs and who pays."""

    price_year: int
    payers: dict[Literal[PAYERS], float]  # type: ignore[valid-type]
    set_up: PriceModel
    running: PriceModel

    @model_validator(mode="after")
    def _adds_up(self) -> "CostModel":
        if abs(fsum(self.payers.values()) - 1) > 1e-6 or min(self.payers.values()) < 0:
            raise Wrong(f"shares add to {fsum(self.payers.values()):g} (1)", "payers")
        return self


class EffectModel(QuantityModel):
    """A stated effect. unit: the lever's, may be left out; prior: which of the suggested priors of its evidence it is,
    counted from 0, told in the lever's unit by multiplying with `scale`; who: of whom alone, if not of all it is for."""

    lever: Literal[tuple(KNOWN)]  # type: ignore[valid-type]
    level: Literal[LEVELS]  # type: ignore[valid-type]
    at: Annotated[int, Field(ge=0, le=360)]
    ramp: Annotated[int, Field(ge=0, le=360)] | None = None
    half_life: Annotated[float, Field(gt=0)] | None = None
    contrast: Annotated[str, Field(min_length=1)]
    unit: str = ""
    prior: Annotated[int, Field(ge=0)] | None = None
    scale: float = 1
    who: WhoModel | None = None

    @model_validator(mode="after")
    def _possible(self) -> "EffectModel":
        lever = KNOWN[self.lever]
        for name, value in _told(self):
            if not lever.low <= value <= lever.high:
                ratio = f"; {RATIOS}" if lever.operator == "multiply" and value <= 0 else ""
                raise Wrong(f"{value:g} is impossible ({lever.unit} of {self.lever}, {lever.low:g} to {lever.high:g}{ratio})", name)
        if self.unit not in ("", lever.unit):
            raise Wrong(f"{self.lever} is told in {lever.unit}", "unit")
        if lever.operator == "multiply" and self.law in ("split_normal", "uniform"):
            raise Wrong(f"a ratio has no {self.law} law (split_lognormal, loguniform, fixed)", "law")
        if self.lever in OF_PLACES and self.level != "area":
            raise Wrong(f"{self.lever} is of neighbourhoods (level: area)", "level")
        if self.ramp is not None and self.ramp > self.at:
            raise Wrong(f"{self.ramp} months is longer than the {self.at} at which the value is reached", "ramp")
        return self


class NumberModel(QuantityModel):
    """A number of a kind; prior: as of an effect."""

    prior: Annotated[int, Field(ge=0)] | None = None


class AsideModel(Closed):
    """A suggested prior that the model leaves out."""

    prior: Annotated[int, Field(ge=0)]
    why: Annotated[str, Field(min_length=1)]


class HarmModel(Closed):
    """A harm."""

    kind: str
    why: Annotated[str, Field(min_length=1)]
    grade: Grade


class KindModel(Closed):
    """A file of the catalogue."""

    schema_: Literal["intervention/1"] = Field(alias="schema")
    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    name: Annotated[str, Field(min_length=1)]
    delivery: Literal[DELIVERY_KINDS]  # type: ignore[valid-type]
    who: WhoModel = WhoModel()
    evidence: str = ""
    sources: dict[str, SourceModel] = {}
    quantities: dict[Literal[QUANTITIES], NumberModel]  # type: ignore[valid-type]
    relies: dict[Literal[POOLS], NumberModel] = {}  # type: ignore[valid-type]
    cost: CostModel
    effects: list[EffectModel]
    harms: list[HarmModel] = []
    aside: list[AsideModel] = []
    voluntary: bool = False
    unknown: list[str] = []


def kinds(folder: str | os.PathLike[str] | None = None) -> Mapping[str, Kind]:
    """Every kind by id: the catalogue's, and those of a folder of your own, which may not reuse an id.

    Your folder is read anew each time. Raises NbhdsimError with every problem of every file.
    """
    return _built_in() if folder is None else {**_built_in(), **_read(Path(folder), taken=_built_in())}


@cache
def _built_in() -> dict[str, Kind]:
    return _read(FOLDER, taken={})


def _read(folder: Path, *, taken: Mapping[str, Kind]) -> dict[str, Kind]:
    found: dict[str, Kind] = {}
    problems: list[Problem] = []
    where = dict.fromkeys(taken, "in the package's catalogue")
    for file in sorted(folder.glob("*.yaml")):
        try:
            document = documents.read_yaml(file)
            model = documents.check(document, KindModel)
        except NbhdsimError as error:
            problems += error.problems
            continue
        own = bool(taken)       # the package's own are held by its tests
        if wrong := _meanings(document, model, where) or (own and _pushed_too_far(document, model)):
            problems += sorted(wrong)
        else:
            found[model.id], where[model.id] = _kind(model), document.file
    if problems:
        raise NbhdsimError(problems)
    return found


def _told(model: QuantityModel) -> list[tuple[str, float]]:
    """The numbers a file gives for a quantity, by their keys."""
    given = {"value": model.value, "low": model.low, "high": model.high}
    return [(name, value) for name, value in given.items() if value is not None]


def _numbers(model: KindModel) -> list[tuple[tuple[str | int, ...], QuantityModel]]:
    """The kind's own numbers by their paths."""
    own: list[tuple[tuple[str | int, ...], QuantityModel]] = [(("quantities", name), q) for name, q in model.quantities.items()]
    return own + [(("relies", name), q) for name, q in model.relies.items()]


def _meanings(document: Document, model: KindModel, taken: Mapping[str, str]) -> list[Problem]:
    """Problems that no single value shows."""
    said = f"'{model.id}' is taken by another kind ({taken.get(model.id)})"
    out = [document.problem(("id",), said)] if model.id in taken else []
    prices = sorted(a.removeprefix("economics.price_") for a in load_baseline()[0] if a.startswith("economics.price_"))
    if str(model.cost.price_year) not in prices:
        out.append(document.problem(("cost", "price_year"),
                                    f"there is no price index of {model.cost.price_year} ({', '.join(prices)})"))
    pers = {model.cost.set_up.per, model.cost.running.per}
    if model.cost.running.per == "patient" and model.cost.set_up.per != "head" or model.cost.set_up.per == "patient":
        out.append(document.problem(("cost", "set_up", "per"), "where money follows the patient set-up is per head"))
    elif "head" in pers and len(pers - {"patient"}) > 1:
        said = "a list has no sites or places: give set_up and running both per head"
        out.append(document.problem(("cost", "set_up", "per"), said))
    out += _joining(document, model) + _relying(document, model) + _in_units(document, model)
    return out + _sourceless(document, model) + _impossible(document, model) + _twice(document, model)


def _joining(document: Document, model: KindModel) -> list[Problem]:
    """Numbers that say how many take part and are not there."""
    needs = NEEDED.get(model.delivery, (("reach", "join_hazard"),))
    return [document.problem(("quantities",), f"a {model.delivery} needs {' or '.join(names)}, to say how many take part", key=True)
            for names in needs if not set(names) & set(model.quantities)]


def _relying(document: Document, model: KindModel) -> list[Problem]:
    """What relies on a pool and has nothing that the pool could limit."""
    limited = model.delivery == "outreach" or model.delivery != "setting" and "places_per_site" in model.quantities
    told = {"volunteer_hours": (limited, "hours make places or contacts: give it places_per_site"),
            "workforce": (model.delivery in ("care_team", "outreach"), "staff are those of a care_team or outreach")}
    return [document.problem(("relies", name), told[name][1], key=True) for name in model.relies if not told[name][0]]


def _in_units(document: Document, model: KindModel) -> list[Problem]:
    """Numbers told in a unit that they cannot have."""
    return [document.problem((*path, "unit"), f"'{q.unit}' is no unit of {path[-1]} ({', '.join(words)}; more words may follow)"
                                              f"{nearest(q.unit.partition(' ')[0], words)}")
            for path, q in _numbers(model) if (words := UNITS.get(str(path[-1]), ())) and not _begins(q.unit, words)]


def _begins(unit: str, words: tuple[str, ...]) -> bool:
    return any(unit == word or unit.startswith(f"{word} ") for word in words)


def _sourceless(document: Document, model: KindModel) -> list[Problem]:
    """Numbers whose source is not among the file's, or that need one and name none."""
    entries: list[tuple[tuple[str | int, ...], QuantityModel]] = _numbers(model)
    entries += [(("cost", "set_up"), model.cost.set_up), (("cost", "running"), model.cost.running)]
    entries += [(("effects", i), e) for i, e in enumerate(model.effects)]
    unnamed = [document.problem((*path, "source"), f"no source is named '{q.source}'{nearest(q.source, model.sources)}")
               for path, q in entries if isinstance(q.source, str) and q.source not in model.sources]
    return unnamed + [document.problem((*path, "basis"), f"a number that is {q.basis} needs a source ({' or '.join(JUDGED)} "
                                       "does not)") for path, q in entries if q.source is None and q.basis not in JUDGED]


def _impossible(document: Document, model: KindModel) -> list[Problem]:
    """Shares above 1; months, places and pounds below 0."""
    entries = [(path, q, 1.0 if path[-1] in SHARES else inf) for path, q in _numbers(model)]
    entries += [(("cost", name), getattr(model.cost, name), inf) for name in ("set_up", "running")]
    return [document.problem((*path, name), f"{value:g} is impossible ({'0 to 1' if most == 1 else 'not below 0'})")
            for path, q, most in entries for name, value in _told(q) if not 0 <= value <= most]


def _twice(document: Document, model: KindModel) -> list[Problem]:
    """Two values of one lever and level at the same month."""
    out = []
    seen: set[tuple[object, ...]] = set()
    for i, e in enumerate(model.effects):
        if (key := (e.lever, e.level, e.at, _whom(e.who))) in seen:
            out.append(document.problem(("effects", i, "at"), f"{e.lever} ({e.level}) has two values at {e.at} months"))
        seen.add(key)
        if e.level == "exposed" and any(o.lever == e.lever and o.level == "area" for o in model.effects):
            out.append(document.problem(("effects", i, "level"), f"{e.lever} is told of the exposed and of the area, which has "
                                        "them already (tell one of them)"))
        if e.who is not None and (e.level == "exposed" or any(o.lever == e.lever and o.level != e.level for o in model.effects)):
            out.append(document.problem(("effects", i, "who"), "an effect on some of them alone is of participants or of an area, "
                                        f"and the only level {e.lever} is told at", key=True))
    return out


def _pushed_too_far(document: Document, model: KindModel) -> list[Problem]:
    """The first effect that, at central values, would push its lever beyond its range, or prevent more than can be."""
    kind, base = _kind(model), load_baseline()[0]
    n, phi, preventable = (base[f"baseline.admission.{name}"].value for name in ("n", "phi", "preventable"))
    try:
        held(effects(kind, {q.address: q.value for q in kind.all_quantities()}, n=n, phi=phi), MONTHS, preventable)
    except NbhdsimError as error:
        said = error.problems[0].message
        names = [f"{e.lever} ({e.level})" for e in model.effects]
        blamed = next((i for i, name in enumerate(names) if name in said), 0)
        return [document.problem(("effects", blamed, "value"), said)]
    return []


def _whom(who: WhoModel | None) -> tuple[tuple[str, object], ...]:
    """`who` as sorted pairs that can be compared."""
    given = {} if who is None else who.model_dump(exclude_none=True)
    return tuple(sorted((name, tuple(value) if isinstance(value, list) else value) for name, value in given.items()))


def _kind(model: KindModel) -> Kind:
    at, sources = f"interventions.{model.id}", model.sources
    numbers = {**model.quantities, **{RELIES + name: q for name, q in model.relies.items()}}
    cost = Cost(payers=dict(model.cost.payers), price_year=model.cost.price_year,
                set_up=_price(f"{at}.cost.set_up", model.cost, sources), set_up_per=model.cost.set_up.per,
                running=_price(f"{at}.cost.running", model.cost, sources), running_per=model.cost.running.per)
    return Kind(
        id=model.id, name=model.name, delivery=model.delivery, who=model.who.model_dump(exclude_none=True),
        quantities={name: quantity(f"{at}.{name}", q, sources, least=0, most=1 if name in SHARES else inf)
                    for name, q in numbers.items()}, cost=cost,
        effects=tuple(Effect(lever=e.lever, level=e.level, at=e.at, ramp=e.ramp, half_life=e.half_life, contrast=e.contrast,
                             who=_whom(e.who), quantity=_of_effect(f"{at}.effects.{name}", e, sources))
                      for name, e in zip(effect_names(model.effects), model.effects, strict=True)),
        harms=tuple(Harm(kind=h.kind, why=h.why, grade=h.grade) for h in model.harms), unknown=tuple(model.unknown),
        evidence=model.evidence, aside={a.prior: a.why for a in model.aside}, voluntary=model.voluntary)


def _price(address: str, cost: CostModel, sources: Mapping[str, SourceModel]) -> Quantity:
    """A price, whose unit says the year of its pounds."""
    name = address.rpartition(".")[2]
    model = getattr(cost, name)
    yearly = name == "running" and model.per not in ("participant", "contact", "patient")
    unit = f"pounds of {cost.price_year} per {model.per}" + (" a year" if yearly else "")
    return quantity(address, model.model_copy(update={"unit": unit}), sources, least=0)


def _of_effect(address: str, model: EffectModel, sources: Mapping[str, SourceModel]) -> Quantity:
    lever = KNOWN[model.lever]
    return quantity(address, model.model_copy(update={"unit": lever.unit}), sources, least=lever.low, most=lever.high)


def effect_names(effects: list[EffectModel]) -> list[str]:
    """The end of each effect's address: its lever, and where that is not enough its level, months and whom it is of."""
    levers = Counter(e.lever for e in effects)
    several = {lever for lever in levers if len({e.level for e in effects if e.lever == lever}) > 1}
    whom = [tuple(str(x) for name, value in _whom(e.who) for x in (name, *(value if isinstance(value, tuple) else (value,))))
            for e in effects]
    levels = Counter((e.lever, e.level, some) for e, some in zip(effects, whom, strict=True))
    return [e.lever + (f".{e.level}" if e.lever in several else "") + ("." + "_".join(some) if some else "")
            + (f".at{e.at}" if levels[e.lever, e.level, some] > 1 else "") for e, some in zip(effects, whom, strict=True)]
