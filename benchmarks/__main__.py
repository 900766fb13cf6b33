"""Every benchmark in one run: `python -m benchmarks` prints a table and writes benchmarks/latest.json.

Systems take turns, so that a slow minute of the machine meets all alike; a figure is the median of its rounds. All run
in one thread. Peers have a virtual environment of their own, made here and only here.
"""
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent
ROOT = HERE.parent
VENV = ROOT / ".bench-venv"
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
ROUNDS = 3
COUNTY = ("do-nothing", "hubs-and-grants", "accelerator", "wellbeing-hubs")


def call(command: list, **environment: str) -> str:
    """Standard output of a command; raises CalledProcessError."""
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=True, cwd=ROOT,
                          env={**os.environ, **ONE_THREAD, **environment})
    return done.stdout


def seconds(command: list, **environment: str) -> float:
    """Wall seconds of a command as a whole process."""
    start = time.perf_counter()
    call(command, **environment)
    return time.perf_counter() - start


def peers() -> tuple[Path | None, str]:
    """Python of the peers' environment, or None and why it could not be made."""
    python = VENV / "bin" / "python"
    try:
        if not python.exists():
            print("making an environment for the peers", file=sys.stderr)
            call([sys.executable, "-m", "venv", VENV])
            call([python, "-m", "pip", "--quiet", "--disable-pip-version-check", "install", "mesa>=3.3,<4", "starsim"])
        call([python, "-c", "import mesa, starsim"])
    except subprocess.CalledProcessError as error:
        return None, error.stderr.strip().splitlines()[-1] if error.stderr else str(error)
    return python, ""


def speeds() -> list[dict]:
    """Rows of speed a core: ours at every size, peers beside ours of the same round."""
    python, why = peers()
    jobs = [("nbhdsim", n, [sys.executable, "-m", "benchmarks.ours", n]) for n in (2_000, 10_000, 20_000, 73_000, 600_000)]
    jobs += [("Mesa", n, [python, HERE / "peer_mesa.py", n, 5]) for n in (2_000, 10_000)]
    jobs += [("Starsim SIS", n, [python, HERE / "peer_starsim.py", n]) for n in (20_000, 73_000)]
    found: dict[tuple[str, int], list[dict]] = {}
    for turn in range(ROUNDS):
        for system, n, command in jobs:
            if system != "nbhdsim" and python is None:
                continue
            print(f"round {turn + 1} of {ROUNDS}: {system}, {n:,} residents", file=sys.stderr)
            found.setdefault((system, n), []).append(json.loads(call(command).splitlines()[-1]))
    rows = []
    for system, n, _ in jobs:
        runs = found.get((system, n))
        if not runs:
            rows.append(row(system, n, note=f"not measured: {why}"))
            continue
        pairs = [ours["resident_months_per_second"] / run["resident_months_per_second"]
                 for ours, run in zip(found["nbhdsim", n], runs, strict=True)]
        speed = median(run["resident_months_per_second"] for run in runs)
        version = runs[0].get("version", "")
        rows.append(row(system, n, speed=speed, ratio=1 / median(pairs),
                        note=f"version {version}" if version else f"luck {median(r['luck_ns'] for r in runs):.0f} ns a month"))
    return rows


def row(system: str, residents: int, *, cores: int = 1, speed: float | None = None, ratio: float | None = None,
        note: str = "") -> dict:
    """One row of latest.json."""
    return {"system": system, "residents": residents, "cores": cores, "resident_months_per_second": speed,
            "ratio_to_nbhdsim": ratio, "note": note}


def two_processes() -> dict:
    """One process against two at once, 73,000 residents: how much more work two do in the same time."""
    command = [sys.executable, "-m", "benchmarks.ours", "73000"]
    environment = {**os.environ, **ONE_THREAD}
    gains, speed = [], []
    for _ in range(ROUNDS):
        alone = json.loads(call(command))["resident_months_per_second"]
        both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment) for _ in range(2)]
        together = sum(json.loads(p.communicate()[0])["resident_months_per_second"] for p in both)
        gains.append(together / alone)
        speed.append(together)
    return row("nbhdsim, two processes", 73_000, cores=2, speed=median(speed), ratio=median(gains),
               note="ratio: work of two processes over that of one")


def wholes() -> list[str]:
    """Figures of whole processes, as sentences."""
    nbhdsim = [Path(sys.executable).parent / "nbhdsim"]
    with tempfile.TemporaryDirectory() as folder:
        town = [*nbhdsim, "run", "scenarios/teaching-town.yaml", "--replicates", "1", "--draws", "0", "--out"]
        cold = seconds([*town, f"{folder}/cold"], NBHDSIM_CACHE=f"{folder}/cache")
        warm = median(seconds([*town, f"{folder}/warm{k}"], NBHDSIM_CACHE=f"{folder}/cache") for k in range(3))
        parts = json.loads(call([sys.executable, "-m", "benchmarks.ours", "73000", "--parts"]))
        peak = call([sys.executable, "-c", PEAK])
    return [f"nbhdsim --help: {median(seconds([*nbhdsim, '--help']) for _ in range(5)):.2f} s",
            f"teaching town, 60 months, second run, whole process: {warm:.1f} s",
            f"the same with an empty cache: {cold:.1f} s, so compiling takes {cold - warm:.1f} s",
            f"measurement: {parts['measurement_ns']:.1f} of {parts['month_ns']:.1f} ns a resident-month "
            f"({100 * parts['measurement_ns'] / parts['month_ns']:.0f}%) at 73,000",
            peak.strip()]


PEAK = f"""
import resource, time
from nbhdsim.scenario import schema
from nbhdsim import population, simulation
scenarios = [schema.load(f"scenarios/{{name}}.yaml") for name in {COUNTY!r}]
world = population.build(scenarios[0])
simulation.simulate(world, scenarios, draw=0, replicate=0)
start = time.perf_counter()
simulation.simulate(world, scenarios, draw=0, replicate=1)
took = time.perf_counter() - start
months = world.script.id.size * (scenarios[0].history + 60 * len(scenarios))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2 ** 20
print(f"county, 24 + 60 months, four scenarios of one future: {{took:.1f}} s, {{months / took / 1e6:.1f}} million "
      f"resident-months a second (luck is shared by the four), peak memory {{peak:.2f}} GB")
"""


def main() -> None:
    """Run everything, print, write."""
    rows = [*speeds(), two_processes()]
    said = wholes()
    rows += [row("nbhdsim, whole process", 0, note=sentence) for sentence in said]
    (HERE / "latest.json").write_text(json.dumps(rows, indent=1) + "\n")
    print(f"{'system':26}{'residents':>10}{'cores':>6}{'million resident-months/s':>27}{'ratio':>10}  note")
    for r in rows[:-len(said)]:
        speed = "-" if r["resident_months_per_second"] is None else f"{r['resident_months_per_second'] / 1e6:.3f}"
        ratio = "-" if r["ratio_to_nbhdsim"] is None else f"{r['ratio_to_nbhdsim']:.4g}"
        print(f"{r['system']:26}{r['residents']:>10,}{r['cores']:>6}{speed:>27}{ratio:>10}  {r['note']}")
    print("\n".join(["", *said]))


if __name__ == "__main__":
    main()
