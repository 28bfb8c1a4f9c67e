"""A probe against an emulator in this process: the clock moves only by waits, and the dialects are the truth."""

import random
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import httpx

from pulumi_esa_emulator.clock import ManualClock
from pulumi_esa_emulator.dialects import DIALECTS, rules_of
from pulumi_esa_emulator.http.app import Emulator, create_app
from pulumi_esa_emulator.http.in_process import EmulatorTransport
from pulumi_esa_prefetch.api.client import EsaClient
from pulumi_esa_prefetch.api.credentials import Credentials, StaticCredentials
from pulumi_esa_prefetch.probe.judgements import Verdict
from pulumi_esa_prefetch.probe.key_questions import invented_key
from pulumi_esa_prefetch.probe.probe import ProbeResult, run_probe
from pulumi_esa_prefetch.probe.questions import QUESTIONS
from tests.support.local_esa import SITE, job, plan

URL = "https://www.example.com/probe.bin"
NOTHING_MAY = {"Version": "1", "Statement": []}


def all_but(action: str) -> dict[str, Any]:
    """A policy that allows all actions but this one."""
    allowed = {"Effect": "Allow", "Action": ["esa:*"], "Resource": "*"}
    denied = {"Effect": "Deny", "Action": [f"esa:{action}"], "Resource": "*"}
    return {"Version": "1", "Statement": [allowed, denied]}


class ProbedEsa:
    """An emulator with a job of somebody else, and the clients of a probe."""

    def __init__(
        self,
        dialects: Iterable[str] = (),
        faults: Mapping[str, Any] | None = None,
        seed: int = 7,
        site: Mapping[str, Any] | None = None,
        denied_action: str = "",
    ) -> None:
        self.dialects = tuple(dialects)
        self.clock = ManualClock(datetime(2026, 6, 1, 12, tzinfo=UTC))
        self.app: Emulator = create_app(
            seed={
                "sites": [{"SiteId": SITE, "Status": "active", **(site or {})}],
                "jobs": [job(1, [plan(1, "running")])],
                "keys": [
                    {
                        "AccessKeyId": "denied-key",
                        "AccessKeySecret": "denied-secret",
                        "Policy": NOTHING_MAY,
                    },
                    {
                        "AccessKeyId": "emulator-key",
                        "AccessKeySecret": "emulator-secret",
                        **({"Policy": all_but(denied_action)} if denied_action else {}),
                    },
                ],
            },
            dialects=self.dialects,
            faults=faults,
            clock=self.clock,
            wall_clock=self.clock,
        )
        self._rng = random.Random(seed)

    def client(self, key: Credentials | None = None) -> EsaClient:
        return EsaClient(
            "http://esa.test",
            StaticCredentials(key or Credentials("emulator-key", "emulator-secret")),
            clock=self.clock,
            rng=self._rng,
            transport=self.transport(),
        )

    def transport(self) -> httpx.BaseTransport:
        """The way to the emulator."""
        return EmulatorTransport(self.app)

    def probe(self, *, denied_key: bool = False) -> ProbeResult:
        denied = self.client(Credentials("denied-key", "denied-secret"))
        return run_probe(
            self.client(),
            self.clock,
            str(SITE),
            URL,
            with_unknown_key=self.client(invented_key()),
            with_denied_key=denied if denied_key else None,
        )

    @property
    def prefetched(self) -> int:
        """How many URLs all plans of probes have submitted."""
        with self.app.state.locked():
            batches = list(self.app.state.batches)
        return sum(batch.count for batch in batches if batch.job_id != job(1, [])["Id"])

    @property
    def jobs(self) -> list[str]:
        with self.app.state.locked() as current:
            return [each.name for each in current.records.jobs_of(SITE)]

    def truth(self) -> dict[str, str]:
        """The right answer to each question."""
        rules = rules_of(self.dialects)
        return {
            question.name: str(getattr(rules, question.name.replace("-", "_")))
            for question in QUESTIONS
        }


def answers_of(result: ProbeResult) -> dict[str, str | None]:
    """The answers; None for a question that is not settled."""
    return {
        name: found.answer if isinstance(found, Verdict) else None
        for name, found in result.answers.items()
    }


def drawn_dialects(rng: random.Random) -> list[str]:
    """For each rule its default, or one of its dialects."""
    by_rule = sorted(DIALECTS, key=lambda dialect: dialect.rule)
    choices = [
        [None, *(dialect.name for dialect in group)]
        for _, group in groupby(by_rule, key=lambda dialect: dialect.rule)
    ]
    return [name for name in map(rng.choice, choices) if name]
