"""The line of a request: what was asked of which plan, the answer, and what it did."""

import httpx
import pytest

from pulumi_esa_emulator.faults.fault_file import FaultDocument
from pulumi_esa_emulator.http.app import Emulator, create_app
from pulumi_esa_emulator.http.in_process import EmulatorTransport
from pulumi_esa_emulator.http.request_lines import request_line
from pulumi_esa_emulator.service import RequestObserver
from tests.emulator.seeds import JOB, open_plan, plan_id, seed
from tests.emulator.signed_client import SignedClient

LINES = list[str]


@pytest.fixture
def lines() -> LINES:
    return []


@pytest.fixture
def app(lines: LINES) -> Emulator:
    observe: RequestObserver = lambda *one: lines.append(request_line(*one))  # noqa: E731
    return create_app(seed=seed(open_plan(status="stopped")), observe=observe)


@pytest.fixture
def esa(app: Emulator) -> SignedClient:
    return SignedClient(EmulatorTransport(app))


@pytest.mark.parametrize(
    ("action", "parameters", "end"),
    [
        ("ListScheduledPreloadExecutions", {"Id": JOB}, f" {JOB}: 200, read"),
        (
            "StartScheduledPreloadExecution",
            {"Id": plan_id()},
            f" {plan_id()}: 200, running",
        ),
        (
            "StopScheduledPreloadExecution",
            {"Id": plan_id()},
            f" {plan_id()}: 200, nothing changed",
        ),
        (
            "DeleteScheduledPreloadExecution",
            {"Id": plan_id()},
            f" {plan_id()}: 200, deleted",
        ),
        ("ResetScheduledPreloadJob", {"Id": JOB}, f" {JOB}: 200, nothing changed"),
    ],
)
def test_a_line_says_action_plan_status_and_effect(
    esa: SignedClient,
    lines: LINES,
    action: str,
    parameters: dict[str, str],
    end: str,
) -> None:
    esa.ask(action, **parameters)

    (line,) = lines
    assert line[2] + line[5] + line[8] == ":: "
    assert line[9:] == action + end
    assert len(line) <= 100


def test_a_request_of_an_unknown_action_has_a_line_too(
    esa: SignedClient, lines: LINES
) -> None:
    esa.ask("DoNothing")

    assert " DoNothing: 404 " in lines[0]
    assert lines[0].endswith(", nothing changed")


def test_a_lost_answer_says_what_was_done_all_the_same(
    app: Emulator, esa: SignedClient, lines: LINES
) -> None:
    fault = {"kind": "reset", "when": "after", "every": 1}
    app.faults.set(FaultDocument.model_validate({"faults": [fault]}))

    with pytest.raises(httpx.ReadError):
        esa.ask("StartScheduledPreloadExecution", Id=plan_id())

    assert lines[0].endswith(": no answer, running (fault: reset)")
