"""Handles one request to ESA: parse, authenticate, act, build the reply, record it."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from werkzeug import Request
from werkzeug.http import http_date

from pulumi_esa_emulator.actions import ACTIONS, Action
from pulumi_esa_emulator.actions.context import ActionContext
from pulumi_esa_emulator.clock import Clock
from pulumi_esa_emulator.errors import Problem, invalid_parameter, missing_parameter
from pulumi_esa_emulator.faults.fault_kinds import SkewedClockFault
from pulumi_esa_emulator.faults.injector import (
    FaultHit,
    FaultInjector,
    clock_skew_of,
    delay_of,
    staleness_of,
)
from pulumi_esa_emulator.identity.authorization import (
    authenticate,
    authorize,
    read_signature,
    use_nonce,
)
from pulumi_esa_emulator.identity.keys import AccessKey, KeyRing
from pulumi_esa_emulator.identity.nonces import UsedNonce
from pulumi_esa_emulator.messages.parameters import Parameters
from pulumi_esa_emulator.messages.reply import Reply, json_reply, problem_reply
from pulumi_esa_emulator.messages.request import (
    ACTION,
    VERSION,
    ApiRequest,
    read_headers,
    read_request,
)
from pulumi_esa_emulator.messages.stalls import Stalls
from pulumi_esa_emulator.messages.time_notations import NOTATIONS
from pulumi_esa_emulator.state.emulator_state import CurrentState, EmulatorState
from pulumi_esa_emulator.state.records import Change
from pulumi_esa_emulator.state.request_history import (
    HistoryEntry,
    redacted_parameters,
    shortened_name,
)

API_VERSION = "2024-09-10"
# Long enough for a client that gave up to look and call again before the effect comes.
_MAX_SECONDS_AFTER_DISCONNECT = 60.0

# Gets each request after it was recorded, and its changes; it must not block.
RequestObserver = Callable[[HistoryEntry, tuple[Change, ...]], None]


@dataclass(frozen=True, slots=True)
class PendingRequest:
    """A request in work: its faults, the access key it names, the nonces it has used."""

    request: ApiRequest
    hits: tuple[FaultHit, ...] = ()
    access_key_id: str | None = None
    scheme: str | None = None
    nonces: tuple[UsedNonce, ...] = ()


@dataclass(frozen=True, slots=True)
class RequestResult:
    """The reply to a request, the changes it makes, and the faults that shaped them."""

    reply: Reply
    changes: tuple[Change, ...] = ()
    hits: tuple[FaultHit, ...] = ()


@dataclass(frozen=True, slots=True)
class EsaService:
    """Answers requests.

    `wall_clock` is for signatures, quotas and stale reads; plans run by the state's clock.
    """

    state: EmulatorState
    keys: KeyRing
    faults: FaultInjector
    wall_clock: Clock
    observe: RequestObserver

    def answer(self, http_request: Request, stalls: Stalls) -> Reply:
        """The reply to a request; its changes are stored when this returns."""
        request_id = str(uuid.uuid4()).upper()
        bare = read_headers(http_request, request_id)
        pending = PendingRequest(bare)
        try:
            request = read_request(http_request, bare)
            hits = self.faults.select(request, self.wall_clock.monotonic())
            pending = replace(pending, request=request, hits=hits)
            action = _action_of(request)
            signature = read_signature(request)
            pending = replace(
                pending,
                access_key_id=shortened_name(signature.access_key_id),
                scheme=signature.scheme,
            )
            now, rules = self._signature_time(hits), self.state.rules
            key = authenticate(signature, self.keys, now, rules)
            nonce = use_nonce(key, signature, self.state.nonces, self.wall_clock.now())
            pending = replace(pending, nonces=(nonce,))
            authorize(key, action.name, request.parameters.get("SiteId"), rules)
        except Problem as problem:
            return self._refuse(pending, problem)
        delay = delay_of(pending.hits)
        stalls.wait(delay, after_disconnect=_MAX_SECONDS_AFTER_DISCONNECT)
        return self._serve(pending, action, key)

    def _refuse(self, pending: PendingRequest, problem: Problem) -> Reply:
        skewed = tuple(h for h in pending.hits if isinstance(h.fault, SkewedClockFault))
        result = RequestResult(_problem_reply(pending, problem), (), skewed)
        with self.state.locked() as current:
            return self._record(pending, current, result)

    def _serve(self, pending: PendingRequest, action: Action, key: AccessKey) -> Reply:
        for hit in pending.hits:
            early = hit.fault.before(hit.context)
            if early is not None:
                with self.state.locked() as current:
                    return self._record(
                        pending, current, RequestResult(early, (), (hit,))
                    )
        with self.state.locked() as current:
            context = self._action_context(pending, action, key, current)
            return self._record(pending, current, self._act(pending, action, context))

    def _act(
        self, pending: PendingRequest, action: Action, context: ActionContext
    ) -> RequestResult:
        changes: tuple[Change, ...] = ()
        try:
            done = action.run(context)
            changes = self.state.effective_changes(done.changes)
            body = {"RequestId": pending.request.request_id, **done.body}
            for hit in pending.hits:
                body = hit.fault.reshape(body, hit.context)
            reply = json_reply(body, NOTATIONS[self.state.rules.notation])
        except Problem as problem:
            reply = _problem_reply(pending, problem)
        for hit in pending.hits:
            reply = hit.fault.after(reply, hit.context)
        return RequestResult(reply, changes, pending.hits)

    def _action_context(
        self,
        pending: PendingRequest,
        action: Action,
        key: AccessKey,
        current: CurrentState,
    ) -> ActionContext:
        age = staleness_of(pending.hits) if action.reads else 0.0
        records = current.records
        if age:
            records = self.state.as_of(self.wall_clock.monotonic() - age)
        return ActionContext(
            records=records,
            rules=self.state.rules,
            now=current.now,
            ali_uid=key.ali_uid,
            parameters=Parameters(pending.request.parameters),
            new_id=self.state.new_id,
            oss=self.state.oss,
        )

    def _record(
        self, pending: PendingRequest, current: CurrentState, result: RequestResult
    ) -> Reply:
        request, reply = pending.request, self._with_date(result.reply, pending.hits)
        entry = HistoryEntry(
            action=shortened_name(request.action) if request.action else None,
            parameters=redacted_parameters(request.parameters),
            status=None if reply.delivery.reset else reply.status,
            code=reply.code,
            effect=bool(result.changes),
            time=current.now,
            request_id=request.request_id,
            access_key_id=pending.access_key_id,
            signature=pending.scheme,
            faults=tuple(hit.fault.name for hit in result.hits),
        )
        age = self.faults.max_staleness
        undo = (self.wall_clock.monotonic(), age) if age else None
        try:
            self.state.commit(
                current.now, result.changes, (entry,), pending.nonces, undo=undo
            )
        except OSError as error:
            text = f"The data file cannot be written: {error.strerror}."
            return _problem_reply(pending, Problem("InternalError", text))
        self.observe(entry, result.changes)
        return reply

    def _signature_time(self, hits: tuple[FaultHit, ...]) -> datetime:
        """The time of the signature check; a fault can make it wrong."""
        return self.wall_clock.now() + timedelta(seconds=clock_skew_of(hits))

    def _with_date(self, reply: Reply, hits: tuple[FaultHit, ...]) -> Reply:
        """The reply, with a wrong `Date` if a fault skews the clock; else the server sets it."""
        if not clock_skew_of(hits):
            return reply
        return replace(
            reply,
            headers=(*reply.headers, ("Date", http_date(self._signature_time(hits)))),
        )


def _action_of(request: ApiRequest) -> Action:
    if request.path != "/":
        raise Problem("InvalidAction.NotFound")
    if request.action is None:
        raise missing_parameter("Action")
    action = ACTIONS.get(request.action)
    if action is None:
        raise Problem("InvalidAction.NotFound")
    if request.version is None:
        raise missing_parameter("Version")
    if request.version != API_VERSION:
        raise Problem("InvalidVersion")
    _refuse_contradiction(request)
    if request.method not in {"POST", "GET"} or (
        request.method == "GET" and not action.reads
    ):
        raise Problem("UnsupportedHTTPMethod")
    return action


def _refuse_contradiction(request: ApiRequest) -> None:
    """Refuse two values: ESA's docs do not say which counts, so clients must not send both."""
    for field in (ACTION, VERSION):
        if request.is_ambiguous(field):
            raise invalid_parameter(field[0], "the request gives it two values")


def _problem_reply(pending: PendingRequest, problem: Problem) -> Reply:
    return problem_reply(problem, pending.request.request_id, pending.request.host)
