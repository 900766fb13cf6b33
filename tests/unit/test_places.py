"""Measures of a network against networkx and against small networks worked out by hand."""
import networkx
import numpy as np
import pytest

from nbhdsim import places
from nbhdsim.places import Ties


def ties_of(n: int, pairs: dict[tuple[int, int], int]) -> Ties:
    """A network of n residents from pairs and their layers."""
    rows = sorted(row for (a, b), layer in pairs.items() for row in ((a, b, layer), (b, a, layer)))
    start = np.searchsorted([row[0] for row in rows], np.arange(n + 1))
    return Ties(start.astype(np.int64), np.array([row[1] for row in rows], np.int32),
                np.array([row[2] for row in rows], np.uint8))


# a triangle 0 1 2 with a tail 2 - 3, and resident 4 alone
SMALL = ties_of(5, {(0, 1): 0, (0, 2): 1, (1, 2): 2, (2, 3): 3})


def test_degree_counts_layers_from_the_lowest_asked_for():
    assert places.degree(SMALL).tolist() == [2, 2, 3, 1, 0]
    assert places.degree(SMALL, lowest_layer=1).tolist() == [1, 1, 3, 1, 0]


def test_owners_and_other_are_the_two_ends():
    assert list(zip(places.owners(SMALL), SMALL.other, strict=True)) == [
        (0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1), (2, 3), (3, 2)]


@pytest.mark.parametrize("who, tied", [([], []), ([4], []), ([3], [2]), ([0, 3], [1, 2]), ([0, 1, 2, 3], [])])
def test_contacts_are_those_tied_to_a_set_and_not_in_it(who, tied):
    assert places.contacts(SMALL, np.array(who, np.int64)).tolist() == tied


def test_clustering_of_a_triangle_with_a_tail():
    mean, all_pairs = places.clustering(SMALL)
    assert mean == pytest.approx((1 + 1 + 1 / 3) / 3)      # residents with two ties or more
    assert all_pairs == pytest.approx(3 / 5)


def test_nothing_to_measure_is_nan():
    empty = ties_of(3, {})
    assert np.isnan([*places.clustering(empty), places.correlation(empty, np.arange(3)),
                     places.same_share(empty, np.zeros(3, int))]).all()


def test_measures_agree_with_networkx():
    graph = networkx.gnm_random_graph(60, 240, seed=4)
    ties = ties_of(60, dict.fromkeys(((min(pair), max(pair)) for pair in graph.edges), 1))
    group, value = np.arange(60) % 4, (np.arange(60) * 37 % 61).astype(float)
    networkx.set_node_attributes(graph, dict(enumerate(group.tolist())), "group")
    networkx.set_node_attributes(graph, dict(enumerate(value.tolist())), "value")
    mean, all_pairs = places.clustering(ties)
    assert mean == pytest.approx(networkx.average_clustering(graph))      # everyone has two ties here
    assert all_pairs == pytest.approx(networkx.transitivity(graph))
    by_group = networkx.attribute_assortativity_coefficient(graph, "group")
    by_value = networkx.numeric_assortativity_coefficient(graph, "value")
    assert places.assortativity(ties, group) == pytest.approx(by_group)
    assert places.correlation(ties, value) == pytest.approx(by_value)


def test_same_share_is_that_of_ties_outside_the_household():
    assert places.same_share(SMALL, np.array([0, 0, 0, 1, 1])) == pytest.approx(4 / 6)
