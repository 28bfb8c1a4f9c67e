"""Begins the Check of registrations that wait for their turn; decides nothing.

The step generator takes one registration after the other, as the CLI's does. What a provider answers to Check does
not depend on that order, so it is asked while other registrations have their turn.
"""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final

from pulumi_embedded_engine.model.goals import Goal
from pulumi_embedded_engine.model.urns import is_provider_type, make_urn
from pulumi_embedded_engine.providers.provider import (
    CheckResult,
    ProviderCall,
    ResourceProvider,
)
from pulumi_embedded_engine.providers.registry import ProviderRegistry
from pulumi_embedded_engine.run.resource_index import ResourceIndex

_AT_ONCE: Final = 4


class ChecksAhead:
    """Checks by URN; only the generator's thread calls these methods."""

    def __init__(
        self,
        stack: str,
        project: str,
        *,
        dry_run: bool,
        resources: ResourceIndex,
        registry: ProviderRegistry,
    ) -> None:
        self._stack, self._project, self._dry_run = stack, project, dry_run
        self._resources, self._registry = resources, registry
        self._pool: ThreadPoolExecutor | None = None
        self._begun: dict[str, tuple[ProviderCall, Future[CheckResult]]] = {}

    @contextmanager
    def enabled(self) -> Iterator[None]:
        """Begin checks ahead within the block; at its end none runs."""
        self._pool = pool = ThreadPoolExecutor(_AT_ONCE, "check")
        try:
            yield
        finally:
            self._pool = None
            pool.shutdown(wait=True, cancel_futures=True)

    def begin(self, goal: Goal) -> None:
        """Begin the Check that the registration will probably need."""
        record = goal.record
        provider = self._registry.get(record.provider)
        is_asked = record.custom and not (record.external or record.import_id)
        if not (self._pool and provider and is_asked) or is_provider_type(record.type):
            return
        urn = make_urn(
            self._stack, self._project, record.parent, record.type, goal.name
        )
        old = self._resources.previous(urn)
        known = old.record.inputs if old and not old.record.external else {}
        call = ProviderCall(
            urn, old_inputs=known, inputs=record.inputs, preview=self._dry_run
        )
        self._begun[urn] = call, self._pool.submit(provider.check, call)

    def check(self, provider: ResourceProvider, call: ProviderCall) -> CheckResult:
        """The provider's answer to that call, from ahead if it was begun with the same arguments."""
        begun, answer = self._begun.pop(call.urn, (None, None))
        if answer is None or begun != call:
            return provider.check(call)
        return answer.result()
