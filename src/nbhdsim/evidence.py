"""Quantities: every number of the model with its range, law, grade and source, and the baseline catalogue of them.

A Quantity has one address everywhere: in an override, as a sweep axis, in the ledger, under a bar of a figure.
"""
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from math import exp, floor, inf, log
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from . import documents, rng
from .documents import Closed, Document, Wrong
from .errors import NbhdsimError, Problem

RATIO_LAWS = ("split_lognormal", "loguniform")
"""Laws of the logarithm: their numbers are above 0."""
RATIOS = "a ratio of 1 is no effect, 0.9 a tenth less"
ENDS = ("uniform", "loguniform", "triangular", "integer", "choice")
"""Laws that are bounded by low and high, and therefore need a reason."""

Law = Literal["fixed", "split_normal", "split_lognormal", "uniform", "loguniform", "triangular", "beta", "integer",
              "choice", "joint"]
"""Laws of a quantity. low and high are the 5 and 95% points of the split laws and of beta, the ends of the others."""
Grade = Literal["A", "B", "C", "D"]
Basis = Literal["read", "computed", "recalled", "judged", "assumption"]
Stage = Literal["build", "run", "value"]

BASELINE = Path(__file__).parent / "catalogue" / "baseline.yaml"
ECONOMICS = BASELINE.with_name("economics.yaml")
JUDGEMENT, JUDGED = "judgement", "baseline.judgement.spread"
NINETY_FIVE = 1.6448536269514722      # standard normal quantile at 95%
DIGITS = 10


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a number comes from."""

    title: str
    by: str
    year: int
    url: str


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """One number of the model.

    address: its name everywhere; value: central; low, high: see Law; grade: A trials or routine statistics to D judgement;
    basis: read, computed, recalled, judged or assumption; stage: `build` changes the population, `run` does not, `value` says what
    finished results are worth and never reaches a simulation; assumed: set without a source; joint, rows: quantities fitted
    together share the name `joint`, and each has its own value in every one of the equally good fits; drawn_as: address of the
    unknown that this is, where it is not its own; least, most: what it can be at all.
    """

    address: str
    value: float
    unit: str
    low: float
    high: float
    law: str
    grade: str
    source: Source
    why: str
    basis: str
    stage: str
    assumed: bool = False
    joint: str = ""
    rows: tuple[float, ...] = ()
    drawn_as: str = ""
    least: float = -inf
    most: float = inf

    def at(self, u: float) -> float:
        """Quantile at u in [0, 1], to 10 significant digits so that no bit depends on the machine.

        The split laws have `value` as median and a half normal (of the logarithm) on either side: unbounded, so harm
        stays possible (Wallis 2014, Statistical Science 29: the two-piece normal, here scaled about its median). A quantile
        beyond what the quantity can be stops there.
        """
        return self.kept(stable(_QUANTILES[self.law](self, min(max(u, 1e-9), 1 - 1e-9))))

    def kept(self, value: float) -> float:
        """`value`, or the end of what the quantity can be that it lies beyond."""
        return min(max(value, self.least), self.most)


def stable(x: float) -> float:
    """x rounded to 10 significant digits."""
    return float(f"{x:.{DIGITS - 1}e}")


def _z(u: float) -> float:
    from scipy.special import ndtri
    return float(ndtri(u))


def _split(value: float, low: float, high: float, *, u: float) -> float:
    return value + _z(u) / NINETY_FIVE * (value - low if u < 0.5 else high - value)


def _triangular(q: Quantity, u: float) -> float:
    width, left = q.high - q.low, q.value - q.low
    if width == 0:
        return q.value
    if u < left / width:
        return q.low + (u * width * left) ** 0.5
    return q.high - ((1 - u) * width * (width - left)) ** 0.5


@cache
def beta_shape(low: float, high: float) -> tuple[float, float]:
    """Both shapes of the beta law whose 5 and 95% points are low and high (0 < low < high < 1)."""
    from scipy.optimize import root
    from scipy.special import betainc
    middle, sd = (low + high) / 2, (high - low) / 2 / NINETY_FIVE
    size = max(middle * (1 - middle) / sd ** 2 - 1, 0.1)
    def miss(x: np.ndarray) -> list[float]:
        a, b = np.exp(x)
        return [float(betainc(a, b, low)) - 0.05, float(betainc(a, b, high)) - 0.95]
    found = root(miss, [log(middle * size), log((1 - middle) * size)])
    if not found.success or max(map(abs, miss(found.x))) > 1e-6:
        raise NbhdsimError.of(f"no beta law has its 5 and 95% points at {low:g} and {high:g}")
    return exp(found.x[0]), exp(found.x[1])


def _beta(q: Quantity, u: float) -> float:
    from scipy.special import betaincinv
    return float(betaincinv(*beta_shape(q.low, q.high), u)) if q.low < q.high else q.value


_QUANTILES = {
    "fixed": lambda q, u: q.value,
    "split_normal": lambda q, u: _split(q.value, q.low, q.high, u=u),
    "split_lognormal": lambda q, u: exp(_split(log(q.value), log(q.low), log(q.high), u=u)),
    "uniform": lambda q, u: q.low + u * (q.high - q.low),
    "loguniform": lambda q, u: q.low * (q.high / q.low) ** u,
    "triangular": _triangular,
    "beta": _beta,
    "integer": lambda q, u: q.low + floor(u * (q.high - q.low + 1)),
    "choice": lambda q, u: q.low if u < 0.5 else q.high,
    "joint": lambda q, u: q.rows[min(floor(u * len(q.rows)), len(q.rows) - 1)],
}


def is_effect(address: str) -> bool:
    """Is it the address of a stated effect of an intervention?"""
    return address.startswith("interventions.") and ".effects." in address


def uniform_of(quantity: Quantity, *, seed: int, draw: int) -> float:
    """The uniform that decides a quantity in one draw: its own, or the one it shares with those fitted together or with
    the same unknown at other addresses."""
    return _uniform(quantity.joint or quantity.drawn_as or quantity.address, seed, draw)


def _uniform(name: str, seed: int, draw: int) -> float:
    """Draws 1 and 2, 3 and 4, .. are antithetic (u and 1 - u): the mean over few of them strays far less, and each alone
    still has the law (Hammersley and Morton 1956)."""
    zero = np.uint32(0)
    u = float(rng.uniform(np.uint64(seed), np.uint32((draw + 1) // 2), rng.purpose(name), zero, zero))
    return u if draw % 2 else 1 - u


def draw_values(quantities: Mapping[str, Quantity], *, seed: int, draw: int) -> dict[str, float]:
    """Values by address of one draw: central ones for draw 0, else a quantile of each law at its own uniform.

    Every stated effect of grade D, unless exact, also carries one shared error of judgement: its distance from no effect
    (log ratio or shift) is multiplied by 1 + spread x z, at least 0, z standard normal and common to all (design section 1).
    """
    if draw == 0:
        return {address: stable(q.value) for address, q in quantities.items()}
    values = {address: stable(q.value) if q.law == "fixed" else q.at(uniform_of(q, seed=seed, draw=draw))
              for address, q in quantities.items()}
    factor = misjudged(values.get(JUDGED, 0.0), judgement(seed=seed, draw=draw))
    for address, q in quantities.items():
        if is_effect(address) and q.grade == "D" and q.law != "fixed":
            values[address] = q.kept(judged(q, values[address], factor))
    return values


def judgement(*, seed: int, draw: int) -> float:
    """The uniform that decides the error of judgement that all effects of grade D share in one draw."""
    return _uniform(JUDGEMENT, seed, draw)


def misjudged(spread: float, u: float) -> float:
    """What the shared error of judgement at u multiplies the distance of effects from none with: 1 + spread x z, at least 0."""
    return max(0.0, 1 + spread * _z(min(max(u, 1e-9), 1 - 1e-9)))


def judged(quantity: Quantity, value: float, factor: float) -> float:
    """An effect whose distance from none is multiplied: a ratio on the log scale, a shift as it is."""
    ratio = quantity.law in RATIO_LAWS or quantity.unit == "rate ratio"
    return stable(exp(log(value) * factor) if ratio else value * factor)


class SourceModel(Closed):
    """A source as it stands in a catalogue file."""

    title: Annotated[str, Field(min_length=1)]
    by: str = ""
    year: Annotated[int, Field(ge=0, le=2100)] = 0
    url: str = ""


class QuantityModel(Closed):
    """A Quantity as it stands in a catalogue file; `source` is a source or the name of one of the file's `sources`."""

    value: float
    unit: str
    low: float | None = None
    high: float | None = None
    law: Law = "fixed"
    grade: Grade
    basis: Basis
    stage: Stage = "run"
    why: Annotated[str, Field(min_length=1)]
    bound: bool = False
    source: SourceModel | str | None = None

    @model_validator(mode="after")
    def _holds(self) -> "QuantityModel":
        if (self.low is None) != (self.high is None):
            raise Wrong("has only one of low and high (both, or neither for an exact number)")
        if self.low is None and self.law not in ("fixed", "joint"):
            raise Wrong(f"{self.law} needs low and high", "law")
        if self.low is not None and self.high is not None and not self.low <= self.value <= self.high:
            raise Wrong(f"{self.value:g} is not between low {self.low:g} and high {self.high:g}", "value")
        if self.law in ENDS and not self.bound:
            raise Wrong(f"low and high are the ends of a {self.law} law: say `bound: true` and why", "law")
        if self.law in RATIO_LAWS and min(self.value, self.low or 1) <= 0:
            raise Wrong(f"a {self.law} law needs numbers above 0 ({RATIOS})", "law")
        if self.law == "beta" and not 0 < (self.low or 0) < (self.high or 0) < 1:
            raise Wrong("a beta law needs 0 < low < high < 1", "law")
        return self


