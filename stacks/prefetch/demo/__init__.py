"""`make up` and its siblings: the stack `demo` against an ESA on this machine; holds neither the program nor its config."""
