"""The options of the command `emulator`, and the emulator made from them; opens no socket."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pulumi_esa_emulator.clock import Clock, ManualClock, SystemClock
from pulumi_esa_emulator.faults.fault_file import FaultDocument
from pulumi_esa_emulator.http.app import Emulator, create_app
from pulumi_esa_emulator.http.host_names import parse_host
from pulumi_esa_emulator.identity.keys import DEMO_KEY, AccessKey
from pulumi_esa_emulator.identity.ram_policies import RamPolicy
from pulumi_esa_emulator.messages.documents import DocumentError, read_document
from pulumi_esa_emulator.messages.time_notations import parse_time
from pulumi_esa_emulator.service import RequestObserver
from pulumi_esa_emulator.state.data_file import DataFile
from pulumi_esa_emulator.state.data_lines import DataLine
from pulumi_esa_emulator.state.seed import DEFAULT_SEED, Seed


@dataclass(frozen=True, slots=True)
class EmulatorOptions:
    """The options; `make_emulator` validates them.

    `access_keys`: `ID:SECRET`. `policies`: `FILE` for all keys, or `ID=FILE` for one.
    `start_at`: the first time of a manual clock. `hosts`: more names of the server.
    `edge`: the port of the edge; without one there is none.
    """

    host: str = "127.0.0.1"
    port: int = 8866
    seed: Path | None = None
    data: Path | None = None
    access_keys: tuple[str, ...] = field(default=(), repr=False)
    policies: tuple[str, ...] = ()
    clock: Literal["real", "manual"] = "real"
    start_at: str | None = None
    faults: Path | None = None
    dialects: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    edge: int | None = None


def make_emulator(
    options: EmulatorOptions, observe: RequestObserver = lambda *_: None
) -> Emulator:
    """The emulator; raises DocumentError, DialectError or DataFileError, each one sentence."""
    seed = read_document(options.seed, Seed) if options.seed else DEFAULT_SEED
    faults = read_document(options.faults, FaultDocument) if options.faults else None
    keys = _keys(options)
    start = _start(options)
    hosts = _hosts(options)
    data = DataFile(options.data) if options.data else None
    try:
        lines = data.read() if data else []
        return create_app(
            seed=seed,
            keys=keys,
            dialects=options.dialects,
            faults=faults,
            clock=_clock(options, start, lines),
            storage=data,
            lines=lines,
            hosts=hosts,
            observe=observe,
        )
    except BaseException:
        if data:
            data.close()
        raise


def _keys(options: EmulatorOptions) -> tuple[AccessKey, ...]:
    keys = {key.id: key for key in map(_key, options.access_keys)}
    keys = keys or {DEMO_KEY.id: DEMO_KEY}
    for text in options.policies:
        key_id, _, file = text.rpartition("=")
        policy = read_document(Path(file), RamPolicy)
        for one in _key_ids(keys, key_id):
            keys[one] = replace(keys[one], policy=policy)
    return tuple(keys.values())


def _key(text: str) -> AccessKey:
    key_id, _, secret = text.partition(":")
    if not key_id or not secret:
        # The message does not repeat the value: part of it may be a secret.
        raise DocumentError("--access-key wants ID:SECRET.")
    return AccessKey(key_id, secret)


def _key_ids(keys: dict[str, AccessKey], key_id: str) -> Iterable[str]:
    if not key_id:
        return tuple(keys)
    if key_id not in keys:
        raise DocumentError(
            f"--policy names the key {key_id!r}, but no --access-key gives it."
        )
    return (key_id,)


def _hosts(options: EmulatorOptions) -> tuple[str, ...]:
    """The names of `--allow-host`, and the host that the server listens on."""
    bound = parse_host(options.host)
    return (*map(_host, options.hosts), *([bound] if bound else []))


def _host(text: str) -> str:
    host = parse_host(text)
    if host is None:
        raise DocumentError(
            f"--allow-host wants a host name without a port, not {text[:200]!r}."
        )
    return host


def _start(options: EmulatorOptions) -> datetime | None:
    if options.start_at is None:
        return None
    if options.clock != "manual":
        raise DocumentError("--start-at goes with --clock manual.")
    try:
        return parse_time(options.start_at)
    except ValueError as error:
        raise DocumentError(f"--start-at: {error}.") from None


def _clock(
    options: EmulatorOptions, start: datetime | None, lines: list[DataLine]
) -> Clock:
    if options.clock == "real":
        return SystemClock()
    kept = [line.now for line in lines]
    return ManualClock(max(kept) if kept else start or datetime.now(UTC))
