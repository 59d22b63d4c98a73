# SPDX-License-Identifier: Apache-2.0
"""The training image logs in to a real Kerberos, as docs/how-to/eos.md has it do for EOS."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.images.docker import Image
from tests.images.realm import SECRET, TICKET, Realm, mounted, running

pytestmark = [pytest.mark.images, pytest.mark.timeout(900)]

LOGIN = ("kerberos-login", SECRET)
REFRESHED = "klist | grep krbtgt; sleep 1.1; kill -ALRM {process}; sleep 1; klist | grep krbtgt"
"""Both k5start and krenew take this signal for the hour that has passed."""


@pytest.fixture
def image(images: dict[str, Image]) -> Image:
    """The training image."""
    return images["training"]


@pytest.fixture(scope="module")
def realm(tmp_path_factory: pytest.TempPathFactory, images: dict[str, Image]) -> Iterator[Realm]:
    """A KDC of its own, asked for only where there is Docker."""
    assert images
    with running(tmp_path_factory.mktemp("realm")) as realm:
        yield realm


@pytest.fixture(scope="module")
def keytab(realm: Realm, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Secret with a keytab."""
    return mounted(tmp_path_factory.mktemp("keytab"), keytab=realm.file("/realm/keytab"))


def shell(script: str) -> tuple[str, str, str]:
    """The words of a shell command."""
    return "sh", "-c", script


def test_the_image_knows_cerns_realm(image: Image) -> None:
    """Without any setting, whoever logs in is of CERN.CH, whose KDC is looked for."""
    options = ["--network", "none", "-e", "KRB5_TRACE=/dev/stderr"]
    asked = image.run(*shell("kinit somebody </dev/null"), options=options).stderr
    assert "Getting initial credentials for somebody@CERN.CH" in asked
    assert "Resolving hostname cerndc.cern.ch" in asked


@pytest.mark.parametrize("user", ["1000", "1234567", "1234567:5678", "0"])
def test_a_keytab_logs_in_whoever_the_platform_says(
    realm: Realm, image: Image, keytab: Path, user: str
) -> None:
    """The ticket is a plain file that its user owns and nobody else may read, as EOS's client demands."""
    script = f"klist; stat -c '%F, %u, %a' {TICKET}"
    done = realm.run(image, *LOGIN, *shell(script), secret=keytab, user=user)
    assert done.returncode == 0, done.stderr
    assert "Default principal: physicist@CERN.CH" in done.stdout
    assert f"regular file, {user.split(':')[0]}, 600" in done.stdout


def test_a_trial_finds_the_ticket_of_the_container_before_it(
    realm: Realm, image: Image, keytab: Path, tmp_path: Path
) -> None:
    """Without a command the login ends, and leaves the ticket where the next container reads it."""
    for name in ("memory", "nothing"):
        (tmp_path / name).mkdir()
        (tmp_path / name).chmod(0o777)
    memory = tmp_path / "memory"
    assert realm.run(image, *LOGIN, secret=keytab, memory=memory).returncode == 0
    assert realm.run(image, "klist", "-s", secret=tmp_path / "nothing", memory=memory).returncode == 0


def test_a_keytab_keeps_the_ticket_fresh(realm: Realm, image: Image, keytab: Path) -> None:
    """A command that outlives its ticket gets another one in the same place."""
    script = REFRESHED.format(process="$(pidof k5start)")
    done = realm.run(image, *LOGIN, *shell(script), secret=keytab)
    first, second = done.stdout.splitlines()
    assert first != second


def test_a_ticket_is_kept_fresh_too(realm: Realm, image: Image, tmp_path: Path) -> None:
    """As kinit wrote it, under the name that CERN's pipelines use; renewed by another process."""
    secret = mounted(tmp_path / "ticket", krb5cc_1000=realm.ticket("-r", "5d"))
    script = REFRESHED.format(process="$(pidof krenew)") + f"; stat -c '%F, %u, %a' {TICKET}"
    done = realm.run(image, *LOGIN, *shell(script), secret=secret, user="1234567")
    first, second, file = done.stdout.splitlines()
    assert first != second
    assert file == "regular file, 1234567, 600"


def test_a_ticket_that_cannot_be_renewed_serves_as_long_as_it_lives(
    realm: Realm, image: Image, tmp_path: Path
) -> None:
    """The command runs, and the log says what to do."""
    secret = mounted(tmp_path / "ticket", krb5cc_1000=realm.ticket())
    done = realm.run(image, *LOGIN, "klist", secret=secret)
    assert done.returncode == 0
    assert "physicist@CERN.CH" in done.stdout
    assert "this ticket cannot be renewed; kinit -r makes one that can" in done.stderr


@pytest.mark.parametrize(
    ("script", "status"),
    [
        pytest.param("exit 7", 7, id="an error"),
        pytest.param("kill -KILL $$", 137, id="killed, as for want of memory"),
        pytest.param("trap 'exit 8' TERM; kill -TERM $$; sleep 9", 8, id="asked to end"),
    ],
)
def test_the_platform_sees_the_command_itself(
    realm: Realm, image: Image, keytab: Path, script: str, status: int
) -> None:
    """The login leaves no process between them that would swallow a signal or an exit status."""
    container = shell('"$@"; exit $?')
    done = realm.run(image, *container, "container", *LOGIN, *shell(script), secret=keytab)
    assert done.returncode == status


def expired(realm: Realm) -> bytes:
    """A ticket that is over."""
    ticket = realm.ticket("-l", "1s")
    time.sleep(2)
    return ticket


@pytest.mark.parametrize(
    ("name", "entry", "says"),
    [
        pytest.param(
            "keytab",
            lambda realm: realm.file("/realm/stale"),
            "no login with .*/keytab; is it of",
            id="old keytab",
        ),
        pytest.param(
            "krb5cc_1000", expired, "krb5cc_1000 has expired; make the Secret again", id="old ticket"
        ),
        pytest.param("my.keytab", expired, "neither keytab nor krb5cc_.*, but: my.keytab", id="another name"),
    ],
)
def test_a_login_that_fails_ends_at_once(
    realm: Realm, image: Image, tmp_path: Path, name: str, entry: Callable[[Realm], bytes], says: str
) -> None:
    """The command does not run, and the message names the Secret's part in it."""
    secret = mounted(tmp_path / "secret", **{name: entry(realm)})
    done = realm.run(image, *LOGIN, "echo", "ran", secret=secret)
    assert done.returncode == 1
    assert done.stdout == ""
    assert re.search(says, done.stderr), done.stderr
