# The images, from a fresh clone:
#
#   docker build --target sidecar  --tag dormouse:0.1.0 .
#   docker build --target injector --tag dormouse-injector:0.1.0 .
#   docker build --target source   --tag dormouse-source:0.1.0 .
#
# or `podman build --isolation=chroot ...`; `make images` does all and writes archives.
# Everything is built from the packages of a Debian base system, which the images do not
# contain. `--build-arg COMMIT=$(git rev-parse --short=12 HEAD)` is what `version` prints.
ARG BASE=debian:bookworm-slim

# --- what both are built with -----------------------------------------------------------
FROM ${BASE} AS tools
RUN apt-get -q update && DEBIAN_FRONTEND=noninteractive \
	apt-get -q -y install --no-install-recommends make
WORKDIR /src
COPY Makefile ./
COPY tests/packages.sh tests/

# --- the sidecar: the static binary and its licences ------------------------------------
# musl and the libraries first: they change seldom.
FROM tools AS sidecar-build
COPY sidecar/sources.sh sidecar/libraries.sh sidecar/static.sh sidecar/
RUN mkdir include && make build/static/deps/versions
COPY include include/
COPY sidecar sidecar/
COPY tests/static.sh tests/
COPY LICENSE Dockerfile ./
ARG COMMIT=unknown
RUN touch build/static/deps/versions && make static COMMIT=${COMMIT}

FROM scratch AS sidecar
COPY --from=sidecar-build /src/build/static/dormouse /dormouse
COPY --from=sidecar-build /src/build/static/licenses /licenses
USER 65532:65532
EXPOSE 9477
ENTRYPOINT ["/dormouse"]
CMD ["run"]

# --- what the sidecar is made from: goes where its image goes, see /licenses/NOTICE there --
FROM scratch AS source
COPY --from=sidecar-build /src/build/static/source /

# --- the injector: its program, and of Debian exactly the libraries that it loads --------
# Its libcurl first, as above.
FROM tools AS injector-build
COPY sidecar/curl.sh sidecar/sources.sh sidecar/
RUN mkdir include && make build/packages/build build/slim/deps/versions
COPY LICENSE ./
COPY include include/
COPY sidecar sidecar/
ARG COMMIT=unknown
RUN touch build/slim/deps/versions && make slim COMMIT=${COMMIT} && \
	sidecar/rootfs.sh /root-of-injector build/slim/dormouse-injector build/slim/deps/notices

FROM scratch AS injector
COPY --from=injector-build /root-of-injector /
USER 65532:65532
EXPOSE 8443 8080
ENTRYPOINT ["/usr/bin/dormouse-injector"]
CMD ["serve"]
