"""Providers: plugin lookup, processes, gRPC calls, the registry, the built-in provider."""
