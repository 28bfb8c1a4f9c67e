import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.golang.go_json import parse_object
from pulumi_embedded_engine.model.property_values import SECRET, SIGNATURE, Secret
from pulumi_embedded_engine.model.state_records import Snapshot
from pulumi_embedded_engine.stacks import administration
from pulumi_embedded_engine.stacks.stack import Stack, open_stack
from pulumi_embedded_engine.state import checkpoint, locks
from pulumi_embedded_engine.state.encoding import with_plaintext_secrets
from pulumi_embedded_engine.state.journal import StepCompleted
from pulumi_embedded_engine.state.journal_file import read_journal
from tests.support.engine_stacks import ROOT, creation, root, stack_in, thing
from tests.support.simulated_kill import killed_at

RECORD = {"urn": ROOT, "custom": False, "type": "pulumi:pulumi:Stack"}


def filled(directory: Path) -> Stack:
    stack = stack_in(directory)
    with stack.update("up") as update:
        update.write(StepCompleted(None, None, root()))
        for entry in creation(1, thing("a", outputs={"s": Secret("hush")})):
            update.write(entry)
    return stack


def exported(stack: Stack) -> dict[str, Any]:
    text = json.dumps(checkpoint.render_export(stack.deployment()))
    found: dict[str, Any] = json.loads(text)
    return found


def without_secrets(state: Any) -> Any:
    return with_plaintext_secrets(state, lambda _: "a secret")


def killed_run(stack: Stack) -> None:
    """A run that is killed when it has made an object."""
    kept = stack.files.read_checkpoint()
    for effect in range(200):
        with killed_at(effect), stack.update("up") as update:
            for entry in (StepCompleted(None, 0, root()), *creation(1, thing("made"))):
                update.write(entry)
        journal = read_journal(stack.files.journal)
        if journal and any("id-made" in line for line in journal.created_objects()):
            return
        administration.cancel(stack)
        stack.files.write_checkpoint(kept)
    raise AssertionError


def test_a_stack_is_made_once(tmp_path: Path) -> None:
    stack = stack_in(tmp_path)

    with pytest.raises(EngineError, match="'organization/proj/dev' already exists"):
        administration.create(stack.project, stack.backend, "dev", stack.environ)


def test_a_stack_of_another_project_is_not_made(tmp_path: Path) -> None:
    stack = stack_in(tmp_path)

    with pytest.raises(EngineError, match="'other'"):
        administration.create(
            stack.project, stack.backend, "organization/other/x", stack.environ
        )


def test_without_a_passphrase_no_stack_is_made(tmp_path: Path) -> None:
    stack = stack_in(tmp_path)

    with pytest.raises(EngineError, match="passphrase"):
        administration.create(stack.project, stack.backend, "new", {})

    assert [files.name for files in stack.backend.stacks()] == ["dev"]
    assert not (tmp_path / "Pulumi.new.yaml").exists()


def test_an_exported_state_comes_back_record_by_record(tmp_path: Path) -> None:
    stack = filled(tmp_path)
    before = exported(stack)

    warnings = administration.import_state(
        stack, json.dumps(before).encode(), force=False
    )

    assert warnings == []
    assert without_secrets(exported(stack)) == without_secrets(before)


def test_a_state_that_never_was_comes_back_as_an_empty_one(tmp_path: Path) -> None:
    stack = filled(tmp_path)

    administration.import_state(stack, b'{"version":3,"deployment":null}', force=False)

    assert stack.snapshot() == Snapshot()


def test_an_older_state_is_written_anew_in_todays_version(tmp_path: Path) -> None:
    # what the pulumi CLI 3.260 wrote of each: version, features
    seen = {1: (3, None), 2: (3, None), 3: (3, None), 4: (3, None)}
    stack = filled(tmp_path)
    for number, (version, features) in seen.items():
        state = {"version": number, "deployment": {"resources": [RECORD]}}
        administration.import_state(stack, json.dumps(state).encode(), force=False)

        found = exported(stack)
        assert (found["version"], found.get("features")) == (version, features)
        assert found["deployment"] == {
            "manifest": {"time": "0001-01-01T00:00:00Z", "magic": "", "version": ""},
            "resources": [RECORD],
            "metadata": {},
        }


