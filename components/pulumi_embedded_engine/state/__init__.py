"""The state on disk: checkpoints, journals, locks, history and secrets, in the formats of the CLI."""
