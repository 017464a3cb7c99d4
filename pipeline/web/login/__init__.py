"""Who is asking: accounts, second factors, sessions, providers, tokens and certificates.

``Entrance`` decides, ``Gate`` stands before every other route, ``login_routes`` are its pages.
"""

from pipeline.web.login.entrance import BREAK_GLASS, Entrance, Terms
from pipeline.web.login.gate import CERTIFICATES, Door, Gate
from pipeline.web.login.headers import SafeHeaders
from pipeline.web.login.pages import Pages, login_routes
from pipeline.web.login.sealing import Sealing

__all__ = [
    "BREAK_GLASS", "CERTIFICATES", "Door", "Entrance", "Gate", "Pages", "SafeHeaders", "Sealing",
    "Terms", "login_routes",
]  # fmt: skip
