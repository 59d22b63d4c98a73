# SPDX-License-Identifier: Apache-2.0
"""The variational autoencoder, its training, and what a training leaves behind."""
