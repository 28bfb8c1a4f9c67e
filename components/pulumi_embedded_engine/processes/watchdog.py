"""Runs one command, and kills it with all its children when the engine ends; imports only the standard library.

This is a script. The engine holds the other end of its standard input. However the engine ends, even by a kill, this
pipe closes. Then the watchdog kills the whole process group, so that no process outlives the engine.
"""

import os
import signal
import sys
import threading

_NOT_FOUND = 127


def _watch() -> None:
    while os.read(0, 1):
        pass
    os.killpg(0, signal.SIGKILL)


def main(command: list[str]) -> int:
    """Run the command; gives its exit code, or 128 plus the number of the signal that ended it."""
    no_input = (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)
    try:
        # an engine in the background of a shell ignores SIGINT: its children are ended by it all the same
        child = os.posix_spawnp(
            command[0],
            command,
            os.environ,
            file_actions=[no_input],
            setsigdef=[signal.SIGINT],
        )
    except OSError as error:
        sys.stderr.write(f"cannot start {command[0]}: {error.strerror}\n")
        return _NOT_FOUND
    # signals to the group are for the command: the watchdog only waits and reports how the command ended
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    threading.Thread(target=_watch, daemon=True).start()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    os._exit(main(sys.argv[1:]))
