#!/usr/bin/env bash
# Make an environment with what a lock names: `[PYTHON=python3.12] [INSTALLER=pip] ./setup.sh [LOCK [FOLDER]]`.
# uv installs it if it is on the path, otherwise pip. Neither resolves anything, isolates a build or compiles: a
# resolver, an isolated build's backend and a newer pip would each consider what was released after the lock;
# bytecode takes longer than the installation. A failure is reported in one sentence, details in FOLDER/setup.log.
set -euo pipefail
cd "$(dirname "$0")"
lock=${1:-requirements.lock}
folder=${2:-.venv}
log=$folder/setup.log
retry="Started again, it continues where it stopped; the full output is in $log"
unreachable='Retrying \(|NewConnectionError|[Nn]ame resolution|ProxyError|SSLError|[Tt]imed? ?out|dns error'
unreachable+='|error sending request|[Cc]onnection (refused|reset)|network is unreachable'
exact=(--no-deps --require-hashes)

fail() {
    echo "setup: $*" >&2
    exit 2
}

# full FOLDER...: whether one has too little space left for what an installer still writes, its log included.
full() {
    df -Pm "$@" | awk 'NR > 1 && $4 < 20 { found = 1 } END { exit !found }'
}

# seen PATTERN: the first match in the log.
seen() {
    grep -m 1 -oE "$1" "$log"
}

# explain WHAT: exit with the reason why it could not be installed.
explain() {
    local found
    if seen 'No space left on device' >/dev/null || full "$folder" "${TMPDIR:-/tmp}"; then
        fail "no space is left for $folder (1.1 GB) or ${TMPDIR:-/tmp}. $retry."
    elif seen 'DO NOT MATCH THE HASHES|Hash mismatch' >/dev/null; then
        fail "the package index delivered something other than $lock names, so it was not installed. $retry."
    elif found=$(seen "[Ff]ailed (building wheel for|to build) [\`']?[A-Za-z0-9._-]+"); then
        found=${found##*[ \`\']}
        type -P "${CC:-cc}" >/dev/null ||
            fail "$found must be compiled on this machine ($machine), which has no compiler:" \
                "apt-get install build-essential python$version-dev. $retry."
        fail "$found could not be compiled on this machine ($machine). $retry."
    elif seen "$unreachable" >/dev/null; then
        fail "the package index cannot be reached. Go online, or name a proxy (HTTPS_PROXY) or an index of your own" \
            "(PIP_INDEX_URL, UV_INDEX_URL). $retry."
    elif found=$(seen "(No matching distribution found for|Because|distribution) [\`']?[A-Za-z0-9._-]+ ?==[^ \`']+"); then
        found=${found##*[ \`\']}
        fail "there is no $found for this machine ($machine). $retry."
    fi
    found=$(seen '^ *(ERROR|error|Error).*' || tail -n 1 "$log")
    fail "$1 could not be installed: ${found%.}. $retry."
}

# facts PYTHON: its version, implementation, path and machine, one per line.
facts() {
    "$1" -I -c 'import platform as p, sys
print("%d.%d" % sys.version_info[:2], p.python_implementation(), sys.executable, sep="\n")
print(p.system(), p.machine(), "Python", p.python_version())' 2>/dev/null
}

[ -f "$lock" ] || fail "there is no $lock"
backend=$(sed -n '/^setuptools==/,/[^\\]$/p' "$lock")

# An environment keeps its Python, and those beside it get the same one, until PYTHON names another.
if [ -z "${PYTHON:-}" ] && facts .venv/bin/python >/dev/null; then PYTHON=.venv/bin/python; fi
python=${PYTHON:-python3}
type -P "$python" >/dev/null ||
    fail "'$python' is not installed. Install Python 3.11 to 3.13: apt-get install python3 python3-venv"
{ read -r version && read -r kind && read -r program && read -r machine; } < <(facts "$python") ||
    fail "'$python' does not run: $("$python" --version 2>&1 | tail -n 1)"
case $version:$kind in
3.1[123]:CPython) ;;
*) fail "'$python' is $kind $version. Name a CPython 3.11 to 3.13: make PYTHON=python3.12 ..." ;;
esac

# An environment of another Python, or whose Python is gone, is useless.
if [ -f "$folder/pyvenv.cfg" ] && [ "$(facts "$folder/bin/python" | head -n 1)" != "$version" ]; then
    rm -rf "$folder"
fi
mkdir -p "$folder" 2>/dev/null && : 2>/dev/null >"$log" || fail "$folder is not a writable folder"
echo "setup: installing what $lock names into $folder" >&2
if [ "${INSTALLER:-}" != pip ] && type -P uv >/dev/null; then
    [ -f "$folder/pyvenv.cfg" ] ||
        uv venv -q --allow-existing --python "$program" "$folder" >>"$log" 2>&1 || explain "$folder"
    install=(uv pip install -q --python "$folder/bin/python" --no-build-isolation)
else
    if ! "$folder/bin/python" -I -m pip --version >>"$log" 2>&1; then
        "$python" -I -c 'import venv, ensurepip' 2>>"$log" ||
            fail "'$python' cannot make environments. Install its venv module: apt-get install python$version-venv"
        "$python" -I -m venv "$folder" >>"$log" 2>&1 || explain "$folder"
    fi
    # A user's settings may ask for --user, which makes no sense in an environment.
    export PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1
    install=("$folder/bin/python" -I -m pip install -q --no-input --no-compile --no-build-isolation --use-pep517)
fi

[ -z "$backend" ] || "${install[@]}" "${exact[@]}" -r <(echo "$backend") >>"$log" 2>&1 || explain setuptools
"${install[@]}" "${exact[@]}" -r "$lock" >>"$log" 2>&1 || explain "$lock"
case $lock in
requirements*.lock) "${install[@]}" --no-deps -e . >>"$log" 2>&1 || explain kfp-katib ;;
esac
