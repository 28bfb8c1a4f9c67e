"""Random programs, and random things that happen to them; does none of them."""

from dataclasses import dataclass, replace

from hypothesis import strategies as st

from pulumi_embedded_engine.model.operation_context import OperationKind
from tests.engine.programs import Brief, Node, Program
from tests.engine.worlds import Fault, Nature

BOXES = ("box", "crate")
THINGS = ("a", "b", "c", "d", "e")
FORMER = {"d": "c", "e": "a"}  # what may have been called otherwise
_METHODS = ("check", "diff", "create", "update", "read", "delete")


@dataclass(frozen=True, repr=False)
class Act(Brief):
    """One operation, what goes wrong in it, what happened in the world before it, and how it is cut off."""

    kind: OperationKind = "up"
    program: Program = ()
    dry_run: bool = False
    refresh: bool = False
    continue_on_error: bool = False
    parallel: int = 4
    targets: tuple[str, ...] = ()
    dependents: bool = False
    faults: tuple[tuple[str, str, Fault], ...] = ()
    drifts: tuple[str, ...] = ()
    losses: tuple[str, ...] = ()
    cancel_at: int = 0
    killed: float | None = None


@dataclass(frozen=True)
class Story:
    """A provider's nature, acts one after the other, and the program that all shall become at last."""

    nature: Nature
    acts: tuple[Act, ...]
    final: Program


@st.composite
def natures(draw: st.DrawFn) -> Nature:
    """A provider that finds what it made must not be asked to make the same beside it: it deletes first."""
    adopts = draw(st.booleans())
    first = adopts or draw(st.booleans())
    return Nature(adopts, first, reads_inputs=draw(st.booleans()))


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
            former = FORMER.get(name, "")
            if former and former not in names and draw(st.booleans()):
                node = replace(node, former=former)
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
def _acts(draw: st.DrawFn, program: Program) -> Act:
    kinds: tuple[OperationKind, ...] = ("up", "up", "up", "refresh", "destroy")
    some = st.lists(st.sampled_from(THINGS), max_size=2).map(tuple)
    rarely = st.sampled_from([False, False, False, True])
    return Act(
        kind=draw(st.sampled_from(kinds)),
        program=program,
        dry_run=draw(rarely),
        refresh=draw(rarely),
        continue_on_error=draw(st.booleans()),
        parallel=draw(st.sampled_from([1, 4])),
        targets=draw(st.one_of(st.just(()), st.just(()), some)),
        dependents=draw(st.booleans()),
        faults=draw(_faults()),
        drifts=draw(some),
        losses=draw(some),
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
def stories(draw: st.DrawFn, most: int = 3) -> Story:
    """Some acts over some programs."""
    nature = draw(natures())
    program = programs(deletes_first=nature.deletes_first)
    acts = tuple(draw(_acts(draw(program))) for _ in range(draw(st.integers(1, most))))
    return Story(nature, acts, draw(program))
