/** `relock --help`. Imports nothing, so that it shows at once. */
export const HELP = `relock: re-lock a Python repository, each lock with the tool and version that made it, move the
pinned digests of its base images, and show the pull request that proves what moved.

Usage
  relock plan [PATH]    Say what would be done: locks, tools, Pythons, commands, images. Runs no tool.
  relock run  [PATH]    Re-lock everything in a private copy and print the pull request.
  relock scan [PATH]    Known vulnerabilities of the locks and pinned images as they are. Changes nothing.
  relock init [PATH]    Propose a policy and, for images that no workflow builds, a workflow. Runs no tool.
  relock db update      Download OSV's advisories, for scans without network.

PATH is a checkout, git or not. Without it, the sample project that comes with Relock is used.

Options of plan, run and scan
  -t, --target GLOB         Only locks and files with images whose path matches; may be repeated.
      --json                The whole result as JSON (config/schema/{result,scan}.schema.json); init, too.

Options of run
  -w, --write               Write the new locks and digests into PATH. Without it PATH is not touched.
      --check               Exit with 3 when something would change.
      --exclude-newer WHEN  Cool-down: let in no release younger than this.
                            "7 days", "P2W", 2026-11-01 or 2026-11-01T12:00:00Z.
      --no-scan             Do not look for known vulnerabilities before and after.
      --no-rebuild          Do not look whether the published images of the policy ([[image]]) lack fixes.
      --build               Build those that do, without cache, and compare. Default: only where the settings
                            name a builder ([builder]).
  -o, --output FILE         Write the report to FILE too: its ending says the form (.md, .html or .json);
                            may be repeated. The HTML is one file that sorts, filters and prints.

Options of init
  -w, --write               Write the files that are not there yet. Nothing is ever written over.
      --repository NAME     owner/name on GitHub. Default: by the remote "origin".

Options of scan
      --severity LEVEL      Exit with 4 when a finding is as bad as this or worse:
                            critical, high (default), medium, low, none. A malicious package always is.
      --with NAME           Scan with osv (built in), trivy, grype or osv-scanner; may be repeated.
                            Default: as the policy says, else osv, and trivy for images if it is there.

Options of run and scan
      --db DIR              Folder with OSV's zips (DIR/PyPI/all.zip): osv reads it, and never the network.
      --sarif FILE          Write the findings that are there in the end as SARIF 2.1.0.
      --repository NAME     How the report names the repository (owner/name); the settings' credentials
                            of that owner may be used. Default: the folder's name, and no owner's.

Options of db update
      --db DIR              Where to put them. Default: that of the settings, else osv in the cache folder.
      --ecosystem NAME      PyPI (default), Debian, Ubuntu, Alpine, Red Hat, ...; may be repeated.

Options of run, scan and db update
      --settings FILE       The operator's settings: mirror, credentials, tools, scanners, time-outs.
                            Default: $RELOCK_SETTINGS, else relock/settings.toml in the user's config folder.
  -q, --quiet               No progress.

  -h, --help                This text.
  -V, --version             Version of Relock.

What a repository wants otherwise stands in its .github/relock.toml (config/schema/policy.schema.json).

Exit codes
  0  done, or nothing to do
  1  run: some lock could not be re-locked, or some image not be moved; the others were
     scan: something was not checked, and what was checked has no such finding
     db update: some database could not be had
  2  wrong use, or a mistake in a configuration file
  3  --check, and something would change
  4  scan: a finding at or above --severity
  130  interrupted

Examples
  relock plan .
  relock run . --exclude-newer "7 days"
  relock run . --target 'services/*/requirements*.txt' --write
  relock scan . --severity critical --sarif relock.sarif
  relock init . --write
`;
