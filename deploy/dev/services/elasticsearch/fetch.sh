#!/usr/bin/env bash
# Fetch the Elasticsearch of the tests into FOLDER, once:
# deploy/dev/services/elasticsearch/fetch.sh FOLDER
# Needs JDK 17, Maven and unzip; as root on Debian it installs what is absent, elsewhere it ends
# with 3. It is the official server, with security, as Maven Central has it.
set -euo pipefail
version=8.19.5
folder=$(realpath -m "${1:?usage: fetch.sh FOLDER}")
[ -d "$folder/elasticsearch" ] && exit 0

. "$(dirname "$0")/../needs.sh"
needs java=openjdk-17-jre-headless mvn=maven unzip=unzip

mkdir -p "$folder"
part=$(mktemp -d "$folder/.fetch.XXXXXX")
trap 'rm -rf "$part"' EXIT
mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy \
    -Dartifact="org.elasticsearch.distribution.integ-test-zip:elasticsearch:$version:zip" \
    -DoutputDirectory="$part"
unzip -q "$part"/elasticsearch-*.zip -d "$part"
mv -T "$part/elasticsearch-$version" "$folder/elasticsearch" 2>/dev/null ||
    [ -d "$folder/elasticsearch" ] # another one was faster
