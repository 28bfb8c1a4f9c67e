"""What a model says of itself beyond its fields."""

import pytest

from pulumi_esa_prefetch.api.models import ACTIVE, STATUSES, Job


@pytest.mark.parametrize(
    ("domains", "origins"),
    [
        (None, ()),
        (" ", ()),
        ("a.com", ("a.com",)),
        ("a.com,b.com", ("a.com", "b.com")),
        ("a.com, b.com;c.com  d.com,", ("a.com", "b.com", "c.com", "d.com")),
    ],
)
def test_the_origins_of_a_job_are_its_domains_however_they_are_parted(
    domains: str | None, origins: tuple[str, ...]
) -> None:
    assert Job(id="1", domains=domains).origins == origins


def test_the_statuses_that_go_on_are_some_of_those_that_esa_documents() -> None:
    assert set(STATUSES) > ACTIVE
