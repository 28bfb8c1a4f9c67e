"""Runs the user's program: its process, its output, its exit code; does not know what it registers."""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from pulumi_embedded_engine.model.goals import ProgramEndedEvent
from pulumi_embedded_engine.model.operation_context import (
    ORGANIZATION,
    OperationContext,
    OperationRequest,
)
from pulumi_embedded_engine.processes.child_process import ChildProcess, OnLine
from pulumi_embedded_engine.processes.environment import (
    program_directory,
    program_environment,
)
from pulumi_embedded_engine.program.launcher import ERROR_REPORTED

_LAUNCHER: Final = Path(__file__).with_name("launcher.py")
_GRACE_SECONDS: Final = 1.0  # to print its last lines after its calls were refused
# From the last registration to the end of the process. A big program may need long on a busy machine.
_EXIT_SECONDS: Final = 300.0


class Program:
    """One run of the program; `address` is the gRPC server of the engine."""

    def __init__(
        self,
        context: OperationContext,
        request: OperationRequest,
        address: str,
        on_line: OnLine,
    ) -> None:
        command = _command(context, request, address)
        environ: Mapping[str, str] = program_environment(context)
        directory = program_directory(context)
        self._child = ChildProcess(command, directory, environ, on_line, on_line)
        self._stopped = False

    def watch(self, on_end: Callable[[ProgramEndedEvent], None]) -> None:
        """Call `on_end` with the result when the program ends."""

        def wait() -> None:
            on_end(self._end(self._child.wait()))

        threading.Thread(target=wait, name="program", daemon=True).start()

    def finish(self) -> ProgramEndedEvent:
        """Wait for the end of a program whose registrations are complete."""
        code = self._child.wait(_EXIT_SECONDS)
        if code is None:
            self.kill()
            return ProgramEndedEvent(
                failed=True,
                message=f"the program did not end within {_EXIT_SECONDS:.0f} s after "
                "its last resource was done",
            )
        return self._end(code)

    def stop(self) -> None:
        """End the program whose calls are refused from now on; it may print its last lines."""
        self._stopped = True
        if self._child.wait(_GRACE_SECONDS) is None:
            self._child.terminate()
            self._child.wait(_GRACE_SECONDS)
        self.kill()

    def kill(self) -> None:
        """Kill the program."""
        self._stopped = True
        self._child.kill()

    def close(self) -> None:
        """Kill the program and close its pipes."""
        self._stopped = True
        self._child.close()

    def _end(self, code: int | None) -> ProgramEndedEvent:
        if code == 0:
            return ProgramEndedEvent()
        if code == ERROR_REPORTED or self._stopped:
            return ProgramEndedEvent(failed=True)
        return ProgramEndedEvent(
            failed=True,
            message="an unhandled error occurred: program exited with non-zero exit "
            f"code: {code}",
        )


def _command(
    context: OperationContext, request: OperationRequest, address: str
) -> list[str]:
    project = context.project
    options = {
        "monitor": address,
        "engine": address,
        "project": project.name,
        "stack": context.stack,
        "organization": ORGANIZATION,
        "root-directory": str(project.root),
        "parallel": str(request.parallel),
    }
    # with `=`, because a stack may be called `-rf`
    flags = [f"--{name}={text}" for name, text in options.items()]
    entry = project.main.name if project.main.is_file() else "."
    wanted = {"--dry-run": request.dry_run, "--debug": request.debug}
    flags += [flag for flag, is_wanted in wanted.items() if is_wanted]
    return [str(context.interpreter), str(_LAUNCHER), *flags, entry]
