"""HTTP: the WSGI application, its server, the checks of requests, and the control API."""
