"""The questions of the probe as a table: the answers that calls can tell apart, and the calls that do it.

The name of a question and its answers are those of the local ESA's rules, so that it takes the answers as they are. An
answer of ESA that is not in the table is recorded too, as it is: it is no dialect.

A plan that is called "open" has a window that began an hour ago; "parked": a window that begins in six hours.
"""

from dataclasses import dataclass
from typing import Final

HANDLING: Final = {
    "accepted": "accepted",
    "ignored": "a 200 that changes nothing",
    "refused": "refused",
}


@dataclass(frozen=True)
class Question:
    """A question, the known answers with what each means, and the calls that tell them apart."""

    name: str
    asks: str
    answers: dict[str, str]
    calls: str


def _handling(name: str, asks: str, calls: str, **changed: str) -> Question:
    return Question(name, asks, HANDLING | changed, calls)


QUESTIONS: Final = (
    Question(
        "new-plan",
        "A new plan, when its StartTime comes",
        {"starts": "runs by itself", "waits": "waits for Start"},
        "Create a plan that begins in 90 s; List until three minutes after that",
    ),
    Question(
        "no-start",
        "A plan without StartTime",
        {
            "when-started": "has none, and waits for Start",
            "creation": "gets the time of its creation",
        },
        "Create without StartTime; List three times",
    ),
    Question(
        "equal-window",
        "EndTime equal to StartTime",
        {"accepted": "accepted", "refused": "refused"},
        "Create such a plan; List; if refused, Create a usual plan after it",
    ),
    Question(
        "bad-plans",
        "A bad plan among good ones in one Create",
        {
            "refused": "the whole call is refused",
            "reported": "a 200 that names the bad one",
        },
        "Create a good plan, and one that ends before it begins; List",
    ),
    _handling("stop-waiting", "Stop on a waiting plan", "Stop; List"),
    _handling("stop-stopped", "Stop on a stopped plan", "Stop twice; List"),
    _handling("stop-finished", "Stop on a finished plan", "Stop; List"),
    _handling("stop-failed", "Stop on a failed plan", "Stop; List"),
    _handling(
        "start-running",
        "Start on a running plan",
        "Start; Get the job: TaskSubmitted grows at once if the plan begins anew",
        accepted="submits the next batch at once",
    ),
    _handling("start-finished", "Start on a finished plan", "Park it; Start; List"),
    _handling("start-failed", "Start on a failed plan", "Park it; Start; List"),
    _handling(
        "start-late",
        "Start after EndTime",
        "Stop; Update the window into the past; Start; List",
        accepted="runs, and ends at once",
    ),
    Question(
        "start-shows",
        "The status in the answer of Start",
        {"running": "running", "waiting": "waiting, and the next read running"},
        "Start on an open plan that is stopped or waiting; List",
    ),
    Question(
        "window-over",
        "A plan whose window ends before its list",
        {"finished": "finished", "failed": "failed"},
        "Update EndTime of a running plan to a moment from now; List",
    ),
    Question(
        "cursor",
        "The place in the URL list belongs to",
        {"job": "the job", "plan": "each plan"},
        "Start a plan whose one batch is all that is left of the job: finished, or more to do",
    ),
    Question(
        "reset",
        "Reset of a job",
        {
            "rewinds": "rewinds, plans stay as they are",
            "requeues": "makes ended plans wait again",
            "refused": "refused while a plan runs",
        },
        "Park what has ended; Reset with no plan running; List; Reset with one running",
    ),
    Question(
        "delete-running",
        "Delete of a running plan",
        {
            "accepted": "stops it",
            "ignored": "unlists it, its batches go on",
            "refused": "refused",
        },
        "Delete; List; Get the job after one Interval more: TaskSubmitted grows if it runs on",
    ),
    Question(
        "delete-job",
        "Delete of a job with a running plan",
        {"accepted": "deletes both", "refused": "refused"},
        "Delete the job; List the jobs",
    ),
    Question(
        "notation",
        "Times in answers",
        {
            "+08:00": "2024-05-31T17:10:48.849+08:00",
            "Z": "2024-06-02T02:43:35Z",
            "millis-Z": "2024-06-02T02:43:35.849Z",
            "+0800": "2023-06-05T10:04:20+0800",
        },
        "all answers of the probe, as they came",
    ),
    Question(
        "unknown-key",
        "An unknown access key",
        {"400": "HTTP 400", "404": "HTTP 404"},
        "List the jobs with an invented key",
    ),
    Question(
        "denied",
        "The code of a refusal by RAM",
        {"NoPermission": "NoPermission", "Forbidden.RAM": "Forbidden.RAM"},
        "List the jobs, three times, with the key of --denied-key-profile",
    ),
)
BY_NAME: Final = {question.name: question for question in QUESTIONS}
