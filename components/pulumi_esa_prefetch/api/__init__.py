"""What ESA understands: its scheduled-prefetch calls, signed and typed; decides nothing about plans."""
