"""E-mail through a relay: SMTP with TLS and a verified certificate, plain text in UTF-8.

There is no fallback to clear text: where the relay offers no STARTTLS nothing is said to it. The
message is the same at every attempt: its Message-ID is the notice's id (RFC 5322, 3.6.4), and the
incident's id makes one thread of its notices. The receipt is the relay's word that it took the
message; nobody has read it yet. What comes late says so in its text.
"""

import contextlib
import re
import smtplib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import TypeAlias

from connectors.sinks.letter import lateness, letter, sha256
from connectors.sinks.trouble import tls_or_name
from connectors.sinks.trust import Trust, unusable
from pipeline.errors import (
    ConfigurationError,
    DeliveryDelayed,
    DeliveryError,
    DeliveryRefused,
    DeliveryRejected,
    Problem,
)
from pipeline.model import NANOSECONDS, Notice, Receipt, Recipient
from pipeline.settings import EmailSettings

Address: TypeAlias = Callable[[str, Recipient], str]
Spoken: TypeAlias = Callable[[Notice, bool], tuple[str, str]]
PLACE = "notify.email"
MOST_IDLE = 4
MOST_AT_ONCE = 8  # connections: relays refuse who opens many
SAID = 200
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


class EmailSink:
    """Hand messages to one relay; safe to use from several threads at once.

    ``address`` gives a recipient's address on a channel, ``spoken`` a notice's subject and text in
    its language (and, if late, of its lateness). Connections are kept and used again.
    """

    channel = "email"

    def __init__(self, settings: EmailSettings, address: Address, spoken: Spoken) -> None:
        self._settings, self._address, self._spoken = settings, address, spoken
        self._trust = Trust(settings.ca, settings.crl, PLACE)
        self._password = _password(settings)
        self._place = f"{settings.host}:{settings.port}"
        self._idle: list[smtplib.SMTP] = []
        self._guard = threading.Lock()
        self._turns = threading.BoundedSemaphore(MOST_AT_ONCE)

    def deliver(self, notice: Notice, now: int) -> Receipt:
        """Hand over the message and give the relay's answer as the receipt.

        DeliveryDelayed where the relay is down, slow or says 4xx; DeliveryRejected where it says
        5xx to this message; DeliveryRefused where it is not who it should be or lets us not in.
        """
        to = self._address(self.channel, notice.recipient)
        if not _ADDRESS.fullmatch(to):
            what = f"{notice.recipient.party_id}: the registry has no e-mail address for it"
            raise DeliveryRefused(what, "no_channel")
        message = self._message(notice, to, late=lateness(notice, now) is not None)
        self._trust.refresh()
        try:
            with self._turns:
                code, said = self._sent(to, message.as_bytes())
        except (OSError, ValueError) as error:  # smtplib's own errors are kinds of OSError
            raise _mapped(self._place, error) from error
        return Receipt(
            notice_id=notice.id,
            recipient=f"{notice.recipient.role}:{notice.recipient.party_id}",
            received_at=now,
            body={
                "kind": "relayed",
                "sha256": sha256(letter(notice)),
                "message_id": str(message["Message-ID"]),
                "relay": self._place,
                "answer": f"{code} {_readable(said)}",
            },
        )

    def close(self) -> None:
        """Say goodbye on connections that wait; safe to call twice."""
        with self._guard:
            idle, self._idle = self._idle, []
        for relay in idle:
            with contextlib.suppress(OSError), self._within(relay):
                relay.quit()
            relay.close()

    def _sent(self, to: str, data: bytes) -> tuple[int, bytes]:
        """Use a connection that waits; where it is gone meanwhile, a new one."""
        with self._guard:
            relay = self._idle.pop() if self._idle else None
        if relay is not None:
            with self._within(relay):
                try:
                    alive = relay.rset()[0] == 250
                except OSError:
                    alive = False
            if not alive:
                relay.close()
                relay = None
        relay = relay or self._connected()
        try:
            with self._within(relay):
                answer = self._handed(relay, to, data)
        except BaseException:
            relay.close()
            raise
        with self._guard:
            keep = len(self._idle) < MOST_IDLE
            if keep:
                self._idle.append(relay)
        if not keep:
            relay.close()
        return answer

    def _handed(self, relay: smtplib.SMTP, to: str, data: bytes) -> tuple[int, bytes]:
        sender = self._settings.sender
        code, said = relay.mail(sender)
        if code != 250:
            raise smtplib.SMTPSenderRefused(code, said, sender)
        code, said = relay.rcpt(to)
        if code not in (250, 251):
            raise smtplib.SMTPRecipientsRefused({to: (code, said)})
        code, said = relay.data(data)
        if code != 250:
            raise smtplib.SMTPDataError(code, said)
        return code, said

    def _connected(self) -> smtplib.SMTP:
        settings = self._settings
        timeout, tls = settings.timeout_seconds, self._trust.context
        if settings.security == "tls":
            relay: smtplib.SMTP = _Implicit(timeout=timeout, context=tls)
        else:
            relay = smtplib.SMTP(timeout=timeout)
        try:
            # Where it hangs in the middle of a line no timeout of reads ends it, and this does.
            with self._within(relay):
                _check(220, *relay.connect(settings.host, settings.port))
                relay._host = settings.host  # type: ignore[attr-defined] # noqa: SLF001 (what STARTTLS checks)
                if settings.security == "starttls":
                    relay.starttls(context=tls)
                relay.ehlo_or_helo_if_needed()
                if settings.user:
                    relay.login(settings.user, self._password)
        except BaseException:
            relay.close()
            raise
        return relay

    @contextmanager
    def _within(self, relay: smtplib.SMTP) -> Iterator[None]:
        """Bound everything inside in time, however slowly the other side drips."""
        late = threading.Event()

        def cut() -> None:
            late.set()
            link = relay.sock
            if link is not None:
                with contextlib.suppress(OSError):
                    link.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(self._settings.timeout_seconds, cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        except OSError as error:
            if late.is_set():
                raise TimeoutError("too slow") from error
            raise
        finally:
            timer.cancel()

    def _message(self, notice: Notice, to: str, *, late: bool) -> EmailMessage:
        sender = self._settings.sender
        domain = sender.rpartition("@")[2]
        subject, text = self._spoken(notice, late)
        message = EmailMessage(policy=SMTP)
        message["From"] = sender
        message["To"] = to
        message["Subject"] = _readable(subject.encode())
        made = datetime.fromtimestamp(notice.created_at // NANOSECONDS, UTC)
        message["Date"] = format_datetime(made)
        message["Message-ID"] = f"<{notice.id}@{domain}>"
        message["References"] = f"<{notice.incident_id}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834, section 5: nobody shall answer it
        message.set_content(text, charset="utf-8", cte="base64")
        message["Content-Language"] = notice.language
        return message


class _Implicit(smtplib.SMTP_SSL):
    """TLS from the first byte; the socket is known before the handshake, so that it can be cut."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = socket.create_connection((host, port), timeout)
        self.sock = plain
        secure = self.context.wrap_socket(plain, server_hostname=host)
        self.sock = secure
        return secure


def _check(wanted: int, code: int, said: bytes) -> None:
    if code != wanted:
        raise smtplib.SMTPConnectError(code, said)


def _mapped(place: str, error: Exception) -> DeliveryError:
    """Map what smtplib raised, by the relay's reply code where it gave one (RFC 5321, 4.2.1)."""
    known = tls_or_name(place, error)
    if known is not None:
        return known
    replied = _reply(error)
    if replied is not None:
        return _by_code(place, *replied)
    kind, code, words = next(
        (kind, code, words) for of, kind, code, words in _SILENT if isinstance(error, of)
    )
    return kind(f"{place}: {words}", code)


_SILENT: tuple[tuple[type[Exception], type[DeliveryError], str, str], ...] = (
    (TimeoutError, DeliveryDelayed, "slow", "did not answer in time"),
    (smtplib.SMTPServerDisconnected, DeliveryDelayed, "unreachable", "broke off"),
    (
        smtplib.SMTPNotSupportedError,
        DeliveryRefused,
        "answer",
        "offers no TLS, or no way to log in: nothing is sent in clear text",
    ),
    (smtplib.SMTPException, DeliveryRefused, "answer", "answered something that is not SMTP"),
    (OSError, DeliveryDelayed, "unreachable", "could not be reached"),
    (ValueError, DeliveryRefused, "answer", "answered something that is not SMTP"),
)


def _reply(error: Exception) -> tuple[int, bytes | str, bool] | None:
    """Give the relay's code and text, and whether it was about this message; None where none."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        [(code, said)] = error.recipients.values()
        return code, said, True
    if isinstance(error, smtplib.SMTPResponseException) and error.smtp_code > 0:
        return error.smtp_code, error.smtp_error, isinstance(error, smtplib.SMTPDataError)
    return None


def _by_code(place: str, code: int, said: bytes | str, about_this: bool) -> DeliveryError:
    what = f"{place}: answered {code}: {_readable(said)}"
    if 400 <= code < 500:
        return DeliveryDelayed(what, "busy")
    return DeliveryRejected(what) if about_this else DeliveryRefused(what, "not_let_in")


def _readable(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return "".join(char if char.isprintable() else " " for char in text)[:SAID]


def _password(settings: EmailSettings) -> str:
    if not settings.user:
        return ""
    if settings.password_file is None:
        problem = Problem(f"{PLACE}.user", 0, "a user needs a password", "add password_file")
        raise ConfigurationError([problem])
    try:
        text = settings.password_file.read_text(encoding="utf-8")
    except OSError as error:
        problem = unusable(settings.password_file, "the password", error, PLACE)
        raise ConfigurationError([problem]) from error
    return text.partition("\n")[0].strip("\r")
