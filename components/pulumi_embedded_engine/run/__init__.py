"""What all parts of one run share: records, targets, decisions, events."""
