"""A local ESA: an HTTP server for scheduled prefetch with state and fault injection.

The path of a request:

1. `http.sockets` accepts it, `http.app` (WSGI) takes it, `http.header_checks` may refuse it.
2. `service` handles it: `messages.request` parses it, `identity.authorization` checks
   signature and permission, `faults.injector` selects the faults, an action of `actions`
   (a pure function of records and parameters) computes answer and changes, and
   `state.emulator_state` stores them (records, running plans, history, nonces;
   `state.data_file` is its file).
3. `messages.reply` holds the answer, `http.slow_sending` sends it.

`http.control_api` answers `/_emulator`, the API of the emulator itself. `http.edge_server`
is the edge of the sites: `state.edge` knows what plans have submitted and what was purged.

Not done: fetching URLs or OSS files (a seed gives the content of an OSS URL), XML answers,
HTTPS of the API, keeping run-time keys and run-time faults over a restart. The emulator shares no
code with the client of this project: a mistake in one cannot hide in the other.
"""
