"""Who calls and whether they may: keys, signatures, nonces, RAM policies."""
