"""The evidence ledger: every number that an answer rests on, with its range, grade and source, and how far the answer hangs on it.

One table for the whole package, for a scenario and for a run folder (`evidence.csv`), sorted as it should be read: what the
scenario assumes without a source, then what the answer hangs on most, then the weakest evidence.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import ndtri

from nbhdsim import documents, evidence, tables
from nbhdsim.comparison import LEAST_REPLICATES
from nbhdsim.errors import NbhdsimError
from nbhdsim.evidence import Quantity, Table
from nbhdsim.interventions import schema
from nbhdsim.scenario.numbers import OWN

COLUMNS: Mapping[str, str] = {
    "address": "its name everywhere; `<address> @ <scenario>`: a later scenario's number that differs from the first",
    "value": "central value; blank for a table of figures",
    "unit": "what it is counted in",
    "low": "5% point, or lower end (laws with ends, tables, numbers fitted together)",
    "high": "95% point, or upper end",
    "law": "the law it is drawn from; `table`: figures that stand in `baseline.yaml`",
    "grade": "A trials or routine statistics, B comparison groups, C uncontrolled, D judged",
    "basis": "`read` in the source, `computed` from figures that were read, `recalled`, `judged`, or an `assumption`",
    "assumed": "true where there is no source",
    "stage": "`build`: it changes the population; `run`: it does not; `value`: it says what results are worth, and changes none",
    "source_title": f"title of the source; `{OWN.title}`: set there without one",
    "source_by": "who published it",
    "source_year": "year, 0: not known",
    "source_url": "where it was read",
    "why": "what the number is, and why this one",
    "used_value": "the value in futures with central numbers",
    "influence": "share of the variance of the headline over futures with sampled numbers that goes with this number, the largest "
                 "over the scenarios: squared rank correlation less what luck alone would show; 0 where it cannot be told from "
                 "luck (`nbhdsim evidence RUN` says below what). Blank where it is not sampled, and in runs with fewer sampled "
                 "futures than that needs",
}
"""Columns of the ledger, and what they mean."""

FILE = "evidence.csv"
HEADLINE = "emergency_admissions"
LEAST_DRAWS = 50
"""Futures with sampled numbers (25 pairs of opposite ones) that influence needs: with fewer, chance alone gives a number a
quarter of the variance."""
PASSING = ("baseline.mortality.", "baseline.births.", "baseline.moving.")
"""Numbers that nothing reads where ages are held."""
PRICE = "economics.price_"
TEXT = ("address", "unit", "law", "grade", "basis", "stage", "source_title", "source_by", "source_url", "why")


class Hangs(NamedTuple):
    """What the headline of one scenario hangs on.

    futures: those with sampled numbers, in whole pairs of opposite ones; why: what keeps influence from being told, or "";
    chance: share of the variance that luck alone has, NaN where too few futures have central numbers; noise: the influence that
    the best of all unknowns would be given, one time in twenty, if none had any; shares: influence by address; unknowns:
    addresses drawn as one.
    """

    scenario: str
    futures: int
    why: str = ""
    chance: float = float("nan")
    noise: float = float("nan")
    shares: Mapping[str, float] = {}
    unknowns: Sequence[Sequence[str]] = ()


def package() -> pd.DataFrame:
    """The ledger of the whole package: the baseline, what results are worth, and every intervention of the catalogue."""
    quantities, figures = evidence.load_baseline()
    kinds = [quantity for kind in schema.kinds().values() for quantity in kind.all_quantities()]
    return ledger({**quantities, **evidence.load_economics(), **{quantity.address: quantity for quantity in kinds}}, figures)


def of(scenarios: Sequence[Any]) -> pd.DataFrame:
    """The ledger of what scenarios rest on: by address as the first that has it has it, and by `<address> @ <scenario>` where a
    later one has another."""
    quantities: dict[str, Quantity] = {}
    figures: dict[str, Table] = {}
    for scenario in scenarios:
        numbers = {**scenario.quantities, **scenario.worth}
        for address in filter(_in_use(scenario), numbers):
            quantity = numbers[address]
            if quantities.setdefault(address, quantity) != quantity:
                quantities[f"{address} @ {scenario.name}"] = quantity
        figures |= {address: scenario.tables[address] for address in filter(_in_use(scenario), scenario.tables)}
    return ledger(quantities, figures)


def _in_use(scenario: Any) -> Any:
    """Does the scenario read the number at an address?"""
    prices = {f"{PRICE}{line.kind.cost.price_year}" for line in scenario.lines.values() if line.kind.cost is not None}
    idle = () if scenario.ageing else PASSING
    return lambda address: address in prices or not address.startswith((PRICE, *idle))


def ledger(quantities: Mapping[str, Quantity], figures: Mapping[str, Table]) -> pd.DataFrame:
    """Quantities and tables of figures by address as a ledger, in COLUMNS, sorted."""
    rows = [*(_number(address, q) for address, q in quantities.items()), *(_table(t) for t in figures.values())]
    return ranked(pd.DataFrame(rows, columns=list(COLUMNS)))


def _number(address: str, q: Quantity) -> list[Any]:
    low, high = (min(q.rows), max(q.rows)) if q.rows else (q.low, q.high)
    return [address, q.value, q.unit, low, high, q.law, q.grade, q.basis, q.assumed, q.stage, *_source(q), q.why,
            evidence.stable(q.value), np.nan]


def _table(t: Table) -> list[Any]:
    return [t.address, np.nan, t.unit, float(np.min(t.values)), float(np.max(t.values)), "table", t.grade, t.basis, False, "run",
            *_source(t), t.why, np.nan, np.nan]


def _source(of_what: Quantity | Table) -> tuple[str, str, int, str]:
    s = of_what.source
    return s.title, s.by, s.year, s.url


def ranked(frame: pd.DataFrame) -> pd.DataFrame:
    """A ledger sorted: set by the scenario without a source, then by influence, then grades D to A; of one grade, stated effects
    first, then other numbers of programmes."""
    names = frame["address"].astype(str)
    order = pd.DataFrame({
        "own": -by_scenario(frame).astype(int), "influence": -frame["influence"].astype(float).fillna(0),
        "grade": -frame["grade"].map(ord) if len(frame) else 0, "effect": -names.map(evidence.is_effect).astype(int),
        "programme": -names.str.startswith("interventions.").astype(int), "address": names})
    return frame.loc[order.sort_values(list(order.columns)).index].reset_index(drop=True)


def by_scenario(frame: pd.DataFrame) -> pd.Series:
    """Which rows a scenario sets without a source."""
    return frame["assumed"].astype(bool) & (frame["source_title"] == OWN.title)


def write(path: Path, frame: pd.DataFrame) -> None:
    """A ledger as CSV, written whole or not at all."""
    tables.write_frame(frame.assign(assumed=frame["assumed"].map({True: "true", False: "false"})), path)


def write_to(name: str, frame: pd.DataFrame) -> None:
    """A ledger as the CSV file a user names; NbhdsimError where it cannot be written."""
    path = Path(name)
    if not name or path.is_dir():
        raise NbhdsimError.of(f"--out: '{name}' is a folder (name a file, such as {FILE})")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, frame)
    except OSError as error:
        raise NbhdsimError.of(f"--out: {name} cannot be written: {(error.strerror or str(error)).lower()}") from None


def read(folder: Path) -> pd.DataFrame:
    """The ledger of a run folder; NbhdsimError where there is none."""
    path = folder / FILE
    if not path.is_file():
        raise NbhdsimError.of(f"{folder} has no {FILE} (is it a run folder?)")
    texts = dict.fromkeys(TEXT, str)
    return tables.read_frame(path, dtype={**texts, "assumed": bool},
                             na_values={name: [""] for name in COLUMNS if name not in texts})


def complete(folder: Path) -> list[Hangs]:
    """Fill in the influence in the ledger of a run folder with finished tables; what each scenario's headline hangs on."""
    frame = read(folder)
    found = hanging(folder, frame)
    told = [(a, s if s > h.noise else 0.0) for h in found for a, s in h.shares.items()]
    largest = pd.Series([s for _, s in told], [a for a, _ in told], dtype=float).groupby(level=0).max().round(4)
    write(folder / FILE, ranked(frame.assign(influence=frame["address"].map(largest).astype(float))))
    return found


