"""The steps of an operation, and the provider call of each."""
