"""Attacks that look for what is none of their business."""
import os
import socket
import sys
import time

from backend import CHECKOUT, HOME, WORLD, attempt, got, processes, search, search_file, told


def environment():
    for name, value in os.environ.items():
        search("variable " + name, value)
    for name in ("GITHUB_TOKEN", "APP_PRIVATE_KEY", "DATABASE_URL", "AWS_SECRET_ACCESS_KEY"):
        if name in os.environ:
            got(name, os.environ[name])


def environ_of_processes():
    for pid in processes():
        search_file("/proc/%s/environ" % pid)
    search_file("/proc/1/environ")
    search_file("/proc/%s/environ" % WORLD["hostPid"])
    search_file("/proc/%s/environ" % os.getppid())


def cmdline_of_processes():
    for pid in processes():
        search_file("/proc/%s/cmdline" % pid)
    told("processes", len(processes()))
    # More than uv, its Python, a relay and an init are not ours.
    if len(processes()) > 12:
        got("processes", processes())


def memory_of_processes():
    """Reads all that is mapped by the processes above it."""
    for pid in processes():
        if int(pid) == os.getpid():
            continue
        try:
            maps = open("/proc/%s/maps" % pid).read().splitlines()
            memory = open("/proc/%s/mem" % pid, "rb", 0)
        except OSError as error:
            told(pid, error)
            continue
        for line in maps:
            start, end = (int(part, 16) for part in line.split()[0].split("-"))
            if " rw" not in line or end - start > 64 << 20:
                continue
            try:
                memory.seek(start)
                search("memory of %s" % pid, memory.read(end - start))
            except (OSError, ValueError, OverflowError):
                pass


def roots_of_processes():
    """/proc/PID/root and cwd lead into another process's view of the files."""
    for pid in processes() + [str(WORLD["hostPid"])]:
        for way in ("root", "cwd"):
            for path in WORLD["secretFiles"]:
                attempt("%s of %s" % (way, pid), open, "/proc/%s/%s%s" % (pid, way, path))


def descriptors():
    """A descriptor of a folder outside that was left open is a way out (as in CVE-2024-21626)."""
    for pid in ["self"] + processes():
        try:
            numbers = os.listdir("/proc/%s/fd" % pid)
        except OSError:
            continue
        for number in numbers:
            path = "/proc/%s/fd/%s" % (pid, number)
            if os.path.isdir(path):
                for secret in WORLD["secretFiles"]:
                    attempt("descriptor %s" % number, open, path + "/../../../../../.." + secret)
                    attempt("descriptor %s" % number, open, path + secret)
            elif os.path.isfile(path):
                search_file(path)
    for number in range(3, 64):
        try:
            os.fchdir(number)
            got("a folder is open", number)
        except OSError:
            pass


def home_of_user():
    import pwd

    for home in (WORLD["home"], pwd.getpwuid(os.getuid()).pw_dir, "/root", os.path.expanduser("~")):
        for name in WORLD["homeFiles"]:
            search_file(os.path.join(home, name))
        for name in (".ssh", ".gnupg", ".aws", ".docker", ".netrc", ".config", ".git-credentials", ".pypirc"):
            if os.path.lexists(os.path.join(home, name)):
                got("home", os.path.join(home, name))


def planted_files():
    for path in WORLD["secretFiles"]:
        attempt(path, open, path)


def whole_file_system():
    """Walks over all that can be seen, in search of a secret."""
    until = time.monotonic() + 6
    own = os.path.dirname(HOME)
    skipped = {"/proc", "/sys", "/usr", "/lib", "/lib64", "/bin", "/sbin", "/dev"}
    for top, folders, files in os.walk("/"):
        folders[:] = [
            one
            for one in folders
            if os.path.join(top, one) not in skipped
            and not os.path.join(top, one).startswith(own)
            and one not in ("site-packages", "lib-dynload", "versions")
        ]
        for name in files:
            path = os.path.join(top, name)
            if not os.path.islink(path) and os.path.isfile(path) and os.path.getsize(path) < 100000:
                search_file_quietly(path)
        if time.monotonic() > until:
            told("not all looked at", top)
            return


def search_file_quietly(path):
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError:
        return
    search(path, data)
    if b"PRIVATE KEY-----" in data and not path.endswith((".py", ".pyc")):
        got("private key", path)


def other_jobs():
    """The private folder of another job, beside ours."""
    scratch = os.path.dirname(os.path.dirname(HOME))
    mine = os.path.basename(os.path.dirname(HOME))
    attempt("neighbour", open, WORLD["neighbour"])
    for name in os.listdir(scratch) if os.path.isdir(scratch) else []:
        if name != mine and name.startswith("relock-"):
            told("seen", name)
            for top, _, files in os.walk(os.path.join(scratch, name)):
                for file in files:
                    if not file.endswith((".pem", ".crt")):
                        got("file of another", os.path.join(top, file))


def original_checkout():
    """The repository itself, of which we have a copy; its .git/config may hold the token that cloned it."""
    for root in (WORLD["root"], CHECKOUT):
        search_file(os.path.join(root, ".git", "config"))
        for name in ("FETCH_HEAD", "credentials", "logs/HEAD"):
            search_file(os.path.join(root, ".git", name))
    attempt("original", open, os.path.join(WORLD["root"], "innocent.in"))


def operators_files():
    """Settings, caches and credentials of whoever runs Relock."""
    for path in (WORLD["spec"], WORLD["settings"]):
        attempt(path, open, path)
    for name in os.listdir(WORLD["cache"]) if os.path.isdir(WORLD["cache"]) else []:
        if name not in ("tools", "pythons", "uv"):
            got("cache", name)


def container_socket():
    for path in (
        WORLD["engineSocket"],
        "/var/run/docker.sock",
        "/run/docker.sock",
        "/run/podman/podman.sock",
        "/run/containerd/containerd.sock",
        "/run/dbus/system_bus_socket",
        "/run/systemd/private",
        "/run/user/0/bus",
        "/run/buildkit/buildkitd.sock",
    ):
        attempt(path, connect_unix, path)


def abstract_socket():
    attempt("abstract socket", connect_unix, "\0" + WORLD["abstractSocket"])
    with open("/proc/net/unix") as file:
        if WORLD["abstractSocket"] in file.read():
            got("abstract socket is listed")


def connect_unix(path):
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.settimeout(3)
    client.connect(path)
    return "connected"


def system_secrets():
    for path in ("/etc/shadow", "/etc/gshadow", "/etc/ssh/ssh_host_rsa_key", "/etc/ssl/private", "/etc/machine-id"):
        attempt(path, os.stat, path)
    for path in ("/sys/class/dmi/id/product_uuid", "/proc/kcore", "/proc/kallsyms", "/proc/keys", "/proc/kmsg"):
        try:
            with open(path, "rb") as file:
                if file.read(16):
                    got(path)
        except OSError as error:
            told(path, error)
    told("python", sys.version)


def mounts():
    """What is mounted tells where the machine keeps things; none of the planted places may be among it."""
    with open("/proc/self/mountinfo") as file:
        text = file.read()
    search("mounts", text)
    for line in text.splitlines():
        point, options = line.split()[4:6]
        if "rw" in options.split(",") and not point.startswith((HOME, CHECKOUT, "/tmp", "/dev")):
            got("writable", point)
