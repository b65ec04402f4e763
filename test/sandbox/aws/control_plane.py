"""moto's server, with three things as AWS has them.

ECR's tokens expire: moto's own is the same for ever. ECR takes manifests without a tag, such as those that an index
lists: moto's put_image fails for them where the repository's tags are immutable with exceptions. A cluster of EKS has an
API server that answers, and the certificate of its authority: moto makes both up.

Usage: control_plane.py TOKEN_KEY_FILE TOKEN_VALIDITY_FILE API_SERVER CA_FILE PORT
"""

import base64
import hmac
import json
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

from moto.core.responses import ActionResult
from moto.ecr.models import ECRBackend
from moto.ecr.responses import ECRResponse
from moto.eks.models import Cluster
from moto.server import main

key_file, validity_file, api_server, ca_file, port = sys.argv[1:]
key = Path(key_file).read_bytes()
twelve_hours = 12 * 60 * 60


def validity() -> int:
    path = Path(validity_file)
    return int(path.read_text()) if path.exists() else twelve_hours


def get_authorization_token(self: ECRResponse) -> ActionResult:
    expires = int(time.time()) + validity()
    account = self.current_account
    claims = base64.urlsafe_b64encode(json.dumps({"account": account, "expiration": expires}).encode()).decode()
    password = f"{claims}.{hmac.new(key, claims.encode(), 'sha256').hexdigest()}"
    token = {
        "authorizationToken": base64.b64encode(f"AWS:{password}".encode()).decode(),
        "expiresAt": datetime.fromtimestamp(expires, timezone.utc),
        "proxyEndpoint": f"https://{account}.dkr.ecr.{self.region}.amazonaws.com",
    }
    return ActionResult({"authorizationData": [token]})


resolve = ECRBackend._resolve_image_tag_mutability


def resolve_image_tag_mutability(self: ECRBackend, repository, tag):
    return [] if tag is None else resolve(self, repository, tag)


create_cluster = Cluster.__init__


def init_cluster(self: Cluster, *args, **kwargs) -> None:
    create_cluster(self, *args, **kwargs)
    self.endpoint = api_server
    self.certificate_authority = {"data": base64.b64encode(Path(ca_file).read_bytes()).decode()}


Cluster.__init__ = init_cluster
ECRResponse.get_authorization_token = get_authorization_token
ECRBackend._resolve_image_tag_mutability = resolve_image_tag_mutability
main(["-H", "127.0.0.1", "-p", port])
