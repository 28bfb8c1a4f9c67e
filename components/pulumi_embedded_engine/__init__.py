"""An embedded Pulumi engine in pure Python: runs a program, calls its providers, keeps its state; knows no ESA.

The course of an operation:

1. `stacks.stack` opens a stack; `stacks.locked_update` takes its lock and opens its journal.
2. `execution.operation_run` runs the refresh phase, then `execution.program_phase`: the program's
   calls come in at `program.resource_monitor` and wait in `program.event_queue`,
   `planning.step_generator` turns them into steps, `execution.step_runner` runs these, and
   `execution.deletion_phase` deletes what the program no longer registers.
3. `stacks.locked_update` writes the journal's result as the new checkpoint.

Where the parts of Pulumi's own engine are found, by Pulumi's names:

- backend (DIY): `state.file_backend`, `state.locks`, `state.history`
- built-in provider: `providers.builtin_provider`; default providers: `program.default_providers`
- checkpoint: `state.checkpoint`, `state.encoding`; snapshot integrity: `state.integrity`
- config: `config.config_keys`, `config.config_values`; project, workspace: `config.project`,
  `config.workspace`
- detailed diff: `model.diff`, `planning.comparison`
- display: `display`; events: `model.events`, sent by `run.run_state`
- engine service (logs) and the gRPC server: `program.grpc_server`
- goal state: `model.goals`; resource state, snapshot: `model.state_records`
- journal: `state.journal`, `state.journal_file`; after a kill: `state.run_mark`,
  `state.journal_recovery`
- language host: `program.language_host`, with `program.launcher` in the program's process
- plugin host: `providers.plugin_lookup`, `providers.provider_process`; provider:
  `providers.provider`, over gRPC `providers.grpc_provider`; provider registry: `providers.registry`
- property values: `model.property_values`; paths: `model.property_paths`; marshalling:
  `model.property_wire`, `providers.grpc_messages`
- resource monitor: `program.resource_monitor`, `program.registration_requests`, and
  `program.unsupported_features` for what it rejects
- secrets manager (passphrase): `state.passphrase_secrets`
- snapshot manager: `execution.journal_recorder`, `run.resource_index`
- step: `steps.steps`, `steps.read_steps`; step executor: `execution.step_runner`
- step generator: `planning.step_generator`, `planning.urn_claims`, `planning.step_choice`,
  `planning.replacement`, and for deletions `execution.deletion_phase`
- targets: `run.targets`; cancellation: `execution.cancellation`
- URN: `model.urns`

What is not here (assets, other languages and secrets providers, logins, remote state, policy packs, ...) is listed in
docs/engine.md; the command names the `pulumi` CLI for these.
"""
