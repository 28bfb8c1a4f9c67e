"""The sentence for a package that only the extra `cli` brings; knows no command."""

from typing import Final

_OWN: Final = ("pulumi_esa_", "pulumi_embedded_")


def missing_package(error: ModuleNotFoundError) -> str:
    """What to install; "" if the missing module is one of this distribution, which is a fault of its own."""
    missing = error.name or ""
    if not missing or missing.startswith(_OWN):
        return ""
    return (
        f"esa-prefetch needs the package {missing.partition('.')[0]}, which is not installed: "
        "pip install 'pulumi-esa-prefetch[cli]'"
    )
