"""The command line: one file a command, names and codes as INTERFACES fixes them."""

from pipeline.runtime.cli.app import main

__all__ = ["main"]
