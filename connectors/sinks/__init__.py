"""Channels to recipients: one system a file, a memory sibling, one contract test for all."""
