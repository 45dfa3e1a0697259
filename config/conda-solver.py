"""The `conda` that Relock hands to conda-lock: answers its few calls, solves with py-rattler, installs nothing.

    --version
    create  --prefix P --dry-run --json [--override-channels] [--channel C]... SPEC...
    install|update -p P --dry-run --json [--override-channels] [--channel C]... SPEC...
    list [--no-pip] -p P --json
    info --json
    config --json list pkgs_dirs

Environment: CONDA_SUBDIR (the platform to solve for), CONDA_PKGS_DIRS (both set by conda-lock), XDG_CACHE_HOME (where
repodata is kept), RELOCK_EXCLUDE_NEWER (ISO 8601 instant: packages that were built or indexed at or after it do not
exist). py-rattler itself reads proxies and certificates: HTTPS_PROXY, SSL_CERT_FILE.

A failure is `{"message": ...}` on stdout and exit code 1; conda-lock prints the message. Its first line is
`relock-conda: CODE: SENTENCE`, which Relock's recogniser reads; further lines explain. The codes:

    channel-unreachable      no answer, no such host, a refused connection, HTTP 5xx or 429
    channel-refused          HTTP 401, 403 or 407
    channel-missing          the channel has no noarch/repodata.json (HTTP 404), which every channel has
    channel-broken-off       an answer ended before it was whole
    channel-unreadable       an answer came whole, and is no repodata
    platform-unsupported     unsatisfiable, and no channel has a package for the platform
    virtual-package-missing  unsatisfiable for want of virtual packages alone (`__cuda >=12`)
    unsatisfiable            the solver's explanation follows
    spec-unreadable          a spec or a channel that py-rattler cannot read
    usage                    a call that this program does not know
    internal                 a defect: a Python traceback follows

With RELOCK_EXCLUDE_NEWER, packages of which nobody knows when they came are kept and told, on stderr and, since conda-lock
drops that, as a line of the file that RELOCK_CONDA_NOTES names: `PLATFORM: N records without a time: NAME, ...`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import sys
import tempfile
import traceback
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Dict, List, NoReturn, Optional, Sequence, Tuple

Json = Dict[str, Any]

# That of a conda whose answers have this form.
CONDA_VERSION = "26.1.0"
CHANNEL_ALIAS = "https://conda.anaconda.org/"
# What conda means by the channel `defaults`, and by names below `pkgs/`.
ANACONDA = "https://repo.anaconda.com/"
DEFAULTS = {True: ("pkgs/main", "pkgs/r", "pkgs/msys2"), False: ("pkgs/main", "pkgs/r")}
RETRIES = 2
# Of one request, seconds; the whole repodata of a big channel is 40 MB.
TIMEOUT = 240
# Requests at once: the way to the network has a limit too.
CONCURRENT = 24


class Failure(Exception):
    """What ends a call with a message."""

    def __init__(self, code: str, sentence: str, detail: str = "") -> None:
        super().__init__(sentence)
        message = f"relock-conda: {code}: {sentence}\n{detail}".rstrip()
        self.answer = {"success": False, "error": message, "message": message}


def answer(value: object) -> None:
    print(json.dumps(value, indent=2))


def subdir() -> str:
    """The platform to solve for."""
    return os.environ.get("CONDA_SUBDIR") or "linux-64"


def package_folder() -> str:
    return os.environ.get("CONDA_PKGS_DIRS") or str(Path(tempfile.gettempdir()) / "conda-pkgs")


def cache_folder() -> Path:
    """In the home of one lock, so that several solves of it read the channels once."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or package_folder()) / "relock-conda"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def cutoff() -> Optional[datetime]:
    """The last instant that still counts; py-rattler includes the one that it is given."""
    text = os.environ.get("RELOCK_EXCLUDE_NEWER", "").strip()
    if not text:
        return None
    try:
        # Python before 3.11 does not read `Z`.
        instant = datetime.fromisoformat(re.sub(r"[Zz]$", "+00:00", text))
    except ValueError:
        raise Failure("usage", f"RELOCK_EXCLUDE_NEWER is no ISO 8601 instant: {text[:60]!r}.") from None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=timezone.utc)
    return instant.astimezone(timezone.utc) - timedelta(milliseconds=1)


def shown(text: str) -> str:
    """Without the token or the password that an address may hold."""
    return re.sub(r"(/t/)[^/\s]+(?=/)|(?<=://)[^/@\s]+@", lambda found: "/t/***" if found[1] else "***@", text)


