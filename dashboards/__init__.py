"""Grafana dashboards as code; ``python -m dashboards`` writes their JSON in three languages."""
