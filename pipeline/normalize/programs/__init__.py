"""Programs whose messages are understood: one program, one file."""

from pipeline.normalize.programs.readers import PROGRAMS, read_program
from pipeline.normalize.programs.told import Told

__all__ = ["PROGRAMS", "Told", "read_program"]
