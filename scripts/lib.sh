# shellcheck shell=bash
# Words the scripts beside it share. Sourced, never run; does nothing by itself.

# shellcheck disable=SC2034 # these two are used by the scripts that source this file
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# The one folder outside the work tree that setup writes to; the programs look there too.
# shellcheck disable=SC2034
cache=${XDG_CACHE_HOME:-$HOME/.cache}/vong

# What a person reads goes to stderr: stdout belongs to what a script prints for another program.
say() { printf '%s\n' "$*" >&2; }
die() {
    say "$@"
    exit 1
}

# Are all these commands there?
have() {
    local name
    for name; do command -v "$name" >/dev/null || return 1; done
}

# Is VERSION ($1) at least MINIMUM ($2)? Dotted numbers.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

# Prints the path of a Chromium that the browser tests can drive; fails where there is none.
find_chromium() {
    local candidate
    if [ -n "${VONG_CHROMIUM:-}" ]; then
        command -v "$VONG_CHROMIUM"
        return
    fi
    for candidate in chromium google-chrome-stable google-chrome \
        "${XDG_CACHE_HOME:-$HOME/.cache}"/ms-playwright/chromium-*/chrome-linux*/chrome; do
        command -v "$candidate" && return
    done
    return 1
}

# Prints the name of the detector that demo and tests run: the one that VONG_MODEL names, else the
# stronger one where a folder holds it, else the starter, which is in the agent itself. The same as
# tests/src/harness/model.rs, which does it.
model_in_use() {
    local folder
    for folder in "${VONG_MODELS_MIRROR:-}" "$cache/models"; do
        [ -n "$folder" ] && [ -e "$folder/yolox_nano.onnx" ] && break
        folder=
    done
    printf '%s\n' "${VONG_MODEL:-${folder:+yolox-nano}}" | sed 's/^$/vong-starter/'
}
