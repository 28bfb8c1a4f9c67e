"""Which values from a config key with a secret become secrets, and which do not."""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from pulumi import Output, RunError, get_project
from pulumi.runtime import set_all_config

from pulumi_esa_prefetch import read_plans, read_prefetches

TRIGGERS = {"release": 2, "deep": {"token": "hush"}, "none": None}
PLANS = {
    "a": {
        "planId": "665d3b48621bccf3fe29e1a7",
        "jobId": "665d3af3621bccf3fe29e1a4",
        "triggers": TRIGGERS,
        "rerun": "resume",
    }
}
WINDOWS = {"now": {"interval": 60, "sliceLen": 10}}
SITES = {
    "oss": {"ossUrl": "https://b/1?hush", "windows": WINDOWS},
    "list": {"urls": ["https://x/1", "https://x/2"], "windows": WINDOWS},
    "file": {"urlFile": "list.txt", "windows": WINDOWS, "triggers": TRIGGERS},
}
SECRET_TRIGGERS = {"release": "SECRET 2", "deep": "SECRET {'token': 'hush'}"}


def seen(
    read: Callable[[], Mapping[str, Any]], secret: Mapping[str, object], **plain: object
) -> dict[str, dict[str, Any]]:
    """What is read where these keys hold a secret, and others none; a secret as `SECRET` and its value."""

    async def program() -> dict[str, dict[str, Any]]:
        others = {f"shop:{name}": value for name, value in plain.items()}
        texts = {
            key: value if isinstance(value, str) else json.dumps(value)
            for key, value in {**secret, **others}.items()
        }
        set_all_config(texts, list(secret))
        return {name: await _shown(vars(args)) for name, args in read().items()}

    # In a context of its own, which takes its config along.
    return asyncio.run(program())


async def _shown(value: Any) -> Any:
    if isinstance(value, Output):
        assert await value.is_secret()
        return f"SECRET {await value.future()}"
    if isinstance(value, dict):
        known = {k: await _shown(item) for k, item in value.items()}
        return {k: item for k, item in known.items() if item is not None}
    return [await _shown(item) for item in value] if isinstance(value, list) else value


def test_triggers_from_a_key_with_a_secret_are_secrets_and_nothing_else_is() -> None:
    found = seen(lambda: read_plans(PLANS), {"esa-prefetch:plans": PLANS})

    assert found["a"] == {
        "plan_id": PLANS["a"]["planId"],
        "job_id": PLANS["a"]["jobId"],
        "triggers": SECRET_TRIGGERS,
        "rerun": "resume",
    }


def test_triggers_that_a_program_has_changed_are_secrets_too() -> None:
    changed = {"b": PLANS["a"] | {"triggers": {"token": "hush!"}}}

    found = seen(lambda: read_plans(changed), {"esa-prefetch:plans": PLANS})

    assert found["b"]["triggers"] == {"token": "SECRET hush!"}


def test_urls_and_triggers_of_prefetches_are_secrets_and_nothing_else_is() -> None:
    setting = f"{get_project()}:prefetches"

    found = seen(lambda: read_prefetches(SITES, "1"), {setting: SITES})

    windows = {"now": {"interval": 60, "slice_len": 10}}
    common = {"site": "1", "windows": windows}
    assert found == {
        "oss": common | {"oss_url": "SECRET https://b/1?hush"},
        "list": common | {"urls": ["SECRET https://x/1", "SECRET https://x/2"]},
        "file": common | {"url_file": "list.txt", "triggers": SECRET_TRIGGERS},
    }


@pytest.mark.parametrize("held", [PLANS, {"season": [PLANS]}, PLANS["a"]])
def test_another_key_is_recognised_by_its_values(held: object) -> None:
    found = seen(lambda: read_plans(PLANS), {"shop:all": held, "shop:pin": "1234"})

    assert found["a"]["triggers"] == SECRET_TRIGGERS


def changing(**triggers: object) -> dict[str, Any]:
    """The plans as a program makes them of what it has read."""
    return {
        name: {**plan, "triggers": {**TRIGGERS, "none": None, **triggers}}
        for name, plan in PLANS.items()
    }


def test_a_trigger_beside_those_of_another_key_leaves_none_of_them_in_plain_text() -> (
    None
):
    found = seen(lambda: read_plans(changing(build="7")), {"shop:all": PLANS})

    assert found["a"]["triggers"] == SECRET_TRIGGERS | {"build": "SECRET 7"}


@pytest.mark.parametrize(
    ("held", "trigger"),
    [
        ({"a": {"triggers": {"token": "hush"}}}, "hush"),
        ({"a": {"triggers": {"token": "hush"}}}, "v1-hush"),
        ({"a": {"triggers": {"token": "hush"}}}, {"deep": ["-", ["hush"]]}),
        ([["hush"]], {"deep": {"er": "hush"}}),
        ({"pin": 4711}, "4711"),
        ({"pin": 4711}, 4711),
        ({"pin": 0.5}, 0.5),
        ("hush", "hush"),
        ('"hush"', "hush"),
        ("007", "007"),
        ("1e5", "1e5"),
        (4711, "4711"),
        ("first-part,other-part", "other-part"),
    ],
)
def test_a_trigger_made_from_a_secret_makes_all_triggers_secrets(
    held: object, trigger: object
) -> None:
    plans = {"a": PLANS["a"] | {"triggers": {"one": trigger, "two": "plain"}}}

    found = seen(lambda: read_plans(plans), {"shop:all": held})

    assert found["a"]["triggers"] == {
        "one": f"SECRET {trigger}",
        "two": "SECRET plain",
    }


@pytest.mark.parametrize(
    "held", ["first-part,other-part", 4711, {"x": [None, True, {}, ""]}, "true"]
)
def test_a_secret_in_another_key_hides_no_trigger_without_its_text(
    held: object,
) -> None:
    triggers = {"release": 2, "part": "part", "on": True, "empty": "", "deep": {"a": 1}}
    plans = {"a": PLANS["a"] | {"triggers": triggers}}

    found = seen(
        lambda: read_plans(plans), {"esa-prefetch:secretKey": "hush", "shop:all": held}
    )

    assert found["a"]["triggers"] == triggers


@pytest.mark.parametrize(
    "urls",
    [
        ["https://x/1", "https://x/3"],
        ["https://y/", "https://x/2?more"],
        ("https://x/1",),
    ],
)
def test_urls_made_from_secret_ones_are_all_secrets(
    urls: list[str] | tuple[str, ...],
) -> None:
    sites = {"one": {"urls": urls, "windows": WINDOWS}}

    found = seen(lambda: read_prefetches(sites, "1"), {"shop:sites": SITES})

    assert found["one"]["urls"] == [f"SECRET {url}" for url in urls]


@pytest.mark.parametrize(
    "url", ["https://b/1?hush&more", "https://b/1", "https://b/1?hush"]
)
def test_an_oss_url_made_from_a_secret_one_is_a_secret(
    url: str,
) -> None:
    sites = {"one": {"ossUrl": url, "windows": WINDOWS}}

    found = seen(lambda: read_prefetches(sites, "1"), {"shop:sites": SITES})

    assert found["one"]["oss_url"] == f"SECRET {url}"


@pytest.mark.parametrize(
    "read", [read_plans, lambda config: read_prefetches(config, "1")]
)
def test_an_output_is_refused_with_what_to_write_instead(
    read: Callable[[object], object],
) -> None:
    async def program() -> None:
        read(Output.secret(PLANS))

    with pytest.raises(RunError, match=r"is an output: read it by require_object"):
        asyncio.run(program())
