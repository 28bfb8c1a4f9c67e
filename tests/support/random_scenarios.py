"""Random programs, and random operations, failures and changes on them; runs none of them."""

from dataclasses import dataclass, replace

from hypothesis import strategies as st

from pulumi_embedded_engine.model.operation_context import OperationKind
from tests.support.simulated_programs import Node, Program, ShortRepr
from tests.support.simulated_provider import Fault, ProviderTraits

BOXES = ("box", "crate")
THINGS = ("a", "b", "c", "d", "e")
EARLIER_NAMES = {"d": "c", "e": "a"}  # names that a resource may have had before
_METHODS = ("check", "diff", "create", "update", "read", "delete")


@dataclass(frozen=True, repr=False)
class ScenarioStep(ShortRepr):
    """One operation, its failures, the changes of objects before it, and where it is cut off."""

    kind: OperationKind = "up"
    program: Program = ()
    dry_run: bool = False
    refresh: bool = False
    continue_on_error: bool = False
    parallel: int = 4
    targets: tuple[str, ...] = ()
    dependents: bool = False
    faults: tuple[tuple[str, str, Fault], ...] = ()
    changes: tuple[str, ...] = ()
    deletions: tuple[str, ...] = ()
    cancel_at: int = 0
    killed: float | None = None


@dataclass(frozen=True)
class Scenario:
    """The traits of a provider, several steps, and the program that is deployed at the end."""

    traits: ProviderTraits
    steps: tuple[ScenarioStep, ...]
    final: Program


@st.composite
def provider_traits(draw: st.DrawFn) -> ProviderTraits:
    """Random traits; a provider that adopts existing objects must delete before it creates."""
    adopts = draw(st.booleans())
    first = adopts or draw(st.booleans())
    return ProviderTraits(adopts, first, reads_inputs=draw(st.booleans()))


@st.composite
def programs(draw: st.DrawFn, *, deletes_first: bool) -> Program:
    """A program whose nodes refer to earlier ones only."""
    names = draw(st.lists(st.sampled_from(BOXES + THINGS), max_size=6, unique=True))
    nodes: list[Node] = []
    for name in names:
        boxes = [node.name for node in nodes if node.box]
        things = [node.name for node in nodes if not node.box]
        parent = draw(st.sampled_from(["", *boxes]))
        protect = draw(st.sampled_from([None, None, None, True, False]))
        node = Node(name, box=name in BOXES, parent=parent, protect=protect)
        if not node.box:
            node = draw(_things(node, things, deletes_first=deletes_first))
            earlier_name = EARLIER_NAMES.get(name, "")
            if earlier_name and earlier_name not in names and draw(st.booleans()):
                node = replace(node, earlier_name=earlier_name)
        nodes.append(node)
    return tuple(nodes)


@st.composite
def _things(
    draw: st.DrawFn, node: Node, earlier: list[str], *, deletes_first: bool
) -> Node:
    maybe = st.sampled_from(["", "", *earlier])
    orders = [None, None, True] if deletes_first else [None, True, False]
    return replace(
        node,
        size=draw(st.integers(1, 2)),
        zone=draw(st.sampled_from([1, 1, 2])),
        secret=draw(st.booleans()),
        ref=draw(maybe),
        within=draw(maybe),
        depends_on=tuple(sorted(draw(st.sets(st.sampled_from(earlier), max_size=2))))
        if earlier
        else (),
        retain=draw(st.sampled_from([None, None, None, True])),
        deletes_first=draw(st.sampled_from(orders)),
        ignores_size=draw(st.sampled_from([False, False, True])),
        hides_token=draw(st.sampled_from([False, False, True])),
    )


@st.composite
def _steps(draw: st.DrawFn, program: Program) -> ScenarioStep:
    kinds: tuple[OperationKind, ...] = ("up", "up", "up", "refresh", "destroy")
    some = st.lists(st.sampled_from(THINGS), max_size=2).map(tuple)
    rarely = st.sampled_from([False, False, False, True])
    return ScenarioStep(
        kind=draw(st.sampled_from(kinds)),
        program=program,
        dry_run=draw(rarely),
        refresh=draw(rarely),
        continue_on_error=draw(st.booleans()),
        parallel=draw(st.sampled_from([1, 4])),
        targets=draw(st.one_of(st.just(()), st.just(()), some)),
        dependents=draw(st.booleans()),
        faults=draw(_faults()),
        changes=draw(some),
        deletions=draw(some),
        cancel_at=draw(st.sampled_from([0, 0, 0, 1, 3, 6])),
        killed=draw(st.one_of(st.none(), st.floats(0, 1))),
    )


def _faults() -> st.SearchStrategy[tuple[tuple[str, str, Fault], ...]]:
    kinds: tuple[Fault, ...] = ("refuses", "half")
    fault = st.tuples(
        st.sampled_from(_METHODS), st.sampled_from(THINGS), st.sampled_from(kinds)
    )
    return st.lists(fault, max_size=2).map(tuple)


@st.composite
def scenarios(draw: st.DrawFn, most: int = 3) -> Scenario:
    """Some steps with some programs."""
    traits = draw(provider_traits())
    program = programs(deletes_first=traits.deletes_first)
    steps = tuple(
        draw(_steps(draw(program))) for _ in range(draw(st.integers(1, most)))
    )
    return Scenario(traits, steps, draw(program))
