"""The product's parsers, each as a law over bytes; a law that is broken raises."""

import json
import random
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import httpx
from pulumi.runtime.rpc import UNKNOWN

from pulumi_esa_emulator.clock import ManualClock
from pulumi_esa_emulator.messages import time_notations
from pulumi_esa_prefetch.api.client import EsaClient
from pulumi_esa_prefetch.api.credentials import StaticCredentials
from pulumi_esa_prefetch.api.errors import EsaError
from pulumi_esa_prefetch.api.esa_times import parse_time, render_time
from pulumi_esa_prefetch.api.models import PlanSpec
from pulumi_esa_prefetch.load import Limits, LimitsError
from pulumi_esa_prefetch.provider.errors import PrefetchError
from pulumi_esa_prefetch.provider.hooks import PlanProvider
from pulumi_esa_prefetch.provider.session import ProviderSession
from pulumi_esa_prefetch.report.analysis.summary_building import compose
from pulumi_esa_prefetch.report.errors import ReportError
from pulumi_esa_prefetch.report.inputs.esa_snapshot import EsaSnapshot
from pulumi_esa_prefetch.report.inputs.pulumi_documents import (
    ResourceEntry,
    read_preview,
    read_state,
)
from pulumi_esa_prefetch.report.inputs.resource_graph import ResourceGraph
from pulumi_esa_prefetch.report.render.markdown import markdown
from pulumi_esa_prefetch.report.render.summary_line import summary_line
from pulumi_esa_prefetch.resources.plan_config import PlanConfigError, read_plans
from pulumi_esa_prefetch.settings.credential_sources import Credentials
from pulumi_esa_prefetch.settings.settings import SettingsError, read_settings
from tests.fuzz.sentences import assert_sentence

NOW = datetime(2026, 11, 11, tzinfo=UTC)
SECRET, TOKEN = "geheim/Secret+1", "geheim/Token+2=="
PLAN_ID, JOB_ID = "665d3b48621bccf3fe29e1a7", "665d3af3621bccf3fe29e1a4"
_MOST_CALLS = 500


def client_of(
    answer: Callable[[httpx.Request], httpx.Response], endpoint: str = "http://esa.test"
) -> EsaClient:
    """A client of an ESA that gives these answers, in which no time passes."""
    return EsaClient(
        endpoint,
        StaticCredentials(Credentials("id", SECRET, TOKEN)),
        clock=ManualClock(NOW),
        rng=random.Random(1),
        transport=httpx.MockTransport(answer),
    )


ACTIONS: dict[str, Callable[[EsaClient], object]] = {
    "create_job": lambda c: c.create_scheduled_preload_job(
        site_id=1, name="n", insert_way="textBox", url_list=["http://a.example/"]
    ),
    "get_job": lambda c: c.get_scheduled_preload_job(job_id=JOB_ID),
    "list_jobs": lambda c: c.list_scheduled_preload_jobs(site_id=1),
    "reset": lambda c: c.reset_scheduled_preload_job(job_id=JOB_ID),
    "delete_job": lambda c: c.delete_scheduled_preload_job(job_id=JOB_ID),
    "create_plans": lambda c: c.create_scheduled_preload_executions(
        job_id=JOB_ID, executions=[PlanSpec(interval=1, slice_len=1)]
    ),
    "list_plans": lambda c: c.list_scheduled_preload_executions(job_id=JOB_ID),
    "update": lambda c: c.update_scheduled_preload_execution(
        plan_id=PLAN_ID, interval=5
    ),
    "start": lambda c: c.start_scheduled_preload_execution(plan_id=PLAN_ID),
    "stop": lambda c: c.stop_scheduled_preload_execution(plan_id=PLAN_ID),
    "delete": lambda c: c.delete_scheduled_preload_execution(plan_id=PLAN_ID),
    "quotas": lambda c: c.list_instance_quotas(quota_names=["preload"], site_id=1),
}


def read_answers(content: bytes, status: int = 200, headers: Any = ()) -> None:
    """ESA's answer to each action, and to each repeat and page of it."""
    for act in ACTIONS.values():
        _call(act, lambda _: httpx.Response(status, headers=headers, content=content))


def _call(
    act: Callable[[EsaClient], object],
    answer: Callable[[httpx.Request], httpx.Response],
) -> None:
    calls = 0

    def counted(request: httpx.Request) -> httpx.Response:
        nonlocal calls
        calls += 1
        assert calls < _MOST_CALLS, "it asks for ever"
        return answer(request)

    client = client_of(counted)
    try:
        act(client)
    except EsaError as error:
        assert_sentence(error, secret="geheim")


