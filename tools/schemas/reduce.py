#!/usr/bin/env python3
"""Makes the reduced schemas in fixtures/schemas that tests/formats.rs holds the OCSF and ASFF reports against.

  python3 -m venv v && v/bin/pip install ocsf-json-schema==1.2.0 botocore==1.44.5
  v/bin/python tools/schemas/reduce.py fixtures/schemas

ocsf-compliance-finding-1.5.0.json: the JSON Schema that the package ocsf-json-schema makes of OCSF's own export
(https://schema.ocsf.io/1.5.0/export/schema, which the package ships) for the class compliance_finding with the profile cloud.
Reduced: titles are dropped, and so is every optional property that KEEP does not name; what nothing refers to any more goes too.
Since additional properties are forbidden, a report that writes any other property fails the test: the reduced schema is stricter than
the published one, never laxer.

asff.json: the request of BatchImportFindings in the API model of Security Hub (service-2.json of botocore), each shape as JSON Schema.
Reduced: the members that KEEP names. Lengths and numbers of items are not in the model's shapes but in its documentation ("Length
Constraints: Minimum length of 1. Maximum length of 256."): they are read from there. A pattern is anchored at both ends, and additional
properties are forbidden.
"""
import gzip
import json
import pathlib
import re
import sys

OCSF_KEEP = {
    "": """message metadata finding_info compliance resources unmapped remediation evidences category_uid category_name class_uid class_name
        activity_id activity_name type_uid type_name status_id status status_code severity_id severity time cloud""",
    "metadata": "version profiles event_code product uid correlation_uid",
    "product": "name uid vendor_name version",
    "finding_info": "uid title desc types analytic created_time modified_time last_seen_time product",
    "analytic": "uid name type_id type",
    "compliance": "control standards requirements status_id status status_code status_details desc",
    "resource_details": "uid name type region cloud_partition",
    "cloud": "provider cloud_partition account region",
    "account": "uid type_id type",
    "remediation": "desc references",
    "evidences": "data",
}

ASFF_KEEP = {
    "AwsSecurityFinding": """SchemaVersion Id ProductArn GeneratorId AwsAccountId Types LastObservedAt CreatedAt UpdatedAt Severity Title
        Description Remediation ProductFields Resources Compliance Workflow RecordState Note FindingProviderFields""",
    "Severity": "Label Original",
    "FindingProviderSeverity": "Label Original",
    "FindingProviderFields": "Severity Types",
    "Resource": "Type Id Partition Region Details",
    "ResourceDetails": "Other",
    "Compliance": "Status RelatedRequirements StatusReasons SecurityControlId",
}


def ocsf(version):
    from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(version)).get_class_schema("compliance_finding", ["cloud"])

    def reduce(name, node):
        keep = set(OCSF_KEEP.get(name, "").split()) | set(node.get("required", []))
        node = {key: value for key, value in node.items() if key not in ("title", "$defs")}
        if node.get("additionalProperties") is False:
            node["properties"] = {key: {a: b for a, b in value.items() if a != "title"} for key, value in sorted(node["properties"].items()) if key in keep}
            # "At least one of" with members that nothing may write says nothing.
            if "anyOf" in node:
                node["anyOf"] = [one for one in node["anyOf"] if set(one["required"]) <= keep]
        return node

    whole = reduce("", schema)
    defs, todo = {}, re.findall(r'#/\$defs/(\w+)', json.dumps(whole))
    while todo:
        name = todo.pop()
        if name not in defs:
            defs[name] = reduce(name, schema["$defs"][name])
            todo += re.findall(r'#/\$defs/(\w+)', json.dumps(defs[name]))
    whole["$defs"] = dict(sorted(defs.items()))
    return {"$comment": f"OCSF {version}, class compliance_finding, profile cloud, reduced by tools/schemas/reduce.py; Apache-2.0", **whole}


