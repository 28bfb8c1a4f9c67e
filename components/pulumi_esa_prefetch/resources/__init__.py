"""The resources that a program declares, and the reading of their arguments from a program or a stack's config."""
