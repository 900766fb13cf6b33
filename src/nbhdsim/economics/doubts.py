"""How sure a run is of its best option: what more knowledge is worth, and what would change the answer.

Net benefit is the net present value of each scenario to society unless another perspective is asked for; the first scenario is an
option too, at 0.
"""
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nbhdsim import evidence, runfolder, tables
from nbhdsim.economics import account, constants, information, options, studies, switching
from nbhdsim.economics.account import BIAS, COST, LINES, RESIDENTS, SPEND, WELLBEING
from nbhdsim.economics.books import Books, Futures
from nbhdsim.economics.information import Information
from nbhdsim.economics.studies import Study
from nbhdsim.evidence import Quantity

WORTH = "what it is worth"
Array = NDArray[np.float64]
MOST_STUDIES = 5
"""Numbers, and programmes, that a study of each is worked out for: the first few worth knowing."""


TOTAL: Mapping[str, str] = {**information.TOTAL, "why": "why there is no value"}
"""Columns of `total`, and what they mean."""
KNOWING: Mapping[str, str] = {"of": "`number`, or `group` of numbers known together", **information.NUMBERS}
"""Columns of `knowing`, and what they mean; no rows where there are too few futures."""


class Doubts(NamedTuple):
    """What knowing everything is worth (TOTAL), what knowing each number or group is (KNOWING), studies (`studies.COLUMNS`) and
    switching values (`switching.COLUMNS`); pounds."""

    total: pd.DataFrame
    knowing: pd.DataFrame
    studies: pd.DataFrame
    switching: pd.DataFrame


def of(folder: Path, books: Books, quantities: Mapping[str, Quantity], *, perspective: str = "society") -> Doubts:
    """Value of information and switching values of a run; quantities: those of `constants.of_run`.

    Numbers of the simulation come from the folder's `draws.parquet` and `evidence.csv`, where it has them. Raises NbhdsimError for
    a folder without a manifest.
    """
    benefit = options.net_benefit(books, perspective=perspective)
    drawn, (linear, held) = of_draws(folder, books, quantities), _means(books, perspective)
    used = drawn[[a for a in map(str, drawn) if not a.startswith(constants.ROOT) or a in linear.index]]

    def wanted(alone: pd.DataFrame, many: pd.DataFrame) -> list[Study]:
        asked: dict[str, tuple[str, ...]] = {str(a): (str(a),) for a in alone.loc[alone["seen"], "address"].head(MOST_STUDIES)}
        asked |= _effects(used, many.loc[many["seen"], "address"].head(MOST_STUDIES))
        return studies.of_each(used[used.index > 0], asked, cost=quantities[f"{constants.ROOT}study_cost"].value)
    found = information.of(benefit, used, groups=groups(used), studies=wanted)
    table = switching.of(benefit, used, _numbers(folder, quantities, used), slopes=linear, held=held)
    table["why"] = table["why"].mask(table["at"].notna() & table["share"].isna(), "it has no range to measure how far that is in")
    return Doubts(_total(found), _knowing(found), found.studies, table)


