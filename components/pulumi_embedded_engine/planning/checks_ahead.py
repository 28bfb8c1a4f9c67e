"""Begins the Check of registrations that wait for their turn; decides nothing.

The step generator takes one registration after the other, as the CLI's does. What a provider answers to Check does
not depend on that order, so it is asked while other registrations have their turn. Only a Check whose arguments are
certain is begun: a provider may log what it finds, so that one with others would be seen.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final

from pulumi_embedded_engine.model.goals import Goal
from pulumi_embedded_engine.model.state_records import Resource
from pulumi_embedded_engine.model.urns import is_provider_type, make_urn
from pulumi_embedded_engine.providers.provider import (
    CheckResult,
    ProviderCall,
    ResourceProvider,
)
from pulumi_embedded_engine.run.run_state import RunState

_AT_ONCE: Final = 4


class ChecksAhead:
    """Checks by URN; only the generator's thread calls these methods."""

    def __init__(
        self, run_state: RunState, earlier_urns: Callable[[Goal], Sequence[str]]
    ) -> None:
        self._run_state = run_state
        self._earlier_urns = earlier_urns
        self._pool: ThreadPoolExecutor | None = None
        self._begun: dict[str, tuple[ProviderCall, Future[CheckResult]]] = {}

    @contextmanager
    def enabled(self) -> Iterator[None]:
        """Begin checks ahead within the block; at its end none runs."""
        run_state = self._run_state
        if run_state.scope.constrained or run_state.replace.constrained:
            yield  # what is not a target is not checked, what is replaced is checked as new
            return
        self._pool = pool = ThreadPoolExecutor(_AT_ONCE, "check")
        try:
            yield
        finally:
            self._pool = None
            pool.shutdown(wait=True, cancel_futures=True)

    def begin(self, goal: Goal) -> None:
        """Begin the Check that the registration will need, if it is certain which one."""
        run_state, record = self._run_state, goal.record
        provider = run_state.registry.get(record.provider)
        if self._pool is None or provider is None or not _is_checked(record):
            return
        urn = make_urn(
            run_state.stack, run_state.project, record.parent, record.type, goal.name
        )
        if not self._is_free(urn) or not self._is_certain(urn, goal):
            return
        old = run_state.resources.previous(urn)
        call = ProviderCall(
            urn,
            old_inputs=old.record.inputs if old else {},
            inputs=record.inputs,
            preview=run_state.dry_run,
        )
        self._begun[urn] = call, self._pool.submit(provider.check, call)

    def check(self, provider: ResourceProvider, call: ProviderCall) -> CheckResult:
        """The provider's answer to that call, from ahead if it was begun with the same arguments."""
        begun, answer = self._begun.pop(call.urn, (None, None))
        if answer is None or begun != call:
            return provider.check(call)
        return answer.result()

    def _is_free(self, urn: str) -> bool:
        """Whether nothing was registered or decided for that URN."""
        state = self._run_state.generator_state
        return not (
            urn in self._begun or urn in state.claimed or urn in state.decisions
        )

    def _is_certain(self, urn: str, goal: Goal) -> bool:
        """Whether the record to compare with is the one of that URN, or there is none under an earlier one either."""
        previous = self._run_state.resources.previous
        old = previous(urn)
        if old is not None:
            return not (old.record.external or old.record.taint)
        return not any(map(previous, self._earlier_urns(goal)))


def _is_checked(record: Resource) -> bool:
    """Whether the registration is checked with the inputs that the program gives."""
    is_made = record.custom and not (record.external or record.import_id)
    return is_made and not (record.ignore_changes or is_provider_type(record.type))
