"""Who is asking: accounts, second factors, sessions, providers, tokens and certificates.

``Entrance`` decides, ``Gate`` stands before every other route, ``login_routes`` are its pages,
``account_routes`` those on which an administrator keeps accounts.
"""

from pipeline.web.login.accounts_page import account_routes
from pipeline.web.login.entrance import BREAK_GLASS, END_GLASS, Entrance, Terms
from pipeline.web.login.gate import CERTIFICATES, Door, Gate
from pipeline.web.login.headers import SafeHeaders
from pipeline.web.login.keeping import EVENTS
from pipeline.web.login.pages import Pages, login_routes
from pipeline.web.login.sealing import Sealing

__all__ = [
    "BREAK_GLASS", "CERTIFICATES", "END_GLASS", "EVENTS", "Door", "Entrance", "Gate", "Pages",
    "SafeHeaders", "Sealing", "Terms", "account_routes", "login_routes",
]  # fmt: skip
