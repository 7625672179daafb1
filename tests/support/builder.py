"""Makes AWS resources with boto3. Every method makes a resource with all its controls right, unless it is told otherwise by keyword."""

import json

import boto3
from botocore.config import Config

REGION, ACCOUNT = "eu-central-1", "123456789012"
SQLSERVER, POSTGRES, REDSHIFT = 1433, 5432, 5439
EVERYWHERE = "0.0.0.0/0"
OURS = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
LOG_COMPONENTS = ("SOURCE_UNLOAD", "SOURCE_CAPTURE", "TARGET_LOAD", "TARGET_APPLY")


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def steer(**tags):
    """Tags that steer `behaviours`, where no API sets what is wanted."""
    return [{"Key": f"test:{key.replace('_', '-')}", "Value": str(value)} for key, value in tags.items()]


def given(arguments, more):
    """Keyword arguments without those that are None."""
    return {key: value for key, value in (arguments | more).items() if value is not None}


def rules(columns=None, schema="sales", table="orders"):
    """A table mapping that includes one table, and one transformation of its card number."""
    where = {"schema-name": schema, "table-name": table}
    selection = {"rule-type": "selection", "rule-id": "1", "rule-name": "1", "rule-action": "include", "object-locator": where}
    masking = {"rule-type": "transformation", "rule-id": "2", "rule-name": "2", "rule-target": "column", "object-locator": where | {"column-name": "card"}}
    return json.dumps({"rules": [selection, masking | columns] if columns else [selection]})


def settings(level="LOGGER_SEVERITY_DEFAULT", enabled=True, **more):
    logging = {"EnableLogging": enabled, "LogComponents": [{"Id": name, "Severity": level} for name in LOG_COMPONENTS]}
    return json.dumps({"Logging": logging, "ControlTablesSettings": {"ControlSchema": "dms_control"}, **more})


