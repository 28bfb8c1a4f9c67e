"""Printing to the terminal, and the prompt for a passphrase."""
