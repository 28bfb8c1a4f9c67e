"""The steps of a replacement, in both orders; calls providers only to find out which dependents must be deleted."""

from concurrent.futures import Future
from dataclasses import replace

from pulumi_embedded_engine.model.diff import Diff, with_replace_on_changes
from pulumi_embedded_engine.model.property_values import UNKNOWN
from pulumi_embedded_engine.model.state_records import Resource
from pulumi_embedded_engine.model.urns import provider_urn
from pulumi_embedded_engine.planning.comparison import (
    check_inputs,
    deletes_before_replace,
    replacement_requested,
)
from pulumi_embedded_engine.planning.urn_claims import Registration
from pulumi_embedded_engine.providers.provider import ProviderCall
from pulumi_embedded_engine.run.generator_state import UrnDecision
from pulumi_embedded_engine.run.resource_index import PreviousState
from pulumi_embedded_engine.run.run_state import RunState
from pulumi_embedded_engine.steps.read_steps import diff_from_provider
from pulumi_embedded_engine.steps.steps import CreateStep, DeleteStep, ReplaceStep, Step

PropertyKeys = tuple[str, ...]


def dependents_to_delete(
    run_state: RunState, root: PreviousState
) -> list[tuple[PreviousState, PropertyKeys]]:
    """The records that must be deleted before `root`, each with the inputs that are the reason.

    First those that depend on it, in the order of the state, then those that name it in deletedWith or replaceWith.
    """
    if root.position is None:
        return []
    urn = root.record.urn
    resources, decided = run_state.resources, run_state.generator_state.decisions
    behind = resources.dependents(root.position, decided.__contains__, children=False)
    going = {urn}
    found: list[tuple[PreviousState, PropertyKeys]] = []
    for old in behind:
        keys = _replacing_keys(run_state, old.record, going)
        if keys is not None:
            going.add(old.record.urn)
            found.append((old, keys))
    return [*found, *((old, ()) for old in behind if _is_bound_to(old.record, urn))]


def _replacing_keys(
    run_state: RunState, record: Resource, going: set[str]
) -> PropertyKeys | None:
    if not record.custom or record.external:
        return None
    if record.provider and provider_urn(record.provider) in going:
        return ()
    if record.deleted_with in going:
        return ()
    inputs = _inputs_without(record, going)
    if inputs is None:
        return None
    ignored = record.ignore_changes
    call = ProviderCall.on(record, inputs=inputs, ignore_changes=ignored, preview=True)
    diff = diff_from_provider(run_state.registry.provider_of(record), call)
    diff = with_replace_on_changes(diff, record.replace_on_changes, init_errors=False)
    return tuple(diff.replaces) if diff.replacing else None


def _is_bound_to(record: Resource, root: str) -> bool:
    return record.deleted_with == root or root in record.replace_with


def _inputs_without(record: Resource, going: set[str]) -> dict[str, object] | None:
    lost = {
        key
        for key in record.inputs
        if not going.isdisjoint(record.property_dependencies.get(key, ()))
    }
    if not lost:
        return None
    return {
        key: UNKNOWN if key in lost else value for key, value in record.inputs.items()
    }


def replacement_steps(
    run_state: RunState, registration: Registration, old: PreviousState, diff: Diff
) -> list[Step]:
    """The steps of a replacement; RunAborted if the resource may not be replaced."""
    _reject_forbidden(run_state, registration, old)
    run_state.generator_state.decisions[registration.urn] = UrnDecision("replace")
    if registration.provider is not None and not replacement_requested(
        run_state, registration
    ):
        # It will be a new object: nothing may be taken over from the old inputs.
        asked = registration.goal.record.inputs
        inputs = check_inputs(
            run_state, registration.provider.check, registration.new, asked, {}
        )
        registration = registration.with_(new=registration.new.with_(inputs=inputs))
    if not deletes_before_replace(registration.goal, diff):
        return _create_steps(registration, old, diff, keep_old=True)
    steps = _with_deletion_signal(
        run_state, [*_delete_dependents(run_state, old), *_delete(run_state, old)], old
    )
    create, whole = _create_steps(registration, old, diff)
    return [*steps, whole, create]


