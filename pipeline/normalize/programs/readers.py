"""Which file reads which program's messages."""

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import TypeAlias

from pipeline.normalize.programs.told import Told

Reader: TypeAlias = Callable[[str], Told | None]

_HERE = "pipeline.normalize.programs"
# sshd runs its sessions as sshd-session since OpenSSH 9.8, logins as sshd-auth since 10.0.
PROGRAMS: Mapping[str, str] = {
    "sshd": f"{_HERE}.sshd:read",
    "sshd-auth": f"{_HERE}.sshd:read",
    "sshd-session": f"{_HERE}.sshd:read",
    "su": f"{_HERE}.su:read",
    "sudo": f"{_HERE}.sudo:read",
}
_PAM = f"{_HERE}.pam:read"  # modules of PAM speak under the name of the program that asked them


@cache
def _reader(place: str) -> Reader:
    module, _, name = place.partition(":")
    found: Reader = getattr(import_module(module), name)
    return found


def read_program(program: str, message: str) -> Told | None:
    """Give what a program's message tells; None where program or message is not known."""
    if message.startswith("pam_"):
        return _reader(_PAM)(message)
    place = PROGRAMS.get(program)
    return _reader(place)(message) if place else None
