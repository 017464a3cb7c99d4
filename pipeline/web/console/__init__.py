"""The console: pages for everyone whom the law lets look, drawn on the server, without scripts."""

from pipeline.web.console.routes import console_routes, plain_error
from pipeline.web.console.scene import Beside

__all__ = ["Beside", "console_routes", "plain_error"]
