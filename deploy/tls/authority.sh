#!/usr/bin/env bash
# An internal certification authority, as an example: it makes what a first installation needs. A
# national centre has an authority of its own and takes this as the list of what to ask it for.
# Usage: deploy/tls/authority.sh FOLDER NAME[,ALTERNATIVE...] ...
#   deploy/tls/authority.sh tls kafka-1,localhost console,console.example centre
# Each NAME gets NAME.pem and NAME.key.pem (PKCS #8, for its owner alone), good for servers and
# clients; what is there already is kept. Needs openssl 3.
set -euo pipefail
umask 077
folder=${1:?usage: authority.sh FOLDER NAME[,ALTERNATIVE...] ...}
shift
[ $# -gt 0 ] || { echo "no NAME: name the certificates to make" >&2; exit 2; }
days_authority=3650
days=397 # what browsers take at most (CA/Browser Forum, 6.3.2)
mkdir -p "$folder"
cd "$folder"

key() { openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"; }

if [ ! -e ca.pem ]; then
    key ca.key.pem
    openssl req -x509 -new -key ca.key.pem -sha256 -days "$days_authority" \
        -subj "/CN=Saqshy internal authority" -out ca.pem \
        -addext "basicConstraints=critical,CA:TRUE,pathlen:0" \
        -addext "keyUsage=critical,keyCertSign,cRLSign"
    chmod 644 ca.pem
    echo "made ca.pem; keep ca.key.pem offline"
fi

for names in "$@"; do
    name=${names%%,*}
    if [[ ! $name =~ ^[A-Za-z0-9][A-Za-z0-9.-]*$ ]]; then
        echo "$name is no name: letters, digits, dots and dashes" >&2
        exit 2
    fi
    [ -e "$name.pem" ] && continue
    alternatives=
    for one in ${names//,/ }; do
        if [[ $one =~ ^[0-9.]+$ || $one == *:* ]]; then
            alternatives+=",IP:$one"
        else
            alternatives+=",DNS:$one"
        fi
    done
    part=$(mktemp -d .part.XXXXXX)
    key "$part/key"
    openssl req -new -key "$part/key" -subj "/CN=$name" -out "$part/asked"
    openssl x509 -req -in "$part/asked" -CA ca.pem -CAkey ca.key.pem -sha256 -days "$days" \
        -out "$part/certificate" -extfile <(
            echo "basicConstraints=critical,CA:FALSE"
            echo "keyUsage=critical,digitalSignature"
            echo "extendedKeyUsage=serverAuth,clientAuth"
            echo "subjectAltName=${alternatives#,}"
        ) 2>/dev/null
    mv "$part/key" "$name.key.pem"
    mv "$part/certificate" "$name.pem"
    rm -rf "$part"
    chmod 644 "$name.pem"
    echo "made $name.pem and $name.key.pem"
done
