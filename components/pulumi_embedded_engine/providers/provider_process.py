"""Starts a provider's process, reads its port, connects; does not know the provider's calls."""

import queue
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import grpc

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.processes.child_process import ChildProcess

CHANNEL_OPTIONS: Final = (
    ("grpc.max_receive_message_length", 400 * 1024 * 1024),
    ("grpc.max_send_message_length", 400 * 1024 * 1024),
)
_PORT_SECONDS: Final = 60.0  # a first start of Python with Pulumi on a busy machine
_CONNECT_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.05
_END_SECONDS: Final = 5.0  # what the CLI waits after SIGINT
_STDERR_LINES: Final = 5


@dataclass(frozen=True, slots=True)
class ProviderCommand:
    """How a provider is started: its name in messages, command, directory, environment.

    `folder` is the plugin's own; `hint` is added to the error if it does not start. One that a language runtime runs
    is killed at the end, as by the CLI: it is not `interruptible`.
    """

    label: str
    command: Sequence[str]
    cwd: Path
    environ: Mapping[str, str] = field(repr=False)  # contains keys and passphrase
    folder: Path | None = None
    hint: str = ""
    interruptible: bool = True


OnOutput = Callable[
    [str, bool], None
]  # a line of output, and whether it is from stderr


@dataclass(frozen=True, slots=True)
class ProviderConnection:
    """A connected provider; `child` is None if it was started by someone else."""

    label: str
    channel: grpc.Channel
    child: ChildProcess | None
    interruptible: bool = True
    tell: OnOutput | None = None

    @property
    def dead(self) -> bool:
        """Whether its process has ended."""
        return self.child is not None and not self.child.running

    def close(self) -> None:
        """Close the channel and end the process; an interruptible one gets a few seconds for its last messages."""
        self.channel.close()
        if self.child is None:
            return
        if self.interruptible:
            self.child.interrupt()
            if self.child.wait(_END_SECONDS) is None and self.tell:
                sentence = f"{self.label} did not end when asked to, and was killed: its last messages may be missing"
                self.tell(sentence, True)
        self.child.close()


def start(
    launch: ProviderCommand, tell: OnOutput, on_child: Callable[[ChildProcess], None]
) -> ProviderConnection:
    """Start the process, wait for its port, connect; EngineError if it does not come up."""
    first: queue.SimpleQueue[str] = queue.SimpleQueue()
    stderr: list[str] = []
    seen = False

    def on_stdout(line: str) -> None:
        nonlocal seen
        if seen:
            tell(line, False)
            return
        seen = True
        first.put(line)

    def on_stderr(line: str) -> None:
        stderr.append(line)
        tell(line, True)

    child = ChildProcess(
        launch.command, launch.cwd, launch.environ, on_stdout, on_stderr
    )
    on_child(child)
    try:
        port = _port(launch, child, first, stderr)
        channel = _connect(launch.label, f"127.0.0.1:{port}")
        return ProviderConnection(
            launch.label, channel, child, launch.interruptible, tell
        )
    except EngineError:
        child.close()
        raise


def attach(label: str, port: int) -> ProviderConnection:
    """Connect to a provider that is already running."""
    return ProviderConnection(label, _connect(label, f"127.0.0.1:{port}"), None)


def _port(
    launch: ProviderCommand,
    child: ChildProcess,
    first: queue.SimpleQueue[str],
    stderr: list[str],
) -> int:
    deadline = time.monotonic() + _PORT_SECONDS
    while time.monotonic() < deadline:
        try:
            line = first.get(timeout=_POLL_SECONDS)
        except queue.Empty:
            if child.running:
                continue
            code = child.wait(1)
            last = "; ".join(stderr[-_STDERR_LINES:])
            raise EngineError(
                f"{launch.label} ended with exit code {code} before it was ready"
                + (f": {last}" if last else "")
                + (f" ({launch.hint})" if launch.hint else "")
            ) from None
        if line.strip().isdecimal():
            return int(line)
        raise EngineError(
            f"{launch.label} should print its port first, but printed {line!r}"
        )
    raise EngineError(
        f"{launch.label} did not print its port within {_PORT_SECONDS:.0f} s"
    )


def _connect(label: str, address: str) -> grpc.Channel:
    channel = grpc.insecure_channel(address, options=CHANNEL_OPTIONS)
    try:
        grpc.channel_ready_future(channel).result(timeout=_CONNECT_SECONDS)
    except grpc.FutureTimeoutError:
        channel.close()
        raise EngineError(
            f"{label} does not answer at {address} within {_CONNECT_SECONDS:.0f} s"
        ) from None
    return channel
