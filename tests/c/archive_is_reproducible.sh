#!/usr/bin/env bash
# The archive built from two folders, with two homes of cargo, is the same byte for byte, and holds no path of either.
# It holds the time at which it was built, which SOURCE_DATE_EPOCH says.
# Arguments: cmake, a folder to work in, and the generator.
set -euo pipefail
cmake=$1 work=$2 generator=$3
source=$(cd "$(dirname "$0")/../.." && pwd)
home=${CARGO_HOME:-$HOME/.cargo}
export SOURCE_DATE_EPOCH=1767225600
rm -rf "$work"
mkdir -p "$work/a" "$work/a-folder-with-a-longer-name and a space"

build() {
    local folder=$1
    mkdir -p "$folder/home" "$folder/source"
    # The crates are downloaded once.
    ln -s "$home/registry" "$folder/home/registry"
    (cd "$source" && tar -cf - --exclude=./build --exclude=./target --exclude=./.git .) | tar -xf - -C "$folder/source"
    (
        export CARGO_HOME=$folder/home
        "$cmake" -S "$folder/source" -B "$folder/build" -G "$generator" -DCMAKE_BUILD_TYPE=Release \
            -DCOGNITO_CONNECT_BUILD_TESTS=OFF -DCOGNITO_CONNECT_BUILD_EXAMPLES=OFF
        "$cmake" --build "$folder/build"
    )
}

for folder in "$work"/*; do
    build "$folder"
    sha256sum "$folder/build/lib/libcognito_connect.a"
    for path in "$folder" "$home" "$source"; do
        if grep -aqF "$path" "$folder/build/lib/libcognito_connect.a"; then
            echo "the archive names $path"
            exit 1
        fi
    done
done
cmp "$work"/*/build/lib/libcognito_connect.a
rm -rf "$work"
