"""The program: its process, the gRPC services that it calls, its registrations."""
