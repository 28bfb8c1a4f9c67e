"""A stand-in for the `alicloud` plugin where that is not installed: two ESA resource types, no third."""
