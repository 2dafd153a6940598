"""Bodies: what is JSON, what is not, and what breaks the schema."""

import gzip

from tests.live.corpus.case import JSON, TASK, Case, Cases, case, creation, sized

_NOT_JSON = {
    "a byte order mark": b"\xef\xbb\xbf" + TASK,
    "UTF-16 with a mark": TASK.decode().encode("utf-16"),
    "UTF-16 without": TASK.decode().encode("utf-16-le"),
    "UTF-32": TASK.decode().encode("utf-32"),
    "Latin-1": b'{"title": "caf\xe9"}',
    "an overlong slash": b'{"title": "\xc0\xaf"}',
    "an overlong NUL": b'{"title": "\xc0\x80"}',
    "an encoded surrogate": b'{"title": "\xed\xa0\x80"}',
    "beyond Unicode": b'{"title": "\xf4\x90\x80\x80"}',
    "five bytes": b'{"title": "\xf8\x88\x80\x80\x80"}',
    "a cut character": b'{"title": "\xe2\x82"}',
    "a byte that is never UTF-8": b'{"title": "\xff"}',
    "a bad byte in a name": b'{"title": "a", "\xff": 1}',
    "a high surrogate": rb'{"title": "\ud800"}',
    "a low surrogate": rb'{"title": "\udc00"}',
    "surrogates in reverse": rb'{"title": "\udc00\ud800"}',
    "a surrogate in a name": rb'{"title": "a", "\ud800": 1}',
    "a cut escape": rb'{"title": "\u00"}',
    "an unknown escape": rb'{"title": "\x41"}',
    "a raw newline": b'{"title": "a\nb"}',
    "a raw tab": b'{"title": "a\tb"}',
    "a raw NUL": b'{"title": "a\0b"}',
    "a NUL behind": TASK + b"\0",
    "NaN": b'{"title": NaN}',
    "infinity": b'{"title": -Infinity}',
    "a number beyond any": b'{"title": 1e400}',
    "a leading zero": b'{"title": 01}',
    "a plus sign": b'{"title": +1}',
    "a bare point": b'{"title": .5}',
    "a bare minus": b'{"title": -}',
    "hexadecimal": b'{"title": 0x1}',
    "a trailing comma": b'{"title": "a",}',
    "single quotes": b"{'title': 'a'}",
    "a bare name": b'{title: "a"}',
    "a comment": b'{"title": "a"} // milk',
    "capital True": b'{"title": True}',
    "two documents": TASK + TASK,
    "white space only": b" \t\r\n ",
    "white space of Unicode": b"\xc2\xa0" + TASK,
    "an open object": b'{"title": "a"',
    "an open string": b'{"title": "a',
    "a closing brace": b"}",
    "gzip": gzip.compress(TASK, mtime=0),
    "a form": b"title=Buy+milk",
    "XML": b"<title>Buy milk</title>",
    "noise": bytes(range(256)),
}
_NOT_A_TASK = {
    "null": b"null",
    "true": b"true",
    "a number": b"1.5",
    "a string": b'"title"',
    "a list": b"[%s]" % TASK,
    "no title": b"{}",
    "minus zero": b'{"title": -0}',
    "a number of 18 digits": b'{"title": 123456789012345678}',
    "a number of 300 digits": b'{"title": 1%s}' % (b"0" * 299),
    "a tiny number": b'{"title": 1e-999}',
    "another property": b'{"title": "a", "completed": true}',
    "a property of PUT": b'{"title": "a", "complete": true}',
    "the prototype": b'{"title": "a", "__proto__": {"complete": true}}',
    "an empty name": b'{"title": "a", "": 1}',
    "NUL in a name": rb'{"title": "a", "\u0000": 1}',
    "a name in capitals": b'{"Title": "a"}',
    "a name with a space": b'{"title ": "a"}',
    "its own id": b'{"title": "a", "id": 1, "user_id": "bob"}',
    "5000 properties": b"{%s}" % b",".join(b'"%d":1' % number for number in range(5000)),
    "a name of 60,000 bytes": b'{"%s": 1}' % (b"n" * 60_000),
    "a wrong title last": b'{"title": "a", "title": 1}',
    "a null title": b'{"title": null}',
    "a number as description": b'{"title": "a", "description": 1}',
    "an object as description": b'{"title": "a", "description": {"a": {}}}',
    "a day that is none": b'{"title": "a", "due_date": "2026-02-30"}',
    "an instant": b'{"title": "a", "due_date": "2026-12-01T09:30:00Z"}',
    "an empty due date": b'{"title": "a", "due_date": ""}',
    "a line behind the day": rb'{"title": "a", "due_date": "2026-12-01\n"}',
    "NUL in the day": rb'{"title": "a", "due_date": "2026-12-0\u0000"}',
    "digits of another script": rb'{"title": "a", "due_date": "\u0662026-12-01"}',
    "a number as due date": b'{"title": "a", "due_date": 20261201}',
    "a number as priority": b'{"title": "a", "priority": 4}',
    "a priority in capitals": b'{"title": "a", "priority": "URGENT"}',
    "a null priority": b'{"title": "a", "priority": null}',
    "a text as tags": b'{"title": "a", "tags": "a"}',
    "tags as an object": b'{"title": "a", "tags": {"0": "a"}}',
    "null tags": b'{"title": "a", "tags": null}',
    "a null tag": b'{"title": "a", "tags": [null]}',
    "an empty tag": b'{"title": "a", "tags": [""]}',
    "NUL in a tag": rb'{"title": "a", "tags": ["\u0000"]}',
    "a tag twice": rb'{"title": "a", "tags": ["a", "\u0061"]}',
    "nested tags": b'{"title": "a", "tags": [["a"]]}',
    "21 tags": b'{"title": "a", "tags": [%s]}'
    % b",".join(b'"%d"' % number for number in range(21)),
    "20,000 tags": b'{"title": "a", "tags": [%s]}' % b",".join([b'""'] * 20_000),
    "a tag of 51 letters": b'{"title": "a", "tags": ["%s"]}' % (b"a" * 51),
    "an instant of completion": b'{"title": "a", "completed_at": null}',
}
_TAKEN = {
    "a title twice": b'{"title": 1, "title": "b"}',
    "an escaped name": rb'{"t\u0069tle": "a"}',
    "white space around": b" \r\n\t%s\t\r\n " % TASK,
    "a due date twice": b'{"title": "a", "due_date": 1, "due_date": null}',
    "tags with signs of SQL": rb"""{"title": "a", "tags": ["'", "\"", "\\", "{}", "NULL", "%s"]}""",
    "a tag of emoji": rb'{"title": "a", "tags": ["%s"]}' % (rb"\ud83d\ude00" * 50),
    "64 KiB": TASK + b" " * (65_536 - len(TASK)),
}
_MEDIA_TYPES = {
    b"application/json": 201,
    b"APPLICATION/JSON": 201,
    b"application/json;charset=UTF-8": 201,
    b'application/json ; charset="utf-8"': 201,
    b"application/json;": 201,
    b"application/json;;;": 201,
    b"application/json; charset": 415,
    b"application/json; charset=": 415,
    b"application/json; charset=utf8": 201,
    b'application/json; charset="UTF8"': 201,
    b"application/json; charset=utf-16": 415,
    b"application/json; charset=utf-7": 415,
    b"application/json; charset=nonsense": 415,
    b"application/json; charset=utf-8\xff": 415,
    b"application/json, application/json": 415,
    b"application/json text/plain": 415,
    b"application/jsonp": 415,
    b"application/": 415,
    b"/json": 415,
    b"json": 415,
    b"*/*": 415,
    b"": 415,
    b";": 415,
    b"\xff": 415,
    b"text/plain": 415,
    b"text/json": 415,
    b"multipart/form-data; boundary=x": 415,
    b"application/x-www-form-urlencoded": 415,
    b"application/merge-patch+json": 415,
    b"a" * 20_000: 415,
    b"application/json;" + b"a" * 20_000: 201,
}
_CODINGS = {b"identity": 201, b"": 201, b"gzip": 415, b"x-gzip": 415, b"identity, gzip": 415}


