"""The `esa-prefetch` command: what a person types, and which room answers; holds no work of its own."""
