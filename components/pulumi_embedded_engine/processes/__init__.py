"""Child processes and their environment, and files read and written safely."""
