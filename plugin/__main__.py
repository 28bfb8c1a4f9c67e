"""The plugin that Pulumi starts for programs of every language; the code is in ``pulumi_esa_prefetch.native``."""

from pulumi_esa_prefetch.native.plugin import main

main()
