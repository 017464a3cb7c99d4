"""Sockets to listen on; what the system refuses is told with address, port and way out."""

import errno
import resource
import socket

from pipeline.errors import SourceError
from pipeline.settings import ListenerSettings

_BACKLOG = 1024  # a storm of senders that connect again waits and is not refused
RESERVED = 256  # descriptors that a listener leaves to stores, files, sinks and the web
FEWEST = 16  # connections that are held however few descriptors there are


def _descriptors() -> int | None:
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return None if soft == resource.RLIM_INFINITY else soft


def within_descriptors(wanted: int) -> int:
    """Bound the connections of one listener by what the process may open (``ulimit -n``)."""
    soft = _descriptors()
    return wanted if soft is None else min(wanted, max(soft - RESERVED, FEWEST))


def is_spare(descriptor: int) -> bool:
    """Tell whether a new descriptor leaves enough to the rest of the process.

    The system gives the lowest free number: a high one means that as many are open, whichever
    listener holds them.
    """
    soft = _descriptors()
    return soft is None or descriptor < soft - min(RESERVED // 2, soft // 4)


def bound(listener: ListenerSettings, kind: socket.SocketKind) -> socket.socket:
    """Give a non-blocking socket bound to a listener's address, a stream's already listening.

    Raises SourceError where the system refuses.
    """
    try:
        family, _, protocol, _, address = socket.getaddrinfo(
            listener.address, listener.port, type=kind, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise SourceError(
            f"{_place(listener)}: the address is not known here ({error.strerror or error}); "
            f"set listeners.{listener.name}.address to one of this machine's"
        ) from error
    made = socket.socket(family, kind, protocol)
    try:
        if kind is socket.SOCK_STREAM:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setblocking(False)
        made.bind(address)
        if kind is socket.SOCK_STREAM:
            made.listen(_BACKLOG)
    except OSError as error:
        made.close()
        raise SourceError(f"{_place(listener)}: {_reason(error, listener)}") from error
    return made


def _place(listener: ListenerSettings) -> str:
    return f"{listener.name}: {listener.address} port {listener.port}"


def _reason(error: OSError, listener: ListenerSettings) -> str:
    setting = f"listeners.{listener.name}"
    if error.errno == errno.EADDRINUSE:
        return (
            "the port is in use by another program; stop that one (ss -lntup names it), "
            f"or set {setting}.port to a free port"
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return (
            "the system does not allow this port; set a port above 1023, or give the program "
            f"CAP_NET_BIND_SERVICE, and see {setting}.port"
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return f"this machine does not have the address; set {setting}.address to one it has"
    return f"cannot be bound ({error.strerror or error}); check {setting}"


def peer_of(address: tuple[object, ...]) -> str:
    """Give a peer's address alone: without port and zone, IPv4 out of its IPv6 mapping."""
    return str(address[0]).partition("%")[0].removeprefix("::ffff:")