def address_of(channel: str) -> str:
    """A channel as conda-lock passes it on: the name, or the address that conda knows it by."""
    return ANACONDA + channel if channel.startswith("pkgs/") else channel


def is_virtual(channel: str) -> bool:
    """conda-lock's own channel of `__glibc` and so on."""
    return channel.startswith("file:") and "conda-lock-fake-repodata" in channel


def open_channels(names: Sequence[str]) -> List[Tuple[str, Any]]:
    """Channels in their order, each with what py-rattler takes."""
    import rattler

    config = rattler.ChannelConfig(CHANNEL_ALIAS)
    opened: List[Tuple[str, Any]] = []
    # conda-lock adds `msys2` to `defaults` for Windows, where it is among those.
    for name in dict.fromkeys(each for each in names if each != "msys2" or "defaults" not in names):
        try:
            if name == "defaults":
                parts = DEFAULTS[subdir().startswith("win-")]
                grouped = [rattler.Channel(address_of(part), config) for part in parts]
                opened.append((name, rattler.MultiSource(name, grouped)))
            else:
                opened.append((name, rattler.Channel(address_of(name), config)))
        except Exception as error:
            raise Failure("spec-unreadable", f"the channel {shown(name)} cannot be read: {error}") from None
    return opened


def gateway(without_shards: Sequence[str]) -> Any:
    import rattler
    from rattler.networking import Client, RetryMiddleware
    from rattler.repo_data import SourceConfig

    # No AuthenticationMiddleware: nobody's stored credentials are looked for.
    return rattler.Gateway(
        cache_dir=str(cache_folder()),
        client=Client(middlewares=[RetryMiddleware(RETRIES)], timeout=TIMEOUT, user_agent="relock-conda"),
        max_concurrent_requests=CONCURRENT,
        per_channel_config={url: SourceConfig(sharded_enabled=False) for url in without_shards},
    )


def base_urls(source: Any) -> List[str]:
    return [part.base_url for part in getattr(source, "sources", [source])]


def explain_channel(name: str, error: Exception) -> Failure:
    """Tells apart why a channel could not be read, by py-rattler's words (0.28)."""
    text = shown(str(error))
    status = re.search(r"HTTP status [a-z ]+\((\d{3})", text)
    code = int(status[1]) if status else 0
    kind, told = "unreachable", f"cannot be reached: it {f'answered HTTP {code}' if code else 'does not answer'}"
    if code in (401, 403, 407):
        kind, told = "refused", f"refused access (HTTP {code})"
    elif "could not find subdir" in text or code == 404:
        kind, told = "missing", "does not exist (HTTP 404)"
    elif re.search(r"reading a body|message length|unexpected end of file|decoding response", text):
        kind, told = "broken-off", "ended an answer before it was whole"
    elif code == 0 and "error sending request" not in text and re.search(r"(?i)pars|deserial|deco|invalid", text):
        kind, told = "unreadable", "sent what is no repodata"
    return Failure(f"channel-{kind}", f"the conda channel {shown(name)} {told}.", text)


def is_about_shards(error: str) -> bool:
    """Not of a server that does not answer at all: it is not asked again."""
    return "shard" in error and ("HTTP status" in error or "repodata_shards" not in error)


async def read_channels(channels: Sequence[Tuple[str, Any]]) -> Tuple[Any, List[str]]:
    """Opens each channel, so that a failure names it. Gives the way to them, and those with packages for the platform."""
    unsharded: List[str] = []
    while True:
        way = gateway(unsharded)
        asked = [way.names([source], [subdir(), "noarch"]) for _, source in channels]
        results = zip(channels, await asyncio.gather(*asked, return_exceptions=True))
        failed = [(name, source, found) for (name, source), found in results if isinstance(found, Exception)]
        # Some servers refuse what they do not have, and shards may be on a host that is not to be reached: the whole
        # repodata may be there all the same.
        again = [url for _, source, error in failed if is_about_shards(str(error)) for url in base_urls(source)]
        again = [url for url in again if url not in unsharded]
        if not failed:
            break
        if not again:
            raise explain_channel(failed[0][0], failed[0][2])
        unsharded += again
    own = [(name, source) for name, source in channels if not is_virtual(name)]
    names = await asyncio.gather(*(way.names([source], [subdir()]) for _, source in own))
    return way, [name for (name, _), found in zip(own, names) if found]