def recreation_steps(
    run_state: RunState, registration: Registration, old: PreviousState
) -> list[Step]:
    """The steps for a resource that was deleted earlier in this run, because something it depends on was replaced."""
    diff = Diff(
        "some", replaces=run_state.generator_state.decisions[registration.urn].keys
    )
    run_state.generator_state.decisions[registration.urn] = UrnDecision("replace")
    create, _ = _create_steps(registration, old, diff)
    return [ReplaceStep(old=old, new=registration.new), create]


def adoption_steps(
    run_state: RunState, registration: Registration, old: PreviousState
) -> list[Step]:
    """The steps for a resource that was external until now: create an object, drop the external one's record."""
    run_state.generator_state.decisions[registration.urn] = UrnDecision("create")
    return _create_steps(registration, old, None, keep_old=True)


def _create_steps(
    registration: Registration,
    old: PreviousState,
    diff: Diff | None,
    *,
    keep_old: bool = False,
) -> list[Step]:
    new = registration.new
    create = CreateStep(
        new=new,
        reply=registration.reply,
        old=old,
        diff=diff,
        replacing=True,
        keep_old=keep_old,
    )
    return [create, ReplaceStep(old=old, new=new, diff=diff)]


def _with_deletion_signal(
    run_state: RunState, steps: list[DeleteStep], root: PreviousState
) -> list[DeleteStep]:
    """Let the last deletion signal the registrations that wait for it.

    An object inside a container is deleted only with the container, so the last one counts.
    """
    waiting = {step.urn for step in steps if step.recreated} - {root.record.urn}
    if not waiting:
        return steps
    deletion_done = Future[bool]()
    for urn in waiting:
        run_state.generator_state.set_deletion_signal(urn, deletion_done)
    return [*steps[:-1], replace(steps[-1], deletion_done=deletion_done)]


def _delete_dependents(run_state: RunState, old: PreviousState) -> list[DeleteStep]:
    steps: list[DeleteStep] = []
    for target, keys in reversed(dependents_to_delete(run_state, old)):
        urn = target.record.urn
        if (
            target.position is None
            or target.position in run_state.generator_state.deleted_positions
        ):
            continue
        if target.record.protect and not target.record.delete:
            message = _protected_dependent_message(urn, old.record.urn)
            run_state.events.abort_run(message, urn)
        run_state.generator_state.delete(urn, keys)
        run_state.generator_state.deleted_positions.add(target.position)
        again = not target.record.delete
        steps.append(DeleteStep(old=target, replacing=again, recreated=again))
    return steps


def _delete(run_state: RunState, old: PreviousState) -> list[DeleteStep]:
    if old.record.pending_replacement:
        return []
    run_state.generator_state.delete(old.record.urn)
    return [DeleteStep(old=old, replacing=True, recreated=True)]


def _reject_forbidden(
    run_state: RunState, registration: Registration, old: PreviousState
) -> None:
    urn = registration.urn
    if registration.new.protect and old.record.protect:
        run_state.events.reject(_protected_message(urn), urn)
    if registration.goal.record.import_id:
        run_state.events.warn_or_abort(
            "previously-imported resources that still specify an ID may not be "
            "replaced; please remove the `import` declaration from your program",
            urn,
        )


def _protected_message(urn: str) -> str:
    return (
        f'unable to replace resource "{urn}"\nas it is currently marked for '
        "protection. To unprotect the resource, remove the `protect` flag from the "
        "resource in your Pulumi program and run `up`"
    )


def _protected_dependent_message(urn: str, cause: str) -> str:
    return (
        f'unable to replace resource "{urn}" as part of replacing "{cause}" as it is '
        "currently marked for protection. To unprotect the resource, remove the "
        "`protect` flag from the resource in your Pulumi program and run `up`, or use "
        f"the command:\n`pulumi state unprotect '{urn}'`"
    )
