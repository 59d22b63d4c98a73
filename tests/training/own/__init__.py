# SPDX-License-Identifier: Apache-2.0
"""The five steps of training/README.md, each carried out on the page's own script."""
