"""YAML and JSON read and written exactly as the CLI, a Go program, does it."""
