#!/usr/bin/env bash
# Clone the commit that is checked out into an empty folder and run there what the README tells a user to run, in
# a plain venv with its own pip: `[PYTHON=python3.13] make fresh`.
set -euo pipefail
cd "$(dirname "$0")"
python=$("${PYTHON:-python3}" -c 'import sys; print(sys.executable)')
commit=$(git rev-parse HEAD)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

git clone -q --no-local . "$place/kfp-katib"
git -C "$place/kfp-katib" checkout -q "$commit"
[ -z "$(git status --porcelain)" ] || echo "fresh: uncommitted changes are not included" >&2
cd "$place/kfp-katib"
for goal in run test; do
    echo "fresh: make $goal at ${commit:0:12} with $("$python" --version)" >&2
    # Without the variables of the make around it, or of an environment that is active here.
    env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u VIRTUAL_ENV -u PYTHONPATH -u PYTHONHOME -u LOCK \
        INSTALLER=pip make "PYTHON=$python" "$goal"
done
