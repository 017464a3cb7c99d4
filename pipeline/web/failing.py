"""What is answered where something broke: programs a problem document, people a page."""

from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from pipeline.errors import StoreError
from pipeline.model import Instant
from pipeline.web.api import PREFIX, problem_of
from pipeline.web.caught import Answer
from pipeline.web.console import plain_error


def failing(clock: Callable[[], Instant]) -> Answer:
    """Give the answer to an exception; ``clock`` gives nanoseconds. It tells nothing of what broke.

    503 where the store is away, the status of an ``HTTPException``, else 500.
    """

    def answer(request: Request, error: Exception) -> Response:
        if request.url.path.startswith(f"{PREFIX}/"):
            return problem_of(request, error)
        away = isinstance(error, StoreError | OSError)
        status = error.status_code if isinstance(error, HTTPException) else 503 if away else 500
        response = plain_error(request, status, clock())
        if isinstance(error, HTTPException) and error.headers:
            response.headers.update(error.headers)
        return response

    return answer