def asff():
    import botocore

    folder = pathlib.Path(botocore.__file__).parent / "data/securityhub"
    shapes = json.load(gzip.open(next(folder.glob("*/service-2.json.gz"))))["shapes"]
    defs = {}

    def said(words):
        words = re.sub(r"<[^>]*>", " ", words or "")
        found = lambda pattern: [int(number.replace(",", "")) for number in re.findall(pattern, words)[:1]]
        limits = {"minLength": found(r"Minimum (?:length )?of (\d+)"), "maxLength": found(r"Maximum (?:length )?of ([\d,]+)")}
        exact = found(r"Length Constraints: (\d+)\.")
        if exact:
            limits = {"minLength": exact, "maxLength": exact}
        limits |= {"minItems": found(r"Minimum number of (\d+)"), "maxItems": found(r"Maximum number of (\d+)")}
        return {key: value[0] for key, value in limits.items() if value}

    def define(name):
        if name in defs:
            return
        shape = shapes[name]
        kind = shape["type"]
        if kind == "structure":
            keep = ASFF_KEEP.get(name, " ".join(shape["members"])).split()
            defs[name] = node = {"type": "object", "additionalProperties": False, "properties": {}}
            if shape.get("required"):
                node["required"] = shape["required"]
            for member in sorted(keep):
                target = shape["members"][member]
                define(target["shape"])
                limits = said(target.get("documentation"))
                if shapes[target["shape"]]["type"] == "list":
                    limits = {key: value for key, value in limits.items() if key.endswith("Items")}
                elif shapes[target["shape"]]["type"] == "string":
                    limits = {key: value for key, value in limits.items() if key.endswith("Length")}
                else:
                    limits = {}
                node["properties"][member] = {"$ref": f"#/$defs/{target['shape']}", **limits}
        elif kind == "list":
            define(shape["member"]["shape"])
            defs[name] = {"type": "array", "items": {"$ref": f"#/$defs/{shape['member']['shape']}"}}
            defs[name] |= {new: shape[old] for old, new in (("min", "minItems"), ("max", "maxItems")) if old in shape}
        elif kind == "map":
            define(shape["key"]["shape"])
            define(shape["value"]["shape"])
            defs[name] = {"type": "object", "propertyNames": {"$ref": f"#/$defs/{shape['key']['shape']}"}}
            defs[name]["additionalProperties"] = {"$ref": f"#/$defs/{shape['value']['shape']}"}
        else:
            defs[name] = {"type": {"double": "number", "integer": "integer", "boolean": "boolean"}.get(kind, "string")}
            if "pattern" in shape:
                defs[name]["pattern"] = f"^(?:{shape['pattern']})$"
            if "enum" in shape:
                defs[name]["enum"] = shape["enum"]

    define("BatchImportFindingsRequest")
    # "Can contain up to 50 key-value pairs. For each key-value pair, the key can contain up to 128 characters, and the value can contain up to 2048 characters."
    words = shapes["AwsSecurityFinding"]["members"]["ProductFields"]["documentation"]
    pairs, key, value = (int(re.search(pattern, words).group(1)) for pattern in (r"up to (\d+) key-value", r"key can contain up to (\d+)", r"value can contain up to (\d+)"))
    defs["AwsSecurityFinding"]["properties"]["ProductFields"] |= {
        "maxProperties": pairs,
        "propertyNames": {"maxLength": key},
        "additionalProperties": {"maxLength": value},
    }
    return {
        "$comment": f"BatchImportFindings in the API model of AWS Security Hub, botocore {botocore.__version__}, reduced by tools/schemas/reduce.py; Apache-2.0",
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": "#/$defs/BatchImportFindingsRequest",
        "$defs": dict(sorted(defs.items())),
    }


def main():
    folder = pathlib.Path(sys.argv[1])
    for name, schema in (("ocsf-compliance-finding-1.5.0.json", ocsf("1.5.0")), ("asff.json", asff())):
        (folder / name).write_text(json.dumps(schema, indent=1, ensure_ascii=False) + "\n")


main()
