import json
from pathlib import Path

import pytest

from pulumi_embedded_engine.config import workspace
from pulumi_embedded_engine.config.config_values import EncryptedValue
from pulumi_embedded_engine.config.project import find_project
from pulumi_embedded_engine.errors import FAILED, NO_LOGIN, NO_STACK, EngineError
from pulumi_embedded_engine.model.operation_context import ConfigValue
from pulumi_embedded_engine.model.property_values import Secret
from pulumi_embedded_engine.model.state_records import Snapshot
from pulumi_embedded_engine.stacks.stack import Stack, open_stack, root_outputs
from pulumi_embedded_engine.state.journal import StepCompleted
from tests.support.engine_stacks import (
    SALT,
    environ_of,
    project_in,
    root,
    stack_in,
    thing,
)


def without_passphrase(stack: Stack) -> Stack:
    environ = {
        k: v for k, v in stack.environ.items() if k != "PULUMI_CONFIG_PASSPHRASE"
    }
    return Stack(stack.project, stack.backend, stack.files, environ, stack.clock)


def test_the_stack_named_wins_over_environment_and_selection(tmp_path: Path) -> None:
    stack = stack_in(tmp_path)
    environ = dict(stack.environ)
    workspace.select_stack(
        stack.project, stack.backend.url, environ, stack.files.qualified
    )

    assert open_stack(stack.project, None, environ).name == "dev"
    with pytest.raises(EngineError, match="'prod'"):
        open_stack(stack.project, None, {**environ, "PULUMI_STACK": "prod"})
    assert (
        open_stack(stack.project, "dev", {**environ, "PULUMI_STACK": "prod"}).name
        == "dev"
    )


def test_a_name_that_there_is_not_ends_otherwise_than_a_choice_that_has_gone(
    tmp_path: Path,
) -> None:
    stack = stack_in(tmp_path)

    with pytest.raises(EngineError, match="no stack named 'x' found") as named:
        open_stack(stack.project, "x", stack.environ)
    with pytest.raises(EngineError, match="'x' found: PULUMI_STACK names it") as chosen:
        open_stack(stack.project, None, {**stack.environ, "PULUMI_STACK": "x"})

    assert (named.value.exit_code, chosen.value.exit_code) == (NO_STACK, FAILED)


def test_a_selected_stack_that_has_gone_is_said_to_be_the_selected_one(
    tmp_path: Path,
) -> None:
    stack = stack_in(tmp_path)
    workspace.select_stack(
        stack.project, stack.backend.url, stack.environ, "organization/proj/gone"
    )

    with pytest.raises(EngineError, match="gone' found: it is the selected one"):
        open_stack(stack.project, None, stack.environ)


@pytest.mark.parametrize(
    ("content", "why"), [(b'{"version":3', "is not JSON"), (b"{}", "no 'checkpoint'")]
)
def test_a_damaged_checkpoint_is_named_with_the_copies_of_it(
    tmp_path: Path, content: bytes, why: str
) -> None:
    stack = stack_in(tmp_path)
    file = stack.files.checkpoint
    file.write_bytes(content)

    with pytest.raises(EngineError, match=why) as error:
        stack.deployment()

    said = str(error.value)
    assert said.startswith(f"{file} is damaged: ")
    assert f"copy {file}.bak (the state before the last change)" in said
    assert file.read_bytes() == content
    file.with_name(f"{file.name}.bak").unlink()
    with pytest.raises(EngineError, match="there is no copy of it"):
        stack.deployment()


def test_without_a_choice_the_commands_that_make_one_are_named(tmp_path: Path) -> None:
    stack = stack_in(tmp_path)

    with pytest.raises(EngineError, match="stack select"):
        open_stack(stack.project, None, stack.environ)


def test_the_backend_of_the_environment_wins_over_the_projects(tmp_path: Path) -> None:
    text = f"name: proj\nruntime: python\nbackend: {{url: 'file://{tmp_path / 'state'}'}}\n"
    stack = stack_in(tmp_path, text)
    environ = {**environ_of(tmp_path), "PULUMI_BACKEND_URL": ""}

    assert (
        open_stack(stack.project, "dev", environ).backend.directory
        == tmp_path / "state"
    )
    with pytest.raises(EngineError, match="does not exist"):
        open_stack(
            stack.project, "dev", {**environ, "PULUMI_BACKEND_URL": "file:///none"}
        )


