"""Reports for people: what a preview will do, limits against a stack, progress, load over time; changes nothing."""
