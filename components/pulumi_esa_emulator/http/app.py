"""The emulator as one WSGI callable; puts the rooms together and decides nothing.

Every request under `/_emulator` is for the emulator itself, all others are for ESA.
"""

import logging
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from werkzeug import Request

from pulumi_esa_emulator.clock import Clock, SystemClock
from pulumi_esa_emulator.dialects import rules_of
from pulumi_esa_emulator.errors import Problem
from pulumi_esa_emulator.faults.document import FaultDocument
from pulumi_esa_emulator.faults.injector import FaultBox
from pulumi_esa_emulator.http.control_api import Control, refused
from pulumi_esa_emulator.http.header_checks import is_control, refusal_of
from pulumi_esa_emulator.http.slow_sending import GONE, PAUSE, send
from pulumi_esa_emulator.identity.keys import DEMO_KEY, Key, KeyRing
from pulumi_esa_emulator.messages.reply import Reply, problem_reply
from pulumi_esa_emulator.messages.stalls import Patience, seats
from pulumi_esa_emulator.service import Service
from pulumi_esa_emulator.state.data_lines import Line
from pulumi_esa_emulator.state.history import Entry
from pulumi_esa_emulator.state.seed import DEFAULT_SEED, Seed
from pulumi_esa_emulator.state.world import Keeper, World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_log = logging.getLogger(__name__)


class Emulator:
    """A local ESA; `httpx.WSGITransport(app=emulator)` or `server.running(emulator)`."""

    def __init__(
        self,
        world: World,
        keys: tuple[Key, ...],
        faults: FaultDocument,
        dialects: tuple[str, ...],
        wall: Clock,
        hosts: tuple[str, ...],
    ) -> None:
        self.world = world
        self.wall = wall
        self.keys = KeyRing(keys)
        self.faults = FaultBox(faults)
        self.dialects = dialects
        self._hosts = hosts
        self._at_start = (keys, faults, dialects)
        self._service = Service(world, self.keys, self.faults, wall)
        self._control = Control(self)
        self._seats = seats()

    @property
    def clock(self) -> Clock:
        """The clock by which plans run."""
        return self.world.clock

    @property
    def history(self) -> list[Entry]:
        """The requests seen, oldest first."""
        with self.world.moment():
            return list(self.world.history)

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        refusal = refusal_of(request, self._hosts)
        if refusal is not None:
            return refused(refusal)(environ, start_response)
        if is_control(request.path):
            return self._control.answer(request)(environ, start_response)
        patience = self._patience(environ)
        reply = self._reply(request, patience)
        return send(reply, environ, start_response, patience)

    def follow(self, dialects: tuple[str, ...]) -> None:
        """Follow these dialects from now on; DialectError if they cannot be."""
        self.world.follow(rules_of(dialects))
        self.dialects = dialects

    def reset(self) -> None:
        """As freshly started, but for clock and nonces; DataError if not kept."""
        keys, faults, dialects = self._at_start
        self.world.reset(rules_of(dialects))
        self.dialects = dialects
        self.keys.set(keys)
        self.faults.set(faults)

    def close(self) -> None:
        """Let go of the data file."""
        self.world.close()

    def _patience(self, environ: "WSGIEnvironment") -> Patience:
        return Patience(
            pause=environ.get(PAUSE, self.wall.sleep),
            gone=environ.get(GONE, bool),
            over=self.faults.watch(),
            seats=self._seats,
        )

    def _reply(self, request: Request, patience: Patience) -> Reply:
        try:
            return self._service.answer(request, patience)
        except Exception:  # noqa: BLE001 - the edge: our mistake is ESA's InternalError
            _log.exception("The emulator failed.")
            return problem_reply(Problem("InternalError"), "", "")


def create_app(  # noqa: PLR0913 - one argument per part
    *,
    seed: Seed | Mapping[str, Any] = DEFAULT_SEED,
    keys: Iterable[Key] = (DEMO_KEY,),
    dialects: Iterable[str] = (),
    faults: FaultDocument | Mapping[str, Any] | None = None,
    clock: Clock | None = None,
    wall: Clock | None = None,
    keeper: Keeper | None = None,
    lines: list[Line] | None = None,
    hosts: Iterable[str] = (),
) -> Emulator:
    """An emulator; raises DialectError, DocumentError and pydantic's ValidationError.

    `clock` moves the plans; `wall` is for signatures, quotas, stalls and stale reads.
    `hosts`: names of the server besides its address and `localhost`.
    """
    seed = Seed.model_validate(seed)
    names, wall = tuple(dialects), wall or SystemClock()
    world = World(
        clock or SystemClock(),
        seed=seed,
        rules=rules_of(names),
        keeper=keeper,
        lines=lines,
    )
    in_all = (*keys, *(one.key(wall.now()) for one in seed.keys))
    document = FaultDocument.model_validate(faults or {})
    return Emulator(world, in_all, document, names, wall, tuple(hosts))
