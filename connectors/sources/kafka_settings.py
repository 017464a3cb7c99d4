"""What can be wrong with the settings of a Kafka source; needs no Kafka client."""

from collections.abc import Iterator

from pipeline.errors import Problem
from pipeline.settings import ListenerSettings


def kafka_problems(listener: ListenerSettings) -> Iterator[Problem]:
    """Give everything of a listener's settings that cannot be used, with the way out."""
    place = f"settings: listeners.{listener.name}.kafka"
    settings = listener.kafka
    if settings is None:
        yield Problem(place, 0, "a kafka listener needs brokers and topics", "add kafka")
        return
    for name in ("brokers", "topics"):
        if not getattr(settings, name):
            yield Problem(f"{place}.{name}", 0, "is empty", f"name at least one of {name}")
    if settings.security.startswith("sasl") and not (settings.user and settings.password_file):
        yield Problem(place, 0, "SASL needs a user", "add user and password_file")
    if (settings.certificate is None) != (settings.key is None):
        yield Problem(place, 0, "certificate and key belong together", "add the other one")
    for name in ("password_file", "ca", "certificate", "key"):
        path = getattr(settings, name)
        if path is not None and not path.is_file():
            yield Problem(f"{place}.{name}", 0, f"there is no file {path}", "correct the path")
