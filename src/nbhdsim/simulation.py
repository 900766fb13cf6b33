"""Run a world: history once, then every scenario branches from it and meets the same luck, resident by resident."""
from collections.abc import Container, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import evidence, rates, reach, step
from . import views as views_
from .delivery import Future, Members
from .errors import NbhdsimError
from .interventions import commissioned
from .interventions.cut import Cut
from .interventions.programme import Programme
from .levers import Levers
from .outcomes import Measures
from .pools import Held
from .population import World
from .relations import Relations
from .residents import MECHANISMS, Residents, Script
from .scenario import Scenario, funding, staffing, where
from .screening import PROGRAMMES, REVIEW, Clock, Screening
from .step import Fixed, Ground, Rules, luck, prepare, snapshot
from .step.measure import ADMISSIONS
from .step.passing import Passing
from .tally import NAMES, Tally
from .turnover import Turnover
from .views import DEFAULT_VIEWS

Rows = dict[str, dict[str, Any]]
YEAR = 12
NOBODY = np.zeros(0, np.int32)
SCREENED = tuple(f"screened_{name}" for name in PROGRAMMES)


class Setting(NamedTuple):
    """What all scenarios of a future share and nothing changes: the parameters, and what is made from them."""

    values: Mapping[str, float]
    rates: rates.Rates
    rules: Rules


def baseline(values: Mapping[str, float]) -> dict[str, float]:
    """The values that shape a world without programmes: scenarios that share them share their history."""
    return {address: value for address, value in values.items()
            if not address.startswith(("interventions.", "economics.")) and address not in rates.CHANNELS.values()}


def setting(world: World, scenario: Scenario, *, draw: int) -> Setting:
    """The setting of one draw (0: central values)."""
    values = evidence.draw_values(scenario.quantities, seed=scenario.seed, draw=draw)
    packed = rates.pack(values, scenario.tables)
    return Setting(values, packed, prepare.rules(packed))


class Past(NamedTuple):
    """Residents who left a row in the running year: the stay that ended [k] (-1: nobody was there), whether they were ever reached,
    and the year's sums."""

    stay: NDArray[np.int64]
    reached: NDArray[np.bool_]
    years: step.Years


