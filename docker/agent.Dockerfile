# The agent's image. Its context is what `scripts/image-context` writes; `make docker` builds it.
# BASE_IMAGE: any image with glibc, libstdc++ and a shell.
ARG BASE_IMAGE=debian:trixie-slim

# Where the host's owner puts a policy, and what must outlive a restart: for root alone.
FROM ${BASE_IMAGE} AS files
RUN mkdir -p /image/etc/skep /image/var/lib/skep && chmod 700 /image/var/lib/skep

FROM ${BASE_IMAGE}
COPY opt /opt
RUN /opt/skep/bin/node /opt/skep/dist/cli/main.js --version >/dev/null || { \
      echo 'skep-agent: Node does not start on BASE_IMAGE; take one with glibc and libstdc++' >&2; \
      exit 1; \
    }
COPY --from=files /image /
ENV PATH=/opt/skep/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    NODE_ENV=production \
    SKEP_DATA_DIR=/var/lib/skep
# Root: it uses the engine's socket, and files of the repository get owners that apps ask for.
USER 0:0
WORKDIR /var/lib/skep
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 \
    CMD ["node", "/opt/skep/dist/agent/check-health.js"]
ENTRYPOINT ["node", "/opt/skep/dist/cli/skep-agent.js"]
# Last, since they change with each commit.
ARG VERSION=unknown
ARG REVISION=unknown
ARG BASE_IMAGE
LABEL org.opencontainers.image.title="skep-agent" \
      org.opencontainers.image.description="GitOps for plain Docker hosts: the agent of a host" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="${BASE_IMAGE}"
