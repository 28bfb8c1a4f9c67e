import json
import os
from pathlib import Path

import pytest

from pulumi_embedded_engine.model.property_values import Secret
from pulumi_embedded_engine.state.journal import StepCompleted
from tests.support.console import Console, console_in
from tests.support.engine_stacks import creation, root, thing


@pytest.fixture
def console(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Console:
    return console_in(tmp_path, monkeypatch, capsys)


@pytest.fixture
def filled(console: Console) -> Console:
    outputs = {
        "a": Secret("hush"),
        "b": {"x": Secret(1), "y": 2.5},
        "l": [1, True, None, "ü"],
        "t": "it's",
    }
    with console.stack.update("up", "why") as update:
        update.write(StepCompleted(None, None, root().with_(outputs=outputs)))
        for entry in creation(1, thing("a")):
            update.write(entry)
    return console


def test_a_stack_is_made_selected_and_removed(console: Console) -> None:
    made = console("stack", "init", "prod")
    listed = console("stack", "ls", "--json")
    removed = console("stack", "rm", "prod", "--yes")

    assert (made.code, made.out, made.err) == (0, "", "Created stack 'prod'\n")
    assert [(row["name"], row["current"]) for row in json.loads(listed.out)] == [
        ("dev", False),
        ("prod", True),
    ]
    assert removed.out == "Stack 'prod' has been removed!\n"
    assert not (console.directory / "Pulumi.prod.yaml").exists()


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("stack", "init", "dev"), 1, "already exists"),
        (("stack", "init", "a b"), 1, "'a b'"),
        (("stack", "init"), 1, "missing stack name"),
        (("stack", "init", "x", "--secrets-provider", "awskms://k"), 1, "pulumi CLI"),
        (("stack", "select", "nope"), 6, "no stack named 'nope' found"),
        (("stack", "rm", "dev"), 1, "--yes"),
        (("stack", "rm", "nope", "--yes"), 6, "no stack named 'nope' found"),
        (("stack", "output", "nope"), 1, "does not have output property 'nope'"),
        (("stack", "output", "--json", "--shell"), 1, "only one of --json and --shell"),
        (("stack", "output", "-s", "nope"), 6, "no stack named 'nope' found"),
        (("stack", "export", "--version", "1"), 1, "earlier versions"),
        (("stack", "import", "--file", "nope"), 1, "could not open file"),
        (("stack", "rename", "x"), 1, "pulumi stack rename"),
        (("cancel", "nope"), 6, "no stack named 'nope' found"),
        (("cancel", "dev", "-s", "dev"), 1, "only one of"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    console: Console, words: tuple[str, ...], code: int, says: str
) -> None:
    said = console(*words)

    assert (said.code, said.out) == (code, "")
    assert said.err.startswith("error: ")
    assert said.err.count("\n") == 1
    assert says in said.err


def test_outputs_are_a_table_with_secrets_masked(filled: Console) -> None:
    assert filled("stack", "output").out == (
        "Current stack outputs (4):\n"
        "    OUTPUT  VALUE\n"
        "    a       [secret]\n"
        '    b       {"x":"[secret]","y":2.5}\n'
        '    l       [1,true,null,"ü"]\n'
        "    t       it's\n"
    )


@pytest.mark.parametrize("kind", ["damaged", "pipe", "directory"])
def test_a_state_that_cannot_be_read_hides_no_other_stack(
    console: Console, kind: str
) -> None:
    console("stack", "init", "other")
    file = console.stack.files.checkpoint
    file.unlink()
    if kind == "pipe":
        os.mkfifo(file)
    elif kind == "directory":
        file.mkdir()
    else:
        file.write_text('{"version":3,"che')

    listed, as_json = console("stack", "ls"), console("stack", "ls", "--json")

    assert [line.split()[0] for line in listed.out.splitlines()] == [
        "NAME",
        "dev",
        "other*",
    ]
    assert [row["name"] for row in json.loads(as_json.out)] == ["dev", "other"]
    assert (listed.code, as_json.code) == (1, 1)
    assert listed.err.startswith(f"error: {file} ")
    assert listed.err.count("\n") == 1


def test_exported_plans_are_a_table_of_their_own_and_json_for_machines(
    console: Console,
) -> None:
    plan = {
        "job_id": "665d3af3621bccf3fe29e1a4",
        "status": "running",
        "window": "2026-01-02T03:04:05Z/2026-01-02T05:00:00Z",
    }
    with console.stack.update("up") as update:
        outputs = {"plans": {"launch": plan}, "n": 1}
        update.write(StepCompleted(None, None, root().with_(outputs=outputs)))

    assert console("stack", "output").out == (
        "Current stack outputs (2):\n"
        "    OUTPUT  VALUE\n"
        "    n       1\n"
        "    plans:\n"
        "PLAN    STATUS   WINDOW (UTC, 2026)         JOB\n"
        "launch  running  01-02 03:04 - 01-02 05:00  665d3af3621bccf3fe29e1a4\n"
    )
    assert json.loads(console("stack", "output", "plans").out) == {"launch": plan}
    assert json.loads(console("stack", "output", "--json").out) == outputs


