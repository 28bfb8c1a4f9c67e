"""What a run does when something is asked for that is not there, or a provider fails."""

from pathlib import Path

import pytest

from pulumi_embedded_engine.model.operation_context import OperationKind
from pulumi_embedded_engine.model.state_records import PendingOperation, Snapshot
from tests.engine.running import Bench
from tests.engine.stacks import thing

THING = "from maker import *\nimport pulumi\n"
FAILING = """
class Failing(Maker):
    def {hook}:
        raise Exception("no")

class Bad(Resource, module="test", name="Thing"):
    made: pulumi.Output[int]
    def __init__(self, name, opts=None, **props):
        super().__init__(Failing(), name, {{"name": name, "made": None, **props}}, opts)
"""
FAILS_TO_READ = THING + FAILING.format(hook="read(self, id_, props)")
FAILS_TO_DIFF = THING + FAILING.format(hook="diff(self, id_, olds, news)")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_replacement_of_what_is_not_recorded_is_refused_before_anything_is_asked(
    bench: Bench,
) -> None:
    ran = bench.run(THING + "Thing('a')", replace=["urn:pulumi:dev::proj::t:m:T::no"])

    assert ran.outcome is not None
    assert ran.outcome.failed
    assert ran.steps() == []
    assert "could not be found in the stack" in ran.said("error")[0]


@pytest.mark.parametrize("kind", ["destroy", "refresh"])
def test_a_slip_in_what_to_destroy_is_refused_before_anything_is_asked(
    bench: Bench, kind: OperationKind
) -> None:
    before = bench.run(THING + "Thing('a')").state

    ran = bench.run(kind=kind, targets=["urn:pulumi:dev::proj::t:m:T::no"])

    assert ran.outcome is not None
    assert ran.outcome.failed
    assert ran.steps() == []
    assert ran.state.resources == before.resources
    assert [line for line in ran.said("error") if "failed" in line] == []
    assert "could not be found in the stack" in ran.said("error")[0]


def test_a_read_that_fails_leaves_the_program_going_when_it_shall_go_on(
    bench: Bench,
) -> None:
    ran = bench.run(
        FAILS_TO_READ
        + "found = Bad('g', pulumi.ResourceOptions(id='id-g'))\n"
        + "pulumi.export('id', found.id)\n"
        + "Thing('a')",
        continue_on_error=True,
    )

    assert ran.outcome is not None
    assert ran.outcome.failed
    assert ran.record("a").id == "id-a"
    assert ran.record("proj-dev").outputs == {"id": "id-g"}


def test_a_refresh_keeps_what_it_read_although_the_provider_cannot_compare_it(
    bench: Bench,
) -> None:
    bench.run(FAILS_TO_DIFF + "Bad('a')")

    ran = bench.run(kind="refresh")

    assert ran.outcome is not None
    assert ran.outcome.failed
    assert ran.record("a").outputs["made"] == 7


def test_a_name_claimed_twice_is_told_once_the_provider_was_asked(
    bench: Bench,
) -> None:
    log = bench.install_plugin()
    toy = "import pulumi\nfrom toy import Toy\nO = pulumi.ResourceOptions\n"
    bench.run(toy + "Toy('a')")
    log.unlink()

    ran = bench.run(
        toy
        + "b = Toy('b', opts=O(aliases=[pulumi.Alias(name='a')]))\n"
        + "Toy('c', opts=O(aliases=[pulumi.Alias(name='a')], depends_on=[b]))"
    )

    assert log.read_text().count('"check"') == 2
    (message,) = ran.said("error")
    assert message.startswith("Duplicate resource alias")


@pytest.mark.parametrize("dry_run", [True, False])
def test_the_import_of_a_dynamic_resource_is_refused_before_anything_is_recorded(
    bench: Bench, *, dry_run: bool
) -> None:
    ran = bench.run(
        THING + "Thing('a', opts=pulumi.ResourceOptions(import_='id-a'))",
        dry_run=dry_run,
    )

    assert ran.said("error")[0].startswith(
        "'id-a' cannot be imported: a dynamic provider is a part of its resource's inputs"
    )
    assert ran.outcome is not None
    assert ran.outcome.failed
    assert [r.type for r in ran.state.resources if r.custom] in (
        [],
        ["pulumi:providers:pulumi-python"],
    )


def test_what_was_interrupted_twice_is_named_once(bench: Bench) -> None:
    lost = PendingOperation(thing("lost"), "creating")
    bench.state = Snapshot((), (lost, lost))

    ran = bench.run("")

    (warning,) = ran.said("warning")
    assert warning.startswith("1 operation(s)")
    assert warning.count(lost.resource.urn) == 1
    assert ran.state.pending_operations == (lost, lost)
