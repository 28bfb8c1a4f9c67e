"""What goes over the wire: requests, parameters, times and replies."""