def read_time(content: bytes) -> None:
    """An instant: both readers agree, and what is written is read as the same."""
    text = content.decode("utf-8", "surrogateescape")
    found = expected = None
    with suppress(ValueError):
        found = parse_time(text)
    with suppress(ValueError):
        expected = time_notations.parse_time(text)
    with suppress(ValueError):
        time_notations.parse_relative_time(text, NOW)
    if found is not None:
        assert found.utcoffset() is not None
        assert parse_time(render_time(found)) == found
    if expected is not None:
        assert found is not None
        assert time_notations.to_milliseconds(found) == expected


def read_limits(content: bytes) -> None:
    """The stack's limits, as the JSON text of a config value."""
    text = content.decode("utf-8", "replace")
    try:
        limits = Limits.parse(text)
    except LimitsError as error:
        assert_sentence(error)
        return
    for freeze in limits.freeze:
        assert str(freeze)


def read_plan_config(content: bytes) -> None:
    """The plans in a stack's config, as the SDK hands them over: parsed JSON."""
    try:
        assert isinstance(read_plans(json.loads(content)), dict)
    except PlanConfigError as error:
        assert_sentence(error)
    except (ValueError, RecursionError):
        assert not _is_json(content)


def read_settings_of(content: bytes) -> None:
    """Settings from any config and environment, and a call with what they say."""
    found = _object(content)
    texts = {k: v for k, v in found.items() if isinstance(v, str)}
    try:
        settings = read_settings(texts.get, texts)
    except SettingsError as error:
        assert_sentence(error)
        return
    assert SECRET not in repr(settings)
    calls = iter(range(_MOST_CALLS))

    def answer(_: httpx.Request) -> httpx.Response:
        next(calls)
        return httpx.Response(400, json={"Code": "NoPermission"})

    if not isinstance(settings.credentials, Credentials):
        return
    try:
        with EsaClient.from_settings(
            settings,
            clock=ManualClock(NOW),
            rng=random.Random(1),
            transport=httpx.MockTransport(answer),
        ) as client:
            client.start_scheduled_preload_execution(plan_id=PLAN_ID)
    except EsaError as error:
        assert_sentence(error)


def take_declaration(content: bytes) -> None:
    """Every hook, on any properties in both places: failures that name one, or a sentence."""
    found = _object(content)
    sides = (_object_in(found, "olds"), _object_in(found, "news"))
    olds, news = ({k: _unknown(v) for k, v in side.items()} for side in sides)
    an_id = found.get("id")
    id_ = an_id if isinstance(an_id, str) else f"{JOB_ID}:{PLAN_ID}"
    provider = PlanProvider()
    provider.session = ProviderSession(
        lambda: client_of(_plain_esa), clock=ManualClock(NOW)
    )
    with redirect_stdout(StringIO()) as told:
        checked = provider.check(olds, news)
        assert provider.diff(id_, olds, checked.inputs).changes in {True, False}
        for failure in checked.failures:
            assert failure.property in {*news, *_PROPERTIES}
            assert_sentence(failure.reason)
        olds, news = ({k: _known(v) for k, v in side.items()} for side in sides)
        for hook in (
            lambda: provider.create(news),
            lambda: provider.update(id_, olds, news),
            lambda: provider.read(id_, olds),
            lambda: provider.delete(id_, olds),
        ):
            try:
                hook()
            except PrefetchError as error:
                assert_sentence(error)
    for said in told.getvalue().splitlines():
        assert_sentence(said)


_PROPERTIES = {"plan_id", "job_id", "desired_state", "triggers", "rerun", "on_destroy"}


def summarise(content: bytes) -> None:
    """What `esa-prefetch summary` makes of a preview, or of a state beside one."""
    text = content.decode("utf-8", "replace")
    try:
        preview = read_preview(text)
        state: tuple[ResourceEntry, ...] = ()
    except ReportError as error:
        assert_sentence(error)
        preview = read_preview('{"steps": []}')
        try:
            state = read_state(text)
        except ReportError as other:
            assert_sentence(other)
            return
    try:
        limits = Limits.parse(preview.config.get("esa-prefetch:limits"))
    except LimitsError as error:
        assert_sentence(error)
        limits = Limits()
    made = compose(
        preview, ResourceGraph.of(preview, state), EsaSnapshot(problem="x"), limits, NOW
    )
    assert json.loads(made.to_json())
    assert markdown(made)
    assert_sentence(summary_line(made))


def _plain_esa(request: httpx.Request) -> httpx.Response:
    plan = {"Id": PLAN_ID, "JobId": JOB_ID, "Status": "running"}
    if request.headers["x-acs-action"].startswith("List"):
        return httpx.Response(200, json={"TotalCount": 1, "Executions": [plan]})
    return httpx.Response(200, json=plan)


def _object(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _object_in(found: dict[str, Any], key: str) -> dict[str, Any]:
    value = found.get(key)
    return value if isinstance(value, dict) else {}


def _unknown(value: Any) -> Any:
    return UNKNOWN if value == "?" else value


def _known(value: Any) -> Any:
    return None if value == "?" else value


def _is_json(content: bytes) -> bool:
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        return False
    return True
