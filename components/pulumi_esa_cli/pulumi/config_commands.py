"""The commands `config ...`: list, get, set and remove configuration values; the engine reads and writes the file."""

import sys
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer

from pulumi_embedded_engine.config import config_keys, config_values, stack_config_file
from pulumi_embedded_engine.config.config_keys import ConfigPath
from pulumi_embedded_engine.config.config_values import EncryptedValue
from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.stacks.stack import Stack
from pulumi_esa_cli.flags import common_options
from pulumi_esa_cli.flags.common_options import (
    MASK,
    AsJson,
    ConfigFile,
    ShowSecrets,
    StackName,
)
from pulumi_esa_cli.flags.flag_declaration import flag
from pulumi_esa_cli.pulumi.secret_guess import looks_secret
from pulumi_esa_cli.pulumi.stack_views import config_json
from pulumi_esa_cli.terminal.printing import print_json, print_table, print_value

Key = Annotated[str, typer.Argument(metavar="KEY", show_default=False)]
IsPath = Annotated[bool, flag("--path", "The key is a path into a map or list.")]
Open = Annotated[bool, flag("--open")]


def register(app: typer.Typer) -> None:
    """Add the group and its commands."""
    commands: common_options.GroupCommands = {
        ("get",): get,
        ("set",): set_,
        ("rm", "remove", "delete"): rm,
        ("ls", "list"): listing,
    }
    common_options.add_group(app, "config", listing, commands)


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
    found = common_options.open_selected_stack(
        context.obj, stack, config_file=config_file
    )
    values = _values(found)
    if as_json:
        decrypt = _decrypt(found, values) if show_secrets else None
        print_json({key: config_json(values[key], decrypt) for key in sorted(values)})
        return
    decrypt = _decrypt(found, values) if show_secrets else lambda _: MASK
    rows = [
        (
            stack_config_file.short_key(key, found.project.name),
            _value_text(values[key], decrypt),
        )
        for key in sorted(values)
    ]
    print_table([("KEY", "VALUE"), *rows])


def _values(stack: Stack) -> dict[str, Any]:
    values = stack.config_document().values
    common_options.warn_of_empty_values(values)
    return stack_config_file.with_defaults(stack.project, values)


def _decrypt(stack: Stack, values: Mapping[str, Any]) -> Callable[[str], str]:
    # no passphrase is needed if there is no secret
    if any(config_values.is_secret(value) for value in values.values()):
        return stack.secrets_of_salt(stack.config_document().salt).decrypt
    return str


def _value_text(value: Any, decrypt: Callable[[str], str]) -> str:
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
    """Print one value; a secret is printed in plain text."""
    found = common_options.open_selected_stack(
        context.obj, stack, config_file=config_file
    )
    place = _config_path(found, key, path=path)
    value, there = place.look_up(_values(found))
    if not there:
        raise EngineError(
            f"configuration key '{key}' not found for stack '{found.name}'"
        )
    decrypt = _decrypt(found, {key: value})
    if as_json:
        print_json(config_json(value, decrypt))
    else:
        print_value(_value_text(value, decrypt))


def _config_path(stack: Stack, key: str, *, path: bool) -> ConfigPath:
    return config_keys.parse_config_key(key, stack.project.name, path=path)


def set_(  # noqa: PLR0913 - each is a flag
    context: typer.Context,
    key: Key,
    value: Annotated[
        str | None, typer.Argument(metavar="VALUE", show_default=False)
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
    """Set a value; if it is not given, it is read from standard input, or the user is asked."""
    if secret + plaintext + bool(kind) > 1:
        raise EngineError("only one of --secret, --plaintext and --type may be given")
    found = common_options.open_selected_stack(
        context.obj, stack, config_file=config_file
    )
    place = _config_path(found, key, path=path)
    text = _read_value(context, value, hidden=secret, raw=raw)
    if not secret and not plaintext and looks_secret(_name_of_key(key), text):
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


def _name_of_key(key: str) -> str:
    """A key without its namespace; a path in it stays."""
    return key.partition(":")[2] or key


def _read_value(
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
    found = common_options.open_selected_stack(
        context.obj, stack, config_file=config_file
    )
    file = found.config_document()
    values = _config_path(found, key, path=path).without_value(file.values)
    if values != file.values:
        file.save(values)
