"""The two engines by name, and where they are on this machine; runs neither."""

import shutil
import sys
from pathlib import Path

ESA_PREFETCH = str(Path(sys.executable).parent / "esa-prefetch")
ENGINES = {"embedded": ESA_PREFETCH, "pulumi": shutil.which("pulumi")}
