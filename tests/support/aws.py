"""An AWS of our own for the live tests: moto's server, made to behave like AWS where a verdict hangs on it, with faults on request.

    python aws.py [--port 5101]

GET  /__stats     {"calls": {"rds:DescribeDBInstances": 1}, "writes": [...]}
POST /__reset     forgets the counts
POST /__faults    the faults from now on; see `faults.Faults` and `broken.Breakage`
POST /__account   {"name": "healthy" | "broken" | "empty"} builds that account anew, without faults and without counts
It prints its address when it is ready, and ends when its standard input closes, so that it never outlives the test that started it.
"""

import argparse
import json
import logging
import os
import sys
import threading
import traceback

os.environ |= {
    "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",  # AdministratorAccess and DMS's own policies
    "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",  # they bring a thousand snapshots that belong to the account
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_EC2_METADATA_DISABLED": "true",
}

import accounts  # noqa: E402
import behaviours  # noqa: E402
import interfaces  # noqa: E402, F401
from broken import Breakage, Broken  # noqa: E402
from faults import FaultLayer, ProtocolErrors  # noqa: E402
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app  # noqa: E402
from paging import Paging  # noqa: E402
from werkzeug.serving import make_server  # noqa: E402
from werkzeug.test import Client  # noqa: E402


class Control:
    """Answers what begins with `/__`; everything else goes through the faults to AWS."""

    url = ""

    def __init__(self):
        self.moto = DomainDispatcherApplication(create_backend_app)
        self.paging = Paging(ProtocolErrors(self.moto))
        self.broken = Broken(self.paging)
        self.layer = FaultLayer(self.broken)

    def __call__(self, environ, start_response):
        path = environ["PATH_INFO"]
        if not path.startswith("/__"):
            return self.layer(environ, start_response)
        body = json.loads(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)) or b"{}")
        try:
            answer, status = self.answer(path, body), "200 OK"
        except Exception:
            answer, status = {"error": traceback.format_exc()}, "500 Internal Server Error"
        text = json.dumps(answer).encode()
        start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(text)))])
        return [text]

    def answer(self, path, body):
        match path:
            case "/__stats":
                return self.layer.stats()
            case "/__reset":
                self.layer.forget()
            case "/__faults":
                self.paging.page = body.pop("page", None)
                self.broken.inject(**{name: body.pop(name) for name in Breakage.__dataclass_fields__ if name in body})
                self.layer.inject(**body)
            case "/__account":
                self.paging.page = None
                self.broken.inject()
                self.layer.inject()
                Client(self.moto).post("/moto-api/reset")
                behaviours.forget()
                accounts.build(body["name"], self.url)
                self.layer.forget()
            case _:
                raise ValueError(f"no such page: {path}")
        return {}


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--port", type=int, default=0, help="any free one, if not given")
    port = arguments.parse_args().port
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    control = Control()
    server = make_server("127.0.0.1", port, control, threaded=True, request_handler=MotoRequestHandler)
    control.url = f"http://127.0.0.1:{server.port}"
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    print(control.url, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
