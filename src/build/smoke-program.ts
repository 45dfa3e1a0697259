/** What the smoke test of an image without a configured command runs. Pure. */
import type { ImageContent } from '../images/content.ts';

/** More are not tried: each takes seconds. */
const MOST = 4;
const SITE = /^(.*?\/?)lib(?:64)?\/python(3(?:\.\d{1,2})?)\/(site|dist)-packages$/u;

/**
 * The interpreters of an image for which something is installed, else those that there are; absolute paths inside the image.
 * Folders of users (`~/.local`) are the base interpreter's.
 */
export function smokeInterpreters({
  packages,
  pythons,
}: Pick<ImageContent, 'packages' | 'pythons'>): readonly string[] {
  const found = new Set<string>();
  for (const { kind, location } of packages) {
    const [, prefix = '', version = '', sort = ''] = (kind === 'python' && SITE.exec(location)) || [];
    if (version === '' || /(?:^|\/)\.local\/$/u.test(prefix)) continue;
    // Debian's own looks in /usr/local too.
    found.add(`/${sort === 'dist' && prefix === 'usr/local/' ? 'usr/' : prefix}bin/python${version}`);
  }
  if (found.size === 0) {
    for (const { location } of pythons) {
      if (location.includes('/')) found.add(`/${location}/bin/python3`);
      else found.add(location === 'PYTHON_VERSION' ? '/usr/local/bin/python3' : '/usr/bin/python3');
    }
  }
  return [...found].sort().slice(0, MOST);
}

/** The last line of what it prints; without it, an import ended the interpreter. */
export const SMOKE_END = /^relock-smoke: (\d+) imported, (\d+) failed, (\d+) left out$/mu;
/** This Python cannot tell what is installed. */
export const SMOKE_OLD = 'relock-smoke: too old';
export const SMOKE_AT = /^relock-smoke: at (\S+)$/u;

/**
 * Imports the top-level modules of every installed distribution. Failures are: a compiled part that is not there or cannot be
 * loaded, a missing module that the distribution requires in any case, a name that another installed distribution lacks. Whatever
 * else goes wrong is told only: plugins want their host, modules an optional dependency, settings, a display.
 */
export const SMOKE_PROGRAM = String.raw`
import importlib, inspect, os, re, sys, warnings
try:
    from importlib import metadata
except ImportError:
    print("relock-smoke: too old")
    sys.exit(0)
SKIP = {"test", "tests", "testing", "doc", "docs", "example", "examples", "benchmarks", "scripts", "setup", "conftest", "build", "tools"}
LOADER = re.compile(r"\.so\b|shared object|GLIBC|undefined symbol|symbol not found|Error relocating|wrong ELF class|C.extension")
out = os.fdopen(os.dup(1), "w", errors="backslashreplace")
null = os.open(os.devnull, os.O_RDWR)
os.dup2(null, 0)
os.dup2(null, 1)
warnings.simplefilter("ignore")
sys.argv = ["relock-smoke"]

def norm(name):
    return re.sub(r"[-_.]+", "-", name or "").lower()

def tops(dist):
    names = (dist.read_text("top_level.txt") or "").split()
    if not names:
        for path in dist.files or []:
            parts = path.parts
            if len(parts) == 1:
                names.append(inspect.getmodulename(parts[0]))
            elif len(parts) == 2 and parts[1] == "__init__.py":
                names.append(parts[0])
    return [n for n in names if n and n.isidentifier() and not n.startswith("_") and n not in SKIP]

def required(dist):
    wanted = [r for r in dist.requires or [] if ";" not in r]
    return {norm(re.match(r"[A-Za-z0-9._-]*", r).group()) for r in wanted}

def why_broken(error, dist):
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, ImportError):
            text, name = str(error), error.name or ""
            top = name.partition(".")[0]
            if not isinstance(error, ModuleNotFoundError):
                if LOADER.search(text) or str(error.path or "").endswith(".so"):
                    return "a compiled part cannot be loaded"
                if text.startswith("cannot import name '_") and top in modules:
                    return "a compiled part is missing"
                if text.startswith("cannot import name") and modules.get(top, dist) is not dist:
                    return "what it needs of another package is not there"
            elif top in modules and name.rpartition(".")[2].startswith("_") and "." in name:
                return "a compiled part is missing"
            elif norm(top) in required(dist):
                return "a package that it requires is missing"
        error = error.__cause__ or error.__context__
    return None

def line(error):
    text = "%s: %s" % (type(error).__name__, error)
    return " ".join(text.split())[:300]

modules = {}
for dist in metadata.distributions():
    try:
        for top in tops(dist):
            modules.setdefault(top, dist)
    except Exception as error:
        out.write("not read: %s\n" % line(error))
good = bad = told = 0
for name, dist in sorted(modules.items()):
    label = "%s (%s %s)" % (name, dist.metadata["Name"], dist.version)
    out.write("relock-smoke: at %s\n" % name)
    out.flush()
    try:
        importlib.import_module(name)
        good += 1
    except BaseException as error:
        why = why_broken(error, dist)
        if why:
            bad += 1
            out.write("failed: %s: %s: %s\n" % (label, why, line(error)))
        else:
            told += 1
            out.write("left out: %s: %s\n" % (label, line(error)))
out.write("relock-smoke: %d imported, %d failed, %d left out\n" % (good, bad, told))
out.flush()
os._exit(1 if bad else 0)
`;
