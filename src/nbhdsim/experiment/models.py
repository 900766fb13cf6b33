"""The shape of an experiment file: keys, types and ranges. What they mean together is checked in `file`."""
import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from nbhdsim.documents import Closed, Wrong
from nbhdsim.evidence import ENDS, RATIO_LAWS
from nbhdsim.scenario.models import Law

PERIOD = re.compile(r"(?:months (\d+)-(\d+)|years (\d+)-(\d+)|month (\d+)|year (\d+))")
Words = Annotated[list[str], Field(min_length=1)]


def _single(value: object) -> object:
    if isinstance(value, dict | list):
        raise Wrong(f"a {'mapping' if isinstance(value, dict) else 'list'} is no single value: vary a key of it "
                    "(scenario.interventions.wellbeing_hub.where.top), or write a scenario file for each and name them all in "
                    "`scenarios`")
    return value


Number = Annotated[float | int | bool | str, BeforeValidator(_single)]
Seed = Annotated[int, Field(ge=1, le=2**31 - 1, description="seed of the design, 1 or more")]


class VaryModel(Closed):
    """How one number or knob is varied: a law with its ends, a list of values, or equal steps."""

    law: Law | None = Field(None, description="the law its values are drawn from")
    low: float | None = Field(None, description="5% point (lower end, for a law with ends)")
    high: float | None = Field(None, description="95% point (upper end, for a law with ends)")
    value: float | None = Field(None, description="median of the law, its peak where it is triangular; the middle if left out")
    bound: bool = Field(False, description="true for laws whose low and high are ends: say so, and why")
    why: str = Field("", description="why this range")
    values: Annotated[list[Number], Field(min_length=2, max_length=10_000)] | None = Field(None, description="the values")
    steps: int | None = Field(None, ge=2, le=1000, description="so many equal steps from low to high, both included")

    @model_validator(mode="after")
    def _one(self) -> "VaryModel":
        if self.values is not None:
            given = [name for name in ("law", "low", "high", "value", "steps") if getattr(self, name) is not None]
            if given:
                raise Wrong(f"has values and {given[0]} (a list of values, or a law with low and high)", given[0])
            if len({repr(value) for value in self.values}) < len(self.values):
                raise Wrong("has one value twice", "values")
            return self
        if self.low is None or self.high is None:
            raise Wrong("needs values, or low and high with a law or steps")
        if not self.low < self.high:
            raise Wrong(f"low {self.low:g} is not below high {self.high:g}", "low")
        if self.value is not None and not self.low <= self.value <= self.high:
            raise Wrong(f"{self.value:g} is not between low {self.low:g} and high {self.high:g}", "value")
        if self.law == "fixed":
            raise Wrong("a fixed law does not vary", "law")
        if self.law == "integer" and any(x is not None and x != round(x) for x in (self.low, self.high)):
            raise Wrong("an integer law has whole numbers as its ends", "low" if self.low != round(self.low) else "high")
        if self.law in RATIO_LAWS and self.low <= 0:
            raise Wrong(f"a {self.law} law needs numbers above 0", "low")
        if (self.law is None) == (self.steps is None):
            raise Wrong("needs a law or steps, one of them")
        if self.law in ENDS and not (self.bound and self.why):
            raise Wrong(f"low and high are the ends of a {self.law} law: say `bound: true` and why", "law")
        return self


class Compare(Closed):
    """Scenarios side by side in futures with central and with sampled numbers."""

    kind: Literal["compare"]
    draws: int = Field(18, ge=0, le=100_000, description="futures with sampled numbers")


class Sweep(Closed):
    """Chosen points: every combination, one number at a time, rows of a list, or points spread evenly."""

    kind: Literal["sweep"]
    design: Literal["grid", "one_at_a_time", "list", "latin_hypercube", "sobol_points"] = Field(
        "grid", description="grid, one_at_a_time, list, latin_hypercube or sobol_points")
    n: int | None = Field(None, ge=2, le=1_000_000, description="points of latin_hypercube and sobol_points")
    seed: Seed = 1

    @model_validator(mode="after")
    def _sized(self) -> "Sweep":
        spread = self.design in ("latin_hypercube", "sobol_points")
        if spread and self.n is None:
            raise Wrong("is required but missing (points of this design)", "n")
        if not spread and self.n is not None:
            raise Wrong(f"means nothing for a {self.design} (its points follow from the values)", "n")
        return self


class Uncertainty(Closed):
    """Draws from the law of every number, or of those in `vary`; structure switches are crossed with them."""

    kind: Literal["uncertainty"]
    draws: int = Field(64, ge=2, le=100_000, description="draws of the numbers")
    structure: dict[str, Annotated[list[Number], Field(min_length=2, max_length=10)]] = Field(
        default_factory=dict, description="switches by address with their values; the first is the model as it is")


