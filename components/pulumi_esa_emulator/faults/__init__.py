"""Misbehaviour on purpose, off unless asked for; `esa-prefetch emulator --help` lists it.

A fault file (`--faults FILE`, or the body of `POST /_emulator/faults`) is JSON:

    {"seed": 7, "faults": [
      {"kind": "throttle", "probability": 0.2, "retry_after_ms": 500},
      {"kind": "reset", "when": "after", "calls": [3],
       "actions": ["StartScheduledPreloadExecution"]},
      {"kind": "stale", "seconds": 2, "enabled": false}]}

The list alone will do, or one fault. Every fault may say `name`, `actions`, `ids`,
`probability` or `calls` or `every`, `times` and `enabled` (see `fault.Fault`); the kinds
and their numbers are in `kinds`.
"""
