"""A probe of a real account: learns by calls how ESA answers where its documentation is silent, and cleans up."""
