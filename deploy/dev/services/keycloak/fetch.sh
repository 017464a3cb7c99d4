#!/usr/bin/env bash
# Fetch the Keycloak of the login tests into FOLDER, once:
# deploy/dev/services/keycloak/fetch.sh FOLDER
# Needs JDK 17, Maven and unzip; as root on Debian it installs what is absent, elsewhere it ends
# with 3. It is the official distribution, as Maven Central has it.
set -euo pipefail
version=26.4.0
folder=$(realpath -m "${1:?usage: fetch.sh FOLDER}")
[ -d "$folder/keycloak" ] && exit 0

. "$(dirname "$0")/../needs.sh"
needs java=openjdk-17-jre-headless mvn=maven unzip=unzip

mkdir -p "$folder"
part=$(mktemp -d "$folder/.fetch.XXXXXX")
trap 'rm -rf "$part"' EXIT
mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy \
    -Dartifact="org.keycloak:keycloak-quarkus-dist:$version:zip" \
    -DoutputDirectory="$part"
unzip -q "$part"/keycloak-quarkus-dist-*.zip -d "$part"
mv -T "$part/keycloak-$version" "$folder/keycloak" 2>/dev/null ||
    [ -d "$folder/keycloak" ] # another one was faster
