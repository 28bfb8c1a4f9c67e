"""The webhook: what it is told when the wait for a plan ends, and the call; waits for no plan itself."""
