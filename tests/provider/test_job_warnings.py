"""A job without URLs, or with URLs that ESA refused, is a warning at the check and at Start, once for each job."""

import pytest

from tests.provider.world import GET_JOB, JOB, START, World, created, fault, props
from tests.support.local_esa import Document, job, plan, plan_id

GOOD, BAD = "https://www.example.com/a.css", "https://www.example.com/für.css"


def world_of(*urls: str) -> World:
    plans: list[Document] = [plan(1, "stopped"), plan(2, "stopped")]
    return World(jobs=[job(1, plans) | {"UrlList": list(urls)}])


@pytest.mark.parametrize(
    ("urls", "warning"),
    [
        ([BAD], f"warning: job {JOB} has no URLs, so that its plans fetch nothing: "),
        ([GOOD, BAD], f"warning: job {JOB}: ESA refused URLs of it (InvalidUrl"),
    ],
    ids=["none", "some"],
)
def test_it_is_said_once_for_a_job_by_the_check(
    urls: list[str], warning: str, capsys: pytest.CaptureFixture[str]
) -> None:
    world = world_of(*urls)

    for number in (1, 2):
        declared = props(plan_id=plan_id(number))
        assert world.provider.check({}, declared).failures == []
        world.provider.create(declared)

    assert capsys.readouterr().out.count(warning) == 1
    assert world.calls(GET_JOB) == 1


def test_it_is_said_before_a_start_that_no_check_came_before(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = world_of(BAD)

    created(world)

    assert "has no URLs" in capsys.readouterr().out
    actions = [str(event.action) for event in world.esa.history]
    assert actions[-1] == START


def test_a_good_job_is_not_named(capsys: pytest.CaptureFixture[str]) -> None:
    world = world_of(GOOD)

    world.provider.check({}, props())

    assert capsys.readouterr().out == ""


def test_a_job_that_may_not_be_read_is_asked_for_once_and_fails_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = world_of(BAD)
    world.esa.faults.set(
        type(world.esa.faults.document)(
            faults=(fault({"kind": "denied"}, action=GET_JOB, every=1),)
        )
    )

    created(world)
    created(world, plan_id=plan_id(2))

    assert world.calls(GET_JOB) == 1
    assert "job" not in capsys.readouterr().out.replace("adopted", "")
