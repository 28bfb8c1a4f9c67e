"""The fixtures `pulumi_engine` and `pulumi_cli`: one test, on each engine, of all that an operation leaves."""

from pathlib import Path

import pytest

from pulumi_embedded_engine.testing import OperationFailed, PulumiEngine, PulumiStack
from tests.testing.greeting import program

BOTH = pytest.mark.engines("embedded", "pulumi")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "files").mkdir()
    return tmp_path / "files"


@pytest.fixture
def stack(pulumi_engine: PulumiEngine, folder: Path) -> PulumiStack:
    return pulumi_engine.stack(
        program, config={"folder": str(folder), "content": "hello"}
    )


@BOTH
def test_a_life_from_preview_to_destroy(stack: PulumiStack, folder: Path) -> None:
    file = folder / "greeting-0.txt"

    assert stack.preview().ops == {"greeting-0": "create"}
    assert not file.exists()

    made = stack.up()
    assert made.ops == {"greeting-0": "create"}
    assert made.outputs == {"size-0": 5}
    assert made.state["greeting-0"].id == str(file)
    assert file.read_text() == "hello"

    assert stack.up().ops == {"greeting-0": "same"}

    stack.config["content"] = "hello, world"
    assert stack.preview().step("greeting-0").changed == {"content"}
    changed = stack.up()
    assert changed.ops == {"greeting-0": "update"}
    assert changed.step("greeting-0").changed == {"content"}
    assert file.read_text() == "hello, world"

    (folder / "elsewhere").mkdir()
    stack.config["folder"] = str(folder / "elsewhere")
    moved = stack.up()
    assert moved.ops == {"greeting-0": "replace"}
    assert moved.step("greeting-0").changed == {"path"}
    assert not file.exists()

    (folder / "elsewhere/greeting-0.txt").write_text("somebody else's")
    drifted = stack.refresh()
    assert drifted.ops == {"greeting-0": "update"}
    assert drifted.step("greeting-0").changed == {"content", "size"}
    assert stack.state["greeting-0"].outputs["content"] == "somebody else's"
    assert stack.up().ops == {"greeting-0": "update"}

    assert stack.destroy().ops == {"greeting-0": "delete"}
    assert stack.state == {}
    assert not (folder / "elsewhere/greeting-0.txt").exists()


@BOTH
@pytest.mark.thorough
def test_a_failure_is_an_assertion_error_unless_it_is_expected(
    stack: PulumiStack,
) -> None:
    stack.up()
    stack.config["content"] = "refused"

    with pytest.raises(OperationFailed, match="this content is refused") as raised:
        stack.up()
    result = stack.up(expect_failure=True)

    assert raised.value.result.failed
    assert result.failed
    assert result.step("greeting-0").failed
    assert any("this content is refused" in text for text in result.texts("error"))
    assert stack.state["greeting-0"].outputs["content"] == "hello"
    stack.config["content"] = "hello"
    with pytest.raises(OperationFailed, match="up did not fail"):
        stack.up(expect_failure=True)


@BOTH
def test_a_secret_is_a_plain_value_whose_name_is_known(
    stack: PulumiStack,
) -> None:
    del stack.config["content"]
    stack.config["hidden"] = True
    stack.secrets["content"] = "hidden"

    made = stack.up()
    stack.secrets["content"] = "hidden better"
    changed = stack.up()

    assert made.state["greeting-0"].outputs["content"] == "hidden"
    assert "content" in made.state["greeting-0"].secrets
    assert changed.step("greeting-0").changed == {"content"}


@BOTH
def test_after_a_kill_the_next_up_goes_on(stack: PulumiStack, folder: Path) -> None:
    stack.config["count"] = 8
    stack.config["content"] = "x"

    stack.kill_during_up(after="greeting-0", parallel=1)

    before = stack.up().ops
    assert set(before.values()) <= {"create", "same"}
    assert len(before) == 8
    assert len(list(folder.iterdir())) == 8
    assert set(stack.up().ops.values()) == {"same"}


@pytest.mark.thorough
def test_a_kill_between_the_answer_and_its_record_leaves_a_pending_creation(
    stack: PulumiStack, folder: Path
) -> None:
    stack.kill_during_up(after=1, recorded=False)

    assert (folder / "greeting-0.txt").exists()
    result = stack.up()
    assert result.ops == {"greeting-0": "create"}
    assert any("interrupted" in text for text in result.texts("warning"))
