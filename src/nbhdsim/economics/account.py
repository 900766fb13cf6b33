"""The account of each future: who pays and who gains how much, year by year, in real 2024/25 pounds.

A scenario is set against the first one of the same future, so what both pay cancels. Costs are those of the run. Benefits are
changes of outcomes at marginal cost; wellbeing is valued once, by one method (HM Treasury, wellbeing guidance for appraisal, 2021).
Freed capacity is no cash: a share of it becomes cash when whole wards close, and only then.
"""
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nbhdsim.economics import constants, welfare
from nbhdsim.errors import NbhdsimError, nearest

Array = NDArray[np.float64]
FUTURE = ["scenario", "draw", "replicate"]
KEY = [*FUTURE, "year"]
SPEND, CASH, CAPACITY, SOCIETAL, TRANSFER = "spend", "cash-releasing", "capacity-releasing", "societal", "transfer"
COST, BENEFIT = "cost", "benefit"
BIAS = "optimism bias"
HOURS = "voluntary_hours"
TRUST, ICB, RESIDENTS = "nhs_trust", "icb", "residents"
COLUMNS: Mapping[str, str] = {
    "scenario": "name of the scenario, set against the first one in the same future",
    "draw": "0: central numbers; 1, 2, ..: sampled ones",
    "replicate": "luck",
    "year": "1, 2, ..",
    "payer": "who pays, or who gains",
    "line": f"programme, `{BIAS}`, or what the benefit comes from",
    "side": f"`{COST}` or `{BENEFIT}`",
    "nature": f"`{SPEND}`; of benefits `{CASH}`, `{CAPACITY}`, `{SOCIETAL}` (voluntary hours too) or `{TRANSFER}`, which adds to 0",
    "pounds": "real 2024/25 pounds, undiscounted; a cost above 0 is spent, a benefit above 0 is good",
}
"""Columns of `money`, and what they mean."""


class Line(NamedTuple):
    """An outcome that has a price: events times the average cost `price` (an address without `economics.`) at marginal cost, freed
    for `gainer`."""

    outcome: str
    name: str
    price: str
    gainer: str


ADMISSIONS = Line("emergency_admissions", "emergency admissions", "emergency_admission", TRUST)
LINES = (ADMISSIONS, Line("ae_attendances", "A&E attendances", "ae_attendance", TRUST),
         Line("child_referrals", "child social care referrals", "child_referral", "children_services"))
WELLBEING: Mapping[str, str] = {"wellby": "life_satisfaction", "qaly": "life_satisfaction", "loneliness": "lonely"}
"""Ways to value wellbeing, and the outcome each values; only one at a time."""
DAYS = "bed_days"


class Asked(NamedTuple):
    """How a run is valued. reference: the scenario that others are set against; wellbeing: keys of WELLBEING; left_out: scenarios
    and outcomes that no effect of theirs reaches, which are not valued."""

    reference: str
    wellbeing: Sequence[str] = ("wellby",)
    left_out: Collection[tuple[str, str]] = ()


def money(effects: pd.DataFrame, costs: pd.DataFrame, values: pd.DataFrame, *, asked: Asked) -> pd.DataFrame:
    """Every line of every future in COLUMNS, sorted.

    effects: of `projections.yearly`; costs: the table of a run; values: of `constants.draws`, one row a draw. Raises NbhdsimError
    where wellbeing would be counted twice, or a draw has no values.
    """
    for name in asked.wellbeing:
        if name not in WELLBEING:
            raise NbhdsimError.of(f"wellbeing cannot be valued by '{name}' ({', '.join(WELLBEING)}){nearest(name, WELLBEING)}")
    welfare.refuse_double(("wellbeing", name) for name in asked.wellbeing)
    changes = changed(effects)
    if missing := sorted(set(changes["draw"]) - set(values.index)):
        raise NbhdsimError.of(f"draws without values: {', '.join(map(str, missing))}")
    at = values.loc[changes["draw"]].reset_index(drop=True)
    told = [spent(costs, changes, values, reference=asked.reference), *_freed(changes, at, asked), *_wellbeing(changes, at, asked)]
    frame = pd.concat(told, ignore_index=True)[list(COLUMNS)]
    return frame.sort_values([*COLUMNS][:-1], ignore_index=True)


def changed(effects: pd.DataFrame) -> pd.DataFrame:
    """Changes of everyone, a row a future and year in KEY and a column an outcome; years of a future follow one another."""
    rows = effects[effects["quintile"] == 0].astype({"scenario": str, "outcome": str})
    wide = rows.pivot_table(index=KEY, columns="outcome", values="change", aggfunc="sum", observed=True)
    return wide.reset_index().rename_axis(columns=None)


