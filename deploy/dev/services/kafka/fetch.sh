#!/usr/bin/env bash
# Fetch the broker of the tests into FOLDER, once: deploy/dev/services/kafka/fetch.sh FOLDER
# Needs JDK 17 and Maven; as root on Debian it installs what is absent, elsewhere it ends with 3.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$(realpath -m "${1:?usage: fetch.sh FOLDER}")
[ -d "$folder/lib" ] && exit 0

. "$(dirname "$0")/../needs.sh"
needs java=openjdk-17-jre-headless mvn=maven

mkdir -p "$folder"
part=$(mktemp -d "$folder/.fetch.XXXXXX")
trap 'rm -rf "$part"' EXIT
mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$part/lib"
mv -T "$part/lib" "$folder/lib" 2>/dev/null || [ -d "$folder/lib" ] # another one was faster
