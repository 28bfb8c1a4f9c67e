"""The script `esa-prefetch`: runs the command, or says what to install if the extra `cli` is missing."""

import sys
from typing import Final

_OWN: Final = ("pulumi_esa_", "pulumi_embedded_")


def main() -> int:
    """Run the command line of this process; gives the exit code."""
    try:
        # imported here, because it needs the packages of the extra
        from pulumi_esa_cli.main import main as run  # noqa: PLC0415
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if missing.startswith(_OWN):
            raise
        sys.stderr.write(
            f"error: esa-prefetch needs the package {missing}, which is not installed: "
            "pip install 'pulumi-esa-prefetch[cli]'\n"
        )
        return 1
    return run()


if __name__ == "__main__":
    sys.exit(main())
