"""What the checks decide, without network: the clock, the answer to a right, the allowance, the versions."""

import re
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest

from pulumi_esa_prefetch.api.errors import (
    ApiError,
    BadAnswer,
    Conflict,
    Denied,
    EsaError,
    Invalid,
    NotFound,
    ServerFault,
    Throttled,
)
from pulumi_esa_prefetch.api.models import InstanceQuotas, Quota
from pulumi_esa_prefetch.doctor.allowance_check import allowance_finding
from pulumi_esa_prefetch.doctor.connection_checks import clock_finding
from pulumi_esa_prefetch.doctor.findings import with_advice
from pulumi_esa_prefetch.doctor.right_checks import (
    Right,
    Verdict,
    right_finding,
    verdict_of,
)
from pulumi_esa_prefetch.doctor.version_checks import (
    BELOW_SDK,
    MIN_PYTHON,
    MIN_SDK,
    Versions,
    installed_versions,
    version_findings,
)

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("seconds", "status"),
    [(0, "ok"), (59, "ok"), (-60, "warning"), (900, "warning"), (-901, "failed")],
)
def test_a_clock_is_good_to_a_minute_and_refused_after_fifteen(
    seconds: int, status: str
) -> None:
    found = clock_finding(timedelta(seconds=seconds))

    assert (found.status, found.facts["aheadSeconds"]) == (status, seconds)
    assert bool(found.what_to_do) == (status != "ok")


def test_an_answer_without_a_time_leaves_the_clock_open() -> None:
    assert clock_finding(None).status == "warning"


def error(kind: type[ApiError], code: str, status: int) -> ApiError:
    return kind("StopScheduledPreloadExecution", code, status, "Said.", "A-1")


READ = Right("GetScheduledPreloadJob", "preview", "reading a job", lambda _: None)
STOP = Right("StopScheduledPreloadExecution", "apply", "stopping", lambda _: None)


@pytest.mark.parametrize(
    ("right", "answer", "verdict"),
    [
        (STOP, error(NotFound, "InvalidExecution.NotFound", 404), "allowed"),
        (STOP, error(Invalid, "InvalidParameter.ObjectId", 400), "allowed"),
        (READ, error(ApiError, "SiteNotFound", 404), "allowed"),
        (READ, error(ApiError, "InstanceNotExist", 404), "allowed"),
        (READ, None, "allowed"),
        (STOP, None, "unknown"),
        (STOP, error(Denied, "NoPermission", 403), "denied"),
        (STOP, error(Denied, "Forbidden.RAM", 403), "denied"),
        (STOP, error(Denied, "", 403), "denied"),
        # these say nothing about RAM
        (STOP, error(Denied, "InvalidUid.PermissionDenied", 403), "unknown"),
        (STOP, error(Invalid, "MissingId", 400), "unknown"),
        (STOP, error(ApiError, "InvalidAction.NotFound", 404), "unknown"),
        (STOP, error(Conflict, "IncorrectStatus", 400), "unknown"),
        (STOP, error(Throttled, "Throttling", 400), "unknown"),
        (STOP, error(ServerFault, "InternalError", 500), "unknown"),
        (STOP, BadAnswer("it cannot be read"), "unknown"),
    ],
)
def test_an_answer_says_allowed_or_denied_only_where_it_is_sure(
    right: Right, answer: EsaError | None, verdict: Verdict
) -> None:
    assert verdict_of(right, answer) == verdict
    found = right_finding(right, answer)
    status = "ok" if verdict == "allowed" else "warning" if answer else "failed"
    assert found.status == status
    assert found.facts["right"] == verdict
    assert bool(found.what_to_do) == (verdict != "allowed")


@pytest.mark.parametrize(
    ("status", "quotas", "expected"),
    [
        ("online", [Quota(name="preload", value="0")], "ok"),
        ("online", [Quota(name="wildcard", value="9")], "warning"),
        ("offline", [Quota(name="preload", value="9")], "failed"),
        ("disable", [], "failed"),
        (None, [Quota(name="preload", value="9")], "ok"),
    ],
)
def test_an_allowance_is_a_number_of_a_plan_of_service_that_works(
    status: str | None, quotas: list[Quota], expected: str
) -> None:
    found = InstanceQuotas(instance_id="esa-1", status=status, quotas=tuple(quotas))

    assert allowance_finding(found).status == expected


