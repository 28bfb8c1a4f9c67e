"""The client of the ESA API: one method per action, with signing, retries and errors."""
