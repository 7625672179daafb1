"""The accounts that the live tests scan.

healthy   one pipeline, RDS for SQL Server → DMS → S3 staging → Redshift, a small PostgreSQL beside it and a trail: every control right
broken    the same, and one resource for each broken control, named after what is broken
empty     nothing
"""

from builder import ACCOUNT, EVERYWHERE, POSTGRES, REDSHIFT, REGION, ROOT, SQLSERVER, Builder, allow, document, given, port, rules, settings, steer

PASSWORD = "N0t-a-real-one!"


class Pipeline(Builder):
    """One account with its pipeline. Its methods make more of its parts, each right unless told otherwise."""

    def healthy(self, trail="shop-trail", **trail_settings):
        self.shop_key = self.key("shop-key")
        self.shop_vpc = self.vpc("shop-vpc", "10.20.0.0/16")
        self.internet = self.gateway(self.shop_vpc)
        self.private = self.subnets("private", self.shop_vpc, ("10.20.0.0/24", "10.20.1.0/24"))
        ours = {"StringEquals": {"aws:ResourceAccount": ACCOUNT}}
        policy = document(allow("s3:*", Principal="*", Condition=ours))
        self.endpoint("s3", self.shop_vpc, policy, RouteTableIds=[self.table(self.private[0])])
        mover = self.group("shop-mover", self.shop_vpc)
        self.db_group = self.group("shop-db", self.shop_vpc, port(SQLSERVER, group=mover))
        self.reports_group = self.group("shop-reports", self.shop_vpc, port(POSTGRES, group=mover))
        self.warehouse_group = self.group("shop-warehouse", self.shop_vpc, port(REDSHIFT, group=mover))
        self.mover_group = mover
        peers = [port(SQLSERVER, group=self.db_group), port(REDSHIFT, group=self.warehouse_group)]
        self.ec2.authorize_security_group_egress(GroupId=mover, IpPermissions=peers)

        from_redshift = {"Effect": "Allow", "Principal": {"Service": "redshift.amazonaws.com"}, "Action": ["s3:PutObject", "s3:GetBucketAcl"]}
        from_redshift |= {"Resource": ["arn:aws:s3:::shop-audit", "arn:aws:s3:::shop-audit/*"], "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}}
        self.audit = self.bucket("shop-audit", from_redshift, days=400)
        self.staging = self.bucket("dms-shop-staging", key=self.shop_key)
        self.sqlserver_parameters("shop-sqlserver")
        self.postgres_parameters("shop-postgres")
        self.redshift_parameters("shop-redshift")
        self.audit_option("shop-sqlserver-audit", self.audit)
        self.certificate = self.import_certificate("rds-ca")

        self.server("shop-db")
        self.server("shop-reports", Engine="postgres", EngineVersion="16.4", Port=POSTGRES, DBParameterGroupName="shop-postgres", OptionGroupName=None,
                    LicenseModel=None, VpcSecurityGroupIds=[self.reports_group], EnableCloudwatchLogsExports=["postgresql"])
        self.warehouse("shop-warehouse")
        self.db_login, self.warehouse_login = self.secret("shop-db-login", self.shop_key), self.secret("shop-warehouse-login", self.shop_key)
        self.login_role = self.secrets_role("shop-secrets-role", self.shop_key, self.db_login, self.warehouse_login)
        self.shop_mover = self.mover("shop-mover")
        self.log_group("dms-tasks-shop-mover")
        self.shop_source, self.shop_target = self.source("shop-source"), self.target("shop-target")
        self.shop_task = self.task("shop-task")

        self.rds.create_db_snapshot(DBInstanceIdentifier="shop-db", DBSnapshotIdentifier="shop-db-snapshot")
        self.redshift.create_cluster_snapshot(ClusterIdentifier="shop-warehouse", SnapshotIdentifier="shop-warehouse-snapshot")
        for name, policy in (("vpc", "VPCManagementRole"), ("cloudwatch-logs", "CloudWatchLogsRole")):
            self.role(f"dms-{name}-role", "dms.amazonaws.com", managed=[f"service-role/AmazonDMS{policy}"])
        operator = [allow("dms:Describe*"), allow(["dms:StartReplicationTask", "dms:StopReplicationTask"], self.shop_task)]
        self.role("shop-operator", None, *operator, principal={"AWS": ROOT}, condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})
        self.watch(trail, **trail_settings)
        return self

    def endpoint_role(self, **over):
        usual = dict(service=["dms.amazonaws.com", "redshift.amazonaws.com"], managed=["service-role/AmazonDMSRedshiftS3Role"])
        return self.role("dms-access-for-endpoint", **(usual | over))

    def watch(self, name, **over):
        source = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
        write = allow("s3:PutObject", f"arn:aws:s3:::{name}/*", Principal={"Service": "cloudtrail.amazonaws.com"}, Condition=source)
        self.bucket(name, write, days=400)
        usual = dict(IsMultiRegionTrail=True, EnableLogFileValidation=True, KmsKeyId=self.shop_key)
        self.cloudtrail.create_trail(Name=name, S3BucketName=name, **(usual | over))
        self.cloudtrail.start_logging(Name=name)
        objects = {"Type": "AWS::S3::Object", "Values": [f"arn:aws:s3:::{self.staging}/"]}
        everything = {"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": [objects]}
        self.cloudtrail.put_event_selectors(TrailName=name, EventSelectors=[everything])

    def server(self, name, **over):
        """An RDS instance; returns its host name."""
        usual = dict(
            DBInstanceIdentifier=name, DBInstanceClass="db.m5.large", Engine="sqlserver-se", EngineVersion="15.00.4430.1.v1", LicenseModel="license-included",
            AllocatedStorage=20, MasterUsername="owner", ManageMasterUserPassword=True, StorageEncrypted=True, KmsKeyId=self.shop_key, PubliclyAccessible=False,
            DBSubnetGroupName="private", VpcSecurityGroupIds=[self.db_group], DBParameterGroupName="shop-sqlserver", OptionGroupName="shop-sqlserver-audit",
            Port=SQLSERVER, EnableCloudwatchLogsExports=["error"])
        arguments = given(usual, over)
        made = self.rds.create_db_instance(**arguments)["DBInstance"]
        for log in arguments.get("EnableCloudwatchLogsExports", []):
            self.log_group(f"/aws/rds/instance/{name}/{log}")
        return made["Endpoint"]["Address"]

    def warehouse(self, name, logged=True, **over):
        usual = dict(
            ClusterIdentifier=name, NodeType="ra3.large", ClusterType="multi-node", NumberOfNodes=2, DBName="sales", MasterUsername="owner",
            MasterUserPassword=PASSWORD, Encrypted=True, KmsKeyId=self.shop_key, PubliclyAccessible=False, ClusterSubnetGroupName="private",
            VpcSecurityGroupIds=[self.warehouse_group], Port=REDSHIFT, ClusterParameterGroupName="shop-redshift", EnhancedVpcRouting=True)
        self.redshift.create_cluster(**given(usual, over))
        if logged:
            self.redshift.enable_logging(ClusterIdentifier=name, BucketName=self.audit, S3KeyPrefix=f"{name}/", LogDestinationType="s3")

    def mover(self, name, **over):
        usual = dict(
            ReplicationInstanceIdentifier=name, ReplicationInstanceClass="dms.r5.large", PubliclyAccessible=False, EngineVersion="3.5.4",
            ReplicationSubnetGroupIdentifier="private", VpcSecurityGroupIds=[self.mover_group], KmsKeyId=self.shop_key)
        return self.dms.create_replication_instance(**given(usual, over))["ReplicationInstance"]["ReplicationInstanceArn"]

    def import_certificate(self, name, **steering):
        made = self.dms.import_certificate(CertificateIdentifier=name, CertificatePem="-----BEGIN CERTIFICATE-----", Tags=steer(**steering))
        return made["Certificate"]["CertificateArn"]

    def source(self, name, secret=None, role=None, **over):
        login = {"SecretsManagerSecretId": secret or self.db_login, "SecretsManagerAccessRoleArn": role or self.login_role, "DatabaseName": "sales"}
        usual = dict(EndpointIdentifier=name, EndpointType="source", EngineName="sqlserver", SslMode="verify-full", CertificateArn=self.certificate,
                     KmsKeyId=self.shop_key, MicrosoftSQLServerSettings=login)
        return self.dms.create_endpoint(**given(usual, over))["Endpoint"]["EndpointArn"]

    def target(self, name, bucket=None, **over):
        staging = {"BucketName": bucket or self.staging, "EncryptionMode": "sse-kms", "ServerSideEncryptionKmsKeyId": self.shop_key, "DatabaseName": "sales",
                   "ServiceAccessRoleArn": f"arn:aws:iam::{ACCOUNT}:role/dms-access-for-endpoint",
                   "SecretsManagerSecretId": self.warehouse_login, "SecretsManagerAccessRoleArn": self.login_role}
        usual = dict(EndpointIdentifier=name, EndpointType="target", EngineName="redshift", KmsKeyId=self.shop_key, RedshiftSettings=staging)
        return self.dms.create_endpoint(**given(usual, over))["Endpoint"]["EndpointArn"]

    def task(self, name, **over):
        usual = dict(
            ReplicationTaskIdentifier=name, ReplicationInstanceArn=self.shop_mover, SourceEndpointArn=self.shop_source, TargetEndpointArn=self.shop_target,
            MigrationType="full-load", TableMappings=rules(), ReplicationTaskSettings=settings())
        return self.dms.create_replication_task(**(usual | over))["ReplicationTask"]["ReplicationTaskArn"]


