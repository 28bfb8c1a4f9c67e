"""The control API, `/_emulator/...`: reads and changes the emulator itself; JSON only."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any, Protocol

from pydantic import BaseModel, ConfigDict, Field
from werkzeug import Request, Response
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

from pulumi_esa_emulator.actions.record_fields import whole_state
from pulumi_esa_emulator.clock import AdjustableClock, Clock
from pulumi_esa_emulator.dialects import DialectError
from pulumi_esa_emulator.faults.fault_file import FaultDocument
from pulumi_esa_emulator.faults.injector import FaultInjector
from pulumi_esa_emulator.http.edge_server import EdgeServer
from pulumi_esa_emulator.http.header_checks import Refusal
from pulumi_esa_emulator.identity.keys import KeyRing
from pulumi_esa_emulator.messages.documents import DocumentError, Model, parse_document
from pulumi_esa_emulator.messages.request import MAX_BODY_BYTES
from pulumi_esa_emulator.messages.time_notations import LATEST, NOTATIONS
from pulumi_esa_emulator.messages.urls import parse_urls
from pulumi_esa_emulator.state.data_file import DataFileError
from pulumi_esa_emulator.state.emulator_state import EmulatorState
from pulumi_esa_emulator.state.records import SiteRecord
from pulumi_esa_emulator.state.request_history import HistoryEntry
from pulumi_esa_emulator.state.seed import KeySeed, SiteSeed

# With at most a thousand years, every sum of times is a valid date.
_FARTHEST = 1000 * 365 * 86400.0


class _RequestModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ClockAdvance(_RequestModel):
    """By how many seconds to move the manual clock."""

    advance: Annotated[float, Field(ge=0, le=_FARTHEST, allow_inf_nan=False)]


class FaultSwitch(_RequestModel):
    """Whether a fault is on or off."""

    enabled: bool


class DialectChoice(_RequestModel):
    """The dialects to use from now on."""

    dialects: tuple[str, ...]


class EdgeChange(_RequestModel):
    """What to change at the edge; what is left out stays as it is."""

    failure_rate: Annotated[float, Field(ge=0, le=1)] | None = None
    delay: Annotated[float, Field(ge=0, le=_FARTHEST, allow_inf_nan=False)] | None = (
        None
    )
    seed: int | None = None
    warm: tuple[str, ...] = ()
    cold: tuple[str, ...] = ()


class ControlError(Exception):
    """The request cannot be done; the text is one sentence."""


def _rule(method: str, path: str, endpoint: str) -> Rule:
    return Rule(f"/_emulator{path}", methods=[method], endpoint=endpoint)


_MAP = Map(
    [
        _rule("GET", "/", "overview"),
        _rule("GET", "/state", "state"),
        _rule("GET", "/history", "history"),
        _rule("DELETE", "/history", "clear_history"),
        _rule("GET", "/batches", "batches"),
        _rule("POST", "/reset", "reset"),
        _rule("GET", "/clock", "clock"),
        _rule("POST", "/clock", "advance"),
        _rule("GET", "/faults", "faults"),
        _rule("POST", "/faults", "set_faults"),
        _rule("DELETE", "/faults", "clear_faults"),
        _rule("POST", "/faults/<name>", "switch_fault"),
        _rule("DELETE", "/faults/<name>", "remove_fault"),
        _rule("GET", "/dialects", "dialects"),
        _rule("POST", "/dialects", "set_dialects"),
        _rule("GET", "/keys", "keys"),
        _rule("POST", "/keys", "put_key"),
        _rule("DELETE", "/keys/<key_id>", "remove_key"),
        _rule("POST", "/sites", "put_site"),
        _rule("GET", "/edge", "edge"),
        _rule("POST", "/edge", "change_edge"),
    ],
    strict_slashes=False,
    merge_slashes=False,
)
ENDPOINTS = [
    f"{method} {rule.rule}"
    for rule in _MAP.iter_rules()
    for method in sorted((rule.methods or set()) - {"HEAD"})
]


class ControlledEmulator(Protocol):
    """What the control API needs of the emulator; `http.app.Emulator` is the real one."""

    state: EmulatorState
    wall_clock: Clock
    keys: KeyRing
    faults: FaultInjector
    dialects: tuple[str, ...]
    edge_server: EdgeServer | None

    @property
    def history(self) -> list[HistoryEntry]:
        """The requests received, oldest first."""
        ...

    def use_dialects(self, dialects: tuple[str, ...]) -> None:
        """Use these dialects from now on; DialectError if one is unknown or two contradict."""
        ...

    def reset(self) -> None:
        """Go back to the state at start, except clock and nonces; DataFileError if not stored."""
        ...


class ControlApi:
    """The endpoints: one method each, which returns what is sent as JSON."""

    def __init__(self, emulator: ControlledEmulator) -> None:
        self._emulator = emulator

    def answer(self, request: Request) -> Response:
        """The answer to a request; errors are `{"error": "<one sentence>"}`."""
        request.max_content_length = MAX_BODY_BYTES
        try:
            adapter = _MAP.bind_to_environ(request.environ)
            endpoint, values = adapter.match()
            act: Callable[..., object] = getattr(self, endpoint)
            return _json(act(request, **values))
        except (ControlError, DocumentError, DialectError) as error:
            return _json({"error": str(error)}, 400)
        except (DataFileError, OSError) as error:
            return _json({"error": f"The data file failed: {error}"}, 500)
        except HTTPException as error:
            text = f"{request.method} {request.path}: {error.name}."
            return _json({"error": text}, error.code or 500)

    def overview(self, request: Request) -> object:
        """What this server is, and its endpoints."""
        del request
        return {"emulator": "ESA scheduled prefetch", "endpoints": ENDPOINTS}

    def state(self, request: Request) -> object:
        """The whole state, with ESA's field names."""
        del request
        state = self._emulator.state
        with state.locked() as current:
            return whole_state(state.sites(), current.records, current.now)

    def history(self, request: Request) -> object:
        """The requests received, oldest first; `?action=` selects those of one operation."""
        wanted = request.args.get("action")
        entries = self._emulator.history
        return [one for one in entries if wanted is None or one.action == wanted]

    def clear_history(self, request: Request) -> object:
        """Delete the history of requests."""
        del request
        self._emulator.state.clear_history()
        return {"cleared": "history"}

    def batches(self, request: Request) -> object:
        """The batches that the plans have submitted, oldest first."""
        del request
        state = self._emulator.state
        with state.locked():
            return list(state.batches)

    def reset(self, request: Request) -> object:
        """Go back to the seed, keys, faults and dialects of the start; the clock stays."""
        del request
        self._emulator.reset()
        return {"reset": True}

    def clock(self, request: Request) -> object:
        """The time of the emulator."""
        del request
        clock = self._emulator.state.clock
        kind = "manual" if isinstance(clock, AdjustableClock) else "real"
        return {"now": clock.now(), "clock": kind}

    def advance(self, request: Request) -> object:
        """Move the manual clock forward."""
        clock = self._emulator.state.clock
        if not isinstance(clock, AdjustableClock):
            raise ControlError("The clock is real; start with --clock manual.")
        seconds = _read(request, ClockAdvance).advance
        if clock.now() + timedelta(seconds=seconds) > LATEST:
            raise ControlError("The clock cannot go beyond the year 8999.")
        clock.advance(seconds)
        self._emulator.state.save_time()
        return self.clock(request)

    def faults(self, request: Request) -> object:
        """The faults that are set, and their counters."""
        del request
        injector = self._emulator.faults
        document = injector.document.model_dump(mode="json")
        return {**document, "counts": injector.counts()}

    def set_faults(self, request: Request) -> object:
        """Replace all faults by these."""
        self._emulator.faults.set(_read(request, FaultDocument))
        return self.faults(request)

    def clear_faults(self, request: Request) -> object:
        """Remove all faults."""
        self._emulator.faults.set(FaultDocument())
        return self.faults(request)

    def switch_fault(self, request: Request, name: str) -> object:
        """Switch one fault on or off."""
        enabled = _read(request, FaultSwitch).enabled
        if not self._emulator.faults.switch(name, enabled=enabled):
            raise ControlError(f"There is no fault named {name!r}.")
        return self.faults(request)

    def remove_fault(self, request: Request, name: str) -> object:
        """Remove one fault."""
        if not self._emulator.faults.remove(name):
            raise ControlError(f"There is no fault named {name!r}.")
        return self.faults(request)

    def dialects(self, request: Request) -> object:
        """The dialects in use."""
        del request
        return {"dialects": list(self._emulator.dialects)}

    def set_dialects(self, request: Request) -> object:
        """Replace all dialects by these."""
        names = _read(request, DialectChoice).dialects
        self._emulator.use_dialects(names)
        return self.dialects(request)

    def keys(self, request: Request) -> object:
        """The access keys, without their secrets."""
        del request
        return [
            {
                "AccessKeyId": key.id,
                "AliUid": key.ali_uid,
                "Expiration": key.expires,
                "Policy": key.policy.model_dump(exclude_none=True)
                if key.policy
                else None,
            }
            for key in self._emulator.keys.all()
        ]

    def put_key(self, request: Request) -> object:
        """Add an access key, or replace the one with that id."""
        seed = _read(request, KeySeed)
        self._emulator.keys.put(seed.key(self._emulator.wall_clock.now()))
        return self.keys(request)

    def remove_key(self, request: Request, key_id: str) -> object:
        """Remove an access key."""
        if not self._emulator.keys.remove(key_id):
            raise ControlError(f"There is no access key {key_id!r}.")
        return self.keys(request)

    def put_site(self, request: Request) -> object:
        """Add a site, or replace one; a pending site can become active."""
        one = _read(request, SiteSeed)
        self._emulator.state.put_site(
            SiteRecord(
                id=one.SiteId,
                status=one.Status,
                ali_uid=one.AliUid,
                name=one.SiteName,
                job_limit=one.JobLimit,
                plan_limit=one.PlanLimit,
                url_quota=one.UrlQuota,
                purge_quota=one.PurgeQuota,
            )
        )
        return one

    def edge(self, request: Request) -> object:
        """The edge: where it listens, its origin, its hosts, and how often each URL was asked."""
        del request
        server = self._edge()
        origin = server.edge.origin
        return {
            "port": server.port,
            "hosts": server.edge.hosts,
            "failure_rate": origin.failure_rate,
            "delay": origin.delay,
            "seed": origin.seed,
            "counts": server.edge.counts,
            "ca": server.authority.pem,
        }

    def change_edge(self, request: Request) -> object:
        """Change the origin, or make URLs warm or cold."""
        change = _read(request, EdgeChange).model_dump(exclude_none=True)
        for url in (*change["warm"], *change["cold"]):
            if parse_urls(url).accepted != (url,):
                raise ControlError(f"{url[:200]!r} is not a URL.")
        self._edge().edge.change(**change)
        return self.edge(request)

    def _edge(self) -> EdgeServer:
        if self._emulator.edge_server is None:
            raise ControlError("There is no edge; start with --edge PORT.")
        return self._emulator.edge_server


def refusal_response(refusal: Refusal) -> Response:
    """The answer to a request that `header_checks` refuses."""
    return _json({"error": refusal.text}, refusal.status)


def _read(request: Request, model: type[Model]) -> Model:
    return parse_document(request.get_data(), model, "The request's body")


def _json(value: object, status: int = 200) -> Response:
    text = json.dumps(value, default=_plain)
    answer = Response(f"{text}\n", status, content_type="application/json")
    # A browser must not interpret it as a script or a page, whatever it contains.
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def _plain(value: Any) -> object:
    if isinstance(value, datetime):
        return NOTATIONS["+08:00"](value)
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    return {name: getattr(value, name) for name in value.__slots__}
