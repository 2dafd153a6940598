"""Origins as browsers send them: scheme and host, and the port unless it is the default.

Sources: https://html.spec.whatwg.org/multipage/browsers.html#ascii-serialisation-of-an-origin,
https://url.spec.whatwg.org/#host-parsing
"""

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address

import idna

_ORIGIN = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://"
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\[\]:/?#@\\%*\s]+)"
    r"(?::(?P<port>[0-9]{0,5}))?/?"
)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_NO_ORIGIN = {"about", "blob", "data", "file", "filesystem", "ftp", "javascript", "ws", "wss"}
"""Schemes whose pages have no origin of their own."""
_NAME = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}")
_APPS_NAME = re.compile("[A-Za-z0-9._~-]+")
_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")
_HIGHEST_PORT = 65_535  # of 16 bits (RFC 9293, 3.1)

_FORM = "must be origins as browsers send them, scheme, host and port without a path"
_PUNYCODE = "must have hosts as browsers send them, in Punycode (xn--)"


def origin_of(text: str) -> str:
    """Return an origin as browsers send it; raises ValueError."""
    if text == "*":
        return text
    if text.lower() == "null":
        raise ValueError("must not have null, which pages of files and sandboxed frames send")
    if "*" in text:
        raise ValueError(
            "must name each origin in full, or be * alone, which lets every page ask: no browser"
            " sends a host with * in it"
        )
    parts = _ORIGIN.fullmatch(text)
    if parts is None:
        raise ValueError(_FORM)
    scheme = parts["scheme"].lower()
    if scheme in _NO_ORIGIN:
        raise ValueError(f"must not have {scheme}, whose pages have no origin of their own")
    host = _host(parts["host"]) if scheme in _DEFAULT_PORTS else _app(parts["host"])
    return f"{scheme}://{host}{_port(parts['port'], _DEFAULT_PORTS.get(scheme))}"


def _port(digits: str | None, default: int | None) -> str:
    if not digits or int(digits) == default:
        return ""
    if not 0 < int(digits) <= _HIGHEST_PORT:
        raise ValueError(f"must have ports from 1 to {_HIGHEST_PORT}")
    return f":{int(digits)}"


def _app(host: str) -> str:
    """Return the host of a packaged app or an extension; its case is kept."""
    if not _APPS_NAME.fullmatch(host):
        raise ValueError(_FORM)
    return host


def _host(host: str) -> str:
    if host.startswith("["):
        return _ipv6(host[1:-1])
    name = (host if host.isascii() else _ascii(host)).lower()
    if name.endswith("."):
        raise ValueError("must have hosts without a dot at the end")
    if not _NAME.fullmatch(name):
        raise ValueError(_FORM)
    if _NUMBER.fullmatch(name):
        return _ipv4(name)
    if not all(map(_is_label, name.split("."))):
        raise ValueError(_PUNYCODE)
    return name


def _ipv6(text: str) -> str:
    try:
        address = IPv6Address(text)
    except AddressValueError:
        raise ValueError(_FORM) from None
    if address.ipv4_mapped:
        raise ValueError("must have an IPv4 address as such, not mapped to IPv6")
    return f"[{address.compressed}]"


def _ipv4(text: str) -> str:
    try:
        return str(IPv4Address(text))
    except AddressValueError:
        raise ValueError("must have IPv4 addresses as four decimal numbers") from None


def _ascii(host: str) -> str:
    try:
        return idna.encode(host, uts46=True).decode()
    except idna.IDNAError:
        raise ValueError(_PUNYCODE) from None


def _is_label(label: str) -> bool:
    """Tell whether a label is not Punycode, or decodes to text that is allowed in a host."""
    if not label.startswith("xn--"):
        return True
    try:
        text = label[4:].encode().decode("punycode")
        return not text.isascii() and idna.uts46_remap(text, std3_rules=False) == text
    except (UnicodeError, idna.IDNAError):
        return False
