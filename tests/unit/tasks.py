"""Tasks for tests of the runner: they need no town, and some of them do harm."""
import os
import signal
import struct
import sys
import time
from pathlib import Path

import numpy as np

from nbhdsim.workers import Future

HARMFUL = 7
"""Run that the harmful tasks harm."""


def nowhere(scenarios):
    """No world is needed."""


def rows(future: Future) -> dict:
    """A few rows that depend on the future alone."""
    return {"outcomes": {
        "scenario": "a", "draw": future.draw, "replicate": future.replicate, "month": np.arange(3), "months": 1, "place": "all",
        "quintile": 0, "age": "all", "people": "all", "of": "", "outcome": np.array(["wellbeing", "bed_days", "asks"], object),
        "value": np.sqrt(1.0 + future.draw * 1000 + future.replicate) + np.arange(3), "residents": 10.0}}


def quick(world, scenarios, future):
    """Nothing but the rows."""
    return rows(future)


def slow(world, scenarios, future):
    """A few milliseconds of sleep."""
    time.sleep(0.02)
    return rows(future)


def wrong(world, scenarios, future):
    """One run in ten has an error of its own."""
    if future.run % 10 == HARMFUL:
        raise ZeroDivisionError(f"run {future.run} is wrong")
    return slow(world, scenarios, future)


def poison(world, scenarios, future):
    """One run kills its process."""
    if future.run == HARMFUL:
        os.kill(os.getpid(), signal.SIGKILL)
    return slow(world, scenarios, future)


def deadly(world, scenarios, future):
    """Every run kills its process."""
    os.kill(os.getpid(), signal.SIGKILL)


def once(world, scenarios, future):
    """One run kills its process the first time; `scenarios` names the file that remembers it."""
    if future.run == HARMFUL and not Path(scenarios[0]).exists():
        Path(scenarios[0]).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return slow(world, scenarios, future)


def hangs(world, scenarios, future):
    """One run never ends, in Python."""
    while future.run == HARMFUL:
        time.sleep(0.01)
    return slow(world, scenarios, future)


def stuck(world, scenarios, future):
    """One run never ends, in a call that no exception reaches."""
    if future.run == HARMFUL:
        time.sleep(10_000)
    return slow(world, scenarios, future)


def torn(world, scenarios, future):
    """One run ends in the midst of what its process sends, killed; or it stays there, where `scenarios` names a file to tell."""
    if future.run == HARMFUL:
        frame = sys._getframe()
        while "result_queue" not in frame.f_locals:
            frame = frame.f_back
        queue = frame.f_locals["result_queue"]
        queue._wlock.acquire()
        os.write(queue._writer.fileno(), struct.pack("!i", 100_000) + b"half")
        while scenarios:
            Path(scenarios[0]).touch()
            time.sleep(1)
        os.kill(os.getpid(), signal.SIGKILL)
    return slow(world, scenarios, future)