def hanging(folder: Path, frame: pd.DataFrame) -> list[Hangs]:
    """What the headline of each scenario of a run folder hangs on: its change in emergency admissions against the first scenario,
    or their number where there is one scenario. Nothing where no future is finished, and for an experiment that is no comparison:
    its draws are points of a design."""
    resolved = documents.read_yaml(folder / "resolved.yaml").data
    if not (folder / "outcomes.parquet").is_file() or resolved["method"]["kind"] != "compare":
        return []
    seed = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["seed"]
    keys = {s["name"]: set(s.get("interventions") or ()) for s in resolved["scenarios"]}
    reference, *others = keys
    admissions, drawn = _admissions(folder), _drawn(folder, frame, seed)
    found = []
    for name in others or [reference]:
        change = admissions[name] - admissions[reference] if others else admissions[name]
        found.append(_hangs(name, change, _of_scenario(drawn, name, keys[name] | keys[reference])))
    return found


def _admissions(folder: Path) -> pd.DataFrame:
    """Emergency admissions of the whole area over all months from 0 on, by future (draw, replicate) and scenario."""
    where = [("outcome", "==", HEADLINE), ("place", "==", "all"), ("age", "==", "all"), ("people", "==", "all"),
             ("quintile", "==", 0), ("months", "==", 1), ("month", ">=", 0)]
    rows = tables.read(folder, "outcomes", where=where, columns=["scenario", "draw", "replicate", "value"])
    return rows.groupby(["scenario", "draw", "replicate"], observed=True)["value"].sum().unstack("scenario")


