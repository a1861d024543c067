"""The one body of every error, `{"error", "code", "request_id"?, "details"?}`, and what becomes one."""

from typing import Any
from uuid import uuid4

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pymongo.errors import PyMongoError
from starlette.exceptions import HTTPException

from services.connector.diagnosis.refusals import Refusal, log_refusal
from shared.errors import TransientError
from shared.logging import get_logger

log = get_logger("connector")

_CODES = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED", 413: "PAYLOAD_TOO_LARGE"}


class ApiError(Exception):
    """A request that cannot be served, in the words that its caller gets."""

    def __init__(self, status: int, message: str, code: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code


def not_found(what: str) -> ApiError:
    """404 in the wizard's words, such as `job not found`."""
    return ApiError(404, f"{what} not found", "NOT_FOUND")


def required(message: str) -> ApiError:
    """400 for members that are missing or empty."""
    return ApiError(400, message, "VALIDATION_FAILED")


def install_problem_handlers(app: FastAPI) -> None:
    """Register a handler for everything that a route may raise."""

    @app.exception_handler(ApiError)
    async def api_error(_request: Request, error: ApiError) -> JSONResponse:
        return problem(error.status, error.message, error.code)

    @app.exception_handler(Refusal)
    async def refusal(_request: Request, error: Refusal) -> JSONResponse:
        log_refusal(error)
        # Never 401: that would log the admin out of Windshift.
        return problem(422, error.sentence, error.code, details=error.details())

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        return problem(400, "Invalid request body", "INVALID_INPUT")

    @app.exception_handler(HTTPException)
    async def http(_request: Request, error: HTTPException) -> JSONResponse:
        return problem(error.status_code, str(error.detail), _CODES.get(error.status_code, "HTTP_ERROR"))

    @app.exception_handler(PyMongoError)
    @app.exception_handler(TransientError)
    async def unavailable(_request: Request, error: Exception) -> JSONResponse:
        log.warning("unavailable", reason=str(error), error=type(error).__name__)
        return problem(503, "A service behind the connector does not answer; try again soon", "UNAVAILABLE")

    @app.exception_handler(Exception)
    async def unexpected(_request: Request, error: Exception) -> JSONResponse:
        request_id = str(uuid4())
        log.error("unexpected", request_id=request_id, exc_info=error)
        return problem(500, "Internal server error", "INTERNAL_ERROR", request_id=request_id)


def problem(status: int, message: str, code: str, **more: Any) -> JSONResponse:
    """Return the answer of an error."""
    return JSONResponse({"error": message, "code": code, **more}, status_code=status)
