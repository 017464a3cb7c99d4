"""Messages of Cisco's devices, by the code before their text."""

from pipeline.normalize.cisco.asa import read_asa
from pipeline.normalize.cisco.ftd import read_ftd
from pipeline.normalize.cisco.ios import read_ios

__all__ = ["read_asa", "read_ftd", "read_ios"]
