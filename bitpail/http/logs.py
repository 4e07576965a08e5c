"""Structured logs on standard error, one JSON object a line, never with a credential.

The path is logged without its query, and anything in it that looks like an app
password is blotted out; headers and bodies are not logged at all.
"""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import msgspec
import structlog

from bitpail.policy.secrets import scrub
from bitpail.wire.text import clean

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def _scrub_all(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> dict[str, Any]:
    # Names in Git may be of any bytes, and JSON of none but UTF-8.
    return {key: clean(scrub(value)) if isinstance(value, str) else value for key, value in event.items()}


def _render(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> bytes:
    return msgspec.json.encode(event, enc_hook=repr)


def configure(level: str) -> None:
    """Set up logging for this process, the libraries' own included."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _scrub_all,
            _render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
    handler = _Handler()
    logging.basicConfig(level=max(LEVELS[level], LEVELS["warning"]), handlers=[handler], force=True)
    # Its "error" logger tells of starts and stops, at INFO.
    logging.getLogger("uvicorn.error").setLevel(LEVELS[level])


class _Handler(logging.Handler):
    """Hands what libraries log to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        logger = structlog.get_logger(record.name)
        logger.log(record.levelno, record.getMessage(), logger=record.name, exc_info=record.exc_info)
