"""The kinds of faults, each a small type with its own fields; `fault` says when one hits."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from pulumi_esa_emulator.actions import ACTIONS
from pulumi_esa_emulator.errors import Problem
from pulumi_esa_emulator.faults.fault import Fault, FaultContext, Seconds, Strings, When
from pulumi_esa_emulator.messages.reply import JsonObject, Reply
from pulumi_esa_emulator.messages.time_notations import NOTATIONS

ErrorStatus = Annotated[int, Field(ge=400, le=599)]
ServerStatus = Annotated[int, Field(ge=500, le=599)]


class _RefusalFault(Fault):
    code: str = "TooManyRequests"
    status: ErrorStatus | None = None
    retry_after_ms: Annotated[int, Field(ge=0)] | None = None
    retry_after: Annotated[int, Field(ge=0)] | None = None

    def before(self, context: FaultContext) -> Reply | None:
        """The refusal, with the headers that say when to retry."""
        hints = (
            ("x-acs-retry-after", self.retry_after_ms),
            ("Retry-After", self.retry_after),
        )
        headers = tuple(
            (name, str(value)) for name, value in hints if value is not None
        )
        return context.refusal(Problem(self.code, status=self.status, headers=headers))


class ThrottleFault(_RefusalFault):
    """Refuses with the documented 400 TooManyRequests, or another `code` and `status`.

    `retry_after_ms` adds x-acs-retry-after, `retry_after` (seconds) Retry-After.
    """

    kind: Literal["throttle"] = "throttle"


class QuotaFault(_RefusalFault):
    """Refuses, as `throttle` does, the calls beyond `per_second` in a second."""

    kind: Literal["quota"] = "quota"
    per_second: Annotated[int, Field(ge=1)]

    @model_validator(mode="after")
    def _counts_by_second(self) -> "QuotaFault":
        if self.probability is not None or self.calls or self.every:
            raise ValueError(
                "it hits the calls beyond `per_second`; "
                "remove `probability`, `calls` and `every`"
            )
        return self

    def applies(self, context: FaultContext) -> bool:
        """Whether the last second has had `per_second` calls."""
        return context.recent >= self.per_second


class ServerErrorFault(Fault):
    """Answers 500 InternalError, or another `code` and `status`.

    `when`: before or after the effect.
    """

    kind: Literal["server-error"] = "server-error"
    when: When = "before"
    code: str = "InternalError"
    status: ServerStatus = 500

    def before(self, context: FaultContext) -> Reply | None:
        """The error, if it comes before the effect."""
        return self._error(context) if self.when == "before" else None

    def after(self, reply: Reply, context: FaultContext) -> Reply:
        """The error, if it comes after the effect."""
        return self._error(context) if self.when == "after" else reply

    def _error(self, context: FaultContext) -> Reply:
        return context.refusal(Problem(self.code, status=self.status))


class ResetFault(Fault):
    """Resets the connection, `when`: before or after the effect."""

    kind: Literal["reset"] = "reset"
    when: When = "before"

    def before(self, context: FaultContext) -> Reply | None:
        """The reset, if it comes before the effect."""
        del context
        return Reply(0, b"").delivered(reset=True) if self.when == "before" else None

    def after(self, reply: Reply, context: FaultContext) -> Reply:
        """The reset, if it comes after the effect."""
        del context
        return reply.delivered(reset=True) if self.when == "after" else reply


class StallFault(Fault):
    """Waits for `seconds`, `when`: before the effect or after it.

    Before: the effect comes late, up to a minute after the client disconnected. A stall ends
    at once when any fault is removed or switched off; at most 48 calls wait at a time.
    """

    kind: Literal["stall"] = "stall"
    when: When = "after"
    seconds: Seconds

    def delay(self) -> float:
        """The seconds, if they come before the effect."""
        return self.seconds if self.when == "before" else 0.0

    def after(self, reply: Reply, context: FaultContext) -> Reply:
        """The same reply, later."""
        del context
        later = self.seconds if self.when == "after" else 0.0
        return reply.delivered(stall=reply.delivery.stall + later)


class SlowBytesFault(Fault):
    """Sends `chunk` bytes of the answer at a time with `pause` seconds between."""

    kind: Literal["slow-bytes"] = "slow-bytes"
    chunk: Annotated[int, Field(ge=1)] = 16
    pause: Seconds = 0.05

    def after(self, reply: Reply, context: FaultContext) -> Reply:
        """The same reply in small pieces."""
        del context
        return reply.delivered(chunk=self.chunk, pause=self.pause)


class TruncatedFault(Fault):
    """Sends only the share `keep` of the JSON's bytes, then ends the connection.

    If `framed`, Content-Length is the length of what is sent.
    """

    kind: Literal["truncated"] = "truncated"
    keep: Annotated[float, Field(ge=0, lt=1)] = 0.5
    framed: bool = False

    def after(self, reply: Reply, context: FaultContext) -> Reply:
        """The first part of the reply."""
        del context
        cut = int(len(reply.body) * self.keep)
        if self.framed:
            return replace(reply, body=reply.body[:cut])
        return reply.delivered(cut=cut)


class HtmlFault(Fault):
    """Answers with a proxy's HTML page and `status`, `when`: before or after the effect."""

    kind: Literal["html"] = "html"
    when: When = "before"
    status: ErrorStatus = 502

    def before(self, context: FaultContext) -> Reply | None:
        """The page, if it comes before the effect."""
        del context
        return self._page() if self.when == "before" else None

    def after(self, reply: Reply, context: FaultContext) -> Reply:
        """The page, if it comes after the effect."""
        del context
        return self._page() if self.when == "after" else reply

    def _page(self) -> Reply:
        title = f"{self.status} Bad Gateway"
        text = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body>"
        body = f"{text}</html>\n".encode()
        return Reply(self.status, body, content_type="text/html; charset=utf-8")