@pytest.mark.parametrize("number", [3, 4])
@pytest.mark.parametrize("features", [[], ["taint", "views"]])
def test_a_state_has_the_features_that_its_records_use_after_an_import(
    tmp_path: Path, number: int, features: list[str]
) -> None:
    stack = filled(tmp_path)
    tainted = {"urn": f"{RECORD['urn']}x", "custom": True, "id": "i", "type": "a:b:C"}
    state = {
        "version": number,
        "features": features,
        "deployment": {"resources": [RECORD, {**tainted, "taint": True}]},
    }

    administration.import_state(stack, json.dumps(state).encode(), force=False)

    # so did the pulumi CLI 3.260
    assert exported(stack)["version"] == 4
    assert exported(stack)["features"] == ["taint"]


@pytest.mark.parametrize(("number", "taken"), [(1, False), (2, False), (3, True)])
def test_secrets_in_a_state_of_a_version_that_had_none_are_refused(
    tmp_path: Path, number: int, taken: bool
) -> None:
    stack = filled(tmp_path)
    before = stack.files.read_checkpoint()
    content = json.dumps(exported(stack) | {"version": number}).encode()

    if taken:
        administration.import_state(stack, content, force=False)
        return
    with pytest.raises(EngineError, match="names no secrets provider"):
        administration.import_state(stack, content, force=True)
    assert stack.files.read_checkpoint() == before


def test_secrets_in_plain_text_are_sealed_on_import(tmp_path: Path) -> None:
    stack = filled(tmp_path)
    state = exported(stack)
    state["deployment"]["resources"][1]["outputs"]["s"] = {
        SIGNATURE: SECRET,
        "plaintext": '"new"',
    }

    administration.import_state(stack, json.dumps(state).encode(), force=False)

    assert "new" not in stack.files.checkpoint.read_text()
    assert stack.snapshot().resources[1].outputs == {"s": Secret("new")}


def test_pending_operations_are_dropped_on_import_and_said(tmp_path: Path) -> None:
    stack = filled(tmp_path)
    state = exported(stack)
    record = state["deployment"]["resources"][1]
    state["deployment"]["pending_operations"] = [
        {"type": "creating", "resource": record}
    ]

    (warning,) = administration.import_state(
        stack, json.dumps(state).encode(), force=False
    )

    assert "removing pending operation 'creating'" in warning
    assert stack.snapshot().pending_operations == ()


def another_stack(state: dict[str, Any]) -> None:
    record = state["deployment"]["resources"][1]
    record["urn"] = record["urn"].replace(":dev:", ":prod:")


def twice(state: dict[str, Any]) -> None:
    state["deployment"]["resources"].append(state["deployment"]["resources"][1])


def tampered(state: dict[str, Any]) -> None:
    state["deployment"]["manifest"]["magic"] = "x"


@pytest.mark.parametrize(
    ("damage", "says"),
    [(another_stack, "different stack"), (twice, "2 times"), (tampered, "magic")],
)
def test_a_dangerous_import_needs_force(tmp_path: Path, damage: Any, says: str) -> None:
    stack = filled(tmp_path)
    before = stack.files.read_checkpoint()
    state = exported(stack)
    damage(state)
    content = json.dumps(state).encode()

    with pytest.raises(EngineError, match=says):
        administration.import_state(stack, content, force=False)
    assert stack.files.read_checkpoint() == before

    assert says in " ".join(administration.import_state(stack, content, force=True))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b"null",
        b'{"version":3}',
        b'{"version":9,"deployment":{}}',
        b'{"version":3.0,"deployment":{}}',
        b'{"version":3,"deployment":{"resources":{}}}',
        b'{"version":3,"deployment":{"resources":[null]}}',
    ],
)
def test_an_import_that_cannot_be_read_changes_nothing(
    tmp_path: Path, content: bytes
) -> None:
    stack = filled(tmp_path)
    before = stack.files.read_checkpoint()

    with pytest.raises(EngineError) as error:
        administration.import_state(stack, content, force=True)

    assert "\n" not in str(error.value)
    assert stack.files.read_checkpoint() == before


