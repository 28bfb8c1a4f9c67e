"""The settings and keys with which a report calls ESA, as an emulator sees them."""

from collections.abc import Iterator

import pytest

from pulumi_esa_emulator.http.app import Emulator, create_app
from pulumi_esa_emulator.http.server import running
from pulumi_esa_prefetch.report.inputs.esa_snapshot import take_snapshot_with
from pulumi_esa_prefetch.report.inputs.pulumi_documents import SECRET
from tests.support.previews import JOB_ID

KEYS = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "emulator-key",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "emulator-secret",
}


@pytest.fixture
def esa() -> Iterator[tuple[Emulator, str]]:
    job = {"Id": JOB_ID, "SiteId": 1, "UrlList": ["http://a.example/1"], "plans": []}
    app = create_app(seed={"sites": [{"SiteId": 1, "Status": "active"}], "jobs": [job]})
    with running(app) as endpoint:
        yield app, endpoint


@pytest.mark.parametrize("namespace", ["esa-prefetch", "alicloud"])
@pytest.mark.parametrize("masked", ["accessKey", "secretKey", "securityToken"])
def test_keys_that_are_masked_in_part_are_replaced_by_those_of_the_environment(
    esa: tuple[Emulator, str], namespace: str, masked: str
) -> None:
    names = ("accessKey", "secretKey", "securityToken")
    config = {f"{namespace}:{name}": "theirs" for name in names}
    config |= {f"{namespace}:{masked}": SECRET, "esa-prefetch:endpoint": esa[1]}

    snapshot = take_snapshot_with(config, KEYS, [JOB_ID])

    assert (snapshot.problem, list(snapshot.jobs)) == (None, [JOB_ID])


def test_keys_in_plain_text_are_used(esa: tuple[Emulator, str]) -> None:
    config = {
        "esa-prefetch:endpoint": esa[1],
        "esa-prefetch:accessKey": "emulator-key",
        "esa-prefetch:secretKey": "emulator-secret",
        "alicloud:secretKey": SECRET,
    }

    snapshot = take_snapshot_with(config, {}, [JOB_ID])

    assert snapshot.problem is None


@pytest.mark.parametrize("config", [None, {"esa-prefetch:endpoint": SECRET}])
def test_without_a_known_endpoint_no_call_is_made(
    config: dict[str, str] | None,
) -> None:
    snapshot = take_snapshot_with(config, KEYS, [JOB_ID])

    assert snapshot.jobs == {}
    assert "the stack's ESA endpoint is not known" in str(snapshot.problem)


@pytest.mark.parametrize("name", ["ESA_ENDPOINT", "ALIBABA_CLOUD_ENDPOINT_ESA"])
def test_without_a_known_endpoint_the_environment_may_name_one(
    esa: tuple[Emulator, str], name: str
) -> None:
    snapshot = take_snapshot_with(None, {**KEYS, name: esa[1]}, [JOB_ID])

    assert snapshot.problem is None
