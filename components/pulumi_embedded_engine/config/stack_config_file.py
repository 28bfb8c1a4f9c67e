"""Pulumi.<stack>.yaml: reads its values, and changes them so that comments and order stay; decrypts nothing."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import (
    DoubleQuotedScalarString,
    LiteralScalarString,
    PlainScalarString,
)

from pulumi_embedded_engine.config import config_values
from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.golang.document_reading import parse_document, read_document
from pulumi_embedded_engine.golang.yaml_editing import EditableYaml
from pulumi_embedded_engine.golang.yaml_scalars import resolve_scalar
from pulumi_embedded_engine.model.operation_context import ConfigValue, Project
from pulumi_embedded_engine.processes.atomic_files import write_atomically

_PLAIN = (str, PlainScalarString)
_YAML_1_1_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "<<"})


def stack_file_path(project: Project, stack: str) -> Path:
    """The path of a stack's configuration file."""
    directory = project.stack_config_dir or project.root
    return directory / f"Pulumi.{stack}{project.file.suffix}"


class StackConfigFile:
    """The configuration file of a stack, as it was when it was read; every change is written at once."""

    def __init__(self, file: Path, project: str) -> None:
        self.file = file
        self._project = project
        self._document = _read(file)
        self.values = self._values(self._document)

    def _values(self, document: Mapping[str, Any]) -> dict[str, Any]:
        found = document.get("config")
        if found is None:
            return {}
        if not isinstance(found, dict):
            raise EngineError(f"{self.file}: 'config' must be a mapping")
        values = {
            full_key(key, self._project): config_values.parse(value)
            for key, value in found.items()
        }
        if len(values) < len(found):
            raise EngineError(
                f"{self.file}: 'config' has a key with and without its namespace"
            )
        return values

    @property
    def salt(self) -> str:
        """The salt of its secrets, or "" if it has none yet."""
        salt: str = self._document.get("encryptionsalt") or ""
        return salt

    def save_salt(self, salt: str) -> None:
        """Write the salt of its secrets; raises EngineError if the file cannot be written."""

        def change(document: Any) -> None:
            document["encryptionsalt"] = salt

        self._edit(change, self.values)

    def save(self, values: Mapping[str, Any]) -> None:
        """Replace the values in the file by these; raises EngineError if they cannot be written."""

        def change(document: Any) -> None:
            section = document.get("config")
            if not isinstance(section, dict):
                section = document["config"] = type(document)()
            _replace(section, values, self._project)
            if not section:
                del document["config"]

        self._edit(change, values)

    def _edit(self, change: Callable[[Any], None], wanted: Mapping[str, Any]) -> None:
        try:
            text = self._edited(change).replace("\n", _line_end(self.file))
            document = parse_document(text.encode(), self.file) or {}
            fits = self._values(document) == wanted
        except (EngineError, YAMLError, ValueError, TypeError, RecursionError):
            # ruamel.yaml keeps the spelling of a value, but cannot write every value that can be read
            fits = False
        if not fits:
            raise EngineError(f"{self.file} cannot take the change; edit it by hand")
        write_text(self.file, text)
        self._document, self.values = document, dict(wanted)

    def _edited(self, change: Callable[[Any], None]) -> str:
        if self.file.suffix == ".json":
            content = dict(self._document)
            change(content)
            return json.dumps(content, indent=4) + "\n"
        text = self.file.read_text("utf-8-sig") if self.file.exists() else ""
        document = EditableYaml(text)
        change(document.content)
        return document.text


def _read(file: Path) -> Mapping[str, Any]:
    document = read_document(file) if file.exists() else None
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise EngineError(f"{file} must be a mapping")
    _refuse_unsupported(file, document)
    if type(document.get("encryptionsalt", "")) not in (str, type(None)):
        raise EngineError(f"{file}: 'encryptionsalt' must be a string")
    return document


def _refuse_unsupported(file: Path, document: Mapping[str, Any]) -> None:
    provider = document.get("secretsprovider")
    if provider not in (None, "", "passphrase"):
        raise EngineError(
            f"{file} uses the secrets provider {provider!r}; only the pulumi CLI has it"
        )
    if document.get("encryptedkey"):
        raise EngineError(
            f"{file} has an 'encryptedkey' of a secrets provider that only the pulumi CLI has"
        )
    if document.get("environment"):
        raise EngineError(
            f"{file} imports an 'environment', which only the pulumi CLI with Pulumi Cloud has"
        )