class Builder:
    def __init__(self, url):
        self.url, self.clients = url, {}

    def __getattr__(self, service):
        if service.startswith("_"):
            raise AttributeError(service)
        if service not in self.clients:
            self.clients[service] = self.client(service, REGION)
        return self.clients[service]

    def client(self, service, region):
        return boto3.client(service, endpoint_url=self.url, region_name=region, config=Config(retries={"max_attempts": 0}))

    # --- network

    def vpc(self, name, cidr, watched=True):
        vpc = self.ec2.create_vpc(CidrBlock=cidr, TagSpecifications=named("vpc", name))["Vpc"]["VpcId"]
        if watched:
            group = self.log_group(f"/vpc/{name}")
            role = self.role(f"{name}-flow-logs", "vpc-flow-logs.amazonaws.com", allow("logs:PutLogEvents", f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}:*"))
            self.ec2.create_flow_logs(ResourceIds=[vpc], ResourceType="VPC", TrafficType="ALL", LogGroupName=group, DeliverLogsPermissionArn=role)
        return vpc

    def gateway(self, vpc):
        gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        return gateway

    def subnets(self, name, vpc, cidrs, gateway=None, **steering):
        table = self.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        if gateway:
            self.ec2.create_route(RouteTableId=table, DestinationCidrBlock=EVERYWHERE, GatewayId=gateway)
        made = []
        for zone, cidr in zip("ab", cidrs):
            tags = [{"ResourceType": "subnet", "Tags": [{"Key": "Name", "Value": name + zone}, *steer(**steering)]}]
            subnet = self.ec2.create_subnet(VpcId=vpc, CidrBlock=cidr, AvailabilityZone=REGION + zone, TagSpecifications=tags)["Subnet"]["SubnetId"]
            self.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
            made.append(subnet)
        self.rds.create_db_subnet_group(DBSubnetGroupName=name, DBSubnetGroupDescription=name, SubnetIds=made)
        self.redshift.create_cluster_subnet_group(ClusterSubnetGroupName=name, Description=name, SubnetIds=made)
        self.dms.create_replication_subnet_group(ReplicationSubnetGroupIdentifier=name, ReplicationSubnetGroupDescription=name, SubnetIds=made)
        return made

    def table(self, subnet):
        """The route table that a subnet is associated with."""
        mine = [{"Name": "association.subnet-id", "Values": [subnet]}]
        return self.ec2.describe_route_tables(Filters=mine)["RouteTables"][0]["RouteTableId"]

    def endpoint(self, service, vpc, policy, **more):
        """A VPC endpoint: a gateway where `more` names route tables, else an interface."""
        kind = "Gateway" if "RouteTableIds" in more else "Interface"
        asked = dict(VpcId=vpc, ServiceName=f"com.amazonaws.{REGION}.{service}", VpcEndpointType=kind, PolicyDocument=policy)
        return self.ec2.create_vpc_endpoint(**asked, **more)["VpcEndpoint"]["VpcEndpointId"]

    def group(self, name, vpc, *ingress, egress=()):
        """A security group; the rule that AWS puts into each, everything to everywhere, is taken out."""
        group = self.ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
        self.ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[port(None, cidr=EVERYWHERE)])
        if ingress:
            self.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=list(ingress))
        if egress:
            self.ec2.authorize_security_group_egress(GroupId=group, IpPermissions=list(egress))
        return group

    # --- keys, roles, secrets, logs, buckets

    def key(self, name, *statements, rotates=True):
        root = allow("kms:*", Principal={"AWS": ROOT})
        key = self.kms.create_key(Description=name, Policy=document(root, *statements))["KeyMetadata"]["Arn"]
        self.kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=key)
        if rotates:
            self.kms.enable_key_rotation(KeyId=key)
        return key

    def role(self, name, service, *statements, principal=None, condition=OURS, managed=()):
        trust = {"Effect": "Allow", "Principal": principal or {"Service": service}, "Action": "sts:AssumeRole", **({"Condition": condition} if condition else {})}
        arn = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
        if statements:
            self.iam.put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=document(*statements))
        for policy in managed:
            self.iam.attach_role_policy(RoleName=name, PolicyArn=f"arn:aws:iam::aws:policy/{policy}")
        return arn

    def secret(self, name, key, rotates=True, policy=None):
        arn = self.secretsmanager.create_secret(Name=name, SecretString="{}", KmsKeyId=key)["ARN"]
        if rotates:
            self.secretsmanager.rotate_secret(SecretId=arn, RotationRules={"AutomaticallyAfterDays": 30}, RotateImmediately=False)
        if policy:
            self.secretsmanager.put_resource_policy(SecretId=arn, ResourcePolicy=policy)
        return arn

    def secrets_role(self, name, key, *secrets, wide=False):
        narrow = [allow(["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"], secrets), allow("kms:Decrypt", key)]
        return self.role(name, f"dms.{REGION}.amazonaws.com", *([allow(["secretsmanager:*", "kms:*"])] if wide else narrow))

    def log_group(self, name, days=400):
        self.logs.create_log_group(logGroupName=name)
        self.logs.put_retention_policy(logGroupName=name, retentionInDays=days)
        return name

    def bucket(self, name, *statements, key=None, tls_only=True, block=True, versions=False, days=None):
        s3, arn = self.s3, f"arn:aws:s3:::{name}"
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]})
        if key:
            by_default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
            s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": by_default}]})
        if block:
            every = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
            s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=every)
        if tls_only:
            clear = {"Bool": {"aws:SecureTransport": "false"}}
            statements = (*statements, {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [arn, f"{arn}/*"], "Condition": clear})
        if statements:
            s3.put_bucket_policy(Bucket=name, Policy=document(*statements))
        if versions:
            s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        if days:
            expire = {"ID": "expire", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": days}}
            s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": [expire]})
        return name

    # --- parameters

    def sqlserver_parameters(self, name, force_ssl="1", **more):
        self.rds.create_db_parameter_group(DBParameterGroupName=name, DBParameterGroupFamily="sqlserver-se-15.0", Description=name)
        return self._set(name, {"rds.force_ssl": force_ssl} | {f"rds.{key}": value for key, value in more.items()})

    def postgres_parameters(self, name):
        self.rds.create_db_parameter_group(DBParameterGroupName=name, DBParameterGroupFamily="postgres16", Description=name)
        return self._set(name, {"shared_preload_libraries": "pgaudit,pg_stat_statements", "pgaudit.log": "all"})

    def _set(self, name, values):
        rows = [{"ParameterName": key, "ParameterValue": value, "ApplyMethod": "pending-reboot"} for key, value in values.items()]
        self.rds.modify_db_parameter_group(DBParameterGroupName=name, Parameters=rows)
        return name

    def redshift_parameters(self, name, require_ssl="true", user_activity="true"):
        self.redshift.create_cluster_parameter_group(ParameterGroupName=name, ParameterGroupFamily="redshift-1.0", Description=name)
        values = {"require_ssl": require_ssl, "enable_user_activity_logging": user_activity}
        rows = [{"ParameterName": key, "ParameterValue": value} for key, value in values.items()]
        self.redshift.modify_cluster_parameter_group(ParameterGroupName=name, Parameters=rows)
        return name

    def audit_option(self, name, bucket):
        self.rds.create_option_group(OptionGroupName=name, EngineName="sqlserver-se", MajorEngineVersion="15.00", OptionGroupDescription=name)
        option = {"OptionName": "SQLSERVER_AUDIT", "OptionSettings": [{"Name": "S3_BUCKET_ARN", "Value": f"arn:aws:s3:::{bucket}"}]}
        self.rds.modify_option_group(OptionGroupName=name, ApplyImmediately=True, OptionsToInclude=[option])
        return name


def named(kind, name):
    return [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": name}]}]


def port(number, group=None, cidr=None, cidr6=None, prefixes=None):
    """One permission; no number means every protocol and port."""
    rule = {"IpProtocol": "-1"} if number is None else {"IpProtocol": "tcp", "FromPort": number, "ToPort": number}
    rule |= {"UserIdGroupPairs": [{"GroupId": group}]} if group else {}
    rule |= {"IpRanges": [{"CidrIp": cidr}]} if cidr else {}
    rule |= {"Ipv6Ranges": [{"CidrIpv6": cidr6}]} if cidr6 else {}
    return rule | ({"PrefixListIds": [{"PrefixListId": prefixes}]} if prefixes else {})
