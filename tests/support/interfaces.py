"""Network interfaces of what AWS puts into a VPC: moto gives none to databases, warehouses and replication instances.

AWS: one that the service asks for, in a subnet of the resource and with its groups, with a public address where it is publicly accessible.
"""

from behaviours import instead
from moto.dms import models as dms
from moto.ec2 import ec2_backends
from moto.rds import models as rds
from moto.redshift import models as redshift


def attach(backend, service, subnets, groups, public):
    if not subnets:
        return
    ec2 = ec2_backends[backend.account_id][backend.region_name]
    subnet = subnets[0]["SubnetIdentifier"] if isinstance(subnets[0], dict) else subnets[0]
    made = ec2.create_network_interface(subnet, None, group_ids=list(groups), description=f"{service}NetworkInterface")
    made.requester_managed, made.requester_id, made.status = True, f"amazon-{service.lower()}", "in-use"
    if public:
        made.public_ip = "54.0.0.1"


@instead(rds.RDSBackend, "create_db_instance")
def server(moto, self, *args, **kwargs):
    made = moto(self, *args, **kwargs)
    attach(self, "RDS", made.db_subnet_group.subnets if made.db_subnet_group else [], made.vpc_security_group_ids, made.publicly_accessible)
    return made


@instead(redshift.RedshiftBackend, "create_cluster")
def warehouse(moto, self, *args, **kwargs):
    made = moto(self, *args, **kwargs)
    subnets = self.subnet_groups[made.cluster_subnet_group_name].subnets if made.cluster_subnet_group_name else []
    attach(self, "Redshift", subnets, made.vpc_security_group_ids, made.publicly_accessible)
    return made


@instead(dms.DatabaseMigrationServiceBackend, "create_replication_instance")
def mover(moto, self, *args, **kwargs):
    made = moto(self, *args, **kwargs)
    group = self.replication_subnet_groups[made.replication_subnet_group_identifier]
    attach(self, "DMS", group.found, [group["VpcSecurityGroupId"] for group in made.vpc_security_groups], made.publicly_accessible)
    return made
