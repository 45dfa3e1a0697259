#!/bin/sh
# Builds osv-scanner at the version in go.mod, with the Go that go.mod names; Go checks every module against go.sum.
#   release/scanners/osv-scanner/build.sh FOLDER
set -eu
cd "$(dirname "$0")"
export CGO_ENABLED=0 GOTOOLCHAIN=auto GOFLAGS="-mod=readonly -buildvcs=false"
exec go build -ldflags "-s -w" -o "$1/" github.com/google/osv-scanner/v2/cmd/osv-scanner
