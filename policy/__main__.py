"""The policy pack: no overload of an origin, no start in a freeze window."""

from pulumi_esa_prefetch.report.policy_pack import serve

serve()
