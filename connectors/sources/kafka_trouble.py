"""What hinders a Kafka client, from its own log: its exceptions say no more than a time-out."""

import logging
import re
import time
from collections.abc import Callable

LASTING = 60.0  # seconds for which a told trouble counts, unless it is told again
_LOGGER = "kafka"
_KNOWN: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (
            r"SaslAuthenticationFailed|Authentication failed",
            "the broker does not accept user or password: correct kafka.user and password_file",
        ),
        (
            r"CERTIFICATE_VERIFY_FAILED",
            "the broker's certificate is not accepted: set kafka.ca to its authority",
        ),
        (r"SSL|TLS", "the TLS connection fails: compare kafka.security with the broker's listener"),
        (
            r"UnsupportedSaslMechanism",
            "the broker does not offer this mechanism: correct kafka.mechanism",
        ),
        (
            r"[Aa]uthorizationFailed|AuthorizationError",
            "the broker does not allow this: give the user READ on topic and group",
        ),
        (
            r"Topic (\S{1,249}) not found",
            r"the topic \1 is not there: create it, or correct kafka.topics",
        ),
        (
            r"UnsupportedCodec|[Ll]ibraries for (\w+) compression",
            "a compression cannot be read: install lz4 and python-snappy",
        ),
        (r"ECONNREFUSED|Unable to bootstrap|disconnected|DNS|timed out", "cannot be reached"),
    )
)


class TroubleLog(logging.Handler):
    """Keeps what a Kafka client last complained about, in words that say what mends it.

    Attached, it also keeps the client's own lines, thousands in an outage, from standard error.
    Clients of one process share their log: a trouble counts for a source only while it reads
    nothing. ``clock`` gives seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(logging.WARNING)
        self._clock = clock
        self._words = ""
        self._rank = len(_KNOWN)
        self._at = 0.0

    def attach(self) -> None:
        """Listen to the client's log."""
        logger = logging.getLogger(_LOGGER)
        logger.propagate = False
        logger.addHandler(self)

    def detach(self) -> None:
        """Listen no more."""
        logging.getLogger(_LOGGER).removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Take note of a line; a cause counts before its consequences."""
        self.note(record.getMessage())

    def note(self, text: str, *, whole: bool = False) -> None:
        """Take note of a text of the client; with ``whole`` as it is where nothing knows it."""
        for rank, (pattern, words) in enumerate(_KNOWN):
            match = pattern.search(text)
            if match is not None:
                if rank <= self._rank or self._clock() - self._at > LASTING / 4:
                    self._words, self._rank = match.expand(words), rank
                    self._at = self._clock()
                return
        if whole and not self.words:
            self._words, self._at = text[:300], self._clock()

    def clear(self) -> None:
        """Forget: all is well."""
        self._words, self._rank = "", len(_KNOWN)

    @property
    def words(self) -> str:
        """Give the trouble that lasts, or ""."""
        return self._words if self._clock() - self._at <= LASTING else ""
