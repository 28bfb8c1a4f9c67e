"""Where the plugin of alicloud is looked for, and what is said when its stand-in cannot run."""

import os
import sys
from pathlib import Path

import pytest

from stacks.prefetch.demo.settings import DemoError
from stacks.site.plugin import PROGRAM, installed, stand_in


def plugin(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / PROGRAM).touch(mode=0o755)
    return folder


def test_the_newest_of_the_cli_s_plugins_is_taken(tmp_path: Path) -> None:
    plugin(tmp_path / ".pulumi/plugins/resource-alicloud-v3.99.0")
    newest = plugin(tmp_path / ".pulumi/plugins/resource-alicloud-v3.105.0")

    assert installed({"HOME": str(tmp_path), "PATH": ""}) == newest


def test_one_on_path_goes_before(tmp_path: Path) -> None:
    plugin(tmp_path / "home/plugins/resource-alicloud-v4.0.0")
    on_path = plugin(tmp_path / "bin")

    environ = {"PULUMI_HOME": str(tmp_path / "home"), "PATH": str(on_path)}
    assert installed(environ) == on_path


def test_without_one_there_is_none(tmp_path: Path) -> None:
    assert installed({"HOME": str(tmp_path), "PATH": ""}) is None


def test_a_stand_in_that_does_not_start_is_said_in_a_sentence() -> None:
    broken = {
        "PATH": os.defpath,
        "PYTHONPATH": "",
        "PYTHONHOME": str(Path(sys.executable)),
    }

    with pytest.raises(DemoError, match="did not start"), stand_in(broken):
        pass
