"""The command `warm`: measures how much of a URL list the edge has in its cache."""