def test_a_stack_with_resources_is_removed_by_force_only(tmp_path: Path) -> None:
    stack = filled(tmp_path)
    options = {"preserve_config": False, "remove_backups": False}

    with pytest.raises(EngineError, match="still has resources"):
        administration.remove(stack, force=False, **options)
    administration.remove(stack, force=True, **options)

    assert list(stack.backend.stacks()) == []
    assert not stack.config_document().file.exists()
    assert not stack.files.history.exists()
    assert stack.files.backups.exists()
    assert stack.files.checkpoint.with_name("dev.json.bak").exists()


def test_a_stack_of_its_own_record_alone_can_be_removed_and_keep_its_file(
    tmp_path: Path,
) -> None:
    stack = stack_in(tmp_path)
    with stack.update("up") as update:
        update.write(StepCompleted(None, None, root()))

    administration.remove(stack, force=False, preserve_config=True, remove_backups=True)

    assert stack.config_document().file.exists()
    assert not stack.files.backups.exists()
    assert not list(stack.files.checkpoint.parent.iterdir())


def test_cancel_folds_before_it_unlocks_and_needs_no_passphrase(tmp_path: Path) -> None:
    stack = filled(tmp_path)
    killed_run(stack)
    environ = {"PULUMI_BACKEND_URL": stack.environ["PULUMI_BACKEND_URL"]}
    nobody = Stack(stack.project, stack.backend, stack.files, environ, stack.clock)

    done = administration.cancel(nobody)

    assert done.journal_applied
    assert locks.read_locks(stack.files.locks) == []
    assert "id-made" in stack.files.checkpoint.read_text()
    assert stack.snapshot().resources[-1].outputs == {"s": Secret("hush")}


def test_cancel_clears_the_lock_of_another(tmp_path: Path) -> None:
    stack = stack_in(tmp_path)
    (stack.files.locks / "other.json").write_text(
        '{"pid": 1, "username": "a", "hostname": "b", "timestamp": "c"}'
    )

    done = administration.cancel(stack)

    assert (done.cleared_locks, done.journal_applied) == (1, False)
    assert locks.read_locks(stack.files.locks) == []


def test_cancel_leaves_a_run_that_is_alive_alone(tmp_path: Path) -> None:
    stack = stack_in(tmp_path)

    with (
        stack.update("up"),
        pytest.raises(EngineError, match="is running on this host"),
    ):
        administration.cancel(stack)


def test_a_journal_of_a_state_that_went_on_without_it_is_set_aside_and_told(
    tmp_path: Path,
) -> None:
    stack = filled(tmp_path)
    killed_run(stack)
    # as the CLI would after `pulumi cancel`
    other = parse_object(stack.files.read_checkpoint(), "it")
    other["checkpoint"]["latest"]["manifest"]["time"] = "2030-01-01T00:00:00Z"
    stack.files.write_checkpoint(json.dumps(other).encode())

    with (
        pytest.raises(
            EngineError, match=r"changed by something else.*esa-prefetch cancel"
        ),
        stack.update("up"),
    ):
        pass
    assert len(locks.read_locks(stack.files.locks)) == 1

    done = administration.cancel(stack)

    assert done.aside_file is not None
    assert done.aside_file.exists()
    assert any("::made (id-made)" in line for line in done.created_objects)
    assert [
        record.urn.rpartition("::")[2] for record in stack.snapshot().resources
    ] == [
        "proj-dev",
        "a",
    ]


def test_a_new_stack_has_a_backup_from_the_start(tmp_path: Path) -> None:
    files = stack_in(tmp_path).files

    assert files.checkpoint.with_name("dev.json.bak").exists()


def test_removing_another_projects_stack_leaves_this_projects_configuration(
    tmp_path: Path,
) -> None:
    stack = stack_in(tmp_path)
    elsewhere = replace(stack.project, name="other")
    administration.create(elsewhere, stack.backend, "dev", stack.environ)
    other = open_stack(stack.project, "organization/other/dev", stack.environ)

    administration.remove(
        other, force=False, preserve_config=False, remove_backups=False
    )

    assert stack.config_document().file.exists()
    assert not other.files.checkpoint.exists()


def test_tags_that_the_cli_has_given_a_stack_go_with_it(tmp_path: Path) -> None:
    stack = stack_in(tmp_path)
    tags = stack.files.checkpoint.with_name("dev.pulumi-tags")
    tags.write_text('{"k": "v"}')

    administration.remove(
        stack, force=False, preserve_config=False, remove_backups=False
    )

    assert not tags.exists()
