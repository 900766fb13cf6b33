"""The shape of a scenario file: keys, types and ranges. What the values mean together is checked in `checks`."""
import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from nbhdsim.documents import Closed, Wrong
from nbhdsim.evidence import Grade
from nbhdsim.groups import NAMES
from nbhdsim.interventions.schema import PAYERS
from nbhdsim.levers import LEVERS

MONTH_PATTERN = r"^(19|20)\d\d-(0[1-9]|1[0-2])$"
ROOTS = ("baseline", "economics", "interventions")
"""First words of the addresses of numbers."""
KEY = r"^[a-z][a-z0-9_]{0,39}$"
Share = Annotated[float, Field(gt=0, le=1)]
Amount = Annotated[float, Field(ge=0, le=1e9)]
Quintiles = Annotated[list[Annotated[int, Field(ge=1, le=5)]], Field(min_length=1, max_length=5)]
Words = Annotated[list[str], Field(min_length=1)]
Law = Literal["fixed", "split_normal", "split_lognormal", "uniform", "loguniform", "triangular", "beta", "integer",
              "choice"]
MONTH = "a month, YYYY-MM"


def _key(word: object) -> object:
    if isinstance(word, str) and not re.match(KEY, word):
        raise Wrong(f"'{word[:60]}' is no name for a programme (lower-case letters, digits and _, a letter first, 40 at most)")
    return word


def _month(word: object) -> object:
    if isinstance(word, int):
        raise Wrong(f"{word} is not a month (YYYY-MM, such as 2026-04)")
    if isinstance(word, str) and not re.match(MONTH_PATTERN, word):
        year, _, month = word.partition("-")
        if re.fullmatch(r"(19|20)\d\d", year) and month.isdigit():
            few = f"0{month}" if len(month) == 1 and month != "0" else ""
            raise Wrong(f"'{word[:60]}' has no such month (01 to 12" + (f": {year}-{few})" if few else ")"))
        raise Wrong(f"'{word[:60]}' is not a month (YYYY-MM, such as 2026-04; years 1900 to 2099)")
    return word


YearMonth = Annotated[str, BeforeValidator(_month), StringConstraints(pattern=MONTH_PATTERN)]
Key = Annotated[str, BeforeValidator(_key), StringConstraints(pattern=KEY)]


class AreaModel(Closed):
    """The area: a built-in one by name or a CSV file of your own."""

    name: str | None = Field(None, description="a built-in area")
    csv: str | None = Field(None, description="a CSV file, one row a neighbourhood, beside the scenario file")
    residents: int | None = Field(None, ge=200, le=1_000_000, description="residents of a teaching town, 200 to 1,000,000")


class WhereModel(Closed):
    """Which neighbourhoods; filters all apply, then `top` or `random` picks some of what is left."""

    names: Words | None = Field(None, description="neighbourhoods, districts or primary care networks")
    district: Words | None = Field(None, description="districts")
    quintile: Quintiles | None = Field(None, description="IMD quintiles 1 to 5, 1 the most deprived")
    same_as: str | None = Field(None, description="the neighbourhoods of another intervention of this scenario")
    top: int | None = Field(None, ge=1, description="how many, the first in the ranking `by`")
    by: Literal["emergency_admissions", "need", "deprivation"] | None = Field(
        None, description="emergency admissions per resident, need (quintile, then admissions) or deprivation")
    over: int | None = Field(None, ge=1, description="months before the start that the ranking looks at; 12 if left out")
    random: int | None = Field(None, ge=1, description="how many, drawn anew in each future")
    most_per_place: int | None = Field(None, ge=1, description="sites one neighbourhood takes at most; no limit if left out")


class TargetModel(Closed):
    """Who of those eligible is aimed at."""

    age: Annotated[list[Annotated[int, Field(ge=0, le=120)]], Field(min_length=2, max_length=2)] | None = Field(
        None, description="first and last age in years, both included")
    quintile: Quintiles | None = Field(None, description="IMD quintiles 1 to 5, 1 the most deprived")
    group: Literal[NAMES] | Annotated[list[Literal[NAMES]], Field(min_length=1)] | None = Field(  # type: ignore[valid-type]
        None, description="a population group, or a list: those in any of them")


class SourceModel(Closed):
    """Where a number comes from."""

    title: str = Field(description="title of the source")
    by: str = Field("", description="who published it")
    year: int = Field(0, ge=0, le=2100, description="year of publication, 0 = not known")
    url: str = Field("", description="address of a page that was read")


class OverrideModel(Closed):
    """A number of your own in place of the catalogue's; what is left out stays as the catalogue has it."""

    value: float = Field(description="central value")
    low: float | None = Field(None, description="5% point (lower end, for a law with ends)")
    high: float | None = Field(None, description="95% point (upper end, for a law with ends)")
    law: Law | None = Field(None, description="the law it is drawn from")
    source: str | SourceModel | None = Field(None, description="where the number comes from; without it, an assumption")
    grade: Grade | None = Field(None, description="A to D, how good the evidence is")
    why: str = Field("", description="why this number here")
    bound: bool = Field(False, description="true for laws whose low and high are ends: say so, and why")


class AdjustModel(Closed):
    """An effect of `adjust`: any lever, from the scenario alone."""

    lever: Literal[tuple(LEVERS)] = Field(description="what is moved")  # type: ignore[valid-type]
    value: float = Field(description="shift, or rate ratio for the levers whose name ends in _rr")
    low: float | None = Field(None, description="5% point")
    high: float | None = Field(None, description="95% point")
    law: Law | None = Field(None, description="the law it is drawn from")
    grade: Grade = Field("D", description="A to D, how good the evidence is")
    source: str | SourceModel | None = Field(None, description="where the number comes from; without it, an assumption")
    why: str = Field("", description="why this number here")
    at: int = Field(12, ge=1, le=240, description="months after the start at which the value is reached")
    ramp: int | None = Field(None, ge=0, le=240, description="months to the full effect, at most `at`")
    half_life: float | None = Field(None, gt=0, le=1200, description="months in which it halves once funding ends")


