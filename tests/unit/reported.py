"""A finished run folder with everything a report reads, made of numbers and not of a simulation."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from prepared import OUTCOMES, PLACES, cells, futures, views

from nbhdsim import documents, experiment, ledger, tables
from nbhdsim.report import summary
from nbhdsim.scenario import schema

NOTHING = "schema: scenario/1\nname: {name}\narea: {{csv: area.csv}}\nstart: 2026-04\nmonths: 24\nhistory: 12\n"
HUB = NOTHING + "interventions:\n  wellbeing_hub: {{where: all, sites: 1}}\n"
TEAM = NOTHING + "interventions:\n  integrated_neighbourhood_team: {{where: all, funding: 90000}}\n"
NAMES = ("do nothing", "hub", "team")
AREA = "name,district,quintile,residents,x,y\n" + "".join(
    f"{p.name},{p.district},{p.quintile},1500,{i % 3},{i // 3}\n"
    for i, p in enumerate(PLACES.itertuples(index=False, name="Place"))
)
PEOPLE = {"participants": 0.2, "contacts": 0.1, "others": 0.7}


def _world(draw: int, replicate: int, months: int) -> pd.DataFrame:
    """Rows of a future with nothing done: everyone, and kinds of people by year (`of` is filled in by `_scenario`)."""
    rows = views(*cells(12 + months, 100 + replicate, gain=0.0), -12).assign(people="all", of="")
    year = rows[(rows["place"] == "all") & (rows["age"] == "all") & (rows["quintile"] == 0) & (rows["month"] >= 0)]
    year = year.assign(month=year["month"] // 12 * 12).groupby(["outcome", "month"])[["value", "residents"]].sum().reset_index()
    kinds = [
        year.assign(
            value=year["value"] * share,
            residents=year["residents"] / 12 * share,
            months=12,
            place="all",
            quintile=0,
            age="all",
            people=people,
            of="?",
        )
        for people, share in PEOPLE.items()
    ]
    return pd.concat([rows, *kinds], ignore_index=True).assign(draw=draw, replicate=replicate)


def _scenario(name: str, gain: float, worlds: pd.DataFrame, others: Sequence[str]) -> pd.DataFrame:
    """The rows of a scenario that avoids a share of admissions and lifts life satisfaction, more in later draws."""
    share = gain * (1 + worlds["draw"].to_numpy() / 10)
    lifted = np.where(worlds["outcome"] == "life_satisfaction", 1 + share / 50, 1 - share)
    rows = worlds.assign(scenario=name, value=worlds["value"] * lifted)
    own = rows["of"] == "?"
    pieces = [rows[~own], *(rows[own].assign(of=of) for of in (others if not gain else [name]))]
    first = rows[
        (rows["outcome"] == OUTCOMES[0]) & (rows["place"] == "all") & (rows["age"] == "all") & (rows["quintile"] == 0) & ~own
    ]
    return pd.concat([*pieces, first.assign(outcome="reached", value=50.0 * (gain != 0))])


def _write(path: Path, table: str, frame: pd.DataFrame) -> None:
    columns = {name: frame[name].to_numpy() if len(frame) else np.array([]) for name in tables.SCHEMAS[table].names}
    tables.write_parquet(tables.to_arrow(table, columns), path / f"{table}.parquet")


def folder(
    path: Path,
    *,
    names: tuple[str, ...] = NAMES,
    replicates: int = 5,
    draws: int = 8,
    months: int = 24,
    gains: tuple[float, ...] = (0.0, 0.02, 0.1),
    pounds: float = 100_000.0,
    finished: bool = True,
) -> Path:
    """A run folder of scenarios of these names: nothing, a hub and a team, which avoid these shares of admissions."""
    path.mkdir(parents=True)
    (path / "area.csv").write_text(AREA, encoding="utf-8")
    files = []
    for i, (name, text) in enumerate(zip(names, (NOTHING, HUB, TEAM), strict=False)):
        files.append(path / f"s{i}.yaml")
        files[-1].write_text(text.format(name=json.dumps(name)).replace("months: 24", f"months: {months}"), encoding="utf-8")
    scenarios = [schema.load(str(file)) for file in files]
    resolved = experiment.resolved(scenarios, name="compare", replicates=replicates, draws=draws)
    (path / "resolved.yaml").write_text(documents.to_text(resolved), encoding="utf-8")
    pairs = futures(replicates, draws)
    worlds = pd.concat([_world(d, r, months) for d, r in pairs])
    _write(path, "outcomes", pd.concat([_scenario(n, g, worlds, names[1:]) for n, g in zip(names, gains, strict=False)]))
    keys = {s.name: next(iter(s.lines)) for s in scenarios if s.lines}
    spent = [
        dict(
            scenario=n,
            draw=d,
            replicate=r,
            year=y + 1,
            place="a-001",
            intervention=k,
            payer="icb" if i else "council_public_health",
            kind="running",
            pounds=pounds,
        )
        for i, (n, k) in enumerate(keys.items())
        for d, r in pairs
        for y in range(months // 12)
    ]
    costs = pd.DataFrame(spent) if spent else tables.SCHEMAS["costs"].empty_table().to_pandas()
    _write(path, "costs", costs)
    who = [dict(scenario=n, draw=d, replicate=r, intervention=k) for n, k in keys.items() for d, r in pairs]
    _write(path, "funded", pd.DataFrame([w | {"place": "a-001", "sites": 1.0} for w in who]))
    _write(
        path,
        "delivery",
        pd.DataFrame(
            [
                w | dict(month=m, place="a-001", places=60.0, members=50.0, joined=1.0, left=1.0, contacts=9.0, reached=50.0)
                for w in who
                for m in range(months)
            ]
        ),
    )
    groups = (("all", "all"), ("quintile", "1"), ("quintile", "5"))
    _write(
        path,
        "reach",
        pd.DataFrame(
            [
                w | dict(intervention=key, by=by, value=v, eligible=900.0, reached=50.0, never=850.0)
                for w in who
                for key in ("", w["intervention"])
                for by, v in groups
            ]
        ),
    )
    _write(path, "runs", pd.DataFrame([dict(run=i, draw=d, replicate=r, ok=True) for i, (d, r) in enumerate(pairs)]))
    effect = f"interventions.{list(keys.values())[-1]}.cost.running" if keys else "baseline.activity.admissions"
    _write(path, "draws", pd.DataFrame([dict(draw=d, address=effect, u=d / (draws + 1), value=float(d)) for d in range(draws + 1)]))
    ledger.write(path / ledger.FILE, ledger.of(scenarios))
    manifest = {
        "schema": 1,
        "config_hash": "0" * 64,
        "seed": 1,
        "started": "2026-01-02T03:04:05+00:00",
        "package": "0.1.0",
        "ended": "2026-01-02T03:05:05+00:00",
        "argv": ["nbhdsim", "compare", *names],
        "data_hashes": {},
        "tables": {},
        "counts": {"planned": len(pairs), "done": len(pairs) if finished else 3, "failed": 0},
        "complete": finished,
    }
    (path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (path / "csv").mkdir()
    summary.write_csv(path, summary.read(path, scenarios))
    return path
