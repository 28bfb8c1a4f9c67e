"""Whole operations with the real SDK, the real dynamic host and a real plugin process."""

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pulumi_embedded_engine.execution.cancellation import RunTerminated
from pulumi_embedded_engine.model.operation_context import ConfigValue
from pulumi_embedded_engine.model.property_values import UNKNOWN, Secret
from pulumi_embedded_engine.state.journal import OperationStarted, StepCompleted
from tests.support.real_runs import EngineProject

THING = "from maker import Thing\nimport pulumi\n"
TOY = "from toy import Toy\nimport pulumi\n"
SECONDS = 30.0


@pytest.fixture
def project(tmp_path: Path) -> EngineProject:
    return EngineProject(tmp_path)


def _when(true: Callable[[], bool], act: Callable[[], None]) -> threading.Thread:
    def watch() -> None:
        deadline = time.monotonic() + SECONDS
        while not true() and time.monotonic() < deadline:
            time.sleep(0.01)
        act()

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


def _calls(log: Path) -> list[str]:
    return [json.loads(line)["method"] for line in log.read_text().splitlines()]


def test_a_program_is_created_updated_and_destroyed(project: EngineProject) -> None:
    program = THING + "a = Thing('a', size={0})\npulumi.export('made', a.made)"

    first = project.run(program.format(1))
    second = project.run(program.format(1))
    third = project.run(program.format(2))
    last = project.run(kind="destroy")

    assert first.steps() == [
        ("create", "default"),
        ("create", "a"),
        ("create", "proj-dev"),
    ]
    assert first.record("proj-dev").outputs == {"made": 1}
    assert second.outcome is not None
    assert second.outcome.changes == {"same": 2}
    assert third.record("a").outputs["made"] == 2
    assert last.state.resources == ()


def test_a_pending_operation_is_written_before_the_provider_is_called(
    project: EngineProject,
) -> None:
    ran = project.run(THING + "Thing('a')")

    begin = next(e for e in ran.entries if isinstance(e, OperationStarted))
    done = next(
        e for e in ran.entries if isinstance(e, StepCompleted) and e.op == begin.op
    )
    assert (begin.type, begin.resource.id) == ("creating", "")
    assert done.new is not None
    assert done.new.id == "id-a"


def test_a_dry_run_creates_nothing_and_knows_no_outputs(project: EngineProject) -> None:
    program = THING + "a = Thing('a')\nb = Thing('b', size=a.made)"

    ran = project.run(program, dry_run=True)

    created = {
        e.metadata.urn.rsplit("::", 1)[-1]: e.metadata.new  # type: ignore[union-attr]
        for e in ran.events
        if type(e).__name__ == "StepDone"
    }
    assert ran.state.resources == ()
    assert created["b"] is not None
    assert created["b"].inputs["size"] is UNKNOWN


def test_the_message_and_the_traceback_of_a_provider_are_reported_separately(
    project: EngineProject,
) -> None:
    ran = project.run(THING + "Thing('a', bad=True)")

    assert ran.messages("error") == ["the maker refuses a", "update failed"]
    assert any("Traceback" in text for text in ran.messages("debug"))
    assert [r.urn.rsplit("::", 1)[-1] for r in ran.state.resources] == [
        "proj-dev",
        "default",
    ]


def test_the_error_of_a_failing_program_is_reported_once(
    project: EngineProject,
) -> None:
    ran = project.run("raise ValueError('no such thing')")

    (message,) = ran.messages("error")
    assert "ValueError: no such thing" in message


def test_the_output_of_a_program_is_reported(project: EngineProject) -> None:
    ran = project.run("print('hello')")

    assert "hello" in ran.messages("info")


def test_the_exit_code_of_a_program_without_an_error_message_is_reported(
    project: EngineProject,
) -> None:
    ran = project.run("import os\nos._exit(3)")

    assert ran.messages("error")[0].endswith(
        "program exited with non-zero exit code: 3"
    )


