# The controller's image. Its context is what `scripts/image-context` writes; `make docker` builds it.
# BASE_IMAGE: any image with glibc, libstdc++, a shell and git (and ssh, for a repository over ssh).
ARG BASE_IMAGE=buildpack-deps:trixie-scm

# What is made of the base itself; whatever the base lacks is said now, not when the controller starts.
FROM ${BASE_IMAGE} AS files
RUN set -eu; \
    command -v git >/dev/null || { \
      echo 'skep-controller: BASE_IMAGE has no git, which the controller needs; take one that has, such as buildpack-deps:trixie-scm' >&2; \
      exit 1; \
    }; \
    mkdir -p /image/etc /image/var/lib/skep; \
    # ssh asks for the name of whoever runs it.
    grep -v '^skep:' /etc/passwd >/image/etc/passwd || true; \
    echo 'skep:x:7420:7420:skep:/var/lib/skep:/usr/sbin/nologin' >>/image/etc/passwd

FROM ${BASE_IMAGE}
COPY opt /opt
RUN /opt/skep/bin/node /opt/skep/dist/cli/main.js --version >/dev/null || { \
      echo 'skep-controller: Node does not start on BASE_IMAGE; take one with glibc and libstdc++' >&2; \
      exit 1; \
    }
COPY --from=files /image/etc/passwd /etc/passwd
COPY --from=files --chown=7420:7420 /image/var/lib/skep /var/lib/skep
ENV PATH=/opt/skep/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    NODE_ENV=production \
    SKEP_DATA_DIR=/var/lib/skep
USER 7420:7420
WORKDIR /var/lib/skep
VOLUME /var/lib/skep
# The API (loopback alone unless SKEP_API_LISTEN says otherwise), agents, enrolment.
EXPOSE 7420 7421 7422
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 \
    CMD ["node", "/opt/skep/dist/controller/check-health.js"]
ENTRYPOINT ["node", "/opt/skep/dist/cli/skep-controller.js"]
# Last, since they change with each commit.
ARG VERSION=unknown
ARG REVISION=unknown
ARG BASE_IMAGE
LABEL org.opencontainers.image.title="skep-controller" \
      org.opencontainers.image.description="GitOps for plain Docker hosts: the controller" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="${BASE_IMAGE}"
