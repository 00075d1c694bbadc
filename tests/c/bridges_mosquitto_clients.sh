#!/bin/sh
# mosquitto_pub and mosquitto_sub, which know nothing of WebSocket and AWS, through the bridge.
# Run under `local-aws run`; gets the program cognito_bridge.
set -eu

bridge=$1
folder=$(mktemp -d)
bridge_pid=
cleanup() {
    [ -z "$bridge_pid" ] || kill -9 "$bridge_pid" 2>/dev/null || :
    rm -rf "$folder"
}
trap cleanup EXIT
fail() {
    echo "bridges_mosquitto_clients: $1" >&2
    sed 's/^/  bridge: /' "$folder/stderr" >&2
    exit 1
}
counter() {
    python3 -c 'import json, sys, urllib.request as r; print(json.load(r.urlopen(sys.argv[1]))[sys.argv[2]])' \
        "http://127.0.0.1:$LOCAL_AWS_CONTROL_PORT/counters" "$1"
}

start() {
    "$bridge" --endpoint "$LOCAL_AWS_HOST" --port "$LOCAL_AWS_IOT_PORT" --cognito_identity "$LOCAL_AWS_IDENTITY" \
        --cognito_endpoint "$LOCAL_AWS_COGNITO_ENDPOINT" --ca_file "$LOCAL_AWS_CA_FILE" "$@" \
        >"$folder/stdout" 2>"$folder/stderr" &
    bridge_pid=$!
    for _ in $(seq 100); do
        grep -q "^listening on " "$folder/stdout" && return
        kill -0 "$bridge_pid" 2>/dev/null || fail "it has ended at once"
        sleep 0.05
    done
    fail "it does not listen"
}
stop() {
    kill -TERM "$bridge_pid"
    code=0
    wait "$bridge_pid" || code=$?
    bridge_pid=
    [ "$code" = 0 ] || fail "it ended with exit code $code after SIGTERM"
}
# Waits until a subscriber says that it is subscribed.
subscribed() {
    for _ in $(seq 200); do
        grep -q "Subscribed" "$1" && return
        sleep 0.05
    done
    fail "no SUBACK in $1"
}

# A payload of 128 KiB, and small ones, with QoS 0 and 1, byte for byte.
head -c 131072 /dev/urandom >"$folder/large"
printf 'small' >"$folder/small"
start --listen 127.0.0.1:0
port=$(sed -n 's/^listening on 127.0.0.1://p' "$folder/stdout")
for qos in 0 1; do
    for payload in small large; do
        stdbuf -oL mosquitto_sub -d -h 127.0.0.1 -p "$port" -i test-sub -t "test/$qos/$payload" -q "$qos" -C 1 -N -F %x \
            >"$folder/received" 2>&1 &
        subscriber=$!
        subscribed "$folder/received"
        mosquitto_pub -h 127.0.0.1 -p "$port" -i test-pub -t "test/$qos/$payload" -q "$qos" -f "$folder/$payload" ||
            fail "mosquitto_pub with QoS $qos"
        wait "$subscriber" || fail "mosquitto_sub with QoS $qos"
        od -An -v -tx1 "$folder/$payload" | tr -d ' \n' >"$folder/expected"
        grep -qF -f "$folder/expected" "$folder/received" || fail "the $payload payload with QoS $qos came back otherwise"
    done
done

# Many clients at once: each subscriber gets its own message.
for client in $(seq 20); do
    stdbuf -oL mosquitto_sub -d -h 127.0.0.1 -p "$port" -i "test-many-$client" -t "test/many/$client" -q 1 -C 1 \
        >"$folder/many-$client" 2>&1 &
    echo $! >>"$folder/pids"
done
for client in $(seq 20); do subscribed "$folder/many-$client"; done
for client in $(seq 20); do
    mosquitto_pub -h 127.0.0.1 -p "$port" -i "test-pub-$client" -t "test/many/$client" -q 1 -m "for $client" &
    echo $! >>"$folder/pids"
done
while read -r pid; do wait "$pid" || fail "one of many clients"; done <"$folder/pids"
for client in $(seq 20); do
    grep -qx "for $client" "$folder/many-$client" || fail "client $client did not get its message"
done
stop

# Each MQTT packet was in a frame of its own, and nothing was broken off.
[ "$(counter split_packets)" = 0 ] || fail "packets were split"
[ "$(counter coalesced_packets)" = 0 ] || fail "packets shared a frame"
[ "$(counter websocket_violations)" = 0 ] || fail "the WebSocket protocol was broken"
[ "$(counter cognito_get_credentials)" = 1 ] || fail "Cognito was asked $(counter cognito_get_credentials) times"

# A Unix socket, which only its owner can use, and which goes with the bridge.
start --listen "unix:$folder/socket"
[ "$(stat -c %a "$folder/socket")" = 600 ] || fail "the socket has mode $(stat -c %a "$folder/socket")"
mosquitto_pub --unix "$folder/socket" -i test-unix -t test/unix -q 1 -m hello || fail "over a Unix socket"
stop
[ ! -e "$folder/socket" ] || fail "the socket file was left behind"

# Not where other machines can reach it, unless told so, and it says why.
code=0
"$bridge" --endpoint x --cognito_identity "$LOCAL_AWS_IDENTITY" --listen 0.0.0.0:1883 2>"$folder/stderr" || code=$?
[ "$code" = 2 ] || fail "0.0.0.0 ended with exit code $code"
grep -q "allow_remote" "$folder/stderr" || fail "0.0.0.0 was refused without saying what to do"
echo "bridged"
