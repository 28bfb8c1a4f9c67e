"""All checks in their order, each finding as soon as it is there; what cannot be checked is said in one line."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from pulumi_esa_prefetch.api.client import EsaClient
from pulumi_esa_prefetch.api.connection import open_transport
from pulumi_esa_prefetch.api.credentials import CredentialsProvider
from pulumi_esa_prefetch.clock import Clock, SystemClock
from pulumi_esa_prefetch.doctor.allowance_check import check_allowance
from pulumi_esa_prefetch.doctor.connection_checks import check_connection
from pulumi_esa_prefetch.doctor.findings import Finding
from pulumi_esa_prefetch.doctor.key_checks import check_keys
from pulumi_esa_prefetch.doctor.right_checks import check_rights, rights
from pulumi_esa_prefetch.doctor.setting_checks import (
    MASK,
    ConfigSource,
    check_settings,
)
from pulumi_esa_prefetch.doctor.version_checks import (
    installed_versions,
    version_findings,
)
from pulumi_esa_prefetch.settings.settings import Settings

SECONDS = 8.0
"""How long one question may take, repeats included."""
_SHORTEST_SECRET = 6
_SKIPPED = "not checked"

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Examination:
    """What is examined: a stack's config and the environment; `about_stack`: which stack, or why none.

    `site_id` or `instance_id` names the plan of service whose allowance is read.
    """

    source: ConfigSource
    about_stack: Finding
    site_id: str | None = None
    instance_id: str | None = None
    clock: Clock = field(default_factory=SystemClock)

    def run(self, tell: Tell) -> Iterator[Finding]:
        """Make all checks; `tell` gets what is asked next, for a display of progress."""
        secrets = self._secrets()
        for finding in self._findings(tell):
            yield _masked(finding, secrets)

    def _secrets(self) -> list[str]:
        """The texts of secret config values, the longest first; short ones are parts of other words."""
        found = {t for t in self.source.secret_texts if len(t) >= _SHORTEST_SECRET}
        return sorted(found, key=len, reverse=True)

    def _findings(self, tell: Tell) -> Iterator[Finding]:
        yield self.about_stack
        settings, lines = check_settings(self.source)
        yield from lines
        if settings is None:
            yield _skipped("keys, endpoint, clock and rights", "the settings")
        else:
            yield from self._esa(settings, tell)
        tell("the versions")
        yield from version_findings(installed_versions(self.source.environ))

    def _esa(self, settings: Settings, tell: Tell) -> Iterator[Finding]:
        tell("the access keys")
        provider, keys = check_keys(settings, self.source.secrets, SECONDS)
        yield keys
        tell("the connection to ESA")
        connection = check_connection(settings, self.clock, SECONDS)
        yield from connection.findings
        if connection.broken:
            yield _skipped("rights and allowance", connection.broken)
        elif provider is None:
            yield _skipped("rights and allowance", "the access keys")
        else:
            with self._client(settings, provider) as client:
                yield from self._signed(client, tell)

    def _client(self, settings: Settings, keys: CredentialsProvider) -> EsaClient:
        return EsaClient(
            settings.endpoint,
            keys,
            clock=self.clock,
            transport=open_transport(settings.endpoint, allow_http=settings.allow_http),
            deadline=SECONDS,
            max_qps=settings.max_qps,
        )

    def _signed(self, client: EsaClient, tell: Tell) -> Iterator[Finding]:
        """What only a signed call can show."""
        wanted = rights(self.site_id, self.clock.now())
        findings: list[Finding] = []
        for finding in check_rights(client, wanted, tell):
            yield finding
            findings.append(finding)
        if findings[-1].facts.get("right") != "notAsked":
            others = "the other rights" if findings[0].check == "rights" else "rights"
            yield _skipped(f"{others} and allowance", "that")
            return
        tell("the prefetch allowance")
        yield check_allowance(client, self.site_id, self.instance_id)


def _skipped(what: str, after: str) -> Finding:
    return Finding(
        "rest",
        "warning",
        f"{what}: {_SKIPPED}",
        f"first mend {after}, then run the doctor again",
    )


def _masked(finding: Finding, secrets: list[str]) -> Finding:
    def hide(value: Any) -> Any:
        for secret in secrets if isinstance(value, str) else ():
            value = value.replace(secret, MASK)
        return value

    return replace(
        finding,
        text=hide(finding.text),
        what_to_do=hide(finding.what_to_do),
        facts={name: hide(value) for name, value in finding.facts.items()},
    )
