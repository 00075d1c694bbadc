#!/bin/sh
# Each component of the installation has what it is for, and local AWS is installed only when it is named.
#   installs_in_components.sh CMAKE BUILD_DIR CONFIG
set -eu
cmake=$1 build=$2 config=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# install NAME OPTIONS...: what is there afterwards is in NAME.list, without the folders that differ from system to system.
install() {
    name=$1
    shift
    "$cmake" --install "$build" --config "$config" --prefix "$work/$name" "$@" >/dev/null
    (cd "$work/$name" && find . -type f | sed 's#.*/##' | sort) >"$work/$name.list"
}
install all
install programs --component programs
install development --component development
install local_aws --component local_aws

expect() {
    sort >"$work/expected"
    diff "$work/expected" "$work/$1.list" || { echo "component $1: < is expected, > is installed"; exit 1; }
}
programs="cognito_bridge cognito_connect cognito_credentials cognito_doctor"
for program in $programs; do
    echo "$program"
    echo "$program.1.gz"
done | expect programs
printf '%s\n' local-aws README.md | expect local_aws
{
    find "$(dirname "$0")/../../include" -type f | sed 's#.*/##'
    printf '%s\n' libcognito_connect.a libcognito_connect.cdx.json cognito_connect.pc CognitoConnectConfig.cmake \
        CognitoConnectConfigVersion.cmake THIRD-PARTY-NOTICES
} | expect development
cat "$work/programs.list" "$work/development.list" | expect all
