# syntax=docker/dockerfile:1
# The image of the gateway: one program, the libraries that it is linked to, and whom it trusts. No shell, nothing writable, a
# user without rights. Build it from the root of the repository:
#
#   docker build --build-arg SOURCE_DATE_EPOCH="$(git log -1 --format=%ct)" --build-arg REVISION="$(git rev-parse HEAD)" \
#       --tag overblik:0.1.0 .
#
# docs/packaging.md says what is in it, how it is run, and how a build is repeated. Pin both images by digest where it is built
# for others: `--build-arg BUILDER=rust@sha256:...`.

# The same Rust as in rust-toolchain.toml, on the Debian whose libraries the image gets. A test holds them together.
ARG BUILDER=rust:1.95.0-bookworm

FROM ${BUILDER} AS build
ARG SOURCE_DATE_EPOCH=0
WORKDIR /build
COPY . .
# The toolchain is the image's own: what the file asks for besides, checks need and builds do not.
RUN rm rust-toolchain.toml \
    && packaging/build-release /build/out \
    && packaging/assemble-root /build/out/overblik /root-of-image

FROM scratch
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Overblik" \
      org.opencontainers.image.description="One overview for each citizen of their dealings with the public sector" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /root-of-image /
USER 65532:65532
EXPOSE 8080 9090
STOPSIGNAL SIGTERM
# Health is asked by whoever runs it: `/health/live` and `/health/ready` of the operations listener, or `overblik health`.
ENTRYPOINT ["/usr/local/bin/overblik"]
CMD ["serve", "--config", "/etc/overblik/config/overblik.yaml"]
