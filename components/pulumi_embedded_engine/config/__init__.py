"""The project, the configuration of a stack, and the selected stack: what is in files that people edit."""
