"""Faults: wrong behaviour on purpose; none by default, `esa-prefetch emulator --help` lists them.

A fault file (`--faults FILE`, or the body of `POST /_emulator/faults`) is JSON:

    {"seed": 7, "faults": [
      {"kind": "throttle", "probability": 0.2, "retry_after_ms": 500},
      {"kind": "reset", "when": "after", "calls": [3],
       "actions": ["StartScheduledPreloadExecution"]},
      {"kind": "stale", "seconds": 2, "enabled": false}]}

The list alone, or one fault alone, is accepted too. Every fault has the optional fields
`name`, `actions`, `ids`, `probability` or `calls` or `every`, `times` and `enabled` (see
`fault.Fault`); the kinds and their own fields are in `fault_kinds`.
"""
