"""Attacks that take all there is. Each ends by itself before long where nothing stops it."""
import ctypes
import mmap
import os
import signal
import subprocess
import sys
import threading
import time

from backend import CHECKOUT, HOME, WORLD, got, told, walled

SECONDS = 40


def fork_bomb():
    if not walled():
        return
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        try:
            if os.fork() == 0:
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
        except OSError:
            time.sleep(0.05)
    os._exit(0)


def fork_chain():
    """Each ends as soon as it has a child: never many, never the same."""
    if not walled():
        return
    until = time.monotonic() + SECONDS
    if os.fork() != 0:
        time.sleep(SECONDS)
        return
    while time.monotonic() < until:
        if os.fork() != 0:
            os._exit(0)
    os._exit(0)


def thread_bomb():
    if not walled():
        return
    threading.stack_size(64 << 10)
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        try:
            threading.Thread(target=time.sleep, args=(SECONDS,), daemon=True).start()
        except RuntimeError:
            time.sleep(0.05)


def memory_hog():
    hold = []
    until = time.monotonic() + SECONDS
    while walled() and time.monotonic() < until and len(hold) < 400:
        hold.append(b"x" * (32 << 20))


def shared_memory_hog():
    """Of many processes together, by mappings that they share."""
    hold = []
    while walled() and len(hold) < 200:
        area = mmap.mmap(-1, 64 << 20)
        for at in range(0, len(area), 4096):
            area[at] = 1
        hold.append(area)
    time.sleep(3)


def many_small_hogs():
    if not walled():
        return
    for _ in range(60):
        code = "import time; x = b'x' * (160 << 20); time.sleep(%d)" % SECONDS
        subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
        time.sleep(0.1)
    time.sleep(SECONDS)


def temporary_files():
    """Files of /tmp and /dev/shm are memory."""
    for folder in ("/tmp", "/dev/shm"):
        if not walled():
            return
        try:
            with open(folder + "/fill", "wb") as file:
                for _ in range(64 * 1024):
                    file.write(b"x" * (1 << 20))
            got("no end of " + folder)
        except OSError as error:
            told(folder, error)


def big_file():
    """One file, at once."""
    if not walled():
        return
    with open(os.path.join(HOME, "big"), "wb") as file:
        for step in range(64):
            os.posix_fallocate(file.fileno(), step << 30, 1 << 30)
            time.sleep(0.2)


def many_files():
    if not walled():
        return
    until = time.monotonic() + SECONDS
    number = 0
    while time.monotonic() < until:
        with open(os.path.join(CHECKOUT, "f%d" % number), "wb") as file:
            os.posix_fallocate(file.fileno(), 0, 64 << 20)
        number += 1


def unlinked_files():
    """Room that no name leads to any more."""
    if not walled():
        return
    held = []
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        file = open(os.path.join(HOME, "gone"), "wb")
        os.unlink(file.name)
        os.posix_fallocate(file.fileno(), 0, 64 << 20)
        held.append(file)


def empty_files():
    """No bytes, but one entry of the file system each."""
    if not walled():
        return
    for number in range(20000):
        os.close(os.open(os.path.join(HOME, "e%d" % number), os.O_CREAT | os.O_WRONLY))
    told("made", 20000)


def deep_folders():
    """Deeper than a path may be long, for whoever has to remove it."""
    os.chdir(HOME)
    for depth in range(2500):
        os.mkdir("deep")
        os.chdir("deep")
    told("depth", 2500)


def odd_names():
    for name in (b"\xff\xfe", b"-rf", b"a\nb", b"\x1b[2J", b"x" * 255, b" ", b"$(touch x)"):
        os.mkdir(os.path.join(HOME.encode(), name))
    folder = os.path.join(HOME, "shut")
    os.makedirs(folder + "/in")
    os.chmod(folder, 0)
    os.chmod(CHECKOUT, 0o500)
    import fcntl
    import struct

    path = os.path.join(HOME, "immutable")
    with open(path, "w") as file:
        try:
            fcntl.ioctl(file.fileno(), 0x40086602, struct.pack("l", 0x10))
            got("immutable", path)
        except OSError as error:
            told("immutable", error)


def output_flood():
    until = time.monotonic() + SECONDS
    line = b"A line of the build's output, over and over again.\n" * 1000
    while time.monotonic() < until:
        os.write(2, line)


def output_of_failure():
    """uv keeps what a build prints, and prints all of it when the build fails."""
    for _ in range(600):
        os.write(2, b"A line of the build's output, over and over again.\n" * 1000)
    raise RuntimeError("failed")


def output_without_end_of_line():
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        os.write(1, b"x" * 65536)


def open_files():
    """As many descriptors and watchers as there are."""
    held = []
    why = None
    try:
        while len(held) < 200000:
            held.append(os.open("/dev/null", os.O_RDONLY))
    except OSError as error:
        why = error
    for descriptor in held:
        os.close(descriptor)
    told("descriptors", "%d: %s" % (len(held), why))
    libc = ctypes.CDLL(None)
    watchers = []
    while len(watchers) < 2000:
        watcher = libc.inotify_init1(0)
        if watcher < 0:
            break
        watchers.append(watcher)
    for watcher in watchers:
        os.close(watcher)
    told("watchers", len(watchers))


def deaf_sleeper():
    """Hears no signal and never ends."""
    for number in range(1, 32):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    subprocess.Popen(
        [sys.executable, "-c", "import signal,time\nfor n in (1,2,15): signal.signal(n, signal.SIG_IGN)\ntime.sleep(600)", WORLD["daemonMarker"]],
        start_new_session=True,
    )
    time.sleep(600)


def busy():
    """All processors, without end."""
    for _ in range(4):
        subprocess.Popen([sys.executable, "-c", "while True: pass", WORLD["daemonMarker"]], start_new_session=True)
    while True:
        pass


def stopped():
    """Stops itself and those above it."""
    if not walled():
        return
    os.kill(os.getppid(), signal.SIGSTOP)
    os.kill(os.getpid(), signal.SIGSTOP)
