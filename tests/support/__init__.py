# SPDX-License-Identifier: Apache-2.0
"""What tests of several folders need around them: other environments, a compiler, kfp.local, an S3 server."""
