"""The warmth of the edge: asks for a sample of URLs, each once, and computes the share of hits; knows no Pulumi."""
