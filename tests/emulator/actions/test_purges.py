"""PurgeCaches and DescribePurgeTasks: what is accepted, and how a task goes on."""

import json

import pytest

from pulumi_esa_emulator.http.in_process import EmulatorTransport
from tests.emulator.conftest import EmulatorFactory, InProcessEmulator
from tests.emulator.seeds import SITE, seed
from tests.emulator.signed_client import Document, SignedClient

FILE = "http://a.example/1.jpg"


def purge(
    emulator: InProcessEmulator, content: object, kind: str = "file", site: int = SITE
) -> object:
    """The task's id, or status and code of a refusal."""
    answer = emulator.esa.ask(
        "PurgeCaches", SiteId=site, Type=kind, Content=json.dumps(content)
    )
    body = answer.json()
    return body.get("TaskId") or (answer.status_code, body["Code"])


def tasks(emulator: InProcessEmulator, **asked: object) -> list[Document]:
    return list(emulator.esa.body("DescribePurgeTasks", SiteId=SITE, **asked)["Tasks"])


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("file", {"Files": [FILE]}),
        ("cachekey", {"CacheKeys": [{"Url": FILE, "Headers": {"UserGeo": "CN"}}]}),
        ("directory", {"Directories": ["http://a.example/pictures/"]}),
        ("ignoreParams", {"IgnoreParams": [FILE]}),
        ("hostname", {"Hostnames": ["a.example"]}),
        ("purgeall", {"PurgeAll": True, "CacheKeys": []}),
    ],
)
def test_each_type_of_purge_is_accepted_in_its_form(
    new_emulator: EmulatorFactory, kind: str, content: Document
) -> None:
    emulator = new_emulator(seed(SiteName="a.example"))

    task = purge(emulator, content, kind)

    assert [one["TaskId"] for one in tasks(emulator, Type=kind)] == [task]


@pytest.mark.parametrize(
    ("kind", "content", "refusal"),
    [
        ("file", {}, "MissingContent.Files"),
        ("file", {"Files": []}, "MissingContent.Files"),
        ("file", [], "InvalidParameter.Content"),
        ("file", {"Files": FILE}, "InvalidParameter.Content"),
        ("file", {"Files": [1]}, "InvalidParameter.Content"),
        ("file", {"Files": ["a.jpg"]}, "InvalidParameter.Content"),
        ("file", {"Files": ["http://b.example/"]}, "InvalidParameter.Content"),
        ("file", {"Files": [FILE] * 1001}, "InvalidParameter.Content"),
        ("directory", {"Directories": [FILE]}, "InvalidParameter.Content"),
        ("hostname", {"Hostnames": ["b.example"]}, "InvalidParameter.Content"),
        ("purgeall", {"PurgeAll": "yes"}, "InvalidParameter.Content"),
        ("cachetag", {"CacheTags": ["a"]}, "InvalidParameter.Type"),
        ("files", {"Files": [FILE]}, "InvalidParameter.Type"),
    ],
)
def test_a_purge_that_is_invalid_is_refused(
    new_emulator: EmulatorFactory, kind: str, content: object, refusal: str
) -> None:
    emulator = new_emulator(seed(SiteName="a.example"))

    assert purge(emulator, content, kind) == (400, refusal)
    assert not emulator.app.history[0].effect


def test_a_purge_is_of_a_site_of_the_account(new_emulator: EmulatorFactory) -> None:
    emulator = new_emulator(seed(AliUid="1000000000000000"))

    assert purge(emulator, {"Files": [FILE]}) == (403, "InvalidUid.PermissionDenied")
    assert purge(emulator, {"Files": [FILE]}, site=77) == (404, "SiteNotFound")


@pytest.mark.parametrize(
    ("dialects", "seconds", "status", "process"),
    [
        ([], 4, "Refreshing", "0%"),
        ([], 5, "Complete", "100%"),
        (["purge-slow"], 299, "Refreshing", "0%"),
        (["purge-slow", "purge-fails"], 300, "Failed", "100%"),
    ],
)
def test_a_task_ends_after_some_seconds(
    new_emulator: EmulatorFactory,
    dialects: list[str],
    seconds: float,
    status: str,
    process: str,
) -> None:
    emulator = new_emulator(dialects=dialects)
    purge(emulator, {"Files": [FILE]})

    emulator.clock.advance(seconds)

    (task,) = tasks(emulator, Status=status)
    assert (task["Status"], task["Process"]) == (status, process)
    assert task["CreateTime"] == "2026-06-01T12:00:00Z"
    assert task.get("Description") == ("Internal Error" if status == "Failed" else None)


