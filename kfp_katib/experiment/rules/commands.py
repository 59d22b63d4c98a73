# SPDX-License-Identifier: Apache-2.0
"""Commands that stand beside the training in a trial's script: what they print, and which shell has them."""

from __future__ import annotations

SILENT = frozenset(
    {
        "cd",
        "chmod",
        "chown",
        "cp",
        "export",
        "ln",
        "mkdir",
        "mv",
        "rm",
        "rsync",
        "sleep",
        "sync",
        "tar",
        "touch",
    }
    | {":", "aws", "gsutil", "true", "wait"}
)
"""Commands that print no metrics."""
PREPARING = SILENT | {
    *(
        "apk",
        "apt",
        "apt-get",
        "conda",
        "curl",
        "git",
        "kinit",
        "mamba",
        "pip",
        "pip3",
        "unzip",
        "uv",
        "wget",
    ),
    *(".", "[", "env", "module", "set", "source", "test", "trap", "ulimit", "umask", "unset"),
    *("[[", "break", "continue", "exec", "exit", "local", "read", "readonly", "return", "shift"),
    *("awk", "cat", "date", "df", "du", "echo", "find", "free", "grep", "head", "hostname", "id", "ls"),
    *(
        "lscpu",
        "nproc",
        "nvidia-smi",
        "printf",
        "ps",
        "pwd",
        "sed",
        "sort",
        "tail",
        "tr",
        "uname",
        "wc",
        "which",
    ),
}
"""Commands that prepare a training; what they print is not missed."""
ONLY_BASH = frozenset({"[[", "declare", "mapfile", "popd", "pushd", "readarray", "shopt", "source"})
"""Commands of bash's own; the `sh` of Debian's images has none of them."""