def _drawn(folder: Path, frame: pd.DataFrame, seed: int) -> pd.DataFrame:
    """What decided each sampled number: address, draw, u (its quantile) and by (the same; for numbers fitted together, whose
    quantile only picks a fit, the value). The spread of judgement stands for the factor that all effects of grade D share."""
    laws = dict(zip(frame["address"], frame["law"], strict=True))
    drawn = tables.read(folder, "draws", where=[("draw", ">", 0)]).astype({"address": str})
    law = drawn["address"].map(laws).fillna("fixed")
    drawn = drawn.assign(by=drawn["u"].where(law != "joint", drawn["value"]))[law != "fixed"]
    if drawn["address"].map(evidence.is_effect).any():
        shared = {int(draw): evidence.judgement(seed=seed, draw=int(draw)) for draw in drawn["draw"].unique()}
        of_all = list(shared.values())
        extra = pd.DataFrame({"draw": list(shared), "address": evidence.JUDGED, "u": of_all, "by": of_all})
        drawn = pd.concat([drawn[drawn["address"] != evidence.JUDGED], extra])
    return drawn[["address", "draw", "u", "by"]]


def _of_scenario(drawn: pd.DataFrame, name: str, keys: Iterable[str]) -> pd.DataFrame:
    """The rows of numbers that one scenario and the first one use; `keys`: their programmes."""
    known = set(drawn["address"])
    starts = tuple(f"interventions.{key}." for key in keys)

    def ours(address: str) -> bool:
        plain, _, other = address.partition(" @ ")
        own = other == name or not other and f"{address} @ {name}" not in known
        return own and (not plain.startswith("interventions.") or plain.startswith(starts))

    return drawn[drawn["address"].isin([address for address in known if ours(address)])]


def _hangs(name: str, change: pd.Series, drawn: pd.DataFrame) -> Hangs:
    """Influence of each sampled number (`_drawn`) on one headline, by future (draw, replicate).

    The squared rank correlation of a number with the headline is the share of variance of a headline that rises or falls
    with it (Saltelli and others 2008, section 1.2); opposite draws count as one, and 1/pairs, what no influence at all would
    show on average, is taken off.
    """
    sampled = change[change.index.get_level_values("draw") > 0].droplevel("replicate").dropna()
    whole = [d for d in sampled.index if (d + 1 if d % 2 else d - 1) in sampled.index]
    sampled, pairs = sampled.loc[whole], len(whole) // 2
    if len(whole) < LEAST_DRAWS:
        return Hangs(name, len(whole), f"not enough draws: {len(whole)} futures with sampled numbers, {LEAST_DRAWS} are needed")
    if drawn.empty or sampled.var() == 0:
        return Hangs(name, len(whole), "nothing is sampled" if drawn.empty else "the same in every future")
    u, by = (drawn.pivot(index="draw", columns="address", values=values).loc[whole] for values in ("u", "by"))
    together: dict[bytes, list[str]] = {}
    for address in u:
        together.setdefault(u[address].to_numpy().tobytes(), []).append(str(address))
    agreement = by.rank().corrwith(sampled.rank()).fillna(0) ** 2
    level = ndtri(1 - (1 - 0.95 ** (1 / len(by.columns))) / 2) ** 2 / pairs
    luck = change[change.index.get_level_values("draw") == 0]
    chance = min(float(luck.var() / sampled.var()), 1.0) if len(luck) >= LEAST_REPLICATES else float("nan")
    noise, *shares = (max(0.0, (pairs * float(r) - 1) / (pairs - 1)) for r in (min(level, 1), *agreement))
    influence = dict(zip(by.columns, shares, strict=True))
    return Hangs(name, len(whole), "", chance, noise, influence, tuple(map(tuple, together.values())))


def by_grade(hangs: Hangs, frame: pd.DataFrame) -> dict[str, float]:
    """Share of the variance of a headline that goes with numbers of each grade: of unknowns above the noise, each counted once, by
    the weakest grade of its addresses; scaled down to what chance leaves where they would add up to more."""
    grades = dict(zip(frame["address"], frame["grade"], strict=True))
    found: dict[str, float] = {}
    for addresses in hangs.unknowns:
        share = max(hangs.shares[a] for a in addresses)
        if share > hangs.noise:
            letter = max(grades.get(a, "D") for a in addresses)
            found[letter] = found.get(letter, 0.0) + share
    room = 1 - (0.0 if np.isnan(hangs.chance) else hangs.chance)
    scale = min(1.0, room / total) if (total := sum(found.values())) else 1.0
    return {letter: share * scale for letter, share in sorted(found.items())}
