"""The commands `config ...`: a stack's configuration, value by value; how a value is kept is the engine's business."""

import sys
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer

from pulumi_embedded_engine.config import config_keys, config_values, stack_config_file
from pulumi_embedded_engine.config.config_keys import ConfigPath
from pulumi_embedded_engine.config.config_values import EncryptedValue
from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.stacks.stack import Stack
from pulumi_esa_cli.flags import common_options as opening
from pulumi_esa_cli.flags.common_options import (
    MASK,
    AsJson,
    ConfigFile,
    ShowSecrets,
    StackName,
)
from pulumi_esa_cli.flags.declaration import flag
from pulumi_esa_cli.pulumi.secret_guess import looks_secret
from pulumi_esa_cli.pulumi.stack_views import shown
from pulumi_esa_cli.terminal.printing import print_json, print_table, print_value

Key = Annotated[str, typer.Argument(metavar="KEY", show_default=False)]
IsPath = Annotated[bool, flag("--path", "The key is a path into a map or list.")]
Open = Annotated[bool, flag("--open")]


def register(app: typer.Typer) -> None:
    """Add the group and its commands."""
    commands: opening.Commands = {
        ("get",): get,
        ("set",): set_,
        ("rm", "remove", "delete"): rm,
        ("ls", "list"): listing,
    }
    opening.add_group(app, "config", listing, commands)


def listing(
    context: typer.Context,
    *,
    stack: StackName = "",
    config_file: ConfigFile = "",
    show_secrets: ShowSecrets = False,
    as_json: AsJson = False,
    _open: Open = False,
) -> None:
    """List the configuration of a stack."""
    if context.invoked_subcommand is not None:
        return
    found = opening.opened(context.obj, stack, config_file=config_file)
    values = _values(found)
    if as_json:
        decrypt = _opener(found, values) if show_secrets else None
        print_json({key: shown(values[key], decrypt) for key in sorted(values)})
        return
    decrypt = _opener(found, values) if show_secrets else lambda _: MASK
    rows = [
        (
            stack_config_file.short_key(key, found.project.name),
            _text(values[key], decrypt),
        )
        for key in sorted(values)
    ]
    print_table([("KEY", "VALUE"), *rows])


def _values(stack: Stack) -> dict[str, Any]:
    values = stack.config_document().values
    opening.warn_of_nothing(values)
    return stack_config_file.with_defaults(stack.project, values)


def _opener(stack: Stack, values: Mapping[str, Any]) -> Callable[[str], str]:
    # without a secret no passphrase is asked for
    if any(config_values.is_secret(value) for value in values.values()):
        return stack.secrets_of_salt(stack.config_document().salt).decrypt
    return str


def _text(value: Any, decrypt: Callable[[str], str]) -> str:
    return config_values.program_text(config_values.decrypted(value, decrypt))


def get(
    context: typer.Context,
    key: Key,
    *,
    path: IsPath = False,
    as_json: AsJson = False,
    _open: Open = False,
    stack: StackName = "",
    config_file: ConfigFile = "",
) -> None:
    """Print one value; a secret in plain text."""
    found = opening.opened(context.obj, stack, config_file=config_file)
    place = _place(found, key, path=path)
    value, there = place.look_up(_values(found))
    if not there:
        raise EngineError(
            f"configuration key '{key}' not found for stack '{found.name}'"
        )
    decrypt = _opener(found, {key: value})
    if as_json:
        print_json(shown(value, decrypt))
    else:
        print_value(_text(value, decrypt))


def _place(stack: Stack, key: str, *, path: bool) -> ConfigPath:
    return config_keys.parse_config_key(key, stack.project.name, path=path)


def set_(  # noqa: PLR0913 - each is a flag
    context: typer.Context,
    key: Key,
    value: Annotated[
        str | None, typer.Argument(metavar="[VALUE]", show_default=False)
    ] = None,
    *,
    secret: Annotated[bool, flag("--secret", "Encrypt the value.")] = False,
    plaintext: Annotated[bool, flag("--plaintext", "Keep it in plain text.")] = False,
    path: IsPath = False,
    kind: Annotated[
        str, flag("--type", "Keep it as string, bool, int or float.", "TYPE")
    ] = "",
    raw: Annotated[bool, flag("--raw", "Keep the last newline of the input.")] = False,
    stack: StackName = "",
    config_file: ConfigFile = "",
) -> None:
    """Set a value; without one on the line it is read from standard input, or asked for."""
    if secret + plaintext + bool(kind) > 1:
        raise EngineError("only one of --secret, --plaintext and --type may be given")
    found = opening.opened(context.obj, stack, config_file=config_file)
    place = _place(found, key, path=path)
    text = _given(context, value, hidden=secret, raw=raw)
    if not secret and not plaintext and looks_secret(_named(key), text):
        raise EngineError(
            f"config value for '{place.key}' looks like a secret; rerun with --secret to encrypt it, or "
            "--plaintext if you meant to store in plaintext"
        )
    if secret:
        new: Any = EncryptedValue(found.config_secrets().encrypt(text))
    else:
        new = config_keys.value_of_text(text, kind, place)
    file = found.config_document()
    file.save(place.with_value(file.values, new))


def _named(key: str) -> str:
    """A key without its namespace, with the path in it."""
    return key.partition(":")[2] or key


def _given(
    context: typer.Context, value: str | None, *, hidden: bool, raw: bool
) -> str:
    if value is not None:
        return value
    if context.obj.interactive:
        return str(typer.prompt("value", hide_input=hidden, default=""))
    try:
        text = sys.stdin.read()
    except UnicodeDecodeError:
        raise EngineError("standard input is not UTF-8 text") from None
    return text if raw else text.removesuffix("\n").removesuffix("\r")


def rm(
    context: typer.Context,
    key: Key,
    *,
    path: IsPath = False,
    stack: StackName = "",
    config_file: ConfigFile = "",
) -> None:
    """Remove a value."""
    found = opening.opened(context.obj, stack, config_file=config_file)
    file = found.config_document()
    values = _place(found, key, path=path).without_value(file.values)
    if values != file.values:
        file.save(values)
