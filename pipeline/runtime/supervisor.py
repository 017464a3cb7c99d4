"""What a supervisor is told of this process: that it works (sd_notify(3), over NOTIFY_SOCKET)."""

import os
import socket


def tell_ready() -> None:
    """Say that the process works, where a supervisor waits for it; nothing where none does.

    Who waits for that finds the store. OSError where the supervisor's socket is gone.
    """
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):  # a name without a file
        address = f"\0{address[1:]}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.connect(address)
        told.sendall(b"READY=1")
