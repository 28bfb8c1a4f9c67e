"""The commands of ESA prefetching that Pulumi's CLI does not have: summary, policy, progress, timeline, emulator."""
