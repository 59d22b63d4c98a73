#!/usr/bin/env bash
# Write every lock, with the uv of locks/uv.lock: `make lock` updates all versions, `make lock UPGRADE=` keeps
# them, `make lock UPGRADE="--upgrade-package coverage"` updates one.
# Extras are written as requirements write them (coverage[toml]): to a resolver, a name with an extra is a
# different package from the name alone, and would have no version.
set -euo pipefail
cd "$(dirname "$0")"
uv=.venv-uv/bin/uv
read -ra upgrade <<<"${UPGRADE---upgrade}"

# lock FILE WHAT HOW OPTION...: write one, with a header that says what it is for and how to install it.
lock() {
    local file=$1 what=$2 how=$3
    "$uv" pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --no-strip-extras --no-header "${@:4}" -o "$file"
    {
        printf '# %s\n' "$what" \
            'Complete for Python 3.11, 3.12 and 3.13. It is installed without a resolver, since that would look at' \
            'what has come out since:'
        "$how" "$file"
        echo '# `make lock` writes it.'
        cat "$file"
    } >"$file.new"
    mv "$file.new" "$file"
    echo "$file"
}

by_setup() {
    printf '#     %s\n' "./setup.sh $1 FOLDER"
    printf '# or in an environment that is there, the build backend before what is built by it:\n'
    printf '#     %s\n' \
        "sed -n '/^setuptools==/,/[^\\]\$/p' $1 | pip install --no-deps --require-hashes -r /dev/stdin" \
        "pip install --no-deps --no-build-isolation --use-pep517 --require-hashes -r $1"
}

by_docker() {
    printf '#     %s\n' "pip install --no-deps --only-binary :all: --require-hashes -r $1"
    printf '# %s\n' "Left out on purpose: $left_out."
}

# installable FILE: every Python finds all that is required, as wheels except for what has only a source archive.
installable() {
    local minor source
    for minor in 11 12 13; do
        for source in kfp kfp-kubernetes kfp-server-api; do echo "--no-binary=$source"; done |
            xargs "$uv" pip install -q --dry-run --target .venv-uv/nothing --python-version "3.$minor" \
                --python-platform x86_64-manylinux_2_28 --only-binary :all: --require-hashes -r "$1" "${@:2}"
    done
}

lock requirements-dev.lock 'What `make test` and `make check` need.' by_setup \
    pyproject.toml --extra s3 --extra gs --extra vertex --extra training --group dev "${upgrade[@]}"
part=(pyproject.toml -c requirements-dev.lock --no-annotate)
lock requirements.lock 'What `make run` needs.' by_setup "${part[@]}" --extra training --group run
image=("${part[@]}" --config-file deploy/uv.toml --extra s3 --extra gs)
left_out='what kfp requires, and kfp-kubernetes (deploy/uv.toml says why)'
lock deploy/runtime.lock 'What deploy/Dockerfile installs.' by_docker "${image[@]}" --group build
left_out+=', and setuptools, as nothing is built'
lock training/training.lock 'What training/Dockerfile installs.' by_docker "${image[@]}" --extra training
for wanted in locks/*.in; do
    lock "${wanted%.in}.lock" "$(sed -n 's/^# //p;q' "$wanted")" by_setup "$wanted" "${upgrade[@]}"
done
for each in requirements-dev.lock requirements.lock locks/*.lock; do installable "$each"; done
for each in deploy/runtime.lock training/training.lock; do installable "$each" --no-deps; done
