#!/bin/sh
# Log in to Kerberos with what a mounted Secret holds, then run a command.
#
#   kerberos-login FOLDER [COMMAND...]
#
# FOLDER holds `keytab`, or else a ticket `krb5cc_*` that kinit wrote. The ticket goes to the file that KRB5CCNAME
# names, which this user owns and nobody else may read: EOS takes no other, and a Secret's files are links to
# root's. While COMMAND runs the ticket stays fresh, with a keytab for ever, else for as long as it is renewable.
set -eu
umask 077

fail() {
    echo "kerberos-login: $*" >&2
    exit 1
}

[ $# -ge 1 ] || fail "name the folder of the Secret: kerberos-login FOLDER [COMMAND...]"
[ -n "${KRB5CCNAME:-}" ] || fail "KRB5CCNAME is not set; set it to FILE: and the path that the ticket shall have"
folder=$1 ticket=${KRB5CCNAME#FILE:}
shift

if [ -e "$folder/keytab" ]; then
    refresh() { k5start -q -U -f "$folder/keytab" -k "$ticket" "$@"; }
    refresh || fail "no login with $folder/keytab; is it of the present password?"
else
    refresh() { krenew -k "$ticket" "$@"; }
    for given in "$folder"/krb5cc_*; do
        [ -e "$given" ] || fail "$folder holds neither keytab nor krb5cc_*, but: $(ls "$folder" 2>&1)"
        cat "$given" >"$ticket"
        break
    done
    if ! klist -s -c "$ticket"; then
        klist -c "$ticket" >&2 || true
        fail "the ticket $given has expired; make the Secret again with a new one"
    fi
fi
[ $# -gt 0 ] || exit 0

# In the background, not as parents of the command: k5start 4.3 signals itself for ever if it gets one too early.
refresh -b -a -K 60 || echo "kerberos-login: this ticket cannot be renewed; kinit -r makes one that can" >&2
exec "$@"
