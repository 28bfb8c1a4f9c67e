"""What a demo can be told: up, preview, refresh, down, clean, env, one at a time; knows no stack by name."""

import os
import shlex
import shutil
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import NoReturn

from pulumi_esa_cli.terminal.plan_table import is_plans, plan_table, terminal_width
from stacks.prefetch.demo import server
from stacks.prefetch.demo.engine import Engine
from stacks.prefetch.demo.locks import alone
from stacks.prefetch.demo.settings import (
    DemoError,
    Settings,
    foreign_variables,
    own_variables,
    shielded,
)

# The outputs follow as a table.
AT_ONCE = ("--yes", "--skip-preview", "--suppress-outputs", "--suppress-progress")


def up(settings: Settings, engine: Engine) -> int:
    """Make what the stack declares so, and end with the outputs."""
    return _apply(settings, engine, "up")


def refresh(settings: Settings, engine: Engine) -> int:
    """Read what is so into the state, and end with the outputs."""
    return _apply(settings, engine, "refresh")


def _apply(settings: Settings, engine: Engine, command: str) -> int:
    _open(settings, engine)
    code = engine.run(command, *AT_ONCE)
    plans = engine.outputs().get("plans") if code == 0 else None
    if is_plans(plans):
        print("\n".join(plan_table(plans, terminal_width())))
    return code


def _open(settings: Settings, engine: Engine) -> None:
    """Have an emulator, a configuration and a stack."""
    server.ensure(settings)
    if not settings.config.exists():
        shutil.copyfile(settings.committed_config, settings.config)
    engine.open_stack()


def preview(settings: Settings, engine: Engine) -> int:
    """Show what `up` would do."""
    _open(settings, engine)
    return engine.run("preview")


def down(settings: Settings, engine: Engine) -> int:
    """Destroy the stack, stop the emulator and remove what both remembered."""
    if engine.has_stack():
        server.ensure(settings)
    if engine.has_stack():
        _open(settings, engine)
        code = engine.run("destroy", *AT_ONCE)
        if code:
            return code
    return clean(settings, engine)


def clean(settings: Settings, _: Engine) -> int:
    """Stop the emulator and remove what it and the stack remembered, without asking ESA for anything."""
    server.Process(settings).stop()
    for path in settings.local.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.suffix != ".lock":
            path.unlink()
    print("Removed: the stack with its history, the local ESA with its data.")
    _remove_config(settings)
    return 0


def _remove_config(settings: Settings) -> None:
    """Remove the copy of the configuration, unless someone has changed it."""
    if not settings.config.exists():
        return
    if settings.config.read_bytes() == settings.committed_config.read_bytes():
        settings.config.unlink()
        return
    name = os.path.relpath(settings.config)
    print(f"Kept: your changes in {name}; without that file `make up` begins anew.")


def env(settings: Settings, _: Engine) -> int:
    """Print what a shell evaluates to run an engine on the demo by hand."""
    for name in foreign_variables(os.environ):
        print(f"unset {name}")
    for name, value in own_variables(server.as_running(settings)).items():
        print(f"export {name}={shlex.quote(value)}")
    print(f'export PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH"')
    return 0


COMMANDS = {
    "up": up,
    "preview": preview,
    "refresh": refresh,
    "down": down,
    "clean": clean,
    "env": env,
}


Surroundings = Callable[[Mapping[str, str]], AbstractContextManager[Mapping[str, str]]]
"""What an engine's environment becomes as long as something runs beside it."""


def run(
    arguments: list[str],
    settings: Settings,
    own: Callable[[Settings], Mapping[str, str]] = lambda _: {},
    surroundings: Surroundings = nullcontext,
) -> int:
    """Run one command, with variables of a stack's own; raise DemoError."""
    command = COMMANDS.get(" ".join(arguments))
    if command is None:
        raise DemoError(f"Say one of {', '.join(COMMANDS)}.")
    path = (
        f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    )
    settings.local.mkdir(parents=True, exist_ok=True)
    with alone(settings.local / "demo.lock"):
        if not settings.is_port_chosen:
            settings = server.as_running(settings)
        # An empty home: nothing of the caller's profiles or tools is read.
        shell = own_variables(settings) | {"HOME": str(settings.local), "PATH": path}
        seen = shielded(os.environ, shell | dict(own(settings)))
        with surroundings(seen) as environment:
            return command(settings, Engine(settings, environment))


def exit_with(work: Callable[[], int]) -> NoReturn:
    """Exit with the code of some work; end a failure with one sentence."""
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    try:
        sys.exit(work())
    except DemoError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
