"""What the dynamic host calls for each ScheduledPrefetch; makes no decision itself.

The module and name of ``PlanProvider`` are in the state of every stack and must never change. The SDK pickles
the instance, so it has no attributes when it is declared. In the host, ``configure`` adds the session, which all
instances of the process share. ``check`` only reads. ``diff`` calls nothing and raises nothing, because an
error there cancels the whole deployment.
"""

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)
from pydantic import ValidationError

from pulumi_esa_prefetch.api.errors import LONGEST_SENTENCE, EsaError
from pulumi_esa_prefetch.api.ids import object_id
from pulumi_esa_prefetch.api.safe_text import one_line
from pulumi_esa_prefetch.load import LimitsError
from pulumi_esa_prefetch.provider import host_life, lifecycle, plan_decision
from pulumi_esa_prefetch.provider.errors import PrefetchError, unreadable
from pulumi_esa_prefetch.provider.hook_call import HookCall
from pulumi_esa_prefetch.provider.messages import about, requested_urn
from pulumi_esa_prefetch.provider.plan_decision import Act
from pulumi_esa_prefetch.provider.plan_properties import (
    PlanInputs,
    PlanState,
    read_declaration,
    split_id,
)
from pulumi_esa_prefetch.provider.preflight import keep_planned_line, preflight_errors
from pulumi_esa_prefetch.provider.session import ProviderSession, shared_session
from pulumi_esa_prefetch.settings.settings import SettingsError, refuse_misspelt

Props = dict[str, Any]
P = ParamSpec("P")
R = TypeVar("R")
Hook = Callable[Concatenate["PlanProvider", P], R]


