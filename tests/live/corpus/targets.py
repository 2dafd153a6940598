"""Request targets: ids, paths, query strings, and the methods upon them."""

from tests.live.corpus.case import HOST, JSON, TOKEN, WHOLE, Case, Cases, case, sized

_NO_IDS = [
    b"0",
    b"-1",
    b"-0",
    b"+1",
    b"01",
    b"1.0",
    b"1e3",
    b"0x1",
    b"1_0",
    b"1,000",
    b"%201",
    b"1%20",
    b"1%0A",
    b"1%00",
    b"%00",
    b"%FF",
    b"%D9%A1",
    b"%EF%BC%91",
    b"%C2%B2",
    b"9007199254740992",
    b"9223372036854775808",
    b"18446744073709551617",
    b"9" * 5000,
    b"null",
    b"true",
    b"NaN",
    b"*",
    b"%",
    b"%2",
    b"%zz",
    b"%252F",
    b"..",
    b".",
    b"%2e%2e",
    b"1%2F2",
    b"1%3Fa",
    b"1%23",
    b"1;a=b",
    b"1'%20OR%20'1'='1",
    b"{id}",
]
_NO_TASKS = [b"9007199254740991", b"%39007199254740990", b"9%3007199254740990"]

_QUERIES = {
    b"": 200,
    b"&&&": 200,
    b"q=%": 200,
    b"q=%25_%5C": 200,
    b"q='%20OR%201=1--": 200,
    b"q=%25s%25(user)s": 200,
    b"q=%F0%9F%A5%9B": 200,
    b"q=%EF%BF%BF": 200,
    b"q=" + b"a" * 200: 200,
    b"q=a&complete=true&sort=created_at&limit=1": 200,
    b"limit=%31": 200,
    b"%6cimit=1": 200,
    b"limit=1000": 200,
    b"q": 400,
    b"q=": 400,
    b"q=" + b"a" * 201: 400,
    b"q=%00": 400,
    b"q=%FF": 400,
    b"q=%ED%A0%80": 400,
    b"q=%C0%AF": 400,
    b"q=a&q=b": 400,
    b"q[]=a": 400,
    b"Q=a": 400,
    b"complete=": 400,
    b"complete=True": 400,
    b"complete=1": 400,
    b"complete=null": 400,
    b"sort=": 400,
    b"sort=title": 400,
    b"sort=-created_at,title": 400,
    b"limit=": 400,
    b"limit=0": 400,
    b"limit=-1": 400,
    b"limit=+1": 400,
    b"limit=01": 400,
    b"limit=1001": 400,
    b"limit=1.0": 400,
    b"limit=1e2": 400,
    b"limit=1_0": 400,
    b"limit=%D9%A1": 400,
    b"limit=" + b"9" * 5000: 400,
    b"limit=1&limit=1": 400,
    b"limit=1;complete=true": 400,
    b"cursor=": 400,
    b"cursor=AAAAAAAAACkSan0Jcu9bqg": 400,
    b"cursor=" + b"A" * 64: 400,
    b"cursor=" + b"A" * 65: 400,
    b"cursor=A": 400,
    b"cursor=%00": 400,
    b"cursor=../../etc/passwd": 400,
    b"offset=0": 400,
    b"=1": 400,
    b"%00=1": 400,
    b"%FF=1": 400,
    b"?limit=1": 400,
    b"access_token={token}": 400,
    b"&".join(b"p%d=1" % number for number in range(2000)): 400,
    b"a" * 30_000: 400,
}
_PATHS = {
    b"/": 307,
    b"//": 404,
    b"/health/": 404,
    b"/Health": 404,
    b"/%68ealth": 404,
    b"/health%00": 404,
    b"/health;a=b": 404,
    b"/./health": 404,
    b"//health": 404,
    b"/docs/../health": 404,
    b"/docs/..%2f..%2f..%2fetc/passwd": 404,
    b"/docs/%2e%2e/%2e%2e/etc/passwd": 404,
    b"/docs/%00": 404,
    b"/docs/%FF": 404,
    b"/docs/" + b"a" * 5000: 404,
    b"/api/{user}": 404,
    b"/api/{user}/": 404,
    b"/api/{user}/task": 404,
    b"/api/{user}/TASKS": 404,
    b"/api/{user}/tasks/": 404,
    b"/api/{user}//tasks": 404,
    b"/api/{user}/tasks//1": 404,
    b"/api/{user}/tasks/1/": 404,
    b"/api/{user}/tasks/1/2": 404,
    b"/api/{user}%2Ftasks": 404,
    b"/api/{user}/%74asks": 404,
    b"/api//tasks": 404,
    b"/api/%00/tasks": 403,
    b"/api/%FF/tasks": 403,
    b"/api/%/tasks": 403,
    b"/api/" + b"a" * 5000 + b"/tasks": 403,
    b"/" + b"a" * 60_000: 404,
    b"/" * 30_000: 404,
    b"/api/{user}/tasks#fragment": 200,
    b"http://elsewhere.example/api/{user}/tasks": 200,
    b"HTTP://user:password@localhost:1/health": 200,
    b"http:///health": 400,
    b"health": 400,
    b"": 400,
    b"?": 400,
    b"/\xff": 400,
    b"/a b": 400,
    b"/\x00": 400,
    b"/\x7f": 400,
}
_METHODS = {
    b"OPTIONS": 405,
    b"TRACE": 405,
    b"PROPFIND": 405,
    b"QUERY": 405,
    b"PURGE": 405,
    b"LINK": 405,
    b"PUT": 405,
    b"PATCH": 405,
    b"DELETE": 405,
    b"get": 400,
    b"Get": 400,
    b"GETT": 400,
    b"DESCRIBE": 400,
    b"TASKS": 400,
    b"G\xc3\x89T": 400,
    b"G" * 10_000: 400,
}


def _of_id(method: bytes, task: bytes, status: int) -> Case:
    if method not in {b"PUT", b"PATCH"}:
        return case(b"%s tasks/%s" % (method, task), status)
    head = JSON + sized(WHOLE)
    return case(b"%s tasks/%s" % (method, task), status, head=head, body=WHOLE)


def _to(target: bytes, *statuses: int) -> Case:
    return Case(b"GET %s HTTP/1.1\r\n" % target + HOST + TOKEN + b"\r\n", statuses)


_ITEM_METHODS = (b"GET", b"PUT", b"PATCH", b"DELETE")

GROUPS: dict[str, Cases] = {
    "id": {
        f"{method.decode()} {task[:30]!r}": _of_id(method, task, status)
        for status, tasks in ((400, _NO_IDS), (404, _NO_TASKS))
        for task in tasks
        for method in _ITEM_METHODS
    },
    "query": {
        f"{query[:50]!r} {len(query)}": case(b"GET tasks?" + query, status)
        for query, status in _QUERIES.items()
    },
    "path": {f"{path[:50]!r} {len(path)}": _to(path, status) for path, status in _PATHS.items()},
    "method": {
        repr(method[:20]): case(method + b" tasks", status) for method, status in _METHODS.items()
    },
}
