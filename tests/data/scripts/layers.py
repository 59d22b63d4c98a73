# SPDX-License-Identifier: Apache-2.0
"""A training whose options show no default, with an argument that is no option, and a progress bar."""

import argparse

parser = argparse.ArgumentParser()
parser.add_argument("data", help="folder of images")
parser.add_argument("-b", "--batch", dest="size", type=int, default=100)
parser.add_argument("--learning-rate", "-lr", type=float, default=1e-3)
parser.add_argument("--units", type=int, default=128)
parser.add_argument("--dropout", type=float, default=0.2)
parser.add_argument("--optimizer", choices=["adam", "sgd", "rmsprop"], default="adam")
parser.add_argument("--dense", type=int, nargs="+", default=[64, 64])
parser.add_argument("--augment", type=bool, default=False)
parser.add_argument("--n-dense", type=int, choices=range(1, 30), default=2)
parser.add_argument("--model-dir")
args = parser.parse_args()
for epoch in range(2):
    print(f"Epoch {epoch + 1}/2")
    bar = "\r".join(f"{step}/3 [==>] - 4ms/step - loss: 0.{step}1 - accuracy: 0.91" for step in range(3))
    print(f"{bar} - val_loss: 0.1{epoch} - val_accuracy: 0.95", flush=True)
