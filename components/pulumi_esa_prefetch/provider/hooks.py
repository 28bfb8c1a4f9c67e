"""What the dynamic host calls for each ScheduledPrefetch: the face of ``resource_hooks`` that a Python program has.

The module and name of ``PlanProvider`` are in the state of every stack and must never change. The SDK pickles
the instance, so it has no attributes when it is declared. In the host, ``configure`` adds the session, which all
instances of the process share.
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

from pulumi_esa_prefetch.provider import host_life, resource_hooks
from pulumi_esa_prefetch.provider.hook_call import HookCall
from pulumi_esa_prefetch.provider.messages import about, requested_urn
from pulumi_esa_prefetch.provider.plan_decision import Act
from pulumi_esa_prefetch.provider.session import ProviderSession, shared_session
from pulumi_esa_prefetch.settings.settings import refuse_misspelt

Props = dict[str, Any]
P = ParamSpec("P")
R = TypeVar("R")
Hook = Callable[Concatenate["PlanProvider", P], R]


def hook_of_the_host(hook: Hook[P, R]) -> Hook[P, R]:
    """Let messages be about the resource of the request, and raise errors as one sentence."""

    @wraps(hook)
    def run(self: "PlanProvider", /, *args: P.args, **kwargs: P.kwargs) -> R:
        with about(requested_urn()), resource_hooks.one_sentence():
            return hook(self, *args, **kwargs)

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
        """Name what is wrong with the declaration.

        A misspelt setting is refused here and not in ``configure``, because refresh and destroy read the config from
        the state, where it cannot be corrected; a destroy calls no ``check``.
        """
        refuse_misspelt(self.config_names)
        checked = resource_hooks.check(self._configured, _olds, news)
        failures = [CheckFailure(name, reason) for name, reason in checked.failures]
        return CheckResult(checked.props, failures)

    @hook_of_the_host
    def diff(self, _id: str, _olds: Props, _news: Props) -> DiffResult:
        """Compare the declaration with the state."""
        act = resource_hooks.diff(self._configured, _id, _olds, _news).act
        if act is Act.REPLACE:
            return DiffResult(
                changes=True, replaces=["plan_id"], delete_before_replace=True
            )
        return DiffResult(changes=act is not Act.KEEP)

    @property
    def _configured(self) -> ProviderSession | None:
        return getattr(self, "session", None)

    @hook_of_the_host
    def create(self, props: Props) -> CreateResult:
        """Bring a plan to the declared state, and record it."""
        state = resource_hooks.create(HookCall(self.session), props)
        return CreateResult(state.id, state.outputs())

    @hook_of_the_host
    def read(self, id_: str, props: Props) -> ReadResult:
        """Return the plan as ESA lists it; only 'not found' removes it from the state."""
        found = resource_hooks.read(HookCall(self.session), id_, props)
        return ReadResult(*found) if found else ReadResult("", {})

    @hook_of_the_host
    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        """Bring the plan to the changed declaration, or back to the unchanged one after a drift."""
        hook = HookCall(self.session)
        declared = resource_hooks.declared(_news)
        recorded = resource_hooks.recorded(_id, _olds)
        state = resource_hooks.update(hook, declared, recorded)
        return UpdateResult(resource_hooks.in_recorded_case(_olds, state.outputs()))

    @hook_of_the_host
    def delete(self, _id: str, _props: Props) -> None:
        """Do what ``on_destroy`` declares."""
        resource_hooks.delete(HookCall(self.session), _id, _props)


def _config_names(req: ConfigureRequest) -> tuple[str, ...]:
    """The full names in the stack's config; the SDK's Config has no public method that lists them."""
    return tuple(getattr(req.config, "_props", ()))
