"""Faults on request, between the caller and AWS; and the counts of what was called."""

import random
import socket
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

import wire

DENIED = {
    "ec2": (403, "UnauthorizedOperation"),
    "s3": (403, "AccessDenied"),
    "s3control": (403, "AccessDenied"),
    "query": (403, "AccessDenied"),
    "json": (400, "AccessDeniedException"),
}
THROTTLED = {
    "ec2": (503, "RequestLimitExceeded"),
    "s3": (503, "SlowDown"),
    "s3control": (503, "SlowDown"),
    "query": (400, "Throttling"),
    "json": (400, "ThrottlingException"),
}
HTML = b"<!doctype html><html><title>500 Internal Server Error</title><p>something broke</html>"


@dataclass
class Faults:
    """Each a list of globs over `service:Operation`, or a table from globs; the first that matches decides, in this order."""

    delay: dict = field(default_factory=dict)  # seconds before anything else happens
    drop: list = field(default_factory=list)  # the connection is closed without an answer
    error: list = field(default_factory=list)  # 500 with a page of HTML
    code: dict = field(default_factory=dict)  # this error code, in the caller's protocol
    deny: list = field(default_factory=list)  # access denied, as each protocol words it
    elsewhere: dict = field(default_factory=dict)  # buckets, each with its region: asked in another one, S3 says where it is
    opted: dict = field(default_factory=dict)  # the same, in the words that S3 has where one of the two regions is opted in to
    throttle: float = 0.0  # the share of calls that are throttled
    seed: int = 1


class FaultLayer:
    def __init__(self, inner):
        self.inner, self.lock = inner, threading.Lock()
        self.inject()
        self.forget()

    def inject(self, **faults):
        self.faults = Faults(**faults)
        self.dice = random.Random(self.faults.seed)

    def forget(self):
        with self.lock:
            self.calls, self.writes = Counter(), set()

    def stats(self):
        with self.lock:
            return {"calls": dict(sorted(self.calls.items())), "writes": sorted(self.writes)}

    def __call__(self, environ, start_response):
        request, faults = wire.identify(environ), self.faults
        wire.body_of(environ)  # an answer to a request that was not read to its end resets the connection
        with self.lock:
            self.calls[request.name] += 1
            if request.writes:
                self.writes.add(request.name)
            unlucky = self.dice.random() < faults.throttle

        def chosen(globs):
            return next((glob for glob in globs if fnmatchcase(request.name, glob)), None)

        if slow := chosen(faults.delay):
            time.sleep(faults.delay[slow])
        if chosen(faults.drop):
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            raise ConnectionResetError("dropped on request")
        if chosen(faults.error):
            return wire.answer(start_response, "500 Internal Server Error", [("Content-Type", "text/html")], HTML)
        if glob := chosen(faults.code):
            reply = wire.error(request.protocol, 400, faults.code[glob], "injected")
        elif chosen(faults.deny):
            reply = wire.error(request.protocol, *DENIED[request.protocol], "not authorized to perform this action (injected)")
        elif region := wire.elsewhere(request, environ, faults.elsewhere):
            reply = wire.redirect(region)
        elif region := wire.elsewhere(request, environ, faults.opted):
            reply = wire.incompatible(region)
        elif unlucky:
            reply = wire.error(request.protocol, *THROTTLED[request.protocol], "Rate exceeded (injected)")
        else:
            return self.inner(environ, start_response)
        return wire.answer(start_response, *reply)


class ProtocolErrors:
    """Where moto lacks an operation it answers 500 or 404 with a page of HTML. AWS answers in the caller's protocol: so does this."""

    def __init__(self, inner):
        self.inner = inner

    def __call__(self, environ, start_response):
        request = wire.identify(environ)
        try:
            status, headers, body = wire.call(self.inner, environ)
        except Exception as problem:  # moto's application lets its own mistakes through
            print(f"{request.name}: {type(problem).__name__}: {problem}", file=sys.stderr, flush=True)
            status, headers, body = "500 Internal Server Error", [("Content-Type", "text/html")], b""
        html = any(name.lower() == "content-type" and value.startswith("text/html") for name, value in headers)
        if html and (status.startswith("500") or b"requested URL was not found" in body):
            return wire.answer(start_response, *wire.error(request.protocol, 400, "UnsupportedOperation", f"{request.name} is not in moto"))
        start_response(status, headers)
        return [body]
