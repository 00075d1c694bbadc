#!/usr/bin/env bash
# Runs a test against local AWS with Debian's Mosquitto as its broker.
#
#   behind_mosquitto.sh LOCAL_AWS PROGRAM [ARGUMENT...]
set -euo pipefail
local_aws=$1
shift
PATH=$PATH:/usr/sbin

folder=$(mktemp -d)
broker=
trap 'if [ -n "$broker" ]; then kill "$broker" && wait "$broker" || true; fi; rm -rf "$folder"' EXIT

accepts() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Mosquitto cannot be asked which port it took; another one is tried when this one is taken.
for try in 1 2 3 4 5; do
    port=$((20000 + (RANDOM + try * 4099) % 20000))
    printf 'listener %s 127.0.0.1\nallow_anonymous true\npersistence false\nmax_queued_messages 0\n' "$port" >"$folder/mosquitto.conf"
    mosquitto -c "$folder/mosquitto.conf" >"$folder/log" 2>&1 &
    broker=$!
    for _ in $(seq 100); do
        kill -0 "$broker" 2>/dev/null || break
        if accepts "$port"; then
            "$local_aws" run --broker "127.0.0.1:$port" -- "$@"
            grep -q "New client connected" "$folder/log" || { echo "no client reached Mosquitto" >&2; exit 1; }
            exit 0
        fi
        sleep 0.05
    done
done
cat "$folder/log" >&2
echo "Mosquitto did not start" >&2
exit 1
