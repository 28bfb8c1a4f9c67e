from pathlib import Path

import pytest

from pulumi_embedded_engine.config.project import find_project
from pulumi_embedded_engine.errors import EngineError


def test_the_nearest_project_above_is_found(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: outer\nruntime: python\n")
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)

    project = find_project(inner)

    assert (project.name, project.root, project.main) == ("outer", tmp_path, tmp_path)


def test_all_that_a_run_needs_is_read(tmp_path: Path) -> None:
    (tmp_path / "prog").mkdir()
    (tmp_path / "Pulumi.yaml").write_text(
        "name: p\nmain: prog/\nstackConfigDir: cfg\nbackend: {url: 'file://~'}\n"
        "requiredPulumiVersion: '>=3.0.0'\n"
        "runtime: {name: python, options: {virtualenv: .venv}}\nconfig: {a: {default: 1}}\n"
    )

    project = find_project(tmp_path)

    assert project.main == tmp_path / "prog"
    assert project.stack_config_dir == tmp_path / "cfg"
    assert project.options == {"virtualenv": ".venv"}
    assert project.backend_url == "file://~"
    assert project.config == {"a": {"default": 1}}
    assert project.required_version == ">=3.0.0"


def test_json_and_yml_are_read_too(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    (tmp_path / "one" / "Pulumi.yml").write_text("name: y\nruntime: python\n")
    (tmp_path / "two" / "Pulumi.json").write_text('{"name": "j", "runtime": "python"}')

    assert find_project(tmp_path / "one").name == "y"
    assert find_project(tmp_path / "two").name == "j"


def test_no_project_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"no Pulumi.yaml project file found"):
        find_project(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "name: [",
        "name: p",
        "runtime: python",
        "name: a b\nruntime: python",
        "name: 5\nruntime: python",
        "name: p\nruntime: []",
        "name: p\nruntime: python\nmain: [1]",
        "name: p\nruntime: python\nconfig: [1]",
        "name: p\nname: q\nruntime: python",
        "name: &a [*a]\nruntime: python",
        "\t",
    ],
)
def test_a_project_that_cannot_be_used_is_one_sentence(
    tmp_path: Path, text: str
) -> None:
    (tmp_path / "Pulumi.yaml").write_text(text)

    with pytest.raises(EngineError, match=r"Pulumi\.yaml") as error:
        find_project(tmp_path)

    assert "\n" not in str(error.value)


def test_a_file_that_is_no_text_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(EngineError, match="not UTF-8"):
        find_project(tmp_path)
