"""The emulator as one WSGI application: it connects the parts and routes requests.

Requests under `/_emulator` go to the control API, all others to ESA's API.
"""

import logging
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from werkzeug import Request

from pulumi_esa_emulator.clock import Clock, SystemClock
from pulumi_esa_emulator.dialects import rules_of
from pulumi_esa_emulator.errors import Problem
from pulumi_esa_emulator.faults.fault_file import FaultDocument
from pulumi_esa_emulator.faults.injector import FaultInjector
from pulumi_esa_emulator.http.control_api import ControlApi, refusal_response
from pulumi_esa_emulator.http.header_checks import is_control, refusal_of
from pulumi_esa_emulator.http.slow_sending import CLIENT_GONE, PAUSE, send
from pulumi_esa_emulator.identity.keys import DEMO_KEY, AccessKey, KeyRing
from pulumi_esa_emulator.messages.reply import Reply, problem_reply
from pulumi_esa_emulator.messages.stalls import Stalls, new_slots
from pulumi_esa_emulator.service import EsaService, RequestObserver
from pulumi_esa_emulator.state.data_lines import DataLine
from pulumi_esa_emulator.state.emulator_state import EmulatorState, Storage
from pulumi_esa_emulator.state.request_history import HistoryEntry
from pulumi_esa_emulator.state.seed import DEFAULT_SEED, Seed

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from pulumi_esa_emulator.http.edge_server import EdgeServer

_log = logging.getLogger(__name__)


class Emulator:
    """A local ESA; `httpx.WSGITransport(app=emulator)` or `server.running(emulator)`."""

    def __init__(
        self,
        state: EmulatorState,
        keys: tuple[AccessKey, ...],
        faults: FaultDocument,
        dialects: tuple[str, ...],
        wall_clock: Clock,
        hosts: tuple[str, ...],
        observe: RequestObserver,
    ) -> None:
        self.state = state
        self.wall_clock = wall_clock
        self.keys = KeyRing(keys)
        self.faults = FaultInjector(faults)
        self.dialects = dialects
        self._hosts = hosts
        self._at_start = (keys, faults, dialects)
        # Set while `server` serves it.
        self.edge_server: EdgeServer | None = None
        self._service = EsaService(state, self.keys, self.faults, wall_clock, observe)
        self._control = ControlApi(self)
        self._slots = new_slots()

    @property
    def clock(self) -> Clock:
        """The clock of the plans."""
        return self.state.clock

    @property
    def history(self) -> list[HistoryEntry]:
        """The requests received, oldest first."""
        with self.state.locked():
            return list(self.state.history)

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        refusal = refusal_of(request, self._hosts)
        if refusal is not None:
            return refusal_response(refusal)(environ, start_response)
        if is_control(request.path):
            return self._control.answer(request)(environ, start_response)
        stalls = self._stalls(environ)
        reply = self._reply(request, stalls)
        return send(reply, environ, start_response, stalls)

    def use_seed(self, seed: Seed, keys: tuple[AccessKey, ...]) -> None:
        """Start anew with this seed and these keys besides its own; the dialects of the start, no faults.

        DocumentError if the seed contradicts itself; nothing has changed then.
        """
        own = (*keys, *(one.key(self.wall_clock.now()) for one in seed.keys))
        self.state.use_seed(seed, rules_of(self._at_start[2]))
        self._at_start = (own, FaultDocument(), self._at_start[2])
        self.reset()

    def use_dialects(self, dialects: tuple[str, ...]) -> None:
        """Use these dialects from now on; DialectError if one is unknown or two contradict."""
        self.state.use_rules(rules_of(dialects))
        self.dialects = dialects

    def reset(self) -> None:
        """Go back to the state at start, except clock and nonces; DataFileError if not stored."""
        keys, faults, dialects = self._at_start
        self.state.reset(rules_of(dialects))
        self.dialects = dialects
        self.keys.set(keys)
        self.faults.set(faults)
        if self.edge_server is not None:
            self.edge_server.edge.clear()

    def close(self) -> None:
        """Close the data file."""
        self.state.close()

    def _stalls(self, environ: "WSGIEnvironment") -> Stalls:
        return Stalls(
            pause=environ.get(PAUSE, self.wall_clock.sleep),
            client_gone=environ.get(CLIENT_GONE, bool),
            cancelled=self.faults.watch_removals(),
            slots=self._slots,
        )

    def _reply(self, request: Request, stalls: Stalls) -> Reply:
        try:
            return self._service.answer(request, stalls)
        except Exception:  # noqa: BLE001 - the outer edge: a bug here is ESA's InternalError
            _log.exception("The emulator failed.")
            return problem_reply(Problem("InternalError"), "", "")


def create_app(  # noqa: PLR0913 - one argument per part
    *,
    seed: Seed | Mapping[str, Any] = DEFAULT_SEED,
    keys: Iterable[AccessKey] = (DEMO_KEY,),
    dialects: Iterable[str] = (),
    faults: FaultDocument | Mapping[str, Any] | None = None,
    clock: Clock | None = None,
    wall_clock: Clock | None = None,
    storage: Storage | None = None,
    lines: list[DataLine] | None = None,
    hosts: Iterable[str] = (),
    observe: RequestObserver = lambda *_: None,
) -> Emulator:
    """An emulator; raises DialectError, DocumentError and pydantic's ValidationError.

    `clock` is for the plans, `wall_clock` for signatures, quotas, stalls and stale reads.
    `hosts`: names of the server besides its address and `localhost`. `observe` gets each
    request to ESA's API, after it was recorded.
    """
    seed = Seed.model_validate(seed)
    names, wall_clock = tuple(dialects), wall_clock or SystemClock()
    state = EmulatorState(
        clock or SystemClock(),
        seed=seed,
        rules=rules_of(names),
        storage=storage,
        lines=lines,
    )
    all_keys = (*keys, *(one.key(wall_clock.now()) for one in seed.keys))
    document = FaultDocument.model_validate(faults or {})
    return Emulator(state, all_keys, document, names, wall_clock, tuple(hosts), observe)
