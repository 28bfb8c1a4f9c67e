"""Views of a running operation: lines, a tree, a diff or JSON; they decide nothing about it."""