def healthy(url):
    account = Pipeline(url)
    account.endpoint_role()
    account.healthy()


def broken(url):
    account = Pipeline(url)
    account.endpoint_role(principal={"AWS": "*"}, condition=None, managed=["AdministratorAccess"])
    account.healthy(trail="trail-without-validation", EnableLogFileValidation=False)
    for part in (hops, stores, keys, exposures, grants, credentials, trails, pipelines):
        part(account)


def hops(a):
    a.server("tls-not-required", DBParameterGroupName=a.sqlserver_parameters("force-ssl-off", force_ssl="0"))
    a.server("tls-after-reboot", Tags=steer(reboot_pending=1))
    a.server("tls-old", DBParameterGroupName=a.sqlserver_parameters("tls-1-0", tls10="enabled"))
    a.warehouse("default-parameters", ClusterParameterGroupName=None)
    a.task("clear-text", SourceEndpointArn=a.source("clear-text", SslMode="none", CertificateArn=None))
    a.task("unverified", SourceEndpointArn=a.source("unverified", SslMode="require", CertificateArn=None))
    a.task("expired-ca", SourceEndpointArn=a.source("expired-ca", CertificateArn=a.import_certificate("expired-ca", expired=1)))
    a.rds.create_db_cluster_parameter_group(DBClusterParameterGroupName="aurora-ssl-off", DBParameterGroupFamily="aurora-postgresql16", Description="off")
    a.rds.create_db_cluster(
        DBClusterIdentifier="aurora-tls-not-required", Engine="aurora-postgresql", EngineVersion="16.4", MasterUsername="owner", ManageMasterUserPassword=True,
        DBClusterParameterGroupName="aurora-ssl-off", DBSubnetGroupName="private", VpcSecurityGroupIds=[a.reports_group], StorageEncrypted=True,
        KmsKeyId=a.shop_key)
    a.rds.create_db_cluster_snapshot(DBClusterIdentifier="aurora-tls-not-required", DBClusterSnapshotIdentifier="aurora-snapshot-shared")
    a.rds.modify_db_cluster_snapshot_attribute(
        DBClusterSnapshotIdentifier="aurora-snapshot-shared", AttributeName="restore", ValuesToAdd=["999988887777"])


