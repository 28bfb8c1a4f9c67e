"""Classifies an HTTP answer: the JSON of a success, or the error that it means; sends nothing."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from pulumi_esa_prefetch.api.error_codes import advice, error_class, is_ambiguous
from pulumi_esa_prefetch.api.errors import (
    ApiError,
    CutOff,
    NoAnswer,
    NotFromEsa,
    ServerFault,
    Throttled,
    WrongClock,
)
from pulumi_esa_prefetch.api.proxies import PROXY_CREDENTIALS
from pulumi_esa_prefetch.api.safe_text import one_line
from pulumi_esa_prefetch.settings.credential_sources import Credentials

_SIGNATURE = re.compile(r"\b[0-9a-fA-F]{40,64}\b")
_MASK = "[secret]"
_REDIRECTS = {301, 302, 303, 307, 308}
_LONGEST_HOST = 100
_SUCCESS_CODES = {"", "0", "200", "ok", "success"}


@dataclass(frozen=True)
class HttpAnswer:
    """An HTTP answer, with the call's action, the time of arrival and the keys that signed the request."""

    action: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)  # it may repeat the request
    received: datetime
    credentials: Credentials
    """The keys that signed the request: they are masked wherever the answer repeats them."""

    @property
    def content_type(self) -> str:
        """The media type without parameters, in lower case, secrets masked."""
        value = self.mask_secrets(self.headers.get("content-type", ""))
        return str(value).partition(";")[0].strip().lower()

    def mask_secrets(self, value: Any) -> Any:
        """A JSON value in which each secret of the request is masked, in case the server repeats it."""
        return _masked(_secrets_pattern(self.credentials), value)

    def may_repeat_a_secret(self) -> bool:
        """Whether the body holds a secret of the request, or an escape of JSON that may hide one.

        One look at the whole body instead of one at each value of a list of plans.
        """
        if json.detect_encoding(self.body) != "utf-8":
            return True
        text = self.body.decode("utf-8", "replace")
        return "\\" in text or bool(_secrets_pattern(self.credentials).search(text))

    def clean(self, text: object) -> str:
        """The text on one line: short, safe to print, secrets and signatures masked."""
        return one_line(_SIGNATURE.sub("[hash]", self.mask_secrets(str(text))))


def read_answer(answer: HttpAnswer, effect_note: str) -> dict[str, Any]:
    """The JSON object of a successful answer.

    Raises ApiError if ESA refused the call, even with a 200. Raises NoAnswer for a 2xx that is not a JSON object:
    the call may have had its effect. `effect_note` is added to that message.
    """
    content = _json_object(answer)
    if not 200 <= answer.status < 300:  # noqa: PLR2004 -- success in HTTP
        found = _xml_error(answer.body) if content is None else content
        raise _refusal(answer, found)
    if content is None or not _is_from_esa(answer, content):
        raise NoAnswer(
            f"{answer.action}: {_description(answer)} instead of ESA's JSON "
            f"(HTTP {answer.status}){effect_note}"
        )
    if _hides_a_failure(content):
        raise _refusal(answer, content)
    return content


def _refusal(answer: HttpAnswer, content: dict[str, Any] | None) -> ApiError:
    facts = content or {}
    code = answer.clean(_field(facts, "Code"))
    wait = _retry_after(answer)
    request_id = answer.clean(_field(facts, "RequestId"))
    is_success = 200 <= answer.status < 300  # noqa: PLR2004 -- in HTTP
    is_from_esa = is_success or bool(code or request_id)
    found = error_class(
        code, answer.status, hinted=wait is not None, is_from_esa=is_from_esa
    )
    if content is None and _is_cut_off(answer):
        found = found if found in {ServerFault, Throttled} else CutOff
    message = answer.clean(_field(facts, "Message"))
    return found(
        answer.action,
        code,
        answer.status,
        message or _without_message(answer, content, is_from_esa=is_from_esa),
        request_id or None,
        advice=_advice(answer, facts, code, found),
        ambiguous=is_ambiguous(code, found),
        retry_after=wait,
    )


def _advice(
    answer: HttpAnswer, facts: Mapping[str, Any], code: str, found: type[ApiError]
) -> str:
    if found is WrongClock:
        return _clock_advice(answer)
    if (
        found is NotFromEsa
        and answer.status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED
    ):
        return PROXY_CREDENTIALS
    moved_to = _location(answer) if found is NotFromEsa else None
    if moved_to:
        return f"it redirects to {moved_to}, which ESA never does: correct the endpoint"
    general = advice(code, found, answer.action, keys=answer.credentials)
    return general + _missing_permission(answer, facts)


def _location(answer: HttpAnswer) -> str | None:
    """Where a redirect goes: scheme and host only, because the rest may repeat the request."""
    if answer.status not in _REDIRECTS:
        return None
    try:
        parts = urlsplit(answer.headers.get("location", "").strip())
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "an unreadable address"
    if not parts.hostname:
        return "another path of the same host"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return answer.clean(f"{parts.scheme or 'https'}://{host[:_LONGEST_HOST]}{port}")


def _field(facts: Mapping[str, Any], name: str) -> Any:
    """A field in either spelling that Alibaba's SDK accepts, `Code` or `code`."""
    value = facts.get(name, facts.get(name[0].lower() + name[1:]))
    return "" if value is None else value


