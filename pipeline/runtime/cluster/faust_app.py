"""A faust application of ours: at least once, acknowledged by ourselves, state on RocksDB."""

from functools import cached_property
from typing import Any

import faust

from connectors.kafka_link import password, tls_context
from connectors.stores.kafka.frames import MOST_MESSAGE
from pipeline.runtime.cluster.faust_consumer import WholeFlow, WholeTransport
from pipeline.settings import ClusterSettings

COMMIT_SECONDS = 1.0  # what was acknowledged since comes again after a kill


class WholeApp(faust.App):
    """faust's application over a consumer that loses nothing where partitions change hands."""

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
    folder = settings.folder / settings.in_generation(kind)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    session = settings.session_seconds
    return WholeApp(
        settings.group(kind),
        broker=[f"kafka://{one}" for one in settings.brokers],
        broker_credentials=_credentials(settings),
        broker_session_timeout=session,
        broker_heartbeat_interval=session / 4,
        broker_client_id=f"saqshy-{kind}",
        broker_commit_interval=COMMIT_SECONDS,
        store="rocksdb://?driver=rocksdict",
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
