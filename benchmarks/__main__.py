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
OURS = [sys.executable, "-m", "benchmarks.ours"]
NBHDSIM = Path(sys.executable).parent / "nbhdsim"
ROUNDS = 3
FIVE = "nbhdsim, 5 mechanisms spread"
MILLION = 1e6
TEN = "nbhdsim, 10 interventions"
ASKED = {(TEN, 73_000): "at least 10", ("nbhdsim", 73_000): "at least 15",
         ("nbhdsim", 600_000): "at least 9", ("Mesa", 10_000): "ours at least 150 times",
         ("Starsim SIS", 73_000): "ours at least 8 times", ("nbhdsim, two processes", 73_000): "at least 1.8 times one"}


def call(command: list, **environment: str) -> str:
    """Standard output of a command; raises CalledProcessError."""
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=True, cwd=ROOT,
                          env={**os.environ, **ONE_THREAD, **environment})
    return done.stdout


def found(command: list) -> dict:
    """The JSON line a command ends with."""
    return json.loads(call(command).splitlines()[-1])


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


def row(system: str, residents: int, speed: float | None = None, *, cores: int = 1, ratio: float | None = None,
        note: str = "") -> dict:
    """One row of latest.json."""
    return {"system": system, "residents": residents, "cores": cores, "resident_months_per_second": speed,
            "ratio_to_nbhdsim": ratio, "note": note}


def speeds() -> list[dict]:
    """Rows of speed a core: ours at every size, the others beside ours of the same round."""
    python, why = peers()
    jobs = [("nbhdsim", n, [*OURS, "speed", n]) for n in (2_000, 10_000, 20_000, 73_000, 600_000)]
    jobs += [(FIVE, 73_000, [*OURS, "five", 73_000]), (TEN, 73_000, [*OURS, "ten", 73_000])]
    jobs += [("Mesa", n, [python, HERE / "peer_mesa.py", n, 5]) for n in (2_000, 10_000)]
    jobs += [("Starsim SIS", n, [python, HERE / "peer_starsim.py", n]) for n in (20_000, 73_000)]
    runs: dict[tuple[str, int], list[dict]] = {}
    for turn in range(ROUNDS):
        for system, n, command in jobs:
            if command[0]:
                print(f"round {turn + 1} of {ROUNDS}: {system}, {n:,} residents", file=sys.stderr)
                runs.setdefault((system, n), []).append(found(command))
    rows = []
    for system, n, command in jobs:
        if not command[0]:
            rows.append(row(system, n, note=f"not measured: {why}"))
            continue
        theirs, ours = ([run["resident_months_per_second"] for run in runs[who, n]] for who in (system, "nbhdsim"))
        rows.append(row(system, n, median(theirs), ratio=median(a / b for a, b in zip(theirs, ours, strict=True)),
                        note=runs[system, n][0].get("version", "")))
    return rows


def two_processes() -> dict:
    """Two processes at once against one alone, 73,000 residents: how much more work they do in the same time."""
    gains, speed = [], []
    for _ in range(ROUNDS):
        alone, together = side_by_side(1), side_by_side(2)
        gains.append(together / alone)
        speed.append(together)
    return row("nbhdsim, two processes", 73_000, median(speed), cores=2, ratio=median(gains))


def side_by_side(processes: int) -> float:
    """Resident-months a second of processes that begin together, once all are ready, summed."""
    runs = [subprocess.Popen([*OURS, "meet", "73000"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
                             env={**os.environ, **ONE_THREAD}) for _ in range(processes)]
    for run in runs:
        run.stdout.readline()
    for run in runs:
        run.stdin.write("go\n")
        run.stdin.flush()
    return sum(json.loads(run.communicate()[0])["resident_months_per_second"] for run in runs)


def wholes() -> list[dict]:
    """Figures that are not a speed of the month, told in the note."""
    with tempfile.TemporaryDirectory() as folder:
        town = [NBHDSIM, "run", "scenarios/teaching-town.yaml", "--replicates", "1", "--draws", "0", "--out"]
        cold = seconds([*town, f"{folder}/cold"], NBHDSIM_CACHE=f"{folder}/cache")
        warm = median(seconds([*town, f"{folder}/warm{k}"], NBHDSIM_CACHE=f"{folder}/cache") for k in range(ROUNDS))
    told = median(seconds([NBHDSIM, "--help"]) for _ in range(ROUNDS))
    parts, county, runs = found([*OURS, "parts", 73_000]), found([*OURS, "county"]), found([*OURS, "runs", 10_000])
    study = found([*OURS, "study", 10_240])
    ten, month = found([*OURS, "parts-ten", 73_000]), parts["month"]
    return [row("help", 0, note=f"{told:.2f} s (asked: under 0.5)"),
            row("teaching town, 60 months, second run", 3_000, note=f"{warm:.1f} s whole (asked: under 3)"),
            row("cold compile", 3_000, note=f"{cold - warm:.1f} s, {cold:.1f} s whole (asked: under 15)"),
            row("a month at 73,000, by part", 73_000, note=_split(parts)),
            row("the same with 10 interventions", 73_000, note=_split(ten)),
            row("measurement", 73_000, note=f"{parts['measurement']:.1f} ns, {100 * parts['measurement'] / month:.0f}% of "
                "the month (asked: under 10%)"),
            row("10,000 runs that do nothing", 0, note=f"{1e3 * runs['processor_seconds_a_run']:.2f} ms of a processor a run "
                f"(asked: under 2); the driver holds {runs['bytes_at_1000'] / MILLION:.0f} MB at run 1,000, "
                f"{runs['bytes_at_end'] / MILLION:.0f} at the last; {runs['files']} files at most"),
            row("about 10,000 runs of 60 months", 5_000, note=f"{study['seconds']:.0f} s for {study['runs']:,} runs over two "
                f"processes (asked: under 300); the driver holds {study['bytes_at_1000'] / MILLION:.0f} MB at run 1,000, "
                f"{study['bytes_at_end'] / MILLION:.0f} at the last"),
            row("county, one future of four scenarios", county["residents"], county["resident_months_per_second"],
                note=f"{county['seconds']:.1f} s, {county['tables']:.1f} s of it tables; peak memory "
                f"{county['peak_bytes'] / 1e9:.2f} GB (asked: under 1.5); luck is shared by the four")]


def _split(parts: dict) -> str:
    """Nanoseconds of a month by part."""
    told = ", ".join(f"{part} {ns:.0f}" for part, ns in parts.items() if part not in ("month", "measurement"))
    return f"{parts['month']:.0f} ns a resident: {told}"


def main() -> None:
    """Run everything, write, print."""
    rows = [*speeds(), two_processes(), *wholes()]
    (HERE / "latest.json").write_text(json.dumps(rows, indent=1) + "\n")
    print(f"{'':38}{'residents':>9}{'cores':>7}{'million/s':>11}{'ratio':>9}  asked, note")
    for r in rows:
        speed, ratio = r["resident_months_per_second"], r["ratio_to_nbhdsim"]
        print(f"{r['system']:38}{r['residents']:>9,}{r['cores']:>7}{'-' if speed is None else f'{speed / MILLION:.3f}':>11}"
              f"{'-' if ratio is None else f'{ratio:.4g}':>9}  {ASKED.get((r['system'], r['residents']), '')} {r['note']}")


if __name__ == "__main__":
    main()
