"""The interface for programs, ``/api/v1``: what the desk shows, by HTTP."""

from pipeline.web.api.application import PREFIX, api_app, problem_of
from pipeline.web.api.limits import ApiLimits

__all__ = ["PREFIX", "ApiLimits", "api_app", "problem_of"]
