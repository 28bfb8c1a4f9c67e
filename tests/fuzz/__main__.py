"""`python -m tests.fuzz [SECONDS] [TARGET...]`: each parser for that long under atheris, which looks for new paths.

Each target has a process of its own, for a fuzzer never returns. What breaks a law is
kept in a file that is named at the end; put it among the target's `found`.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

SECONDS = 20
_LIMITS = ("-timeout=20", "-rss_limit_mb=3000", "-max_len=4096")
_FIGURE = re.compile(r"stat::number_of_executed_units:\s+(\d+)")
_PATHS = re.compile(r"cov: (\d+)")


def main(words: list[str]) -> int:
    """Fuzz the targets named, or all; 1 if a law was broken."""
    if words[:1] == ["--one"]:
        _fuzz(words[1], words[2:])
        return 0
    seconds = int(words.pop(0)) if words[:1] and words[0].isdigit() else SECONDS
    from tests.fuzz.targets import TARGETS  # noqa: PLC0415 -- not instrumented here

    unknown = [name for name in words if name not in TARGETS]
    if unknown:
        print(f"error: no target {unknown[0]!r}; there are {', '.join(TARGETS)}")
        return 2
    broken = [name for name in words or TARGETS if not _run(name, seconds)]
    print(f"{len(words or TARGETS) - len(broken)} laws held, {len(broken)} broken")
    return int(bool(broken))


def _run(name: str, seconds: int) -> bool:
    """Fuzz one target in a process, and say in a line how it went."""
    artifacts = tempfile.mkdtemp(prefix="esa-prefetch-found-")
    with tempfile.TemporaryDirectory(prefix="esa-prefetch-corpus-") as corpus:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "tests.fuzz", "--one", name),
                *(*_LIMITS, f"-max_total_time={seconds}", "-print_final_stats=1"),
                *(f"-artifact_prefix={artifacts}/", corpus),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=seconds * 4 + 300,
            check=False,
        )
    times, paths = (
        (pattern.findall(done.stdout) or ["?"])[-1] for pattern in (_FIGURE, _PATHS)
    )
    print(f"{name}: {times} inputs, {paths} branches", flush=True)
    if done.returncode == 0:
        Path(artifacts).rmdir()
        return True
    print(done.stdout[-6000:], f"the input is in {artifacts}", sep="\n")
    return False


def _fuzz(name: str, arguments: list[str]) -> None:
    import atheris  # noqa: PLC0415 -- it must come first, and is no requirement of the tests

    with atheris.instrument_imports(include=["pulumi_esa_prefetch"]):
        from tests.fuzz.targets import TARGETS  # noqa: PLC0415 -- instrumented so

    target = TARGETS[name]
    for number, content in enumerate(target.examples()):
        Path(arguments[-1], str(number)).write_bytes(content)
    atheris.Setup([sys.argv[0], *arguments], target.law)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
