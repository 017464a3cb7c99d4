"""The outside world: sources that bring records, stores that keep, sinks that deliver."""