GOOD = Versions("3.11.7", "0.1.0", "3.272.0", "3.260.0", "4.0.0", ("4.0.0",))


@pytest.mark.parametrize(
    ("change", "statuses"),
    [
        ({}, ["ok"] * 4),
        ({"python": "3.10.1"}, ["failed", "ok", "ok", "ok"]),
        ({"sdk": "3.200.0"}, ["ok", "warning", "ok", "ok"]),
        ({"sdk": "4.0.0"}, ["ok", "warning", "ok", "ok"]),
        ({"sdk": None}, ["ok", "failed", "ok", "ok"]),
        ({"cli": None}, ["ok"] * 4),
        ({"cli": ""}, ["ok", "ok", "warning", "ok"]),
        ({"cli": "3.100.0"}, ["ok", "ok", "warning", "ok"]),
        ({"cli": "3.261.0-alpha.1"}, ["ok"] * 4),
        ({"alicloud_sdk": None, "alicloud_plugins": ()}, ["ok"] * 4),
        ({"alicloud_plugins": ("3.105.0",)}, ["ok"] * 4),
        (
            {"cli": None, "alicloud_plugins": ("3.105.0",)},
            ["ok", "ok", "ok", "warning"],
        ),
    ],
)
def test_versions_that_do_not_fit_are_named(
    change: dict[str, str | None], statuses: list[str]
) -> None:
    versions = Versions(**{**vars_of(GOOD), **change})  # type: ignore[arg-type]

    found = list(version_findings(versions))

    assert [one.status for one in found] == statuses
    assert all(one.what_to_do for one in found if one.status != "ok")


def vars_of(versions: Versions) -> dict[str, object]:
    return {name: getattr(versions, name) for name in versions.__dataclass_fields__}


def test_the_bounds_are_those_of_pyproject() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (sdk,) = [d for d in project["dependencies"] if re.match(r"pulumi\b", d)]

    def text(version: tuple[int, ...]) -> str:
        return ".".join(map(str, version))

    assert sdk == f"pulumi>={text(MIN_SDK)},<{text(BELOW_SDK)}"
    assert project["requires-python"] == f">={text(MIN_PYTHON)}"


@pytest.mark.parametrize(
    ("script", "version"),
    [
        ("echo v3.260.0", "3.260.0"),
        ("echo 3.9.1-dev.0+dirty", "3.9.1-dev.0+dirty"),
        ("echo nothing", ""),
        ("exit 3", ""),
    ],
)
def test_the_command_and_the_plugins_are_looked_at(
    tmp_path: Path, script: str, version: str
) -> None:
    command = tmp_path / "pulumi"
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(0o755)
    (tmp_path / "plugins/resource-alicloud-v4.0.0").mkdir(parents=True)
    (tmp_path / "plugins/resource-random-v1.0.0").mkdir()

    found = installed_versions({"PATH": str(tmp_path), "PULUMI_HOME": str(tmp_path)})

    assert (found.cli, found.alicloud_plugins) == (version, ("4.0.0",))
    assert found.sdk


def test_without_command_and_plugins_nothing_is_found(tmp_path: Path) -> None:
    found = installed_versions({"PATH": "", "PULUMI_HOME": str(tmp_path)})

    assert (found.cli, found.alicloud_plugins) == (None, ())


@pytest.mark.parametrize(
    ("sentence", "text", "advice"),
    [
        (
            "Get: no (A; B, HTTP 4); do this; or that",
            "Get: no (A; B, HTTP 4)",
            "do this; or that",
        ),
        ("Get: no (a (b; c)); do this", "Get: no (a (b; c))", "do this"),
        ("it speaks no TLS; write http://", "it speaks no TLS", "write http://"),
        ("it is not there", "it is not there", "else"),
        ("a ( that is open; and on", "a ( that is open; and on", "else"),
    ],
)
def test_what_to_do_is_taken_out_of_the_sentence_of_an_error(
    sentence: str, text: str, advice: str
) -> None:
    found = with_advice("keys", "failed", sentence, "else")

    assert (found.text, found.what_to_do) == (text, advice)