def _nested(depth: int) -> Cases:
    lists = b'{"title": %s1%s}' % (b"[" * depth, b"]" * depth)
    objects = b'{"title": %s1%s}' % (b'{"a":' * depth, b"}" * depth)
    status = 422 if depth < 1020 else 400
    return {
        f"{depth} lists": creation(lists, status),
        f"{depth} objects": creation(objects, status),
    }


def _typed(media_type: bytes, status: int) -> Case:
    head = b"Content-Type: %s\r\n" % media_type + sized(TASK)
    return case(b"POST tasks", status, head=head, body=TASK)


def _coded(coding: bytes, status: int) -> Case:
    return creation(TASK, status, head=b"Content-Encoding: %s\r\n" % coding)


GROUPS: dict[str, Cases] = {
    "not JSON": {name: creation(body, 400) for name, body in _NOT_JSON.items()},
    "not a task": {name: creation(body, 422) for name, body in _NOT_A_TASK.items()},
    "strange but a task": {name: creation(body, 201) for name, body in _TAKEN.items()},
    "depth": _nested(5) | _nested(255) | _nested(1000) | _nested(5000) | _nested(10_000),
    "media type": {repr(name[:50]): _typed(name, status) for name, status in _MEDIA_TYPES.items()},
    "coding": {repr(name): _coded(name, status) for name, status in _CODINGS.items()},
    "size": {
        "a byte too many": creation(TASK + b" " * (65_537 - len(TASK)), 413),
        "a body without media type": case(b"POST tasks", 415, head=sized(TASK), body=TASK),
        "none at all": case(b"POST tasks", 400, head=JSON),
    },
}
