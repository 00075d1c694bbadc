#!/usr/bin/env bash
# The programs on an image that holds them, the C library and a table of hosts, and nothing else: no store of CAs, no /dev, /proc or
# /tmp, no HOME, no locale, read-only, with 16 descriptors and little stack. What is trusted is what was said; where that cannot be
# read nothing is connected to.
#
#   runs_on_a_small_image.sh BIN_DIR WORK_DIR
#
# Needs unshare, chroot and setpriv, and root or permission to make user namespaces.
set -euo pipefail
programs=(cognito_connect cognito_credentials cognito_doctor pubsub event_loop)

# Run by this script itself, in mounts of its own: the image becomes read-only, and no capability but that of chroot is left.
if [ "$1" = inside ]; then
    image=$2 descriptors=$3 stack_kib=$4
    shift 4
    mount --bind "$image" "$image"
    mount -o remount,bind,ro "$image"
    # Those that were left open by whoever runs this do not count.
    for descriptor in /proc/$$/fd/*; do
        descriptor=${descriptor##*/}
        [ "$descriptor" -le 2 ] || [ "$descriptor" = 255 ] || eval "exec $descriptor>&-"
    done
    ulimit -n "$descriptors"
    ulimit -s "$stack_kib"
    exec env -i "$(command -v setpriv)" --bounding-set=-all,+sys_chroot --inh-caps=-all "$(command -v chroot)" "$image" "$@"
fi

bin=$1 image=$2/image
rm -rf "$image"
mkdir -p "$image/bin" "$image/etc" "$image/folder.pem"
trap 'rm -rf "$image"' EXIT
for program in "${programs[@]}"; do
    cp "$bin/$program" "$image/bin"
done
# What the loader needs, where it looks for it. A static program needs nothing.
{ ldd "${programs[@]/#/$bin/}" || true; } | grep -o '/[^ )]*/[^ )]*\.so[^ )]*' | sort -u | while read -r file; do
    mkdir -p "$image$(dirname "$file")"
    cp -L "$file" "$image$file"
done
printf '127.0.0.1 localhost\n::1 localhost\n' >"$image/etc/hosts"
cp "$LOCAL_AWS_CA_FILE" "$image/ca.pem"
cp "$LOCAL_AWS_CA_FILE" "$image/unreadable.pem"
chmod 000 "$image/unreadable.pem"
: >"$image/empty.pem"
echo "no certificate" >"$image/text.pem"
head -n 5 "$LOCAL_AWS_CA_FILE" >"$image/truncated.pem"
base64 -d < <(grep -v -- ----- "$LOCAL_AWS_CA_FILE") >"$image/binary.pem"

passed=0 failed=0 stack_kib=64
identity=(--cognito_identity "$LOCAL_AWS_IDENTITY")
pool=(--identity_pool "$LOCAL_AWS_IDENTITY_POOL")

# expect CODE TEXT WHAT PROGRAM ARGUMENT...: the exit code, and a text in what it prints; both streams.
expect() {
    local code=$1 text=$2 what=$3 program=$4 got=0 out
    shift 4
    set -- --cognito_endpoint "$LOCAL_AWS_COGNITO_ENDPOINT" "$@"
    [ "$program" = cognito_credentials ] || set -- --endpoint "$LOCAL_AWS_HOST" --port "$LOCAL_AWS_IOT_PORT" "$@"
    out=$(unshare --map-root-user --mount "$0" inside "$image" 16 "$stack_kib" "/bin/$program" "$@" 2>&1) || got=$?
    if [ "$got" = "$code" ] && [[ $out == *"$text"* ]]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf '%s: exit code %s and not %s, or no "%s" in:\n%s\n' "$what" "$got" "$code" "$text" "$out"
    fi
}

# A proxy that inspects TLS has a CA of its own: local AWS's stands for it.
expect 1 COGNITO_STATUS_CERTIFICATE_UNTRUSTED "the built-in Amazon roots, which need no file" cognito_connect "${identity[@]}"
expect 0 "Connected!" "another CA in their place" cognito_connect "${identity[@]}" --ca_file /ca.pem
expect 0 "Connected!" "another CA beside them" cognito_connect "${identity[@]}" --ca_file /ca.pem --trust amazon
expect 1 COGNITO_STATUS_TRUST_STORE "a system without a store" cognito_connect "${identity[@]}" --trust system
expect 1 COGNITO_STATUS_TRUST_STORE "that, and another CA" cognito_connect "${identity[@]}" --trust system --ca_file /ca.pem
for file in unreadable empty text truncated binary missing folder; do
    for trust in "" "--trust amazon"; do
        # shellcheck disable=SC2086 # no word, or two
        expect 1 COGNITO_STATUS_TRUST_STORE "$file.pem $trust" cognito_connect "${identity[@]}" --ca_file /$file.pem $trust
        # shellcheck disable=SC2086
        expect 1 "/$file.pem" "the name of $file.pem $trust" cognito_connect "${identity[@]}" --ca_file /$file.pem $trust
    done
done

store=$image/etc/ssl/certs/ca-certificates.crt
mkdir -p "$(dirname "$store")"
cp "$LOCAL_AWS_CA_FILE" "$store"
expect 0 "Connected!" "a store that is read-only, as all is here" cognito_connect "${identity[@]}" --trust system
: >"$store"
expect 1 COGNITO_STATUS_TRUST_STORE "a store that is empty" cognito_connect "${identity[@]}" --trust system
chmod 000 "$store"
expect 1 /etc/ssl/certs "a store that is not readable" cognito_connect "${identity[@]}" --trust system

for stack_kib in 128 64; do
    at="with $stack_kib KiB of stack"
    expect 0 "Connected!" "MQTT 5 $at" cognito_connect "${identity[@]}" --ca_file /ca.pem --mqtt_version 5
    expect 0 "Connected!" "an identity of a pool $at" cognito_connect "${pool[@]}" --ca_file /ca.pem
    expect 0 "Connected!" "all of the log $at" cognito_connect "${identity[@]}" --ca_file /ca.pem --verbosity Trace
    expect 0 "5 messages received" "pubsub $at" pubsub "${identity[@]}" --ca_file /ca.pem --count 5
    expect 0 "5 messages received" "event_loop $at" event_loop "${identity[@]}" --ca_file /ca.pem --count 5
    expect 0 SessionToken "cognito_credentials $at" cognito_credentials "${identity[@]}" --ca_file /ca.pem
    expect 0 "AWS IoT Core" "cognito_doctor $at" cognito_doctor "${identity[@]}" --ca_file /ca.pem --ascii
done
# An identity that cannot be kept is no reason not to connect, and is not kept in silence.
expect 0 "/identity" "a file system that takes no identity" cognito_connect "${pool[@]}" \
    --identity_file /identity --ca_file /ca.pem --verbosity Warn

echo "$passed of $((passed + failed))"
[ "$failed" = 0 ]
