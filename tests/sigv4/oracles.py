"""Those who sign the same: botocore, and AWS's common runtime."""

import datetime
import sys
from pathlib import Path

import awscrt
import botocore
from awscrt.auth import AwsCredentialsProvider, AwsSignatureType, AwsSigningAlgorithm, AwsSigningConfig, aws_sign_request
from awscrt.http import HttpHeaders, HttpRequest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "vectors"))
import presign  # noqa: E402

EXPIRES_S = 300
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def by_botocore(case, host_header, at):
    return presign.presign(host_header, case.region, at, case.key, case.secret, case.token)


def by_awscrt(case, host_header, at):
    config = AwsSigningConfig(
        algorithm=AwsSigningAlgorithm.V4,
        signature_type=AwsSignatureType.HTTP_REQUEST_QUERY_PARAMS,
        credentials_provider=AwsCredentialsProvider.new_static(case.key, case.secret, case.token),
        region=case.region,
        service="iotdevicegateway",
        date=EPOCH + datetime.timedelta(seconds=at),
        omit_session_token=True,
        expiration_in_seconds=EXPIRES_S,
    )
    request = HttpRequest("GET", "/mqtt", HttpHeaders([("Host", host_header)]))
    return aws_sign_request(request, config).result(60).path


def as_it_is(path):
    return path


def in_any_order(path):
    """What is signed are the parameters in their alphabetical order; awscrt appends them in another."""
    path, query = path.split("?", 1)
    return "?".join((path, "&".join(sorted(query.split("&")))))


# With what of a path they are held against.
ORACLES = {
    f"botocore {botocore.__version__}": (by_botocore, as_it_is),
    f"awscrt {awscrt.__version__}": (by_awscrt, in_any_order),
}
