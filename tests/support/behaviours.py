"""What AWS does and moto 5.2.5 does not, where a verdict hangs on it. Importing this module changes moto in place.

Tags whose key begins with `test:` steer what cannot be set through an API.
"""

import json
from datetime import datetime, timedelta, timezone

from moto.cloudtrail.models import Trail
from moto.core.responses import ActionResult
from moto.dms import models as dms
from moto.dms.responses import DatabaseMigrationServiceResponse as DmsResponse
from moto.ec2 import ec2_backends
from moto.ec2.models.subnets import Subnet
from moto.ec2.responses.transit_gateway_route_tables import TransitGatewayRouteTable
from moto.iam.models import ManagedPolicy
from moto.iam.responses import IamResponse
from moto.kms.models import Key
from moto.kms.responses import KmsResponse
from moto.rds import models as rds
from moto.rds.responses import RDSResponse
from moto.redshift import models as redshift
from moto.redshift.responses import RedshiftResponse
from moto.s3.models import S3Backend
from moto.secretsmanager.models import SecretsManagerBackend

EVER = datetime(2061, 5, 21, tzinfo=timezone.utc)
STARTED = datetime.now(timezone.utc).replace(microsecond=0)


def instead(owner, name):
    """Replaces a method; the new one gets the old one first."""

    def put(new):
        old = getattr(owner, name, None)
        setattr(owner, name, lambda self, *args, **kwargs: new(old, self, *args, **kwargs))
        return new

    return put


def field(owner, name):
    """Replaces a field that is computed on reading; writing it changes nothing."""

    def put(new):
        setattr(owner, name, property(new, lambda self, value: None))
        return new

    return put


def tag(tags, key):
    return next((pair["Value"] for pair in tags or [] if pair["Key"] == f"test:{key}"), None)


def known(answer):
    return {key: value for key, value in answer.items() if value is not None}


# --- DMS: no nulls, no passwords, AWS's own key where none is given; real subnets; certificates; serverless replications

kept = {"Certificates": [], "ReplicationConfigs": []}


def forget():
    """What moto's reset does not reach."""
    for things in kept.values():
        things.clear()


def own_key(arn):
    _, _, _, region, account, *_ = arn.split(":")
    return f"arn:aws:kms:{region}:{account}:key/00000000-0000-4000-8000-00000000d345"


@instead(dms.Endpoint, "to_dict")
def endpoint(moto, self):
    answer = known(moto(self))
    for name, settings in answer.items():
        if isinstance(settings, dict):
            answer[name] = {key: value for key, value in settings.items() if key != "Password"}
    return {"SslMode": "none", "KmsKeyId": own_key(self.endpoint_arn), **answer, "Status": "active"}


@instead(dms.FakeReplicationInstance, "to_dict")
def instance(moto, self):
    group = dms.dms_backends[self.arn.split(":")[4]][self.region].replication_subnet_groups[self.replication_subnet_group_identifier]
    answer = known(moto(self)) | {"ReplicationInstanceStatus": "available", "ReplicationSubnetGroup": group.to_dict()}
    return {"KmsKeyId": own_key(self.arn), **answer}


@instead(dms.FakeReplicationTask, "to_dict")
def task(moto, self):
    return known(moto(self)) | {"Status": "running"}


@instead(dms.DatabaseMigrationServiceBackend, "create_replication_subnet_group")
def subnet_group(moto, self, *args, subnet_ids=(), **kwargs):
    group = moto(self, *args, subnet_ids=subnet_ids, **kwargs)
    group.found = ec2_backends[self.account_id][self.region_name].describe_subnets(subnet_ids)
    return group


@instead(dms.FakeReplicationSubnetGroup, "to_dict")
def subnets_of_group(moto, self):
    subnets = [{"SubnetIdentifier": subnet.id, "SubnetStatus": "Active"} for subnet in self.found]
    return moto(self) | {"VpcId": self.found[0].vpc_id, "Subnets": subnets}


