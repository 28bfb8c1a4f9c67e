"""A local ESA: an HTTP server for scheduled prefetch that remembers and misbehaves.

A request goes `wire` (socket) -> `app` (WSGI) -> `door` (is it let in at all) ->
`service`: `call` (what was asked), `identity` (who, and may they), `faults` (what goes
wrong), `actions` (pure functions of state and request), `world` (state, plans that run,
history, nonces; `persistence` is its file) -> `reply` -> `sending`. Beside it `control`
answers `/_emulator`.

What it does not do: fetch URLs or OSS files (a seed says what lies behind an OSS URL),
answer XML, speak HTTPS, remember run-time keys and run-time faults over a restart. It
shares only the clock with the rest of the package, so that a mistake in the client
cannot hide in the server as well.
"""
