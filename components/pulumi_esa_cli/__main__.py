"""The script `esa-prefetch`: runs the command, or says what to install if the extra `cli` is missing."""

import gc
import sys

from pulumi_esa_cli.missing_packages import missing_package


def main() -> int:
    """Run the command line of this process; gives the exit code."""
    # Most objects live until the process ends: a search for garbage after each few hundred new ones finds nothing.
    gc.set_threshold(20_000, 10, 20)
    try:
        # imported here, because it needs the packages of the extra
        from pulumi_esa_cli.main import main as run  # noqa: PLC0415
    except ModuleNotFoundError as error:
        sentence = missing_package(error)
        if not sentence:
            raise
        sys.stderr.write(f"error: {sentence}\n")
        return 1
    return run()


if __name__ == "__main__":
    sys.exit(main())
