#!/usr/bin/env bash
# Make the environment that `make` works in: uv where it is installed, else venv and pip.
# Every version and hash comes from requirements.lock, which both of them read. Neither compiles what it
# installs: that would take longer than the installation (48 s without, 110 s with, by pip on two cores).
set -euo pipefail
cd "$(dirname "$0")"
python=${PYTHON:-python3}
venv=${VENV:-.venv}

if ! command -v "$python" >/dev/null; then
    echo "setup: '$python' is not installed. Install Python 3.11 to 3.13: apt-get install python3 python3-venv" >&2
    exit 2
fi
if ! "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'; then
    echo "setup: '$python' is $("$python" --version). Name a Python 3.11 to 3.13: make PYTHON=python3.12 ..." >&2
    exit 2
fi

echo "setup: installing the locked versions into $venv" >&2
if command -v uv >/dev/null; then
    uv venv -q --allow-existing --python "$("$python" -c 'import sys; print(sys.executable)')" "$venv"
    uv pip install -q --python "$venv/bin/python" --require-hashes -r requirements.lock
    uv pip install -q --python "$venv/bin/python" --no-deps -e .
else
    if ! "$python" -m venv "$venv"; then
        echo "setup: this Python cannot make environments. Install its venv module: apt-get install python3-venv" >&2
        exit 2
    fi
    "$venv/bin/python" -m pip install -q --no-compile --disable-pip-version-check --require-hashes -r requirements.lock
    "$venv/bin/python" -m pip install -q --disable-pip-version-check --no-deps -e .
fi
