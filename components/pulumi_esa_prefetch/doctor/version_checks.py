"""The versions of Python, this package, Pulumi's SDK, its CLI and the plugin of alicloud, and whether they fit."""

import platform
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from pulumi_esa_prefetch.doctor.findings import Finding

Version = tuple[int, ...]

MIN_PYTHON: Version = (3, 11)
MIN_SDK: Version = (3, 272)
BELOW_SDK: Version = (4,)
"""The bounds of pyproject.toml; a test holds them to it."""
MIN_CLI: Version = (3, 254)
"""The oldest CLI that takes an import file with outputs (docs/pulumi.md)."""
BELOW_CLI: Version = (4,)
_CLI_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Versions:
    """What is installed; None: it is not there. `cli` is empty if there is a command that tells no version."""

    python: str
    package: str | None
    sdk: str | None
    cli: str | None
    alicloud_sdk: str | None
    alicloud_plugins: tuple[str, ...] = ()


def installed_versions(environ: Mapping[str, str]) -> Versions:
    """Look at this interpreter's packages, the command `pulumi` on PATH, and the folder of plugins."""
    return Versions(
        platform.python_version(),
        _package("pulumi-esa-prefetch"),
        _package("pulumi"),
        _cli(environ),
        _package("pulumi-alicloud"),
        _plugins(environ),
    )


def version_findings(versions: Versions) -> Iterator[Finding]:
    """A line for each of them."""
    yield _python(versions)
    yield _sdk(versions)
    yield _cli_finding(versions)
    yield _alicloud(versions)


def _python(versions: Versions) -> Finding:
    package = versions.package or "not installed as a package"
    text = f"Python {versions.python}, pulumi-esa-prefetch {package}"
    facts = {"python": versions.python, "package": versions.package}
    if _numbers(versions.python) < MIN_PYTHON:
        return Finding(
            "versions",
            "failed",
            text,
            f"use Python {_text(MIN_PYTHON)} or newer",
            facts,
        )
    return Finding("versions", "ok", text, facts=facts)


def _sdk(versions: Versions) -> Finding:
    facts = {"sdk": versions.sdk}
    wanted = f"pip install 'pulumi>={_text(MIN_SDK)},<{_text(BELOW_SDK)}'"
    if versions.sdk is None:
        return Finding(
            "versions", "failed", "Pulumi's SDK is not installed", wanted, facts
        )
    text = f"Pulumi SDK {versions.sdk}"
    if not MIN_SDK <= _numbers(versions.sdk) < BELOW_SDK:
        return Finding("versions", "warning", f"{text} was not tested", wanted, facts)
    return Finding("versions", "ok", text, facts=facts)


def _cli_finding(versions: Versions) -> Finding:
    facts = {"cli": versions.cli}
    if versions.cli is None:
        text = "no pulumi CLI on PATH; esa-prefetch has its own engine"
        return Finding("versions", "ok", text, facts=facts)
    if not _numbers(versions.cli):
        return Finding(
            "versions",
            "warning",
            "the pulumi CLI on PATH does not tell its version",
            "run `pulumi version`, and install the CLI again if it fails",
            facts,
        )
    text = f"pulumi CLI {versions.cli}"
    if not MIN_CLI <= _numbers(versions.cli) < BELOW_CLI:
        return Finding(
            "versions",
            "warning",
            f"{text} was not tested",
            f"install {_text(MIN_CLI)} or newer, below {_text(BELOW_CLI)}",
            facts,
        )
    return Finding("versions", "ok", text, facts=facts)


def _alicloud(versions: Versions) -> Finding:
    sdk, plugins = versions.alicloud_sdk, versions.alicloud_plugins
    facts = {"alicloudSdk": sdk, "alicloudPlugins": list(plugins)}
    if sdk is None:
        text = "pulumi-alicloud is not installed: only SitePrefetch needs it"
        return Finding("versions", "ok", text, facts=facts)
    text = f"pulumi-alicloud {sdk}"
    if sdk in plugins:
        return Finding("versions", "ok", f"{text} and its plugin", facts=facts)
    others = f" (there is {', '.join(plugins)})" if plugins else ""
    missing = f"{text}, and its plugin is not installed{others}"
    if versions.cli:
        return Finding(
            "versions", "ok", f"{text}; the CLI installs its plugin", facts=facts
        )
    return Finding(
        "versions",
        "warning",
        missing,
        f"for a SitePrefetch run `pulumi plugin install resource alicloud v{sdk}`",
        facts,
    )


def _package(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _cli(environ: Mapping[str, str]) -> str | None:
    program = shutil.which("pulumi", path=environ.get("PATH"))
    if program is None:
        return None
    try:
        done = subprocess.run(  # noqa: S603 -- the user's own command
            [program, "version"],
            env={**environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=_CLI_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    found = re.match(rb"v?(\d+(\.\d+)+\S{0,40})", done.stdout.strip())
    return found[1].decode("ascii", "replace") if found else ""


def _plugins(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The versions of the plugin of alicloud where the CLI keeps its plugins."""
    home = environ.get("PULUMI_HOME") or "~/.pulumi"
    folder = Path(home).expanduser() / "plugins"
    start = "resource-alicloud-v"
    try:
        names = sorted(path.name for path in folder.iterdir() if path.is_dir())
    except OSError:
        return ()
    return tuple(n.removeprefix(start) for n in names if n.startswith(start))


def _numbers(version: str) -> Version:
    found = re.match(r"\d+(\.\d+)*", version)
    return tuple(map(int, found[0].split("."))) if found else ()


def _text(version: Version) -> str:
    return ".".join(map(str, version))
