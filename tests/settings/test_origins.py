"""CORS_ORIGINS: what is taken is what browsers send, and what they never send is told in words."""

import json
import subprocess
from contextlib import suppress
from random import Random
from typing import Any

import pytest

from tests.settings.conftest import load
from todo_api.settings.origins import origin_of
from todo_api.settings.settings import SettingsError

PAGES = {
    "https://app.example.com": "https://app.example.com",
    "https://app.example.com/": "https://app.example.com",
    "HTTPS://App.Example.COM": "https://app.example.com",
    "https://app.example.com:443": "https://app.example.com",
    "https://app.example.com:": "https://app.example.com",
    "https://app.example.com:80": "https://app.example.com:80",
    "http://app.example.com:80": "http://app.example.com",
    "http://localhost:05173": "http://localhost:5173",
    "http://localhost:65535": "http://localhost:65535",
    "http://tauri.localhost": "http://tauri.localhost",
    "http://my_app.localhost": "http://my_app.localhost",
    "http://-a-.example": "http://-a-.example",
    "https://bücher.example": "https://xn--bcher-kva.example",
    "https://BÜCHER.example": "https://xn--bcher-kva.example",
    "https://straße.example:8443": "https://xn--strae-oqa.example:8443",
    "https://例え.テスト": "https://xn--r8jz45g.xn--zckzah",
    "https://\uff41pp\u3002example": "https://app.example",
    "https://xn--bcher-kva.example": "https://xn--bcher-kva.example",
    "https://xn--i-7iq.ws": "https://xn--i-7iq.ws",
    "http://127.0.0.1:3000": "http://127.0.0.1:3000",
    "http://\uff11\uff12\uff17.0.0.1": "http://127.0.0.1",
    "http://[::1]:3000": "http://[::1]:3000",
    "http://[2001:DB8:0:0:1:0:0:1]": "http://[2001:db8::1:0:0:1]",
    "http://[::1.2.3.4]": "http://[::102:304]",
}
"""Of http and https, by what is written."""
APPS = [
    "tauri://localhost",
    "capacitor://localhost",
    "ionic://localhost",
    "app://.",
    "app://localhost:8100",
    "chrome-extension://aapbdbdomjkkjkaonfhkkikfgjllcleb",
    "moz-extension://3f2a9c51-d0e8-4b7f-a6b1-c2d3e4f50617",
    "safari-web-extension://3F2A9C51-D0E8-4B7F-A6B1-C2D3E4F50617",
    "vscode-webview://1k2j3",
]
NEVER = {
    "a path": ("https://app.example.com/path", "without a path"),
    "two slashes": ("https://app.example.com//", "without a path"),
    "a query": ("https://app.example.com?a", "without a path"),
    "a fragment": ("https://app.example.com#a", "without a path"),
    "a user": ("https://user@app.example.com", "without a path"),
    "no scheme": ("app.example.com", "scheme, host and port"),
    "no host": ("https://", "scheme, host and port"),
    "one slash": ("https:/app.example.com", "scheme, host and port"),
    "a backslash": ("https:\\\\app.example.com", "scheme, host and port"),
    "white space": ("https://app example.com", "scheme, host and port"),
    "an empty label": ("https://app..example.com", "scheme, host and port"),
    "a long label": (f"https://{'a' * 64}.example", "scheme, host and port"),
    "a long name": (f"https://{'a.' * 127}a", "scheme, host and port"),
    "percent-encoding": ("https://app%2eexample.com", "scheme, host and port"),
    "a comma's neighbour": ("", "scheme, host and port"),
    "a dot at the end": ("https://app.example.com.", "without a dot at the end"),
    "a host with a wildcard": ("https://*.vercel.app", "or be * alone"),
    "a label with a wildcard": ("https://app-*.vercel.app", "or be * alone"),
    "a port with a wildcard": ("http://localhost:*", "or be * alone"),
    "null": ("null", "sandboxed frames"),
    "a file": ("file:///srv/index.html", "without a path"),
    "files": ("file://localhost", "no origin of their own"),
    "a socket": ("wss://app.example.com", "no origin of their own"),
    "port 0": ("http://localhost:0", "ports from 1 to 65535"),
    "port 65536": ("http://localhost:65536", "ports from 1 to 65535"),
    "a port of letters": ("http://localhost:port", "scheme, host and port"),
    "a short IPv4 address": ("http://127.1", "four decimal numbers"),
    "a hexadecimal IPv4 address": ("http://0x7f.0.0.1", "four decimal numbers"),
    "an octal IPv4 address": ("http://127.0.0.01", "four decimal numbers"),
    "too great an IPv4 address": ("http://127.0.0.256", "four decimal numbers"),
    "an IPv6 zone": ("http://[fe80::1%25eth0]", "scheme, host and port"),
    "no IPv6 address": ("http://[::1::]", "scheme, host and port"),
    "a mapped IPv4 address": ("http://[::ffff:127.0.0.1]", "not mapped"),
    "no Punycode": ("https://xn--a.example", "Punycode"),
    "Punycode of ASCII": ("https://xn--abc-.example", "Punycode"),
    "Punycode of capitals": ("https://xn--bcher-2pa.example", "Punycode"),
    "what is no text of a host": ("https://a\u2028b.example", "scheme, host and port"),
    "a code point that is not assigned": ("https://a\U000e0fff.example", "Punycode"),
    "an app's host in Unicode": ("app://bücher", "scheme, host and port"),
}
PIECES = [
    *"aZ09-_.:[]*%@/#?\\ ~!'()^`|\0\t\u00dc\u00df\u2603\u200d\u0301\u3002\uff10\u0661\u0430",
    *("0x", "127.", ":80", ":443", ".."),
    *("", "", ""),  # takes a letter away
]
AS_A_BROWSER = """
const origin = text => { try { return new URL(text).origin } catch (error) { return null } };
const texts = JSON.parse(require("fs").readFileSync(0));
console.log(JSON.stringify(texts.map(origin)));
"""


