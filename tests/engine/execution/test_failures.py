"""Runs in which something is requested that does not exist, or a provider fails."""

from pathlib import Path

import pytest

from pulumi_embedded_engine.model.operation_context import OperationKind
from pulumi_embedded_engine.model.state_records import PendingOperation, Snapshot
from tests.support.engine_stacks import thing
from tests.support.real_runs import EngineProject

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
def project(tmp_path: Path) -> EngineProject:
    return EngineProject(tmp_path)


def test_an_unknown_replace_target_is_rejected_before_the_provider_is_called(
    project: EngineProject,
) -> None:
    ran = project.run(THING + "Thing('a')", replace=["urn:pulumi:dev::proj::t:m:T::no"])

    assert ran.outcome is not None
    assert ran.outcome.failed
    assert ran.steps() == []
    assert "could not be found in the stack" in ran.messages("error")[0]


@pytest.mark.parametrize("kind", ["destroy", "refresh"])
def test_an_unknown_destroy_target_is_rejected_before_the_provider_is_called(
    project: EngineProject, kind: OperationKind
) -> None:
    before = project.run(THING + "Thing('a')").state

    ran = project.run(kind=kind, targets=["urn:pulumi:dev::proj::t:m:T::no"])

    assert ran.outcome is not None
    assert ran.outcome.failed
    assert ran.steps() == []
    assert ran.state.resources == before.resources
    assert [line for line in ran.messages("error") if "failed" in line] == []
    assert "could not be found in the stack" in ran.messages("error")[0]


def test_with_continue_on_error_the_program_goes_on_after_a_failed_read(
    project: EngineProject,
) -> None:
    ran = project.run(
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


def test_a_refresh_keeps_what_it_read_even_if_the_diff_fails(
    project: EngineProject,
) -> None:
    project.run(FAILS_TO_DIFF + "Bad('a')")

    ran = project.run(kind="refresh")

    assert ran.outcome is not None
    assert ran.outcome.failed
    assert ran.record("a").outputs["made"] == 7


def test_an_alias_claimed_twice_is_rejected_after_the_check(
    project: EngineProject,
) -> None:
    log = project.install_plugin()
    toy = "import pulumi\nfrom toy import Toy\nO = pulumi.ResourceOptions\n"
    project.run(toy + "Toy('a')")
    log.unlink()

    ran = project.run(
        toy
        + "b = Toy('b', opts=O(aliases=[pulumi.Alias(name='a')]))\n"
        + "Toy('c', opts=O(aliases=[pulumi.Alias(name='a')], depends_on=[b]))"
    )

    assert log.read_text().count('"check"') == 2
    (message,) = ran.messages("error")
    assert message.startswith("Duplicate resource alias")


@pytest.mark.parametrize("dry_run", [True, False])
def test_the_import_of_a_dynamic_resource_is_rejected_before_anything_is_recorded(
    project: EngineProject, *, dry_run: bool
) -> None:
    ran = project.run(
        THING + "Thing('a', opts=pulumi.ResourceOptions(import_='id-a'))",
        dry_run=dry_run,
    )

    assert ran.messages("error")[0].startswith(
        "'id-a' cannot be imported: a dynamic provider is a part of its resource's inputs"
    )
    assert ran.outcome is not None
    assert ran.outcome.failed
    assert [r.type for r in ran.state.resources if r.custom] in (
        [],
        ["pulumi:providers:pulumi-python"],
    )


def test_an_operation_that_was_interrupted_twice_is_named_once(
    project: EngineProject,
) -> None:
    lost = PendingOperation(thing("lost"), "creating")
    project.state = Snapshot((), (lost, lost))

    ran = project.run("")

    (warning,) = ran.messages("warning")
    assert warning.startswith("1 operation(s)")
    assert warning.count(lost.resource.urn) == 1
    assert ran.state.pending_operations == (lost, lost)
