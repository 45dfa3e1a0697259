/** The workflow that `relock init` proposes to those who have none. Pure. */

export interface WorkflowImage {
  /** Behind `ghcr.io/owner/name`: empty, or `/worker`. */
  readonly suffix: string;
  readonly dockerfile: string;
  readonly context: string;
}

/**
 * A workflow that builds and publishes images to the registry of GitHub.
 *
 * What it keeps to: no expression inside a script (text of strangers would become code), least permissions, nothing
 * published from another branch, the image is tested before it is published, and what was tested is what is published.
 * @param fileName its own, for the words in it.
 * @param branch the default branch; null: not known.
 */
export function workflowText(
  images: readonly WorkflowImage[],
  fileName: string,
  branch: string | null,
): string {
  const [only] = images;
  const single = images.length === 1 && only !== undefined;
  const image: WorkflowImage = single
    ? { suffix: only.suffix, dockerfile: quoted(only.dockerfile), context: quoted(only.context) }
    : {
        suffix: '${{ matrix.suffix }}',
        dockerfile: '${{ matrix.dockerfile }}',
        context: '${{ matrix.context }}',
      };
  const branches = branch === null ? '[main, master]' : `[${quoted(branch)}]`;
  return [
    HEAD.replace('@FILE@', () => fileName),
    TRIGGERS.replace('@BRANCHES@', () => branches),
    single ? '' : MATRIX + images.map(matrixEntry).join(''),
    STEPS.replace('@SUFFIX@', () => (single ? quoted(image.suffix) : image.suffix))
      .replaceAll('@CONTEXT@', () => image.context)
      .replaceAll('@DOCKERFILE@', () => image.dockerfile),
  ].join('');
}

function matrixEntry({ suffix, dockerfile, context }: WorkflowImage): string {
  return `          - dockerfile: ${quoted(dockerfile)}
            context: ${quoted(context)}
            suffix: ${quoted(suffix)}
`;
}

/** A double-quoted scalar of YAML, which strings of JSON are, too. */
function quoted(text: string): string {
  return JSON.stringify(text);
}

const HEAD = `# Builds what this repository publishes, tests it, and publishes it. Proposed by \`relock init\`: make it yours.
#
# Ordinary builds take what did not change from a cache in the registry. Relock starts this workflow with \`no-cache\` and \`pull\`
# when what is published lacks fixes of its distribution (\`via = ["workflow"]\` and \`workflow = "@FILE@"\` in
# .github/relock.toml). Everything is then built anew, on a fresh base.
#
# Actions are named by version here, since their commits cannot be known offline. Pin them to commits
# (\`uses: actions/checkout@<commit> # v7\`), as Dependabot and Renovate can keep them. The image of the scanner is given a digest
# by Relock itself with \`pin = true\` in \`[images]\`.
name: Build image

`;

const TRIGGERS = `on:
  push:
    branches: @BRANCHES@
  workflow_dispatch:
    inputs:
      no-cache:
        description: Build everything anew, without any cache
        type: boolean
        default: false
      pull:
        description: Fetch the base images anew
        type: boolean
        default: false

permissions: {}

concurrency:
  group: build-image-\${{ github.ref }}

jobs:
  image:
    # Started on another branch, it would publish what nobody has merged.
    if: github.ref == format('refs/heads/{0}', github.event.repository.default_branch)
    runs-on: ubuntu-latest
    timeout-minutes: 60
    permissions:
      contents: read
      packages: write
`;

const MATRIX = `    strategy:
      fail-fast: false
      matrix:
        include:
`;

const STEPS = `    steps:
      - uses: actions/checkout@v7
        with:
          persist-credentials: false

      - uses: docker/setup-buildx-action@v4

      - uses: docker/login-action@v4
        with:
          registry: ghcr.io
          username: \${{ github.actor }}
          password: \${{ secrets.GITHUB_TOKEN }}

      - name: Name and date
        id: facts
        env:
          REPOSITORY: \${{ github.repository }}
          SUFFIX: @SUFFIX@
        run: |
          echo "image=ghcr.io/\${REPOSITORY,,}\${SUFFIX}" >> "$GITHUB_OUTPUT"
          echo "created=$(date --utc +%Y-%m-%dT%H:%M:%SZ)" >> "$GITHUB_OUTPUT"

      - name: Build
        uses: docker/build-push-action@v7
        with:
          context: @CONTEXT@
          file: @DOCKERFILE@
          load: true
          tags: localhost/built:test
          # Empty for a push, which the action would refuse.
          no-cache: \${{ inputs.no-cache || false }}
          pull: \${{ inputs.pull || false }}
          cache-from: type=registry,ref=\${{ steps.facts.outputs.image }}:cache
          provenance: false

      # What shows that the image works. The same belongs into \`smoke\` of .github/relock.toml.
      - name: Smoke test
        run: docker run --rm --network none --entrypoint python localhost/built:test -c 'import sys; print(sys.version)'

      # Told and not enforced: an image with fewer vulnerabilities is better than the one before.
      - name: Scan
        uses: docker://aquasec/trivy:0.74.0
        with:
          args: image --scanners vuln --ignore-unfixed --severity HIGH,CRITICAL localhost/built:test

      # Takes the layers of the build above, and none from the registry: it names no \`cache-from\`.
      - name: Publish
        uses: docker/build-push-action@v7
        with:
          context: @CONTEXT@
          file: @DOCKERFILE@
          push: true
          tags: \${{ steps.facts.outputs.image }}:latest
          labels: |
            org.opencontainers.image.revision=\${{ github.sha }}
            org.opencontainers.image.created=\${{ steps.facts.outputs.created }}
            org.opencontainers.image.source=\${{ github.server_url }}/\${{ github.repository }}
          cache-to: type=registry,ref=\${{ steps.facts.outputs.image }}:cache,mode=max
          provenance: true
`;
