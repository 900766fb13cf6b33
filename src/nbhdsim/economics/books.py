"""The books of a run: its money and outcomes added up by scenario, future, payer and line, discounted and not."""
from collections.abc import Mapping
from functools import cached_property
from typing import Any, NamedTuple, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nbhdsim import comparison
from nbhdsim.economics import constants, discounting
from nbhdsim.economics.account import BENEFIT, CAPACITY, CASH, FUTURE, RESIDENTS, SOCIETAL, TRANSFER, WELLBEING, Asked, changed

Array = NDArray[np.float64]
DISCOUNTING = {False: "standard_discounting", True: "health_discounting"}
"""Schedule of a line, by whether residents gain it as wellbeing or health."""
POINTS = "life_satisfaction"


class Futures(NamedTuple):
    """The futures of one scenario: draw and replicate, and by name its sums over the period (`sums` f8[n]) and by year (`years`
    f8[n, years]).

    Keys are ("outcome", name) or (side, payer, nature, line); those of `sums` end in whether they are discounted.
    """

    scenario: str
    futures: pd.DataFrame
    sums: Mapping[tuple[Any, ...], Array]
    years: Mapping[tuple[Any, ...], Array]
    left_out: frozenset[str]

    @property
    def draws(self) -> NDArray[np.int64]:
        """Draw i8[n] of each future."""
        return self.futures["draw"].to_numpy(np.int64)

    @property
    def shown(self) -> NDArray[np.bool_]:
        """Futures that values are from: those with sampled numbers, or all where nothing is sampled."""
        return comparison.shown(self.draws)


class Books:
    """Sums of `money` and of outcomes by scenario and future; built once, read by every measure.

    money: of `account.money`; effects: of `projections.yearly`; values: of `constants.draws`.
    """

    def __init__(self, money: pd.DataFrame, effects: pd.DataFrame, values: pd.DataFrame, *, asked: Asked) -> None:
        self.money, self.values, self.asked = money, values, asked
        self.changes = changed(effects)
        self.years = np.sort(self.changes["year"].unique())

    @cached_property
    def factors(self) -> dict[bool, Array]:
        """Discount factors f8[years] by whether a line is wellbeing or health; the first year has 1."""
        return {health: discounting.factors(constants.constant(name).value, self.years - 1) for health, name in DISCOUNTING.items()}

    @cached_property
    def scenarios(self) -> list[Futures]:
        """The futures of each scenario, in the order of names."""
        wide = self.changes.set_index(FUTURE)
        money = {str(name): rows for name, rows in self.money.groupby("scenario")}
        return [self._of(str(name), rows.reset_index(), money.get(str(name), self.money.iloc[:0]))
                for name, rows in wide.groupby(level="scenario")]

    def _of(self, name: str, changes: pd.DataFrame, money: pd.DataFrame) -> Futures:
        pairs = changes[["draw", "replicate"]].drop_duplicates(ignore_index=True)
        futures = pd.MultiIndex.from_frame(pairs)
        out = frozenset(outcome for scenario, outcome in self.asked.left_out if scenario == name)
        outcomes = [str(name) for name in changes if name not in (*FUTURE, "year", *out)]
        years: dict[tuple[str, ...], Array] = {
            ("outcome", name): _grid(changes, name, futures=futures, years=self.years) for name in outcomes}
        for key, rows in money.groupby(["side", "payer", "nature", "line"]):
            years[tuple(map(str, cast("tuple[Any, ...]", key)))] = _grid(rows, "pounds", futures=futures, years=self.years)
        return Futures(name, pairs, self._sums(years), years, out)

    def _sums(self, years: Mapping[tuple[Any, ...], Array]) -> dict[tuple[Any, ...], Array]:
        """Sums over years by key and whether they are discounted."""
        found = {}
        for key, flows in years.items():
            health = key[:2] in ((BENEFIT, RESIDENTS), *(("outcome", name) for name in WELLBEING.values()))
            found[(*key, False)], found[(*key, True)] = flows.sum(1), flows @ self.factors[health]
        return found


def _grid(rows: pd.DataFrame, column: str, *, futures: pd.MultiIndex, years: NDArray[Any]) -> Array:
    """A column added up to f8[futures, years], 0 where there is no row."""
    wide = rows.groupby(["draw", "replicate", "year"])[column].sum().unstack("year", fill_value=0)
    return wide.reindex(index=futures, columns=years, fill_value=0.0).to_numpy(float)


def total(of: Futures, *, discounted: bool, **keys: Any) -> Array:
    """Sum f8[n] of the money of a scenario whose side, payer, nature and line are those given (a name, or several)."""
    where = {i: keys[name] for i, name in enumerate(("side", "payer", "nature", "line")) if name in keys}
    rows = [pounds for key, pounds in of.sums.items() if key[0] != "outcome" and key[-1] is discounted
            and all(key[i] in ((names,) if isinstance(names, str) else names) for i, names in where.items())]
    return np.sum(rows, axis=0) if rows else np.zeros(len(of.draws))


def tiers(of: Futures, *, discounted: bool) -> dict[str, Array]:
    """Nested gains f8[n] of each future: cashable <= fiscal <= public_value, and `losses` <= 0, which make up all benefits."""
    cash = total(of, discounted=discounted, side=BENEFIT, nature=CASH)
    purse = total(of, discounted=discounted, side=BENEFIT, nature=(CASH, CAPACITY, TRANSFER))
    own = total(of, discounted=discounted, side=BENEFIT, nature=SOCIETAL)
    fiscal = purse.clip(0)
    return {"cashable": np.minimum(cash, fiscal), "fiscal": fiscal, "public_value": fiscal + own.clip(0),
            "losses": purse.clip(max=0) + own.clip(max=0)}
