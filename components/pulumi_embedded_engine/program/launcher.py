"""Runs a Pulumi program in its own interpreter; imports only the standard library and the program's Pulumi SDK.

A script: the engine starts it by its path.
Exit code 0: the program succeeded; 32: it failed and has reported the error; any other: its own exit code.
"""

import argparse
import asyncio
import functools
import gc
import logging
import runpy
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ERROR_REPORTED = 32
UNHANDLED = "Program failed with an unhandled exception:\n"
# As in Pulumi's own launcher: enough for all calls that wait for steps.
_THREADS_PER_STEP = 4
_MOST_THREADS = 1024
# Outputs live until the program ends. With Python's own thresholds a quarter of a large program's time is a search for
# garbage among them.
_GARBAGE_THRESHOLDS = (20_000, 10, 20)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    for name in ("monitor", "engine", "project", "stack", "organization"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--root-directory", required=True)
    parser.add_argument("--parallel", type=int, required=True)
    parser.add_argument("--dry-run", action="store_true")
    parser.add_argument("--debug", action="store_true")
    parser.add_argument("program")
    return parser.parse_args()


def _configure(arguments: argparse.Namespace) -> None:
    from pulumi import runtime  # noqa: PLC0415 - if it is missing, `main` reports that

    runtime.set_all_config(
        runtime.get_config_env(), runtime.get_config_secret_keys_env()
    )
    runtime.configure(
        runtime.Settings(
            monitor=arguments.monitor,
            engine=arguments.engine,
            project=arguments.project,
            stack=arguments.stack,
            parallel=arguments.parallel,
            dry_run=arguments.dry_run,
            organization=arguments.organization,
            root_directory=arguments.root_directory,
        )
    )
    if not arguments.debug:
        _send_no_debug_messages()
    _wait_for_outputs_once()
    _convert_each_source_position_once()
    _read_the_types_of_each_class_once()


def _send_no_debug_messages() -> None:
    """Keep the SDK from sending debug messages, several calls for each resource, that nobody will see."""
    from pulumi import log  # noqa: PLC0415 - if it is missing, `main` reports that

    log.debug = lambda *_, **__: None


def _wait_for_outputs_once() -> None:
    """Let the SDK wait for outputs when they have resolved.

    Its own wait begins anew for all outputs whenever one has resolved: seconds for a thousand resources. A failed
    output ends this wait at once: it stays in the set, and the SDK raises its error. In an SDK without these names the
    program waits as the SDK does.
    """
    from pulumi.runtime import settings, stack  # noqa: PLC0415 - if it is missing, `main` reports that

    outputs = getattr(getattr(settings, "SETTINGS", None), "outputs", None)
    wait_for_rpcs = getattr(stack, "wait_for_rpcs", None)
    if not (isinstance(outputs, set) and callable(wait_for_rpcs)):
        return

    async def wait(*arguments: object, **named: object) -> None:
        await _until_resolved_or_failed(outputs)
        await wait_for_rpcs(*arguments, **named)

    stack.wait_for_rpcs = wait


def _convert_each_source_position_once() -> None:
    """Let the SDK make the URL of each line of code once: it makes that of each caller anew for each resource.

    An SDK without this name does so as before.
    """
    from pulumi.runtime import resource  # noqa: PLC0415 - if it is missing, `main` reports that

    name = "_get_source_position_for_frame"
    convert = getattr(resource, name, None)
    if not callable(convert):
        return
    known: dict[tuple[str, int | None], object] = {}

    def position(frame: traceback.FrameSummary) -> object:
        place = frame.filename, frame.lineno
        if place not in known:
            known[place] = convert(frame)
        return known[place]

    setattr(resource, name, position)


def _read_the_types_of_each_class_once() -> None:
    """Let the SDK read the types of a class's outputs once: it evaluates its annotations anew for each resource.

    An SDK without this name does so as before.
    """
    from pulumi import _types  # noqa: PLC0415 - if it is missing, `main` reports that

    name = "resource_types"
    read = getattr(_types, name, None)
    if callable(read):
        setattr(_types, name, functools.cache(read))


async def _until_resolved_or_failed(outputs: "set[asyncio.Future[object]]") -> None:
    """Wait until each output has resolved, those too that are added meanwhile, or one has failed."""
    while unfinished := [each for each in outputs if not each.done()]:
        if any(_has_failed(each) for each in outputs if each.done()):
            return
        await _all_done_or_one_failed(unfinished)


async def _all_done_or_one_failed(unfinished: "list[asyncio.Future[object]]") -> None:
    """Wait by one callback for each: to look at all of them again and again would be quadratic.

    `asyncio.wait` does so too, but one that is cancelled does not end its wait.
    """
    over = asyncio.get_running_loop().create_future()
    left = len(unfinished)

    def count(each: "asyncio.Future[object]") -> None:
        nonlocal left
        left -= 1
        if (left == 0 or _has_failed(each)) and not over.done():
            over.set_result(None)

    for each in unfinished:
        each.add_done_callback(count)
    await over
    for each in unfinished:
        each.remove_done_callback(count)


def _has_failed(output: "asyncio.Future[object]") -> bool:
    return output.cancelled() or output.exception() is not None


def _run(loop: asyncio.AbstractEventLoop, program: str) -> int:
    import pulumi  # noqa: PLC0415 - if it is missing, `main` reports that

    def body() -> None:
        runpy.run_path(program, run_name="__main__")

    try:
        loop.run_until_complete(pulumi.runtime.run_in_stack(body))
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        return 1
    except Exception as error:  # noqa: BLE001 - the program may raise anything
        pulumi.log.error(_failure(error, Path(program).absolute()))
        return ERROR_REPORTED
    return 0


def _failure(error: Exception, program: Path) -> str:
    main = program / "__main__.py" if program.is_dir() else program
    if isinstance(error, ImportError) and not main.exists():
        return f"unable to find main python program `__main__.py` in `{program}`"
    frames = traceback.extract_tb(error.__traceback__)
    # Only the frames of the user's code: from the program's file on.
    own = [n for n, f in enumerate(frames) if Path(f.filename).absolute() == main]
    if isinstance(error, SyntaxError) and not own:
        # Of the program's own file: no line of it has run.
        where = "" if error.filename else f'  File "{main}"\n'
        return UNHANDLED + where + "".join(traceback.format_exception_only(error))
    limit = -(len(frames) - (own[0] if own else 0))
    text = "".join(traceback.format_exception(error, limit=limit))
    return UNHANDLED + text


def main() -> int:
    """Run the program that the command line names."""
    arguments = _arguments()
    gc.set_threshold(*_GARBAGE_THRESHOLDS)
    try:
        _configure(arguments)
    except ImportError as error:
        sys.stderr.write(
            f"{sys.executable} cannot import the Pulumi SDK ({error}): "
            "install it there with `pip install pulumi`\n"
        )
        return 1
    gc.freeze()
    # As in Pulumi's own launcher, the program is "." for a directory with a __main__.py.
    sys.path.pop(0)
    sys.argv = [arguments.program]
    threads = min(max(arguments.parallel, 1) * _THREADS_PER_STEP, _MOST_THREADS)
    executor = ThreadPoolExecutor(max_workers=threads)
    loop = asyncio.new_event_loop()
    loop.set_default_executor(executor)
    asyncio.set_event_loop(loop)
    # A program that fails leaves futures that nobody awaits; the error was already reported.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    try:
        return _run(loop, arguments.program)
    finally:
        executor.shutdown(wait=True)
        loop.close()
        sys.stdout.flush()
        sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
