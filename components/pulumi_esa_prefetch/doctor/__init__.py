"""The doctor: checks settings, keys, connection, rights and versions, and says what to do; changes nothing."""
