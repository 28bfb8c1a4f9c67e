"""Whole operations through the command, on a real program and a real provider: what stands between flags and engine."""

import json
import os
import pty
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pulumi_esa_cli.pulumi.signals import interruptible
from tests.support.cli_recordings import EMBEDDED, CommandProject

PROGRAM = """
import pulumi
from goldprov import Thing

a = Thing("a", size=pulumi.Config().get_int("size") or 1)
pulumi.export("serial", a.serial)
pulumi.export("hidden", pulumi.Output.secret("hush"))
"""
SECONDS = 60


@pytest.fixture
def project(tmp_path: Path) -> CommandProject:
    made = CommandProject.make(tmp_path)
    made.program(PROGRAM)
    made.init(EMBEDDED)
    return made


def run(
    project: CommandProject, *arguments: str, code: int = 0
) -> subprocess.CompletedProcess[str]:
    done = project.run(EMBEDDED, *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def resources(project: CommandProject) -> list[dict[str, Any]]:
    return list(project.state()["resources"])


def test_a_preview_changes_nothing_and_is_one_document(project: CommandProject) -> None:
    document = json.loads(run(project, "preview", "--json").stdout)

    assert [step["op"] for step in document["steps"]] == ["create", "create"]
    assert document["changeSummary"] == {"create": 2}
    assert resources(project) == []


@pytest.mark.parametrize(
    ("first", "old", "outputs"),
    [
        (False, {"delete": True}, {"label": "a", "size": 1, "zone": "z2"}),
        (True, {"pendingReplacement": True}, {}),
    ],
)
@pytest.mark.thorough
def test_a_replacement_is_previewed_with_its_records_as_its_halves_have_left_them(
    project: CommandProject, first: bool, old: dict[str, Any], outputs: dict[str, Any]
) -> None:
    program = (
        "import pulumi\nfrom goldprov import Thing\n"
        f"opts = pulumi.ResourceOptions(delete_before_replace={first})\n"
        "a = Thing('a', zone='{}', opts=opts)\nb = Thing('b', zone=a.id, opts=opts)"
    )
    project.program(program.format("z1"))
    run(project, "up", "-yf")
    project.program(program.format("z2"))

    steps = json.loads(run(project, "preview", "--json").stdout)["steps"]

    # as the pulumi CLI 3.260 printed them
    (step, *_) = (s for s in steps if s["urn"].endswith("::a"))
    found = step["oldState"]
    assert {k: found[k] for k in ("delete", "pendingReplacement") if k in found} == old
    given = step["newState"].get("outputs", {})
    assert {k: v for k, v in given.items() if k != "__provider"} == outputs
    if first:
        assert step["replaceReasons"] == ["zone"]
        (other,) = (s for s in steps if s["urn"].endswith("::b"))
        assert (other["op"], "replaceReasons" in other) == ("replace", False)


@pytest.mark.thorough
def test_configuration_of_the_line_is_used_and_kept(project: CommandProject) -> None:
    run(
        project,
        "up",
        "-yf",
        "-c",
        "size=4",
        "--config",
        "proj:deep.x=1",
        "--config-path",
    )

    assert (
        next(r for r in resources(project) if r["urn"].endswith("::a"))["inputs"][
            "size"
        ]
        == 4
    )
    assert run(project, "config", "get", "size").stdout == "4\n"
    assert json.loads(run(project, "config", "get", "deep", "--json").stdout)[
        "objectValue"
    ] == {"x": 1}


@pytest.mark.slow
def test_a_secret_of_the_configuration_is_seen_nowhere_though_the_program_reads_it_plainly(
    project: CommandProject,
) -> None:
    project.configure(EMBEDDED, [("tok", "plain-top-secret", True)])
    run(project, "config", "set", "--path", "obj.word", "hunter2-leaf", "--secret")
    project.program(
        "import pulumi\nfrom goldprov import Thing\nconfig = pulumi.Config()\n"
        "pulumi.export('top', config.get('tok'))\npulumi.export('all', config.get('obj'))\n"
        "Thing('a', token='Bearer ' + config.get('tok'))\nprint(config.get_object('obj'))\n"
    )
    commands = (
        ("preview", "--diff"),
        ("preview", "--json"),
        ("up", "-yf"),
        ("up", "-y", "--diff", "--show-sames"),
    )

    said = [run(project, *words).stdout for words in commands]

    assert all("[secret]" in text for text in said)
    for word in ("plain-top-secret", "hunter2-leaf"):
        assert not any(word in text for text in said)
        assert word in str(resources(project))


@pytest.mark.parametrize(
    "words", [("up", "-yf"), ("cancel", "-y"), ("stack", "rm", "-y")]
)
@pytest.mark.thorough
def test_a_state_that_cannot_be_locked_is_one_sentence(
    project: CommandProject, words: tuple[str, ...]
) -> None:
    shutil.rmtree(project.root / "state/.pulumi/locks")
    (project.root / "state/.pulumi/locks").write_text("")

    done = run(project, *words, code=1)

    assert done.stderr.startswith("error: the stack cannot be locked or unlocked: ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.thorough
def test_a_row_of_configuration_without_a_value_sets_an_empty_text(
    project: CommandProject,
) -> None:
    run(
        project, "preview", "-c", "bare", "-c", "list[0]", "--config-path", "-c", "x:y="
    )

    # what the pulumi CLI 3.260 wrote
    rows = '  proj:bare: ""\n  proj:list:\n    - ""\n  x:y: ""\n'
    assert (project.root / "project/Pulumi.dev.yaml").read_text().endswith(rows)


def test_a_row_of_configuration_that_is_none_is_refused_before_anything_is_changed(
    project: CommandProject,
) -> None:
    done = run(project, "up", "-yf", "-c", "a:b:c", code=1)

    assert done.stderr.startswith("error: invalid configuration key: ")
    assert resources(project) == []


@pytest.mark.thorough
def test_a_stack_without_configuration_leaves_the_program_that_of_the_caller(
    project: CommandProject,
) -> None:
    # so did the pulumi CLI 3.260; the secret keys are always the stack's own
    given = {"PULUMI_CONFIG": '{"proj:size":"7"}'}
    project.program(
        "import os, pulumi\npulumi.export('size', pulumi.Config().get('size'))\n"
        "pulumi.export('keys', os.environ['PULUMI_CONFIG_SECRET_KEYS'])"
    )

    def exported() -> dict[str, Any]:
        started = project.start(EMBEDDED, "up", "-yf", **given, stdout=subprocess.PIPE)
        started.communicate(timeout=SECONDS)
        return dict(resources(project)[0]["outputs"])

    assert exported() == {"size": "7", "keys": "[]"}
    run(project, "config", "set", "other:key", "1")
    assert exported() == {"keys": "[]"}


@pytest.mark.parametrize(
    "refused", ["Thing('a', size=-5)", "Thing('a', label='x', opts=by_import)"]
)
@pytest.mark.thorough
def test_the_default_provider_of_what_was_refused_is_recorded(
    project: CommandProject, refused: str
) -> None:
    project.program(
        "import pulumi\nfrom goldprov import Thing\n"
        f"by_import = pulumi.ResourceOptions(import_='id-x')\n{refused}"
    )

    run(project, "up", "-yf", code=1)

    # as the pulumi CLI 3.260 left it
    types = {record["type"] for record in resources(project)}
    assert types == {"pulumi:pulumi:Stack", "pulumi:providers:pulumi-python"}


@pytest.mark.thorough
def test_a_destroy_of_a_stack_of_outputs_alone_leaves_nothing(
    project: CommandProject,
) -> None:
    project.program("import pulumi\npulumi.export('a', 1)")
    run(project, "up", "-yf")

    run(project, "destroy", "-yf")

    # as the pulumi CLI 3.260 left it
    assert resources(project) == []
    assert run(project, "stack", "output", "--json").stdout == "{}\n"


@pytest.mark.thorough
def test_changes_that_were_not_expected_are_applied_and_end_with_7(
    project: CommandProject,
) -> None:
    done = run(project, "up", "-yf", "--expect-no-changes", code=7)

    assert (
        done.stderr
        == "error: no changes were expected for update but changes were proposed\n"
    )
    assert len(resources(project)) == 3
    assert run(project, "preview", "--expect-no-changes").stderr == ""


@pytest.mark.slow
def test_a_destroyed_stack_can_be_removed_at_once(project: CommandProject) -> None:
    run(project, "up", "-yf")

    done = run(project, "destroy", "-yf", "--remove")

    assert "is removed" in done.stdout
    assert (
        run(project, "destroy", "-yf", "-s", "dev", code=6).stderr
        == "error: no stack named 'dev' found\n"
    )


def test_a_program_in_another_language_is_the_cli_s_business(
    project: CommandProject,
) -> None:
    (project.root / "project/Pulumi.yaml").write_text("name: proj\nruntime: nodejs\n")

    done = run(project, "up", "-yf", code=1)

    assert done.stderr == (
        "error: esa-prefetch runs Python programs only, and Pulumi.yaml says `runtime: nodejs`: use the pulumi CLI\n"
    )


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    master, slave = pty.openpty()
    yield master, slave
    os.close(master)


def read_until(master: int, text: str) -> str:
    """What the terminal shows until it shows a text, or the other side is closed."""
    shown, deadline = "", time.monotonic() + SECONDS
    while text not in shown and time.monotonic() < deadline:
        try:
            shown += os.read(master, 65536).decode(errors="replace")
        except OSError:
            break
    return shown


def test_on_a_terminal_there_is_a_question_with_details(
    project: CommandProject, terminal: tuple[int, int]
) -> None:
    master, slave = terminal
    project.configure(EMBEDDED, [("note", "hushed-note", True)])
    project.program(f"{PROGRAM}pulumi.export('n', pulumi.Config().get('note'))")
    with project.start(
        EMBEDDED, "up", stdin=slave, stdout=slave, stderr=slave, TERM="xterm"
    ) as process:
        os.close(slave)
        preview = read_until(master, "(no): ")
        os.write(master, b"details\n")
        details = read_until(master, "(no): ")
        os.write(master, b"no\n")
        end = read_until(master, "not proceeding with the update")
        code = process.wait(timeout=SECONDS)

    assert "Previewing update (dev):" in preview
    assert "Do you want to perform this update?" in preview
    assert "size : 1" in details
    assert '"[secret]"' in details
    assert "hushed-note" not in preview + details
    assert "confirmation declined" in end
    assert code == 8
    assert resources(project) == []


def test_the_first_signal_lets_what_runs_finish_and_saves_it(
    project: CommandProject,
) -> None:
    (project.root / "ctl.json").write_text('{"sleep": {"a": 1}}')

    with project.start(
        EMBEDDED, "up", "-yf", stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        shown = ""
        while "Thing a creating" not in shown:
            shown += process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        code = process.wait(timeout=SECONDS)

    assert code == 1
    assert "stopping: what runs is finished and saved" in rest
    assert "Thing a created" in rest
    assert [r["id"] for r in resources(project) if r["urn"].endswith("::a")] == ["id-a"]
    run(project, "up", "-yf")


def test_the_second_signal_ends_all_at_once_and_has_an_exit_code_of_its_own(
    project: CommandProject,
) -> None:
    (project.root / "ctl.json").write_text(json.dumps({"sleep": {"a": SECONDS}}))

    with project.start(
        EMBEDDED, "up", "-yf", stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for said in ("Thing a creating", "stopping: what runs"):
            while said not in process.stdout.readline():
                pass
            process.send_signal(signal.SIGINT)
        code = process.wait(timeout=SECONDS / 2)

    assert code == 8
    (pending,) = project.state()["pending_operations"]
    assert pending["type"] == "creating"
    assert not list((project.root / "state/.pulumi/locks").glob("**/*.json"))


def test_signals_ask_first_and_order_then() -> None:
    before = signal.getsignal(signal.SIGTERM)
    asked, ordered = threading.Event(), threading.Event()

    with interruptible() as cancellation:
        cancellation.on_cancel(asked.set)
        cancellation.on_terminate(ordered.set)
        assert not cancellation.cancelled
        signal.raise_signal(signal.SIGTERM)
        assert asked.wait(SECONDS)
        assert cancellation.cancelled
        assert not cancellation.terminated
        signal.raise_signal(signal.SIGINT)
        assert ordered.wait(SECONDS)
        assert cancellation.terminated

    assert signal.getsignal(signal.SIGTERM) == before


def test_a_signal_that_does_not_wake_the_main_thread_is_heard_at_once() -> None:
    heard = threading.Event()

    with interruptible() as cancellation:
        cancellation.on_cancel(heard.set)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            assert heard.wait(SECONDS)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


@pytest.mark.slow
def test_what_stays_after_a_destroy_is_not_called_deleted(
    project: CommandProject,
) -> None:
    project.program(
        "from pulumi import ResourceOptions\nfrom goldprov import Thing\n"
        "Thing('a')\nThing('b', opts=ResourceOptions(protect=True))\n"
    )
    run(project, "up", "-f")

    done = run(project, "destroy", "-f", "--exclude-protected")
    removal = run(project, "destroy", "-f", "--exclude-protected", "--remove", code=1)

    assert "are deleted" not in done.stdout
    assert "The rest of the stack stays" in done.stdout
    assert "Nothing is destroyed" in removal.stdout


@pytest.mark.thorough
def test_a_stack_that_is_protected_as_a_whole_is_left_with_a_sentence(
    project: CommandProject,
) -> None:
    project.program(
        "from pulumi import ResourceOptions\nfrom goldprov import Thing\n"
        "Thing('a', opts=ResourceOptions(protect=True))\n"
    )
    run(project, "up", "-f")

    done = run(project, "destroy", "-f", "--exclude-protected")

    assert done.stdout.startswith("Nothing is destroyed: the stack's 3 resources are")
    assert len(resources(project)) == 3