def of_node(texts: list[str]) -> list[str | None]:
    """Return the origins by the URL standard, as Node.js has it."""
    done = subprocess.run(
        ["node", "-e", AS_A_BROWSER],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
    )
    origins: list[str | None] = json.loads(done.stdout)
    return origins


@pytest.mark.parametrize(("text", "origin"), PAGES.items())
def test_the_origin_of_a_page_is_taken_as_its_browser_sends_it(text: str, origin: str) -> None:
    assert origin_of(text) == origin_of(origin) == origin


@pytest.mark.parametrize("origin", APPS)
def test_the_origin_of_a_packaged_app_or_an_extension_is_taken(origin: str) -> None:
    assert origin_of(origin) == origin_of(f"{origin}/") == origin


def test_what_is_taken_is_the_origin_by_the_url_standard() -> None:
    assert of_node(list(PAGES)) == list(PAGES.values())
    assert of_node(list(PAGES.values())) == list(PAGES.values())


def test_what_is_taken_of_many_misspelt_ones_is_an_origin_by_the_url_standard() -> None:
    chosen = Random(1)  # the same texts at every run
    taken = {}
    for text in (misspelt(chosen) for _ in range(20_000)):
        with suppress(ValueError):
            taken[text] = origin_of(text)
    pages = {
        text: origin for text, origin in taken.items() if origin.startswith(("http:", "https:"))
    }

    assert len(pages) > 1_000
    assert dict(zip(pages, of_node(list(pages)), strict=True)) == pages


def misspelt(chosen: Random) -> str:
    """Return an origin into which something was put, or from which something was taken."""
    text = chosen.choice([page for page in PAGES if "xn--" not in page])
    for _ in range(chosen.randint(1, 3)):
        at = chosen.randint(0, len(text))
        piece = chosen.choice(PIECES)
        text = text[:at] + piece + text[at + (not piece) :]
    return text


@pytest.mark.parametrize(("text", "told"), NEVER.values(), ids=NEVER)
def test_what_no_browser_sends_is_refused_with_what_to_write(
    monkeypatch: pytest.MonkeyPatch, text: str, told: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        load(monkeypatch, CORS_ORIGINS=f"https://app.example.com,{text}")

    [line] = str(caught.value).splitlines()
    assert line.startswith("CORS_ORIGINS: must ")
    assert told in line
    assert ", for example CORS_ORIGINS=https://app.example.com," in line


def test_any_origin_is_a_star_alone() -> None:
    assert origin_of("*") == "*"


def test_several_origins_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    settings: Any = load(monkeypatch, CORS_ORIGINS="https://a.example:443, app://. ,*")

    assert settings.cors_origins == ("https://a.example", "app://.", "*")
