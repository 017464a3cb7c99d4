"""Settings of channels to their sinks, and which channel reaches whom.

A sink knows addresses and words by narrow questions, which the registry in force answers at each
attempt: a changed address counts from the next attempt on.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from connectors.sinks.email import EmailSink
from connectors.sinks.folder import FolderSink
from connectors.sinks.ncc_https import NccSink
from connectors.sinks.sealed_file import SealedSink
from connectors.sinks.webhook import WebhookSink
from pipeline.assess.routing import page
from pipeline.errors import ConfigurationError, Problem
from pipeline.model import NANOSECONDS, GuardDecision, Notice, Recipient, Tri
from pipeline.notify import Backoff, Breaker, Channels, Courier, Limit
from pipeline.notify.peers import PEER_BUNDLE
from pipeline.notify.spoken import Spoken
from pipeline.notify.streaming import EVENT_STREAM
from pipeline.notify.undelivered import Undelivered
from pipeline.ports import Sink
from pipeline.registry import Party, Registry, decide
from pipeline.registry.roster import Person
from pipeline.runtime.gates import Gates
from pipeline.runtime.paging import DUTY
from pipeline.settings import NotifySettings

CHANNELS = ("ncc", "email", "webhook", "kafka", "sealed")  # those that need settings
_OWN_LINE = frozenset({EVENT_STREAM, PEER_BUNDLE})
ROLE_CHANNELS = {"ncc": "ncc"}  # the coordination centre's own line, where it is set up


@dataclass(slots=True)
class Reach:
    """What the registry in force says of recipients: channels, addresses, and the guard's word."""

    registry: Callable[[], Registry]
    settings: NotifySettings

    def address(self, channel: str, recipient: Recipient) -> str:
        """Give a recipient's address on a channel, "" where it has none."""
        registry = self.registry()
        party: Party | Person | None = registry.party(recipient.party_id)
        if party is None and registry.roster is not None:
            party = registry.roster.person(recipient.party_id)
        channels = party.channels if party is not None else ()
        return next((one.address for one in channels if one.channel == channel), "")

    def ways(self, notice: Notice) -> Sequence[str]:
        """Give the channels to a notice's recipient in their order, each once.

        A role's own line comes first, then what the settings name for the role, then what the
        registry has for the party. A line that is another role's never serves. What has a line
        of its own takes no other.
        """
        if notice.kind in _OWN_LINE:
            return (notice.channel,)
        recipient, known = notice.recipient, channels(self.settings)
        party = self.registry().party(recipient.party_id)
        wishes = [one.channel for one in party.channels] if party is not None else []
        named = (
            known.of(recipient, party),
            *self.settings.fallback.get(recipient.role, ()),
            *wishes,
        )
        barred = {line for role, line in known.by_role.items() if role != recipient.role}
        return [one for one in dict.fromkeys(named) if one not in barred]

    def still_open(self, notice: Notice, now: int) -> GuardDecision:
        """Ask the guard again at the sink: an attestation may have ended since (SPEC 5)."""
        if not notice.object_id:
            return notice.guard  # of no object: a page about the duty itself
        record = self.registry().object(notice.object_id, now)
        return decide(record, now, marked=Tri.NO, suspected=Tri.NO)


def make_sinks(settings: NotifySettings, reach: Reach, spoken: Spoken) -> dict[str, Sink]:
    """Make every channel that is set up; ConfigurationError with all that is wrong with them."""
    sinks: dict[str, Sink] = {}
    problems: list[Problem] = []
    for name, make in _makers(settings, reach, spoken):
        try:
            sinks[name] = make()
        except ConfigurationError as error:
            problems += error.problems
    if problems:
        for sink in sinks.values():
            sink.close()
        raise ConfigurationError(problems)
    return sinks


def _makers(
    settings: NotifySettings, reach: Reach, spoken: Spoken
) -> Iterator[tuple[str, Callable[[], Sink]]]:
    yield "folder", lambda: FolderSink(settings.folder)
    if (ncc := settings.ncc) is not None:
        yield "ncc", lambda: NccSink(ncc)
    if (email := settings.email) is not None:
        yield "email", lambda: EmailSink(email, reach.address, spoken)
    if (webhook := settings.webhook) is not None:
        yield "webhook", lambda: WebhookSink(webhook, reach.address)
    if settings.kafka is not None:
        yield "kafka", lambda: _topic(settings, reach)
    if (sealed := settings.sealed) is not None:
        yield "sealed", lambda: SealedSink(sealed)


def _topic(settings: NotifySettings, reach: Reach) -> Sink:
    assert settings.kafka is not None
    try:
        from connectors.sinks.kafka_topic import TopicSink  # noqa: PLC0415 (an extra)
    except ImportError as error:
        way_out = "pip install 'saqshy[kafka]'"
        what = f"the channel kafka needs a package that is absent: {error}"
        raise ConfigurationError([Problem("settings: notify.kafka", 0, what, way_out)]) from error
    return TopicSink(settings.kafka, reach.address)


def channels(settings: NotifySettings) -> Channels:
    """Give which channel reaches whom: a role by its own line, a party by its wish."""
    by_role = {role: line for role, line in ROLE_CHANNELS.items() if getattr(settings, line, None)}
    known = {"folder", *by_role.values()}
    known |= {one for one in CHANNELS if getattr(settings, one)}
    return Channels(by_role=by_role, known=frozenset(known))


def make_courier(settings: NotifySettings, reach: Reach, sinks: Mapping[str, Sink]) -> Courier:
    """Make what delivers: patience and retries as the settings say, the guard asked each time."""
    backoff = Backoff(
        settings.retry_seconds,
        settings.retry_most_seconds,
        settings.attempts,
        settings.rejections,
    )
    patience = int(settings.fallback_seconds * NANOSECONDS)
    return Courier(sinks, backoff, reach.still_open, reach.ways, patience)


def make_page(reach: Reach, pages: Undelivered) -> Callable[[Notice, int], Notice | None]:
    """Make what tells whoever is on duty of a dead notice."""

    def paged(dead: Notice, at: int) -> Notice | None:
        registry = reach.registry()
        leg = page(registry, "a notice is dead")[0]
        to = Recipient(leg.role, leg.party_id)
        channel = channels(reach.settings).of(to, registry.party(to.party_id))
        return pages(dead, to, channel if registry.roster is None else DUTY, at)

    return paged


def make_gates(settings: NotifySettings) -> Gates:
    """Make the breakers and limits of all lines."""
    wait = Backoff(min(2.0, settings.breaker_seconds), settings.breaker_seconds)
    return Gates(
        Breaker(settings.breaker_failures, wait),
        Limit(settings.limit_per_minute, settings.limit_burst),
        settings.hands,
    )
