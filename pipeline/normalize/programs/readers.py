"""Which file reads which program's messages."""

import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from importlib import import_module
from typing import TypeAlias

from pipeline.normalize.programs.told import Told

Reader: TypeAlias = Callable[[str], Told | None]

_HERE = "pipeline.normalize.programs"
# sshd runs its sessions as sshd-session since OpenSSH 9.8, logins as sshd-auth since 10.0.
PROGRAMS: Mapping[str, str] = {
    "CRON": f"{_HERE}.cron:read",
    "anacron": f"{_HERE}.cron:read",
    "audispd": f"{_HERE}.audit:read",
    "audit": f"{_HERE}.audit:read",
    "auditd": f"{_HERE}.audit:read",
    "chage": f"{_HERE}.accounts:read",
    "charon": f"{_HERE}.vpn:read_charon",
    "charon-systemd": f"{_HERE}.vpn:read_charon",
    "chfn": f"{_HERE}.accounts:read",
    "chsh": f"{_HERE}.accounts:read",
    "cron": f"{_HERE}.cron:read",
    "crond": f"{_HERE}.cron:read",
    "crontab": f"{_HERE}.cron:read",
    "dhcpd": f"{_HERE}.dhcp:read_dhcpd",
    "dnsmasq": f"{_HERE}.named:read_dnsmasq",
    "dnsmasq-dhcp": f"{_HERE}.dhcp:read_dnsmasq",
    "dovecot": f"{_HERE}.dovecot:read",
    "dropbear": f"{_HERE}.logins:read_dropbear",
    "exim": f"{_HERE}.exim:read",
    "exim4": f"{_HERE}.exim:read",
    "fail2ban": f"{_HERE}.fail2ban:read",
    "fail2ban-server": f"{_HERE}.fail2ban:read",
    "fail2ban.actions": f"{_HERE}.fail2ban:read",
    "fail2ban.filter": f"{_HERE}.fail2ban:read",
    "filterlog": f"{_HERE}.filterlog:read",
    "gpasswd": f"{_HERE}.accounts:read",
    "groupadd": f"{_HERE}.accounts:read",
    "groupdel": f"{_HERE}.accounts:read",
    "groupmod": f"{_HERE}.accounts:read",
    "haproxy": f"{_HERE}.haproxy:read",
    "internal-sftp": f"{_HERE}.sftp:read",
    "ipsec": f"{_HERE}.vpn:read_charon",
    "kea-dhcp4": f"{_HERE}.dhcp:read_kea",
    "kea-dhcp6": f"{_HERE}.dhcp:read_kea",
    "kernel": f"{_HERE}.kernel:read",
    "login": f"{_HERE}.logins:read_login",
    "named": f"{_HERE}.named:read_named",
    "newusers": f"{_HERE}.accounts:read",
    "ocserv": f"{_HERE}.vpn:read_ocserv",
    "openvpn": f"{_HERE}.vpn:read_openvpn",
    "passwd": f"{_HERE}.accounts:read",
    "pkexec": f"{_HERE}.logins:read_polkit",
    "polkitd": f"{_HERE}.logins:read_polkit",
    "postgres": f"{_HERE}.postgresql:read",
    "pppd": f"{_HERE}.vpn:read_pppd",
    "pptpd": f"{_HERE}.vpn:read_l2tp",
    "proftpd": f"{_HERE}.ftp:read_proftpd",
    "pure-ftpd": f"{_HERE}.ftp:read_pureftpd",
    "sftp-server": f"{_HERE}.sftp:read",
    "sshd": f"{_HERE}.sshd:read",
    "sshd-auth": f"{_HERE}.sshd:read",
    "sshd-session": f"{_HERE}.sshd:read",
    "su": f"{_HERE}.su:read",
    "sudo": f"{_HERE}.sudo:read",
    "systemd": f"{_HERE}.systemd:read",
    "systemd-logind": f"{_HERE}.systemd:read",
    "unbound": f"{_HERE}.named:read_unbound",
    "unix_chkpwd": f"{_HERE}.pam:read_chkpwd",
    "useradd": f"{_HERE}.accounts:read",
    "userdel": f"{_HERE}.accounts:read",
    "usermod": f"{_HERE}.accounts:read",
    "vsftpd": f"{_HERE}.ftp:read_vsftpd",
    "xl2tpd": f"{_HERE}.vpn:read_l2tp",
}
# Programs whose names have more behind: a service of their own, an instance.
_FAMILIES: Mapping[str, str] = {
    "postfix": f"{_HERE}.postfix:read",
    "openvpn": f"{_HERE}.vpn:read_openvpn",
    "polkitd": f"{_HERE}.logins:read_polkit",
    "ovpn-": f"{_HERE}.vpn:read_openvpn",
}
_PAM = f"{_HERE}.pam:read"  # modules of PAM speak under the name of the program that asked them
_KERNEL = PROGRAMS["kernel"]  # its packet filter's lines come under other names from gateways
# rsyslog sums up what comes again and again ($RepeatedMsgContainsOriginalMsg).
_REPEATED = re.compile(
    r"message repeated (\d{1,9}) times: \[ (?!message repeated)(.*)\]", re.DOTALL
)


@cache
def _reader(place: str) -> Reader:
    module, _, name = place.partition(":")
    found: Reader = getattr(import_module(module), name)
    return found


@lru_cache(maxsize=1024)
def _place(program: str) -> str:
    found = PROGRAMS.get(program)
    if found is None:
        families = (place for name, place in _FAMILIES.items() if program.startswith(name))
        found = next(families, "")
    return found


def read_program(program: str, message: str) -> Told | None:
    """Give what a program's message tells; None where program or message is not known."""
    if message.startswith("message repeated") and (repeated := _REPEATED.fullmatch(message)):
        inner = read_program(program, repeated[2])
        return inner and Told(inner.event, inner.fields, {**inner.native, "repeated": repeated[1]})
    if message.startswith("pam_"):
        return _reader(_PAM)(message)
    place = _place(program)
    if not place and " SRC=" in message and "IN=" in message:
        place = _KERNEL
    return _reader(place)(message) if place else None
