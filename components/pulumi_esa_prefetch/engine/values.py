"""Property values as the engine holds them: plain JSON values, secrets, the unknown; holds no encoding.

Assets, archives and resource references stay the maps they are on the wire, told apart by their signature key.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the protocol's signature of a secret, not one
ASSET: Final = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE: Final = "0def7320c3a5731c473e5ecbe6d01bc7"
RESOURCE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
UNKNOWN_STRING: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that is encrypted in the state and masked wherever a person looks."""

    value: Any

    def __repr__(self) -> str:
        """Never the value."""
        return "Secret([secret])"


class _Unknown:
    """A value that only a real run will know; there is one, `UNKNOWN`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()

Properties = Mapping[str, Any]


def negative_zero(number: float) -> bool:
    """Whether it is -0.0: Pulumi keeps the sign of a zero, and an int has none."""
    return number == 0 and math.copysign(1, number) < 0


def has_assets(value: Any) -> bool:
    """Whether there is an asset or an archive in it."""
    if isinstance(value, Secret):
        return has_assets(value.value)
    if isinstance(value, Mapping):
        found = value.get(SIGNATURE) in (ASSET, ARCHIVE)
        return found or any(map(has_assets, value.values()))
    return isinstance(value, list | tuple) and any(map(has_assets, value))


def reveal(value: Any) -> Any:
    """The value with every secret in it unwrapped."""
    if isinstance(value, Secret):
        return reveal(value.value)
    if isinstance(value, Mapping):
        return {key: reveal(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [reveal(item) for item in value]
    return value


def has_secret(value: Any) -> bool:
    """Whether a secret stands anywhere in the value."""
    if isinstance(value, Secret):
        return True
    if isinstance(value, Mapping):
        return any(has_secret(item) for item in value.values())
    if isinstance(value, list | tuple):
        return any(has_secret(item) for item in value)
    return False


def has_unknown(value: Any) -> bool:
    """Whether the unknown stands anywhere in the value."""
    if value is UNKNOWN:
        return True
    if isinstance(value, Secret):
        return has_unknown(value.value)
    if isinstance(value, Mapping):
        if value.get(SIGNATURE) == RESOURCE and value.get("id") == "":
            return True  # of an object that is not made yet
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list | tuple):
        return any(has_unknown(item) for item in value)
    return False
