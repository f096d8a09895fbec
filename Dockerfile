# syntax=docker/dockerfile:1
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# With the time zones, which the image has no files of: TZ says which one people read.
RUN CGO_ENABLED=0 go build -trimpath -tags timetzdata -ldflags='-s -w' -o /out/muster ./cmd/muster \
 && mkdir -p /out/state /out/rosters /out/tmp

# A static binary, the certificates to talk to Procore, and nothing else.
FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/muster /usr/local/bin/muster
# Workbooks are unpacked into temporary files while they are read.
COPY --from=build --chown=65532:65532 /out/tmp /tmp
COPY --from=build --chown=65532:65532 /out/state /state
COPY --from=build --chown=65532:65532 /out/rosters /rosters
# The ledger must outlive the container: without it a stopped run is not gone on with.
ENV MUSTER_LEDGER=/state/ledger.db PATH=/usr/local/bin
VOLUME ["/state", "/rosters"]
WORKDIR /rosters
USER 65532:65532
ENTRYPOINT ["muster"]
