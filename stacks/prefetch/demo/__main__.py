"""`python -m stacks.prefetch.demo up`, which `make up` runs, and its siblings; holds no command."""

import os
import sys

from stacks.prefetch.demo.commands import exit_with, run
from stacks.prefetch.demo.settings import read_settings

if __name__ == "__main__":
    exit_with(lambda: run(sys.argv[1:], read_settings(os.environ)))