@instead(DmsResponse, "import_certificate")
def import_certificate(_, self):
    name, now = self._get_param("CertificateIdentifier"), datetime.now(timezone.utc)
    ends = now - timedelta(days=1) if tag(self._get_param("Tags"), "expired") else EVER
    certificate = {
        "CertificateIdentifier": name,
        "CertificateArn": f"arn:aws:dms:{self.region}:{self.current_account}:cert:{name.upper()}",
        "ValidFromDate": (now - timedelta(days=400)).timestamp(),
        "ValidToDate": ends.timestamp(),
        "SigningAlgorithm": "SHA256withRSA",
        "KeyLength": 2048,
    }
    kept["Certificates"].append(certificate)
    return json.dumps({"Certificate": certificate})


@instead(DmsResponse, "create_replication_config")
def create_replication_config(_, self):
    asked = ("ReplicationConfigIdentifier", "SourceEndpointArn", "TargetEndpointArn", "ReplicationType", "ComputeConfig", "ReplicationSettings", "TableMappings")
    config = {key: self._get_param(key) for key in asked}
    config["ReplicationConfigArn"] = f"arn:aws:dms:{self.region}:{self.current_account}:replication-config:{config[asked[0]].upper()}"
    kept["ReplicationConfigs"].append(config)
    return json.dumps({"ReplicationConfig": config})


def status(config):
    return {"ReplicationConfigArn": config["ReplicationConfigArn"], "ReplicationConfigIdentifier": config["ReplicationConfigIdentifier"], "Status": "running"}


DmsResponse.describe_certificates = lambda self: json.dumps({"Certificates": kept["Certificates"]})
DmsResponse.describe_replication_configs = lambda self: json.dumps({"ReplicationConfigs": kept["ReplicationConfigs"]})
DmsResponse.describe_replications = lambda self: json.dumps({"Replications": [status(config) for config in kept["ReplicationConfigs"]]})


# --- RDS: whole parameter groups with their defaults, whether they are in force, option groups without a name, certificates


def parameter(name, value, kind="dynamic"):
    return {"ParameterName": name, "ParameterValue": value, "Source": "system", "ApplyType": kind, "DataType": "string", "IsModifiable": True}


def defaults(family):
    engine, digits = family.rstrip("0123456789.-"), family.lstrip("abcdefghijklmnopqrstuvwxyz-").split(".")[0]
    if engine.startswith("sqlserver"):
        yield parameter("rds.force_ssl", "0", "static")
        yield from (parameter(f"rds.{name}", "default", "static") for name in ("tls10", "tls11", "tls12", "rc4", "3des168"))
        yield parameter("max worker threads", "0")
    elif engine in ("postgres", "aurora-postgresql"):
        yield parameter("rds.force_ssl", "1" if int(digits or 0) >= (15 if engine == "postgres" else 17) else "0")
        yield parameter("shared_preload_libraries", "pg_stat_statements", "static")
        yield parameter("ssl_min_protocol_version", "TLSv1.2")


def parameters(family, changed):
    rows = {row["ParameterName"]: row for row in defaults(family or "")}
    for name, values in changed.items():
        rows[name] = {**rows.get(name, parameter(name, None)), **values, "Source": "user"}
    return ActionResult({"Parameters": list(rows.values())})


@instead(RDSResponse, "describe_db_parameters")
def db_parameters(_, self):
    group = self.backend.describe_db_parameter_groups({"db_parameter_group_name": self.params["DBParameterGroupName"]})[0]
    return parameters(group.family, group.parameters)


@instead(RDSResponse, "describe_db_cluster_parameters")
def cluster_parameters(_, self):
    group = self.backend.db_cluster_parameter_groups[self.params["DBClusterParameterGroupName"]]
    return parameters(group.db_parameter_group_family, group.parameters)


@instead(RDSResponse, "describe_option_groups")
def option_groups(_, self):
    wanted = self.params.get("OptionGroupName")
    return ActionResult({"OptionGroupsList": [group for group in self.backend.option_groups.values() if wanted in (None, group.name)]})


@instead(rds.DBInstance, "default_db_parameter_group_details")
def default_parameter_group(moto, self):
    if not self.engine.startswith("sqlserver"):
        return moto(self)
    family = f"{self.engine}-{self.engine_version.split('.')[0]}.0"
    return family, f"default.{family}"


