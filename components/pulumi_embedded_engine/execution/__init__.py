"""One operation: refresh phase, program phase, deletion phase, step runner, journal entries."""
