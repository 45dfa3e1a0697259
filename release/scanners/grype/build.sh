#!/bin/sh
# Builds Grype at the version in go.mod; Go checks every module against go.sum.   release/scanners/grype/build.sh FOLDER
set -eu
cd "$(dirname "$0")"
export CGO_ENABLED=0 GOFLAGS="-mod=readonly -buildvcs=false"
version=$(go list -m -f '{{slice .Version 1}}' github.com/anchore/grype)
exec go build -ldflags "-s -w -X main.version=$version" -o "$1/" github.com/anchore/grype/cmd/grype