def test_outputs_are_json_for_machines(filled: Console) -> None:
    masked = json.loads(filled("stack", "output", "--json").out)
    shown = json.loads(filled("stack", "output", "--json", "--show-secrets").out)

    assert masked["a"] == "[secret]"
    assert shown["a"] == "hush"
    assert masked["b"] == {"x": "[secret]", "y": 2.5}


@pytest.mark.parametrize(
    ("words", "out"),
    [
        (("t",), "it's\n"),
        (("t", "--json"), '"it\'s"\n'),
        (("a",), "[secret]\n"),
        (("a", "--show-secrets"), "hush\n"),
        (("b", "--show-secrets"), '{"x":1,"y":2.5}\n'),
        (("t", "--shell"), "t='it'\"'\"'s'\n"),
    ],
)
def test_one_output_is_printed_bare(
    filled: Console, words: tuple[str, ...], out: str
) -> None:
    assert filled("stack", "output", *words).out == out


def test_numbers_in_json_are_spelled_as_the_cli_spells_them(console: Console) -> None:
    numbers = {"n": [-0.0, 1e-7, 3.0, 1e-6], "s": Secret([1e-7, -0.0, 3.0])}
    with console.stack.update("up") as update:
        update.write(StepCompleted(None, None, root().with_(outputs=numbers)))

    # what the pulumi CLI 3.260 printed
    spelled = "[\n    -0,\n    1e-7,\n    3,\n    0.000001\n  ]"
    assert f'"n": {spelled}' in console("stack", "output", "--json").out
    plain = console("stack", "export", "--show-secrets").out
    assert '"plaintext": "[1e-7,-0,3]"' in plain


def test_an_output_that_no_variable_can_hold_is_left_out_for_a_shell(
    console: Console,
) -> None:
    with console.stack.update("up") as update:
        update.write(
            StepCompleted(None, None, root().with_(outputs={"b-c": 1, "ok": 1e-7}))
        )

    all_ = console("stack", "output", "--shell")
    one = console("stack", "output", "b-c", "--shell")

    assert (all_.code, all_.out) == (0, "ok=1e-7\n")
    assert all_.err == (
        "warning: the output 'b-c' is left out: it cannot be a shell variable\n"
    )
    assert (one.code, one.out) == (1, "")
    assert one.err == "error: the output 'b-c' cannot be a shell variable\n"


def test_the_stack_may_be_named_for_the_whole_group(filled: Console) -> None:
    filled("stack", "unselect")

    assert filled("stack", "output", "t").code == 1
    assert filled("stack", "-s", "dev", "output", "t").out == "it's\n"