class Simulation:
    """One scenario in one future, a month at a time.

    world: from `population.build`; draw: parameter draw (0 = central values); replicate: luck; watch: ids of residents
    whose months are kept in `traces`; only: outcomes that are asked for (None: all), what others alone need is not counted.
    `month` is the next month to run (history is negative). `felt` [5, n] is the induced change (SD) that moved each resident in
    the month just run, where somebody asked for it (`feel`). Raises NbhdsimError when a programme cannot be what the scenario
    says (no neighbourhood matches, an effect that cannot hold).
    """

    def __init__(self, world: World, scenario: Scenario, *, draw: int = 0, replicate: int = 0,
                 watch: Sequence[int] = (), only: Container[str] | None = None) -> None:
        n = world.script.id.size
        self.world, self.scenario, self.draw, self.replicate, self._only = world, scenario, draw, replicate, only
        self.month = -scenario.history
        self.setting = setting(world, scenario, draw=draw)
        self.luck, self._state, self.years = luck.empty(n), step.state(n), step.years(n)
        script, r = world.script, self.setting.rates
        self.passing = None if world.life is None else Passing(
            script, world.life, world.places, ties=world.ties, rates=r, month=self.month)
        self._standing = self.passing or prepare.still(script, world.places, ties=world.ties, rates=r)
        self._begin(scenario, watch)

    def _begin(self, scenario: Scenario, watch: Sequence[int]) -> None:
        r, n = self.setting.rates, self.world.script.id.size
        self.scenario = scenario
        self.levers = Levers(n, a=r.a, b=r.b, preventable=r.preventable)
        self.relations = Relations(n, len(self.world.places.name), self.setting.values)
        self.programmes: list[Programme | Cut] = []
        self.plans: dict[str, funding.Plan] = {}
        self.contracts = commissioned.contracts((), {}, self.world.script.place)
        self.sums: list[NDArray[np.int64]] = []
        self.deaths: list[NDArray[np.int64]] = []
        self.reached_sums: list[NDArray[np.int64]] = []
        self.screened_sums: list[NDArray[np.int64]] = []
        self.ledger = reach.Ledger(n)
        cells = len(self.world.places.name), step.SEGMENTS
        self._tally = Tally(cells) if self._asked(NAMES) else None
        self.delivered: list[tuple[str, int, Mapping[str, Any]]] = []
        self.traces: list[dict[str, NDArray[np.float32]]] = []
        self.hours: Held | None = None
        self._reached, self._lost = np.zeros(n, bool), np.zeros(n, bool)
        self._reached_now = np.zeros(cells, np.int64)
        self.touched = np.zeros(n, bool)
        self.gone: list[Past] = []
        self._watched = np.flatnonzero(np.isin(self.world.script.id, np.asarray(watch, np.int64)))
        self._watch = tuple(watch)
        self.felt: NDArray[np.float32] | None = None
        if self._watch:
            self.feel()

    def _asked(self, outcomes: Sequence[str]) -> bool:
        return self._only is None or any(name in self._only for name in outcomes)

    def feel(self) -> None:
        """Keep `felt` from the next month on."""
        self.felt = np.zeros_like(self._state.spill)

    def step(self) -> None:
        """Run one month."""
        one_month([self])

    def advance_luck(self) -> None:
        """Move the shared luck to this month; `live` must follow for every simulation that shares it."""
        s, world = self.setting, self.world
        season = prepare.place_season(world.places, s.rates, seed=world.seed, replicate=self.replicate,
                                      month=self.month, calendar=self.calendar)
        first, clock = self.month == -self.scenario.history, luck.clock(world.seed, self.replicate, self.calendar)
        if self.passing and not first:
            self.passing.advance(self.month)
        luck.advance(self.luck, self.fixed, s.rules.loadings, bounds=self.ground.bounds, season=season, clock=clock, first=first,
                     new=self.passing.change.rows if self.passing else NOBODY, absent=self.ground.absent)

    def live(self) -> None:
        """Answer this month's luck: programmes push levers, the month is worked out, and it is over."""
        if self.month == -self.scenario.history:
            np.multiply(self.luck.natural, np.float32(self.setting.rates.n), out=self._state.excitation)
        if self.month % YEAR == 0:
            self._new_year()
        self._turn_over()
        if self.month == 0 and self.scenario.lines and not self.programmes:
            self._fund()
        gone = Turnover(*self.passing.turnover()) if self.passing and (self.programmes or self._asked(SCREENED)) else None
        if self.programmes:
            self._deliver(gone)
        if self._asked(SCREENED):
            self._screen(gone)
        self.relations.turn()
        clock = (np.uint32(self.calendar), np.uint32(self.replicate), np.uint64(self.world.seed))
        self.sums.append(step.advance(self._state, self.luck, self.fixed, rules=self.setting.rules, ground=self.ground,
                                      levers=self.levers, clock=clock, years=self.years, felt=self.felt))
        if self.passing:
            self.deaths.append(self.passing.deaths.copy())
        self._note()
        self.month += 1

    def _deliver(self, gone: Turnover | None) -> None:
        """Programmes take people in and let them go, and push levers; gone: rows with another resident."""
        share = None
        for programme in sorted(self.programmes, key=lambda p: p.relies):         # what gives hours comes before what needs them
            share = self._share_hours() if programme.relies and share is None else share
            if self.passing and programme.renewing(self.month):
                programme.renew(self.script)
            programme.advance(self.month, self.relations, gone, share=share)
        self._look()
        for programme in self.programmes:
            programme.push(self.month, self.levers, self.luck.natural)
            programme.relate(self.month, self.relations)
        self.contracts.settle(self.month, self.relations, gone)

    @property
    def fixed(self) -> Fixed:
        """What the month reads of every row."""
        return self._standing.fixed

    @property
    def ground(self) -> Ground:
        """Where rows lie, and who is there."""
        return self._standing.ground

    @property
    def script(self) -> Script:
        """The life script as of this month."""
        return self.passing.script if self.passing else self.world.script

    @property
    def calendar(self) -> int:
        """Calendar number of the month: 12 * year + month - 1."""
        year, month = self.world.start
        return YEAR * year + month - 1 + self.month

    @property
    def measures(self) -> Measures:
        """Sums of all months run under this scenario (a branch starts anew at its first own month)."""
        return Measures(_stacked(self.sums), _stacked(self.reached_sums), self.month - len(self.sums),
                        _stacked(self.screened_sums) if self.screened_sums else None,
                        _stacked(self.deaths) if self.passing else None,
                        self._tally.stacked() if self._tally else None)

    @property
    def residents(self) -> Residents:
        """Every resident at the end of the month just run, as read-only arrays; each row's id is that of who lives there."""
        script = self.passing.script._replace(id=self.passing.person) if self.passing else self.world.script
        return snapshot.residents(script, self._state, self.luck, rates=self.setting.rates,
                                  loadings=self.setting.rules.loadings)

    def additions(self) -> dict[str, NDArray[np.int64]]:
        """What each row added to the sums of the month just run, by outcome, in units of 2^-20; `feel` must have been asked for."""
        if self.felt is None:
            raise NbhdsimError.of("what residents felt was not kept: call feel() a month before")
        return snapshot.additions(self._state, self.luck, self.felt, segment=self.ground.segment, lines=self.setting.rules.lines)

    @property
    def members(self) -> dict[str, Members]:
        """Members of each programme by key, past ones with some effect left included."""
        return {programme.key: programme.members for programme in self.programmes}

    @property
    def reached(self) -> NDArray[np.bool_]:
        """Who has ever been reached by any programme [n]."""
        return self._reached

    @property
    def taking_part(self) -> NDArray[np.bool_]:
        """Who has ever been reached by any programme, or was in one that was cut [n]."""
        return self._reached | self._lost

    def branch(self, scenario: Scenario) -> "Simulation":
        """A simulation of `scenario` that goes its own way from here, bit-identical until its first pound is spent.

        Raises NbhdsimError if area, seed, start, history or a baseline number differ, or a programme has begun.
        """
        return self._branch(scenario, luck.copy(self.luck), self.passing and self.passing.copy())

    def _branch(self, scenario: Scenario, shared: luck.Luck, passing: Passing | None) -> "Simulation":
        mine = self.scenario
        for name in ("area", "seed", "start", "history", "ageing"):
            if getattr(mine, name) != getattr(scenario, name):
                raise NbhdsimError.of(f"{name} is {getattr(scenario, name)!r}, but {getattr(mine, name)!r} in the scenario "
                                      "it branches from", file=scenario.file)
        values = self.setting.values
        if scenario is not mine:
            values = evidence.draw_values(scenario.quantities, seed=scenario.seed, draw=self.draw)
            _refuse_other_baseline(baseline(self.setting.values), baseline(values), scenario)
        if self.programmes or self.month > 0:
            raise NbhdsimError.of("a scenario can only branch before month 0", file=scenario.file)
        other = object.__new__(Simulation)
        other.world, other.draw, other.replicate, other.month = self.world, self.draw, self.replicate, self.month
        other._only = self._only
        other.setting = _own_channels(self.setting, values, scenario)
        other.luck, other.passing, other._standing = shared, passing, passing or self._standing
        other._state = step.State(*(column.copy() for column in self._state))
        other.years = step.Years(*(column.copy() for column in self.years))
        other._begin(scenario, self._watch)
        other.screening = self.screening and self.screening.copy()
        other.past = (*self.past, *self.sums)         # as it is now: the trunk may go on
        return other

    past: Sequence[NDArray[np.int64]] = ()
    screening: Screening | None = None

    def _new_year(self) -> None:
        self.gone = []
        for column in self.years:
            column[:] = 0

    def _turn_over(self) -> None:
        """Rows with another resident begin anew, with the excitation of people like them and nothing induced."""
        if not self.passing or not self.passing.change.rows.size:
            return
        rows, _, ended = self.passing.change
        sums = step.Years(*(np.empty(rows.size, column.dtype) for column in self.years))
        step.begin_anew(self._state, self.years, rows, sums, self.luck.natural, self.setting.rules.hospital.n)
        reached = np.zeros(rows.size, bool)
        if self.programmes:
            reached = self._reached[rows] | self._lost[rows]
            self._reached[rows] = self._lost[rows] = False
            self.levers.forget(rows)
            self.relations.leave(rows)
            self.ledger.leave(rows, ended, self.month)
        self.gone.append(Past(ended, reached, sums))

    def _look(self) -> None:
        """Tell those programmes that look who is missed, once a year."""
        looking = [p for p in self.programmes if isinstance(p, Programme) and p.looks] if self.month % REVIEW == 0 else []
        if looking:
            missed = self.ledger.missed(reach.people(self.script, self.world.places.quintile))
            for programme in looking:
                programme.tell(missed)

    def reach(self) -> dict[str, NDArray[np.int64]]:
        """Eligible and ever reached so far, by programme and `reach.CATEGORIES`."""
        return self.ledger.counts(reach.people(self.script, self.world.places.quintile), self.world) if self.programmes else {}

    def _fund(self) -> None:
        """Choose neighbourhoods from what history counted, turn money into sites, open the programmes."""
        values, world = self.setting.values, self.world
        admissions = np.array([month[:, :, ADMISSIONS].sum(1) for month in (*self.past, *self.sums)]).reshape(
            -1, len(world.places.name))
        sites = where.resolve_all(self.scenario, world, admissions, values=values, replicate=self.replicate)
        future = Future(self.script, world.places, world.ties, world.seed, self.replicate, self.calendar)
        plans = {key: funding.plan(line, values, world, sites=sites[key]) for key, line in sorted(self.scenario.lines.items())
                 if key in self.scenario.working}
        self.plans = staffing.filled(plans, self.scenario.pools.get("workforce"), values, places=world.places)
        for plan in self.plans.values():
            filled = 1.0 if plan.staffed is None else plan.staffed
            self.programmes.append((Cut if plan.line.stop else Programme)(
                plan.line, future, rates=self.setting.rates, values=staffing.values_of(plan, values),
                sites=plan.sites * filled, places=plan.places * filled, strict=self.draw == 0))
        self.hours = staffing.volunteers(self.scenario.pools.get("volunteer_hours"), values, script=self.script,
                                         places=world.places)
        doors = sum(programme.intervention.open_door for programme in self.programmes if not programme.line.stop)
        for programme in self.programmes:
            programme.doors = max(doors, 1)
        self.contracts = commissioned.contracts(self.programmes, self.plans, world.script.place)

    def _share_hours(self) -> NDArray[np.float64] | None:
        """Share [p] of the hours of volunteers asked for this month that there are; None where nothing limits them."""
        if self.hours is None:
            return None
        return self.hours.share([p.asked(self.month, self.relations) for p in self.programmes], [p.given for p in self.programmes])

    def _screen(self, gone: Turnover | None) -> None:
        """Who is screened this month because a programme said so, and whose screening lapses; gone: rows with another resident."""
        if self.screening is None:
            self.screening = Screening(self.script, {**self.setting.values, **_shares(self.scenario)},
                                       Clock(self.world.seed, self.replicate, self.calendar - self.month))
        half_life = {p.key: p.intervention.figures.get("decay_half_life_months", 0.0) for p in self.programmes}
        changed = gone is not None and self.month % REVIEW == 0
        if gone is not None:
            self.screening.turn_over(self.month, gone.rows, gone.flags)
            if changed:
                self.screening.review(self.script)
        pushed = self.relations.pushed("screening") if self.setting.rules.direct else ()
        if changed or not self.screened_sums:                    # ages, too, are those of the last review
            self._segment_asked = self.ground.segment.copy()
        changed |= self.screening.step(self.month, pushed, half_life)
        if changed or not self.screened_sums:
            shape = len(self.world.places.name), step.SEGMENTS
            self._screened_now = self.screening.counts(self.world.script.place, self._segment_asked, shape)
        self.screened_sums.append(self._screened_now)

    def _note(self) -> None:
        """Keep what the month leaves behind: who was reached, delivery, traces of watched residents."""
        for programme in self.programmes:
            joined = programme.members.who[programme.members.since == self.month]      # whoever came back was reached before
            if programme.line.stop:
                self._lost[joined] = self.touched[joined] = True
                joined = joined[:0]
            new = joined[~self._reached[joined]]
            if new.size:
                self._reached[new] = self.touched[new] = True
                np.add.at(self._reached_now, (self.world.script.place[new], self.ground.segment[new]), 1)
            if self.month >= programme.line.start:
                self.delivered.append((programme.key, self.month, programme.rows()))
        if self.passing and self.programmes:
            rows = np.flatnonzero(self._reached)
            cell = self.world.script.place[rows].astype(np.int64) * step.SEGMENTS + self.ground.segment[rows]
            self._reached_now = np.bincount(cell, minlength=self._reached_now.size).reshape(self._reached_now.shape)
        self.reached_sums.append(self._reached_now.copy())
        if self.programmes:
            self.ledger.note(self.programmes, self.month, segment=self.ground.segment,
                             new=self.passing.change.rows if self.passing else NOBODY)
        if self._tally:
            self._tally.note(self.world.script, self.ground.segment, programmes=self.programmes, relations=self.relations,
                             referred=self._state.referred, here=self.passing.here if self.passing else None,
                             changed=self.passing is not None and self.month % REVIEW == 0)
        if self.passing and self._watch:
            self._watched = np.flatnonzero(np.isin(self.passing.person, self._watch) & (self.passing.here != 0))
        if self._watched.size:
            self.traces.append(self._trace())

    def _trace(self) -> dict[str, NDArray[np.float32]]:
        w, s = self._watched, self._state
        return {"month": np.full(w.size, self.month), "id": (self.passing.person if self.passing else self.world.script.id)[w],
                "life_satisfaction": s.life_satisfaction[w], "expected": s.expected[w], "admissions": s.admitted[w],
                "excitation": s.excitation[w], **{f"spill_{k}": s.spill[j, w] for j, k in enumerate(MECHANISMS)},
                **({} if self.felt is None else {"connection": self.luck.connection[w] + self.felt[0, w],
                                                 "control": self.luck.control[w] + self.felt[1, w]})}


