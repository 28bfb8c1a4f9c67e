"""Settings from the stack config and the environment, and the choice of where access keys come from."""
