"""Answers that are not whole, each framed anew so that HTTP has nothing to say against them: as a middlebox that cuts, empties, repeats or loses a part does."""

import itertools
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

import paging
import wire


@dataclass
class Breakage:
    """Each a list of globs over `service:Operation`, or a table from globs; several may break one answer."""

    cut: dict = field(default_factory=dict)  # only this share of the bytes
    flood: list = field(default_factory=list)  # more and more bytes: a gigabyte of blanks
    empty: list = field(default_factory=list)  # no bytes at all
    bare: list = field(default_factory=list)  # the outermost object or element, with nothing in it
    without: dict = field(default_factory=dict)  # no member of this name, wherever it stands
    twice: list = field(default_factory=list)  # the list's items a second time, on a next page
    endless: dict = field(default_factory=dict)  # after each page another one; these are the tokens, in turn
    truncated: list = field(default_factory=list)  # "there is more", and no token


class Broken:
    def __init__(self, inner):
        self.inner, self.faults, self.turns = inner, Breakage(), 0

    def inject(self, **faults):
        self.faults, self.turns = Breakage(**faults), 0

    def __call__(self, environ, start_response):
        request, faults = wire.identify(environ), self.faults

        def chosen(globs):
            return next((glob for glob in globs if fnmatchcase(request.name, glob)), None)

        if not any(chosen(getattr(faults, name)) for name in faults.__dataclass_fields__):
            return self.inner(environ, start_response)
        if chosen(faults.flood):
            start_response("200 OK", [])
            return itertools.repeat(b" " * (1 << 20), 1024)
        second = chosen(faults.twice) and without_token(environ, request, "again")
        if chosen(faults.endless):
            without_token(environ, request, None)
        status, headers, body = wire.call(self.inner, environ)
        if not status.startswith("200"):
            return wire.answer(start_response, status, headers, body)
        if glob := chosen(faults.without):
            body = lose(body, faults.without[glob])
        if chosen(faults.bare):
            body = b"{}" if body.lstrip().startswith(b"{") else re.sub(rb"^(?:<\?.*?\?>)?\s*<([^\s>/]+)([^>]*?)/?>.*$", rb"<\1\2></\1>", body, flags=re.S)
        if chosen(faults.twice) and not second:
            body = put_token(body, request, "again")
        if glob := chosen(faults.endless):
            tokens = faults.endless[glob]
            body = put_token(body, request, tokens[self.turns % len(tokens)] if tokens else f"t{self.turns}")
            self.turns += 1
        if chosen(faults.truncated):
            body = put_flag(body, request)
        if glob := chosen(faults.cut):
            body = body[: int(len(body) * faults.cut[glob])]
        if chosen(faults.empty):
            body = b""
        return wire.answer(start_response, status, headers, body)


def without_token(environ, request, token):
    """Takes the token out of the request; whether it was this one."""
    style, body = paging.STYLES[request.service], wire.body_of(environ)
    if request.protocol == "json":
        asked = json.loads(body or b"{}")
        found = asked.pop(style.sent, None)
        wire.replace_body(environ, json.dumps(asked).encode())
    else:
        match = re.search(rb"(?:^|&)%s=([^&]*)" % style.sent.encode(), body)
        found = match and match.group(1).decode()
        wire.replace_body(environ, re.sub(rb"(^|&)%s=[^&]*" % style.sent.encode(), rb"\1", body).strip(b"&"))
    return bool(found) and (token is None or found == token)


def put(body, request, **members):
    if request.protocol == "json":
        return json.dumps(json.loads(body) | members).encode()
    root = ET.fromstring(body)
    space = root.tag.partition("}")[0] + "}" if root.tag.startswith("{") else ""
    ET.register_namespace("", space.strip("{}"))
    result = next((child for child in root if child.tag.endswith("Result")), root)
    for name, value in members.items():
        for stale in result.findall(space + name):
            result.remove(stale)
        ET.SubElement(result, space + name).text = str(value).lower() if isinstance(value, bool) else value
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)


def put_token(body, request, token):
    style = paging.STYLES[request.service]
    more = {style.more: True} if style.more else {}
    return put(body, request, **{style.returned: token}, **more)


def put_flag(body, request):
    return put(body, request, **{paging.STYLES[request.service].more: True})


def lose(body, name):
    """The document without any member of that name."""
    if body.lstrip().startswith(b"{"):
        return json.dumps(pruned(json.loads(body), name)).encode()
    root = ET.fromstring(body)
    ET.register_namespace("", root.tag.partition("}")[0].strip("{") if root.tag.startswith("{") else "")
    for parent in list(root.iter()):
        for child in [child for child in parent if child.tag.rpartition("}")[2] == name]:
            parent.remove(child)
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)


def pruned(value, name):
    if isinstance(value, dict):
        return {key: pruned(member, name) for key, member in value.items() if key != name}
    return [pruned(item, name) for item in value] if isinstance(value, list) else value
