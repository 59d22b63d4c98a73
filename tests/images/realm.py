# SPDX-License-Identifier: Apache-2.0
"""A Kerberos realm in a container, with one principal, and a Secret as a pod sees it."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.images.docker import Image, build, docker

DOCKERFILE = Path(__file__).with_name("realm.Dockerfile")
NAME = "kfp-katib-test-realm"
TICKET = "/kerberos/ticket"
SECRET = "/secret/krb-secret-vol"


@dataclass(frozen=True, slots=True)
class Realm:
    """A running KDC of realm CERN.CH, and its files: krb5.conf, a keytab, and one of an older key."""

    container: str
    folder: Path

    def ticket(self, *options: str) -> bytes:
        """A ticket that `kinit` wrote with these options."""
        kinit = ("kinit", *options, "-k", "-t", "/realm/keytab", "-c", "/tmp/ticket", "physicist")
        assert docker("exec", self.container, *kinit).returncode == 0
        return self.file("/tmp/ticket")

    def file(self, path: str) -> bytes:
        """A file of the KDC's container."""
        here = self.folder / Path(path).name
        done = docker("cp", f"{self.container}:{path}", str(here))
        assert done.returncode == 0, done.stderr
        return here.read_bytes()

    def run(
        self, image: Image, *command: str, secret: Path, user: str = "1000", memory: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as a pod's container does that has a Secret and a volume in memory."""
        ticket = ["-v", f"{memory}:/kerberos"] if memory else ["--tmpfs", "/kerberos:mode=777,size=1m"]
        variables = ["-e", f"KRB5CCNAME=FILE:{TICKET}", "-e", "KRB5_CONFIG=/realm/krb5.conf"]
        files = ["-v", f"{secret}:{SECRET}:ro", "-v", f"{self.folder}:/realm:ro"]
        options = ["--network", f"container:{self.container}", "--user", user, *ticket, *variables, *files]
        return image.run(*command, options=options)


@contextmanager
def running(folder: Path) -> Iterator[Realm]:
    """Build the KDC's image and run it, without any network but its own loopback, which clients share."""
    build(DOCKERFILE, NAME)
    container = docker("run", "-d", "--rm", "--network", "none", NAME).stdout.strip()
    try:
        realm = Realm(container, folder)
        folder.chmod(0o755)
        (folder / "krb5.conf").write_bytes(realm.file("/etc/krb5.conf"))
        until_it_answers(container)
        yield realm
    finally:
        docker("kill", container)


def until_it_answers(container: str) -> None:
    """Wait for the KDC's first ticket."""
    for _ in range(50):
        if docker("exec", container, "kinit", "-k", "-t", "/realm/keytab", "physicist").returncode == 0:
            return
        time.sleep(0.1)
    raise AssertionError(docker("logs", container).stderr)


def mounted(folder: Path, **entries: bytes) -> Path:
    """A Secret's entries as Kubernetes mounts them: links to links, to files of root that all may read."""
    (folder / "..1").mkdir(parents=True)
    folder.chmod(0o755)
    (folder / "..data").symlink_to("..1")
    for name, content in entries.items():
        (folder / "..1" / name).write_bytes(content)
        (folder / name).symlink_to(f"..data/{name}")
    return folder
