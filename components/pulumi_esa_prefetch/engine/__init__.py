"""Pulumi's other side in pure Python: runs a program, drives its providers and keeps its state; knows nothing of ESA."""
