"""Runs one command and ends it, with all its children, when the engine is gone; imports only the standard library.

A script of its own. The engine holds the other end of this process' standard input: however the engine ends, even
killed, the pipe closes. The whole process group is killed then, so nothing outlives the engine.
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
    """Run the command; its exit code, or 128 and the number of the signal that ended it."""
    no_input = (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)
    try:
        child = os.posix_spawnp(
            command[0], command, os.environ, file_actions=[no_input]
        )
    except OSError as error:
        sys.stderr.write(f"cannot start {command[0]}: {error.strerror}\n")
        return _NOT_FOUND
    # Signals to the group are for the command: the guard only waits and tells how it ended.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    threading.Thread(target=_watch, daemon=True).start()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    os._exit(main(sys.argv[1:]))