def test_masked_outputs_need_no_passphrase_and_shown_ones_do(
    filled: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE")

    assert filled("stack", "output", "a").out == "[secret]\n"
    assert filled("stack", "ls").code == 0
    assert filled("stack", "export").code == 0
    said = filled("stack", "output", "a", "--show-secrets")
    assert said.code == 1
    assert "PULUMI_CONFIG_PASSPHRASE" in said.err


def test_a_stack_is_shown_as_a_tree(filled: Console) -> None:
    shown = filled("stack", "--show-urns", "--show-ids").out

    assert "Current stack is dev:\n" in shown
    assert (
        "    TYPE                 NAME\n"
        "    pulumi:pulumi:Stack  proj-dev\n"
        "    │  URN: urn:pulumi:dev::proj::pulumi:pulumi:Stack::proj-dev\n"
        "    └─ a:b:Thing         a\n"
        "          URN: urn:pulumi:dev::proj::a:b:Thing::a\n"
        "          ID: id-a\n"
    ) in shown
    assert filled("stack", "--show-name").out == "dev\n"


def test_an_export_can_be_imported(filled: Console) -> None:
    exported = filled("stack", "export").out
    shown = filled("stack", "export", "--show-secrets").out

    said = filled("stack", "import", stdin=exported)

    assert (said.code, said.out) == (0, "Import complete.\n")
    assert filled("stack", "export", "--show-secrets").out == shown
    assert "hush" not in exported
    assert "hush" in shown


def test_an_export_to_a_file_says_nothing(filled: Console) -> None:
    said = filled("stack", "export", "--file", "out.json")

    assert said.out == ""
    assert json.loads((filled.directory / "out.json").read_text())["version"] == 3


def test_a_stack_with_resources_is_not_removed(filled: Console) -> None:
    said = filled("stack", "rm", "--yes")

    assert said.code == 1
    assert "still has resources" in said.err
    assert filled("stack", "rm", "--yes", "--force").code == 0


def test_the_history_tells_each_update(filled: Console) -> None:
    text = filled("stack", "history").out
    (entry,) = json.loads(filled("stack", "history", "--json").out)

    assert "UpdateKind: update\nStatus: failed\nMessage: why\n" in text
    assert entry["kind"] == "update"
    assert (
        filled("stack", "history", "--page", "2").out
        == "No stack updates found on page '2'\n"
    )


def test_a_stack_that_is_not_there_can_be_made_by_selecting_it(
    console: Console,
) -> None:
    assert console("stack", "select", "new", "--create").code == 0
    assert console("stack", "--show-name").out == "new\n"


def test_the_state_is_reached_from_anywhere_by_its_full_name(
    filled: Console, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    full = "organization/proj/dev"
    (filled.directory / "Pulumi.yaml").rename(filled.directory / "moved.yaml")

    assert filled("stack", "output", "t", "-s", full).out == "it's\n"
    assert filled("stack", "export", "-s", full).code == 0
    assert filled("stack", "output", "t").code == 1
    assert filled("stack", "rm", full, "--yes", "--force").code == 0
    assert (filled.directory / "Pulumi.dev.yaml").exists()


def test_the_list_marks_the_stack_that_is_meant(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    console("stack", "init", "prod", "--no-select")
    monkeypatch.setenv("PULUMI_STACK", "prod")

    rows = json.loads(console("stack", "ls", "--json").out)

    assert [row["name"] for row in rows if row["current"]] == ["prod"]


def test_what_has_no_parent_is_shown_below_the_stack(console: Console) -> None:
    with console.stack.update("up") as update:
        update.write(StepCompleted(None, None, root()))
        update.write(StepCompleted(None, None, thing("orphan", parent="")))
        update.write(StepCompleted(None, None, thing("child")))

    assert (
        "    pulumi:pulumi:Stack  proj-dev\n"
        "    ├─ a:b:Thing         child\n"
        "    └─ a:b:Thing         orphan\n"
    ) in console("stack").out


@pytest.mark.parametrize(
    "words", [("stack", "--output", "json"), ("stack", "get", "--output=json")]
)
def test_a_stack_is_one_document_for_machines(
    filled: Console, words: tuple[str, ...]
) -> None:
    found = json.loads(filled(*words).out)

    assert (found["project"], found["stack"]) == ("proj", "dev")
    assert [resource["name"] for resource in found["resources"]] == ["proj-dev", "a"]
    assert found["resources"][1]["id"] == "id-a"
    assert found["outputs"]["a"] == "[secret]"


def test_output_json_is_json_in_other_words(filled: Console) -> None:
    assert (
        filled("stack", "ls", "--output", "json").out
        == filled("stack", "ls", "--json").out
    )
    assert (
        filled("stack", "history", "--output=json").out
        == filled("stack", "history", "-j").out
    )
    assert filled("stack", "ls", "--json", "--output", "json").code == 1
    assert filled("stack", "ls", "--output", "xml").code == 1


def test_stacks_are_shown_by_their_full_names_if_so_wished(console: Console) -> None:
    full = "organization/proj/dev"

    assert console("-Q", "stack", "--show-name").out == f"{full}\n"
    assert console("stack", "-Q").out.startswith(f"Current stack is {full}:\n")
    assert json.loads(console("stack", "ls", "-Q", "--json").out)[0]["name"] == full


EVIL = "a\x1b[2J\x9b2J\x1b]0;t\x07\u202eb\u200b\x7f\u2028c"


@pytest.fixture
def evil(console: Console) -> Console:
    outputs = {EVIL: EVIL, "v": EVIL, "lines": "one\ntwo"}
    with console.stack.update("up", EVIL) as update:
        update.write(StepCompleted(None, None, root().with_(outputs=outputs)))
        for entry in creation(1, thing(EVIL)):
            update.write(entry)
    return console


@pytest.mark.parametrize(
    "words",
    [
        ("stack",),
        ("stack", "--show-urns", "--show-ids"),
        ("stack", "--output", "json"),
        ("stack", "output"),
        ("stack", "output", "--json"),
        ("stack", "export"),
        ("stack", "history"),
        ("stack", "history", "--json"),
        ("stack", "output", EVIL + "no"),
        ("config", "get", EVIL),
        (f"--{EVIL}",),
        (EVIL,),
    ],
    ids=ascii,
)
def test_no_page_and_no_error_moves_the_cursor(
    evil: Console, words: tuple[str, ...]
) -> None:
    said = evil(*words)

    for line in (said.out + said.err).split("\n"):
        assert line.isprintable()


def test_a_single_output_is_exact_for_whatever_takes_it(evil: Console) -> None:
    assert evil("stack", "output", "v").out == EVIL + "\n"
    assert json.loads(evil("stack", "output", "--json").out)["v"] == EVIL
