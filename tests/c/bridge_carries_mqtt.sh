#!/usr/bin/env bash
# Messages arrive exactly as they were published, by programs that know nothing of AWS: QoS 0 and 1, retained, of 128 KiB,
# from and to 24 clients at once, by IPv4, IPv6 and a Unix socket. No DISCONNECT but the clients' own reaches AWS, and
# SIGTERM ends the bridge in order.
#
#   local-aws run -- bridge_carries_mqtt.sh COMMAND...      of the bridge; valgrind can stand before it
source "$(dirname "$0")/bridge_programs.sh"

start_bridge v4 127.0.0.1:0 "$@"
v4=$address pids=("$bridge_pid")
start_bridge v6 '[::1]:0' "$@"
v6=$address pids+=("$bridge_pid")
start_bridge unix "unix:$folder/socket" "$@"
unix=$address pids+=("$bridge_pid")

# in_hex TOPIC QOS FIRST LAST: the numbers as messages.
in_hex() {
    local n
    for n in $(seq "$3" "$4"); do
        printf '%s %s 0 %s\n' "$1" "$2" "$(printf %s "$n" | hex)"
    done
}

# has_come NAME COUNT: what was published over another connection comes in no order.
has_come() { [ "$(grep -c '^message ' "$folder/$1.out")" -ge "$2" ]; }

# The last of each is a marker, behind which nothing is left that could come twice.
for qos in 0 1; do
    subscribe "order-$qos" "$v4" -t "order/$qos" -q "$qos" -C 301
    seq 1 300 | publish "numbers-$qos" "$v6" -t "order/$qos" -q "$qos" -l
    wait_until has_come "order-$qos" 300
    publish "marker-$qos" "$v4" -t "order/$qos" -q "$qos" -m 301
    wait "$subscriber_pid" || fail "order/$qos: exit code $?"
    in_hex "order/$qos" "$qos" 1 301 | expect "order-$qos"
done

# AWS's largest payload, both ways, by each kind of socket.
head -c 131072 /dev/urandom >"$folder/large"
large=$(hex <"$folder/large")
for qos in 0 1; do
    for way in "$v4 $unix" "$unix $v6" "$v6 $v4"; do
        read -r from to <<<"$way"
        name="large-$qos-${#from}-${#to}"
        subscribe "$name" "$to" -t large/file -q "$qos" -C 2
        publish "$name-file" "$from" -t large/file -q "$qos" -f "$folder/large"
        wait_until has_come "$name" 1
        publish "$name-marker" "$from" -t large/file -q "$qos" -m .
        wait "$subscriber_pid" || fail "$name: exit code $?"
        printf 'large/file %s 0 %s\nlarge/file %s 0 2e\n' "$qos" "$large" "$qos" | expect "$name"
    done
done

publish retain "$unix" -t kept/one -q 1 -r -m kept
subscribe retained "$v4" -t kept/one -q 1 -C 1
wait "$subscriber_pid" || fail "retained: exit code $?"
echo "kept/one 1 1 $(printf kept | hex)" | expect retained

# 24 subscribers through one bridge, and 6 publishers at the same time through it and the others.
subscribers=() publishers=()
for n in $(seq 24); do
    subscribe "many-$n" "$v4" -t 'many/#' -q 1 -C 120
    subscribers+=("$subscriber_pid")
done
for n in $(seq 6); do
    seq "$((n * 100 + 1))" "$((n * 100 + 20))" |
        publish "each-$n" "$(case $((n % 3)) in 0) echo "$v4" ;; 1) echo "$v6" ;; 2) echo "$unix" ;; esac)" \
            -t "many/$n" -q 1 -l &
    publishers+=("$!")
    started+=("$!")
done
for pid in "${publishers[@]}" "${subscribers[@]}"; do
    wait "$pid" || fail "one of many: exit code $?"
done
for n in $(seq 6); do
    in_hex "many/$n" 1 "$((n * 100 + 1))" "$((n * 100 + 20))"
done >"$folder/of-each"
for n in $(seq 24); do
    # Each publisher's own messages come in order.
    sed -n 's/^message //p' "$folder/many-$n.out" | sort -s -k 1,1 | sed 's/^/message /' >"$folder/sorted-$n.out"
    expect "sorted-$n" <"$folder/of-each"
done

for pid in "${pids[@]}"; do
    kill -TERM "$pid"
    wait "$pid" || fail "the bridge ended with exit code $?"
done
[ ! -e "$folder/socket" ] || fail "the Unix socket is still there"

# Each MQTT packet was in a frame of its own, whatever the pieces that the programs wrote it in, and each bridge asked
# Cognito once for all of its clients.
[ "$(counter split_packets)" = 0 ] || fail "packets were split"
[ "$(counter coalesced_packets)" = 0 ] || fail "packets shared a frame"
[ "$(counter websocket_violations)" = 0 ] || fail "the WebSocket protocol was broken"
[ "$(counter cognito_get_credentials)" = 3 ] || fail "Cognito was asked $(counter cognito_get_credentials) times"
cat "$folder"/v4.errors "$folder"/v6.errors "$folder"/unix.errors >"$folder/bridges"
[ ! -s "$folder/bridges" ] || fail "the bridges complained"