def hook_of_the_host(hook: Hook[P, R]) -> Hook[P, R]:
    """Let messages be about the resource of the request, and raise errors as one sentence.

    They have no cause: the host would print the whole chain.
    """

    @wraps(hook)
    def run(self: "PlanProvider", /, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            with about(requested_urn()):
                return hook(self, *args, **kwargs)
        except ValidationError as error:
            raise unreadable(error) from None
        except (EsaError, LimitsError, PrefetchError, SettingsError) as error:
            raise PrefetchError(one_line(error, LONGEST_SENTENCE)) from None

    return run


class PlanProvider(ResourceProvider):
    """Keeps one prefetch plan as declared."""

    # The pickle holds nothing secret, and each secret costs an encryption per resource.
    serialize_as_secret_always = False

    session: ProviderSession
    config_names: tuple[str, ...] = ()

    @hook_of_the_host
    def configure(self, req: ConfigureRequest) -> None:
        """Read the stack's settings; tracebacks become one line, unless esa-prefetch:debug is set."""
        sys.tracebacklimit = 0
        host_life.end_with_engine()
        settings, self.session = shared_session(req.config.get)
        self.config_names = _config_names(req)
        if settings.debug:
            del sys.tracebacklimit

    @hook_of_the_host
    def check(self, _olds: Props, news: Props) -> CheckResult:
        """Name each wrong property, and report early if a plan does not exist or is declared in two ways.

        Each plan that is checked is marked as declared: it is left as it is if another resource of it is deleted. A
        misspelt setting is refused here and not in ``configure``, because refresh and destroy read the config from the
        state, where it cannot be corrected; a destroy calls no ``check``.
        """
        refuse_misspelt(self.config_names)
        declaration = read_declaration(news)
        failures = [
            CheckFailure(name, one_line(f"{name} {reason}"))
            for name, reason in declaration.failures
        ]
        if declaration.inputs is not None:
            self.session.mark_declared(declaration.inputs.plan_id)
            reasons = preflight_errors(self.session, _olds, declaration)
            failures = [CheckFailure("plan_id", reason) for reason in reasons]
            if failures:
                self.session.planned_lines.forget()
        return CheckResult(dict(declaration.props), failures)

    @hook_of_the_host
    def diff(self, _id: str, _olds: Props, _news: Props) -> DiffResult:
        """Compare the declaration with the state."""
        try:
            recorded = _recorded(_id, _olds)
        except (PrefetchError, ValidationError):
            return DiffResult(changes=True)
        declaration = read_declaration(_news)
        decided = plan_decision.at_diff(declaration, recorded)
        session = getattr(self, "session", None)  # set by ``configure``
        keep_planned_line(session, decided, declaration.inputs, recorded.status)
        if decided.act is Act.REPLACE:
            return DiffResult(
                changes=True, replaces=["plan_id"], delete_before_replace=True
            )
        return DiffResult(changes=decided.act is not Act.KEEP)

    @hook_of_the_host
    def create(self, props: Props) -> CreateResult:
        """Bring a plan to the declared state, and record it."""
        self.session.planned_lines.drop()
        state = lifecycle.create(HookCall(self.session), _declared(props))
        self.session.mark_declared(state.plan_id)
        return CreateResult(state.id, state.outputs())

    @hook_of_the_host
    def read(self, id_: str, props: Props) -> ReadResult:
        """Return the plan as ESA lists it; only 'not found' removes it from the state."""
        if "desired_state" in props:
            state = lifecycle.refresh(HookCall(self.session), _recorded(id_, props))
            outs = state.outputs() if state else None
        else:  # somebody else's plan, read by ScheduledPrefetch.get; with a status, it is a refresh
            recorded_before = "status" in props
            outs = lifecycle.look_at(
                HookCall(self.session), *_ids(id_), recorded_before=recorded_before
            )
        if not outs:
            return ReadResult("", {})
        return ReadResult(_recorded_id(id_, outs), _in_recorded_case(props, outs))

    @hook_of_the_host
    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        """Bring the plan to the changed declaration, or back to the unchanged one after a drift."""
        self.session.planned_lines.drop()
        declared, recorded = _declared(_news), _recorded(_id, _olds)
        state = lifecycle.update(HookCall(self.session), declared, recorded)
        self.session.mark_declared(state.plan_id)
        return UpdateResult(_in_recorded_case(_olds, state.outputs()))

    @hook_of_the_host
    def delete(self, _id: str, _props: Props) -> None:
        """Do what ``on_destroy`` declares."""
        self.session.planned_lines.drop()
        lifecycle.delete(HookCall(self.session), _recorded(_id, _props))


def _config_names(req: ConfigureRequest) -> tuple[str, ...]:
    """The full names in the stack's config; the SDK's Config has no public method that lists them."""
    return tuple(getattr(req.config, "_props", ()))


def _ids(id_: str) -> tuple[str, str]:
    job_id, plan_id = split_id(id_)
    if job_id is None or plan_id is None:
        raise PrefetchError(f"{id_!r} is not a plan's resource id: <job_id>:<plan_id>")
    return job_id, plan_id


def _declared(props: Props) -> PlanInputs:
    if "plan_id" not in props:
        raise PrefetchError(
            "plan_id has no value: the output that it comes from is empty"
        )
    return PlanInputs.parse(props)


def _recorded(id_: str, props: Props) -> PlanState:
    job_id, plan_id = split_id(id_)
    if job_id is None:
        # Older versions recorded any job id that ESA returned; the properties may hold the right one.
        job_id, plan_id = map(object_id, (props.get("job_id"), props.get("plan_id")))
    if plan_id is None:
        _ids(id_)
    return PlanState.parse(props | {"job_id": job_id, "plan_id": plan_id})


def _recorded_id(id_: str, outs: Props) -> str:
    """The id as it is in the state; if it cannot be read, the one from the outputs."""
    return id_ if split_id(id_)[0] else f"{outs['job_id']}:{outs['plan_id']}"


def _in_recorded_case(known: Props, outs: Props) -> Props:
    """The outputs with ids in the case in which the state has them: case makes no difference."""
    names = ("job_id", "plan_id")
    return outs | {n: known[n] for n in names if object_id(known.get(n)) == outs[n]}
