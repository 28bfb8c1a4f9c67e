"""A stack as a whole: opening and administering it, and the lock and journal of a run."""
