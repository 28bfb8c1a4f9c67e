"""URNs and provider references: building and parsing them; knows no records."""

from typing import Final

ROOT_STACK_TYPE: Final = "pulumi:pulumi:Stack"
PROVIDER_PREFIX: Final = "pulumi:providers:"
DYNAMIC_PACKAGE: Final = "pulumi-python"
BUILTIN_PACKAGE: Final = "pulumi"
STASH: Final = "pulumi:index:Stash"

_PARTS: Final = 4  # urn:pulumi:<stack>, project, qualified type, name


def make_urn(stack: str, project: str, parent: str, type_: str, name: str) -> str:
    """The URN of a resource; `parent` is a URN, or empty."""
    above = qualified_type(parent) if parent else ""
    qualified = type_ if above in ("", ROOT_STACK_TYPE) else f"{above}${type_}"
    return with_qualified_type(stack, project, qualified, name)


def with_qualified_type(stack: str, project: str, qualified: str, name: str) -> str:
    """The URN of a resource whose qualified type is known."""
    return f"urn:pulumi:{stack}::{project}::{qualified}::{name}"


def root_stack_urn(stack: str, project: str) -> str:
    """The URN of the stack's own record."""
    return make_urn(stack, project, "", ROOT_STACK_TYPE, f"{project}-{stack}")


def is_urn(text: str) -> bool:
    """Whether the text has the shape of a URN."""
    return text.startswith("urn:pulumi:") and len(text.split("::", 3)) == _PARTS


def qualified_type(urn: str) -> str:
    """The types of a resource and of its ancestors, joined by `$`."""
    parts = urn.split("::", 3)
    return parts[2] if len(parts) == _PARTS else ""


def type_of(urn: str) -> str:
    """The resource's own type."""
    return qualified_type(urn).rsplit("$", 1)[-1]


def displayed_type(type_: str) -> str:
    """A type as displayed: `pkg:mod/thing:Thing` becomes `pkg:mod:Thing` if the file part only repeats the name."""
    package, _, rest = type_.partition(":")
    module, _, name = rest.partition(":")
    above, slash, file = module.rpartition("/")
    if ":" in name or not name or not slash or file != name[0].lower() + name[1:]:
        return type_
    return f"{package}:{above}:{name}"


def name_of(urn: str) -> str:
    """The resource's name."""
    return urn.split("::", 3)[-1]


def is_root_stack(urn: str) -> bool:
    """Whether this is the URN of a stack's own record."""
    return qualified_type(urn) == ROOT_STACK_TYPE


def is_provider_type(type_: str) -> bool:
    """Whether records of this type are providers."""
    return type_.startswith(PROVIDER_PREFIX)


def is_default_provider(urn: str) -> bool:
    """Whether the engine registers this provider by itself; such providers are not displayed or counted."""
    name = name_of(urn)
    return is_provider_type(type_of(urn)) and (
        name == "default" or name.startswith("default_")
    )


def package_of(type_: str) -> str:
    """The package of a type token; for a provider's type the package that it provides."""
    if is_provider_type(type_):
        return type_.removeprefix(PROVIDER_PREFIX)
    return type_.split(":", 1)[0]


def provider_reference(urn: str, id_: str) -> str:
    """The reference to a provider, as in a resource's record."""
    return f"{urn}::{id_}"


def split_reference(reference: str) -> tuple[str, str]:
    """URN and id of a provider reference; ValueError if it is not one."""
    urn, separator, id_ = reference.rpartition("::")
    if not separator or not is_urn(urn):
        message = f"could not parse provider reference '{reference}'"
        raise ValueError(message)
    return urn, id_


def provider_urn(reference: str) -> str:
    """The URN in a provider reference; empty for an empty one."""
    return reference.rpartition("::")[0]
