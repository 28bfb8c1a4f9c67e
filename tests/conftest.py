"""What every test stands on: no variable of the caller's reaches one, and chance repeats."""

import os

from hypothesis import settings

from stacks.prefetch.demo.settings import foreign_variables

for name in foreign_variables(os.environ):
    del os.environ[name]

# It says that nobody can be asked, which is for each test to say.
os.environ.pop("CI", None)

# Servers of tests are on this machine, whatever proxy leads out of it.
for name in ("NO_PROXY", "no_proxy"):
    os.environ[name] = "127.0.0.1,localhost"

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")
