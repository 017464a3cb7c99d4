"""Windows events: from the one flat record with Sigma's names to ECS, by a table."""
