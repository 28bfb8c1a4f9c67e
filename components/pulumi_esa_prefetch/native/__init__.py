"""The native face: a provider plugin for every language, served over gRPC; it makes no decision itself."""
