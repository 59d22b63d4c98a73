# SPDX-License-Identifier: Apache-2.0
"""A short fit: options of which only one may be given, one without a default, and a score in a sentence."""

import argparse

parser = argparse.ArgumentParser()
parser.add_argument("--C", type=float, default=1.0, help="inverse of\nthe regularisation, 100 % of it")
parser.add_argument("--kernel", default="rbf", choices=["rbf", "linear", "poly"])
parser.add_argument("--gamma", default="scale")
parser.add_argument("--n_estimators", type=int, default=100)
parser.add_argument("--max_depth", type=int, default=None)
parser.add_argument("--n-jobs", type=int, default=-1)
either = parser.add_mutually_exclusive_group()
either.add_argument("--alpha", type=float, default=0.1)
either.add_argument("--tol", type=float, default=1e-4)
args = parser.parse_args()
print("accuracy", 0.93, "on the test set", flush=True)
