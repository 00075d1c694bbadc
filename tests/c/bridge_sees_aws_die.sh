#!/usr/bin/env bash
# When AWS is gone from one moment to the next, local clients are told so by the end of their connection, the bridge stays,
# and says why the next one is not served.
#
#   bridge_sees_aws_die.sh LOCAL_AWS BRIDGE
source "$(dirname "$0")/bridge_programs.sh"
local_aws=$1 bridge=$2

"$local_aws" >"$folder/ready" 2>"$folder/local-aws.errors" &
local_aws_pid=$!
started+=("$local_aws_pid")
wait_until grep -q '^{.*}$' "$folder/ready"
# The variables of `local-aws run`, of its ready line.
value_of() { sed -n "s/.*\"$1\": *\"\{0,1\}\([^,\"}]*\).*/\1/p" "$folder/ready"; }
for name in host region iot_port cognito_endpoint ca_file identity; do
    export "LOCAL_AWS_${name^^}=$(value_of "$name")"
done

start_bridge bridge 127.0.0.1:0 "$bridge"
pids=()
for n in 1 2 3; do
    subscribe "client-$n" "$address" -t "topic/$n" -C 1
    pids+=("$subscriber_pid")
done
kill -KILL "$local_aws_pid"

# mosquitto_sub connects again, and says so, when its connection has ended.
connected_again() { [ "$(grep -c 'sending CONNECT' "$folder/client-$1.out")" -gt 1 ]; }
for n in 1 2 3; do
    wait_until connected_again "$n"
done
kill -TERM "${pids[@]}"
publish late "$address" -t topic/1 -m late 2>"$folder/late.errors" && fail "it was published to nobody"
wait_until grep -q 'no stream: COGNITO_STATUS_TCP_FAILED' "$folder/bridge.errors"
[ "$(grep -c 'the stream has ended: COGNITO_STATUS_' "$folder/bridge.errors")" = 3 ] || fail "not three streams ended"
kill -TERM "$bridge_pid"
wait "$bridge_pid" || fail "the bridge ended with exit code $?"
