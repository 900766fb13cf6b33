"""A time limit on one future, kept by the worker itself: no pool ends a task that hangs.

A thread looks at the clock. Where a future takes too long it raises `TooLong` in the thread that runs it, which works in
threads that are not the main one, too. Where even that does not help (compiled code that never returns to Python) the
process ends, and the driver finds out by running its futures alone.
"""
import ctypes
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

GRACE = 5.0
"""Seconds from the exception to the end of the process."""
LOOKS, PAUSE = 10, 0.5
"""Looks at the clock within the limit, and the longest pause between two of them (s)."""


class TooLong(BaseException):
    """The future takes longer than it may. No `Exception`: a task does not catch it by accident."""


def text(seconds: float) -> str:
    """`took longer than 60 s`."""
    return f"took longer than {seconds:g} s"


class Limit:
    """The clock of one thread that works out futures: `begin` and `end` stand around each of them."""

    def __init__(self, seconds: float | None) -> None:
        """seconds None: no limit, and nothing looks."""
        self.seconds = seconds
        self.thread = threading.get_ident()
        self.lock, self.over = threading.Lock(), threading.Event()
        self.begun: float | None = None
        self.raised = False

    def begin(self) -> None:
        """A future begins."""
        with self.lock:
            self.begun, self.raised = time.monotonic(), False

    def end(self) -> None:
        """It has ended: an exception on its way to this thread is taken back (or comes now, inside here; then call again)."""
        with self.lock:
            self.begun = None
            if self.raised:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self.thread), None)

    def watch(self, seconds: float) -> None:
        """Look at the clock until the chunk is over."""
        while not self.over.wait(min(seconds / LOOKS, PAUSE)):
            with self.lock:
                late = -1.0 if self.begun is None else time.monotonic() - self.begun - seconds
                if late > 0 and not self.raised:
                    self.raised = True
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self.thread), ctypes.py_object(TooLong))
                elif late > GRACE:
                    os._exit(1)


@contextmanager
def limited(seconds: float | None) -> Iterator[Limit]:
    """A limit on each future of the chunk that is worked out in the block, by this thread."""
    limit = Limit(seconds)
    if seconds is not None:
        threading.Thread(target=limit.watch, args=(seconds,), daemon=True).start()
    try:
        yield limit
    finally:
        limit.over.set()
