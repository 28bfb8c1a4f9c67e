"""The policy pack under its own library: which policy reports, and at which level."""

import json
from typing import Any, cast

import pytest

from tests.support.previews import Document, old

pulumi_policy = pytest.importorskip(
    "pulumi_policy", reason="pulumi-policy is not installed"
)
FREEZE = {"name": "launch", "window": "2000-01-01T00:00:00Z/P36500D"}
BOTH = {"maxOriginUrlsPerSecond": 0.1, "freeze": [FREEZE]}
RATE, FROZEN = "origin-load", "freeze-window"


def said(
    monkeypatch: pytest.MonkeyPatch,
    limits: Document | None = None,
    config: Document | None = None,
) -> dict[str, str]:
    """What the pack reports of one plan, by policy, with its own config if any."""
    from pulumi_esa_prefetch.report.policy_pack import policies  # noqa: PLC0415 -- an extra

    given = {"esa-prefetch:limits": json.dumps(limits)} if limits else {}
    monkeypatch.setenv("PULUMI_CONFIG", json.dumps(given))
    recorded = old("one", 1, start_time="", end_time="")
    resource = pulumi_policy.PolicyResource(
        recorded["type"], recorded["outputs"], recorded["urn"], "one",
        None, None, None, [], {},
    )  # fmt: skip
    reports: dict[str, str] = {}
    for policy in policies():
        own = {"askEsa": False, **(config or {}).get(policy.name, {})}
        args = pulumi_policy.StackValidationArgs([resource], own)
        stack_policy = cast("Any", policy)
        stack_policy.validate(
            args, lambda text, _, name=policy.name: reports.update({name: text})
        )
    return reports


def levels() -> dict[str, object]:
    from pulumi_esa_prefetch.report.policy_pack import policies  # noqa: PLC0415 -- an extra

    return {policy.name: policy.enforcement_level for policy in policies()}


def test_what_the_stack_only_warns_of_is_advisory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for limits in (BOTH, {**BOTH, "enforce": "warn"}):
        reports = said(monkeypatch, limits=limits)

        assert set(reports) == {f"{RATE}-warnings", f"{FROZEN}-warnings"}
        for name in reports:
            assert levels()[name] == pulumi_policy.EnforcementLevel.ADVISORY


def test_what_the_stack_denies_is_mandatory(monkeypatch: pytest.MonkeyPatch) -> None:
    denied = said(monkeypatch, limits={**BOTH, "enforce": "deny"})
    one_of_them = {**BOTH, "enforce": {"freeze": "deny"}}
    mixed = said(monkeypatch, limits=one_of_them)

    assert set(denied) == {RATE, FROZEN}
    assert set(mixed) == {f"{RATE}-warnings", FROZEN}
    assert {levels()[name] for name in denied} == {None}  # the pack's


def test_what_an_organisation_sets_is_mandatory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    central = {RATE: {"maxOriginUrlsPerSecond": 0.1}, FROZEN: {"freeze": [FREEZE]}}

    assert set(said(monkeypatch, config=central)) == {RATE, FROZEN}


def test_limits_that_cannot_be_read_are_reported_by_the_mandatory_policies(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reports = said(monkeypatch, limits={"freeze": "now"})

    assert set(reports) == {RATE, FROZEN}
    assert reports[RATE].startswith("esa-prefetch:limits.freeze")


def test_without_limits_nothing_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    assert said(monkeypatch) == {}
