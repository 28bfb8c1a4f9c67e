"""ESA's side of one call: read, admit, act, answer, note; sends nothing."""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from werkzeug import Request
from werkzeug.http import http_date

from pulumi_esa_emulator.actions import ACTIONS, Action
from pulumi_esa_emulator.actions.context import Desk
from pulumi_esa_emulator.clock import Clock
from pulumi_esa_emulator.errors import Problem, invalid, missing
from pulumi_esa_emulator.faults.injector import FaultBox, Hit, age_of, delay_of, skew_of
from pulumi_esa_emulator.faults.kinds import SkewedClock
from pulumi_esa_emulator.identity.authorization import (
    admit,
    authorise,
    read_claim,
    spend,
)
from pulumi_esa_emulator.identity.keys import Key, KeyRing
from pulumi_esa_emulator.identity.nonces import Nonce
from pulumi_esa_emulator.messages.parameters import Parameters
from pulumi_esa_emulator.messages.reply import Reply, json_reply, problem_reply
from pulumi_esa_emulator.messages.request import (
    ACTION,
    VERSION,
    Call,
    read_call,
    without_contents,
)
from pulumi_esa_emulator.messages.stalls import Patience
from pulumi_esa_emulator.messages.times import NOTATIONS
from pulumi_esa_emulator.state.history import Entry, brief, to_keep
from pulumi_esa_emulator.state.records import Change
from pulumi_esa_emulator.state.world import Moment, World

API_VERSION = "2024-09-10"
# A client that gave up has looked, and called again, when the effect comes after all.
_LATEST_EFFECT = 60.0


@dataclass(frozen=True, slots=True)
class Visit:
    """A call, the faults that hit it, who it says it is from, the nonce it has used."""

    call: Call
    hits: tuple[Hit, ...] = ()
    access_key_id: str | None = None
    scheme: str | None = None
    nonces: tuple[Nonce, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """What is answered, what it changes, and which faults had a hand in it."""

    reply: Reply
    changes: tuple[Change, ...] = ()
    hits: tuple[Hit, ...] = ()


@dataclass(frozen=True, slots=True)
class Service:
    """Answers calls. `wall` is for signatures, quotas and stale reads, never for plans."""

    world: World
    keys: KeyRing
    faults: FaultBox
    wall: Clock

    def answer(self, request: Request, patience: Patience) -> Reply:
        """The reply to a request; whatever it changed is kept when this returns."""
        visit = Visit(without_contents(request, str(uuid.uuid4()).upper()))
        try:
            call = read_call(request, visit.call.request_id)
            hits = self.faults.draw(call, self.wall.monotonic())
            visit = replace(visit, call=call, hits=hits)
            action = _action_of(call)
            claim = read_claim(call)
            visit = replace(
                visit, access_key_id=brief(claim.access_key_id), scheme=claim.scheme
            )
            key = admit(claim, self.keys, self._now(hits), self.world.rules)
            nonce = spend(key, claim, self.world.nonces, self.wall.now())
            visit = replace(visit, nonces=(nonce,))
            site_id = call.parameters.get("SiteId")
            authorise(key, action.name, site_id, self.world.rules)
        except Problem as problem:
            return self._refuse(visit, problem)
        patience.wait(delay_of(visit.hits), alone=_LATEST_EFFECT)
        return self._serve(visit, action, key)

    def _refuse(self, visit: Visit, problem: Problem) -> Reply:
        skewed = tuple(h for h in visit.hits if isinstance(h.fault, SkewedClock))
        with self.world.moment() as present:
            return self._note(visit, present, Result(_said(visit, problem), (), skewed))

    def _serve(self, visit: Visit, action: Action, key: Key) -> Reply:
        for hit in visit.hits:
            early = hit.fault.before(hit.turn)
            if early is not None:
                with self.world.moment() as present:
                    return self._note(visit, present, Result(early, (), (hit,)))
        with self.world.moment() as present:
            return self._note(visit, present, self._act(visit, action, key, present))

    def _act(self, visit: Visit, action: Action, key: Key, present: Moment) -> Result:
        changes: tuple[Change, ...] = ()
        try:
            outcome = action.run(self._desk(visit, action, key, present))
            changes = self.world.differing(outcome.changes)
            body = {"RequestId": visit.call.request_id, **outcome.body}
            for hit in visit.hits:
                body = hit.fault.reshape(body, hit.turn)
            reply = json_reply(body, NOTATIONS[self.world.rules.notation])
        except Problem as problem:
            reply = _said(visit, problem)
        for hit in visit.hits:
            reply = hit.fault.after(reply, hit.turn)
        return Result(reply, changes, visit.hits)

    def _desk(self, visit: Visit, action: Action, key: Key, present: Moment) -> Desk:
        age = age_of(visit.hits) if action.reads else 0.0
        state = self.world.before(self.wall.monotonic() - age) if age else present.state
        return Desk(
            state=state,
            rules=self.world.rules,
            now=present.now,
            ali_uid=key.ali_uid,
            ask=Parameters(visit.call.parameters),
            new_id=self.world.new_id,
            oss=self.world.oss,
        )

    def _note(self, visit: Visit, present: Moment, result: Result) -> Reply:
        reply = self._dated(result.reply, visit.hits)
        entry = Entry(
            action=brief(visit.call.action) if visit.call.action else None,
            parameters=to_keep(visit.call.parameters),
            status=None if reply.delivery.reset else reply.status,
            code=reply.code,
            effect=bool(result.changes),
            time=present.now,
            request_id=visit.call.request_id,
            access_key_id=visit.access_key_id,
            signature=visit.scheme,
            faults=tuple(hit.fault.name for hit in result.hits),
        )
        age = self.faults.oldest_view
        undo = (self.wall.monotonic(), age) if age else None
        try:
            self.world.commit(
                present.now, result.changes, (entry,), visit.nonces, undo=undo
            )
        except OSError as error:
            text = f"The data file cannot be written: {error.strerror}."
            return _said(visit, Problem("InternalError", text))
        return reply

    def _now(self, hits: tuple[Hit, ...]) -> datetime:
        """What the clock of signatures shows, which a fault may have set wrong."""
        return self.wall.now() + timedelta(seconds=skew_of(hits))

    def _dated(self, reply: Reply, hits: tuple[Hit, ...]) -> Reply:
        """The reply with the wrong clock's `Date`; the right one's is the server's job."""
        if not skew_of(hits):
            return reply
        return replace(
            reply, headers=(*reply.headers, ("Date", http_date(self._now(hits))))
        )


def _action_of(call: Call) -> Action:
    if call.path != "/":
        raise Problem("InvalidApi.NotFound")
    if call.action is None:
        raise missing("Action")
    action = ACTIONS.get(call.action)
    if action is None:
        raise Problem("InvalidApi.NotFound")
    if call.version is None:
        raise missing("Version")
    if call.version != API_VERSION:
        raise Problem("InvalidVersion")
    _refuse_contradiction(call)
    if call.method not in {"POST", "GET"} or (
        call.method == "GET" and not action.reads
    ):
        raise Problem("UnsupportedHTTPMethod")
    return action


def _refuse_contradiction(call: Call) -> None:
    """ESA's docs do not say which would count; a client must not learn it here."""
    for place in (ACTION, VERSION):
        if call.contradicts(place):
            raise invalid(place[0], "the request gives it two values")


def _said(visit: Visit, problem: Problem) -> Reply:
    return problem_reply(problem, visit.call.request_id, visit.call.host)
