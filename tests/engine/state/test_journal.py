import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_embedded_engine.model.state_records import (
    OperationType,
    PendingOperation,
    Snapshot,
)
from pulumi_embedded_engine.state.integrity import check_snapshot
from pulumi_embedded_engine.state.journal import (
    BaseReplaced,
    JournalEntry,
    JournalReplay,
    OperationFailed,
    OperationStarted,
    RecordChanged,
    RecordRefreshed,
    StepCompleted,
    replay,
)
from tests.support.engine_stacks import creation, root, thing

BASE = Snapshot((root(), thing("a"), thing("b"), thing("c")))


def names(snapshot: Snapshot) -> list[str]:
    return [record.urn.rpartition("::")[2] for record in snapshot.resources]


def test_without_entries_nothing_changes() -> None:
    pending = PendingOperation(thing("x"), "updating")
    base = Snapshot((root(),), (pending,))

    assert replay(base, []) is base


def test_finished_records_come_first_in_order_of_completion() -> None:
    entries: list[JournalEntry] = [
        StepCompleted(None, 0, root()),
        StepCompleted(None, 2, thing("b")),
        *creation(1, thing("n")),
    ]

    assert names(replay(BASE, entries)) == ["proj-dev", "b", "n", "a", "c"]


def test_an_operation_that_was_begun_is_pending_until_it_ends() -> None:
    begin = OperationStarted(1, "updating", thing("a"))

    (pending,) = replay(BASE, [begin]).pending_operations

    assert pending == PendingOperation(thing("a"), "updating")
    assert replay(BASE, [begin, OperationFailed(1)]).pending_operations == ()
    assert (
        replay(BASE, [begin, StepCompleted(1, 1, thing("a"))]).pending_operations == ()
    )


def test_a_failed_operation_leaves_the_records_as_they_were() -> None:
    assert (
        replay(
            BASE, [OperationStarted(1, "deleting", thing("a")), OperationFailed(1)]
        ).resources
        == BASE.resources
    )


def test_a_deleted_record_goes() -> None:
    entries: list[JournalEntry] = [
        OperationStarted(1, "deleting", thing("b")),
        StepCompleted(1, 2, None),
    ]

    assert names(replay(BASE, entries)) == ["proj-dev", "a", "c"]


def test_a_replaced_record_stays_marked_until_it_is_deleted() -> None:
    new = thing("a", id="new")
    entries: list[JournalEntry] = [
        StepCompleted(1, 1, new, old_becomes=thing("a", delete=True))
    ]
    entries.insert(0, OperationStarted(1, "creating", new))

    kept = replay(BASE, [StepCompleted(None, 0, root()), *entries]).resources

    assert [(record.id, record.delete) for record in kept if record.urn == new.urn] == [
        ("new", False),
        ("id-a", True),
    ]


def test_of_earlier_operations_only_creations_outlive_a_write() -> None:
    kinds: tuple[OperationType, ...] = ("creating", "updating", "deleting", "reading")
    base = Snapshot((root(),), tuple(PendingOperation(thing(k), k) for k in kinds))

    left = replay(base, [StepCompleted(None, 0, root())]).pending_operations

    assert [operation.type for operation in left] == ["creating"]


def test_a_finished_record_can_be_amended_and_removed() -> None:
    entries: list[JournalEntry] = [
        *creation(1, thing("n")),
        RecordChanged(thing("n").urn, thing("n", id="other")),
    ]

    assert replay(BASE, entries).resources[0].id == "other"


def test_a_refreshed_record_keeps_its_place_or_goes() -> None:
    entries = [
        RecordRefreshed(1, thing("a", outputs={"x": 1})),
        RecordRefreshed(2, None),
    ]

    folded = replay(BASE, entries)

    assert names(folded) == ["proj-dev", "a", "c"]
    assert folded.resources[1].outputs == {"x": 1}