def _effects(used: pd.DataFrame, programmes: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The effects of each programme that has several, as one evaluation of it would measure them."""
    own = {name: tuple(a for a in map(str, used) if evidence.is_effect(a) and a.split(".")[1] == name) for name in programmes}
    return {f"all effects of {name}": effects for name, effects in own.items() if len(effects) > 1}


def _total(found: Information) -> pd.DataFrame:
    """The one row in TOTAL."""
    if found.why:
        return pd.DataFrame([{"why": found.why}], columns=list(TOTAL))
    unknown = "too few futures of one draw to tell how much of it is chance"
    return found.total.assign(why=np.where(found.total["evpi"].isna(), unknown, ""))[list(TOTAL)]


def _knowing(found: Information) -> pd.DataFrame:
    """Numbers and groups in KNOWING, the numbers first."""
    parts = [table.assign(of=kind) for kind, table in (("number", found.numbers), ("group", found.groups)) if len(table)]
    return pd.concat(parts, ignore_index=True)[list(KNOWING)] if parts else pd.DataFrame(columns=list(KNOWING))


def of_draws(folder: Path, books: Books, quantities: Mapping[str, Quantity]) -> pd.DataFrame:
    """Values of all sampled numbers, index draw, a column an address; numbers that are one unknown have one column, and the error
    that judged effects share stands at its own address as its quantile."""
    index = sorted(books.changes["draw"].unique())
    seed = int(runfolder.read(folder)["seed"])
    own = pd.DataFrame({draw: evidence.draw_values(quantities, seed=seed, draw=int(draw)) for draw in index}).T
    own = own[[a for a in own if quantities[str(a)].stage == "value"]]
    wide = own.iloc[:, :0]
    if (folder / "draws.parquet").is_file():
        rows = tables.read(folder, "draws").astype({"address": str})
        wide = rows.pivot_table(index="draw", columns="address", values="value").reindex(index)
        wide = wide.loc[:, wide.nunique() > 1].T.drop_duplicates().T
        if any(evidence.is_effect(str(a)) for a in wide):
            wide[evidence.JUDGED] = [evidence.judgement(seed=seed, draw=int(draw)) for draw in index]
    return pd.concat([wide, own], axis=1).rename_axis(index="draw", columns="address")


def groups(drawn: pd.DataFrame) -> dict[str, str]:
    """The group of each number: its programme, `what it is worth`, or the part of the baseline it belongs to."""
    parts = {address: address.split(".") for address in map(str, drawn) if "." in address}
    return {address: WORTH if root == "economics" else f"{root} {name[0]}" if root == "baseline" else name[0]
            for address, (root, *name) in parts.items()}


def slopes(books: Books, *, perspective: str = "society") -> pd.DataFrame:
    """Pounds of mean net present value for each unit more of the numbers that it is linear in: index address, a column an option.

    Net benefit is a sum of lines, each of which is a price times what it is the price of.
    """
    return _means(books, perspective)[0]


def _means(books: Books, perspective: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """`slopes`, and the pounds that each number gives each option as it is (its mean over futures, not that of its parts)."""
    steps: dict[str, dict[str, float]] = {}
    held: dict[str, dict[str, float]] = {}
    for of_ in books.scenarios:
        for address, step, number in _linear(books, of_, perspective):
            for found, pounds in ((steps, step), (held, step * number)):
                found.setdefault(address, {books.asked.reference: 0.0})[of_.scenario] = float(pounds[of_.shown].mean())
    return pd.DataFrame(steps).T.rename_axis("address"), pd.DataFrame(held).T.rename_axis("address")


def _linear(books: Books, of_: Futures, perspective: str) -> Iterator[tuple[str, Array, Array]]:
    """Address, pounds of net present value for each unit more of it f8[n], and its value f8[n] in the futures of a scenario."""
    values, payers = books.values.loc[of_.draws], constants.perspectives()[perspective]

    def change(outcome: str, gainer: str) -> Array:
        return of_.sums.get(("outcome", outcome, True), np.zeros(len(of_.draws))) * (gainer in payers)
    share, freed = values["marginal_share"].to_numpy(float), np.zeros(len(of_.draws))
    for line in LINES:
        fewer = -change(line.outcome, line.gainer)
        freed += fewer * values[line.price].to_numpy(float)
        yield f"{constants.ROOT}{line.price}", fewer * share * _raised(values, line.price), _raw(values, line.price)
    yield f"{constants.ROOT}marginal_share", freed, share
    for name in books.asked.wellbeing:
        points = change(WELLBEING[name], RESIDENTS) * account.unit_values(values.assign(**{name: 1.0}))[name].to_numpy(float)
        yield f"{constants.ROOT}{name}", points * _raised(values, name), _raw(values, name)
    yield f"{constants.ROOT}optimism_bias", -_biased(books, of_, payers), values["optimism_bias"].to_numpy(float)


def _biased(books: Books, of_: Futures, payers: Sequence[str]) -> Array:
    """Present value f8[n] of what optimism bias is put on: what each payer spends above the first scenario in a year, if any."""
    total = np.zeros((len(of_.draws), len(books.years)))
    for payer in payers:
        own = [flows for key, flows in of_.years.items() if key[:3] == (COST, payer, SPEND) and key[3] != BIAS]
        total += np.clip(np.sum(own, axis=0), 0, None) if own else 0.0
    return np.asarray(total @ books.factors[False])


def _raised(values: pd.DataFrame, name: str) -> Array:
    """What raises a number in pounds of its own year to what is used f8[n]."""
    year = evidence.economics_file().quantities[name].price_year
    return (values[f"price_{year}"] * (constants.grown(values) if name == "wellby" else 1.0)).to_numpy(float)


def _raw(values: pd.DataFrame, name: str) -> Array:
    """Values of a number f8[n] in pounds of its own year."""
    return values[name].to_numpy(float) / _raised(values, name)


def _numbers(folder: Path, quantities: Mapping[str, Quantity], drawn: pd.DataFrame) -> pd.DataFrame:
    """value, low, high, least and most of each number that was drawn, by address."""
    own = [(a, q.value, q.low, q.high, q.unit) for a, q in quantities.items() if a in drawn]
    path = folder / "evidence.csv"
    if path.is_file():
        ledger = tables.read_frame(path, na_values=[""])
        rest = ledger[ledger["address"].isin(list(drawn)) & ~ledger["address"].isin(list(quantities))]
        own += list(rest[["address", "value", "low", "high", "unit"]].itertuples(index=False, name=None))
    table = pd.DataFrame(own, columns=["address", "value", "low", "high", "unit"]).set_index("address")
    ends = pd.DataFrame([evidence.limits(unit) for unit in table["unit"]], index=table.index, columns=["least", "most"])
    return table.drop(columns="unit").join(ends).astype(float)
