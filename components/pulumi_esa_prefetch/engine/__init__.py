"""Pulumi's other side in pure Python: runs a program, drives its providers, keeps its state; knows no ESA."""
