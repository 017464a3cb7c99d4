"""`saqshy init`: a commented configuration and an example registry, and what to edit first."""

import shutil
from pathlib import Path
from typing import Annotated

import typer

from pipeline.errors import ConfigurationError, Problem
from pipeline.runtime.cli.output import say, told_errors
from pipeline.runtime.configuration import NAME, bundled

TEMPLATE = """\
# Saqshy's settings. Paths are relative to this file; every key may also be set in the
# environment: SAQSHY__WEB__PORT=8080. `saqshy check` reads everything and names each problem.

centre: OCIB # how notices name this operations centre

store:
  path: var/saqshy.db # one SQLite file: journal, events, incidents, outbox, audit

registry:
  - objects # who is watched, who answers for it: edit this first

content:
  paths: # Sigma rules and correlation rules: files and folders
    - rules/detection
    - rules/correlation
  taxonomy: rules/taxonomies/sigma # where rules find the fields of events
  observation: rules/taxonomies/observation/kz.yml # days of rest, learning
  watch_seconds: 5 # how often changed rules, registry and pack are looked for; 0: on SIGHUP only
  cache: var/cache

# spool: # where admitted records wait while the store takes none: best on another disk
#   path: var/spool
#   bytes: 1073741824

# enrichment: # registry, user agent and domains are on; these are files that you supply
#   geo: [geo/city.mmdb, geo/asn.mmdb]
#   indicators: [indicators] # STIX 2.1, MISP feeds, CSV lists
#   taxii: [{name: partner, url: "https://taxii.example.kz/api/collections/1/"}]
#   misp: [{name: sharing, url: "https://misp.example.kz", key_file: secrets/misp.key}]

law:
  pack: rules/law/kz # acts, harms, routes, terms; by-laws that are missing are named in it

listeners: # ways in; each record is identified by the registry's sources
  - {name: syslog-udp, kind: syslog_udp, address: 127.0.0.1, port: 5514}
  - {name: syslog-tcp, kind: syslog_tcp, address: 127.0.0.1, port: 5514}
  # - {name: windows, kind: file, path: incoming/windows.ndjson, follow: true}
  # - {name: archive, kind: folder, path: incoming, pattern: "*.evtx", follow: true}
  # - name: syslog-tls # RFC 5425; sources may ask for `certificates` in the registry
  #   kind: syslog_tls
  #   address: 0.0.0.0
  #   port: 6514
  #   tls: {certificate: tls/centre.pem, key: tls/centre.key, ca: tls/senders-ca.pem}
  # - name: shippers # POST /ingest, and what Filebeat, Winlogbeat, Fluent Bit, Vector send
  #   kind: http
  #   address: 0.0.0.0
  #   port: 9200
  #   tls: {certificate: tls/centre.pem, key: tls/centre.key, client_certificates: optional}
  #   http: {tokens: [tls/tokens.txt]} # lines `SHA256 object/source`
  # - name: others
  #   kind: kafka
  #   kafka: {brokers: ["kafka1:9093"], topics: [security], security: sasl_ssl, user: saqshy,
  #     password_file: tls/kafka.password}

notify:
  # The coordination centre: HTTPS with mutual TLS, signed notices, signed receipts. To try it on
  # this machine run `saqshy ncc serve --dir var/ncc` and keep these lines.
  # ncc:
  #   url: https://127.0.0.1:8791
  #   ca: var/ncc/pki/ca.pem
  #   certificate: var/ncc/pki/centre.pem
  #   key: var/ncc/pki/centre.key.pem
  #   signing_key: var/ncc/pki/centre-signing.pem
  #   receipt_key: var/ncc/pki/receipt-signing.pub.pem
  folder:
    path: var/outgoing # a spool folder per recipient
  # email: {host: mail.example.kz, sender: centre@example.kz, user: centre,
  #   password_file: secrets/mail}
  # webhook: {secrets: {partner: secrets/partner.hmac}}

# auditor: # `saqshy auditor` beside this system recomputes which notices were due
#   pages: var/auditor/pages
#   heartbeats: var/auditor/heartbeats

# statistics: # what counts as at once, and which cells are too small to publish: say who set it
#   at_once_seconds: 60
#   least_count: 5
#   author: A. Name
#   since: 2026-11-21

web:
  address: 127.0.0.1
  port: 8790 # status page and /metrics

# login: # console and API (saqshy web): first `saqshy accounts init`, then `accounts add`
#   origin: http://127.0.0.1:8795 # the address that browsers show; beyond this machine https
# serving: # beyond this machine with a certificate and its key
#   address: 0.0.0.0
#   certificate: secrets/console.pem
#   key: secrets/console.key.pem

log:
  level: info
"""


def init(
    directory: Annotated[Path, typer.Argument(help="A new or empty folder.")],
) -> None:
    """Write a commented configuration and an example registry, and say what to edit first.

    Example: saqshy init my-centre
    """
    with told_errors():
        if directory.exists() and any(directory.iterdir()):
            problem = Problem(str(directory), 0, "is not empty", "name a new folder")
            raise ConfigurationError([problem])
        directory.mkdir(parents=True, exist_ok=True)
        (directory / NAME).write_text(TEMPLATE, encoding="utf-8")
        shutil.copytree(bundled("objects"), directory / "objects")
        for name in ("detection", "correlation", "law", "taxonomies"):
            shutil.copytree(bundled(name), directory / "rules" / name)
        say(f"wrote {directory / NAME} and an example registry. Now:")
        say(f"  1. {directory / 'objects'}: name your objects, their parties and sources;")
        say("     only an object with an attestation is watched")
        say(f"  2. {directory / NAME}: listeners and the link to the coordination centre")
        say(f"  3. saqshy check --config {directory / NAME}, then saqshy run --config …")
