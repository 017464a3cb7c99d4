"""A whole cluster on one machine, for demonstrations and tests: real services, real security."""
