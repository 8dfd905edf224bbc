"""Structured logging: one line an event, JSON in production, with the request's id on every line."""

import logging.config
from typing import Any

import structlog

CHATTERS = ("celery.beat", "celery.worker.strategy", "celery.app.trace")
SHARED: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configure(options: dict[str, Any]) -> None:
    """Set up the standard library's logging and structlog; `options` holds `level` and `json`."""
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"structured": _formatter(json=options["json"])},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
            "root": {"handlers": ["stderr"], "level": options["level"]},
            # Celery would log each second that a task was sent, received and done. `config.login` logs logins, and
            # `config.handlers` logs refused requests, which are no errors of ours.
            "loggers": {
                "axes": {"level": "CRITICAL"},
                "django.security": {"level": "CRITICAL"},
                "django.security.csrf": {"level": "WARNING"},
            }
            | ({name: {"level": "WARNING"} for name in CHATTERS} if options["level"] == "INFO" else {}),
        }
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _formatter(*, json: bool) -> dict[str, Any]:
    """A formatter with plain tracebacks: local variables would put callers' data into the log, and are slow."""
    renderer: list[structlog.typing.Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if json
        else [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)]
    )
    return {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": SHARED,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
    }
