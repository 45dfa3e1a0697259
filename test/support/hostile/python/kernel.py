"""Attacks on the walls themselves."""
import ctypes
import ctypes.util
import os
import signal
import socket
import stat
import subprocess

from backend import HOME, WORLD, attempt, got, processes, told, walled

LIBC = ctypes.CDLL(None, use_errno=True)
SYSCALLS = {"add_key": 248, "keyctl": 250, "bpf": 321, "io_uring_setup": 425, "userfaultfd": 323, "clone3": 435}


def call(name, *args):
    """A call of the C library; None when it was refused."""
    result = getattr(LIBC, name)(*args)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def system_call(name, *args):
    return call("syscall", SYSCALLS[name], *args)


def new_namespaces():
    if not walled():
        return
    for name, flag in (
        ("user", 0x10000000), ("mount", 0x00020000), ("network", 0x40000000),
        ("processes", 0x20000000), ("ipc", 0x08000000), ("cgroup", 0x02000000),
    ):
        attempt("namespace: " + name, call, "unshare", flag)
    attempt("program", ran, ["unshare", "-Urm", "true"])
    for pid in ("1", str(WORLD["hostPid"])):
        for kind in ("mnt", "net", "user", "pid"):
            attempt("joins %s of %s" % (kind, pid), join_namespace, "/proc/%s/ns/%s" % (pid, kind))


def join_namespace(path):
    if os.readlink(path) == os.readlink("/proc/self/ns/" + os.path.basename(path)):
        raise OSError("the same as ours")
    descriptor = os.open(path, os.O_RDONLY)
    return call("setns", descriptor, 0)


def mount():
    if not walled():
        return
    target = os.path.join(HOME, "mounted")
    os.mkdir(target)
    attempt("tmpfs", call, "mount", b"none", target.encode(), b"tmpfs", 0, None)
    attempt("proc", call, "mount", b"proc", target.encode(), b"proc", 0, None)
    attempt("bind", call, "mount", b"/", target.encode(), None, 4096, None)
    # Makes what is readable writable.
    attempt("remount", call, "mount", None, b"/", None, 32 | 4096, None)
    attempt("remount /usr", call, "mount", None, b"/usr", None, 32 | 4096, None)
    attempt("umount", call, "umount2", b"/proc", 2)
    attempt("pivot", call, "chroot", b"/tmp")


def capabilities():
    with open("/proc/self/status") as file:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    for name in ("CapEff", "CapPrm", "CapBnd", "CapAmb"):
        if int(status[name], 16) != 0:
            got(name, status[name])
    if status["NoNewPrivs"].strip() != "1":
        got("may gain privileges", status["NoNewPrivs"])
    if status["Seccomp"].strip() != "2":
        told("no filter of system calls", status["Seccomp"])


def set_user_id():
    """A program with the set-user-id bit, left for somebody else to run."""
    import shutil

    path = os.path.join(HOME, "su")
    shutil.copy("/bin/sh", path)
    try:
        os.chmod(path, 0o4755)
        told("bit", oct(os.stat(path).st_mode))
    except OSError as error:
        told("bit", error)
    output = subprocess.run(["su", "-c", "echo became-root", "nobody"], capture_output=True, timeout=10, text=True)
    told("su", output.stderr)
    attempt("chown", os.chown, path, 1234, 1234)


def trace():
    if not walled():
        return
    for pid in processes():
        if int(pid) in (os.getpid(),):
            continue
        attempt("traces %s" % pid, traced, int(pid))
        buffer = ctypes.create_string_buffer(64)
        vector = (ctypes.c_void_p * 2)(ctypes.cast(buffer, ctypes.c_void_p).value, 64)
        attempt("reads %s" % pid, call, "process_vm_readv", int(pid), vector, 1, vector, 1, 0)


def traced(pid):
    call("ptrace", 16, pid, None, None)
    os.waitpid(pid, 0x40000000)
    call("ptrace", 17, pid, None, None)
    return "attached"


def kill_first_process():
    if not walled():
        return
    for signal_number in (signal.SIGTERM, signal.SIGKILL, signal.SIGSTOP):
        try:
            os.kill(1, signal_number)
        except OSError as error:
            told("kill 1", error)


def kill_host_process():
    if not walled():
        return
    attempt("kills another", os.kill, WORLD["hostPid"], signal.SIGKILL)
    attempt("kills its group", os.killpg, WORLD["hostPid"], signal.SIGKILL)


