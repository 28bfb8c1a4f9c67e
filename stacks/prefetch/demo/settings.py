"""Where the demo keeps its things and which environment its engine sees; starts and writes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
STACK = "demo"
PORTS = range(1, 65536)
DEFAULT_PORT = 8866
# The caller's own account, stacks and proxies are no business of the demo's.
FOREIGN_PREFIXES = ("ALICLOUD_", "ALIBABA_CLOUD_", "ALIBABACLOUD_", "ESA_", "PULUMI_")
FOREIGN = frozenset({"PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV"})


class DemoError(Exception):
    """What went wrong, in one sentence for the person who typed the command."""


@dataclass(frozen=True)
class Settings:
    """The demo's port, its places under one directory that `down` empties, and what it runs."""

    port: int
    is_port_chosen: bool = False
    """Whether EMULATOR_PORT names it: an emulator that runs on another port moves to it then."""
    port_option: str = "make up EMULATOR_PORT=8868"
    """How a person chooses another port."""
    local: Path = ROOT / ".local/prefetch"
    project: Path = ROOT
    """The folder of Pulumi.yaml."""
    seed: Path = ROOT / "stacks/prefetch/seed.json"
    """What the local ESA begins with."""

    @property
    def committed_config(self) -> Path:
        """The configuration of the stack as the repository has it."""
        return self.seed.with_name("demo.yaml")

    @property
    def config(self) -> Path:
        """The copy of it that the stack uses and `config set` changes; git ignores it."""
        return self.seed.with_name(f"Pulumi.{STACK}.yaml")

    @property
    def endpoint(self) -> str:
        """The URL of the local ESA."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def data(self) -> Path:
        """What the emulator remembers; lives and dies together with `state`."""
        return self.local / "emulator.json"

    @property
    def state(self) -> Path:
        """The backend that holds the stack's state."""
        return self.local / "state"


def read_settings(
    environ: Mapping[str, str], default_port: int = DEFAULT_PORT
) -> Settings:
    """Read EMULATOR_PORT; raise DemoError if it is not a port."""
    text = environ.get("EMULATOR_PORT")
    if not text:
        return Settings(port=default_port)
    if not (text.isascii() and text.isdigit() and int(text) in PORTS):
        raise DemoError(
            f"EMULATOR_PORT must be a number from 1 to 65535, not {text!r}."
        )
    return Settings(port=int(text), is_port_chosen=True)


def own_variables(settings: Settings) -> dict[str, str]:
    """What a shell needs to run an engine on the demo's stack by hand."""
    return {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": "emulator-key",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "emulator-secret",
        "ESA_ENDPOINT": settings.endpoint,
        "NO_PROXY": "127.0.0.1,localhost",
        "PULUMI_BACKEND_URL": settings.state.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "demo",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_HOME": str(settings.local / "pulumi"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_STACK": STACK,
        "no_proxy": "127.0.0.1,localhost",
    }


def foreign_variables(environ: Mapping[str, str]) -> list[str]:
    """The names in the caller's environment that would reach into the demo."""
    return sorted(
        name for name in environ if name in FOREIGN or name.startswith(FOREIGN_PREFIXES)
    )


def shielded(environ: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment without what reaches into the demo, and with its own variables."""
    foreign = foreign_variables(environ)
    kept = {name: value for name, value in environ.items() if name not in foreign}
    return {**kept, **own}
