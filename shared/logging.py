"""Structured logs: one JSON object a line, secrets redacted, standard loggers routed through structlog."""

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

_SECRET_WORDS = ("authorization", "token", "password", "cookie", "secret")


def configure_logging(*, level: str, fmt: str, service: str) -> None:
    """Set up structlog and the standard library for this process; `fmt` is auto, json or console."""
    console = fmt == "console" or (fmt == "auto" and sys.stderr.isatty())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        redact,
    ]
    renderer: Any = structlog.dev.ConsoleRenderer() if console else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            renderer,
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in ("httpx", "httpcore", "aiokafka", "pymongo", "uvicorn.access"):
        logging.getLogger(name).setLevel(logging.WARNING)  # a line per request would name signed URLs
    structlog.contextvars.bind_contextvars(service=service)


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace the value of every field whose name speaks of a secret, at any depth."""
    for key, value in event.items():
        event[key] = _redacted(key, value)
    return event


def _redacted(key: object, value: Any) -> Any:
    if value is not None and any(word in str(key).lower() for word in _SECRET_WORDS):
        return "[redacted]"
    if isinstance(value, Mapping):
        return {name: _redacted(name, inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted("", inner) for inner in value]
    return value


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return the logger of a component; Jira's own words go to the component `jira`."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name, component=name)
    return logger
