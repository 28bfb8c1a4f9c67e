"""What a person, or a program, sees of an operation: lines, a tree, a diff, JSON; decides nothing about it."""
