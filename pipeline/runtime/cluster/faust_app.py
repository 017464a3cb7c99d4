"""A faust application of ours: at least once, acknowledged by ourselves, state on RocksDB."""

from functools import cached_property
from typing import Any

import faust
from aiokafka.errors import (  # type: ignore[import-untyped]  # it has no types
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    TopicAuthorizationFailedError,
)

from connectors.kafka_link import password, tls_context
from connectors.stores.faust_claimed import ClaimedTable
from connectors.stores.kafka.frames import MOST_MESSAGE
from pipeline.errors import StoreError
from pipeline.runtime.cluster.faust_consumer import WholeFlow, WholeTransport
from pipeline.settings import ClusterSettings

CLAIMED = "claimed"  # the folder of state of which recovery took only what counts
RIGHTS = "what deploy/kafka/acls.yml gives its role (saqshy cluster rights)"
_REFUSED = (
    TopicAuthorizationFailedError, GroupAuthorizationFailedError, ClusterAuthorizationFailedError,
)  # fmt: skip
COMMIT_SECONDS = 1.0  # what was acknowledged since comes again after a kill


class WholeApp(faust.App):
    """faust's application over a consumer that loses nothing where partitions change hands."""

    cluster: ClusterSettings

    def _new_transport(self) -> Any:
        return WholeTransport(self.conf.broker_consumer, self)

    @cached_property
    def flow_control(self) -> WholeFlow:
        """Give what holds the streams back while partitions change hands."""
        return WholeFlow(loop=self.loop)


def make_app(settings: ClusterSettings, kind: str) -> Any:
    """Make the application of a kind of process; OSError where a file of its link is unreadable.

    Names of groups and changelogs begin with the topics' prefix. Each process needs a folder of
    its own (``cluster.folder``).
    """
    folder = settings.folder / settings.in_generation(kind) / CLAIMED
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    session = settings.session_seconds
    app = WholeApp(
        settings.group(kind),
        broker=[f"kafka://{one}" for one in settings.brokers],
        broker_credentials=_credentials(settings),
        broker_session_timeout=session,
        broker_heartbeat_interval=session / 4,
        broker_client_id=f"saqshy-{kind}",
        broker_commit_interval=COMMIT_SECONDS,
        store="rocksdb://?driver=rocksdict",
        Table=ClaimedTable,
        datadir=str(folder),
        web_enabled=False,
        topic_disable_leader=True,
        topic_allow_declare=True,
        topic_replication_factor=settings.replication or 1,
        producer_acks=-1,
        producer_max_request_size=MOST_MESSAGE + 64 * 1024,
        producer_request_timeout=settings.timeout_seconds,
        consumer_max_fetch_size=MOST_MESSAGE + 1024 * 1024,
        consumer_auto_offset_reset="earliest",
        table_standby_replicas=settings.standbys,
        stream_wait_empty=False,
    )
    app.cluster = settings
    return app


def run_app(app: Any) -> int:
    """Run an application until a signal ends it; give the exit status.

    StoreError where it ended since its user lacks a right.
    """
    made = faust.Worker(app, loglevel="WARN", quiet=True, override_logging=False)
    try:
        made.execute_from_commandline()
    except SystemExit as end:
        reason: BaseException | None = end
        while reason is not None and not isinstance(reason, _REFUSED):
            reason = reason.__context__
        if reason is not None:
            place, name = ",".join(app.cluster.brokers), type(reason).__name__
            what = f"{place}: the user may not do this ({name}): give it {RIGHTS}"
            raise StoreError(what) from reason
        return int(end.code or 0)
    return 0


def _credentials(settings: ClusterSettings) -> Any:
    secure = tls_context(settings) if settings.security.endswith("ssl") else None
    if settings.security.startswith("sasl"):
        return faust.SASLCredentials(
            username=settings.user,
            password=password(settings),
            mechanism=settings.mechanism,
            ssl_context=secure,
        )
    return faust.SSLCredentials(secure) if secure is not None else None
