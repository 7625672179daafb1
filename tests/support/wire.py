"""AWS's wire protocols: which operation a request is, and how an error or a page looks in the caller's protocol."""

import io
import json
import re
from typing import NamedTuple
from urllib.parse import parse_qs

SCOPE = re.compile(r"Credential=[^/]+/\d{8}/([^/]+)/([^/]+)/aws4_request")

# S3 names no operation on the wire: method and sub-resource are all there is.
S3_PARTS = {
    "acl": "BucketAcl",
    "encryption": "BucketEncryption",
    "lifecycle": "BucketLifecycleConfiguration",
    "ownershipControls": "BucketOwnershipControls",
    "policy": "BucketPolicy",
    "publicAccessBlock": "PublicAccessBlock",
    "replication": "BucketReplication",
    "versioning": "BucketVersioning",
}


class Request(NamedTuple):
    """An operation, and the protocol its caller speaks: json, query, ec2, s3 or s3control."""

    service: str
    operation: str
    protocol: str

    @property
    def name(self):
        return f"{self.service}:{self.operation}"

    @property
    def writes(self):
        return not self.operation.startswith(("Describe", "Get", "List", "Search"))


def body_of(environ):
    """The body, which stays readable for whoever comes next."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    replace_body(environ, body)
    return body


def replace_body(environ, body):
    environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(body), str(len(body))


def identify(environ):
    scope = SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    service, path = scope.group(2) if scope else "unsigned", environ["PATH_INFO"]
    method = environ["REQUEST_METHOD"].title()
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return Request(service, target.rsplit(".", 1)[-1], "json")
    if service == "s3" and path.startswith("/v20180820/"):
        return Request("s3control", f"{method}PublicAccessBlock", "s3control")
    if service == "s3":
        asked = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
        part = next((name for key, name in S3_PARTS.items() if key in asked), None)
        whole = "Buckets" if path == "/" else "Object" if path.strip("/").count("/") else "Bucket"
        return Request(service, method + (part or whole), "s3")
    action = parse_qs(body_of(environ).decode("utf-8", "replace")).get("Action", ["?"])[0]
    return Request(service, action, "ec2" if service == "ec2" else "query")


def error(protocol, status, code, message):
    """(status line, headers, body) of an error."""
    headers = []
    if protocol == "json":
        kind, body = "application/x-amz-json-1.1", json.dumps({"__type": code, "message": message})
        headers = [("x-amzn-ErrorType", code)]
    else:
        inner = f"<Code>{code}</Code><Message>{message}</Message>"
        kind, body = "text/xml", {
            "ec2": f"<Response><Errors><Error>{inner}</Error></Errors><RequestID>0</RequestID></Response>",
            "query": f"<ErrorResponse><Error><Type>Sender</Type>{inner}</Error><RequestId>0</RequestId></ErrorResponse>",
            "s3": f"<Error>{inner}<RequestId>0</RequestId></Error>",
            "s3control": f"<ErrorResponse><Error>{inner}</Error><RequestId>0</RequestId></ErrorResponse>",
        }[protocol]
    text = body.encode()
    return f"{status} Injected", [("Content-Type", kind), ("Content-Length", str(len(text))), *headers], text


def elsewhere(request, environ, buckets):
    """The region of a bucket that was asked about in another one."""
    region = buckets.get(environ["PATH_INFO"].split("/")[1]) if request.protocol == "s3" else None
    return region if region and SCOPE.search(environ["HTTP_AUTHORIZATION"]).group(1) != region else None


def redirect(region):
    """How S3 sends a caller to a bucket's own region."""
    status, headers, text = error("s3", 301, "PermanentRedirect", "ask at the bucket's own endpoint")
    return status, [*headers, ("x-amz-bucket-region", region)], text


def incompatible(region):
    """The same at the edge of a region that one opts in to: no header, no element, and no name for the region that was there first."""
    place = "unspecified" if region == "us-east-1" else region
    words = f"The {place} location constraint is incompatible for the region specific endpoint this request was sent to."
    return error("s3", 400, "IllegalLocationConstraintException", words)


def call(app, environ):
    """(status line, headers, body) of an inner application."""
    seen = []
    body = b"".join(app(environ, lambda status, headers, info=None: seen.append((status, headers))))
    return (*seen[-1], body)


def answer(start_response, status, headers, body):
    headers = [(name, value) for name, value in headers if name.lower() != "content-length"]
    start_response(status, [*headers, ("Content-Length", str(len(body)))])
    return [body]
