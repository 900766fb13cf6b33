"""The network as files that networkx reads back, and its measures beside their targets."""
from types import SimpleNamespace

import networkx
import numpy as np
import pytest

from nbhdsim import areas, places
from nbhdsim.errors import NbhdsimError
from nbhdsim.network_export import graph, network_table, write_network
from nbhdsim.report import screen


@pytest.fixture(scope="module")
def hamlet(build_world):
    return build_world(areas.load("teaching-town", residents=400))


def test_both_formats_hold_every_pair_once(hamlet, tmp_path):
    drawn = write_network(hamlet, tmp_path / "deep" / "net.graphml")
    listed = write_network(hamlet, tmp_path / "net.edges", format="edgelist")
    one, two = networkx.read_graphml(drawn, node_type=int), networkx.read_edgelist(listed, nodetype=int)
    edges = {(min(a, b), max(a, b), layer) for a, b, layer in one.edges(data="layer")}
    assert edges == {(min(a, b), max(a, b), layer) for a, b, layer in two.edges(data="layer")}
    assert len(edges) == hamlet.ties.other.size // 2 and one.number_of_nodes() == 400
    assert [path.name for path in sorted(tmp_path.rglob("*.part"))] == []


def test_residents_carry_what_is_known_of_them(hamlet):
    out = graph(hamlet)
    row = int(np.flatnonzero(hamlet.script.school >= 0)[0])
    node = out.nodes[int(hamlet.script.id[row])]
    assert node["place"] == hamlet.places.name[hamlet.script.place[row]] and 4 <= node["age"] <= 16
    assert node["school"] == "teaching-town-school-01" and node["sex"] in "FM"
    assert len(out.edges(int(hamlet.script.id[row]))) == places.degree(hamlet.ties)[row]


def test_what_cannot_be_written_is_refused(hamlet, county, tmp_path):
    with pytest.raises(NbhdsimError, match="did you mean 'graphml'"):
        write_network(hamlet, tmp_path / "x", format="graphm")
    with pytest.raises(NbhdsimError, match="603,680 residents"):
        write_network(county, tmp_path / "x.graphml")
    (tmp_path / "file").write_text("")
    with pytest.raises(NbhdsimError, match="cannot be written"):
        write_network(hamlet, tmp_path / "file" / "x", format="edgelist")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]


def test_targets_stand_beside_what_is_measured(town):
    source = SimpleNamespace(title="Survey", by="Office", year=2020)
    wanted = {"baseline.network.degree": SimpleNamespace(value=8, low=5, high=15, source=source)}
    rows = {row.what: row for row in network_table(town, wanted)}
    degree = rows["ties outside the household, mean"]
    assert degree[1:] == (pytest.approx(8, rel=0.05), 8, 5, 15, "Survey (Office, 2020)")
    assert rows["clustering, mean of residents"].target is None


def test_no_label_is_cut_off_on_the_screen(hamlet):
    rows = network_table(hamlet, {})
    shown = screen.network(rows).splitlines()[1:]
    assert all(line.startswith(f"{row.what}  ") for line, row in zip(shown, rows, strict=True))
