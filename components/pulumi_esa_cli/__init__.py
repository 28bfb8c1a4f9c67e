"""The `esa-prefetch` command: parses the command line, and calls the product, the engine or the emulator."""
