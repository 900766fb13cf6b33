"""Areas: neighbourhoods with their residents by age, as built in or from a user's CSV; the same for every seed.

Built-in areas stand in `catalogue/areas`: published totals of districts, cut into invented neighbourhoods that add
up to them exactly. `load` gives one by name, `csv_file.read` a user's own.
"""
from collections.abc import Mapping
from functools import cache, lru_cache
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbhdsim import documents
from nbhdsim.areas import layout
from nbhdsim.areas.apportion import fit_table, largest_remainder, round_table
from nbhdsim.errors import NbhdsimError, nearest

FOLDER = Path(__file__).parent.parent / "catalogue" / "areas"
LARGEST = 65_000      # residents of a neighbourhood and neighbourhoods of an area: an id has 16 bits for each


class Area(NamedTuple):
    """The neighbourhoods of an area, one row each (p of them), before anyone lives in them."""

    name: str
    title: str
    place: tuple[str, ...]                 # [p] name of the neighbourhood
    district: tuple[str, ...]              # [p] slug of its district
    quintile: NDArray[np.uint8]            # [p] IMD quintile, 1 most deprived .. 5
    residents: NDArray[np.int64]           # [p]
    age_from: tuple[int, ...]              # [k] first year of each age group
    ages: NDArray[np.int64]                # [p, k] residents by age group; rows add up to `residents`
    households: NDArray[np.int64]          # [p]
    admission_ratio: NDArray[np.float32]   # [p] admission ratio given by the user; 0 where it is drawn
    pcn: tuple[str, ...]                   # [p] name of the primary care network
    x: NDArray[np.float32]                 # [p] kilometres east
    y: NDArray[np.float32]                 # [p] kilometres north
    path: NDArray[np.int64]                # [p] the neighbourhoods district by district, each next to the one before
    invented: bool                         # whether the neighbourhoods are made up


def names() -> tuple[str, ...]:
    """Names of the built-in areas, sorted."""
    return tuple(sorted(file.stem for file in FOLDER.glob("*.yaml") if file.stem != "england"))


@cache
def england() -> Mapping[str, Any]:
    """What the areas share: England's ages by quintile, sizes of neighbourhoods and of settings."""
    return documents.read_yaml(FOLDER / "england.yaml").data


def load(name: str, *, residents: int | None = None) -> Area:
    """The built-in area `name`; `residents` sets the size of `teaching-town` (200 to 1,000,000, default 3,000).

    Raises NbhdsimError for an unknown name and for a size the area cannot have.
    """
    if name not in names():
        message = f"unknown area '{name}' (one of {', '.join(names())}){nearest(name, names())}"
        raise NbhdsimError.of(message, path="area.name")
    return _built(name, residents)


@lru_cache(maxsize=8)
def _built(name: str, residents: int | None) -> Area:
    data = documents.read_yaml(FOLDER / f"{name}.yaml").data
    parts = [_district(slug, _resized(district, residents)) for slug, district in data["districts"].items()]
    rows: dict[str, Any] = {column: np.concatenate([part[column] for part in parts]) for column in parts[0]}
    words = {column: tuple(map(str, rows[column])) for column in ("place", "district", "pcn")}
    return Area(**{**rows, **words}, name=name, title=data["title"], age_from=tuple(data["age_from"]), invented=True,
                path=np.arange(rows["residents"].size))


def _resized(district: Mapping[str, Any], residents: int | None) -> Mapping[str, Any]:
    """The district with its own number of residents, or with the one asked for where it has a range."""
    own = district["residents"]
    if isinstance(own, int):
        if residents not in (None, own):
            raise NbhdsimError.of(f"this area has its own residents, not {residents} (leave `residents` out)",
                                  path="area.residents")
        return district
    total = own["default"] if residents is None else residents
    if not own["low"] <= total <= own["high"]:
        raise NbhdsimError.of(f"{total} residents ({own['low']:,} to {own['high']:,})", path="area.residents")
    town = england()["town"]
    mean = min(max(total / 12, town["small"]), town["large"])
    most = int(total * (1 - town["spread"]) // town["least"])
    return {**district, "residents": total, "households": round(total / england()["household"]),
            "neighbourhoods": max(1, min(ceil(total / mean), most)), "spread": town["spread"]}


def _district(slug: str, district: Mapping[str, Any]) -> dict[str, NDArray]:
    """The rows of one district: columns of `Area` as arrays of its neighbourhoods."""
    n, total = district["neighbourhoods"], district["residents"]
    x, y = layout.positions(n, district["at"])
    quintile = layout.quintiles(x, y, district["quintiles"])
    if "spread" in district:        # an invented town: even sizes, no quintile totals to keep
        weights = 1 + district["spread"] * (2 * layout.scatter(n, layout.ROOT_TWO) - 1)
        size, first = largest_remainder(weights, total), 0
    else:
        weights = layout.spread(n, england()["neighbourhood"])
        size, first = layout.sizes(quintile, weights, total, shares=district["quintiles"]), 0
    if "first_pcn" in district:
        size, first = layout.first_run(size, quintile, district["first_pcn"])
    each = total / district["networks"] if "networks" in district else england()["pcn"]
    network = layout.networks(size, each, first=first)
    return {"place": np.array([f"{slug}-{i + 1:03d}" for i in range(n)]), "district": np.full(n, slug),
            "quintile": quintile, "residents": size,
            "ages": ages_of(size, quintile, largest_remainder(district["ages"], total)),
            "households": largest_remainder(size, district["households"]), "admission_ratio": np.zeros(n, np.float32),
            "pcn": np.array([f"{slug}-pcn-{k + 1}" for k in network]), "x": x, "y": y}


def ages_of(residents: NDArray[np.int64], quintile: NDArray[np.uint8],
            totals: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
    """Residents [p, 11] of each neighbourhood by age group, in the pattern of England's quintiles.

    Rows add up to `residents` [p] exactly, columns to `totals` [11] where these are given.
    """
    pattern = np.array(england()["ages"])[quintile.astype(int) - 1]
    expected = residents[:, None] * pattern / pattern.sum(axis=1)[:, None]
    if totals is None:
        return np.array([largest_remainder(line, int(n)) for line, n in zip(expected, residents, strict=True)])
    return round_table(fit_table(expected, residents, totals), residents, totals)
