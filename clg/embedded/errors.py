"""The one error of the embedded services."""


class EmbeddedError(RuntimeError):
    """An embedded service cannot run; the message names the cause and the way out."""
