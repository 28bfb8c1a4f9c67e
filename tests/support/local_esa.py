"""The emulator as tests see it: what was asked of it and what is true in it; signs nothing."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import httpx

SITE = 190007158391808
Document = dict[str, Any]


class Esa:
    """One emulator, at an address."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._http = httpx.Client(base_url=endpoint, timeout=30, trust_env=False)

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def history(self) -> list[Document]:
        """Every request it saw, oldest first."""
        answer = self._http.get("/_emulator/history").raise_for_status()
        return list(answer.json())

    def calls(self, action: str, plan: str | None = None) -> list[Document]:
        """The requests for one action, of one plan or job if given."""
        return [
            call
            for call in self.history()
            if call["action"] == action
            and (plan is None or call["parameters"].get("Id") == plan)
        ]

    def starts(self, plan: str | None = None) -> int:
        """How many Starts it saw."""
        return len(self.calls("StartScheduledPreloadExecution", plan))

    def effective_starts(self, plan: str | None = None) -> int:
        """How many Starts changed anything."""
        calls = self.calls("StartScheduledPreloadExecution", plan)
        return sum(call["effect"] for call in calls)

    def starts_by_plan(self) -> dict[str, int]:
        """How many Starts changed anything, by plan."""
        counts: Counter[str] = Counter()
        for call in self.calls("StartScheduledPreloadExecution"):
            counts[call["parameters"]["Id"]] += call["effect"]
        return counts

    def effective_stops(self, plan: str | None = None) -> int:
        """How many Stops changed anything."""
        calls = self.calls("StopScheduledPreloadExecution", plan)
        return sum(call["effect"] for call in calls)

    def stops(self, plan: str | None = None) -> int:
        """How many Stops it saw."""
        return len(self.calls("StopScheduledPreloadExecution", plan))

    def changes(self) -> int:
        """How many requests changed anything."""
        return sum(call["effect"] for call in self.history())

    def state(self) -> Document:
        """All it remembers."""
        return dict(self._http.get("/_emulator/state").raise_for_status().json())

    def plans(self) -> dict[str, Document]:
        """Its plans by id, each with its job's id."""
        return {
            plan["Id"]: plan | {"JobId": job["Id"]}
            for job in self.state()["jobs"]
            for plan in job["plans"]
        }

    def edge(self) -> Document:
        """Its edge: port, hosts, origin, how often each URL was asked, the authority's certificate."""
        return dict(self._http.get("/_emulator/edge").raise_for_status().json())

    def status(self, plan: str) -> str:
        """One plan's status."""
        return str(self.plans()[plan]["Status"])

    def advance(self, seconds: float) -> None:
        """Move its clock, if it was started with a manual one."""
        self.post("clock", {"advance": seconds})

    def post(self, control: str, body: object) -> None:
        """Set something by one of its control paths."""
        self._http.post(f"/_emulator/{control}", json=body).raise_for_status()


def plan(number: int, status: str, *, start: str = "-1h", end: str = "+8h") -> Document:
    """A plan of a seed, whose id ends in its number."""
    return {
        "Id": plan_id(number),
        "StartTime": start,
        "EndTime": end,
        "Interval": 600,
        "SliceLen": 1,
        "Status": status,
    }


def plan_id(number: int) -> str:
    """The id of the plan with that number."""
    return f"665d3b48621bccf3{number:08x}"


def job_id(number: int) -> str:
    """The id of the job with that number."""
    return f"665d3af3621bccf3{number:08x}"


def job(number: int, plans: Sequence[Document], urls: int = 100) -> Document:
    """A job of a seed, whose id ends in its number."""
    return {
        "Id": job_id(number),
        "SiteId": SITE,
        "Name": f"job-{number}",
        "UrlList": [f"https://www.example.com/{number}/{i}" for i in range(urls)],
        "plans": list(plans),
    }


def seed(*jobs: Document) -> Document:
    """A seed with one active site."""
    return {"sites": [{"SiteId": SITE, "Status": "active"}], "jobs": list(jobs)}