def full_key(key: str, project: str) -> str:
    """A key with its namespace, by default the project's; raises EngineError if it has too many parts."""
    parts = key.split(":")
    if len(parts) == 1:
        return f"{project}:{key}"
    if len(parts) == 3 and parts[1] == "config":  # noqa: PLR2004 - namespace:config:name
        return f"{parts[0]}:{parts[2]}"
    if len(parts) != 2:  # noqa: PLR2004 - namespace:name
        raise EngineError(
            f"could not parse {' '.join(key.split())} as a configuration key (configuration keys should be "
            "of the form `<namespace>:<name>`)"
        )
    return key


def short_key(key: str, project: str) -> str:
    """A full key without the namespace, if that is the project itself; for people."""
    return key.removeprefix(f"{project}:")


def _replace(section: Any, values: Mapping[str, Any], project: str) -> None:
    spelling = {full_key(str(key), project): key for key in section}
    for full, key in spelling.items():
        if full not in values:
            del section[key]
    for full, value in values.items():
        key, kept = spelling.get(full, full), config_values.unparse(value)
        if not isinstance(section, CommentedMap):
            section[key] = kept
        elif key not in section:
            section[key] = _styled(kept)
        else:
            _merge(section, key, kept)


def _merge(holder: Any, key: Any, new: Any) -> None:
    # only values that differ are replaced, so that spelling and comments around them stay
    old = holder[key]
    if isinstance(old, CommentedMap) and isinstance(new, dict):
        _merge_map(old, new)
    elif isinstance(old, CommentedSeq) and isinstance(new, list):
        del old[len(new) :]
        for index, value in enumerate(new):
            if index < len(old):
                _merge(old, index, value)
            else:
                old.append(_styled(value))
    elif not _same(old, new):
        holder[key] = _styled(new)


def _merge_map(old: CommentedMap, new: Mapping[str, Any]) -> None:
    for name in [name for name in old if name not in new]:
        del old[name]
    for name, value in new.items():
        if name in old:
            _merge(old, name, value)
        else:
            old[_styled(name)] = _styled(value)


def _same(old: Any, new: Any) -> bool:
    if not isinstance(old, str):  # a map or a list
        return False
    found = resolve_scalar(str(old)) if type(old) in _PLAIN else str(old)
    return type(found) is type(new) and bool(found == new)


def _styled(value: Any) -> Any:
    if isinstance(value, dict):
        return CommentedMap({_styled(key): _styled(v) for key, v in value.items()})
    if isinstance(value, list):
        return CommentedSeq([_styled(item) for item in value])
    if not isinstance(value, str):
        return PlainScalarString(config_values.value_text(value))
    if _needs_quotes(value) or resolve_scalar(value) != value:
        return DoubleQuotedScalarString(value)
    return LiteralScalarString(value) if "\n" in value else value


def _needs_quotes(text: str) -> bool:
    # YAML 1.1 readers see a bool, a number in base 60, a merge key or a line break in it; the CLI drops a first tab
    return (
        text.lower() in _YAML_1_1_WORDS
        or (text[:1].isdigit() and ":" in text)
        or text.startswith("\t")
        or not {"\x85", "\u2028", "\u2029"}.isdisjoint(text)
    )


def _line_end(file: Path) -> str:
    """How the lines of a file end: as most of them do."""
    content = file.read_bytes() if file.exists() else b""
    with_return = content.count(b"\r\n")
    return "\r\n" if 2 * with_return > content.count(b"\n") else "\n"


def write_text(file: Path, text: str) -> None:
    """Write a file of the user; links are followed, and its permissions stay.

    Raises EngineError if it cannot be written.
    """
    try:
        target = file.resolve()
        target.parent.mkdir(parents=True, exist_ok=True)
        rights = target.stat().st_mode & 0o777 if target.exists() else 0o644
        write_atomically(target, text.encode(), rights)
    except OSError as error:
        raise EngineError(f"{file} cannot be written: {error.strerror}") from None


def with_defaults(project: Project, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values, with the project's defaults for missing ones."""
    found = dict(values)
    for key in sorted(project.config):
        default = _default(project.config[key])
        if default is not None:
            found.setdefault(full_key(key, project.name), config_values.parse(default))
    return found


def _default(declared: Any) -> Any:
    if not isinstance(declared, dict):
        return declared
    default = declared.get("default")
    return declared.get("value") if default is None else default


def program_config(
    values: Mapping[str, Any], decrypt: Callable[[str], str]
) -> dict[str, ConfigValue]:
    """The configuration as programs and providers see it, sorted by key."""
    return {
        key: ConfigValue(
            text=config_values.program_text(
                config_values.decrypted(values[key], decrypt)
            ),
            secret=config_values.is_secret(values[key]),
            hidden=config_values.secret_texts(values[key], decrypt),
        )
        for key in sorted(values)
    }
