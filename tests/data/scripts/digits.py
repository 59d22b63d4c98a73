# SPDX-License-Identifier: Apache-2.0
"""A training with dashes in its options, which tells its results in sentences."""

import argparse

parser = argparse.ArgumentParser(description="Learns to read digits.")
parser.add_argument(
    "--batch-size", type=int, default=64, metavar="N", help="images in one step (default: 64)"
)
parser.add_argument("--test-batch-size", type=int, default=1000, metavar="N", help="in one step of the test")
parser.add_argument("--epochs", type=int, default=3, metavar="N", help="how often all images are seen")
parser.add_argument("--lr", type=float, default=1.0, metavar="LR", help="learning rate (default: 1.0)")
parser.add_argument("--gamma", type=float, default=0.7, metavar="M", help="its factor after each epoch")
parser.add_argument("--no-accel", action="store_true", help="stay on the processor")
parser.add_argument("--dry-run", action="store_true", help="one step only")
parser.add_argument("--seed", type=int, default=1, metavar="S", help="of all that is random")
parser.add_argument(
    "--log-interval", type=int, default=10, metavar="N", help="steps from one line to the next"
)
args = parser.parse_args()
for epoch in range(1, args.epochs + 1):
    print(f"Train Epoch: {epoch} [640/60000 (1%)]\tLoss: {2.3 / epoch:.6f}")
    print(f"Train Epoch: {epoch} [1280/60000 (2%)]\tLoss: {2.2 / epoch:.6f}")
    loss = abs(args.lr - 0.5) + args.batch_size / 1e4 + args.gamma / epoch
    print(f"\nTest set: Average loss: {loss:.4f}, Accuracy: {9000 + epoch}/10000 (90%)\n", flush=True)
