"""Who sends a request and what they may do: keys, signatures, nonces, RAM policies."""
