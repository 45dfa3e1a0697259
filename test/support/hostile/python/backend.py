"""A PEP 517 build backend that wants nothing, gives right metadata, and attacks whoever builds it.

What it finds out goes into a file of its home, which the test reads before that home is removed: `ran` once the attack came
to its end, `got` for everything that an attack must not get, `told` for the rest.
"""
import importlib
import json
import os
import re
import sys
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(HERE, "attack.json"), encoding="utf-8") as file:
    ATTACK = json.load(file)
#: What the test planted, and where: an attacker who knows his target well.
WORLD = ATTACK["world"]
HOME = os.environ.get("HOME", "/nonexistent")
#: Where Relock keeps the copy of the repository that belongs to this home.
CHECKOUT = os.path.join(os.path.dirname(HOME), "checkout")
#: All secrets of the test look like this one.
SECRET = re.compile(rb"planted-[a-z]+-[0-9a-f]{12}")


def note(kind, what, value=""):
    line = json.dumps({"kind": kind, "what": what, "value": str(value)[:300]})
    with open(os.path.join(HOME, "hostile-%s.jsonl" % ATTACK["name"]), "a", encoding="utf-8") as report:
        report.write(line + "\n")


def got(what, value=""):
    note("got", what, value)


def told(what, value=""):
    note("told", what, value)


def attempt(what, do, *args, **more):
    """Whatever `do` gives, unless it is None or False, should not have been had."""
    try:
        value = do(*args, **more)
    except (Exception, SystemExit) as error:
        told(what, "%s: %s" % (type(error).__name__, error))
        return None
    if value is not None and value is not False:
        got(what, value)
    return value


def put(path, text="pwned\n"):
    with open(path, "a") as file:
        file.write(text)
    return path


def put_unseen(path):
    """Where a path may lie in the sandbox's own memory: the test looks at the true one."""
    try:
        told(put(path))
    except OSError as error:
        told(path, error)


def search(what, data):
    """A planted secret in there?"""
    if isinstance(data, str):
        data = data.encode("utf-8", "replace")
    found = SECRET.search(data)
    if found:
        got(what, found.group().decode())


def search_file(path):
    try:
        with open(path, "rb") as file:
            search(path, file.read(1 << 20))
    except OSError as error:
        told(path, error)


def processes():
    return [name for name in os.listdir("/proc") if name.isdigit()]


def walled():
    """Whether the test's own process is out of sight. Attacks that would harm the machine do nothing where it is not."""
    if os.path.exists("/proc/%s" % WORLD["hostPid"]):
        got("no walls")
        return False
    return True


def run_attack():
    if ATTACK["module"] is None:
        return
    module = importlib.import_module(ATTACK["module"])
    try:
        getattr(module, ATTACK["function"])()
        note("ran", "")
    except BaseException:
        note("ran", "", traceback.format_exc()[-300:])
        raise


def get_requires_for_build_wheel(config_settings=None):
    return []


def get_requires_for_build_sdist(config_settings=None):
    return []


def get_requires_for_build_editable(config_settings=None):
    return []


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    folder = "%s-%s.dist-info" % (ATTACK["name"].replace("-", "_"), ATTACK["version"])
    full = os.path.join(metadata_directory, folder)
    os.mkdir(full)
    with open(os.path.join(full, "METADATA"), "w", encoding="utf-8") as file:
        file.write("Metadata-Version: 2.1\nName: %s\nVersion: %s\n" % (ATTACK["name"], ATTACK["version"]))
    with open(os.path.join(full, "WHEEL"), "w", encoding="utf-8") as file:
        file.write("Wheel-Version: 1.0\nGenerator: hostile\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    sys.path.insert(0, HERE)
    sys.stdout.flush()
    run_attack()
    return folder


prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    import zipfile

    name = "%s-%s-py3-none-any.whl" % (ATTACK["name"].replace("-", "_"), ATTACK["version"])
    folder = prepare_metadata_for_build_wheel(wheel_directory)
    with zipfile.ZipFile(os.path.join(wheel_directory, name), "w") as wheel:
        for file in ("METADATA", "WHEEL"):
            wheel.write(os.path.join(wheel_directory, folder, file), "%s/%s" % (folder, file))
        wheel.writestr("%s/RECORD" % folder, "")
    return name


build_editable = build_wheel