def copy_abroad(rds, ec2):
    """A public snapshot, in a region where nothing else is left."""
    subnets = [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"]]
    rds.create_db_subnet_group(DBSubnetGroupName="abroad", DBSubnetGroupDescription="abroad", SubnetIds=subnets)
    rds.create_db_instance(DBInstanceIdentifier="gone", Engine="postgres", DBInstanceClass="db.t3.micro", AllocatedStorage=20, MasterUsername="owner",
                           MasterUserPassword=PASSWORD, DBSubnetGroupName="abroad")
    rds.create_db_snapshot(DBInstanceIdentifier="gone", DBSnapshotIdentifier="copy-abroad")
    rds.modify_db_snapshot_attribute(DBSnapshotIdentifier="copy-abroad", AttributeName="restore", ValuesToAdd=["all"])
    rds.delete_db_instance(DBInstanceIdentifier="gone", SkipFinalSnapshot=True)


def stores(a):
    a.server("unencrypted", StorageEncrypted=False, KmsKeyId=None)
    for name, who in (("snapshot-public", "all"), ("snapshot-shared", "999988887777")):
        a.rds.create_db_snapshot(DBInstanceIdentifier="unencrypted", DBSnapshotIdentifier=name)
        a.rds.modify_db_snapshot_attribute(DBSnapshotIdentifier=name, AttributeName="restore", ValuesToAdd=[who])
    a.redshift.create_cluster_snapshot(ClusterIdentifier="shop-warehouse", SnapshotIdentifier="warehouse-snapshot-shared", Tags=steer(restore="999988887777"))
    copy_abroad(a.client("rds", "eu-west-3"), a.client("ec2", "eu-west-3"))
    anyone = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket-public/*"}
    for bucket in (a.bucket("bucket-public", anyone, key=a.shop_key, block=False), a.bucket("bucket-clear-text", key=a.shop_key, tls_only=False),
                   a.bucket("dms-versioned", key=a.shop_key, versions=True)):
        a.task(f"to-{bucket}", TargetEndpointArn=a.target(f"to-{bucket}", bucket))
    travel = {"EnableTT": True, "TTRecordSettings": {"EnableRawData": True}, "TTS3Settings": {"BucketName": a.staging}}
    a.task("time-travel", ReplicationTaskSettings=settings(TTSettings=travel))


def keys(a):
    a.server("key-not-rotated", KmsKeyId=a.key("key-not-rotated", rotates=False))
    a.server("key-open", KmsKeyId=a.key("key-open", allow("kms:*", Principal="*")))
    dying = a.key("key-dying")
    a.server("key-dying", KmsKeyId=dying)
    a.kms.schedule_key_deletion(KeyId=dying.rsplit("/", 1)[-1], PendingWindowInDays=7)


def exposures(a):
    a.subnets("public", a.shop_vpc, ("10.20.100.0/24", "10.20.101.0/24"), gateway=a.internet)
    a.subnets("shielded", a.shop_vpc, ("10.20.102.0/24", "10.20.103.0/24"), gateway=a.internet, internet_gateway_block="block-bidirectional")
    world = a.group("open-to-the-world", a.shop_vpc, port(SQLSERVER, cidr=EVERYWHERE))
    six = a.group("open-to-ipv6", a.shop_vpc, port(SQLSERVER, cidr6="::/0"))
    prefixes = a.ec2.create_managed_prefix_list(
        PrefixListName="partners", Entries=[{"Cidr": "0.0.0.0/1"}, {"Cidr": "128.0.0.0/1"}], MaxEntries=4, AddressFamily="IPv4")["PrefixList"]["PrefixListId"]
    a.server("exposed", PubliclyAccessible=True, DBSubnetGroupName="public", VpcSecurityGroupIds=[world])
    a.server("shielded", PubliclyAccessible=True, DBSubnetGroupName="shielded", VpcSecurityGroupIds=[world])
    a.server("open-to-ipv6", VpcSecurityGroupIds=[six])
    a.server("open-to-halves", VpcSecurityGroupIds=[a.group("open-to-halves", a.shop_vpc, port(SQLSERVER, prefixes=prefixes))])
    a.server("open-to-vpc", VpcSecurityGroupIds=[a.group("open-to-vpc", a.shop_vpc, port(SQLSERVER, cidr="10.20.0.0/16"))])
    a.server("open-to-host", VpcSecurityGroupIds=[a.group("open-to-host", a.shop_vpc, port(SQLSERVER, cidr="52.94.7.9/32"))])
    a.server("all-ports", VpcSecurityGroupIds=[a.group("all-ports", a.shop_vpc, port(None, group=a.mover_group))])
    a.warehouse("outside-routing", EnhancedVpcRouting=False, Tags=steer(shares="999988887777", admits="999988887777", endpoint="side-door"))
    a.mover("public-mover", PubliclyAccessible=True)
    a.mover("egress-open", VpcSecurityGroupIds=[a.group("egress-open", a.shop_vpc, egress=[port(None, cidr=EVERYWHERE)])])
    quiet = a.vpc("vpc-unwatched", "10.21.0.0/16", watched=False)
    private = a.subnets("unwatched", quiet, ("10.21.0.0/24", "10.21.1.0/24"))
    a.server("in-vpc-unwatched", DBSubnetGroupName="unwatched", VpcSecurityGroupIds=[a.group("unwatched", quiet)])
    away(a, quiet, private)


def away(a, vpc, subnets):
    """Ways out of a VPC that only routes name: a NAT gateway and a transit gateway."""
    nat = a.ec2.create_nat_gateway(SubnetId=subnets[0], ConnectivityType="private")["NatGateway"]["NatGatewayId"]
    a.ec2.create_route(RouteTableId=a.table(subnets[0]), DestinationCidrBlock="198.51.100.0/24", NatGatewayId=nat)
    gateway = a.ec2.create_transit_gateway(Description="hub")["TransitGateway"]["TransitGatewayId"]
    attached = a.ec2.create_transit_gateway_vpc_attachment(TransitGatewayId=gateway, VpcId=vpc, SubnetIds=subnets)["TransitGatewayVpcAttachment"]
    # The gateway comes with a route table, and what is attached uses it.
    hub = a.ec2.describe_transit_gateway_route_tables()["TransitGatewayRouteTables"][0]["TransitGatewayRouteTableId"]
    part = dict(TransitGatewayRouteTableId=hub, TransitGatewayAttachmentId=attached["TransitGatewayAttachmentId"])
    a.ec2.create_transit_gateway_route(DestinationCidrBlock="10.21.0.0/16", **part)
    a.ec2.create_transit_gateway_route(DestinationCidrBlock="10.66.0.0/16", TransitGatewayRouteTableId=hub, Blackhole=True)
    a.ec2.create_route(RouteTableId=a.table(subnets[0]), DestinationCidrBlock="10.99.0.0/16", TransitGatewayId=gateway)


def grants(a):
    wide = a.secrets_role("secrets-role-wide", a.shop_key, wide=True)
    a.task("secrets-role-wide", SourceEndpointArn=a.source("secrets-role-wide", role=wide))
    a.iam.create_user(UserName="dba-everything")
    a.iam.put_user_policy(UserName="dba-everything", PolicyName="dba", PolicyDocument=document(allow(["rds:*", "redshift:*", "dms:*"])))
    admin = a.iam.create_policy(PolicyName="admin-by-hand", PolicyDocument=document(allow("*")))["Policy"]["Arn"]
    a.iam.create_group(GroupName="admins-undeclared")
    a.iam.attach_group_policy(GroupName="admins-undeclared", PolicyArn=admin)
    a.iam.create_user(UserName="admin-undeclared")
    a.iam.add_user_to_group(GroupName="admins-undeclared", UserName="admin-undeclared")


def credentials(a):
    host = f"shop-db.aaaaaaaaaa.{REGION}.rds.amazonaws.com"
    master = a.source("master-with-password", MicrosoftSQLServerSettings=None, ServerName=host, Port=SQLSERVER, Username="owner", Password=PASSWORD)
    a.task("master-with-password", SourceEndpointArn=master)
    anyone = document(allow("secretsmanager:GetSecretValue", Principal="*"))
    for name, secret in (("secret-not-rotated", a.secret("secret-not-rotated", a.shop_key, rotates=False)),
                         ("secret-open", a.secret("secret-open", a.shop_key, policy=anyone))):
        a.task(name, SourceEndpointArn=a.source(name, secret=secret))


def trails(a):
    a.task("silent", ReplicationTaskSettings=settings(enabled=False))
    a.task("debug", ReplicationTaskSettings=settings("LOGGER_SEVERITY_DETAILED_DEBUG"))
    a.server("no-audit", OptionGroupName=None)
    a.warehouse("audit-off", logged=False)
    a.warehouse("audit-undelivered", Tags=steer(undelivered=1))
    a.log_group("dms-tasks-public-mover", days=7)


def pipelines(a):
    a.task("every-table", TableMappings=rules(schema="%", table="%"))
    a.task("plain-hash", TableMappings=rules({"rule-action": "data-masking-hash-mask"}))
    masked = rules({"rule-action": "data-masking-digits-mask", "value": "#"})
    a.task("masking-gives-way", TableMappings=masked, ReplicationTaskSettings=settings(ErrorBehavior={"DataMaskingErrorPolicy": "LOG_ERROR"}))
    a.dms.create_replication_config(
        ReplicationConfigIdentifier="serverless-silent", SourceEndpointArn=a.shop_source, TargetEndpointArn=a.shop_target, ReplicationType="full-load",
        ComputeConfig={"MaxCapacityUnits": 4, "ReplicationSubnetGroupId": "private", "VpcSecurityGroupIds": [a.mover_group], "KmsKeyId": a.shop_key},
        ReplicationSettings=settings(enabled=False), TableMappings=rules())


def build(name, url):
    {"healthy": healthy, "broken": broken, "empty": lambda _: None}[name](url)
