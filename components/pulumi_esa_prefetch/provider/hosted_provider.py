"""What all dynamic providers of this package have in common: how the host configures them, and how they fail."""

import sys
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from pulumi.dynamic import ConfigureRequest, ResourceProvider

from pulumi_esa_prefetch.provider import host_life, resource_hooks
from pulumi_esa_prefetch.provider.messages import about, running_request
from pulumi_esa_prefetch.provider.session import ProviderSession, shared_session
from pulumi_esa_prefetch.tracing.hook_spans import hook_span

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S", bound=ResourceProvider)


def hook_of_the_host(
    hook: Callable[Concatenate[S, P], R],
) -> Callable[Concatenate[S, P], R]:
    """Let messages be about the resource of the request, and raise errors as one sentence."""

    @wraps(hook)
    def run(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        request = running_request()
        with (
            hook_span(hook.__name__.capitalize(), request),
            about(request.urn),
            resource_hooks.one_sentence(),
        ):
            return hook(self, *args, **kwargs)

    return run


class HostedProvider(ResourceProvider):
    """A provider whose instances share the session of their host process.

    The SDK pickles an instance by its class and attributes, so it has none when it is declared.
    """

    # The pickle holds nothing secret, and each secret costs an encryption per resource.
    serialize_as_secret_always = False

    session: ProviderSession
    config_names: tuple[str, ...] = ()

    @property
    def configured(self) -> ProviderSession | None:
        """The session; None if the host was not configured."""
        return getattr(self, "session", None)

    @hook_of_the_host
    def configure(self, req: ConfigureRequest) -> None:
        """Read the stack's settings; tracebacks become one line, unless esa-prefetch:debug is set."""
        sys.tracebacklimit = 0
        host_life.end_with_engine()
        settings, self.session = shared_session(req.config.get)
        self.config_names = _config_names(req)
        if settings.debug:
            del sys.tracebacklimit


def _config_names(req: ConfigureRequest) -> tuple[str, ...]:
    """The full names in the stack's config; the SDK's Config has no public method that lists them."""
    return tuple(getattr(req.config, "_props", ()))