LIMITS = {"share": (0, 1), "kept": (0, 1), "correlation": (-1, 1), "relative change": (-1, 1), "rate ratio": (0.01, 100),
          "points 0-10": (0, 10), "points": (-inf, inf)}
"""What a number can be at all, by the first words of its unit; anything else is not below 0."""


def limits(unit: str) -> dict[str, float]:
    """The fields `least` and `most` of a Quantity of this unit."""
    least, most = next((ends for words, ends in LIMITS.items() if unit.startswith(words)), (0, inf))
    return {"least": least, "most": most}


NOBODY = Source(title="no published figure", by="the model's own choice", year=0, url="")
"""The source of a judged or assumed number that has none."""


def quantity(address: str, model: QuantityModel, sources: Mapping[str, SourceModel], **fields: Any) -> Quantity:
    """The Quantity of a catalogue entry; `sources`: those its file names; KeyError for a name that is not there."""
    given = sources[model.source] if isinstance(model.source, str) else model.source
    source = NOBODY if given is None else Source(**dict(given))
    return Quantity(address=address, value=model.value, unit=model.unit, law=model.law, grade=model.grade, basis=model.basis,
                    low=model.value if model.low is None else model.low, why=model.why, stage=model.stage, source=source,
                    high=model.value if model.high is None else model.high, assumed=given is None, **fields)


