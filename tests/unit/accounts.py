"""Effects and costs made by hand, for tests of money: three scenarios, central and sampled futures, two years."""
from pathlib import Path

import numpy as np
import pandas as pd
from prepared import folder, futures

from nbhdsim import tables
from nbhdsim.economics import account, constants
from nbhdsim.economics.books import Books
from nbhdsim.projections import EFFECTS

REFERENCE = "do nothing"
PAID = {"plan": (("hub", "icb", "running", 100_000.0), ("hub", "council_public_health", "set_up", 50_000.0),
                 ("hub", "voluntary_hours", "voluntary_hours", 7_000.0), ("hub", "icb", "unspent", 9_000.0))}
"""Lines that each scenario pays each year: programme, payer, kind, pounds."""


def effects(changes: dict[str, dict[str, float]], *, replicates: int = 6, draws: int = 10, years: int = 2,
            noise: float = 0.0) -> pd.DataFrame:
    """Frame of `projections.yearly`: by scenario and outcome the change a year, with normal noise from future to future."""
    rng = np.random.default_rng(1)
    rows = [(s, draw, replicate, year, 0, outcome, 1000.0, change + noise * rng.normal(), 500.0)
            for s, some in changes.items() for draw, replicate in futures(replicates, draws)
            for year in range(1, years + 1) for outcome, change in some.items()]
    return pd.DataFrame(rows, columns=list(EFFECTS))


def costs(paid: dict[str, tuple] | None = None, *, replicates: int = 6, draws: int = 10, years: int = 2) -> pd.DataFrame:
    """The costs table: the same lines in every future and year, split over two places."""
    rows = [(s, draw, replicate, year, place, line, payer, kind, pounds / 2)
            for s, lines in (PAID if paid is None else paid).items() for draw, replicate in futures(replicates, draws)
            for year in range(1, years + 1) for line, payer, kind, pounds in lines for place in ("a-001", "a-002")]
    return pd.DataFrame(rows, columns=list(tables.SCHEMAS["costs"].names))


def values(numbers_of=range(11), sets: tuple[str, ...] = ()) -> pd.DataFrame:
    """Values of a run without overrides."""
    return constants.draws(constants.of_run({"scenarios": [{"name": REFERENCE}]}, sets), seed=1, numbers_of=numbers_of)


def books(changes: dict[str, dict[str, float]], paid: dict[str, tuple] | None = None, *, noise: float = 0.0,
          sets: tuple[str, ...] = (), replicates: int = 6, draws: int = 10) -> Books:
    """The books of effects and costs made by hand."""
    asked, size = account.Asked(REFERENCE), {"replicates": replicates, "draws": draws}
    found, at = effects(changes, noise=noise, **size), values(range(draws + 1), sets)
    return Books(account.money(found, costs(paid, **size), at, asked=asked), found, at, asked=asked)


def run(path: Path, *, gains: dict[str, float] | None = None, paid: dict[str, tuple] | None = None, overrides: str = "{}",
        **size: int) -> Path:
    """A finished run folder of `prepared.folder` with costs and a resolved comparison; overrides: as YAML has them."""
    gains = {"plan": 0.1} if gains is None else gains
    size = {"replicates": 2, "draws": 2, **size}
    folder(path, gains=gains, **size)
    frame = costs(paid, **size)
    table = tables.to_arrow("costs", {name: frame[name].to_numpy() for name in tables.SCHEMAS["costs"].names})
    tables.write_parquet(table, path / "costs.parquet")
    scenarios = "".join(f"- {{name: {name}, seed: 1, overrides: {overrides}}}\n" for name in (REFERENCE, *gains))
    (path / "resolved.yaml").write_text(f"schema: experiment/1\nmethod: {{kind: compare}}\nscenarios:\n{scenarios}")
    return path
