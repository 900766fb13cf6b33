"""nbhdsim's own figures: `python -m benchmarks.ours WHAT RESIDENTS` (of `runs`: how many) prints one JSON line.

The scenario has four interventions (youth hubs, school grants, wellbeing hubs, and an integrated team for a list of up to
73,000), or ten of all kinds of delivery (`ten`), spill-over along all ties, every event, every measurement; one scenario run
alone, luck included.
"""
import json
import resource
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from statistics import median

FIRST, LAST = 12, 60               # programme months that are timed
LONG = 240                         # last month where two processes have to meet
LIST = 73_000
SCENARIO = """schema: scenario/1
name: bench
area: {{name: teaching-town, residents: {n}}}
start: 2026-04
months: {months}
history: 24
ageing: false
interventions:
  youth_hub: {{where: {{quintile: [1, 2]}}, sites: {hubs}}}
  grants: {{kind: school_grant, where: all, sites: {grants}, every: 12}}
  wellbeing_hub: {{where: all, sites: {hubs}}}
  integrated_neighbourhood_team: {{where: all, places: {listed}}}
"""
OTHERS = """  other_mechanisms:
    kind: adjust
    where: all
    targeting: {{age: [75, 80]}}
    effects: [{each}]
""".format(each=", ".join(f"{{lever: {name}, value: 0.1}}" for name in ("control", "activity", "self_care", "security")))
TEN = """schema: scenario/1
name: ten
area: {{name: teaching-town, residents: {n}}}
start: 2026-04
months: {months}
history: 24
interventions:
  youth_hub: {{where: {{quintile: [1, 2]}}, sites: {hubs}}}
  grants: {{kind: school_grant, where: all, sites: {grants}, every: 12}}
  wellbeing_hub: {{where: all, sites: {hubs}}}
  integrated_neighbourhood_team: {{where: all, places: {listed}}}
  health_walk: {{where: all, sites: {hubs}}}
  library_hub: {{where: all, sites: {workers}}}
  link_worker: {{where: all, sites: {workers}}}
  community_health_worker: {{where: {{quintile: [1, 2]}}, sites: {workers}}}
  core_group: {{where: {{quintile: [1, 2]}}, places: {heads}}}
  stigma_grant: {{where: all, sites: {workers}}}
"""
COUNTY = ("do-nothing", "hubs-and-grants", "accelerator", "wellbeing-hubs")


