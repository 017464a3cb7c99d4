"""The cluster runtime: one process a kind, Kafka between them; the core is that of standalone."""