def test_no_backend_at_all_is_one_sentence(tmp_path: Path) -> None:
    project = find_project(project_in(tmp_path))

    with pytest.raises(EngineError, match="PULUMI_BACKEND_URL") as error:
        open_stack(project, "dev", {"PULUMI_HOME": str(tmp_path)})
    assert error.value.exit_code == NO_LOGIN


def test_configuration_reaches_programs_in_plain_text_and_sorted(
    tmp_path: Path,
) -> None:
    stack = stack_in(
        tmp_path, "name: proj\nruntime: python\nconfig: {z: {default: 7}}\n"
    )
    sealed = stack.config_secrets().encrypt("hush")
    stack.config_document().save({"proj:b": EncryptedValue(sealed), "a:a": True})

    assert list(stack.config().items()) == [
        ("a:a", ConfigValue("true")),
        ("proj:b", ConfigValue("hush", secret=True)),
        ("proj:z", ConfigValue("7")),
    ]
    assert "hush" not in repr(stack.config())


@pytest.mark.parametrize("phrase", [None, "wrong"])
def test_a_run_needs_the_passphrase_also_without_a_secret(
    tmp_path: Path, phrase: str | None
) -> None:
    stack = without_passphrase(stack_in(tmp_path))
    environ = {
        **stack.environ,
        **({"PULUMI_CONFIG_PASSPHRASE": phrase} if phrase else {}),
    }
    stack = Stack(stack.project, stack.backend, stack.files, environ, stack.clock)

    with pytest.raises(EngineError, match=r"get stack secrets manager: .*passphrase"):
        stack.config()
    with pytest.raises(EngineError, match="passphrase"), stack.update("up"):
        pass


def test_a_missing_salt_is_made_and_kept(tmp_path: Path) -> None:
    stack = stack_in(tmp_path)
    stack.config_document().file.write_text("# mine\nconfig:\n  proj:a: b\n")

    stack.config()

    assert stack.config_document().salt.startswith("v1:")
    assert (
        stack.config_document()
        .file.read_text()
        .startswith("# mine\nconfig:\n  proj:a: b\n")
    )


def test_a_state_without_secrets_is_read_without_a_passphrase(tmp_path: Path) -> None:
    stack = stack_in(tmp_path)

    assert without_passphrase(stack).snapshot().resources == ()


def test_outputs_of_another_stack_come_with_their_secrets_wrapped(
    tmp_path: Path,
) -> None:
    stack = stack_in(tmp_path)
    with stack.update("up") as update:
        update.write(
            StepCompleted(
                None, None, root().with_(outputs={"a": Secret("hush"), "b": 1})
            )
        )

    assert stack.outputs_of("organization/proj/dev") == {
        "a": Secret("hush"),
        "b": 1,
    }
    with pytest.raises(EngineError, match="no stack named 'organization/proj/x' found"):
        stack.outputs_of("organization/proj/x")


def test_a_stack_without_records_has_no_outputs(tmp_path: Path) -> None:
    assert root_outputs(stack_in(tmp_path).snapshot()) == {}


def test_the_context_of_a_run_holds_all_it_needs(tmp_path: Path) -> None:
    stack = stack_in(tmp_path)

    context = stack.context(Path("/usr/bin/python3"))

    assert (context.stack, context.project.name) == ("dev", "proj")
    assert context.base == stack.snapshot()
    assert context.environ == stack.environ
    assert stack.config_document().salt == SALT


def test_a_record_that_names_no_provider_is_refused_before_a_run(
    tmp_path: Path,
) -> None:
    stack = stack_in(tmp_path)
    base = Snapshot((root(), thing("a")))

    with pytest.raises(EngineError, match=r"::a', as states before .* `pulumi up`"):
        stack.context(Path("/usr/bin/python3"), base)


def test_the_backend_that_was_logged_in_to_is_the_last_resort(tmp_path: Path) -> None:
    stack = stack_in(tmp_path)
    environ = {**stack.environ, "PULUMI_BACKEND_URL": ""}
    (tmp_path / "home").mkdir(exist_ok=True)
    (tmp_path / "home/credentials.json").write_text(
        json.dumps({"current": stack.backend.url})
    )

    assert open_stack(stack.project, "dev", environ).files == stack.files


def test_configuration_may_lie_in_another_file(tmp_path: Path) -> None:
    stack = stack_in(tmp_path)
    file = tmp_path / "alt.yaml"
    file.write_text(f"encryptionsalt: {SALT}\nconfig: {{a: here}}\n")

    found = open_stack(stack.project, "dev", stack.environ, config_file=file)

    assert found.config() == {"proj:a": ConfigValue("here")}
    assert stack.config() == {}