def simulation(residents: int, *, months: int = LAST, extra: str = "", lines: str = SCENARIO):
    """The bench scenario (or other `lines`) run up to the first month that is timed: everything is compiled, programmes have
    members."""
    from nbhdsim.population import build
    from nbhdsim.scenario import schema
    from nbhdsim.simulation import Simulation

    text = lines.format(n=residents, months=months, hubs=max(1, residents // 8000), grants=max(1, residents // 3000),
                        workers=max(1, residents // 24000), heads=residents // 5, listed=min(residents, LIST)) + extra
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bench.yaml"
        file.write_text(text)
        scenario = schema.load(file)
    sim = Simulation(build(scenario), scenario)
    while sim.month < FIRST:
        sim.step()
    empty = [key for key, members in sim.members.items() if not members.inside.size]
    if empty:
        raise SystemExit(f"nobody takes part in {', '.join(empty)}")
    return sim


def timed(sim, months: int) -> float:
    """Seconds of the median month of `months`."""
    took = []
    for _ in range(months):
        start = time.perf_counter()
        sim.step()
        took.append(time.perf_counter() - start)
    return median(took)


def speed(residents: int, extra: str = "", lines: str = SCENARIO) -> dict:
    """Resident-months a second of the median month."""
    return {"resident_months_per_second": residents / timed(simulation(residents, extra=extra, lines=lines), LAST - FIRST)}


def meet(residents: int) -> dict:
    """The same over many months; says `ready` and begins when a line comes in, so that processes run side by side."""
    sim = simulation(residents, months=LONG)
    print("ready", flush=True)
    sys.stdin.readline()
    return {"resident_months_per_second": residents / timed(sim, LONG - FIRST)}


class Clock:
    """Seconds spent in functions and methods, by part. Parts must not call each other."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)

    def watch(self, part: str, *owned: tuple) -> None:
        """Time (owner, name, ...) as `part`, from now on."""
        for owner, *names in owned:
            for name in names:
                setattr(owner, name, self._timed(part, getattr(owner, name)))

    def _timed(self, part: str, function: Callable) -> Callable:
        def timed(*args, **kwargs):
            start = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                self.spent[part] += time.perf_counter() - start
        return timed


def parts(residents: int, extra: str = "", lines: str = SCENARIO) -> dict:
    """Nanoseconds a resident-month by part of the month (medians); `measurement` is timed apart and lies within `respond`."""
    from nbhdsim import step
    from nbhdsim.interventions.programme import Programme
    from nbhdsim.levers import Levers

    sim = simulation(residents, extra=extra, lines=lines)
    clock, months = Clock(), []
    clock.watch("luck", (sim, "advance_luck"))
    clock.watch("who takes part", (Programme, "advance"))
    clock.watch("their effects", (Programme, "push"))
    clock.watch("levers", (Levers, "settled", "join_ratios", "reset"), (step, "_apply", "_rest"))
    clock.watch("spread", (step, "publish", "spread", "spread_groups", "settle_spill"))
    clock.watch("respond", (step, "_respond"))
    clock.watch("counts of programmes", (sim, "_note"))
    for _ in range(LAST - FIRST):
        clock.spent.clear()
        start = time.perf_counter()
        sim.step()
        months.append({"month": time.perf_counter() - start, **clock.spent})
    found = {part: median(month.get(part, 0.0) for month in months) for part in months[-1]}
    found["rest"] = 2 * found["month"] - sum(found.values())
    found["measurement"] = measurement(sim)
    return {part: seconds / residents * 1e9 for part, seconds in found.items()}


def measurement(sim) -> float:
    """Seconds a month of the sums of states and the yearly sums of residents."""
    from numba import njit

    from nbhdsim.rng import u64
    from nbhdsim.step.measure import add_year, measure

    @njit(nogil=True)
    def sums(ground, lonely_below, state, luck, years, out):
        for place in range(ground.start.size - 1):
            measure(place, ground, lonely_below, state, luck, out)
            add_year(state, years, u64(ground.start[place]), u64(ground.start[place + 1]))

    took = []
    for _ in range(FIRST):
        start = time.perf_counter()
        sums(sim.ground, sim.setting.rules.lines, sim._state, sim.luck, sim.years, sim.sums[-1])
        took.append(time.perf_counter() - start)
    return median(took)


def county() -> dict:
    """The county of the demo, four scenarios of one future, tables included: seconds, of tables alone, peak memory."""
    from nbhdsim import population, views
    from nbhdsim import simulation as module
    from nbhdsim.scenario import schema

    lanes = [schema.load(f"scenarios/{name}.yaml") for name in COUNTY]
    world, clock = population.build(lanes[0]), Clock()
    module.simulate(world, lanes, draw=0, replicate=0)                                       # compiles
    clock.watch("tables", (views, "outcome_rows", "table", "programmes", "people"))
    start = time.perf_counter()
    module.simulate(world, lanes, draw=0, replicate=1)
    took = time.perf_counter() - start
    residents = world.script.id.size
    return {"residents": residents, "seconds": took, "tables": clock.spent["tables"],
            "resident_months_per_second": residents * (lanes[0].history + sum(lane.months for lane in lanes)) / took,
            "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)}


def nowhere(scenarios) -> None:
    """No world is needed to do nothing."""


def nothing(world, scenarios, future) -> dict:
    """A run that does nothing and has a few rows to tell."""
    return {"outcomes": {"scenario": "a", "draw": future.draw, "replicate": future.replicate, "month": [0, 12, 24], "months": 12,
                         "place": "all", "quintile": 0, "age": "all", "people": "all", "of": "", "outcome": "emergency_admissions",
                         "value": [1.0, 2.0, 3.0], "residents": 10.0}}


def runs(count: int) -> dict:
    """What the runner takes beside the simulation, by runs that do nothing: seconds of a processor a run (in one process, tables
    included), wall seconds a run over two processes, resident memory of the driver at run 1,000 and at the last, and most files
    at once."""
    from nbhdsim import runfolder
    from nbhdsim.runner import Runner
    from nbhdsim.workers import Future, Work

    plan, work, seen, files, took = [Future(run, 0, run) for run in range(count)], Work((), nothing, None, nowhere), {}, [], []
    for jobs in (1, 2):
        with tempfile.TemporaryDirectory() as out:
            folder = runfolder.create(Path(out), resolved={"name": "bench"}, resolved_text="", texts={}, seed=1, argv=[],
                                      planned=count)

            def note(report, parts=folder.parts):
                pages = int(Path("/proc/self/statm").read_text().split()[1])
                seen.setdefault(report.done, pages * resource.getpagesize())
                files.append(sum(1 for _ in parts.iterdir()))

            start = time.process_time(), time.perf_counter()
            Runner(folder, plan).carry_out(work, jobs=jobs, progress=note)
            took.append((time.process_time() - start[0], time.perf_counter() - start[1]))
    return {"processor_seconds_a_run": took[0][0] / count, "seconds_a_run_over_two": took[1][1] / count,
            "bytes_at_1000": seen[min(done for done in seen if done >= 1000)], "bytes_at_end": seen[max(seen)], "files": max(files)}


STUDY = """schema: experiment/1
method: {{kind: sobol, n: {n}}}
scenarios: [town.yaml]
vary:
  baseline.admission.preventable: quantity
  baseline.frailty.severe: quantity
  baseline.loneliness.admissions: quantity
  baseline.spill_over.strength: quantity
  baseline.mortality.last_year: quantity
  baseline.ae.through: quantity
outcomes: [{{name: emergency_admissions, as: level}}]
"""
TOWN = "schema: scenario/1\narea: {name: teaching-town, residents: 5000}\nstart: 2026-04\nmonths: 60\nhistory: 0\n"


def study(count: int) -> dict:
    """A Sobol experiment of about `count` runs of a town of 5,000 for 60 months, from its file to tables, over two processes."""
    from nbhdsim.experiment import file, study

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "town.yaml").write_text(TOWN)
        (Path(folder) / "study.yaml").write_text(STUDY.format(n=1 << (count // 10).bit_length() - 1))
        start, memory = time.perf_counter(), {}

        def note(report):
            memory.setdefault(report.done // 1000, int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize())

        done = study.perform(file.load(Path(folder) / "study.yaml"), study.How(Path(folder), 2, progress=note)).result
        return {"runs": done.done, "seconds": time.perf_counter() - start, "bytes_at_1000": memory.get(1, 0),
                "bytes_at_end": memory[max(memory)]}


WHAT: dict[str, Callable[..., dict]] = {
    "speed": speed,
    "five": lambda residents: speed(residents, OTHERS),
    "ten": lambda residents: speed(residents, lines=TEN),
    "meet": meet,
    "parts": parts,
    "parts-five": lambda residents: parts(residents, OTHERS),
    "parts-ten": lambda residents: parts(residents, lines=TEN),
    "county": county,
    "runs": runs,
    "study": study,
}

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in WHAT:
        raise SystemExit(f"usage: python -m benchmarks.ours {{{','.join(WHAT)}}} [RESIDENTS|RUNS]")
    print(json.dumps(WHAT[sys.argv[1]](*map(int, sys.argv[2:]))))
