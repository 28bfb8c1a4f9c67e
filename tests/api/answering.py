"""A server with a list of answers, and a client of it, for tests."""

import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx

from pulumi_esa_prefetch.api.client import EsaClient
from pulumi_esa_prefetch.api.credentials import (
    Credentials,
    CredentialsProvider,
    StaticCredentials,
)
from pulumi_esa_prefetch.clock import ManualClock
from pulumi_esa_prefetch.settings.settings import DEFAULT_MAX_QPS

PLAN_ID = "665d3b48621bccf3fe29e1a7"
JOB_ID = "665d3af3621bccf3fe29e1a4"
REQUEST_ID = "65C66B7B-671A-8297-9187-2R5477247B76"
NOON = datetime(2024, 6, 1, 12, tzinfo=UTC)
KEYS = Credentials("exampleAccessKeyId", "exampleAccessKeySecret")

# The success response of StartScheduledPreloadExecution's page, word for word.
PLAN: dict[str, Any] = {
    "RequestId": REQUEST_ID,
    "Id": PLAN_ID,
    "StartTime": "2024-05-31T17:10:48.849+08:00",
    "EndTime": "2024-05-31T18:10:48.849+08:00",
    "Interval": 60,
    "SliceLen": 10,
    "Status": "waiting",
    "JobId": JOB_ID,
    "AliUid": "15685865xxx14622",
}


def ok(content: object) -> httpx.Response:
    return httpx.Response(200, json=content)


def refusal(
    status: int, code: str, message: str = "No.", headers: dict[str, str] | None = None
) -> httpx.Response:
    content = {
        "RequestId": REQUEST_ID,
        "HostId": "esa.cn-hangzhou.aliyuncs.com",
        "Code": code,
        "Message": message,
    }
    return httpx.Response(status, json=content, headers=headers)


Line = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


class Script:
    """Returns each answer in turn, then always the last one; records the requests."""

    def __init__(self, *lines: Line) -> None:
        self._lines = list(lines)
        self.requests: list[httpx.Request] = []
        self.headers: list[httpx.Headers] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.headers.append(httpx.Headers(request.headers))  # as they were when sent
        line = self._lines.pop(0) if len(self._lines) > 1 else self._lines[0]
        if isinstance(line, Exception):
            raise line
        if callable(line):
            return line(request)
        return httpx.Response(
            line.status_code, headers=line.headers, content=line.content
        )

    @property
    def actions(self) -> list[str]:
        return [headers["x-acs-action"] for headers in self.headers]


def client_of(
    app: Callable[[httpx.Request], httpx.Response],
    *,
    clock: ManualClock | None = None,
    credentials: CredentialsProvider | None = None,
    nonce: Callable[[], str] | None = None,
    deadline: float = 120.0,
    max_qps: float = DEFAULT_MAX_QPS,
    endpoint: str = "https://esa.cn-hangzhou.aliyuncs.com",
) -> EsaClient:
    count = iter(range(1_000_000))
    return EsaClient(
        endpoint,
        credentials or StaticCredentials(KEYS),
        clock=clock or ManualClock(NOON),
        rng=random.Random(4),
        nonce=nonce or (lambda: f"{next(count):032x}"),
        transport=httpx.MockTransport(app),
        deadline=deadline,
        max_qps=max_qps,
    )