def _hides_a_failure(content: dict[str, Any]) -> bool:
    failed = str(_field(content, "Success")).lower() == "false"
    return failed or str(_field(content, "Code")).lower() not in _SUCCESS_CODES


def _missing_permission(answer: HttpAnswer, facts: Mapping[str, Any]) -> str:
    detail = _field(facts, "AccessDeniedDetail")
    right = detail.get("AuthAction") if isinstance(detail, dict) else None
    return f" (RAM says: {answer.clean(right)})" if right else ""


def _json_object(answer: HttpAnswer) -> dict[str, Any] | None:
    """The content, None if it is not a JSON object; secrets are masked after the escapes of JSON are decoded."""
    try:
        content = json.loads(answer.body)
        if answer.may_repeat_a_secret():
            content = answer.mask_secrets(content)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _xml_error(body: bytes) -> dict[str, Any] | None:
    """The fields of an error in XML, which some gateways send; None if the body is not one."""
    text = body[:10_000].decode("utf-8", "replace")
    if "<Error>" not in text:
        return None
    return dict(re.findall(r"<(Code|Message|RequestId)>([^<]*)</", text))


def _is_from_esa(answer: HttpAnswer, content: dict[str, Any]) -> bool:
    """Whether the answer has the media type of JSON, or a field that only ESA sends.

    A complete answer with a wrong media type still shows what happened.
    """
    kind = answer.content_type
    return not kind or kind.endswith(("/json", "+json")) or "RequestId" in content


def _is_cut_off(answer: HttpAnswer) -> bool:
    """Whether the answer is JSON that did not arrive completely."""
    return "json" in answer.content_type and bool(answer.body)


def _without_message(
    answer: HttpAnswer, content: dict[str, Any] | None, *, is_from_esa: bool
) -> str:
    if content is None:
        return _description(answer)
    return "ESA gives no reason" if is_from_esa else "JSON without an error of ESA"


def _description(answer: HttpAnswer) -> str:
    if not answer.body:
        return "an empty answer"
    kind = answer.clean(answer.content_type or "an answer of no known type")
    if "json" in kind:
        return "JSON that is cut off or broken"
    # Secrets are masked before the text is cut: a part of a secret would not be found.
    text = answer.mask_secrets(answer.body.decode("utf-8", "replace"))
    start = answer.clean(text[:4000])
    return f"{kind} that begins {start[:60]!r}"


def _retry_after(answer: HttpAnswer) -> float | None:
    milliseconds = answer.headers.get("x-acs-retry-after", "").strip()
    if milliseconds.isdecimal():
        return int(milliseconds[:9]) / 1000 or None
    text = answer.headers.get("retry-after", "").strip()
    if text.isdecimal():
        return float(text[:9]) or None
    moment = http_date(text)
    if moment is None:
        return None
    return max(0.0, (moment - answer.received).total_seconds()) or None


def _clock_advice(answer: HttpAnswer) -> str:
    server = http_date(answer.headers.get("date", ""))
    seconds = (answer.received - server).total_seconds() if server else 0.0
    if abs(seconds) < 60:  # noqa: PLR2004 -- less cannot be the reason
        return "check this machine's clock: ESA allows 15 minutes"
    way = "ahead of" if seconds > 0 else "behind"
    return (
        f"this machine's clock is {duration_text(abs(seconds))} {way} the server's: set it right, "
        "ESA allows 15 minutes"
    )


def duration_text(seconds: float) -> str:
    """A difference of clocks in minutes, or in hours and minutes."""
    minutes = round(seconds / 60)
    if minutes < 120:  # noqa: PLR2004 -- from two hours on, hours are easier to read
        return f"{minutes} minute{'s' * (minutes != 1)}"
    return f"{minutes // 60} hours {minutes % 60} minutes"


def http_date(text: str) -> datetime | None:
    """The time in a header such as `Date`; None if it is none."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _masked(pattern: re.Pattern[str], value: Any) -> Any:
    """A JSON value in which each match of the pattern is masked."""
    if isinstance(value, str):
        return pattern.sub(_MASK, value)
    if isinstance(value, dict):
        return {
            pattern.sub(_MASK, name): _masked(pattern, item)
            for name, item in value.items()
        }
    return (
        [_masked(pattern, item) for item in value] if isinstance(value, list) else value
    )


@lru_cache(maxsize=2)  # the present keys, and those before they were renewed
def _secrets_pattern(credentials: Credentials) -> re.Pattern[str]:
    """A pattern that finds the secrets in any escaped form."""
    secrets = (credentials.access_key_secret, credentials.security_token or "")
    # The longest secret first: it may begin with the other one.
    longest_first = sorted(filter(None, secrets), key=len, reverse=True)
    spelled = ("".join(map(_any_spelling, secret)) for secret in longest_first)
    return re.compile("|".join(spelled) or r"(?!)")


def _any_spelling(character: str) -> str:
    """A pattern for one character of a key: itself, or as JSON, a URL or HTML escapes it, even more than once."""
    if character.isalnum():
        return character
    code = ord(character)
    return (
        rf"(?:\\*{re.escape(character)}|(?i:\\+u{code:04x}|%(?:25)*{code:02x}|"
        rf"&(?:amp;)*#(?:0*{code}|x0*{code:x});))"
    )
