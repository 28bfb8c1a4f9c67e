"""The ``configure`` hook: settings reach the session, and tracebacks become one line."""

import sys
from collections.abc import Iterator

import pytest
from pulumi.dynamic import Config, ConfigureRequest

from pulumi_esa_prefetch.provider.errors import PrefetchError
from pulumi_esa_prefetch.provider.hooks import PlanProvider


@pytest.fixture(autouse=True)
def traces() -> Iterator[None]:
    """What `configure` does to tracebacks does not outlive a test."""
    yield
    vars(sys).pop("tracebacklimit", None)


def configured(**config: str) -> PlanProvider:
    provider = PlanProvider()
    values = {f"esa-prefetch:{name}": value for name, value in config.items()}
    provider.configure(ConfigureRequest(Config(values, "project")))
    return provider


def test_traces_become_one_line_unless_debug_is_set() -> None:
    configured(endpoint="https://esa.test")
    assert sys.tracebacklimit == 0

    configured(endpoint="https://esa.test", debug="true")
    assert not hasattr(sys, "tracebacklimit")


def test_all_instances_of_a_process_share_a_session_of_the_same_settings() -> None:
    one, two = (
        configured(endpoint="https://a.test"),
        configured(endpoint="https://a.test"),
    )
    other = configured(endpoint="https://b.test")

    assert one.session is two.session
    assert one.session is not other.session


def test_a_wrong_setting_is_one_sentence_without_a_cause() -> None:
    with pytest.raises(PrefetchError, match="esa-prefetch:deadline") as caught:
        configured(deadline="soon")

    assert caught.value.__suppress_context__


def test_limits_that_cannot_be_read_are_one_sentence() -> None:
    with pytest.raises(PrefetchError, match=r"esa-prefetch:limits\.maxOrigin"):
        configured(limits='{"maxOriginUrlsPerSecond": -1}')


def test_limits_reach_the_session() -> None:
    limits = configured(limits='{"maxOriginUrlsPerSecond": 5}').session.limits

    assert limits is not None
    assert limits.max_origin_urls_per_second == 5
    assert configured().session.limits is None


def test_settings_reach_the_session() -> None:
    session = configured(deadline="7", verify="false").session

    assert (session.deadline, session.verify) == (7.0, False)
