"""The command `plan` in this process, against an emulator over HTTP, in a directory with or without a stack."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest

from pulumi_esa_cli.main import main
from pulumi_esa_emulator.clock import Clock
from pulumi_esa_emulator.http.app import create_app
from pulumi_esa_emulator.http.server import running
from pulumi_esa_prefetch.provider import read_after_write
from tests.support.console import Said
from tests.support.engine_stacks import environ_of, stack_in
from tests.support.local_esa import Document, Esa, job_id, plan_id, seed
from tests.support.previews import old


@dataclass
class Hand:
    """A person at a command line: runs commands, and has a stack if one was made."""

    esa: Esa
    directory: Path
    patch: pytest.MonkeyPatch
    capture: pytest.CaptureFixture[str]
    resources: list[Document] = field(default_factory=list)

    def __call__(self, *words: str, stdin: str = "") -> Said:
        self.patch.setattr("sys.stdin", TextIOWrapper(BytesIO(stdin.encode())))
        self.capture.readouterr()
        code = main(["plan", *words])
        out, err = self.capture.readouterr()
        return Said(code, out, err)

    def json(self, *words: str) -> Any:
        said = self(*words, "--json")
        assert said.code == 0, said
        return json.loads(said.out)

    def stack(self, *resources: Document, **config: object) -> None:
        """Make the stack `dev` with these resources in its state, and select it."""
        stack_in(self.directory)
        for name, value in environ_of(self.directory).items():
            self.patch.setenv(name, value)
        state = {"version": 3, "deployment": {"resources": list(resources)}}
        (self.directory / "state.json").write_text(json.dumps(state))
        assert main(["stack", "select", "dev"]) == 0
        assert main(["stack", "import", "--file", "state.json"]) == 0
        if config:
            file = self.directory / "Pulumi.dev.yaml"
            settings = {f"esa-prefetch:{name}": v for name, v in config.items()}
            file.write_text(f"{file.read_text()}config: {json.dumps(settings)}\n")


Hands = Callable[..., Hand]


@pytest.fixture
def hand(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Hands]:
    """Serve an ESA with these jobs, and work against it in an empty directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "emulator-key")
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "emulator-secret")
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(read_after_write, "LAG", 0.0)  # a test of the lag sets it
    with ExitStack() as opened:

        def make(
            *jobs: Document,
            faults: list[Document] | None = None,
            dialects: tuple[str, ...] = (),
            clock: Clock | None = None,
        ) -> Hand:
            app = create_app(
                seed=seed(*jobs),
                dialects=dialects,
                faults={"seed": 7, "faults": faults or []},
                clock=clock,
            )
            endpoint = opened.enter_context(running(app))
            monkeypatch.setenv("ESA_ENDPOINT", endpoint)
            esa = opened.enter_context(closing(Esa(endpoint)))
            return Hand(esa, tmp_path, monkeypatch, capsys)

        yield make


def declared(name: str, job: int, plan: int, **others: Any) -> Document:
    """A ScheduledPrefetch in the state of a stack."""
    ids = {"job_id": job_id(job), "plan_id": plan_id(plan)}
    made = old(name, plan, **ids, **others)
    made["id"] = f"{job_id(job)}:{plan_id(plan)}"
    return made
