from pathlib import Path

import pytest

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.model.operation_context import OperationContext, Project
from pulumi_embedded_engine.model.state_records import Snapshot
from pulumi_embedded_engine.providers.plugin_lookup import AttachedProvider, find_plugin
from pulumi_embedded_engine.providers.provider_process import ProviderCommand


def _context(home: Path, **environ: str) -> OperationContext:
    project = Project("proj", home, home / "Pulumi.yaml", home, "python")
    return OperationContext(
        project=project,
        stack="dev",
        config={},
        base=Snapshot(),
        interpreter=Path("/venv/bin/python"),
        environ={"PULUMI_HOME": str(home), "PATH": "", **environ},
        stack_outputs=lambda _: {},
    )


def _install(home: Path, version: str) -> Path:
    binary = home / f"plugins/resource-toy-v{version}/pulumi-resource-toy"
    binary.parent.mkdir(parents=True)
    binary.write_text("")
    return binary


def _command(found: ProviderCommand | AttachedProvider) -> list[str]:
    assert isinstance(found, ProviderCommand)
    return list(found.command)


def test_an_attached_provider_comes_first(tmp_path: Path) -> None:
    context = _context(tmp_path, PULUMI_DEBUG_PROVIDERS="other:1,toy:4711")

    found = find_plugin(context, "toy", "", "127.0.0.1:1")

    assert isinstance(found, AttachedProvider)
    assert found.port == 4711


def test_the_dynamic_host_runs_with_the_programs_interpreter(tmp_path: Path) -> None:
    found = find_plugin(_context(tmp_path), "pulumi-python", "", "127.0.0.1:1")

    assert _command(found)[:4] == ["/venv/bin/python", "-u", "-m", "pulumi.dynamic"]
    assert isinstance(found, ProviderCommand)
    assert found.environ["PULUMI_PROJECT"] == "proj"


def test_without_a_requested_version_the_newest_plugin_is_used(
    tmp_path: Path,
) -> None:
    _install(tmp_path, "1.9.0")
    newest = _install(tmp_path, "1.10.0")
    _install(tmp_path, "1.10.0-alpha.1")
    _install(tmp_path, "next")

    found = find_plugin(_context(tmp_path), "toy", "", "127.0.0.1:1")

    assert _command(found) == [str(newest), "127.0.0.1:1"]


def test_a_tenth_pre_release_is_newer_than_the_ninth(tmp_path: Path) -> None:
    _install(tmp_path, "1.0.0-alpha.9")
    newest = _install(tmp_path, "1.0.0-alpha.10")

    found = find_plugin(_context(tmp_path), "toy", "", "127.0.0.1:1")

    assert _command(found)[0] == str(newest)


def test_the_requested_version_is_used(tmp_path: Path) -> None:
    wanted = _install(tmp_path, "1.9.0")
    _install(tmp_path, "1.10.0")

    found = find_plugin(_context(tmp_path), "toy", "1.9.0", "127.0.0.1:1")

    assert _command(found)[0] == str(wanted)


def test_a_missing_plugin_is_reported_with_the_command_that_installs_it(
    tmp_path: Path,
) -> None:
    with pytest.raises(
        EngineError, match=r"`pulumi plugin install resource toy v1\.2\.3`"
    ):
        find_plugin(_context(tmp_path), "toy", "1.2.3", "127.0.0.1:1")


def test_a_malformed_attachment_is_reported(tmp_path: Path) -> None:
    context = _context(tmp_path, PULUMI_DEBUG_PROVIDERS="toy")

    with pytest.raises(EngineError, match="should read name:port"):
        find_plugin(context, "toy", "", "127.0.0.1:1")


def test_a_partly_downloaded_plugin_is_not_used(tmp_path: Path) -> None:
    whole = _install(tmp_path, "1.0.0")
    _install(tmp_path, "2.0.0")
    (tmp_path / "plugins/resource-toy-v2.0.0.partial").touch()

    found = find_plugin(_context(tmp_path), "toy", "", "127.0.0.1:1")

    assert _command(found)[0] == str(whole)
