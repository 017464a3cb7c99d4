#!/usr/bin/env bash
# Fetch the broker of the tests into FOLDER, once: deploy/dev/services/kafka/fetch.sh FOLDER
# Needs JDK 17 and Maven; as root on Debian it installs what is absent, elsewhere it ends with 3.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$(realpath -m "${1:?usage: fetch.sh FOLDER}")
[ -d "$folder/lib" ] && exit 0

missing=()
command -v java >/dev/null || missing+=(openjdk-17-jre-headless)
command -v mvn >/dev/null || missing+=(maven)
if [ ${#missing[@]} -gt 0 ]; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "JDK 17 and Maven are not on this machine" >&2
        exit 3
    fi
    apt-get -qq update
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y "${missing[@]}" >/dev/null
fi

mkdir -p "$folder"
part=$(mktemp -d "$folder/.fetch.XXXXXX")
trap 'rm -rf "$part"' EXIT
mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$part/lib"
mv -T "$part/lib" "$folder/lib" 2>/dev/null || [ -d "$folder/lib" ] # another one was faster
