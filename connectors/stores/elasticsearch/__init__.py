"""Elasticsearch as the cluster's store: one module a kind of document."""
