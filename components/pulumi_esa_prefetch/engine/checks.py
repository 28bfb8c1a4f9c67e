"""Having a provider judge inputs, and telling what it refuses; decides nothing else."""

import json
from typing import Any

from pulumi_esa_prefetch.engine.events import Diagnostic
from pulumi_esa_prefetch.engine.paths import ignored
from pulumi_esa_prefetch.engine.providers import Call, Failure, ResourceProvider
from pulumi_esa_prefetch.engine.records import Resource
from pulumi_esa_prefetch.engine.telling import Bail
from pulumi_esa_prefetch.engine.urns import name_of
from pulumi_esa_prefetch.engine.values import UNKNOWN, Properties, Secret
from pulumi_esa_prefetch.engine.work import Work


def checked(
    work: Work,
    provider: ResourceProvider,
    record: Resource,
    inputs: Properties,
    old: Properties,
) -> Properties:
    """The inputs as the provider wants them; Bail if it refuses some, for nothing that depends on it could be right."""
    call = Call(record.urn, old_inputs=old, inputs=inputs, preview=work.dry_run)
    answer = provider.check(call)
    for failure in answer.failures:
        work.telling.error(_sentence(record, failure, inputs), record.urn)
    if answer.failures:
        raise Bail(f"resource {record.urn} is invalid")
    return answer.inputs


def ignoring(work: Work, new: Resource, old: Resource) -> Properties:
    """The new inputs with the old values where the program says that changes do not count."""
    inputs, strange = ignored(new.inputs, old.inputs, new.ignore_changes)
    if strange:
        paths = ", ".join(strange)
        message = (
            f'cannot ignore changes in added or removed elements of the path: "{paths}"'
        )
        work.telling(Diagnostic("info", message, new.urn))
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
