import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from pulumi_embedded_engine.clock import SystemClock
from pulumi_embedded_engine.model.goals import Alias, Goal
from pulumi_embedded_engine.model.operation_context import OperationRequest
from pulumi_embedded_engine.model.state_records import Resource
from pulumi_embedded_engine.planning.checks_ahead import ChecksAhead
from pulumi_embedded_engine.providers.provider import (
    CheckResult,
    ProviderCall,
    ProviderError,
    ResourceProvider,
)
from pulumi_embedded_engine.providers.registry import ProviderRegistry
from pulumi_embedded_engine.run.generator_state import GeneratorState, UrnDecision
from pulumi_embedded_engine.run.resource_index import ResourceIndex
from pulumi_embedded_engine.run.run_state import EventDispatcher, RunState
from pulumi_embedded_engine.run.targets import Scope, Targets

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
    request = OperationRequest(kind="up", dry_run=False, parallel=1)
    run_state = RunState(
        stack="dev",
        project="proj",
        dry_run=False,
        replace=Targets(),
        scope=Scope(request),
        generator_state=GeneratorState(
            claimed={f"{URN}-claimed"},
            decisions={f"{URN}-replaced": UrnDecision("delete")},
        ),
        resources=ResourceIndex(records),
        registry=cast("ProviderRegistry", provider),
        events=EventDispatcher(lambda _: None, dry_run=False),
        clock=SystemClock(),
    )
    return ChecksAhead(run_state, lambda goal: [alias.urn for alias in goal.aliases])


def goal(name: str = "a", aliases: Sequence[Alias] = (), **changes: Any) -> Goal:
    asked: dict[str, Any] = {"provider": REFERENCE, "inputs": {"size": 1}, **changes}
    record = Resource(urn="", custom=True, type="m:index:Thing", **asked)
    return Goal(name, record, aliases=aliases)


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
        {"ignore_changes": ("size",)},
        {"aliases": (Alias(urn=f"{URN}-before"),)},
        {"name": "a-claimed"},
        {"name": "a-replaced"},
        {"name": "a-tainted"},
        {"name": "a-read"},
    ],
    ids=lambda change: next(iter(change.values())),
)
def test_only_a_check_that_is_certain_is_begun(change: dict[str, Any]) -> None:
    """A provider may log what it finds: a Check with other arguments would be seen."""
    provider = CountingProvider()
    old = Resource(f"{URN}-tainted", custom=True, type="m:index:Thing", id="1")
    checks = checks_of(
        provider,
        old.with_(taint=True),
        old.with_(urn=f"{URN}-read", external=True),
        old.with_(urn=f"{URN}-before"),
    )

    with checks.enabled():
        checks.begin(goal(**change))

    assert provider.calls == []


def test_one_whose_earlier_urns_have_no_record_is_begun() -> None:
    provider = CountingProvider()
    checks = checks_of(provider)

    with checks.enabled():
        checks.begin(goal(aliases=(Alias(urn=f"{URN}-before"),)))
        assert provider.called.wait(10)

    assert provider.calls == [ProviderCall(URN, inputs={"size": 1})]


def test_nothing_is_begun_before_and_after_a_program_phase() -> None:
    provider = CountingProvider()
    checks = checks_of(provider)

    checks.begin(goal())
    with checks.enabled():
        pass
    checks.begin(goal())

    assert provider.calls == []
