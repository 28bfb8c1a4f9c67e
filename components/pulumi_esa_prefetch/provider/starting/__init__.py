"""Starts, stops and reruns one plan: the calls, what follows a Start, and what a rerun has done already."""
