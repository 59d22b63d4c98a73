# A registry that wants a login: Debian's docker-registry for one user, `you` with the token `secret`.
ARG BASE_IMAGE=python:3.11-slim-bookworm
FROM ${BASE_IMAGE}
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends apache2-utils docker-registry \
    && rm -rf /var/lib/apt/lists/* \
    && htpasswd -Bbn you secret > /etc/docker/users
ENV REGISTRY_AUTH=htpasswd REGISTRY_AUTH_HTPASSWD_REALM=tests REGISTRY_AUTH_HTPASSWD_PATH=/etc/docker/users
CMD ["docker-registry", "serve", "/etc/docker/registry/config.yml"]