def test_tasks_are_listed_newest_first_in_pages(new_emulator: EmulatorFactory) -> None:
    emulator = new_emulator()
    first = purge(emulator, {"Files": [f"{FILE}?{n}" for n in range(3)]})
    emulator.clock.advance(60)
    second = purge(emulator, {"Files": [FILE, FILE]})
    times = {"StartTime": "2026-06-01T12:00:30Z", "EndTime": "2026-06-01T12:02:00Z"}

    pages = [tasks(emulator, PageSize=3, PageNumber=number) for number in (1, 2)]

    assert [one["TaskId"] for one in pages[0]] == [second, first, first]
    assert [one["Content"] for one in pages[1]] == [f"{FILE}?2"]
    assert [one["TaskId"] for one in tasks(emulator, **times)] == [second]
    assert [one["TaskId"] for one in tasks(emulator, Content=f"{FILE}?1")] == [first]


def test_a_dialect_lists_a_row_per_task(new_emulator: EmulatorFactory) -> None:
    emulator = new_emulator(dialects=["purge-one-row"])
    purge(emulator, {"Files": [FILE, f"{FILE}?2"]})

    assert [one["Content"] for one in tasks(emulator)] == [f"{FILE}\n{FILE}?2"]


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        ({"Status": "Done"}, "InvalidParameter.Status"),
        ({"PageSize": 51}, "InvalidParameter.PageSize"),
        ({"PageNumber": 100_001}, "InvalidParameter.PageNumber"),
        ({"StartTime": "2026-06-01T12:00:00Z"}, "MissingTimeParameter"),
        (
            {"StartTime": "2026-06-01T12:00:00Z", "EndTime": "2026-06-01T12:00:00Z"},
            "InvalidEndTime.Mismatch",
        ),
    ],
)
def test_a_listing_that_is_invalid_is_refused(
    new_emulator: EmulatorFactory, asked: Document, refusal: str
) -> None:
    emulator = new_emulator()

    assert emulator.esa.code("DescribePurgeTasks", SiteId=SITE, **asked) == (
        400,
        refusal,
    )


def test_a_site_purges_no_more_objects_a_day_than_its_quota(
    new_emulator: EmulatorFactory,
) -> None:
    emulator = new_emulator(seed(PurgeQuota=2))
    two = {"Files": [FILE, f"{FILE}?2"]}

    assert isinstance(purge(emulator, two), str)
    assert purge(emulator, {"Files": [FILE]}) == (400, "QuotaExceeded.Refresh")
    emulator.clock.advance(86_400)
    assert isinstance(purge(emulator, two), str)


def test_a_stale_read_does_not_know_a_new_task(new_emulator: EmulatorFactory) -> None:
    stale = {"kind": "stale", "seconds": 60, "actions": ["DescribePurgeTasks"]}
    emulator = new_emulator(faults={"faults": [stale]})
    purge(emulator, {"Files": [FILE]})

    assert tasks(emulator) == []


@pytest.mark.parametrize(
    ("resource", "status"),
    [("*", 200), (f"acs:esa:*:*:site/{SITE}", 200), ("acs:esa:*:*:site/77", 403)],
)
def test_both_actions_need_a_right_on_the_site(
    new_emulator: EmulatorFactory, resource: str, status: int
) -> None:
    actions = ["esa:PurgeCaches", "esa:DescribePurgeTasks"]
    allow = {"Effect": "Allow", "Action": actions, "Resource": resource}
    key = {
        "AccessKeyId": "limited",
        "AccessKeySecret": "hush",
        "Policy": {"Version": "1", "Statement": [allow]},
    }
    emulator = new_emulator({**seed(), "keys": [key]})
    esa = SignedClient(EmulatorTransport(emulator.app), key="limited", secret="hush")
    content = json.dumps({"Files": [FILE]})

    purged = esa.ask("PurgeCaches", SiteId=SITE, Type="file", Content=content)
    listed = esa.ask("DescribePurgeTasks", SiteId=SITE)

    assert (purged.status_code, listed.status_code) == (status, status)
