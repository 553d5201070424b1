"""What somebody who means harm, or a browser that has gone mad, may send: requests, and frames of the socket."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, quote_from_bytes

from hypothesis import strategies as st

from tests.security.addresses import ADDRESSES, ARGUMENTS, POSTED, Address

# What people of experience try first.
TRIED = (
    *("", " ", "\0", "a\0b", "\r\n", "\ufeff", "\u202egnp.exe", "\ud800", "\udfff\ud800", "0", "-1", "1.5", "1e999"),
    *("NaN", "Infinity", "true", "null", "None", "[]", "{}", "²", "٣", "9" * 30, "-" + "9" * 30, "9" * 5000),
    *("2147483648", "9223372036854775807", "9223372036854775808", "00000000-0000-0000-0000-000000000000"),
    *("2024-02-30", "0001-01-01T00:00", "9999-12-31T23:59:59+14:00", "../../etc/passwd", "C:\\x", "NUL", "%00", "%s"),
    *("' OR 1=1 --", "<script>alert(1)</script>", "{{ 7 * 7 }}", "hx-on:click", "__class__", "x" * 501, "x" * 100_001),
    *("*" * 3000, "[" * 3000, "| a " * 500 + "\n" + "|-" * 500, "``` \n" * 50, "$" * 500, "a" * 255 + ".txt"),
)

METHODS = ("GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "BREW")
QUERIES = ("before", "after", "q", "archived", "sort", "dir", "page")
HEADERS = (
    *(
        "Upload-Offset",
        "Upload-Length",
        "Upload-Name",
        "Upload-Type",
        "Upload-Input",
        "Upload-Token",
        "Range",
        "If-Range",
    ),
    *(
        "If-None-Match",
        "If-Modified-Since",
        "HX-Request",
        "HX-Boosted",
        "HX-Current-URL",
        "HX-Current-URL-URI-AutoEncoded",
    ),
    *("HX-Target", "HX-Prompt", "Accept-Language", "Accept-Encoding", "Accept", "Cookie", "Origin", "Referer"),
    *("Content-Length", "Content-Encoding", "Transfer-Encoding", "X-Requested-With", "X-Forwarded-Host"),
)
CONTENT_TYPES = (
    *("", "text/plain", "application/json", "application/octet-stream", "application/x-www-form-urlencoded"),
    *("application/x-www-form-urlencoded; charset=utf-7", "application/x-www-form-urlencoded; charset=nothing"),
    *("multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\xff", "multipart/mixed"),
    *("multipart/form-data; boundary=" + "x" * 300, "multipart/form-data; boundary=x; charset=utf-16", "a" * 1000),
)
BOUNDARY = "x"


@dataclass(frozen=True, slots=True)
class Name:
    """Something that is there, by its name in the World."""

    name: str


Value = bytes | Name


@dataclass(frozen=True, slots=True)
class Body:
    """What is posted: fields with, for files, their names and further headers, encoded and then cut short."""

    kind: str = "form"
    fields: Sequence[tuple[Value, Value, bytes | None, bytes]] = ()
    content_type: str = ""
    # How much of it arrives, in percent.
    arrives: int = 100

    def encoded(self, names: Mapping[str, str]) -> tuple[bytes, str]:
        """The bytes, and their content type."""
        parts = [
            (_filled(name, names), _filled(value, names), filename, headers)
            for name, value, filename, headers in self.fields
        ]
        if self.kind == "form":
            whole = b"&".join(
                f"{quote_from_bytes(name)}={quote_from_bytes(value)}".encode() for name, value, *_ in parts
            )
            kind = "application/x-www-form-urlencoded"
        elif self.kind == "multipart":
            whole, kind = _multipart(parts), f"multipart/form-data; boundary={BOUNDARY}"
        else:
            whole, kind = b"".join(value for _name, value, *_ in parts), "application/octet-stream"
        return whole[: len(whole) * self.arrives // 100], self.content_type or kind


@dataclass(frozen=True, slots=True)
class Request:
    """A request of an address of the app."""

    address: Address
    arguments: Mapping[str, str | Name]
    method: str = "POST"
    query: Sequence[tuple[str, Value]] = ()
    headers: Mapping[str, Value] = field(default_factory=dict)
    body: Body = Body()

    def target(self, names: Mapping[str, str]) -> str:
        """The path, and the query."""
        values = {
            name: names[value.name] if isinstance(value, Name) else value for name, value in self.arguments.items()
        }
        query = "&".join(f"{quote(name)}={quote_from_bytes(_filled(value, names))}" for name, value in self.query)
        return self.address.path(values) + (f"?{query}" if query else "")

    def sent_headers(self, names: Mapping[str, str]) -> dict[str, str]:
        """The headers as a server takes them from the wire: without ends of lines, which end them."""
        return {
            name: _filled(value, names).decode("latin-1").translate({10: " ", 13: " ", 0: " "})
            for name, value in self.headers.items()
        }


def _filled(value: Value, names: Mapping[str, str]) -> bytes:
    return names[value.name].encode() if isinstance(value, Name) else value


def _multipart(parts: Iterable[tuple[bytes, bytes, bytes | None, bytes]]) -> bytes:
    lines = []
    for name, value, filename, headers in parts:
        disposition = b'Content-Disposition: form-data; name="' + name + b'"'
        if filename is not None:
            disposition += b'; filename="' + filename + b'"'
        lines += [f"--{BOUNDARY}".encode(), disposition, *([headers] if headers else []), b"", value]
    return b"\r\n".join([*lines, f"--{BOUNDARY}--".encode(), b""])


# Requests

TEXTS = st.sampled_from(TRIED) | st.text(st.characters(), max_size=20)
BYTES = TEXTS.map(lambda text: text.encode("utf-8", "surrogatepass")) | st.binary(max_size=20)

# What a path may have in the place of each kind of argument, beside what is there: converters let nothing else in.
_SLUGS = st.sampled_from(["inputs", "members", "nothing", "-", "None", "p1", "p999", "x" * 300])
_UUIDS = st.uuids().map(str)
_NUMBERS = st.sampled_from(["0", "1", "2147483648", "9223372036854775808", "9" * 30, "9" * 4000])
_STRINGS = st.text(st.characters(codec="utf-8", exclude_characters="/"), min_size=1, max_size=20)
_CONVERTED = {"slug": _SLUGS, "uuid": _UUIDS, "int": _NUMBERS, "str": _STRINGS}
_OTHERS = {
    "message": ["question"],
    "part": ["form"],
    "file": ["table", "upload"],
    "uuid": ["other", "fresh"],
    "token": ["link"],
}


def requests(names: Iterable[str], fields: Iterable[str]) -> st.SearchStrategy[Request]:
    """Requests of every address, with fields of these names, to what is there by these names or to anything."""
    known = st.sampled_from(sorted(names)).map(Name)
    values: st.SearchStrategy[Value] = known | BYTES
    part = st.tuples(
        st.sampled_from(sorted(fields)).map(str.encode) | BYTES,
        values,
        st.none() | BYTES,
        st.sampled_from(
            [b"", b"Content-Type: text/html", b"Content-Transfer-Encoding: base64", b"\xff: \0", b"x" * 2000]
        ),
    )
    query = st.lists(st.tuples(st.sampled_from(QUERIES), values), max_size=2)
    headers = st.dictionaries(st.sampled_from(HEADERS), values, max_size=3)
    return st.one_of([_request(address, part, query, headers) for address in ADDRESSES])


def _request(address: Address, part: Any, query: Any, headers: Any) -> st.SearchStrategy[Request]:
    right: list[tuple[Value, Value, bytes | None, bytes]] = [
        (name.encode(), value.encode(), None, b"") for name, value in POSTED.get(address.name, {}).items()
    ]
    body = st.builds(
        Body,
        kind=st.sampled_from(["form", "form", "multipart", "raw"]),
        # The last of several values of a field counts.
        fields=st.lists(part, max_size=2).map(lambda wrong: [*right, *wrong]),
        content_type=_mostly(st.just(""), st.sampled_from(CONTENT_TYPES)),
        arrives=_mostly(st.just(100), st.integers(0, 100)),
    )
    return st.builds(
        Request,
        st.just(address),
        st.fixed_dictionaries({name: _argument(name, kind) for name, kind in address.arguments.items()}),
        _mostly(st.just("POST" if address.acts else "GET"), st.sampled_from(METHODS)),
        query,
        headers,
        body,
    )


def _mostly(usual: st.SearchStrategy[Any], otherwise: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(*[usual] * 7, otherwise)


def _argument(name: str, kind: str) -> st.SearchStrategy[str | Name]:
    there = st.sampled_from([ARGUMENTS[name], ARGUMENTS[name], *_OTHERS.get(name, [])]).map(Name)
    return _mostly(there, _CONVERTED[kind])


# Frames

_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
_ANY = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=6
)
_TYPES = ("ack", "send", "stop", "error", "message.patch", "chat.frame", "chat_logout", "websocket.receive", "dispatch")
_KEYS = ("bytes", "message", "seq", "key", "text", "token", "input", "id")
_NUMBERED = st.integers(-1, 2**54) | st.sampled_from([2**53 - 1, 2**63, 10**30]) | _ANY


def frames(ids: Sequence[int], most: int) -> st.SearchStrategy[list[str | bytes]]:
    """What may come up the socket: frames that are right, and one that may be anything. At ``most`` so many.

    It may be almost right, JSON of any shape, text, bytes, or very long.
    """
    right = st.one_of(
        st.builds(lambda size: {"type": "ack", "bytes": size}, st.integers(0, 2**53 - 1)),
        st.builds(
            lambda pk: {"type": "ack", "message": pk, "seq": 0}, st.sampled_from(ids) | st.integers(0, 2**53 - 1)
        ),
        st.builds(lambda key, text: {"type": "send", "key": str(key), "text": text}, st.uuids(), TEXTS),
    )
    almost = st.builds(
        lambda kind, rest: {"type": kind, **rest},
        st.sampled_from(_TYPES) | _ANY,
        st.dictionaries(st.sampled_from(_KEYS), _NUMBERED, max_size=4),
    )
    written = (right | almost | _ANY).map(json.dumps)
    any_frame = st.one_of(
        written,
        st.text(max_size=40),
        st.binary(max_size=40),
        written.map(str.encode),
        written.map(lambda text: "\ufeff" + text),
        written.map(lambda text: text[:-1] + ', "type": "ack", "bytes": 1}'),
        st.sampled_from(
            ["[" * 100_000, '{"a":' * 100_000, "a" * 1_000_000, "", "\0", '{"type": "ack", "bytes": 1e400}']
        ),
    )
    return st.builds(lambda first, last: [*first, last], st.lists(right.map(json.dumps), max_size=most - 1), any_frame)
