"""Pages. moto mostly returns whole lists whatever is asked; AWS cuts them, and may give fewer than were asked for.

This layer takes limit and marker out of the request, lets moto answer with everything, and cuts the answer.
"""

import json
import xml.etree.ElementTree as ET
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

import wire


class Style(NamedTuple):
    """What a service calls its limit, the marker that is sent, the marker that comes back, and the flag that more follows."""

    limit: str
    sent: str
    returned: str
    more: str | None = None
    default: int = 100


MARKER = Style("MaxRecords", "Marker", "Marker")
STYLES = {
    "dms": MARKER,
    "ec2": Style("MaxResults", "NextToken", "nextToken", default=1000),
    "iam": Style("MaxItems", "Marker", "Marker", "IsTruncated"),
    "kms": Style("Limit", "Marker", "NextMarker", "Truncated", default=50),
    "logs": Style("limit", "nextToken", "nextToken", default=50),
    "rds": MARKER,
    "redshift": MARKER,
    "secretsmanager": Style("MaxResults", "NextToken", "NextToken"),
}
LISTS = {
    "dms:DescribeCertificates": ["Certificates"],
    "dms:DescribeEndpoints": ["Endpoints"],
    "dms:DescribeReplicationConfigs": ["ReplicationConfigs"],
    "dms:DescribeReplicationInstances": ["ReplicationInstances"],
    "dms:DescribeReplicationSubnetGroups": ["ReplicationSubnetGroups"],
    "dms:DescribeReplicationTasks": ["ReplicationTasks"],
    "dms:DescribeReplications": ["Replications"],
    "ec2:DescribeFlowLogs": ["flowLogSet"],
    "ec2:DescribeInternetGateways": ["internetGatewaySet"],
    "ec2:DescribeManagedPrefixLists": ["prefixListSet"],
    "ec2:DescribeNatGateways": ["natGatewaySet"],
    "ec2:DescribeNetworkAcls": ["networkAclSet"],
    "ec2:DescribeNetworkInterfaces": ["networkInterfaceSet"],
    "ec2:DescribeRouteTables": ["routeTableSet"],
    "ec2:DescribeSecurityGroups": ["securityGroupInfo"],
    "ec2:DescribeSubnets": ["subnetSet"],
    "ec2:DescribeTransitGatewayAttachments": ["transitGatewayAttachments"],
    "ec2:DescribeVpcEndpoints": ["vpcEndpointSet"],
    "ec2:DescribeVpcPeeringConnections": ["vpcPeeringConnectionSet"],
    "ec2:DescribeVpcs": ["vpcSet"],
    "ec2:GetManagedPrefixListEntries": ["entrySet"],
    "iam:GetAccountAuthorizationDetails": ["UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"],
    "kms:ListAliases": ["Aliases"],
    "kms:ListGrants": ["Grants"],
    "logs:DescribeLogGroups": ["logGroups"],
    "rds:DescribeDBClusterParameters": ["Parameters"],
    "rds:DescribeDBClusterSnapshots": ["DBClusterSnapshots"],
    "rds:DescribeDBClusters": ["DBClusters"],
    "rds:DescribeDBInstances": ["DBInstances"],
    "rds:DescribeDBParameters": ["Parameters"],
    "rds:DescribeDBSnapshots": ["DBSnapshots"],
    "rds:DescribeOptionGroups": ["OptionGroupsList"],
    "redshift:DescribeClusterParameters": ["Parameters"],
    "redshift:DescribeClusterSnapshots": ["Snapshots"],
    "redshift:DescribeClusterSubnetGroups": ["ClusterSubnetGroups"],
    "redshift:DescribeClusters": ["Clusters"],
    "redshift:DescribeDataShares": ["DataShares"],
    "redshift:DescribeEndpointAccess": ["EndpointAccessList"],
    "redshift:DescribeEndpointAuthorization": ["EndpointAuthorizationList"],
    "secretsmanager:ListSecrets": ["SecretList"],
}


class Paging:
    """`page` is the most that a page may hold, whatever the caller allows."""

    def __init__(self, inner):
        self.inner, self.page = inner, None

    def __call__(self, environ, start_response):
        request = wire.identify(environ)
        if request.name == "ec2:SearchTransitGatewayRoutes" and self.page:
            status, headers, body = wire.call(self.inner, environ)
            return wire.answer(start_response, status, headers, cut_routes(body, self.page))
        if request.name not in LISTS:
            return self.inner(environ, start_response)
        style, keys, is_json = STYLES[request.service], LISTS[request.name], request.protocol == "json"
        body = wire.body_of(environ)
        asked = json.loads(body or b"{}") if is_json else dict(parse_qsl(body.decode(), keep_blank_values=True))
        size = min(int(asked.pop(style.limit, style.default)), self.page or 1000)
        first = int(asked.pop(style.sent, 0))
        wire.replace_body(environ, (json.dumps(asked) if is_json else urlencode(asked)).encode())
        status, headers, body = wire.call(self.inner, environ)
        if status.startswith("200"):
            body = (cut_json if is_json else cut_xml)(body, keys, style, first, size)
        return wire.answer(start_response, status, headers, body)


def windows(lengths, first, size):
    """The part of each list that lies in one window over all of them; and where the next begins, if there is one."""
    parts, start = [], 0
    for length in lengths:
        parts.append((max(first - start, 0), max(first + size - start, 0)))
        start += length
    return parts, str(first + size) if first + size < start else None


def cut_json(body, keys, style, first, size):
    out = json.loads(body)
    parts, marker = windows([len(out.get(key, [])) for key in keys], first, size)
    for key, (low, high) in zip(keys, parts):
        out[key] = out.get(key, [])[low:high]
    out.pop(style.returned, None)
    if style.more:
        out[style.more] = marker is not None
    if marker:
        out[style.returned] = marker
    return json.dumps(out).encode()


def cut_routes(body, size):
    """The one list that has no next page: AWS only says that there are more."""
    root = ET.fromstring(body)
    space = root.tag.partition("}")[0] + "}"
    ET.register_namespace("", space.strip("{}"))
    routes = root.find(space + "routeSet")
    root.find(space + "additionalRoutesAvailable").text = "true" if len(routes) > size else "false"
    routes[:] = list(routes)[:size]
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)


def cut_xml(body, keys, style, first, size):
    root = ET.fromstring(body)
    space = root.tag.partition("}")[0] + "}" if root.tag.startswith("{") else ""
    ET.register_namespace("", space.strip("{}"))
    result = next((child for child in root if child.tag.endswith("Result")), root)
    for name in filter(None, (style.returned, style.more)):
        for stale in result.findall(space + name):
            result.remove(stale)
    lists = [found if (found := result.find(space + key)) is not None else ET.SubElement(result, space + key) for key in keys]
    parts, marker = windows([len(found) for found in lists], first, size)
    for found, (low, high) in zip(lists, parts):
        found[:] = list(found)[low:high]
    if style.more:
        ET.SubElement(result, space + style.more).text = "true" if marker else "false"
    if marker:
        ET.SubElement(result, space + style.returned).text = marker
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)
