"""The flags: how they are declared, parsed as the pulumi CLI does, and used by several commands."""