def _stacked(months: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Arrays of one shape as [month, ..]: `np.stack`, which has more to look at."""
    return np.concatenate(months).reshape(len(months), *months[0].shape)


def _own_channels(shared: Setting, values: Mapping[str, float], scenario: Scenario) -> Setting:
    """The setting with the values of one scenario, whose channels may be stronger or weaker than those of another."""
    if all(values.get(address) == shared.values.get(address) for address in rates.CHANNELS.values()):
        return shared._replace(values=values)
    packed = rates.pack(values, scenario.tables)
    return shared._replace(values=values, rates=packed, rules=prepare.rules(packed))


def _shares(scenario: Scenario) -> dict[str, float]:
    """Shares of population groups, by address: those the population was built with, whatever is drawn."""
    return {address: q.value for address, q in scenario.quantities.items() if address.startswith("baseline.groups.")}


def _refuse_other_baseline(mine: Mapping[str, float], theirs: Mapping[str, float], scenario: Scenario) -> None:
    for address in sorted(mine.keys() | theirs.keys()):
        if mine.get(address) != theirs.get(address):
            raise NbhdsimError.of(f"{address} is {theirs.get(address)!r}, but {mine.get(address)!r} in the scenario it is "
                                  "compared with: give every scenario of a comparison the same baseline", file=scenario.file)


def simulate(world: World, scenarios: Sequence[Scenario], *, draw: int, replicate: int,
             views: Sequence[str] = DEFAULT_VIEWS, watch: Sequence[int] = (), only: Container[str] | None = None) -> Rows:
    """One future with all its scenarios: history once, branch, and the tables of docs/interfaces.md section 9; only: outcomes.

    Returns tables `outcomes`, `costs`, `delivery`, `funded`, `reach` as columns (arrays; texts as (numbers, texts)), and `traces`
    of the residents whose ids are in `watch`. The first scenario is what others are compared with: rows by people are given for
    it too, `of` each other scenario.
    Raises NbhdsimError when the scenarios do not share area, seed, start, months, history and baseline.
    """
    _check_comparable(scenarios)
    views_.check(views)
    history = Simulation(world, scenarios[0], draw=draw, replicate=replicate, watch=watch, only=only)
    while history.month < 0:
        history.step()
    lanes = [history._branch(scenario, history.luck, history.passing) for scenario in scenarios]
    names = views_.names([scenario.name for scenario in scenarios], world.places)
    blocks: list[dict] = []
    for month in range(scenarios[0].months):
        one_month(lanes)
        if (month + 1) % YEAR == 0 and "people" in views:
            blocks += views_.people(world, lanes, (month + 1) // YEAR)
    for number, lane in enumerate(lanes):
        past = history.measures if history.sums else None
        for measures in ([past] if past else []) + [lane.measures]:
            blocks += views_.outcome_rows(measures, scenario=number, places=world.places, names=names, views=views, only=only)
    tables = {"outcomes": views_.table(blocks, names), **views_.programmes(lanes, names.scenarios, world.places),
              "reach": reach.table({name: lane.reach() for name, lane in zip(names.scenarios, lanes, strict=True)})}
    tables = {table: columns | {"draw": draw, "replicate": replicate} for table, columns in tables.items()}
    return tables | {"traces": _traces(history, lanes, names.scenarios)} if len(watch) else tables


def abreast(history: Simulation, scenarios: Sequence[Scenario]) -> list[Simulation]:
    """Simulations of scenarios that go on from `history` under one luck, which history itself does not move.

    Each month: `one_month`. Raises NbhdsimError as `Simulation.branch`.
    """
    first = history.branch(scenarios[0])
    return [first, *(history._branch(scenario, first.luck, first.passing) for scenario in scenarios[1:])]


def one_month(lanes: Sequence[Simulation]) -> None:
    """Run one month of simulations that share their luck."""
    lanes[0].advance_luck()
    for lane in lanes:
        lane.live()


def _traces(history: Simulation, lanes: Sequence[Simulation], scenarios: Sequence[str]) -> dict[str, Any]:
    """Months of the watched residents, one row each, history given for every scenario."""
    rows = [(number, trace) for number, lane in enumerate(lanes) for trace in (*history.traces, *lane.traces)]
    columns = {name: np.concatenate([trace[name] for _, trace in rows]) for name in rows[0][1]}
    number = np.concatenate([np.full(trace["id"].size, number) for number, trace in rows])
    return {"scenario": (number, tuple(scenarios)), **columns}


def _check_comparable(scenarios: Sequence[Scenario]) -> None:
    first = scenarios[0]
    for scenario in scenarios[1:]:
        if scenario.months != first.months:
            raise NbhdsimError.of(f"months is {scenario.months}, but {first.months} in {first.name!r}", file=scenario.file)
    if len({scenario.name for scenario in scenarios}) < len(scenarios):
        raise NbhdsimError.of(f"two scenarios are both named {first.name!r}: names tell them apart", file=first.file)
