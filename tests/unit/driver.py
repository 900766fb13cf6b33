"""A driver to be killed, interrupted and started again: `python driver.py OUT TASK FUTURES [NAME=VALUE ..]`."""
import json
import resource
import signal
import sys
from pathlib import Path

import tasks

from nbhdsim import runfolder, runner
from nbhdsim.errors import NbhdsimError, Stopped
from nbhdsim.workers import Future, Work


def main(out: str, task: str, futures: str, *options: str) -> int:
    """Carry out a plan; the exit code is that of the command line. Options: jobs, cluster, limit, largest (bytes of a file),
    anew, retry, extends (a run folder)."""
    given = dict(option.split("=", 1) for option in options)
    if "largest" in given:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(given["largest"]),) * 2)
    plan = [Future(run, run % 3, run) for run in range(int(futures))]
    limit = float(given["limit"]) if "limit" in given else None
    try:
        folder = runfolder.create(Path(out), resolved={"name": "x", "futures": futures}, resolved_text="", texts={}, seed=1,
                                  argv=[], planned=len(plan), anew="anew" in given)
        if "extends" in given and not folder.resumed:
            runner.extend(folder, Path(given["extends"]))
        work = Work((), getattr(tasks, task), limit, tasks.nowhere)
        result = runner.Runner(folder, plan, retry_failed="retry" in given).carry_out(
            work, jobs=int(given.get("jobs", 1)), cluster=given.get("cluster"))
    except KeyboardInterrupt:
        return 130
    except Stopped as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except NbhdsimError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(json.dumps({"planned": result.planned, "done": result.done, "failed": result.failed}))
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(main(*sys.argv[1:]))
