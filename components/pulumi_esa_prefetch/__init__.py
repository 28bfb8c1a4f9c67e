"""Declare which Alibaba Cloud ESA prefetch plans should be running; holds the public names, and no logic."""
