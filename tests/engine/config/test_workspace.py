import json
from pathlib import Path

from pulumi_embedded_engine.config import workspace
from pulumi_embedded_engine.config.project import find_project
from tests.support.engine_stacks import project_in


def test_a_selection_is_kept_for_project_and_backend_as_the_cli_keeps_it(
    tmp_path: Path,
) -> None:
    project = find_project(project_in(tmp_path))
    environ = {"PULUMI_HOME": str(tmp_path / "home")}

    workspace.select_stack(project, "file://a", environ, "organization/proj/dev")
    workspace.select_stack(project, "file://b", environ, "organization/proj/prod")

    assert (
        workspace.selected_stack(project, "file://a", environ)
        == "organization/proj/dev"
    )
    assert workspace.selected_stack(project, "file://c", environ) == ""
    (file,) = (tmp_path / "home" / "workspaces").iterdir()
    assert file.name.startswith("proj-")
    assert (
        json.loads(file.read_text())["stacks"]["file://b"] == "organization/proj/prod"
    )


def test_a_selection_can_be_forgotten(tmp_path: Path) -> None:
    project = find_project(project_in(tmp_path))
    environ = {"PULUMI_HOME": str(tmp_path / "home")}
    workspace.select_stack(project, "file://a", environ, "organization/proj/dev")

    workspace.select_stack(project, "file://a", environ, None)

    assert workspace.selected_stack(project, "file://a", environ) == ""
    assert list((tmp_path / "home" / "workspaces").iterdir()) == []


def test_a_file_that_cannot_be_read_holds_no_selection(tmp_path: Path) -> None:
    project = find_project(project_in(tmp_path))
    environ = {"PULUMI_HOME": str(tmp_path / "home")}
    workspace.select_stack(project, "file://a", environ, "x")
    (file,) = (tmp_path / "home" / "workspaces").iterdir()

    for content in ("", "[]", '{"stacks": 5}'):
        file.write_text(content)
        assert workspace.selected_stack(project, "file://a", environ) == ""
