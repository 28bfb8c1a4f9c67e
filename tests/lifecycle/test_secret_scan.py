"""No key, token or signature is left or shown anywhere by a whole run, whatever is switched on."""

import base64
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest
from ruamel.yaml import YAML

from pulumi_esa_emulator.http.app import Emulator, create_app
from pulumi_esa_emulator.http.server import running
from tests.lifecycle.conftest import Stacks
from tests.lifecycle.faults import PASSING, START, hitting
from tests.support import secret_leaks as leaks
from tests.support.engines import ESA_PREFETCH
from tests.support.local_esa import Document, Esa, job, job_id, plan, plan_id, seed
from tests.support.observed_run import Overhearing, Watched
from tests.support.processes import HOST
from tests.support.throwaway_stack import Stack

KEY, SECRET = "LTAI5tScanned", "geheim/Secret+1==%25"
TOKEN, ROTATED = "geheim/Token+2==/CAIS8gF1q6Ft5B2y", "geheim/Rotated+3&amp"
HELD = {"AccessKeyId": KEY, "AccessKeySecret": SECRET, "SecurityToken": TOKEN}
SECRETS = (SECRET, TOKEN, ROTATED)
DENIED = {"kind": "denied", "ids": [plan_id(4)], "actions": [START]}
FAULTS = hitting([fault for kind in PASSING.values() for fault in kind], 0.05, 4)
SEED = seed(job(1, [plan(n, "stopped") for n in range(1, 5)])) | {"keys": [HELD]}
LOUD = ("--diff", "--debug")
VERBOSE = ("--verbose=9", "--logtostderr", "--logflow")


@dataclass(frozen=True)
class Scene:
    """An ESA whose traffic is overheard."""

    esa: Esa
    heard: Overhearing

    def assert_kept_from(self, texts: Iterable[str], root: Path) -> None:
        """No text and no file shows what only ESA may see."""
        hidden = [*SECRETS, *self.heard.signatures]
        assert self.heard.signatures
        assert self.heard.tokens == {TOKEN}
        assert [text for text in texts if leaks.in_text(text, hidden)] == []
        assert leaks.in_files(root, hidden) == []
        assert not leaks.in_text(str((self.esa.history(), self.esa.state())), hidden)


@pytest.fixture
def scene() -> Iterator[Scene]:
    with ExitStack() as open_ones:
        app = create_app(
            seed=SEED, faults={**FAULTS, "faults": [DENIED, *FAULTS["faults"]]}
        )
        heard = Overhearing(app)
        served = running(cast("Emulator", heard))  # it serves any WSGI application
        esa = Esa(open_ones.enter_context(served))
        yield Scene(open_ones.enter_context(closing(esa)), heard)


def in_environment(stack: Stack, secret: str) -> None:
    stack.variables |= {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": KEY,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": secret,
        "ALIBABA_CLOUD_SECURITY_TOKEN": TOKEN,
    }


def in_config(stack: Stack, secret: str) -> None:
    for name in ("ID", "SECRET"):
        stack.variables.pop(f"ALIBABA_CLOUD_ACCESS_KEY_{name}", None)
    settings = {"accessKey": KEY, "secretKey": secret, "securityToken": TOKEN}
    for name, value in settings.items():
        stack.check("config", "set", "--secret", f"esa-prefetch:{name}", value)
    text = (stack.root / "project/Pulumi.test.yaml").read_text()
    found = YAML(typ="safe", pure=True).load(text)["config"]
    stack.config |= {key: found[key] for key in found if "e" in key}


def declared(**fields: object) -> Document:
    return {
        f"p{number}": {"planId": plan_id(number), "jobId": job_id(1), **fields}
        for number in range(1, 5)
    }


@pytest.mark.parametrize("place", [in_environment, in_config])
@pytest.mark.slow
def test_no_key_token_or_signature_is_left_or_shown(
    scene: Scene, stack: Stacks, place: Callable[[Stack, str], None]
) -> None:
    stack_ = stack(scene.esa)
    (stack_.root / "tmp").mkdir()
    stack_.variables["TMPDIR"] = str(stack_.root / "tmp")
    events = stack_.for_events()
    stack_.configure(debug=True, plans=declared())
    place(stack_, SECRET)
    # At that level the CLI itself logs what config it hands to a provider, secrets too.
    is_mute = stack_.program != ESA_PREFETCH and place is in_config
    loud = LOUD if is_mute else (*LOUD, *VERBOSE)
    watched = Watched(stack_)

    watched.run("preview", *loud)
    watched.run("preview", "--json")
    failed = watched.run("up", "--yes", "--continue-on-error", *events["log"], *loud)
    stack_.configure(plans=declared(triggers={"release": "2"}))
    watched.run("up", "--yes", "--refresh", "--continue-on-error", *events["lines"])
    for words in (("stack", "export"), ("stack",), ("config",)):
        assert watched.run(*words).code == 0
    place(stack_, ROTATED)
    stack_.configure(plans=declared(triggers={"release": "3"}))
    refused = watched.run("up", "--yes", "--skip-preview", *loud)

    assert scene.esa.effective_starts() >= 3
    assert "NoPermission" in failed.output
    assert "SignatureDoesNotMatch" in refused.output
    assert any(HOST in line for line in watched.command_lines)
    texts = (result.output for result in watched.results)
    scene.assert_kept_from(
        [*texts, *watched.command_lines, *watched.journals], stack_.root
    )


@pytest.mark.thorough
def test_what_a_killed_run_leaves_holds_no_key(scene: Scene, tmp_path: Path) -> None:
    stack_ = Stack(tmp_path / "stack", ESA_PREFETCH, scene.esa.endpoint)
    stack_.configure(plans=declared())
    in_config(stack_, SECRET)
    scene.esa.post("faults", {"faults": [{"kind": "stall", "seconds": 1}]})
    watched = Watched(stack_)

    watched.run("up", "--yes", "--skip-preview", killed_at="creating")

    assert list((stack_.root / "state").rglob("*.jsonl")) != []
    scene.assert_kept_from([watched.results[-1].output], stack_.root)


@pytest.mark.parametrize("secret", SECRETS)
def test_the_scan_would_find_it(secret: str, tmp_path: Path) -> None:
    for number, text in enumerate(leaks.spellings(secret)):
        file = tmp_path / f"{number}"
        file.write_text(f"some{text}thing")

        assert leaks.in_text(f"in {text}, say", [secret])
        assert leaks.in_files(tmp_path, [secret]) != []
        file.unlink()
    for before in ("", "a", "ab"):
        hidden = base64.b64encode(f"{before}{secret}: x".encode()).decode()
        assert leaks.in_text(hidden, [secret])