class TableModel(Closed):
    """A table of baseline figures; `scale` is the Quantity every figure is multiplied with."""

    unit: str
    grade: Grade
    basis: Basis
    why: Annotated[str, Field(min_length=1)]
    source: str
    rows: list[str | int]
    columns: list[str | int]
    values: list[list[float]]
    scale: QuantityModel | None = None

    @model_validator(mode="after")
    def _fits(self) -> "TableModel":
        if len(self.values) != len(self.rows) or any(len(row) != len(self.columns) for row in self.values):
            raise Wrong(f"needs {len(self.rows)} rows of {len(self.columns)} figures", "values")
        return self


class JointModel(Closed):
    """Values of quantities that were fitted together: one row for each of the equally good fits."""

    why: str
    columns: list[str]
    values: list[list[float]]


class BaselineModel(Closed):
    """catalogue/baseline.yaml: quantities and tables by group and name."""

    schema_: Literal["baseline/1"] = Field(alias="schema")
    sources: dict[str, SourceModel]
    quantities: dict[str, dict[str, QuantityModel]]
    economics: dict[str, QuantityModel]
    tables: dict[str, dict[str, TableModel]]
    joint: dict[str, JointModel]


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table of baseline figures (rows and columns by name), with its provenance; multiplied by `<address>.scale`."""

    address: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]
    unit: str
    grade: str
    basis: str
    source: Source
    why: str

    def scaled(self, values: Mapping[str, float]) -> np.ndarray:
        """The figures, float64 [rows, columns], times the scale of a draw (values: by address)."""
        return np.array(self.values) * values.get(f"{self.address}.scale", 1.0)


@cache
def load_baseline() -> tuple[dict[str, Quantity], dict[str, Table]]:
    """All baseline and economics quantities, and all baseline tables, by address.

    Raises NbhdsimError with every problem when the catalogue file is wrong.
    """
    document = documents.read_yaml(BASELINE)
    model = documents.check(document, BaselineModel)
    _check_sources(document, model)
    joined = {f"baseline.{group}.{name}": (f"baseline.{group}", tuple(row[i] for row in joint.values))
              for group, joint in model.joint.items() for i, name in enumerate(joint.columns)}
    entries = [(f"baseline.{group}.{name}", m) for group, names in model.quantities.items() for name, m in names.items()]
    entries += [(f"economics.{name}", m) for name, m in model.economics.items()]
    found = {}
    for address, entry in entries:
        joint, rows = joined.get(address, ("", ()))
        found[address] = quantity(address, entry, model.sources, joint=joint, rows=rows, **limits(entry.unit))
    tables = {}
    for group, names in model.tables.items():
        for name, table in names.items():
            address = f"baseline.{group}.{name}"
            if table.scale is not None:
                found[f"{address}.scale"] = quantity(f"{address}.scale", table.scale, model.sources, **limits(table.scale.unit))
            tables[address] = _table(address, table, model.sources)
    return found, tables


def _table(address: str, table: TableModel, sources: Mapping[str, SourceModel]) -> Table:
    return Table(address=address, rows=tuple(map(str, table.rows)), columns=tuple(map(str, table.columns)),
                 values=tuple(map(tuple, table.values)), unit=table.unit, grade=table.grade, basis=table.basis,
                 why=table.why, source=Source(**dict(sources[table.source])))


def _check_sources(document: Document, model: BaselineModel) -> None:
    """Every source that is named is there."""
    groups: Iterable[tuple[tuple[str, ...], Any]] = [
        *((("quantities", g, n), m) for g, names in model.quantities.items() for n, m in names.items()),
        *((("economics", n), m) for n, m in model.economics.items()),
        *((("tables", g, n), m) for g, names in model.tables.items() for n, m in names.items())]
    problems: list[Problem] = [document.problem((*path, "source"), f"no source is named '{m.source}'") for path, m in groups
                               if isinstance(m.source, str) and m.source not in model.sources]
    if problems:
        raise NbhdsimError(problems)


class DatedModel(QuantityModel):
    """A number of catalogue/economics.yaml; price_year: first calendar year of its pounds' financial year, none for no pounds."""

    stage: Literal["value"] = "value"
    price_year: int | None = None