@field(rds.DBInstance, "db_parameter_group_status_list")
def in_force(self):
    now = "pending-reboot" if tag(self.tags, "reboot-pending") else "in-sync"
    return [{"DBParameterGroupName": group.name, "ParameterApplyStatus": now} for group in self.db_parameter_groups()]


rds_ca = "rds-ca-rsa2048-g1"
field(rds.DBInstance, "ca_certificate_identifier")(lambda self: rds_ca)
field(rds.DBInstance, "certificate_details")(lambda self: {"CAIdentifier": rds_ca, "ValidTill": EVER})
field(rds.DBInstance, "storage_encryption_type")(lambda self: "sse-kms" if self.storage_encrypted else "none")


# --- Redshift: parameters that can be changed, the 2.0 family, delivery of audit logs, shared snapshots


@instead(redshift.RedshiftBackend, "__init__")
def redshift_backend(moto, self, *args, **kwargs):
    moto(self, *args, **kwargs)
    name = "default.redshift-2.0"
    self.parameter_groups[name] = redshift.ParameterGroup(name, "redshift-2.0", "Default parameter group", self.account_id, self.region_name)


@instead(RedshiftResponse, "modify_cluster_parameter_group")
def modify_parameters(_, self):
    name = self._get_param("ParameterGroupName")
    group = self.redshift_backend.describe_cluster_parameter_groups(name)[0]
    group.changed = getattr(group, "changed", {}) | {row["ParameterName"]: row["ParameterValue"] for row in self._get_param("Parameters")}
    return ActionResult({"ParameterGroupName": name, "ParameterGroupStatus": "Your parameter group has been updated"})


@instead(redshift.RedshiftBackend, "describe_cluster_parameters")
def redshift_parameters(moto, self, parameter_group_name):
    group, rows = self.parameter_groups[parameter_group_name], moto(self, parameter_group_name)
    changed = getattr(group, "changed", {})
    values = ({"require_ssl": "true"} if group.family == "redshift-2.0" else {}) | changed
    for row in rows:
        row["ParameterValue"] = values.get(row["ParameterName"], row["ParameterValue"])
        row["Source"] = "user" if row["ParameterName"] in changed else "engine-default"
    return rows


@field(redshift.Cluster, "cluster_parameter_group_status_list")
def redshift_in_force(self):
    now = "pending-reboot" if tag(self.tags, "reboot-pending") else "in-sync"
    return [{"ParameterGroupName": group.name, "ParameterApplyStatus": now} for group in self.parameter_groups]


@instead(redshift.RedshiftBackend, "describe_logging_status")
def delivery(moto, self, cluster_identifier):
    answer = {key: value for key, value in moto(self, cluster_identifier).items() if not key.startswith("Last")}
    if answer.get("LoggingEnabled") and tag(self.clusters[cluster_identifier].tags, "undelivered"):
        return answer | {"LastSuccessfulDeliveryTime": STARTED - timedelta(days=9), "LastFailureTime": STARTED, "LastFailureMessage": "Access Denied"}
    return answer | ({"LastSuccessfulDeliveryTime": STARTED} if answer.get("LoggingEnabled") else {})


def shares(backend, cluster):
    account = tag(cluster.tags, "shares")
    base = f"arn:aws:redshift:{backend.region_name}:{backend.account_id}"
    consumers = [{"ConsumerIdentifier": account, "Status": "AUTHORIZED"}]
    share = {"DataShareArn": f"{base}:datashare:{cluster.cluster_identifier}/sales", "ProducerArn": f"{base}:namespace:{cluster.cluster_identifier}"}
    return [share | {"AllowPubliclyAccessibleConsumers": True, "DataShareAssociations": consumers}] if account else []


def admits(backend, cluster):
    account = tag(cluster.tags, "admits")
    granted = {"Grantor": backend.account_id, "Grantee": account, "ClusterIdentifier": cluster.cluster_identifier}
    return [granted | {"Status": "Authorized", "AllowedAllVPCs": True}] if account else []


def managed_endpoints(backend, cluster):
    name = tag(cluster.tags, "endpoint")
    endpoint = {"EndpointName": name, "ClusterIdentifier": cluster.cluster_identifier, "ResourceOwner": backend.account_id, "EndpointStatus": "active"}
    return [endpoint | {"SubnetGroupName": cluster.cluster_subnet_group_name, "Port": cluster.port}] if name else []


