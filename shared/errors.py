"""Errors by what the caller can do about them; adapters translate into these at their edge.

PipelineError
├── TransientError   try again later: time-out, 5xx, 429, broker or store away
├── PermanentError   never try again: this input goes to the dead letters
└── ConfigError      the process cannot start as it is configured
"""


class PipelineError(Exception):
    """Base of everything that this project raises on purpose."""


class TransientError(PipelineError):
    """Worth another try; `retry_after` is in seconds where the other side named a time."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class PermanentError(PipelineError):
    """No number of tries can help; the message says what, which id, and what to do."""


class ConfigError(PipelineError):
    """The settings contradict each other or miss something."""
