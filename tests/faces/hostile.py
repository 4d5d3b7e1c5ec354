"""What nobody sends who means well: texts, numbers, days, addresses, headers, bodies, as tests send them."""

from __future__ import annotations

from html.parser import HTMLParser

TEXTS = (
    "\x00", "a\x00b", "²", "１２", "٣", "-1", "-0", "0", "1e309", "NaN", "Infinity", "9" * 30, "9223372036854775808",
    "9223372036854775807", "2147483648", "0000-01-01", "0001-01-01", "9999-12-31", "9999-12-31T23:59",
    "9999-12-31T23:59:59-23:59", "0001-01-01T00:00+23:59", "10000-01-01", "2014-02-30", "2014-02-21T10:00+99:00",
    "2014-02-21T10:00", "2014-02", "25:00", "24:00", "-infinity", "1_000", " 1 ", "1\n", "x" * 100_000,
    "'\"><script>alert(1)</script>", "{{7*7}}${7*7}#panic()", "=cmd|' /C calc'!A0", "\u202e\u200b", "😀" * 1000,
    "../../etc/passwd", "//evil.example/", "\\", "[", "{", "null", "[]", "{}", "\r\nBcc: x@evil.example",
    "\ufffe\uffff", "%", "a,b", "1,2", "a:b", "1:2", "-", "", ":", ".", "1.2.3", "[1]", "٣:٠٠",
)  # fmt: skip
PARTS = (
    "\x00", "a\x00b", "%2e%2e", "x" * 3000, "'\"<script>", "\r\nX: y", "１２", "😀", "\ufffe", "-", "0", "1" * 30,
    "9223372036854775808", "9223372036854775807", "2147483648", "²", ":", "a:b", "..", "%", "%ff", "=MA==",
)  # fmt: skip
"""What stands in a place of an address."""
HEADERS = (
    {"referer": "http://["}, {"referer": "http://[::1/x"}, {"referer": "//"}, {"referer": "\x00"}, {"origin": "http://["},
    {"accept-language": "zh;q=²"}, {"accept-language": ";;;,,,=q"}, {"accept": "\xff"},
    {"cookie": "zhihai_session=\x00"}, {"cookie": "messages=x:y"}, {"cookie": "csrftoken=%00"}, {"range": "bytes=5-1"},
    {"if-modified-since": "Sat, 31 Feb 9999999 00:00:00 GMT"}, {"hx-request": "true", "hx-current-url": "http://["},
    {"sec-fetch-site": "²"}, {"x-forwarded-for": "²"}, {"authorization": "Bearer ²"}, {"authorization": "Basic !!!"},
    {"accept-encoding": "gzip;q=²"}, {"host": "127.0.0.1:²"}, {"user-agent": "\x00\xff" * 200},
)  # fmt: skip
FORM = "application/x-www-form-urlencoded"
BODIES = (
    ("application/json", b"{"), ("application/json", b'{"a":"\\ud800"}'), ("text/xml", b"<!DOCTYPE x>"), ("", b"a=1"),
    ("multipart/form-data", b"x"), ("multipart/form-data; boundary=\xff", b"x"),
    ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\ncut off'),
    (
        "multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="x"; filename="a\x00b"\r\n'
        b"Content-Type: \xff\r\n\r\nx\r\n--b--\r\n",
    ),
    (FORM, b"&".join(b"a%d=1" % n for n in range(3000))), (FORM, b"a=%ff%fe%00"),
    (f"{FORM}; charset=utf-16", b"a=1"), (f"{FORM}; charset=nonsense", b"a=1"), (f"{FORM}; charset=idna", b"a=\xff"),
)  # fmt: skip
METHODS = ("PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "BREW")
USUAL = {
    "date": "2014-02-21",
    "number": "1",
    "datetime-local": "2014-02-21T10:00",
    "time": "10:00",
    "email": "a@b.example",
}
"""What somebody would have written into a field of this sort."""


class Forms(HTMLParser):
    """Finds the forms of a page as a browser would send them: method, address, and what each field holds."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str, dict[str, str]]] = []
        self._fields: dict[str, str] | None = None
        self._chosen = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name, sort = given.get("name", ""), given.get("type", "text")
        if tag == "form":
            self._fields = {}
            self.found.append((given.get("method", "get").lower(), given.get("action", ""), self._fields))
        elif self._fields is None:
            return
        elif tag == "select":
            self._chosen = name
            self._fields.setdefault(name, "")
        elif tag == "option" and self._chosen:
            self._fields[self._chosen] = self._fields[self._chosen] or given.get("value", "")
        elif name and tag in ("input", "button", "textarea") and sort != "file":
            self._fields.setdefault(name, given.get("value") or USUAL.get(sort, "on" if sort == "checkbox" else "x"))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._fields = None
        elif tag == "select":
            self._chosen = ""
