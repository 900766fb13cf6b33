"""A scenario: what is funded where, when and by whom. Frozen; `schema.load` makes one from a YAML file.

`where` chooses its neighbourhoods once history has been run, `funding` turns its money into sites and its sites into
money.
"""
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING, Any

from nbhdsim.pools import Pool

if TYPE_CHECKING:
    from nbhdsim.areas import Area
    from nbhdsim.evidence import Quantity
    from nbhdsim.interventions.schema import Kind

AMOUNTS = ("funding", "sites", "places")
"""Units of an amount: pounds a year, sites, or places for participants (residents, where the cost is per head)."""


@dataclass(frozen=True, kw_only=True)
class AreaSpec:
    """Which area: a built-in one by name (`residents` sets the size of a teaching town) or a user's CSV file."""

    name: str = ""
    csv: str = ""
    residents: int | None = None


@dataclass(frozen=True, kw_only=True)
class Where:
    """Which neighbourhoods. Filters (names, district, quintile, same_as) all apply; then `top` or `random` picks some.

    names: neighbourhoods, districts or primary care networks; quintile: IMD, 1 most deprived; top: how many, ranked
    `by` emergency_admissions (per resident over the last `over` months before the scenario starts), need or
    deprivation; random: how many; same_as: key of another line; most_per_place: sites a neighbourhood takes at most.
    """

    names: tuple[str, ...] = ()
    district: tuple[str, ...] = ()
    quintile: tuple[int, ...] = ()
    top: int | None = None
    by: str = "emergency_admissions"
    over: int = 12
    random: int | None = None
    same_as: str = ""
    most_per_place: int | None = None


@dataclass(frozen=True, kw_only=True)
class Amount:
    """How much: `value` in the unit `of`, one of AMOUNTS."""

    of: str
    value: float


@dataclass(frozen=True, kw_only=True)
class Target:
    """Who of those eligible is aimed at: ages `low` to `high`, both included, IMD quintiles, any of some population groups
    (both: empty = all)."""

    low: int = 0
    high: int = 120
    quintile: tuple[int, ...] = ()
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Line:
    """One programme of a scenario.

    kind: its catalogue entry, with every Quantity at this line's own address and with the scenario's overrides;
    amount: None where nothing is paid (`adjust`); start, end: first and last funded month, both included; every:
    months between rounds of a grant, None for a service that runs; payers: shares that add to 1; stop: key of the existing
    provision that a cut stops from start to end, in the part `where` of the neighbourhoods it stands in; at: file, line and
    column of the line in its file, for errors that show only once the population is known.
    """

    key: str
    kind: "Kind"
    where: Where
    amount: Amount | None
    start: int
    end: int
    every: int | None
    payers: Mapping[str, float]
    targeting: Target
    stop: str = ""
    stands: "Where" = Where()
    at: tuple[str, int, int] = ("", 0, 0)

    @property
    def months(self) -> int:
        """Funded months."""
        return self.end - self.start + 1

    def rounds(self) -> list[tuple[int, int]]:
        """First month and funded months of each round: one for a service, one every `every` months for grants."""
        step = self.every or self.months
        if self.stop and self.every:                    # its rounds are those of what stands, one of them in month 0
            first = self.every * ceil(self.start / self.every)
            return [(month, min(step, self.end - month + 1)) for month in range(first, self.end + 1, step)]
        return [(first, min(step, self.end - first + 1)) for first in range(self.start, self.end + 1, step)]


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A scenario, checked and complete.

    start: year and month (1-12) of month 0; months, history: months from there on and before; ageing: whether time passes for
    residents, or everyone stays at the age of month 0; stance: `controlled` or `claimed`; lines: by key, sorted; quantities,
    tables: every baseline number and `interventions.<key>.<name>` of each line, after overrides; area_data: the area itself;
    data: the scenario as plain values, merged and complete; texts: each file read; pools: limits of what programmes share;
    at_work: keys of the programmes at work (None: all), the others are chosen places for and do nothing; worth: numbers of stage
    `value`, after overrides, which no run reads.
    """

    name: str
    file: str
    area: AreaSpec
    start: tuple[int, int]
    months: int
    history: int
    seed: int
    stance: str
    lines: Mapping[str, Line]
    quantities: Mapping[str, "Quantity"]
    tables: Mapping[str, Any] = field(default_factory=dict, compare=False)
    area_data: "Area | None" = field(default=None, compare=False, repr=False)
    data: Mapping[str, Any] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    ageing: bool = True
    pools: Mapping[str, Pool] = field(default_factory=dict)
    at_work: frozenset[str] | None = field(default=None, compare=False)
    worth: Mapping[str, "Quantity"] = field(default_factory=dict, compare=False)

    @property
    def working(self) -> frozenset[str]:
        """Keys of the programmes at work."""
        return frozenset(self.lines) if self.at_work is None else self.at_work
