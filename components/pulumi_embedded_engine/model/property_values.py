"""Property values in the engine: plain JSON values, secrets, the unknown; contains no encoding.

Assets, archives and resource references stay maps as on the wire, identified by their signature key.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the protocol's signature of a secret, not one
ASSET: Final = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE: Final = "0def7320c3a5731c473e5ecbe6d01bc7"
RESOURCE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
SIGNATURES: Final = frozenset({SECRET, ASSET, ARCHIVE, RESOURCE, OUTPUT})
UNKNOWN_STRING: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that is encrypted in the state and masked in every display."""

    value: Any

    def __repr__(self) -> str:
        """Never the value."""
        return "Secret([secret])"


class _Unknown:
    """A value that is known only in a real run; there is one instance, `UNKNOWN`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()

Properties = Mapping[str, Any]
SCALARS: Final = (
    str,
    int,
    float,
    type(None),
)  # most values, so they are checked first


def is_negative_zero(number: float) -> bool:
    """Whether it is -0.0: Pulumi keeps the sign of zero, and an int has none."""
    return number == 0 and math.copysign(1, number) < 0


def walk(value: Any) -> Iterator[Any]:
    """The value and all values inside it, also inside secrets."""
    left = [value]
    while left:
        value = left.pop()
        yield value
        if isinstance(value, SCALARS):
            continue
        if isinstance(value, Secret):
            left.append(value.value)
        elif isinstance(value, Mapping):
            left.extend(value.values())
        elif isinstance(value, list | tuple):
            left.extend(value)


def map_values(value: Any, change: Callable[[Any], Any]) -> Any:
    """The value with `change` applied to each value; one that `change` returns unchanged is searched inside."""
    changed = change(value)
    if changed is not value or isinstance(value, SCALARS):
        return changed
    if isinstance(value, Mapping):
        return {key: map_values(item, change) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [map_values(item, change) for item in value]
    return value


def has_assets(value: Any) -> bool:
    """Whether the value contains an asset or an archive."""
    return any(
        isinstance(one, Mapping) and one.get(SIGNATURE) in (ASSET, ARCHIVE)
        for one in walk(value)
    )


def reveal(value: Any) -> Any:
    """The value with every secret in it unwrapped."""
    return map_values(
        value, lambda one: reveal(one.value) if isinstance(one, Secret) else one
    )


def has_secret(value: Any) -> bool:
    """Whether the value contains a secret."""
    return any(isinstance(one, Secret) for one in walk(value))


def is_uncreated_reference(value: Any) -> bool:
    """Whether it is a reference to a resource that is not created yet."""
    return (
        not isinstance(value, SCALARS)
        and isinstance(value, Mapping)
        and value.get(SIGNATURE) == RESOURCE
        and value.get("id") == ""
    )


def has_unknown(value: Any) -> bool:
    """Whether the value contains an unknown."""
    return any(one is UNKNOWN or is_uncreated_reference(one) for one in walk(value))


def secret(value: Any) -> Secret:
    """The value as a secret; a secret is not wrapped twice."""
    return value if isinstance(value, Secret) else Secret(value)


def equal(left: Any, right: Any) -> bool:
    """Deep equality: true is not 1, and a secret equals only a secret."""
    if type(left) is type(right) and isinstance(left, SCALARS):
        return bool(left == right)
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(
            equal(value, right[key]) for key, value in left.items()
        )
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, Secret) and isinstance(right, Secret):
        return equal(left.value, right.value)
    if isinstance(left, bool) is not isinstance(right, bool):
        return False
    return bool(left == right)


def mark_secrets_as_sent(
    result: Mapping[str, Any], sent: Mapping[str, Any]
) -> dict[str, Any]:
    """The result of a provider that does not accept secrets: a value is secret if the value sent under its key has one.

    A list with one secret item becomes secret as a whole: the provider may have moved the item.
    """
    return {
        key: _marked(value, sent[key]) if key in sent else value
        for key, value in result.items()
    }


def _marked(value: Any, sent: Any) -> Any:
    if isinstance(value, Mapping) and isinstance(sent, Mapping):
        return mark_secrets_as_sent(value, sent)
    if not isinstance(value, Secret) and has_secret(sent):
        return Secret(value)
    return value


def mark_secret_outputs(
    outputs: Mapping[str, Any], inputs: Mapping[str, Any], additional: Sequence[str]
) -> Mapping[str, Any]:
    """The outputs; secret are those declared so, and those whose input of the same name is secret."""
    wanted = {key for key in additional if key in outputs}
    wanted.update(key for key in outputs if isinstance(inputs.get(key), Secret))
    if not wanted:
        return outputs
    return {k: secret(v) if k in wanted else v for k, v in outputs.items()}