class ExistingModel(Closed):
    """Provision that exists already."""

    kind: str | None = Field(None, description="catalogue id, or adjust; the key itself if left out")
    where: Literal["all"] | WhereModel = Field("all", description="all, or which neighbourhoods")
    funding: float | None = Field(None, gt=0, le=1e11, description="pounds a year, 2024/25 prices")
    sites: int | None = Field(None, ge=1, le=1_000_000, description="number of sites, or of grants in each round")
    places: int | None = Field(None, ge=1, le=10_000_000, description="places for participants, or residents covered")
    every: int | None = Field(None, ge=1, le=360, description="months between rounds of a grant to settings")
    payer: Annotated[dict[Literal[PAYERS], Share], Field(min_length=1)] | None = Field(  # type: ignore[valid-type]
        None, description="shares of the cost by payer, adding to 1")
    targeting: TargetModel | None = Field(None, description="who of those eligible is aimed at")


class LineModel(ExistingModel):
    """One funded programme, or a cut."""

    start: YearMonth | None = Field(None, description=MONTH)
    end: YearMonth | None = Field(None, description=f"the last funded month (without it, of a cut), included: {MONTH}")
    stop: Key | None = Field(None, description="a cut: the key of existing provision that ends at start, where `where` says")
    effects: Annotated[list[AdjustModel], Field(min_length=1)] | None = Field(None, description="of an adjust")
    who: TargetModel | None = Field(None, description="whom an adjust reaches; everyone if left out; its word for `targeting`")


class PoolModel(Closed):
    """How much of something there is for the programmes of the scenario to share: one of these ways to say it."""

    each: Amount | None = Field(None, description="in every one of its places")
    by: Annotated[dict[str, Amount], Field(min_length=1)] | None = Field(None, description="by place; none in those left out")
    total: Amount | None = Field(None, description="in all, shared out by residents")

    @model_validator(mode="after")
    def _one(self) -> "PoolModel":
        ways = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(ways) != 1:
            raise Wrong(f"says {' and '.join(ways) or 'nothing'} (exactly one of {', '.join(type(self).model_fields)})")
        return self


class HoursModel(PoolModel):
    """Hours of volunteers a month, by district."""

    today: Share | Literal[0] | None = Field(None, description="share of what residents give as volunteers already that is free")


class PoolsModel(Closed):
    """What programmes share; a pool that is left out limits nothing."""

    volunteer_hours: HoursModel | None = Field(None, description="hours a month in each district")
    workforce: PoolModel | None = Field(None, description="staff of each primary care network")


class BudgetModel(Closed):
    """What the scenario may commit."""

    pounds_a_year: float = Field(gt=0, le=1e11, description="mean over the funded years, set-up included")
    tolerance: float = Field(0.02, ge=0, le=0.5, description="relative, 0 to 0.5")


def _flat(given: object) -> object:
    """Overrides as they came; Wrong for addresses written as nested mappings, as the rest of the file has them."""
    for key, value in given.items() if isinstance(given, dict) else ():
        if isinstance(value, dict) and key in ROOTS:
            below = next((name for name in value if isinstance(name, str)), "x")
            raise Wrong(f"an address is one key, with dots: {key}.{below} and so on", key)
    return given


def _published(schema: dict[str, Any]) -> None:
    """`schema` is named as YAML names it, and editors learn that a file may extend another."""
    schema["properties"]["extends"] = {"type": "string", "description": "a scenario file that this one changes, beside it"}
    schema["required"] = ["schema"]


class ScenarioModel(Closed):
    """A scenario of nbhdsim: what is funded where, when and by whom, from which month on."""

    model_config = ConfigDict(populate_by_name=False, json_schema_extra=_published, title="nbhdsim scenario/1")

    schema_: Literal["scenario/1"] = Field(alias="schema", description="scenario/1")
    name: Annotated[str, StringConstraints(min_length=1, max_length=80)] | None = Field(
        None, description="its name in tables; the file's if left out")
    area: AreaModel = Field(description="name or csv")
    start: YearMonth = Field(description=f"month 0: {MONTH}")
    months: int = Field(60, ge=12, le=360, multiple_of=12, description="whole years: 12, 24 .. 360")
    history: int = Field(36, ge=0, le=120, multiple_of=12, description="months run before the start: 0, 12 .. 120")
    ageing: bool = Field(True, description="true: residents grow older, are born, die and move; false: ages are held")
    seed: int = Field(1, ge=0, le=2**63 - 1, description="a whole number from 0")
    stance: Literal["controlled", "claimed"] = Field("controlled", description="which evidence: controlled or claimed")
    catalogue: str | None = Field(None, description="a folder with interventions of your own, beside the scenario file")
    package: str | None = Field(None, description="the package whose headline stance claimed takes as causal")
    interventions: dict[Key, LineModel] = Field(default_factory=dict, description="what is funded, by a name of your own")
    existing: dict[Key, ExistingModel] = Field(default_factory=dict, description="what runs already, in do-nothing too")
    pools: PoolsModel | None = Field(None, description="limits of what programmes share")
    budget: BudgetModel | None = Field(None, description="what it may commit a year")
    overrides: Annotated[dict[str, float | OverrideModel], BeforeValidator(_flat)] = Field(
        default_factory=dict, description="numbers of your own by address; what a line does not override is one unknown for all "
                                          "lines of its kind")