def spent(costs: pd.DataFrame, futures: pd.DataFrame, values: pd.DataFrame, *, reference: str) -> pd.DataFrame:
    """The cost lines of `money`: what each scenario pays above the reference, by programme, and the optimism bias set on it.

    futures: rows with KEY that are to be told of. Money that found no place to be spent is no cost.
    """
    plain = costs[costs["kind"] != "unspent"].astype(dict.fromkeys(("scenario", "intervention", "payer", "kind"), str))
    plain = plain.assign(payer=plain["payer"].mask(plain["kind"] == HOURS, HOURS), line=plain["intervention"])
    key = ["draw", "replicate", "year", "payer", "line"]
    own = plain.groupby(["scenario", *key], as_index=False)["pounds"].sum()
    pairs = futures[FUTURE].drop_duplicates()
    base = pairs.merge(own[own["scenario"] == reference][[*key, "pounds"]], on=["draw", "replicate"])
    both = pd.concat([own.merge(pairs, on=FUTURE), base.assign(pounds=-base["pounds"])])
    net = both.groupby(["scenario", *key], as_index=False)["pounds"].sum()
    net["nature"] = np.where(net["payer"] == HOURS, SOCIETAL, SPEND)
    bias = net[(net["nature"] == SPEND)].groupby([*KEY, "payer"], as_index=False)["pounds"].sum()
    bias["pounds"] = bias["pounds"].clip(lower=0) * bias["draw"].map(values["optimism_bias"])
    return pd.concat([net, bias.assign(line=BIAS, nature=SPEND)]).assign(side=COST)


def _freed(changes: pd.DataFrame, at: pd.DataFrame, asked: Asked) -> list[pd.DataFrame]:
    """Benefit lines of events that do not happen; those of admissions are split into cash and capacity."""
    out = []
    for line in LINES:
        if line.outcome in changes:
            value = -changes[line.outcome] * at[line.price] * at["marginal_share"]
            cash = _cash(changes, at, value, asked=asked) if line == ADMISSIONS else 0.0 * value
            out += [_rows(changes, line, cash, nature=CASH, asked=asked),
                    _rows(changes, line, value - cash, nature=CAPACITY, asked=asked)]
    if at["tariff_share"].any() and ADMISSIONS.outcome in changes:
        tariff = -changes[ADMISSIONS.outcome] * at[ADMISSIONS.price] * at["tariff_share"]
        for who, sign in ((ICB, 1), (TRUST, -1)):
            out.append(_rows(changes, ADMISSIONS._replace(name="tariff", gainer=who), sign * tariff, nature=TRANSFER, asked=asked))
    return out


def _wellbeing(changes: pd.DataFrame, at: pd.DataFrame, asked: Asked) -> list[pd.DataFrame]:
    """The benefit line of residents' wellbeing, by the one method that is asked for."""
    worth = unit_values(at)
    there = [name for name in asked.wellbeing if WELLBEING[name] in changes]
    lines = {name: Line(WELLBEING[name], WELLBEING[name].replace("_", " "), name, RESIDENTS) for name in there}
    return [_rows(changes, line, changes[line.outcome] * worth[name], nature=SOCIETAL, asked=asked) for name, line in lines.items()]


def unit_values(values: pd.DataFrame) -> dict[str, "pd.Series[float]"]:
    """Pounds of a unit more of the outcome that each way in WELLBEING values, by row of `constants.draws`."""
    return {"wellby": values["wellby"], "qaly": values["qaly"] / values["points_per_qaly"], "loneliness": -values["loneliness"]}


def _rows(changes: pd.DataFrame, line: Line, pounds: Any, *, nature: str, asked: Asked) -> pd.DataFrame:
    """One benefit line, for the scenarios whose effects reach its outcome."""
    rows = changes[KEY].assign(payer=line.gainer, line=line.name, side=BENEFIT, nature=nature, pounds=np.asarray(pounds, float))
    return rows[~rows["scenario"].isin([s for s, outcome in asked.left_out if outcome == line.outcome])]


def _cash(changes: pd.DataFrame, at: pd.DataFrame, value: pd.Series, *, asked: Asked) -> pd.Series:
    """The part of a year's freed capacity that comes out as cash: a share of it, in whole steps of bed days, after a lag."""
    if DAYS not in changes or not at["realisation_share"].any():
        return 0.0 * value
    futures = changes.groupby(FUTURE, sort=False).ngroup()
    years = changes["year"].to_numpy()
    days = -changes[DAYS].where(~changes["scenario"].isin([s for s, outcome in asked.left_out if outcome == DAYS]), 0.0)
    held = pd.Series(days.to_numpy(), index=pd.MultiIndex.from_arrays([futures, years]))
    lagged = pd.MultiIndex.from_arrays([futures, years - np.ceil(at["closing_lag"]).astype(int)])
    before = held.reindex(lagged).fillna(0.0).to_numpy()
    step = at["ward_beds"].to_numpy() * constants.constant("bed_days_a_bed").value
    return closed_share(before, days.to_numpy(), step) * at["realisation_share"] * value.clip(lower=0)


def closed_share(before: Array, now: Array, step: Array) -> Array:
    """Share of the bed days freed now that lie in beds closed: whole steps of those freed `before`; all f8 of one shape, 0 to 1.

    A step of 0 closes any number of beds. Where nothing is freed now the share is 0.
    """
    whole = np.floor(np.divide(before, step, out=np.zeros_like(before), where=step > 0)) * step
    closed = np.where(step > 0, whole, before).clip(0)
    return np.divide(closed, now, out=np.zeros_like(closed), where=now > 0).clip(0, 1)
