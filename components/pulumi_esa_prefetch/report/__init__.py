"""What a person looks at: summaries, limits against a stack, progress, load over time; starts nothing."""
