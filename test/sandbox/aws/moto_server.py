"""moto's server, with three things as AWS has them.

ECR takes manifests without a tag, such as those that an index lists: moto's put_image fails for them where the
repository's tags are immutable with exceptions. A cluster of EKS has an API server that answers, and the certificate of
its authority: moto makes both up. EKS associates roles with ServiceAccounts: moto doesn't.

Usage: moto_server.py API_SERVER CA_FILE PORT
"""

import base64
import secrets
import sys
from pathlib import Path

from moto.core.responses import ActionResult
from moto.ecr.models import ECRBackend
from moto.eks import urls as eks_urls
from moto.eks.exceptions import ResourceInUseException, ResourceNotFoundException
from moto.eks.models import Cluster
from moto.eks.responses import EKSResponse
from moto.server import main

api_server, ca_file, port = sys.argv[1:]

resolve = ECRBackend._resolve_image_tag_mutability


def resolve_image_tag_mutability(self: ECRBackend, repository, tag):
    return [] if tag is None else resolve(self, repository, tag)


create_cluster = Cluster.__init__


def init_cluster(self: Cluster, *args, **kwargs) -> None:
    create_cluster(self, *args, **kwargs)
    self.endpoint = api_server
    self.certificate_authority = {"data": base64.b64encode(Path(ca_file).read_bytes()).decode()}
    self.associations = {}


def create_pod_identity_association(self: EKSResponse) -> ActionResult:
    cluster = self.eks_backend.describe_cluster(self._get_param("name"))
    namespace, account = self._get_param("namespace"), self._get_param("serviceAccount")
    if any((each["namespace"], each["serviceAccount"]) == (namespace, account) for each in cluster.associations.values()):
        raise ResourceInUseException(message=f"Association already exists: {namespace}/{account}")
    association_id = f"a-{secrets.token_hex(8)}"
    cluster.associations[association_id] = {
        "clusterName": cluster.name,
        "namespace": namespace,
        "serviceAccount": account,
        "roleArn": self._get_param("roleArn"),
        "associationId": association_id,
        "associationArn": cluster.arn.replace(":cluster/", ":podidentityassociation/") + f"/{association_id}",
        "tags": self._get_param("tags") or {},
    }
    return ActionResult({"association": cluster.associations[association_id]})


def associations_with(self: EKSResponse) -> tuple[dict, str]:
    cluster = self.eks_backend.describe_cluster(self._get_param("name"))
    association_id = self._get_param("associationId")
    if association_id not in cluster.associations:
        raise ResourceNotFoundException(message=f"No association found for id: {association_id}")
    return cluster.associations, association_id


def describe_pod_identity_association(self: EKSResponse) -> ActionResult:
    associations, association_id = associations_with(self)
    return ActionResult({"association": associations[association_id]})


def update_pod_identity_association(self: EKSResponse) -> ActionResult:
    associations, association_id = associations_with(self)
    associations[association_id]["roleArn"] = self._get_param("roleArn")
    return ActionResult({"association": associations[association_id]})


def delete_pod_identity_association(self: EKSResponse) -> ActionResult:
    associations, association_id = associations_with(self)
    return ActionResult({"association": associations.pop(association_id)})


def tags_of(self: EKSResponse) -> dict:
    clusters = self.eks_backend.clusters.values()
    associations = (each for cluster in clusters for each in cluster.associations.values())
    return next(each["tags"] for each in associations if each["associationArn"] == self._extract_arn_from_path())


def tag_resource(self: EKSResponse) -> ActionResult:
    tags_of(self).update(self._get_param("tags"))
    return ActionResult({})


def untag_resource(self: EKSResponse) -> ActionResult:
    for key in self.querystring["tagKeys"]:
        tags_of(self).pop(key, None)
    return ActionResult({})


def list_pod_identity_associations(self: EKSResponse) -> ActionResult:
    cluster = self.eks_backend.describe_cluster(self._get_param("name"))
    return ActionResult({"associations": list(cluster.associations.values())})


for operation in (
    create_pod_identity_association,
    describe_pod_identity_association,
    update_pod_identity_association,
    delete_pod_identity_association,
    list_pod_identity_associations,
    tag_resource,
    untag_resource,
):
    setattr(EKSResponse, operation.__name__, operation)
pod_identities = "{0}/clusters/(?P<name>[^/]+)/pod-identity-associations"
eks_urls.url_paths[f"{pod_identities}$"] = eks_urls.response.dispatch
eks_urls.url_paths[f"{pod_identities}/(?P<associationId>[^/]+)$"] = eks_urls.response.dispatch

Cluster.__init__ = init_cluster
ECRBackend._resolve_image_tag_mutability = resolve_image_tag_mutability
main(["-H", "127.0.0.1", "-p", port])
