"""A verification of warm plans, for both faces of the provider: properties, words, hooks, and what has been asked."""
