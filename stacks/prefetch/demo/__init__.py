"""`make up` and its siblings: the stack `demo` against an ESA on this machine; holds no program and no config."""
