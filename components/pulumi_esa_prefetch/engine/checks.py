"""Having a provider judge inputs, and telling what it refuses; decides nothing else."""

import json
from typing import Any

from pulumi_esa_prefetch.engine.events import Diagnostic
from pulumi_esa_prefetch.engine.ignoring import ignored
from pulumi_esa_prefetch.engine.providers import Call, Failure, ResourceProvider
from pulumi_esa_prefetch.engine.records import Resource
from pulumi_esa_prefetch.engine.telling import Bail
from pulumi_esa_prefetch.engine.urns import name_of
from pulumi_esa_prefetch.engine.values import UNKNOWN, Properties, Secret
from pulumi_esa_prefetch.engine.work import Work


class Checks:
    """A refused input ends the whole run: nothing that depends on it could be right."""

    def __init__(self, work: Work) -> None:
        self._dry_run = work.dry_run
        self._telling = work.telling

    def check(
        self,
        provider: ResourceProvider,
        record: Resource,
        inputs: Properties,
        old: Properties,
    ) -> Properties:
        """The inputs as the provider wants them; Bail if it refuses some."""
        call = Call(record.urn, old_inputs=old, inputs=inputs, preview=self._dry_run)
        checked = provider.check(call)
        for failure in checked.failures:
            self._telling.error(_sentence(record, failure, inputs), record.urn)
        if checked.failures:
            raise Bail(f"resource {record.urn} is invalid")
        return checked.inputs

    def ignoring(self, new: Resource, old: Resource) -> Properties:
        """The new inputs with the old values where the program says that changes do not count."""
        inputs, strange = ignored(new.inputs, old.inputs, new.ignore_changes)
        if strange:
            paths = ", ".join(strange)
            message = (
                "cannot ignore changes in added or removed elements of the path: "
                f'"{paths}"'
            )
            self._telling(Diagnostic("info", message, new.urn))
        return inputs


def _sentence(record: Resource, failure: Failure, inputs: Properties) -> str:
    subject = f"{record.type} resource '{name_of(record.urn)}'"
    if not failure.property:
        return f"{subject} has a problem: {failure.reason}"
    value = _shown(inputs.get(failure.property))
    return (
        f"{subject}: property {failure.property} value {{{value}}} has a problem: "
        f"{failure.reason}"
    )


def _shown(value: Any) -> str:
    if isinstance(value, Secret):
        return "[secret]"
    if value is UNKNOWN:
        return "unknown"
    if value is None:
        return "<nil>"
    return value if isinstance(value, str) else json.dumps(value, default=_inner)


def _inner(value: Any) -> str:
    return "[secret]" if isinstance(value, Secret) else "unknown"
