"""Few combinations in which every two values of different factors meet once; knows not what the factors are."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product

Pair = tuple[tuple[str, object], tuple[str, object]]
Combination = dict[str, object]


def pairwise(factors: Mapping[str, Sequence[object]]) -> list[Combination]:
    """Combine the factors' values so that all pairs occur; greedy, and always the same."""
    left = dict.fromkeys(_all_pairs(factors))
    found = []
    while left:
        (first, one), (second, other) = next(iter(left))
        chosen = {first: one, second: other}
        for name, values in factors.items():
            if name not in chosen:
                chosen[name] = max(values, key=lambda v: _gain(left, chosen, name, v))
        for pair in _pairs(chosen, factors):
            left.pop(pair, None)
        found.append(chosen)
    return found


def _all_pairs(factors: Mapping[str, Sequence[object]]) -> Iterator[Pair]:
    for first, second in combinations(factors, 2):
        for one, other in product(factors[first], factors[second]):
            yield (first, one), (second, other)


def _pairs(
    chosen: Combination, factors: Mapping[str, Sequence[object]]
) -> Iterator[Pair]:
    for first, second in combinations(factors, 2):
        yield (first, chosen[first]), (second, chosen[second])


def _gain(
    left: Mapping[Pair, None], chosen: Combination, name: str, value: object
) -> int:
    mine = (name, value)
    return sum((pair, mine) in left or (mine, pair) in left for pair in chosen.items())
