import threading
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from pulumi_embedded_engine.model.goals import Goal
from pulumi_embedded_engine.model.state_records import Resource
from pulumi_embedded_engine.providers.provider import (
    CheckResult,
    ProviderCall,
    ProviderError,
    ResourceProvider,
)
from pulumi_embedded_engine.providers.registry import ProviderRegistry
from pulumi_embedded_engine.run.checks_ahead import ChecksAhead
from pulumi_embedded_engine.run.resource_index import ResourceIndex

REFERENCE = "urn:pulumi:dev::proj::pulumi:providers:m::default::1"
URN = "urn:pulumi:dev::proj::m:index:Thing::a"


@dataclass
class CountingProvider:
    """Answers Check with its inputs, counts the calls, and can wait or fail."""

    fails: bool = False
    calls: list[ProviderCall] = field(default_factory=list)
    called: threading.Event = field(default_factory=threading.Event)

    def check(self, call: ProviderCall) -> CheckResult:
        """Count."""
        self.calls.append(call)
        self.called.set()
        if self.fails:
            raise ProviderError("no")
        return CheckResult(call.inputs)

    def get(self, reference: str) -> "CountingProvider | None":
        """As the registry of itself."""
        return self if reference == REFERENCE else None

    @property
    def as_provider(self) -> ResourceProvider:
        """For the type checker."""
        return cast("ResourceProvider", self)


def checks_of(provider: CountingProvider, *records: Resource) -> ChecksAhead:
    return ChecksAhead(
        "dev",
        "proj",
        dry_run=False,
        resources=ResourceIndex(records),
        registry=cast("ProviderRegistry", provider),
    )


def goal(**changes: Any) -> Goal:
    asked: dict[str, Any] = {"provider": REFERENCE, "inputs": {"size": 1}, **changes}
    return Goal("a", Resource(urn="", custom=True, type="m:index:Thing", **asked))


def test_a_check_begun_ahead_is_not_repeated_in_its_turn() -> None:
    provider = CountingProvider()
    checks = checks_of(provider)

    with checks.enabled():
        checks.begin(goal())
        assert provider.called.wait(10)
        call = ProviderCall(URN, inputs={"size": 1})
        answer = checks.check(provider.as_provider, call)

    assert answer.inputs == {"size": 1}
    assert provider.calls == [call]


def test_the_inputs_of_the_state_are_sent_with_it() -> None:
    provider = CountingProvider()
    old = Resource(URN, custom=True, type="m:index:Thing", id="1", inputs={"size": 0})
    checks = checks_of(provider, old)

    with checks.enabled():
        checks.begin(goal())
        assert provider.called.wait(10)

    assert provider.calls == [
        ProviderCall(URN, old_inputs={"size": 0}, inputs={"size": 1})
    ]


def test_a_check_with_other_arguments_than_were_guessed_is_asked_anew() -> None:
    provider = CountingProvider()
    checks = checks_of(provider)

    with checks.enabled():
        checks.begin(goal())
        kept = ProviderCall(URN, inputs={"size": 0})
        answer = checks.check(provider.as_provider, kept)

    assert answer.inputs == {"size": 0}


def test_an_error_is_raised_in_the_turn_of_its_registration() -> None:
    provider = CountingProvider(fails=True)
    checks = checks_of(provider)

    with checks.enabled():
        checks.begin(goal())
        assert provider.called.wait(10)
        with pytest.raises(ProviderError, match="no"):
            checks.check(provider.as_provider, ProviderCall(URN, inputs={"size": 1}))


@pytest.mark.parametrize(
    "change",
    [
        {"provider": "urn:pulumi:dev::proj::pulumi:providers:m::other::2"},
        {"external": True},
        {"import_id": "1"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_only_what_its_turn_will_check_is_begun(change: dict[str, Any]) -> None:
    provider = CountingProvider()
    checks = checks_of(provider)

    with checks.enabled():
        checks.begin(goal(**change))

    assert provider.calls == []


def test_nothing_is_begun_before_and_after_a_program_phase() -> None:
    provider = CountingProvider()
    checks = checks_of(provider)

    checks.begin(goal())
    with checks.enabled():
        pass
    checks.begin(goal())

    assert provider.calls == []