def match_spec(text: str) -> Any:
    import rattler

    try:
        channel, separator, rest = text.rpartition("::")
        return rattler.MatchSpec(f"{address_of(channel)}::{rest}" if separator else text)
    except Exception as error:
        raise Failure("spec-unreadable", f"the spec {text[:200]!r} cannot be read: {error}") from None


async def solve(names: Sequence[str], specs: Sequence[str], locked: Sequence[Any], pins: Sequence[str]) -> List[Any]:
    import rattler

    wanted, channels = [match_spec(spec) for spec in specs], open_channels(names)
    way, with_platform = await read_channels(channels)
    try:
        records = await rattler.solve(
            sources=[source for _, source in channels],
            specs=wanted,
            constraints=[match_spec(pin) for pin in pins],
            gateway=way,
            platforms=[subdir(), "noarch"],
            locked_packages=list(locked),
            virtual_packages=[],  # Those of conda-lock's own channel count, and none of this machine.
            channel_priority=rattler.ChannelPriority.Strict,
            exclude_newer=cutoff(),
            timestamp_policy="allow-missing",
        )
    except Exception as error:
        kind = type(error).__name__
        if kind == "SolverError":
            raise explain_conflict(str(error), names, with_platform) from None
        if kind != "GatewayError":
            raise
        named = [name for name, source in channels if any(url in str(error) for url in base_urls(source))]
        raise explain_channel(named[0] if named else "that a package is in", error) from None
    tell_undated(records)
    return sorted(records, key=lambda record: record.name.normalized)


def explain_conflict(explanation: str, names: Sequence[str], with_platform: Sequence[str]) -> Failure:
    own = [shown(name) for name in names if not is_virtual(name)]
    detail = explanation.replace("Cannot solve the request because of: ", "").strip()
    if cutoff() is not None:
        detail += f"\nPackages of {os.environ['RELOCK_EXCLUDE_NEWER']} and later were left out (cool-down)."
    if len(own) > 1:
        detail += f"\nA package is taken from the first channel that has it, in this order: {', '.join(own)}."
    if own and not with_platform:
        return Failure("platform-unsupported", f"no package for {subdir()} is in any of: {', '.join(own)}.", detail)
    lacking = r"([^│├└─\n]+), for which no candidates were found|No candidates were found for ([^\n]+)\."
    needs = [(inner or outer).strip() for inner, outer in re.findall(lacking, explanation)]
    if needs and all(need.startswith("__") for need in needs) and "is excluded because" not in explanation:
        told = ", ".join(dict.fromkeys(needs))
        return Failure("virtual-package-missing", f"{subdir()} has no virtual package {told}.", detail)
    return Failure("unsatisfiable", f"no packages for {subdir()} fit together.", detail)


def tell_undated(records: Sequence[Any]) -> None:
    undated = [each.name.normalized for each in records if each.timestamp is None and each.indexed_timestamp is None]
    if undated and cutoff():
        told = f"{subdir()}: {len(undated)} records without a time: {', '.join(sorted(undated)[:20])}"
        print(f"relock-conda: {told}", file=sys.stderr)
        if os.environ.get("RELOCK_CONDA_NOTES"):
            # Threat: the repository has a link of that name.
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
            os.write(os.open(os.environ["RELOCK_CONDA_NOTES"], flags, 0o600), f"{told}\n".encode())


def identity(record: Json) -> Tuple[str, str, str]:
    return record["name"], record["version"], record["build"]


def link_action(record: Json) -> Json:
    base = record["url"].rsplit("/", 2)[0]
    return {
        **{"name": record["name"], "version": record["version"], "platform": record["subdir"]},
        **{"build_string": record["build"], "build_number": record.get("build_number", 0)},
        **{"base_url": base, "channel": base.rsplit("/", 1)[-1], "dist_name": "-".join(identity(record))},
    }


def fetch_action(record: Any) -> Json:
    return {
        **json.loads(record.to_json()),
        **{"name": record.name.normalized, "version": str(record.version), "build": str(record.build)},
        **{"build_number": record.build_number, "subdir": str(record.subdir), "size": record.size},
        **{"channel": record.url.rsplit("/", 1)[0], "fn": record.file_name, "url": record.url},
        **{"depends": list(record.depends), "constrains": list(record.constrains)},
        "md5": record.md5.hex() if record.md5 else "",
        "sha256": record.sha256.hex() if record.sha256 else None,
    }


