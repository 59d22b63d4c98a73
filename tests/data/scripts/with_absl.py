# SPDX-License-Identifier: Apache-2.0
"""A training whose options are absl's."""

from absl import app, flags

flags.DEFINE_float("lr", 0.1, "Learning rate", lower_bound=0)
flags.DEFINE_integer("batch_size", 32, "Samples in one step")
flags.DEFINE_enum("opt", "adam", ["adam", "sgd"], "The optimizer")
flags.DEFINE_bool("nesterov", False, "Momentum by Nesterov")
flags.DEFINE_string("workdir", None, "Folder of everything", required=True)


def main(_: list[str]) -> None:
    """Learn something."""
    print(f"loss={flags.FLAGS.lr}")


app.run(main)