def kill_all():
    """Everything that can be seen, uv and the relay among it."""
    if not walled():
        return
    os.kill(-1, signal.SIGKILL)


def kernel_settings():
    if not walled():
        return
    for path in (
        "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname", "/proc/sysrq-trigger", "/proc/sys/vm/drop_caches",
        "/proc/sys/kernel/modprobe", "/sys/kernel/uevent_helper", "/proc/sys/net/ipv4/ip_forward",
        "/sys/fs/cgroup/cgroup.procs", "/sys/fs/cgroup/release_agent", "/proc/sys/fs/binfmt_misc/register",
    ):
        attempt(path, open_to_write, path)


def open_to_write(path):
    os.close(os.open(path, os.O_WRONLY))
    return "opened"


def kernel_keys():
    attempt("adds a key", system_call, "add_key", b"user", b"hostile", b"x", 1, -4)
    attempt("user's keys", system_call, "keyctl", 0, -4, 0)
    attempt("session's keys", system_call, "keyctl", 0, -3, 0)


def dangerous_calls():
    if not walled():
        return
    attempt("bpf", system_call, "bpf", 0, 0, 0)
    attempt("io_uring", system_call, "io_uring_setup", 8, ctypes.create_string_buffer(256))
    attempt("userfaultfd", system_call, "userfaultfd", 0)
    attempt("personality", lambda: call("personality", 0x0040000) and "set")


def devices():
    if not walled():
        return
    for name in ("mem", "kmem", "kmsg", "port", "sda", "vda", "nvme0n1", "kvm", "fuse", "net/tun", "loop-control", "rtc", "vsock"):
        attempt("/dev/" + name, open_to_write, "/dev/" + name)
    for kind, number in ((stat.S_IFBLK, os.makedev(254, 0)), (stat.S_IFBLK, os.makedev(8, 0)), (stat.S_IFCHR, os.makedev(1, 1))):
        attempt("mknod", make_node, os.path.join(HOME, "node-%d" % number), kind, number)


def make_node(path, kind, number):
    os.mknod(path, 0o600 | kind, number)
    return open(path, "rb").read(1)


def odd_sockets():
    for name, family, kind, protocol in (
        ("vsock", 40, socket.SOCK_STREAM, 0),
        ("vsock datagrams", 40, socket.SOCK_DGRAM, 0),
        ("packets", socket.AF_PACKET, socket.SOCK_RAW, 0x0300),
        ("raw", socket.AF_INET, socket.SOCK_RAW, 1),
        ("raw IPv6", socket.AF_INET6, socket.SOCK_RAW, 58),
        ("kernel crypto", 38, socket.SOCK_SEQPACKET, 0),
        ("netfilter", socket.AF_NETLINK, socket.SOCK_RAW, 12),
        ("uevents", socket.AF_NETLINK, socket.SOCK_RAW, 15),
        ("audit", socket.AF_NETLINK, socket.SOCK_RAW, 9),
        ("bluetooth", 31, socket.SOCK_RAW, 1),
    ):
        attempt(name, open_socket, family, kind, protocol)


def open_socket(family, kind, protocol):
    with socket.socket(family, kind, protocol):
        return "opened"


def own_network():
    """Brings up an interface or a route of its own."""
    if not walled():
        return
    for argv in (["ip", "link", "add", "x0", "type", "dummy"], ["ip", "route", "add", "default", "via", "127.0.0.1"]):
        attempt(" ".join(argv), ran, argv)
    with open("/proc/net/dev") as file:
        names = [line.split(":")[0].strip() for line in file.readlines()[2:]]
    if names not in (["lo"], []):
        got("interfaces", names)


def ran(argv):
    return subprocess.run(argv, capture_output=True, timeout=10).returncode == 0


def terminal():
    """Types into the terminal of whoever started Relock."""
    if not walled():
        return
    import fcntl
    import termios

    for path in ("/dev/tty", "/dev/console", "/dev/pts/0"):
        attempt(path, lambda path=path: fcntl.ioctl(os.open(path, os.O_RDWR), termios.TIOCSTI, b"x") or "typed")
    for descriptor in (0, 1, 2):
        attempt("stream %d" % descriptor, lambda: fcntl.ioctl(descriptor, termios.TIOCSTI, b"x") or "typed")