def read_prefix(prefix: str) -> List[Json]:
    """What conda-lock says is installed: files that it wrote itself, from its lock."""
    return [json.loads(path.read_text("utf-8")) for path in sorted((Path(prefix) / "conda-meta").glob("*.json"))]


def read_pins(prefix: str) -> List[str]:
    path = Path(prefix) / "conda-meta" / "pinned"
    lines = [line.strip() for line in (path.read_text("utf-8").splitlines() if path.is_file() else [])]
    return [line for line in lines if line and not line.startswith("#")]


def as_locked(record: Json) -> Any:
    import rattler

    package = rattler.PackageRecord(
        name=record["name"],
        version=record["version"],
        build=rattler.BuildString(record["build"]),
        build_number=record.get("build_number", 0),
        subdir=record["subdir"],
        depends=record.get("depends", []),
        md5=bytes.fromhex(record["md5"]) if record.get("md5") else None,
        sha256=bytes.fromhex(record["sha256"]) if record.get("sha256") else None,
    )
    return rattler.RepoDataRecord(package, record["fn"], record["url"], record["channel"])


def create(prefix: str, channels: Sequence[str], specs: Sequence[str]) -> None:
    records = asyncio.run(solve(channels, specs, [], read_pins(prefix)))
    answer_plan(prefix, [fetch_action(record) for record in records], [])


def update(prefix: str, channels: Sequence[str], specs: Sequence[str]) -> None:
    """Moves what the specs name, and of the rest only what has to."""
    installed = [each for each in read_prefix(prefix) if not each["name"].startswith("__")]
    named = {match_spec(spec).name.normalized for spec in specs}
    kept = [each for each in installed if each["name"] not in named]
    wanted = [*specs, *(each["name"] for each in kept)]
    records = asyncio.run(solve(channels, wanted, [as_locked(each) for each in kept], read_pins(prefix)))
    before = {identity(each) for each in installed}
    moved = [each for each in map(fetch_action, records) if identity(each) not in before]
    if moved:
        answer_plan(prefix, moved, [each for each in installed if each["name"] in {one["name"] for one in moved}])
    else:
        answer({"success": True, "message": "All requested packages already installed."})


def answer_plan(prefix: str, fetched: Sequence[Json], removed: Sequence[Json]) -> None:
    actions: Json = {"PREFIX": prefix, "FETCH": fetched, "LINK": [link_action(each) for each in fetched]}
    if removed:
        actions["UNLINK"] = [link_action(each) for each in removed]
    answer({"success": True, "dry_run": True, "prefix": prefix, "actions": actions})


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise Failure("usage", message)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = Parser(prog="conda", allow_abbrev=False, add_help=False)
    parser.add_argument("call", nargs="?", choices=("create", "install", "update", "list", "info", "config"))
    parser.add_argument("-V", "--version", action="store_true")
    parser.add_argument("-p", "--prefix", default="")
    parser.add_argument("-c", "--channel", action="append", default=[])
    for flag in ("--json", "--dry-run", "--override-channels", "--no-pip"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("specs", nargs="*")
    return parser.parse_intermixed_args(list(arguments))


def main(arguments: Sequence[str]) -> None:
    given = parse(arguments)
    if given.version or given.call is None:
        print(f"conda {CONDA_VERSION}")
    elif given.call == "list":
        answer([link_action(each) for each in read_prefix(given.prefix)])
    elif given.call in ("info", "config"):
        answer({"conda_version": CONDA_VERSION, "platform": subdir(), "pkgs_dirs": [package_folder()]})
    elif not given.dry_run:
        raise Failure("usage", "this program only solves (--dry-run); it installs nothing.")
    elif given.call == "create":
        create(given.prefix, given.channel, given.specs)
    else:
        update(given.prefix, given.channel, given.specs)


def run(arguments: Sequence[str]) -> int:
    """Gives the exit code."""
    try:
        main(arguments)
        return 0
    except Failure as failure:
        answer(failure.answer)
    except BaseException as error:
        answer(Failure("internal", f"{type(error).__name__}: {error}", traceback.format_exc()).answer)
    return 1


if __name__ == "__main__":
    exit_code = run(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    # py-rattler's threads outlive the interpreter's end, and crash it after a whole answer in one run of seven.
    os._exit(exit_code)
