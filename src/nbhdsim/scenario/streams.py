"""Names of the random streams of a run. Two whose 32-bit numbers are the same would share their luck, so it is refused.

`rng.purpose` numbers a stream by a hash of its name; with some hundred names two meet once in a hundred thousand scenarios.
"""
from collections.abc import Iterable, Mapping

from nbhdsim import rng
from nbhdsim.evidence import JUDGEMENT, Quantity
from nbhdsim.groups import GROUPS
from nbhdsim.screening import PROGRAMMES

MODEL = ("luck.minds", "luck.body", "luck.chance", "luck.place_year", "luck.stay", "luck.arrival.minds", "luck.arrival.body",
         "life.move", "life.birth", "life.past", "life.stay", "life.child", "life.companion",
         *(f"{what}.{name}" for what in ("screening", "lapse") for name in PROGRAMMES), "build.person", "build.place",
         "build.household", "build.age", "build.trait.0", "build.trait.1", "build.sociability", "build.practice",
         *(f"build.group.{name}" for name in GROUPS),
         *(f"build.{what}.{layer}" for what in ("circle", "size") for layer in (1, 2, 3)), JUDGEMENT,
         *(f"evaluation.{what}" for what in ("wild", "placebo", "missed", "wrong", "placed", "linked",
                                                "answer", "again")))
"""Streams that every run has."""

PROGRAMME = ("where", "list", "join", "leave", "school", "contact", "acted", "places", "taken",
             *(f"screened.{name}" for name in PROGRAMMES))
"""Streams `<word>.<key>` that a programme may have."""


def names(quantities: Mapping[str, Quantity], keys: Iterable[str]) -> list[str]:
    """Every stream of a scenario with these quantities (by address) and programmes, each once, sorted."""
    drawn = (q.joint or q.drawn_as or q.address for q in quantities.values())
    return sorted({*MODEL, *drawn, *(f"{word}.{key}" for key in keys for word in PROGRAMME)})


def shared(streams: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs of streams that have one number."""
    first: dict[int, str] = {}
    numbered = ((int(rng.purpose(name)), name) for name in streams)
    return [(first[number], name) for number, name in numbered if first.setdefault(number, name) != name]
