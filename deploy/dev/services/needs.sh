# For fetch.sh of each service: have these commands, or end with 3. As root on Debian the packages of
# those that are absent are installed. Usage: . needs.sh; needs java=openjdk-17-jre-headless mvn=maven
needs() {
    local one missing=()
    for one in "$@"; do
        command -v "${one%%=*}" >/dev/null || missing+=("${one#*=}")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "not on this machine, and not to be installed by this user: ${missing[*]}" >&2
        exit 3
    fi
    apt-get -qq update
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y "${missing[@]}" >/dev/null
}
