"""What the emulator stores: records, plans over time, history, and the data file."""
