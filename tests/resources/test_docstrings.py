"""The docstrings of the public classes: they list every argument, and their examples run."""

import inspect
import os
import re
import subprocess
import sys
import textwrap
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any

import pytest

import pulumi_esa_prefetch
from pulumi_esa_prefetch import PrefetchWindow
from pulumi_esa_prefetch.provider.plan_properties import PlanInputs
from stacks.prefetch.demo.settings import ROOT
from tests.lifecycle.conftest import Emulators, Stacks
from tests.support.local_esa import SITE, plan, seed

JOB = "665d3af3621bccf3fe29e1a4"
PLANS = ("665d3b48621bccf3fe29e1a7", "665d3b48621bccf3fe29e1a8")

CLASSES: dict[str, Any] = {
    name: value
    for name in pulumi_esa_prefetch.__all__
    if inspect.isclass(value := getattr(pulumi_esa_prefetch, name))
    and not issubclass(value, Exception)
}
ARGS = {
    name: kind
    for name, kind in CLASSES.items()
    if name.endswith("Args") or kind is PrefetchWindow
}


def docstring(name: str) -> str:
    return inspect.getdoc(CLASSES[name]) or ""


def listed(name: str) -> dict[str, str]:
    """What a docstring says of each argument."""
    rows = re.findall(
        r"^:param (\w+): (.*(?:\n {4}.*)*)", docstring(name), re.MULTILINE
    )
    return {argument: " ".join(text.split()) for argument, text in rows}


def example(name: str) -> str:
    _, found, code = docstring(name).partition("\nExample::\n")
    assert found, f"{name} has no example"
    return textwrap.dedent(code)


def is_required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


@pytest.mark.parametrize("name", ARGS)
def test_every_argument_is_listed_with_its_default(name: str) -> None:
    arguments = fields(ARGS[name])

    rows = listed(name)

    assert list(rows) == [field.name for field in arguments]
    for field in arguments:
        text = rows[field.name]
        if is_required(field):
            assert text.endswith("Required.")
        else:
            assert re.search(r"Default: .+\.$|Exactly one of .+ is required\.$", text)
            if field.default is not None:
                assert str(field.default).removesuffix(".0") in text


def test_the_defaults_of_a_plan_are_those_of_the_provider() -> None:
    rows = listed("ScheduledPrefetchArgs")

    for name, field in PlanInputs.model_fields.items():
        default = field.get_default(call_default_factory=True)
        if isinstance(default, str | bool):
            text = f'``"{default}"``' if isinstance(default, str) else default
            assert rows[name].endswith(f"Default: {text}.")


@pytest.mark.parametrize("name", [name for name in ARGS if name != "PrefetchWindow"])
def test_a_resource_lists_the_arguments_as_its_args_class_does(name: str) -> None:
    assert listed(name.removesuffix("Args")) == listed(name)


@pytest.mark.parametrize(
    "name",
    [
        name
        if name == "ScheduledPrefetch"
        else pytest.param(name, marks=pytest.mark.thorough)
        for name in CLASSES
    ],
)
def test_an_example_is_a_program_that_runs(
    name: str, emulator: Emulators, stack: Stacks, request: pytest.FixtureRequest
) -> None:
    plans = [
        plan(number, "stopped") | {"Id": id_} for number, id_ in enumerate(PLANS, 1)
    ]
    urls = ["https://www.example.com/1", "https://www.example.com/2"]
    job = {"Id": JOB, "SiteId": SITE, "UrlList": urls, "plans": plans}
    esa = emulator(seed(job))
    stack_ = stack(esa)
    if name.startswith("SitePrefetch"):
        stack_.variables |= request.getfixturevalue("alicloud")
    stack_.write_program(example(name))

    shown = stack_.check("preview")

    resource = re.sub("Args(Dict)?$", "", name)
    assert name == "PrefetchWindow" or resource in shown.output
    assert esa.changes() == 0


@pytest.mark.slow
def test_mypy_strict_accepts_every_example(tmp_path: Path) -> None:
    for name in CLASSES:
        (tmp_path / f"{name}.py").write_text(example(name))

    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "."],
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": str(ROOT / "components")},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )

    assert done.returncode == 0, done.stdout
