"""Pulumi's other side in pure Python: runs a program, drives its providers, keeps its state; knows no ESA.

An operation goes `stack` (opened) -> `update` (lock, journal, checkpoint) -> `operation`:
the refresh phase, then `rollout`. Where what Pulumi's own source calls by
these names is found:

- backend (DIY): `backend`, `locks`, `history`; checkpoint: `checkpoint`, `encoding`
- config: `stack_config`, `config_values`; project, workspace: `project`, `workspace`
- default provider: `defaults`; built-in provider: `builtin`
- display: `display`; events: `events`, told by `work`
- engine service, logs: `services`
- goal: `goals`; resource state, snapshot: `records`; property values: `values`
- journal: `journal`, `journal_file`; integrity: `integrity`
- killed runs: `run_mark` on the checkpoint, `recovery`; whether a process lives: `living`
- language host: `language`, `launcher`
- plugin host: `plugins`, `host`; provider: `providers`, over gRPC `remote`
- property marshalling: `wire`, `messages`; detailed diff: `diff`, `comparing`
- provider registry: `registry`
- resource monitor: `monitor`, `requests`, with `inbox` on the way to the generator, and
  `lacking` for what it refuses; versions that programs require: `required`
- secrets manager (passphrase): `secrets`
- snapshot manager: `recording`, `ledger`
- step: `steps`, `reads`; step executor: `performer`
- step generator: `generator`, `naming`, `choosing`, `comparing`, `replacement`, and for
  what the program does not name `leftovers`; targets: `targets`
- URN: `urns`

What is not here (assets, other languages and secrets providers, logins, remote state, policy packs, ...) stands in
docs/engine.md; the command (`cli`) says so in a sentence that names the `pulumi` CLI.
"""
