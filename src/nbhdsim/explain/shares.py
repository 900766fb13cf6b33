"""Shapley shares in whole units: what each player adds, averaged over all orders in which they could come (Shapley 1953)."""
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import combinations
from math import factorial

Worth = Mapping[frozenset[str], int]
"""What every set of players comes to, in whole units; the empty set may be left out and is then 0."""


def subsets(players: Collection[str]) -> Iterator[frozenset[str]]:
    """All sets of players but the empty one, small ones first, in the order of their names."""
    ordered = sorted(players)
    for size in range(1, len(ordered) + 1):
        yield from map(frozenset, combinations(ordered, size))


def shapley(players: Sequence[str], worth: Worth) -> dict[str, int]:
    """Share of each player in worth(all) - worth(none), in whole units that add up exactly.

    A share is a sum of whole numbers over n!; what does not divide is given out by largest remainder, the first by name among
    equals, so that a player who never adds anything has exactly 0.
    """
    n, nothing = len(players), frozenset[str]()
    orders = factorial(n)
    added = {}
    for player in players:
        others = [nothing, *subsets([p for p in players if p != player])]
        added[player] = sum(factorial(len(some)) * factorial(n - len(some) - 1)
                            * (worth[some | {player}] - worth.get(some, 0)) for some in others)
    shares = {player: total // orders for player, total in added.items()}
    left = sum(total % orders for total in added.values()) // orders
    for player in sorted(added, key=lambda p: (-(added[p] % orders), p))[:left]:
        shares[player] += 1
    return shares


def add_up(parts: Sequence[float], step: float) -> list[float]:
    """Parts rounded to `step` such that they add up to their rounded sum, by largest remainder."""
    down = [part // step for part in parts]
    left = round(sum(parts) / step) - sum(down)
    order = sorted(range(len(parts)), key=lambda i: (-(parts[i] / step - down[i]), i))
    up = set(order[: max(int(left), 0)])
    return [(down[i] + (i in up)) * step for i in range(len(parts))]