class ContentTypeFault(Fault):
    """Sends the right JSON with another content type, `value`."""

    kind: Literal["content-type"] = "content-type"
    value: Annotated[str, Field(pattern=r"^[ -~]+$")] = "text/plain"

    def after(self, reply: Reply, context: FaultContext) -> Reply:
        """The same reply with another header."""
        del context
        return replace(reply, content_type=self.value)


class ExtraKeysFault(Fault):
    """Adds `count` unknown keys to every object of the answer."""

    kind: Literal["extra-keys"] = "extra-keys"
    count: Annotated[int, Field(ge=1, le=1000)] = 3

    def reshape(self, body: JsonObject, context: FaultContext) -> JsonObject:
        """The body with the unknown keys."""
        values: tuple[object, ...] = (None, 1, "text", [], {"Nested": True})
        extra = {f"Extra{n}": context.rng.choice(values) for n in range(self.count)}
        added: JsonObject = _each_object(body, lambda one: {**one, **extra})
        return added


class MissingKeysFault(Fault):
    """Leaves out the `keys`, or `count` random keys, of every object of the answer."""

    kind: Literal["missing-keys"] = "missing-keys"
    keys: Strings = ()
    count: Annotated[int, Field(ge=1)] = 1

    @model_validator(mode="after")
    def _keys_or_count(self) -> "MissingKeysFault":
        if self.keys and self.count != 1:
            raise ValueError("give `keys` or `count`, not both")
        return self

    def reshape(self, body: JsonObject, context: FaultContext) -> JsonObject:
        """The body without these keys."""

        def without(one: JsonObject) -> JsonObject:
            names = sorted(one)
            gone = self.keys or context.rng.sample(names, min(self.count, len(names)))
            return {name: value for name, value in one.items() if name not in gone}

        left: JsonObject = _each_object(body, without)
        return left


class TimeNotationsFault(Fault):
    """Writes each time in a random one of `notations` (default: all that ESA's docs show)."""

    kind: Literal["times"] = "times"
    notations: Strings = tuple(NOTATIONS)

    @field_validator("notations")
    @classmethod
    def _known_notations(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name not in NOTATIONS:
                raise ValueError(f"a notation must be one of {', '.join(NOTATIONS)}")
        if not names:
            raise ValueError("at least one notation is needed")
        return names

    def reshape(self, body: JsonObject, context: FaultContext) -> JsonObject:
        """The body with its times as strings."""

        def written(one: JsonObject) -> JsonObject:
            return {
                name: NOTATIONS[context.rng.choice(self.notations)](value)
                if isinstance(value, datetime)
                else value
                for name, value in one.items()
            }

        rewritten: JsonObject = _each_object(body, written)
        return rewritten


class ShuffledFault(Fault):
    """Returns lists in another order."""

    kind: Literal["shuffled"] = "shuffled"

    def reshape(self, body: JsonObject, context: FaultContext) -> JsonObject:
        """The body with its lists shuffled."""
        return {
            name: context.rng.sample(value, len(value))
            if isinstance(value, list)
            else value
            for name, value in body.items()
        }


class StaleFault(Fault):
    """Get and List return the state of `seconds` ago, without the writes since then."""

    kind: Literal["stale"] = "stale"
    seconds: Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)]

    @model_validator(mode="after")
    def _reads_only(self) -> "StaleFault":
        if self.actions and not any(ACTIONS[name].reads for name in self.actions):
            raise ValueError("only operations that read, Get and List, can be stale")
        return self

    def matches(self, action: str, object_id: str | None) -> bool:
        """Whether the fault counts this request; it must be a read."""
        return ACTIONS[action].reads and super().matches(action, object_id)


class ExpiredTokenFault(Fault):
    """Refuses as if the security token had expired."""

    kind: Literal["expired-token"] = "expired-token"

    def before(self, context: FaultContext) -> Reply | None:
        """The refusal."""
        return context.refusal(Problem("InvalidSecurityToken.Expired"))


class DeniedFault(Fault):
    """Refuses as RAM does, with 403 and `code`."""

    kind: Literal["denied"] = "denied"
    code: Literal["NoPermission", "Forbidden.RAM"] = "NoPermission"

    def before(self, context: FaultContext) -> Reply | None:
        """The refusal."""
        text = (
            f"You are not authorized to do this operation. Action: esa:{context.action}"
        )
        return context.refusal(Problem(self.code, text, status=403))


class SkewedClockFault(Fault):
    """Checks signatures by a clock that is `seconds` ahead (behind if negative).

    The header `Date` is by that clock too.
    """

    kind: Literal["skewed-clock"] = "skewed-clock"
    seconds: Annotated[float, Field(ge=-1e9, le=1e9)]


KINDS: tuple[type[Fault], ...] = (
    ThrottleFault,
    QuotaFault,
    ServerErrorFault,
    ResetFault,
    StallFault,
    SlowBytesFault,
    TruncatedFault,
    HtmlFault,
    ContentTypeFault,
    ExtraKeysFault,
    MissingKeysFault,
    TimeNotationsFault,
    ShuffledFault,
    StaleFault,
    ExpiredTokenFault,
    DeniedFault,
    SkewedClockFault,
)


def _each_object(value: Any, change: Any) -> Any:
    """The value with every object in it changed, inner objects first."""
    if isinstance(value, list):
        return [_each_object(one, change) for one in value]
    if isinstance(value, dict):
        inner = {name: _each_object(one, change) for name, one in value.items()}
        return change(inner)
    return value
