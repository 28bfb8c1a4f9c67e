"""The tables of docs/reference.md, held against the code both ways: no name too many, none missing."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields
from inspect import get_annotations
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from pydantic.alias_generators import to_camel

from pulumi_embedded_engine import errors
from pulumi_esa_cli import main
from pulumi_esa_cli.esa import exit_codes
from pulumi_esa_prefetch import (
    PrefetchCampaign,
    PrefetchCampaignArgs,
    PrefetchCompletion,
    PrefetchCompletionArgs,
    PrefetchVerification,
    PrefetchVerificationArgs,
    PrefetchWindow,
    ScheduledPrefetch,
    ScheduledPrefetchArgs,
    SitePrefetch,
    SitePrefetchArgs,
)
from pulumi_esa_prefetch.load import Limits
from pulumi_esa_prefetch.provider.plan_properties import PlanInputs, PlanState
from pulumi_esa_prefetch.resources.plan_config import SETTING
from pulumi_esa_prefetch.settings.settings import read_settings

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs/reference.md").read_text()
Rows = list[list[str]]


def section(heading: str) -> str:
    return PAGE.partition(f"\n## {heading}")[2].partition("\n## ")[0]


def tables(heading: str) -> list[Rows]:
    """The rows of each table under a heading, without its head."""
    found = re.findall(r"(?:^\|.*\n)+", section(heading), re.MULTILINE)
    return [[cells(row) for row in table.splitlines()[2:]] for table in found]


def cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip("|").split("|")]


def names(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def defaults(rows: Rows, column: int) -> dict[str, str]:
    return {names(row[0])[0]: row[column] for row in rows}


def written(value: object) -> str:
    """A default as the tables write it."""
    if value is None or value == ():
        return "none"
    text = value if isinstance(value, str) else json.dumps(value)
    return f"`{text.removesuffix('.0')}`"


def of_model(model: type[BaseModel]) -> dict[str, str]:
    return {
        name: "required"
        if field.is_required()
        else written(field.get_default(call_default_factory=True))
        for name, field in model.model_fields.items()
    }


def of_dataclass(kind: Any) -> dict[str, str]:
    return {
        field.name: "required" if field.default is MISSING else written(field.default)
        for field in fields(kind)
    }


class Asked(Mapping[str, str]):
    """An environment or a stack config that notes what it is asked for."""

    def __init__(self, **known: str) -> None:
        self.known = known
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        return self.known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.known)

    def __len__(self) -> int:
        return len(self.known)


def test_the_settings_are_those_that_are_read() -> None:
    config, bare = Asked(), Asked()
    # Some are looked at only where another is set, and some only where it is not.
    full = Asked(ALICLOUD_PROFILE="p", ALICLOUD_ASSUME_ROLE_ARN="a")
    token = Asked(
        ALIBABA_CLOUD_OIDC_TOKEN="t",
        ALIBABA_CLOUD_ROLE_ARN="a",
        ALIBABA_CLOUD_OIDC_PROVIDER_ARN="p",
    )
    for environment in (bare, full, token):
        read_settings(config.get, environment)

    (rows,) = tables("Settings")
    listed = {name for row in rows for name in names(row[0]) if ":" in name}
    variables = {name for row in rows for name in names(row[1])}

    assert listed == config.names | {SETTING, "esa-prefetch:limits"}
    assert variables == bare.names | full.names | token.names


def test_the_defaults_of_the_settings_are_those_that_follow() -> None:
    nothing = read_settings(lambda _: None, {})
    listed = defaults([row for row in tables("Settings")[0] if names(row[0])], 2)

    assert listed["esa-prefetch:verify"] == written(nothing.verify)
    assert listed["esa-prefetch:deadline"] == written(nothing.deadline)
    assert listed["esa-prefetch:maxQps"] == written(nothing.max_qps)
    assert listed["esa-prefetch:debug"] == written(nothing.debug)
    assert listed["esa-prefetch:allowHttp"] == written(nothing.allow_http)


def test_the_arguments_of_a_plan_are_those_of_program_config_and_provider() -> None:
    rows = tables("ScheduledPrefetch")[0]

    assert defaults(rows, 2) == of_model(PlanInputs)
    assert [names(row[1]) for row in rows] == [
        [to_camel(name)] for name in PlanInputs.model_fields
    ]
    assert {field.name for field in fields(ScheduledPrefetchArgs)} == set(
        PlanInputs.model_fields
    )


def test_the_outputs_of_a_plan_are_those_of_program_and_state() -> None:
    _, rows = tables("ScheduledPrefetch")
    listed = [name for row in rows for name in names(row[0])]

    inputs = list(PlanInputs.model_fields)
    recorded = [n for n, field in PlanState.model_fields.items() if not field.exclude]
    assert inputs + listed == recorded
    annotated = {n for c in ScheduledPrefetch.__mro__ for n in get_annotations(c)}
    assert {*inputs, *listed} < annotated


@pytest.mark.parametrize(
    ("heading", "place", "kind"),
    [
        ("PrefetchCompletion", 0, PrefetchCompletionArgs),
        ("PrefetchVerification", 0, PrefetchVerificationArgs),
        ("PrefetchCampaign", 0, PrefetchCampaignArgs),
        ("SitePrefetch", 0, SitePrefetchArgs),
        ("SitePrefetch", 1, PrefetchWindow),
    ],
)
def test_the_arguments_of_a_component_are_those_of_its_class(
    heading: str, place: int, kind: type
) -> None:
    rows = tables(heading)[place]

    assert defaults(rows, -2) == of_dataclass(kind)


def test_the_fields_in_config_of_a_site_are_those_of_its_classes() -> None:
    for rows in tables("SitePrefetch"):
        assert [names(row[1]) for row in rows] == [
            [to_camel(names(row[0])[0])] for row in rows
        ]


def test_the_outputs_of_the_components_are_those_of_their_classes() -> None:
    _, rows = tables("PrefetchCampaign")
    of_campaign = [name for row in rows for name in names(row[0])]
    of_site = set(names(section("SitePrefetch").partition("Outputs:")[2]))

    assert of_campaign == list(PrefetchCampaign.__annotations__)
    assert of_site == {*SitePrefetch.__annotations__, "job", "executions"}
    assert list(PrefetchCompletion.__annotations__) == ["status", "plan", "starts"]
    of_completion = " ".join(section("PrefetchCompletion").split())
    assert (
        "Its outputs are `status`, `plan` (`<job_id>:<plan_id>`) and `starts`"
        in of_completion
    )
    _, rows = tables("PrefetchVerification")
    of_verification = [name for row in rows for name in names(row[0])]
    assert of_verification == list(PrefetchVerification.__annotations__)


def test_the_limits_are_those_that_can_be_set() -> None:
    (rows,) = tables("Limits")

    assert defaults(rows, 1) == {
        to_camel(name): default for name, default in of_model(Limits).items()
    }


def test_the_exit_codes_are_those_of_the_command() -> None:
    (rows,) = tables("Exit codes")
    known = [
        code
        for module in (errors, main, exit_codes)
        for name, code in vars(module).items()
        if name.isupper() and isinstance(code, int)
    ]

    assert [int(row[0]) for row in rows] == sorted({0, *known})
