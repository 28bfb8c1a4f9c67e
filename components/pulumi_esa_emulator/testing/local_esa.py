"""A local ESA for one test: in this process, and at an address once somebody asks for it."""

import json
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from werkzeug.test import Client

from pulumi_esa_emulator.actions.record_fields import whole_state
from pulumi_esa_emulator.clock import ForwardClock, SystemClock
from pulumi_esa_emulator.faults.fault_file import FaultDocument
from pulumi_esa_emulator.http.app import create_app
from pulumi_esa_emulator.http.server import running
from pulumi_esa_emulator.identity.keys import DEMO_KEY
from pulumi_esa_emulator.messages.documents import parse_document
from pulumi_esa_emulator.state.records import JobRecord, PlanRecord
from pulumi_esa_emulator.state.request_history import HistoryEntry
from pulumi_esa_emulator.state.seed import Seed
from pulumi_esa_emulator.testing.signing import signed_query

START = "StartScheduledPreloadExecution"


@dataclass(frozen=True, slots=True)
class Answer:
    """ESA's answer to one call: the HTTP status, and the body with ESA's field names."""

    status: int
    body: Mapping[str, Any]


class LocalEsa:
    """A local ESA with a clock that runs and can be moved forward.

    launch, = esa.seed(job(plan("stopped"), urls=100))
    ...                                   # what is tested calls it at `esa.endpoint`
    assert esa.statuses() == ["running"]
    esa.advance(3600)
    """

    def __init__(self) -> None:
        self._clock = ForwardClock()
        self._app = create_app(clock=self._clock)
        self._client = Client(self._app)
        self._running = ExitStack()
        self._endpoint = ""

    @property
    def endpoint(self) -> str:
        """Its URL; it begins to listen when this is first asked for."""
        if not self._endpoint:
            self._endpoint = self._running.enter_context(running(self._app))
        return self._endpoint

    @property
    def address(self) -> str:
        """Its host and port, as Terraform and the SDKs of Alibaba Cloud want them."""
        return self.endpoint.removeprefix("http://")

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which a program, the `pulumi` CLI, Terraform or an SDK uses it."""
        return {
            "ESA_ENDPOINT": self.endpoint,
            "ALIBABA_CLOUD_ACCESS_KEY_ID": DEMO_KEY.id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": DEMO_KEY.secret,
            "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true",
        }

    def seed(self, *jobs: Mapping[str, Any], **parts: Any) -> tuple[JobRecord, ...]:
        """Start anew with these jobs; gives them as they are now, in this order.

        `job` and `plan` make the documents. `parts` are the other parts of a seed: `sites`, `keys`, `oss`; without
        `sites` there is one active site for each job. Raises ValueError if the seed is wrong.
        """
        found = {one.get("SiteId") for one in jobs}
        sites = [{"SiteId": one, "Status": "active"} for one in found]
        document = {"sites": sites, **parts, "jobs": list(jobs)}
        seed = parse_document(json.dumps(document).encode(), Seed, "The seed")
        self._app.use_seed(seed, (DEMO_KEY,))
        return tuple(self.jobs.values())

    @property
    def jobs(self) -> Mapping[str, JobRecord]:
        """Its jobs by id, oldest first."""
        state = self._app.state
        with state.locked() as current:
            found = [
                one
                for site in state.sites()
                for one in current.records.jobs_of(site.id)
            ]
        return {one.id: one for one in found}

    @property
    def plans(self) -> Mapping[str, PlanRecord]:
        """Its plans by id, in the order of their jobs."""
        with self._app.state.locked() as current:
            found = [
                plan for job in self.jobs for plan in current.records.plans_of(job)
            ]
        return {one.id: one for one in found}

    def statuses(self) -> list[str]:
        """The status of each plan, in the order of `plans`."""
        return [one.status for one in self.plans.values()]

    @property
    def state(self) -> Mapping[str, Any]:
        """All that it remembers, with ESA's field names."""
        state = self._app.state
        with state.locked() as current:
            return whole_state(state.sites(), current.records, current.now)

    @property
    def history(self) -> list[HistoryEntry]:
        """Every call that it saw, oldest first."""
        return self._app.history

    def calls(self, action: str, id: str | None = None) -> list[HistoryEntry]:  # noqa: A002 - ESA's name
        """The calls of one action, of one plan or job if its id is given."""
        return [
            call
            for call in self.history
            if call.action == action and id in (None, call.parameters.get("Id"))
        ]

    def starts(self, plan: str | None = None) -> int:
        """How many Starts changed anything, of one plan if its id is given."""
        return sum(call.effect for call in self.calls(START, plan))

    def advance(self, seconds: float) -> None:
        """Move its clock forward; plans run on as if so much time had passed."""
        self._clock.advance(seconds)
        self._app.state.save_time()

    def faults(self, *faults: Mapping[str, Any]) -> None:
        """Let it misbehave in these ways from now on; without one it works again.

        A fault is `{"kind": "throttle", "calls": [2]}`; docs/local-esa.md lists the kinds. ValueError if one is wrong.
        """
        text = json.dumps({"faults": list(faults)}).encode()
        self._app.faults.set(parse_document(text, FaultDocument, "The faults"))

    def dialects(self, *names: str) -> None:
        """Let it answer so where ESA's documentation is silent; docs/local-esa.md lists them. ValueError if unknown."""
        self._app.use_dialects(names)

    def act(self, action: str, /, **parameters: object) -> Answer:
        """Do one call of ESA's API, signed, as the person at the console would."""
        texts = {name: str(value) for name, value in parameters.items()}
        query = signed_query(action, texts, DEMO_KEY, SystemClock().now())
        answer = self._client.post("/", query_string=query)
        return Answer(answer.status_code, dict(answer.get_json(silent=True) or {}))

    def close(self) -> None:
        """Stop to listen, and end its threads."""
        self._running.close()
        self._app.close()
