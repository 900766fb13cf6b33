"""The network for others: a file for network tools, and its measures beside their targets.

networkx is imported where it is used; it holds every tie as an object, so large areas go out as an edge list.
"""
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nbhdsim import places
from nbhdsim.errors import NbhdsimError, nearest
from nbhdsim.places import LAYERS
from nbhdsim.residents import age_at, band_of

if TYPE_CHECKING:
    from nbhdsim.population import World

FORMATS = ("edgelist", "graphml")
GRAPHML_LIMIT = 50_000     # residents: about 250,000 ties, 60 MB of XML


class Row(NamedTuple):
    """One measure: what it is, its value, its target with a plausible range (None without one), and the source."""

    what: str
    value: float
    target: float | None
    low: float | None
    high: float | None
    source: str


def write_network(world: "World", path: str | Path, *, format: str = "graphml") -> Path:
    """Write the ties between residents to `path`, each pair once, and return the path.

    `graphml` carries residents with their place, district, quintile, age, sex, household and school; `edgelist` is
    plain text, `id id {'layer': name}` a line, for areas of any size. Raises NbhdsimError for an unknown format, for
    GraphML of more than 50,000 residents, and where the file cannot be written.
    """
    if format not in FORMATS:
        raise NbhdsimError.of(f"unknown format '{format}' ({' or '.join(FORMATS)}){nearest(format, FORMATS)}", path="format")
    target, n = Path(path), world.script.id.size
    if target.is_dir():
        raise NbhdsimError.of("is a folder (name a file)", file=str(target))
    if format == "graphml" and n > GRAPHML_LIMIT:
        message = f"GraphML of {n:,} residents (at most {GRAPHML_LIMIT:,}; an edgelist has no limit)"
        raise NbhdsimError.of(message, path="format")
    half = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with half.open("wb") as file:
            if format == "graphml":
                import networkx
                networkx.write_graphml(graph(world), file)
            else:
                file.writelines(_lines(world))
        os.replace(half, target)
    except OSError as error:
        raise NbhdsimError.of(f"cannot be written: {(error.strerror or str(error)).lower()}", file=str(target)) from None
    finally:
        if half.is_file():
            half.unlink()
    return target


def graph(world: "World") -> Any:
    """The network as a `networkx.Graph` whose nodes are residents' ids; ties carry `layer`, the name of their layer."""
    import networkx
    script, where = world.script, world.places
    out = networkx.Graph(name=f"residents, seed {world.seed}, population {world.population}")
    age = age_at(script)
    out.add_nodes_from((int(script.id[i]), {
        "place": where.name[script.place[i]], "district": where.district[script.place[i]],
        "quintile": int(where.quintile[script.place[i]]), "age": int(age[i]), "sex": "FM"[script.sex[i]],
        "household": int(script.household[i]),
        "school": where.school_name[script.school[i]] if script.school[i] >= 0 else "none",
    }) for i in range(script.id.size))
    out.add_edges_from((a, b, {"layer": LAYERS[layer]}) for a, b, layer in _pairs(world))
    return out


def _pairs(world: "World") -> Iterator[tuple[int, int, int]]:
    """Both ids and the layer of each tie, each pair once."""
    ties, ids = world.ties, world.script.id
    first = places.owners(ties)
    once = first < ties.other
    return zip(ids[first[once]].tolist(), ids[ties.other[once]].tolist(), ties.layer[once].tolist(), strict=True)


def _lines(world: "World") -> Iterator[bytes]:
    """Lines of an edge list that `networkx.read_edgelist(path, nodetype=int)` reads back."""
    ends = [f" {{'layer': '{name}'}}\n" for name in LAYERS]
    return (f"{a} {b}{ends[layer]}".encode() for a, b, layer in _pairs(world))


def network_table(world: "World", quantities: Mapping[str, Any]) -> list[Row]:
    """Measures of the network beside their targets: the Quantities `baseline.network.*` among `quantities`.

    Degree and shares leave the household out, as the targets do; age and place are measured among adults, clustering
    over all ties.
    """
    ties, script = world.ties, world.script
    outside = places.degree(ties, lowest_layer=1)
    grown = band_of(age_at(script)) >= 2
    adults = _among(world, grown)
    local, closed = places.clustering(ties)
    measured = (
        ("residents", script.id.size, ""), ("ties", ties.other.size // 2, ""),
        ("ties outside the household, mean", outside.mean(), "degree"),
        ("ties outside the household, SD", outside.std(), "degree_sd"),
        ("ties outside the household, most", outside.max(), ""),
        ("residents without such ties, share", (outside == 0).mean(), ""),
        ("ties in the household, mean", places.degree(ties).mean() - outside.mean(), ""),
        ("clustering, mean of residents", local, "clustering"), ("clustering, all pairs of contacts", closed, ""),
        ("correlation of adults' ages", places.correlation(adults, age_at(script)), "age_correlation"),
        ("correlation of all ages", places.correlation(ties, age_at(script)), ""),
        ("adults' ties in their neighbourhood, share", places.same_share(adults, script.place), "local_share"),
        ("assortativity by neighbourhood", places.assortativity(ties, script.place), ""),
        ("assortativity by IMD quintile", places.assortativity(ties, world.places.quintile[script.place]), ""),
    )
    return [_row(what, float(value), quantities.get(f"baseline.network.{name}")) for what, value, name in measured]


def _row(what: str, value: float, target: Any) -> Row:
    if target is None:
        return Row(what, value, None, None, None, "")
    source = target.source
    return Row(what, value, target.value, target.low, target.high, f"{source.title} ({source.by}, {source.year})")


def _among(world: "World", keep: np.ndarray) -> places.Ties:
    """The ties between the residents [n] kept; all rows stay, those of the others are empty."""
    ties = world.ties
    both = keep[places.owners(ties)] & keep[ties.other]
    before = np.append(0, np.cumsum(both))
    return places.Ties(before[ties.start], ties.other[both], ties.layer[both])
