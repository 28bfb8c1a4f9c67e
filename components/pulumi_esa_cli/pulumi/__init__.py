"""The commands that are also commands of the pulumi CLI, with its flags and on its files."""
