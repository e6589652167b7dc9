# The image holds the one static binary, the CA certificates and nothing else: no shell, no package manager.
# Build with a version: docker build --build-arg VERSION=$(git describe --tags --always) -t latchkey .

FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
ARG TARGETOS
ARG TARGETARCH
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$VERSION" -o /out/latchkey .
# The folders that the service writes to, owned by its user: a new volume takes the owner of what it covers.
RUN mkdir -p /out/data /out/keys /out/tmp /out/etc && chmod 700 /out/data /out/keys && \
    echo 'latchkey:x:65532:65532::/:/nologin' > /out/etc/passwd && \
    echo 'latchkey:x:65532:' > /out/etc/group

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/etc/ /etc/
COPY --from=build --chown=65532:65532 /out/data /data
COPY --from=build --chown=65532:65532 /out/keys /keys
COPY --from=build --chown=65532:65532 /out/tmp /tmp
COPY --from=build /out/latchkey /latchkey
USER 65532:65532
WORKDIR /
# The SQLite file, when no other database is named; and the signing keys, when none are set.
ENV DATA_DIR=/data KEYS_DIR=/keys
VOLUME ["/data", "/keys"]
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["/latchkey", "healthcheck"]
ENTRYPOINT ["/latchkey"]