def of_clusters(key, rows):
    def answer(self):
        backend = self.redshift_backend
        return ActionResult({key: [row for cluster in backend.clusters.values() for row in rows(backend, cluster)]})

    return answer


RedshiftResponse.describe_data_shares = of_clusters("DataShares", shares)
RedshiftResponse.describe_endpoint_authorization = of_clusters("EndpointAuthorizationList", admits)
RedshiftResponse.describe_endpoint_access = of_clusters("EndpointAccessList", managed_endpoints)


@field(redshift.Snapshot, "accounts_with_restore_access")
def may_restore(self):
    account = tag(self.tags, "restore")
    return [{"AccountId": account}] if account else []


# --- the rest: one small thing each


def upper(value):
    """A route as AWS's model names its parts; moto begins them with a small letter."""
    if isinstance(value, dict):
        return {key[0].upper() + key[1:]: upper(part) for key, part in value.items()}
    return value


@instead(TransitGatewayRouteTable, "search_transit_gateway_routes")
def transit_routes(_, self):
    table = self.ec2_backend.transit_gateways_route_tables[self._get_param("TransitGatewayRouteTableId")]
    routes = [upper(route) for route in table.routes.values()]
    for route in routes:
        route["TransitGatewayAttachments"] = [route["TransitGatewayAttachments"]] if "TransitGatewayAttachments" in route else []
    return ActionResult({"Routes": routes, "AdditionalRoutesAvailable": False})


@field(Subnet, "block_public_access_states")
def block_public_access(self):
    tags = [{"Key": pair["key"], "Value": pair["value"]} for pair in self.get_tags()]
    return {"InternetGatewayBlockMode": tag(tags, "internet-gateway-block") or "off"}


@instead(S3Backend, "get_bucket_encryption")
def bucket_encryption(moto, self, bucket_name):
    default = {"Rule": {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": "false"}}
    return moto(self, bucket_name) or default  # every bucket is encrypted since January 2023


@instead(Key, "to_dict")
def key_metadata(moto, self):
    answer = moto(self)
    metadata = answer["KeyMetadata"]
    metadata["MultiRegion"] = bool(metadata.get("MultiRegion"))
    metadata["KeyManager"] = "AWS" if self.description == "Default key" else metadata["KeyManager"]
    return answer


@instead(KmsResponse, "get_key_rotation_status")
def rotation(moto, self):
    answer = json.loads(moto(self))
    return json.dumps(answer | ({"RotationPeriodInDays": 365} if answer["KeyRotationEnabled"] else {}))


@instead(SecretsManagerBackend, "create_managed_secret")
def managed_secret(moto, self, *args, **kwargs):
    secret = moto(self, *args, **kwargs)
    now = int(datetime.now(timezone.utc).timestamp())
    secret.rotation_requested = secret.rotation_enabled = True
    secret.auto_rotate_after_days, secret.last_rotation_date, secret.next_rotation_date = 7, now, now + 7 * 86400
    return secret


@instead(Trail, "description")
def trail(moto, self, include_region=False):
    return moto(self, include_region) | {"HasCustomEventSelectors": bool(self.event_selectors or self.advanced_event_selectors)}


ManagedPolicy.policy_name = property(lambda self: self.name)
ManagedPolicy.policy_id = property(lambda self: self.id)


@instead(IamResponse, "get_account_authorization_details")
def authorization_details(_, self):
    """AWS's own policies come only where they are attached."""
    asked = self._get_param("Filter", []) or ["User", "Group", "Role", "LocalManagedPolicy", "AWSManagedPolicy"]
    found = self.backend.get_account_authorization_details(asked)
    policies = [policy for policy in found["managed_policies"] if policy.attachment_count or ":aws:policy/" not in policy.arn]
    return ActionResult({
        "UserDetailList": found["users"],
        "GroupDetailList": found["groups"],
        "RoleDetailList": found["roles"],
        "Policies": sorted(policies, key=lambda policy: policy.arn),
        "IsTruncated": False,
    })
