"""The provider of prefetch plans: what the dynamic host calls, what it decides, and how it carries that out."""
