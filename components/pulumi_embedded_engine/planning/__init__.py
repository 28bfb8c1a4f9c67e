"""The step generator: turns registrations into steps."""
