"""The webhook: what it sends when the wait for a plan ends, and the call; waits for no plan itself."""
