"""Plain values: records, properties, diffs, goals, events, URNs."""
