"""Which results become secrets because of what was sent or declared; encrypts nothing."""

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi_esa_prefetch.engine.values import Secret, has_secret, secret


def marked_as_sent(
    result: Mapping[str, Any], sent: Mapping[str, Any]
) -> dict[str, Any]:
    """The result of a provider that takes no secrets, with every value secret that holds one in what was sent.

    A list with one secret item becomes one secret as a whole: nobody can say where the provider put the item.
    """
    return {
        key: _marked(value, sent[key]) if key in sent else value
        for key, value in result.items()
    }


def _marked(value: Any, sent: Any) -> Any:
    if isinstance(value, Mapping) and isinstance(sent, Mapping):
        return marked_as_sent(value, sent)
    if not isinstance(value, Secret) and has_secret(sent):
        return Secret(value)
    return value


def marked_outputs(
    outputs: Mapping[str, Any], inputs: Mapping[str, Any], additional: Sequence[str]
) -> Mapping[str, Any]:
    """Outputs with those secret that were declared so, or whose input of the same name is."""
    wanted = {key for key in additional if key in outputs}
    wanted.update(key for key in outputs if isinstance(inputs.get(key), Secret))
    if not wanted:
        return outputs
    return {k: secret(v) if k in wanted else v for k, v in outputs.items()}
