"""What each hook of a verification's two resources does, for both faces of the provider.

The record measures, and never fails for what the edge answers. The gate asks nothing: it judges what was recorded.
Properties have their names of the state (``warm_ratio``).
"""

import os
from collections.abc import Callable
from contextvars import copy_context
from typing import Any

from pulumi.output import contains_unknowns

from pulumi_esa_prefetch.provider.errors import PrefetchError
from pulumi_esa_prefetch.provider.hook_call import HookCall
from pulumi_esa_prefetch.provider.host_life import engine_is_gone
from pulumi_esa_prefetch.provider.messages import (
    engine_address,
    note,
    running_resource,
    warn,
)
from pulumi_esa_prefetch.provider.session import ProviderSession
from pulumi_esa_prefetch.provider.verification import asked_urls, words
from pulumi_esa_prefetch.provider.verification.asked_urls import AskedUrls
from pulumi_esa_prefetch.provider.verification.properties import (
    Failures,
    GateInputs,
    RecordInputs,
    RecordState,
    declared,
    is_to_measure,
    list_digest,
    recorded,
    wrong_properties,
)
from pulumi_esa_prefetch.warmth.configuration_faults import configuration_faults
from pulumi_esa_prefetch.warmth.edge_answer import FAILED
from pulumi_esa_prefetch.warmth.measurement import Measurement, measure
from pulumi_esa_prefetch.warmth.resolve_setting import read_resolve

Props = dict[str, Any]

_NOT_SHOWN = ("urls", "triggers")
"""The engine shows the value of a wrong property that is named; of these it may be long, or hold a secret."""


def check_record(session: ProviderSession | None, news: Props) -> Failures:
    """Name each wrong property. Raises SettingsError if the setting for addresses is wrong."""
    wrong = wrong_properties(RecordInputs, news)
    if session is not None:
        read_resolve(session.resolve)
        wrong = wrong or _verified_twice(session, news.get("urls"))
    return tuple(("" if name in _NOT_SHOWN else name, why) for name, why in wrong)


def _verified_twice(session: ProviderSession, urls: Any) -> Failures:
    """Refuse a list that another verification of this run has: both draw the same sample."""
    urn = running_resource()
    if contains_unknowns(urls) or not urn:
        return ()
    first = session.first_to_verify(list_digest(urls), urn)
    if first == urn:
        return ()
    why = (
        f"urls is the list of {first.rpartition('::')[2]!r} too, which warms the edge for this one: verify a list "
        "once, after the last of its plans"
    )
    return (("urls", why),)


def create_record(hook: HookCall, news: Props) -> tuple[str, Props]:
    """Measure: the id and the outputs."""
    inputs = declared(RecordInputs, news)
    return inputs.plan, _measure(hook, inputs, RecordState())


def update_record(hook: HookCall, olds: Props, news: Props) -> Props:
    """Measure others than before: the outputs. Only the comparison of `is_to_measure` decides whether to."""
    inputs, state = declared(RecordInputs, news), recorded(olds)
    if not is_to_measure(olds, news):
        return outputs(state)
    return _measure(hook, inputs, state)


def check_gate(news: Props) -> Failures:
    """Name each wrong property."""
    return wrong_properties(GateInputs, news)


def judge(news: Props) -> tuple[str, Props]:
    """The gate's id and outputs, if it lets the measurement pass. Raises PrefetchError, one sentence, if not."""
    gate = declared(GateInputs, news)
    reason = words.failure(gate)
    if reason:
        raise PrefetchError(reason)
    return gate.plan, outputs(gate)


def outputs(state: RecordState | GateInputs) -> Props:
    """The properties as they are recorded."""
    return state.model_dump(exclude_none=True)


def _measure(hook: HookCall, inputs: RecordInputs, before: RecordState) -> Props:
    from pulumi_esa_prefetch.warmth.edge_client import (  # noqa: PLC0415 -- most runs measure nothing
        EdgeClient,
    )

    session, file = hook.session, _file(inputs.plan)
    asked = {*before.asked, *_begun(session, file)}
    client = EdgeClient(resolve=read_resolve(session.resolve))
    try:
        measured = measure(
            inputs.urls,
            size=inputs.sample,
            seed=inputs.seed,
            ask=client.ask,
            asked=asked,
            begin=_noting(session, file),
            stop=lambda: session.interrupted.is_set() or not hook.seconds_left,
        )
    finally:
        client.close()
    state = RecordState.of(
        inputs, measured, asked, interrupted=session.interrupted.is_set()
    )
    _report(measured, state)
    return outputs(state)


def _report(measured: Measurement, state: RecordState) -> None:
    if not measured.answers:
        return
    note(f"measured: {words.figure(state)}")
    for fault in configuration_faults(state.by_status):
        warn(fault)
    errors = [each.error for each in measured.answers if each.status == FAILED]
    if errors:
        warn(
            f"{len(errors)} of the URLs gave no answer, the first because: {errors[0]}"
        )


def _file(plan: str) -> AskedUrls:
    """The file of the resource whose hook runs; of its plan if the resource is not known."""
    return AskedUrls(asked_urls.folder(os.environ), running_resource() or plan)


def _begun(session: ProviderSession, file: AskedUrls) -> frozenset[str]:
    """The digests of what this resource has begun to ask on this machine, also where the state lacks them."""
    asked_urls.remove_old(asked_urls.folder(os.environ), session.clock.now())
    try:
        return file.digests()
    except OSError as error:
        session.warn_once(_lost(error))
        return frozenset()


def _noting(session: ProviderSession, file: AskedUrls) -> Callable[[str], None]:
    engine, context = engine_address(), copy_context()

    def begin(digest: str) -> None:
        if engine and engine_is_gone(engine):
            # Nobody records what follows, and another engine may have begun to ask.
            raise PrefetchError("the engine is gone")
        try:
            file.add(digest)
        except OSError as error:
            # In the context of the hook: this runs in a thread of the measurement.
            context.run(session.warn_once, _lost(error))

    return begin


def _lost(error: OSError) -> str:
    folder = asked_urls.folder(os.environ)
    return (
        f"the folder {folder} cannot be used ({error.strerror}): after a kill, a replacement or a destroy the next run "
        "may ask some URLs again, and take them for warm"
    )
