"""Starting providers, and ending every one of them; decides nothing about resources."""

import threading
from collections.abc import Callable

from pulumi_esa_prefetch.engine.builtin import BuiltinProvider
from pulumi_esa_prefetch.engine.context import Context
from pulumi_esa_prefetch.engine.environment import program_directory
from pulumi_esa_prefetch.engine.host import Tell, attach, start
from pulumi_esa_prefetch.engine.plugins import Attached, find_plugin
from pulumi_esa_prefetch.engine.process import Child
from pulumi_esa_prefetch.engine.providers import Provider
from pulumi_esa_prefetch.engine.remote import RemoteProvider
from pulumi_esa_prefetch.engine.urns import BUILTIN_PACKAGE


class Loader:
    """Gives a fresh provider for a package; remembers all, so that all can be stopped."""

    def __init__(
        self, context: Context, engine: str, tell: Tell, builtin: BuiltinProvider
    ) -> None:
        self._context = context
        self._engine = engine
        self._tell = tell
        self._builtin = builtin
        self._lock = threading.Lock()
        self._children: list[Child] = []
        self._providers: list[RemoteProvider] = []

    def load(self, package: str, version: str) -> Provider:
        """A provider that is not configured yet; EngineError in a sentence if there is none."""
        if package == BUILTIN_PACKAGE:
            return self._builtin
        found = find_plugin(self._context, package, version, self._engine)
        if isinstance(found, Attached):
            provider = RemoteProvider(attach(found.label, found.port))
            provider.attach(self._engine)
        else:
            provider = RemoteProvider(start(found, self._tell, self._remember))
        with self._lock:
            self._providers.append(provider)
        root = str(self._context.project.root)
        provider.handshake(self._engine, root, str(program_directory(self._context)))
        return provider

    def cancel(self) -> None:
        """Tell all providers that the run is being stopped."""
        self._each(RemoteProvider.cancel)

    def close(self) -> None:
        """End all providers."""
        self._each(RemoteProvider.close)
        self.kill()

    def kill(self) -> None:
        """End all processes, and all talk to those that others run, at once."""
        self._each(RemoteProvider.hang_up)
        for child in tuple(self._children):
            child.kill()

    def _each(self, action: Callable[[RemoteProvider], None]) -> None:
        with self._lock:
            providers = tuple(self._providers)
        for provider in providers:
            action(provider)

    def _remember(self, child: Child) -> None:
        with self._lock:
            self._children.append(child)
