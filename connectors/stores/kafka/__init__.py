"""Kafka as the cluster's carrier: topics and their forms, the collector's journal, administration.

Import what you need from the modules themselves: the forms need no client, the others do.
"""
