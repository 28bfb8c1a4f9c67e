"""The project of a test on disk: its program, its configuration and its state; runs no operation."""

import inspect
import json
import os
import sys
import sysconfig
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pulumi_embedded_engine.config.config_values import parse as parse_config_value
from pulumi_embedded_engine.config.project import read_project
from pulumi_embedded_engine.config.stack_config_file import full_key
from pulumi_embedded_engine.model.operation_context import Project
from pulumi_embedded_engine.stacks.administration import create
from pulumi_embedded_engine.stacks.stack import Stack, open_backend, open_stack
from pulumi_embedded_engine.state.passphrase_secrets import PassphraseSecrets

Program = Callable[[], object] | Path | str

STACK: Final = "test"
# A state of a test is no secret. With one salt for all of them the key is derived once in a process.
_PASSPHRASE: Final = "test"  # noqa: S105
_SALT: Final = "v1:J2tQmZpzTRQ=:v1:5cPscVLgLY/AjLKV:ps/roRnJ0HNPP/zmrbx5ehiFtHoBhA=="
_SHIM: Final = """\
import runpy

found = runpy.run_path({path!r}, run_name="__main__")
{call}
"""


@dataclass(frozen=True, slots=True)
class TestProject:
    """A project with one stack, in a directory of its own."""

    __test__ = False

    root: Path
    name: str

    @classmethod
    def make(cls, root: Path, name: str) -> "TestProject":
        """Make the project and its stack, which has no resources."""
        made = cls(root, name)
        for place in ("project", "state", "home"):
            (root / place).mkdir(parents=True)
        (root / "project/Pulumi.yaml").write_text(f"name: {name}\nruntime: python\n")
        made.write_config({}, {})
        environ = made.environ({})
        project = made.project()
        create(project, open_backend(project, environ), STACK, environ)
        return made

    @property
    def directory(self) -> Path:
        """The directory of Pulumi.yaml."""
        return self.root / "project"

    def project(self) -> Project:
        """The Pulumi.yaml, read."""
        return read_project(self.directory / "Pulumi.yaml")

    def open(self, environ: Mapping[str, str]) -> Stack:
        """The stack."""
        return open_stack(self.project(), STACK, environ)

    def write_program(self, program: Program) -> None:
        """Let the project run a program: a file, a directory with a `__main__.py`, or a function of a file.

        Raises ValueError if the program cannot be run in a process of its own.
        """
        path, call = _place_of(program)
        text = _SHIM.format(path=str(path), call=call)
        (self.directory / "__main__.py").write_text(text)

    def write_config(
        self, config: Mapping[str, Any], secrets: Mapping[str, Any]
    ) -> None:
        """Write the stack's configuration; a key without a namespace has the project's."""
        encrypt = PassphraseSecrets(_SALT, lambda: _PASSPHRASE).encrypt
        values = {full_key(key, self.name): value for key, value in config.items()}
        for key, value in secrets.items():
            text = value if isinstance(value, str) else json.dumps(value)
            values[full_key(key, self.name)] = {"secure": encrypt(text)}
        for value in values.values():
            parse_config_value(value)
        document = {"encryptionsalt": _SALT, "config": values}
        # JSON is YAML.
        path = self.directory / f"Pulumi.{STACK}.yaml"
        path.write_text(json.dumps(document, indent=2))

    def environ(self, extra: Mapping[str, str]) -> dict[str, str]:
        """The environment of a run: the caller's without its Pulumi settings, then those of this project."""
        own = {k: v for k, v in os.environ.items() if not k.startswith("PULUMI_")}
        return {
            **own,
            "PULUMI_BACKEND_URL": (self.root / "state").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": _PASSPHRASE,
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_HOME": str(self.root / "home"),
            "PULUMI_PYTHON_CMD": sys.executable,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PYTHONPATH": _import_path(own.get("PYTHONPATH", "")),
            **extra,
        }


def _place_of(program: Program) -> tuple[Path, str]:
    """The file or directory of a program, and the line that calls its function, if it is one."""
    if isinstance(program, str | Path):
        path = Path(program).absolute()
        main = path / "__main__.py" if path.is_dir() else path
        if not main.is_file():
            raise ValueError(f"there is no program at {main}")
        return path, ""
    name = getattr(program, "__qualname__", "")
    file = inspect.getsourcefile(program) if inspect.isfunction(program) else None
    if file is None or not name.isidentifier():
        raise ValueError(
            f"the program {name or program!r} runs in a process of its own, which finds it by name: "
            "give a function at the top level of a file, or the path of a program"
        )
    if inspect.iscoroutinefunction(program) or inspect.signature(program).parameters:
        raise ValueError(
            f"the program {name!r} is called without arguments, and is no coroutine: "
            "read what it needs from pulumi.Config"
        )
    return Path(file).absolute(), f'found["{name}"]()'


def _import_path(given: str) -> str:
    """What the test can import, the program and its providers can import too."""
    own = {Path(path).resolve() for path in sysconfig.get_paths().values()}
    own |= {path / "lib-dynload" for path in own}
    # An empty entry is the current directory, which is another one there.
    entries = [path or os.getcwd() for path in sys.path]  # noqa: PTH109 - a text
    found = [
        path
        for path in entries
        if Path(path).is_dir() and Path(path).resolve() not in own
    ]
    return os.pathsep.join(dict.fromkeys([*filter(None, [given]), *found]))
