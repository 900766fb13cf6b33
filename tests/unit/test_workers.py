"""Processes and Ctrl-C: when it counts, and that half-started workers never see it."""
import os
import signal
import subprocess
import sys

import pytest

from nbhdsim.workers import without_interrupts

MASK = "import signal; print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))"


@pytest.fixture(autouse=True)
def answering():
    """Ctrl-C raises KeyboardInterrupt here, whatever started the tests."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_an_interrupt_waits_for_the_end_of_the_block():
    done = []
    with pytest.raises(KeyboardInterrupt), without_interrupts():
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGINT)
            done.append(sum(range(10_000)))
    assert len(done) == 3
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
        signal.sigtimedwait([], 1)


def test_an_error_in_the_block_is_told_and_the_interrupt_counts():
    with pytest.raises(KeyboardInterrupt) as caught, without_interrupts():
        os.kill(os.getpid(), signal.SIGINT)
        raise ValueError("x")
    assert isinstance(caught.value.__context__, ValueError)


def test_processes_started_inside_have_it_blocked():
    with without_interrupts():
        inside = subprocess.run([sys.executable, "-c", MASK], capture_output=True, text=True).stdout
    outside = subprocess.run([sys.executable, "-c", MASK], capture_output=True, text=True).stdout
    assert (inside, outside) == ("True\n", "False\n")


def test_a_process_that_ignores_it_goes_on_ignoring():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with without_interrupts():
        os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
