# SPDX-License-Identifier: Apache-2.0
"""Texts, values, keys and pieces of YAML that parsers, expressions and shells are known to trip over."""

from __future__ import annotations

from typing import Any

_LONG = [
    text * (count // len(text))
    for count in (300, 30_000)
    for text in (
        *("(", "[", "{", ")", "()(", "(a*)*", "(a|", r"\p{L}", "[[:alpha:]]", "(?i)", "(?:a", "a{999}", ".*"),
        *("a", " ", "\t", "\n", "a ", "-", "_", ".", "/", "0", "9", "=", "<", "é", "😀", "\u2028"),
        *("'", '"', "\\", "`", "$", "$(", "$((", "${", "$(a)", "${trialParameters.", "${trialParameters.lr}"),
        *("${pipeline.", "${pipeline.dataset}", "; ", "&& ", "| ", "|| ", "#", " #", "<<a\n", "\\\n", "> a "),
        *("if ", "case a in ", "(( ", "{ ", "! ", "echo a=1; ", "sh -c '", "1.", "e1", "a;b"),
    )
]

TEXTS: list[str] = [
    *("", " ", "\n", "\t", "\x00", "\x1b[31m", "\x7f", "\x85", "\u2028", "\ufeff", "😀", "é", "\ud800", "-", "--"),
    *("0", "1", "-1", "-0", "00", "007", "1.10", "1_0", "1__0", "-.1", ".5", "5.", "+1", "1e3", "1e-3", "1e400"),
    *("-1e400", "1e-400", "1e308", "nan", "NaN", ".nan", "inf", "-inf", "Infinity", "0x1f", "0x1p-3", "0o17", "0b1"),
    *("1e", "1,5", "١٢", "½", "²", "9" * 400, "9" * 5000, "1." + "0" * 400 + "1", "9007199254740993"),
    *("9223372036854775808", "-9223372036854775809", "1Gi", "1024Mi", "500m", "1e3Ki", "1e9999", "0.0000000001"),
    *("y", "n", "yes", "No", "on", "off", "true", "null", "~", "=", "<<", "2024-01-01", "1:30", "!!int", "&a", "*a"),
    *("a b", "a\nb", "a;b", "a|b", "a&&b", "a#b", "'", '"', "`", "$", "$$", "$(A)", "$((1+1))", "${", "${}", "}"),
    *("${trialParameters.}", "${trialParameters.lr}", "${trialSpec.Name}", "${trialSpec.Labels[a]}"),
    *("${trialSpec.Labels[]}", "${trialSpec.", "${pipeline.}", "${pipeline.dataset}", "${pipeline.x}"),
    *("(", ")", "(?i)(a)(b)", "(?=a)(b)", r"(\w+)=(\1)", r"\C(a)(b)", r"(\p{L}{500})(b)", "(a)(b){1001}", "[", "\\"),
    *("sh", "bash -lc", "echo loss=1", "cat <<EOF\na\nEOF", "echo 'a", 'echo "a', "a \\", "a; }", "(a", "a | b &"),
    *("/", "//", "/a/../b", "..", "/var/log/katib", "/var/log/katib/metrics.log", "a" * 64, "a" * 254, "A.b"),
    *("File", "StdOut", "TensorFlowEvent", "Custom", "Push", "PrometheusMetric", "None", "TEXT", "JSON"),
    *("int", "double", "discrete", "categorical", "uniform", "logUniform", "normal", "logNormal", "unknown"),
    *("grid", "random", "tpe", "multivariate-tpe", "bayesianoptimization", "cmaes", "sobol", "hyperband"),
    *("enas", "darts", "pbt", "medianstop", "Never", "LongRunning", "FromVolume", "minimize", "maximize"),
    *("batch/v1", "v1", "kubeflow.org/v1", "batch.volcano.sh/v1alpha1", "Job", "TFJob", "PyTorchJob", "MPIJob"),
    *_LONG,
]

VALUES: list[Any] = [
    *(None, True, False, 0, 1, -1, 2**31, -(2**31), 2**53, 2**63 - 1, -(2**63), 2**63, 10**30, 10**4200),
    *(0.0, -0.0, 0.5, 1e-300, 1e300, 5e-324, float("nan"), float("inf"), -float("inf"), 1e16, 3.0),
    *([], {}, [None], [[]], [{}], {"": ""}, {"a": None}, {"name": None}, {"name": []}, [{"name": {}}], [1, "a", None]),
    *({"name": "lr", "value": "1"}, [{"name": "a"}, {"name": "a"}], {"limits": {"nvidia.com/gpu": "1k"}}),
    *({"limits": {"nvidia.com/gpu": 1.5}}, {"min": "0.1", "max": "0.9", "step": "1e-300"}, {"list": []}),
    *({"min": "9" * 300, "max": "9" * 301}, {"min": "1", "max": "1e308", "step": "1e-5"}, {"list": ["1", "1.0"]}),
    *(["a"] * 400, [{"name": f"p{i}", "value": "1"} for i in range(300)], dict.fromkeys(map(str, range(400)), "1")),
]

KEYS: list[str] = [
    *("", " ", "a", "a.b", "a[0]", "[0]", "name", "Name", "value", "kind", "spec", "metadata", "env", "args"),
    *("command", "list", "min", "max", "step", "algorithmSettings", "=", "<<", "1", "null", "\n", "😀", "\u2028"),
    *("x-a", "${pipeline.dataset}", "__proto__", "a" * 300, "(" * 300, "/" * 30, "valueFrom", "limits", "labels"),
]

MARKS: list[str] = [
    *("!!int", "!!float", "!!bool", "!!null", "!!str", "!!timestamp", "!!binary", "!!set", "!!omap", "!!pairs"),
    *("!!map", "!!seq", "!!merge", "!!value", "!!yaml", "!!python/object:os.system", "!!python/tuple", "!a", "!"),
    *("!<tag:a>", "!<", '!!int ""', "!!float ''", "!!timestamp x", "!!null x", "!!bool maybe", "!!int 0x_", "!!int 1:2"),
    *("&a", "*a", "*b", "&a [*a]", "&a {<<: *a}", "<<: *a", "<<", "<<: [1]", "<<: {a: 1}", "? ", ": ", "- ", "-"),
    *("---", "\n---\n", "\n...\n", "%YAML 1.1\n---\n", "%YAML 9.9\n---\n", "%TAG ! tag:a:\n---\n", "# a\n", "#"),
    *("|", ">", "|2\n", "|-\n  a", ">+\n", "'", '"', "''", '""', "{", "}", "[", "]", ",", ":", "::", "@", "`", "%"),
    *("0b_", "0x_", "0o12", "012", "089", "1_0", "_1", "1__0", "1:30", "-.1", ".5", "5.", "1e3", "1e-3", "1e999"),
    *("+.inf", ".nan", "NaN", "Infinity", "y", "n", "~", "=", "2024-01-01", "1" * 400, "1" * 5000, "0." + "1" * 5000),
    *("\t", "\r", "\r\n", "\x00", "\x07", "\x1b", "\x7f", "\x85", "\xa0", "\u2028", "\ufeff", "\ufffe", "😀", "\\ud800"),
    *('"\\ud800"', '"\\ud83d\\ude00"', '"\\U0001F600"', '"\\Uffffffff"', '"\\x00"', '"\\u0000"', '"\\e[1m"', "\\"),
    *("[" * 70, "{a: " * 70, "- " * 70, "[" * 30_000, "{" * 30_000, "(" * 3000, "1," * 6000, "a: 1\n" * 300),
    "&b [x, x, x, x, x, x, x, x, x]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b]\nd: [*c, *c, *c, *c, *c, *c, *c]\n",
]