def test_nothing_points_to_a_record_that_a_refresh_did_not_find() -> None:
    gone = thing("a")
    needs = {"dependencies": (gone.urn,), "property_dependencies": {"p": (gone.urn,)}}
    base = Snapshot((root(), gone, thing("b", deleted_with=gone.urn, **needs)))

    folded = replay(base, [RecordRefreshed(1, None)])

    check_snapshot(folded)
    assert folded.resources[1] == thing("b")


def test_after_a_new_base_positions_count_there() -> None:
    entries: list[JournalEntry] = [
        RecordRefreshed(1, None),
        BaseReplaced(Snapshot((root(), thing("c")))),
        StepCompleted(None, 1, None),
    ]

    assert names(replay(BASE, entries)) == ["proj-dev"]


def test_a_finished_record_can_go_in_the_place_of_a_base_record() -> None:
    entries: list[JournalEntry] = [
        *creation(1, thing("n")),
        StepCompleted(None, None, thing("n", id="2"), finished=thing("n").urn),
    ]

    assert [r.id for r in replay(Snapshot((root(),)), entries).resources] == ["2", ""]


@pytest.mark.parametrize(
    "entry",
    [
        RecordChanged("urn:nobody", thing("a")),
        StepCompleted(7, None, thing("a")),
        OperationFailed(7),
        StepCompleted(None, 9, None),
        RecordRefreshed(-1, None),
        StepCompleted(None, None, None, finished="urn:nobody"),
    ],
)
def test_an_entry_that_does_not_fit_is_refused(entry: JournalEntry) -> None:
    with pytest.raises(ValueError, match=r"urn:nobody|7|9|-1"):
        JournalReplay(BASE).add(entry)


def test_references_follow_a_renamed_record() -> None:
    old, new = thing("old"), thing("new")
    base = Snapshot((root(), old, thing("b", dependencies=(old.urn,), parent=old.urn)))

    folded = replay(
        base,
        [
            StepCompleted(None, 0, root()),
            StepCompleted(None, 1, new.with_(aliases=(old.urn,))),
        ],
    )

    check_snapshot(folded)
    assert folded.resources[1].aliases == ()
    assert folded.resources[2].parent == new.urn
    assert folded.resources[2].dependencies == (new.urn,)


@st.composite
def runs(draw: st.DrawFn) -> list[JournalEntry]:
    """A run over BASE as an engine would make it: each base record is kept, updated, deleted or left; some are new."""
    entries: list[JournalEntry] = [StepCompleted(None, 0, root())]
    for op, name in enumerate("abc", start=1):
        position = op
        deed = draw(st.sampled_from(["same", "update", "fail", "leave", "replace"]))
        steps: dict[str, list[JournalEntry]] = {
            "same": [StepCompleted(None, position, thing(name), significant=False)],
            "update": [
                OperationStarted(op, "updating", thing(name)),
                StepCompleted(op, position, thing(name, outputs={"v": 2})),
            ],
            "fail": [
                OperationStarted(op, "updating", thing(name)),
                OperationFailed(op),
            ],
            "leave": [],
            "replace": [
                OperationStarted(op, "creating", thing(name, id="")),
                StepCompleted(
                    op,
                    position,
                    thing(name, id="2"),
                    old_becomes=thing(name, delete=True),
                ),
            ],
        }
        entries += steps[deed]
    for number in range(draw(st.integers(0, 3))):
        entries += creation(100 + number, thing(f"n{number}"))
    return entries


@given(runs())
def test_every_prefix_of_a_run_is_a_valid_state(entries: list[JournalEntry]) -> None:
    for length in range(len(entries) + 1):
        check_snapshot(replay(BASE, entries[:length]))


@given(runs())
def test_folding_one_by_one_is_folding_at_once(entries: list[JournalEntry]) -> None:
    folding = JournalReplay(BASE)

    for length, entry in enumerate(entries, start=1):
        folding.add(entry)
        assert folding.snapshot() == replay(BASE, entries[:length])