def test_after_a_cancel_running_steps_finish_and_are_saved(
    project: EngineProject, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    reached = tmp_path / "gate.reached"

    def stop() -> None:
        project.cancellation.cancel()
        gate.touch()

    watcher = _when(reached.exists, stop)
    ran = project.run(
        THING + f"a = Thing('a', gate={str(gate)!r})\nThing('b', x=a.made)"
    )
    watcher.join()

    assert ran.outcome is not None
    assert ran.outcome.cancelled
    assert ran.record("a").id == "id-a"
    assert not any(r.urn.endswith("::b") for r in ran.state.resources)
    assert ran.messages("error") == ["update canceled"]


def test_terminate_ends_everything_and_leaves_the_operation_pending(
    project: EngineProject, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    watcher = _when((tmp_path / "gate.reached").exists, project.cancellation.terminate)

    with pytest.raises(RunTerminated):
        project.run(THING + f"Thing('a', gate={str(gate)!r})")
    watcher.join()

    (pending,) = project.state.pending_operations
    assert pending.type == "creating"
    assert pending.resource.urn.endswith("::a")


def test_the_whole_configuration_reaches_the_dynamic_provider(
    project: EngineProject,
) -> None:
    project.config = {"proj:token": ConfigValue("t", secret=True)}

    ran = project.run(THING + "Thing('a')")

    assert ran.record("default").inputs == {"proj:token": Secret("t")}


def test_a_stack_reference_reads_another_stacks_outputs(project: EngineProject) -> None:
    ran = project.run(
        "import pulumi\n"
        "other = pulumi.StackReference('organization/other/dev')\n"
        "pulumi.export('answer', other.get_output('answer'))"
    )

    assert ran.record("proj-dev").outputs == {"answer": 42}
    assert ran.record("organization/other/dev").external


def test_a_plugin_is_configured_previewed_and_called(project: EngineProject) -> None:
    log = project.install_plugin()
    project.config = {"toy:region": ConfigValue("eu")}

    ran = project.run(TOY + "Toy('a', size=1)", dry_run=True)

    assert ran.outcome is not None
    assert not ran.outcome.failed
    assert _calls(log)[:4] == ["check_config", "configure", "check", "create"]


def test_an_object_that_failed_to_initialize_is_recorded_and_updated_by_the_next_run(
    project: EngineProject,
) -> None:
    project.install_plugin()

    first = project.run(TOY + "Toy('a', fail=True)")
    second = project.run(TOY + "Toy('a', fail=False)")

    assert first.outcome is not None
    assert first.outcome.failed
    assert first.record("a").init_errors == ("it did not become ready",)
    assert ("update", "a") in second.steps()
    assert second.record("a").init_errors == ()


def test_a_function_of_a_plugin_returns_its_result(project: EngineProject) -> None:
    project.install_plugin()

    ran = project.run(
        "import pulumi\n"
        "found = pulumi.runtime.invoke('toy:index:f', {'q': 1})\n"
        "pulumi.export('answer', found.value['answer'])"
    )

    assert ran.record("proj-dev").outputs == {"answer": 42}


def test_a_missing_plugin_is_one_sentence_and_changes_nothing(
    project: EngineProject,
) -> None:
    project.environ = {
        **project.environ,
        "PULUMI_HOME": str(project.directory / "none"),
    }

    ran = project.run(TOY + "Toy('a')")

    assert ran.messages("error")[0] == (
        "the provider plugin 'toy' is not installed; install it with "
        "`pulumi plugin install resource toy`"
    )
    assert len(ran.state.resources) == 1


def test_a_rejected_configuration_names_the_property(project: EngineProject) -> None:
    project.install_plugin()
    project.config = {"toy:bad": ConfigValue("x")}

    ran = project.run(TOY + "Toy('a')")

    assert (
        "property bad value {x} has a problem: must not be set"
        in ran.messages("error")[0]
    )


def test_a_remote_component_is_refused_in_a_sentence_that_names_the_cli(
    project: EngineProject,
) -> None:
    ran = project.run(
        "import pulumi\n"
        "pulumi.runtime.register_stack_transformation(lambda args: None)\n"
        "class Far(pulumi.ComponentResource):\n"
        "    def __init__(self):\n"
        "        super().__init__('a:b:Far', 'far', {}, None, True)\n"
        "Far()"
    )

    assert any("run it with the pulumi CLI" in text for text in ran.messages("error"))
