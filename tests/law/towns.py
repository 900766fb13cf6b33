"""Towns with programmes: scenarios from a few words, and one future of them."""
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from nbhdsim import population
from nbhdsim.interventions import schema as schema_
from nbhdsim.interventions.effects import KNOWN
from nbhdsim.scenario import Scenario, schema
from nbhdsim.simulation import Simulation

LINES = {
    "youth_hub": "{where: all, sites: 2}",
    "school_grant": "{where: all, sites: 2, every: 12}",
    "wellbeing_hub": "{where: all, sites: 2}",
    "integrated_neighbourhood_team": "{where: all, places: 900}",
    "adjust": "{where: {quintile: [1, 2]}, "
              "effects: [{lever: connection, value: 0.2, at: 3}, {lever: ae_rr, value: 0.9, at: 3}]}",
}
"""A line of a kind of each delivery and of adjust, for a town of some 900."""
ON_OTHERS = ("handover", "strain", "readiness", "network")
"""Numbers of a kind that move other programmes."""
READY = {"reach": 0.5, "set_up_months": 0.0}
"""Numbers that let a small town see a kind of the catalogue at once."""


def line(kind: str) -> str:
    """A line of a kind of the catalogue or of adjust."""
    heads = kind not in LINES and schema_.kinds()[kind].cost.running_per in ("head", "patient")
    return LINES.get(kind, f"{{where: all, {'places: 900' if heads else 'sites: 2'}}}")


def ready(kind: str, key: str) -> dict[str, float]:
    """Overrides, for a line named `key`, of what a kind has of `READY`."""
    has = schema_.kinds()[kind].quantities if kind in schema_.kinds() else ()
    return {f"interventions.{key}.{name}": value for name, value in READY.items() if name in has}


def scenario(name: str, lines: dict[str, str], *, overrides: dict[str, float] | None = None, residents: int = 900,
             months: int = 24, history: int = 12, extra: str = "") -> Scenario:
    """A scenario of a teaching town whose residents stay as they are unless `extra` says otherwise; lines: YAML of each programme
    by key; overrides: plain numbers by address."""
    held = "" if "ageing:" in extra else "ageing: false\n"
    text = [f"schema: scenario/1\nname: {name}\narea: {{name: teaching-town, residents: {residents}}}\nstart: 2026-04",
            f"months: {months}\nhistory: {history}\n{held}{extra}interventions:" + (" {}" if not lines else "")]
    text += [f"  {key}: {line}" for key, line in lines.items()]
    text += ["overrides:" + (" {}" if not overrides else "")]
    text += [f"  {address}: {value}" for address, value in (overrides or {}).items()]
    with TemporaryDirectory() as folder:
        file = Path(folder) / f"{name.replace(' ', '-')}.yaml"
        file.write_text("\n".join(text) + "\n", encoding="utf-8")
        return schema.load(file)


@cache
def world(residents: int = 900) -> population.World:
    """The town of `scenario`; numbers that shape it are never overridden here."""
    return population.build(scenario("town", {}, residents=residents))


def lanes(first: Scenario, *others: Scenario, replicate: int = 0, residents: int = 900) -> list[Simulation]:
    """Simulations of all scenarios at month 0, from one history."""
    history = Simulation(world(residents), first, replicate=replicate)
    while history.month < 0:
        history.step()
    return [history.branch(s) for s in (first, *others)]


def at_rest(scenario_: Scenario, key: str) -> dict[str, float]:
    """Overrides that put every effect of a programme at rest, those on other programmes too."""
    kind = scenario_.lines[key].kind
    others = {q.address: 0.0 for name, q in kind.quantities.items() if name in ON_OTHERS}
    return {e.quantity.address: KNOWN[e.lever].rest for e in kind.effects} | others


def state_of(sim: Simulation) -> dict[str, np.ndarray]:
    """What a month writes, row by row."""
    return {name: getattr(sim._state, name) for name in ("excitation", "spill", "life_satisfaction", "expected", "admitted")}
