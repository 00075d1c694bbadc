# Sourced by the tests that run Debian's mosquitto_pub and mosquitto_sub, which know nothing of AWS, through
# cognito_bridge. They run where the variables of `local-aws run` are set. All that they start ends with them.
set -euo pipefail
set -m # each background command has a process group of its own, so that all of it can be ended

folder=$(mktemp -d)
started=()

end_all() {
    local pid
    for pid in "${started[@]}"; do
        kill -KILL -- "-$pid" 2>/dev/null || true
    done
    wait 2>/dev/null || true
    rm -rf "$folder"
}
trap end_all EXIT

fail() {
    echo "$*" >&2
    tail -n 50 "$folder"/*.errors >&2
    exit 1
}

# Waits for something that must become true. Everything here is a matter of milliseconds, but for valgrind.
wait_until() {
    local _
    for _ in $(seq 600); do
        ! "$@" || return 0
        sleep 0.05
    done
    fail "this did not become true: $*"
}

# start_bridge NAME LISTEN COMMAND...: sets bridge_pid, and address to where it listens.
start_bridge() {
    local name=$1 listen=$2
    shift 2
    "$@" "--endpoint=$LOCAL_AWS_HOST" "--port=$LOCAL_AWS_IOT_PORT" "--signing_region=$LOCAL_AWS_REGION" \
        "--ca_file=$LOCAL_AWS_CA_FILE" "--cognito_endpoint=$LOCAL_AWS_COGNITO_ENDPOINT" \
        "--cognito_identity=$LOCAL_AWS_IDENTITY" "--listen=$listen" >"$folder/$name.out" 2>"$folder/$name.errors" &
    bridge_pid=$!
    started+=("$bridge_pid")
    wait_until grep -q '^listening on ' "$folder/$name.out"
    address=$(sed -n 's/^listening on //p' "$folder/$name.out")
}

# The options of mosquitto_pub and mosquitto_sub that lead to an address.
way_to() {
    case $1 in
    unix:*) echo "--unix ${1#unix:}" ;;
    \[*) echo "-h ::1 -p ${1##*:}" ;;
    *) echo "-h 127.0.0.1 -p ${1##*:}" ;;
    esac
}

# subscribe NAME ADDRESS OPTION...: starts a subscriber, waits until it has subscribed, and sets subscriber_pid. A line of
# its output for each message: "message TOPIC QOS RETAINED PAYLOAD", with the payload in hexadecimal.
subscribe() {
    local name=$1 way
    way=$(way_to "$2")
    shift 2
    # shellcheck disable=SC2086 # a list of words
    stdbuf -oL mosquitto_sub $way -i "test-$name" -d -F 'message %t %q %r %x' "$@" \
        >"$folder/$name.out" 2>"$folder/$name.errors" &
    subscriber_pid=$!
    started+=("$subscriber_pid")
    wait_until grep -q '^Subscribed ' "$folder/$name.out"
}

# publish NAME ADDRESS OPTION...
publish() {
    local name=$1 way
    way=$(way_to "$2")
    shift 2
    # shellcheck disable=SC2086 # a list of words
    mosquitto_pub $way -i "test-$name" "$@"
}

# expect NAME: a subscriber got the lines of standard input, without the word message, and nothing else.
expect() {
    grep '^message ' "$folder/$1.out" | sed 's/^message //' >"$folder/$1.got" || true
    cat >"$folder/$1.expected"
    cmp "$folder/$1.expected" "$folder/$1.got" || fail "$1 got other messages than it should"
}

hex() { od -An -vtx1 | tr -d ' \n'; }

# counter NAME: of local AWS.
counter() {
    python3 -c 'import json, sys, urllib.request as r; print(json.load(r.urlopen(sys.argv[1]))[sys.argv[2]])' \
        "http://127.0.0.1:$LOCAL_AWS_CONTROL_PORT/counters" "$1"
}
