"""`make bench`: the CPU time that the provider's host needs for its imports, as a ratio to `import pulumi.dynamic`.

Both are measured in one run on one machine, in new processes. The least of several runs counts: other load on
the machine only adds to it.
"""

import resource
import subprocess
import sys
from typing import Final

# Two thirds of 1.08, the ratio when the client was still imported together with the provider.
GOAL: Final = 0.72
RUNS: Final = 9
SDK: Final = "pulumi.dynamic"
HOST: Final = (
    "pulumi_esa_prefetch.provider.hooks",
    "pulumi_esa_prefetch.provider.completion",
)


def main() -> int:
    """Measure and print; 1 if the goal was missed."""
    sdk = host = float("inf")
    for _ in range(RUNS):
        sdk = min(sdk, cpu_of_import(SDK))
        host = min(host, cpu_of_import(SDK, *HOST))
    ratio = (host - sdk) / sdk
    verdict = "met" if ratio <= GOAL else "MISSED"
    sys.stdout.write(
        f"CPU of imports: {SDK} {1000 * sdk:.0f} ms, the provider's host above it {1000 * (host - sdk):.0f} ms; "
        f"ratio {ratio:.2f}, goal {GOAL:.2f}: {verdict}\n"
    )
    return 0 if ratio <= GOAL else 1


def cpu_of_import(*modules: str) -> float:
    """CPU seconds of a new process that imports these modules and ends."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", f"import {', '.join(modules)}"], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    sys.exit(main())
