# What the peers share: a place for what they fetch, a node to talk to, and an end to both.
# shellcheck shell=bash

cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
peer=$(basename "$0")
lib=$PWD/tests/peers/lib
room=$(mktemp -d)
started=()
finish() {
    for process in "${started[@]}"; do kill "$process" 2>/dev/null || true; done
    rm -rf "$room"
}
trap finish EXIT

not_run() {
    echo "$peer: not run: $1"
    exit 0
}

# python PACKAGE...: an environment of its own with these packages, kept between runs.
python() {
    local home=$PWD/target/peers/$peer
    command -v python3 >/dev/null || not_run 'python3 is missing'
    [ -x "$home/bin/python" ] || python3 -m venv "$home" || not_run 'python3 has no venv'
    "$home/bin/pip" install --quiet --disable-pip-version-check "$@" || not_run "$* cannot be had"
    PATH=$home/bin:$PATH
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# answers URL: waits up to 20 seconds for it.
answers() {
    curl --silent --show-error --fail --retry 100 --retry-delay 0 --retry-connrefused --retry-max-time 20 --max-time 20 \
        --output /dev/null "$1"
}

# A figurine program, newly built.
figurine() {
    cargo build --locked --quiet
    figurine=$PWD/target/debug/figurine
}

# A node with the offline engine: sets url and key.
node() {
    figurine
    url=http://127.0.0.1:$(free_port)
    "$figurine" keys generate --out "$room/signing.pem" >"$room/keys.log"
    export FIGURINE_SIGNING_KEYS=$room/signing.pem
    FIGURINE_LISTEN=${url#http://} FIGURINE_MANAGEMENT_LISTEN=127.0.0.1:0 "$figurine" serve 2>"$room/node.log" &
    started+=($!)
    answers "$url/readyz" || { cat "$room/node.log" >&2; exit 1; }
    key=$("$figurine" keys mint --account peers --rpm 6000 --burst 1000 --in-flight 64)
}
