"""The components of the schema, made by ``construct`` in the plugin."""

from pulumi.provider.experimental.provider import Provider


class Components(Provider):
    """No component yet."""
