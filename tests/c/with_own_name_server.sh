#!/usr/bin/env bash
# Runs a command in a network of its own, with nothing but loopback, and with 127.0.0.1 as its name server: faulty_dns.c.
# Needs root, or a kernel that lets users make namespaces.
#
#   with_own_name_server.sh COMMAND [ARGUMENT...]
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin

if [ "${1:-}" != inside ]; then
    private="unshare --net --mount"
    [ "$(id -u)" = 0 ] || private="$private --map-root-user"
    exec $private -- "$0" inside "$@"
fi
shift
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
ip link set lo up
# A question that nobody answers is given up after 3 seconds, and so after the connect timeout of the test.
printf 'nameserver 127.0.0.1\noptions timeout:3 attempts:1\n' >"$folder/resolv.conf"
printf 'hosts: files dns\n' >"$folder/nsswitch.conf"
printf '127.0.0.1 localhost\n' >"$folder/hosts"
for file in resolv.conf nsswitch.conf hosts; do
    if [ -e "/etc/$file" ]; then
        mount --bind "$folder/$file" "$(readlink -f "/etc/$file")"
    fi
done
"$@"
