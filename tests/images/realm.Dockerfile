# A Kerberos realm of its own for tests/images/test_kerberos.py: Debian's own KDC, on the base of the two images.
ARG BASE_IMAGE=python:3.11-slim-bookworm
FROM ${BASE_IMAGE}
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends krb5-admin-server krb5-kdc \
    && rm -rf /var/lib/apt/lists/*
RUN printf '%s\n' '[libdefaults]' 'default_realm = CERN.CH' '[realms]' 'CERN.CH = {' 'kdc = 127.0.0.1' '}' \
        >/etc/krb5.conf \
    && printf '%s\n' '[realms]' 'CERN.CH = {' 'kdc_listen = 127.0.0.1' 'kdc_tcp_listen = 127.0.0.1' \
        'max_renewable_life = 120h' '}' >/etc/krb5kdc/kdc.conf \
    && kdb5_util -P password create -s \
    && kadmin.local addprinc -randkey physicist \
    && mkdir /realm \
    && kadmin.local ktadd -k /realm/stale physicist \
    && kadmin.local ktadd -k /realm/keytab physicist
CMD ["krb5kdc", "-n"]