class ConstantModel(Closed):
    """A policy constant: what stands in which edition of whose guidance, and whether it still holds."""

    value: Any
    unit: str
    edition: str
    status: str
    why: str
    source: str = ""


class EconomicsModel(Closed):
    """catalogue/economics.yaml: numbers, policy constants, and the payers and gainers that each perspective counts."""

    schema_: Literal["economics/1"] = Field(alias="schema")
    sources: dict[str, SourceModel]
    quantities: dict[str, DatedModel]
    constants: dict[str, ConstantModel]
    perspectives: dict[str, list[str]]


@cache
def economics_file() -> EconomicsModel:
    """catalogue/economics.yaml, checked. Raises NbhdsimError with every problem."""
    document = documents.read_yaml(ECONOMICS)
    model = documents.check(document, EconomicsModel)
    named = [((part, name, "source"), m.source) for part in ("quantities", "constants") for name, m in getattr(model, part).items()]
    problems = [document.problem(path, f"no source is named '{source}'") for path, source in named
                if isinstance(source, str) and source and source not in model.sources]
    if problems:
        raise NbhdsimError(problems)
    return model


@cache
def load_economics() -> dict[str, Quantity]:
    """Every quantity of stage `value`, by address. They are drawn like all others, but only when finished results are valued."""
    model = economics_file()
    return {f"economics.{name}": quantity(f"economics.{name}", m, model.sources, **limits(m.unit))
            for name, m in model.quantities.items()}
