"""The pytest plugin of the engine, with its two fixtures; imports only pytest until one of them runs."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from pulumi_embedded_engine.testing import PulumiEngine

EMBEDDED: Final = "embedded"
PULUMI: Final = "pulumi"
_ENGINES: Final = (EMBEDDED, PULUMI)
_MARK: Final = "engines"
_INSTALL: Final = "pip install 'pulumi-esa-prefetch[testing]'"
_OWN: Final = "pulumi_embedded_engine"


def pytest_configure(config: pytest.Config) -> None:
    """Let pytest know the mark."""
    config.addinivalue_line(
        "markers",
        f"{_MARK}(*names): run a test of `pulumi_engine` on each of these engines: "
        f"{' and '.join(_ENGINES)}",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test with the mark once on each engine."""
    mark = metafunc.definition.get_closest_marker(_MARK)
    if mark is None or "pulumi_engine" not in metafunc.fixturenames:
        return
    unknown = [name for name in mark.args if name not in _ENGINES]
    if unknown or not mark.args:
        what = f"knows no engine {unknown[0]!r}" if unknown else "needs a name"
        raise pytest.UsageError(
            f"{metafunc.definition.nodeid}: the mark engines {what}: "
            f"give {' or '.join(map(repr, _ENGINES))}"
        )
    metafunc.parametrize("pulumi_engine", mark.args, indirect=True)


@pytest.fixture
def pulumi_engine(request: pytest.FixtureRequest, tmp_path: Path) -> "PulumiEngine":
    """Run Pulumi programs and their dynamic providers: the embedded engine, or those of `@pytest.mark.engines`.

        stack = pulumi_engine.stack(program, config={"name": "a"})
        assert stack.up().ops == {"greeting": "create"}

    The program and the provider run in processes of their own; the state is in `tmp_path`.
    """
    return _engine(getattr(request, "param", EMBEDDED), tmp_path)


@pytest.fixture
def pulumi_cli(tmp_path: Path) -> "PulumiEngine":
    """The same on the `pulumi` command; the test is skipped where that is not on PATH."""
    return _engine(PULUMI, tmp_path)


def _engine(name: str, root: Path) -> "PulumiEngine":
    try:
        from pulumi_embedded_engine.testing import PulumiEngine  # noqa: PLC0415
        from pulumi_embedded_engine.testing.cli import CliStack, is_installed  # noqa: PLC0415
        from pulumi_embedded_engine.testing.embedded import EmbeddedStack  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if (error.name or _OWN).startswith(_OWN):
            raise
        pytest.fail(
            f"this fixture needs the package {error.name}, which is not installed: {_INSTALL}",
            pytrace=False,
        )
    if name == EMBEDDED:
        return PulumiEngine(name, root, EmbeddedStack)
    if not is_installed():
        pytest.skip("the pulumi command is not on PATH")
    return PulumiEngine(name, root, CliStack)