class Cross(Closed):
    """What all designs of sensitivity analysis have."""

    n: int = Field(ge=2, le=1_000_000, description="size of the design")
    seed: Seed = 1
    seed_factor: bool = Field(True, description="true: luck is one more factor; false: means over the same replicates everywhere")
    dummy: bool = Field(True, description="add a number that the model does not read")


class Grouped(Cross):
    """A design that knows groups."""

    groups: dict[str, Words] = Field(default_factory=dict, description="factors that are moved together, by a name of your own")


class Sobol(Grouped):
    """Variance shares, alone and with all they act with."""

    kind: Literal["sobol"]
    second_order: bool = Field(False, description="shares of pairs too, for nearly twice the runs")


class Morris(Grouped):
    """Screening of many numbers with few runs."""

    kind: Literal["morris"]


class Given(Cross):
    """eFAST, or a method that reads any points."""

    kind: Literal["efast", "rbd_fast", "delta", "pawn", "hdmr"]


class WhenModel(Closed):
    """The case to look for: an outcome below or above a value."""

    outcome: str = Field(description="a name in `outcomes`")
    of: str | None = Field(None, description="name of the scenario; the second if left out")
    below: float | None = Field(None, description="it is less than this")
    above: float | None = Field(None, description="it is more than this")

    @model_validator(mode="after")
    def _one(self) -> "WhenModel":
        if (self.below is None) == (self.above is None):
            raise Wrong("needs below or above, one of them")
        return self


class Discover(Closed):
    """In which box of the numbers something is so (PRIM)."""

    kind: Literal["discover"]
    n: int = Field(ge=100, le=1_000_000, description="points of a Latin hypercube")
    seed: Seed = 1
    when: WhenModel = Field(description="the case to look for")


Method = Annotated[Compare | Sweep | Uncertainty | Sobol | Morris | Given | Discover, Field(discriminator="kind")]


def _period(text: object) -> object:
    if isinstance(text, str) and not PERIOD.fullmatch(text):
        raise Wrong(f"'{text[:60]}' is no period (months 0-35, years 1-3, month 0 or year 5)")
    return text


class OutcomeModel(Closed):
    """One outcome that is asked for."""

    name: str = Field(description="name of an outcome")
    as_: Literal["difference", "level"] = Field("difference", alias="as", description="difference from the first scenario or level")
    people: Literal["all", "participants", "contacts", "others"] = Field("all", description="whose outcome")
    over: Annotated[str, BeforeValidator(_period)] | None = Field(
        None, description="months 0-35, years 1-3, year 5; all months if left out")
    place: str = Field("all", description="all, a district or a neighbourhood")
    quintile: int = Field(0, ge=0, le=5, description="IMD quintile, 0 for all")
    age: str = Field("all", description="all or an age band")
    label: Annotated[str, StringConstraints(min_length=1, max_length=80)] | None = Field(
        None, description="its name in tables and figures; made of the rest if left out")


class UntilModel(Closed):
    """The Monte Carlo error to reach."""

    error: float = Field(gt=0, lt=1, description="standard error as a share of the mean")
    of: str = Field(description="a name in `outcomes`")


class ReplicatesModel(Closed):
    """As many replicates as it takes."""

    until: UntilModel = Field(description="error and of")
    most: int = Field(64, ge=2, le=100_000, description="replicates at most")


class LimitsModel(Closed):
    """Limits of a run."""

    seconds_per_run: float | None = Field(None, gt=0, le=86_400, description="a longer run is ended and counts as failed")


class ExperimentModel(Closed):
    """An experiment of nbhdsim: scenarios, what is varied and how, and what is asked of the runs."""

    model_config = ConfigDict(populate_by_name=False, title="nbhdsim experiment/1")

    schema_: Literal["experiment/1"] = Field(alias="schema", description="experiment/1")
    name: Annotated[str, StringConstraints(min_length=1, max_length=80)] | None = Field(
        None, description="its name; the file's if left out")
    method: Method = Field(description="kind, and what that kind needs")
    scenarios: Words = Field(description="scenario files beside this one; the first is what the others are compared with")
    set: dict[str, Any] = Field(default_factory=dict, description="changes of every scenario by address, as after --set")
    outcomes: Annotated[list[OutcomeModel], Field(min_length=1)] = Field(
        default_factory=lambda: [OutcomeModel(name="emergency_admissions")], description="what is asked of each run")
    vary: dict[str, Literal["quantity"] | VaryModel] = Field(
        default_factory=dict, description="what is varied, by address (or baseline.* and the like): quantity for its own law")
    replicates: Annotated[int, Field(ge=1, le=100_000)] | ReplicatesModel | None = Field(
        None, description="a number, or until and most")
    limits: LimitsModel = Field(default_factory=LimitsModel, description="limits of a run")
    views: Annotated[list[Literal["outcomes", "default"]], Field(min_length=1)] = Field(
        default=["outcomes"], description="outcomes: only what is asked for; default: every table")
