# The App with all that it starts: git, uv, Pythons, Trivy.
#
#   docker build --tag relock .
#   docker run --init --env-file .env --publish 127.0.0.1:3000:3000 --volume relock-data:/data --volume relock-cache:/cache \
#     --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined relock
#
# The base is named by exact version; the Node in it is the one that package.json brings to developers. To build the same
# image again years from now, add its digest (`docker buildx imagetools inspect node:24.21.0-bookworm-slim` prints it):
# FROM node:24.21.0-bookworm-slim@sha256:… , in all three places.

# Compiles, and fetches the pinned uv by its digest. npm's optional packages are TypeScript's compiler for this machine.
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY config config
COPY src src
RUN node_modules/.bin/tsc -p tsconfig.build.json
COPY release/fetch-uv.ts release/
RUN node release/fetch-uv.ts /fetched && mkdir /uv && mv /fetched/*/uv /fetched/*/uvx /uv/

# Scanners, compiled at the versions in release/scanners/*/go.mod; Go checks every module against the go.sum beside it. Trivy takes
# some ten minutes. More: `--build-arg SCANNERS="trivy grype osv-scanner"`; none: `--build-arg SCANNERS=` (see docs/scanners.md).
FROM golang:1.26.8-bookworm AS scanners
ARG SCANNERS="trivy"
COPY release/scanners /build
RUN mkdir /scanners && for name in $SCANNERS; do "/build/$name/build.sh" /scanners || exit 1; done

# What runs, without compilers and tests, and without the Node binary for developers.
FROM node:24.21.0-bookworm-slim AS modules
WORKDIR /modules
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM node:24.21.0-bookworm-slim
# bubblewrap: the walls around lockers, which want three options of `docker run` (see docs/deployment.md, Security).
# gcc and libc6-dev: packages without a wheel must often be built before a locker learns what they need.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends bubblewrap ca-certificates gcc git libc6-dev tini \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /uv/ /usr/local/bin/
COPY --from=scanners /scanners/ /usr/local/bin/
# About 100 MB each. What is not here, uv fetches into the cache when a lock needs it. Empty: none (`--build-arg PYTHONS=`).
ARG PYTHONS="3.9 3.10 3.11 3.12 3.13 3.14"
ENV UV_PYTHON_INSTALL_DIR=/opt/pythons
RUN if [ -n "$PYTHONS" ]; then uv python install --no-cache --no-bin $PYTHONS; fi

WORKDIR /app
COPY package.json LICENSE ./
COPY config config
COPY --from=modules /modules/node_modules node_modules
COPY --from=build /build/dist dist

# `node`, user 1000, comes with the base. It owns these two folders and nothing else.
RUN install --directory --owner=node --group=node /data /cache
USER node
VOLUME ["/data", "/cache"]
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=3000 \
    LOG_FORMAT=json \
    LOG_LEVEL=info \
    RELOCK_DATA=/data \
    XDG_CACHE_HOME=/cache
EXPOSE 3000
# 503 when the database cannot be reached. Not through the proxy that Node may be told of.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["env", "--unset=NODE_USE_ENV_PROXY", "node", "--eval", "fetch('http://127.0.0.1:' + process.env.PORT + '/health').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# tini gives the signals on, and buries what lockers leave behind.
ENTRYPOINT ["tini", "--"]
CMD ["node", "dist/app/main.js"]
