"""Population groups: who belongs to which, as fixed flags of a resident; one table of all of them.

A resident holds each flag by a lot of their own, u < share, u a uniform of (seed, population, group, id): it moves no other draw
and stays with the person. The flag counts while they are as old and as frail as the group says, so that a group's share at an age
is the same in every month, whoever comes of age, moves in or grows frail. Digital exclusion alone has a share by age and
quintile; it is that of the age at month 0, or on arrival (those under the first age hold the lot of the youngest who count).
"""
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .evidence import load_baseline
from .residents import AGE_FROM, Script, aged

QUINTILES = 5
EXCLUDED = "digitally_excluded"


class Group(NamedTuple):
    """What a flag means, and for whom it counts: ages from `low`, frailty 0-3 from `frailty`.

    Its share stands at `baseline.groups.<name>`: of all those for whom it counts, or a table by age band and quintile.
    """

    meaning: str
    low: int = 0
    frailty: int = 0


GROUPS: dict[str, Group] = {
    EXCLUDED: Group("cannot use, or does not use, what is offered online first", low=18),
    "bereaved": Group("lost somebody close in the past two years", low=18),
    "care_home": Group("lives in a care home", low=75, frailty=2),
    "learning_disability": Group("has a learning disability"),
    "homeless": Group("has no home of their own: sleeps rough, in a hostel or on other people's sofas", low=18),
    "global_majority": Group("Black, Asian, mixed or of another minority ethnic group"),
}
"""Groups by name; bit k of `Script.flags` is the k-th of them."""

NAMES = tuple(GROUPS)
BIT = {name: np.uint32(1 << k) for k, name in enumerate(GROUPS)}


def shares(values: Mapping[str, float]) -> NDArray[np.float64]:
    """Share of lots that hold each flag [groups, 8 age bands, 5 quintiles]; values: by address, the catalogue's where not told."""
    central, tables = load_baseline()
    known = {**{address: q.value for address, q in central.items()}, **values}
    out = np.empty((len(GROUPS), len(AGE_FROM), QUINTILES))
    for k, name in enumerate(GROUPS):
        at = f"baseline.groups.{name}"
        out[k] = tables[at].scaled(known) if at in tables else known[at]
    return np.minimum(out, 1.0)


def belongs(script: Script, names: Iterable[str]) -> NDArray[np.bool_]:
    """Who is in any of these groups [n], in the month the script speaks of."""
    found = np.zeros(script.flags.size, bool)
    for name in names:
        group = GROUPS[name]
        held = (script.flags & BIT[name]) != 0
        if group.low:
            held &= aged(script, group.low, 200)
        if group.frailty:
            held &= script.frailty >= group.frailty
        found |= held
    return found


def bits(script: Script) -> NDArray[np.uint32]:
    """Groups of each resident [n] in the month the script speaks of, as bit flags."""
    out = np.zeros(script.flags.size, np.uint32)
    for name, bit in BIT.items():
        out[belongs(script, (name,))] |= bit
    return out
