#!/usr/bin/env bash
# Make what compose.yml needs and no repository may hold: certificates, passwords, the cluster's id,
# and a copy of the example registry. What is there already is kept. Usage: deploy/compose/prepare.sh
# Needs bash, openssl 3 and python3.
set -euo pipefail
umask 077
cd "$(dirname "$0")"
names=(kafka-1 kafka-2 kafka-3 elasticsearch prometheus alertmanager grafana,localhost
    console,localhost saqshy-admin saqshy-collect saqshy-worker saqshy-notifier saqshy-indexer
    saqshy-web saqshy-auditor)
../tls/authority.sh tls "${names[@]}"
for broker in kafka-1 kafka-2 kafka-3; do
    cat "tls/$broker.key.pem" "tls/$broker.pem" tls/ca.pem >"tls/$broker.keystore.pem"
done

mkdir -p secrets
for user in elastic admin indexer web auditor keeper dashboards grafana; do
    [ -e "secrets/$user" ] || openssl rand -base64 24 >"secrets/$user"
done
[ -e secrets/audit.pem ] || openssl genpkey -algorithm ed25519 -out secrets/audit.pem
openssl pkey -in secrets/audit.pem -pubout -out secrets/audit.pub.pem
[ -e secrets/login.key ] || openssl rand -base64 32 >secrets/login.key

# Elasticsearch reads its users from two files; the roles stand in ../elasticsearch/roles.yml.
python3 - <<'USERS'
import base64, hashlib, os, pathlib

secrets = pathlib.Path("secrets")
users, roles = [], []
for user in ("admin", "indexer", "web", "auditor", "keeper", "dashboards"):
    password, salt = (secrets / user).read_text().strip(), os.urandom(32)
    made = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, 10_000, 32)
    told = "$".join(base64.b64encode(part).decode() for part in (salt, made))
    users.append(f"{user}:{{PBKDF2}}10000${told}\n")
    roles.append(f"saqshy_{user}:{user}\n")
(secrets / "users").write_text("".join(users))
(secrets / "users_roles").write_text("".join(roles))
USERS

[ -e .env ] || echo "KAFKA_CLUSTER_ID=$(openssl rand 16 | base64 | tr '+/' '-_' | tr -d =)" >.env
[ -e objects ] || cp -r ../../rules/objects objects
# The images run as users of their own, which must read what is mounted.
chmod -R go+rX tls secrets objects
echo "ready: docker compose up --detach"
