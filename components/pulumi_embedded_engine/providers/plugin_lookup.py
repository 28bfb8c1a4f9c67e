"""Finds the provider of a package (dynamic host, attached provider, installed plugin); starts and ends providers."""

import contextlib
import re
import shutil
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from semver import Version

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.model.operation_context import OperationContext
from pulumi_embedded_engine.model.urns import BUILTIN_PACKAGE, DYNAMIC_PACKAGE
from pulumi_embedded_engine.processes.child_process import ChildProcess
from pulumi_embedded_engine.processes.environment import (
    dynamic_host_environment,
    is_set,
    plugin_environment,
    program_directory,
)
from pulumi_embedded_engine.providers.builtin_provider import BuiltinProvider
from pulumi_embedded_engine.providers.grpc_provider import GrpcProvider
from pulumi_embedded_engine.providers.project_plugins import (
    is_plugin,
    package_source,
    plugin_program,
    project_plugin,
)
from pulumi_embedded_engine.providers.provider import Provider
from pulumi_embedded_engine.providers.provider_process import (
    OnOutput,
    ProviderCommand,
    attach,
    start,
)

_FOLDER: Final = re.compile(r"resource-(?P<name>.+)-v(?P<version>.+)")


@dataclass(frozen=True, slots=True)
class AttachedProvider:
    """A provider that was started by someone else."""

    label: str
    port: int


def find_plugin(
    context: OperationContext, package: str, version: str, engine: str
) -> ProviderCommand | AttachedProvider:
    """How to start or reach the package's provider; if it is missing, EngineError with the command that installs it."""
    ports = _attached(context.environ)
    if package in ports:
        return AttachedProvider(f"the attached provider '{package}'", ports[package])
    if package == DYNAMIC_PACKAGE:
        return _dynamic_host(context, engine)
    folder = _plugin_folder(context, package, version)
    program = plugin_program(folder, package, context.interpreter)
    return ProviderCommand(
        f"the provider plugin '{package}'",
        (*program.command, engine),
        program_directory(context),
        plugin_environment(context, package),
        folder,
        program.hint,
        interruptible=not program.runtime,
    )


def _attached(environ: Mapping[str, str]) -> dict[str, int]:
    ports = {}
    for entry in environ.get("PULUMI_DEBUG_PROVIDERS", "").split(","):
        name, separator, port = entry.strip().rpartition(":")
        if not entry.strip():
            continue
        if not separator or not port.isdecimal():
            raise EngineError(
                f"PULUMI_DEBUG_PROVIDERS should read name:port, not '{entry}'"
            )
        ports[name] = int(port)
    return ports


def _dynamic_host(context: OperationContext, engine: str) -> ProviderCommand:
    # -u: what a provider prints is shown immediately
    command = [str(context.interpreter), "-u", "-m", "pulumi.dynamic", engine]
    directory = program_directory(context)
    environ = dynamic_host_environment(context, DYNAMIC_PACKAGE)
    return ProviderCommand("the dynamic provider process", command, directory, environ)


def _plugin_folder(context: OperationContext, package: str, version: str) -> Path:
    configured = project_plugin(context.project, package, version)
    if configured is not None:
        return configured
    environ = context.environ
    if not is_set(environ, "PULUMI_IGNORE_AMBIENT_PLUGINS"):
        name = f"pulumi-resource-{package}"
        ambient = shutil.which(name, path=environ.get("PATH", ""))
        if ambient:
            return Path(ambient).parent
    for folder in _installed(_plugin_home(environ), package, version):
        if is_plugin(folder, package):
            return folder
    source = package_source(context.project, package)
    if source:
        raise EngineError(
            f"the plugin of the package '{package}' comes from {source}, and is not installed: this engine "
            "fetches no plugins, use the pulumi CLI"
        )
    wanted = f" v{version}" if version else ""
    raise EngineError(
        f"the provider plugin '{package}'{wanted} is not installed; install it with "
        f"`pulumi plugin install resource {package}{wanted}`"
    )


def _plugin_home(environ: Mapping[str, str]) -> Path:
    home = environ.get("PULUMI_HOME")
    base = Path(home) if home else Path(environ.get("HOME", "~")) / ".pulumi"
    return base.expanduser() / "plugins"


def _installed(home: Path, package: str, version: str) -> list[Path]:
    """The folders of a package's plugins, newest version first."""
    found = []
    for folder in home.glob(f"resource-{package}-v*"):
        match = _FOLDER.fullmatch(folder.name)
        # A plugin that is still being downloaded is not used.
        whole = not folder.with_name(f"{folder.name}.partial").exists()
        fits = match and match["name"] == package and version in ("", match["version"])
        if match and fits and whole:
            with contextlib.suppress(
                ValueError
            ):  # a folder without a version is not a plugin
                found.append((Version.parse(match["version"], True), folder))
    return [folder for _, folder in sorted(found, reverse=True)]


class PluginHost:
    """Starts a new provider for a package, and keeps all of them, to end them."""

    def __init__(
        self,
        context: OperationContext,
        engine: str,
        tell: OnOutput,
        builtin: BuiltinProvider,
    ) -> None:
        self._context = context
        self._engine = engine
        self._tell = tell
        self._builtin = builtin
        self._lock = threading.Lock()
        self._children: list[ChildProcess] = []
        self._providers: list[GrpcProvider] = []

    def load(self, package: str, version: str) -> Provider:
        """A provider that is not configured yet; EngineError if there is none."""
        if package == BUILTIN_PACKAGE:
            return self._builtin
        found = find_plugin(self._context, package, version, self._engine)
        if isinstance(found, AttachedProvider):
            provider = GrpcProvider(attach(found.label, found.port))
        else:
            provider = GrpcProvider(start(found, self._tell, self._remember))
        with self._lock:
            self._providers.append(provider)
        if isinstance(found, AttachedProvider):
            provider.handshake(self._engine)
            provider.attach(self._engine)
        else:
            provider.handshake(self._engine, found.folder)
        return provider

    def cancel(self) -> None:
        """Ask all providers to stop what they do."""
        self._each(GrpcProvider.cancel)

    def close(self) -> None:
        """End all providers."""
        self._each(GrpcProvider.close)
        self.kill()

    def kill(self) -> None:
        """Kill all processes and close all channels, also those to attached providers."""
        self._each(GrpcProvider.disconnect)
        for child in tuple(self._children):
            child.kill()

    def _each(self, action: Callable[[GrpcProvider], None]) -> None:
        with self._lock:
            providers = tuple(self._providers)
        for provider in providers:
            action(provider)

    def _remember(self, child: ChildProcess) -> None:
        with self._lock:
            self._children.append(child)
