"""Stores: one SQLite file for the standalone runtime, and its sibling in memory."""
