"""A feature that only the pulumi CLI supports ends the run in one sentence, without the program's traceback."""

from pathlib import Path

import pytest

from pulumi_embedded_engine.model.operation_context import ConfigValue, OperationKind
from tests.support.real_runs import EngineProject

HEAD = (
    "from maker import *\nfrom pulumi import ResourceOptions, runtime\nimport pulumi\n"
)
CALL = """
class Box(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("a:b:C", name, None, None)
box = Box("box")
runtime.call("a:b:C/method", {}, res=box)
"""
UNSUPPORTED = "which this engine does not have: run it with the pulumi CLI"
NEWER = "this engine works like 3.260.0: run it with the pulumi CLI"
BAD_TIMEOUT = "ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create='x'))"
REMOTE = "pulumi.ComponentResource('far:a:B', 'b', {}, None, True)"
HOOK = "hook = pulumi.ResourceHook('look', lambda args: None)\n"
PACKAGE = """
import asyncio
asyncio.ensure_future(runtime.register_package("base", "1.0.0", "", "p", "2.0.0", ""))
"""
SWALLOWED = """
try:
    runtime.register_resource_transform(lambda args: None)
except Exception:
    pass
Thing("a")
"""


@pytest.fixture
def project(tmp_path: Path) -> EngineProject:
    return EngineProject(tmp_path)


@pytest.mark.parametrize(
    ("program", "what"),
    [
        ("runtime.register_resource_transform(lambda args: None)", "transforms"),
        ("runtime.register_invoke_transform(lambda args: None)", "invoke transforms"),
        (
            "Thing('a', ResourceOptions(transforms=[lambda args: None]))",
            "transforms for pulumi-python:dynamic/test:Thing 'a'",
        ),
        (
            HOOK
            + "Thing('a', ResourceOptions(hooks=pulumi.ResourceHookBinding("
            + "before_create=[hook])))",
            "the resource hook 'look'",
        ),
        ("pulumi.ErrorHook('look', lambda args: False)", "the error hook 'look'"),
        (CALL, "the method a:b:C/method"),
        (REMOTE, "remote components for far:a:B 'b'"),
        (PACKAGE, "the provider 'base' with parameters"),
        (SWALLOWED, "transforms"),
        (
            "Thing('a', file={'deep': [pulumi.StringAsset('x')]})",
            "assets or archives for pulumi-python:dynamic/test:Thing 'a'",
        ),
        (
            "Thing('a', file=pulumi.Output.secret(pulumi.FileArchive('no')))",
            "assets or archives for pulumi-python:dynamic/test:Thing 'a'",
        ),
        ("pulumi.Stash('s', input=1)", "a stash for pulumi:index:Stash 's'"),
    ],
)
def test_a_program_with_an_unsupported_feature_is_referred_to_the_cli(
    project: EngineProject, program: str, what: str
) -> None:
    ran = project.run(HEAD + program)

    assert ran.outcome is not None
    assert ran.outcome.failed
    assert ran.messages("error") == [f"the program uses {what}, {UNSUPPORTED}"]
    assert ran.messages("info") == []
    assert ("create", "a") not in ran.steps()


def test_a_stack_with_an_asset_in_its_outputs_is_referred_to_the_cli(
    project: EngineProject,
) -> None:
    ran = project.run(
        HEAD + "pulumi.export('o', pulumi.StringAsset('x'))", dry_run=True
    )

    assert ran.outcome is not None
    assert ran.outcome.failed
    (error,) = ran.messages("error")
    assert error.startswith("the program uses assets or archives in the outputs of")
    assert error.endswith(UNSUPPORTED)


def test_what_was_created_before_an_unsupported_call_stays_recorded(
    project: EngineProject,
) -> None:
    program = "Thing('a')\nruntime.register_resource_transform(lambda args: None)"

    ran = project.run(HEAD + program)

    assert ran.outcome is not None
    assert ran.outcome.failed
    assert ran.record("a").id == "id-a"


@pytest.mark.parametrize(
    ("program", "sentence"),
    [
        (
            f"Thing('a', {BAD_TIMEOUT})",
            "'x' is not a duration",
        ),
        (
            "Thing('a', ResourceOptions(aliases=['nonsense']))",
            "invalid alias URN",
        ),
    ],
)
def test_a_rejected_registration_is_reported_in_one_sentence(
    project: EngineProject, program: str, sentence: str
) -> None:
    ran = project.run(HEAD + program)

    assert ran.outcome is not None
    assert ran.outcome.failed
    (error,) = ran.messages("error")
    assert error.startswith(sentence)
    assert "\n" not in error
    assert ("create", "a") not in ran.steps()


INVOKE = "runtime.invoke('toy:index:f', {})\n"


def test_a_disabled_default_provider_is_reported_in_one_sentence(
    project: EngineProject,
) -> None:
    project.config = {"pulumi:disable-default-providers": ConfigValue('["toy"]')}
    toy = "from toy import Toy\nToy('a')"

    errors = [project.run(HEAD + p).messages("error") for p in (toy, INVOKE)]

    assert all(len(said) == 1 and "toy" in said[0] for said in errors)
    assert not any("\n" in said[0] for said in errors)


def test_a_program_may_handle_a_failed_invoke(
    project: EngineProject,
) -> None:
    project.config = {"pulumi:disable-default-providers": ConfigValue('["toy"]')}
    program = f"try:\n    {INVOKE}except Exception: pass\nThing('a')"

    ran = project.run(HEAD + program)

    assert ran.outcome is not None
    assert not ran.outcome.failed
    assert ran.record("a").id == "id-a"


def test_a_program_that_requires_this_version_of_pulumi_runs(
    project: EngineProject,
) -> None:
    ran = project.run(HEAD + "pulumi.require_pulumi_version('>=3.0.0')\nThing('a')")

    assert ran.outcome is not None
    assert not ran.outcome.failed


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        (">=99.0.0", f"Pulumi >=99.0.0 is required, and {NEWER}"),
        (
            "three",
            "'three' is not a range of versions that is known here, such as '>=3.1.0 <4.0.0'",
        ),
    ],
)
def test_a_program_that_requires_another_version_is_rejected_in_a_sentence(
    project: EngineProject, wanted: str, sentence: str
) -> None:
    ran = project.run(HEAD + f"pulumi.require_pulumi_version({wanted!r})\nThing('a')")

    assert ran.outcome is not None
    assert ran.outcome.failed
    assert ran.messages("error") == [sentence]
    assert ("create", "a") not in ran.steps()


@pytest.mark.parametrize("kind", ["up", "refresh", "destroy"])
@pytest.mark.thorough
def test_a_project_that_requires_another_version_is_rejected_before_the_program_runs(
    project: EngineProject, kind: OperationKind
) -> None:
    before = project.run(HEAD + "Thing('a')").state
    project.required_version = ">=99.0.0"

    ran = project.run(HEAD + "Thing('b')", kind=kind)

    assert ran.outcome is not None
    assert ran.outcome.failed
    assert ran.messages("error") == [f"Pulumi >=99.0.0 is required, and {NEWER}"]
    assert ran.steps() == []
    assert ran.state == before
