"""AWS's own SDK on the same way: the Cognito connect sample of aws-iot-device-sdk-python-v2, with a certificate
authority of one's own for both hosts, and lines that are flushed.

    aws_sdk_connect.py --endpoint HOST --signing_region REGION --cognito_identity ID --ca_file FILE
"""

import argparse
import os

from awscrt import auth, io
from awsiot import mqtt_connection_builder

PATIENCE_S = 20


def main():
    options = _options()
    trust = io.TlsContextOptions()
    trust.override_default_trust_store_from_path(None, options.ca_file)
    credentials = auth.AwsCredentialsProvider.new_cognito(
        endpoint=f"cognito-identity.{options.signing_region}.amazonaws.com",
        identity=options.cognito_identity,
        tls_ctx=io.ClientTlsContext(trust))
    connection = mqtt_connection_builder.websockets_with_default_aws_signing(
        endpoint=options.endpoint,
        port=options.port,
        region=options.signing_region,
        credentials_provider=credentials,
        ca_filepath=options.ca_file,
        client_id=f"aws-sdk-{os.getpid()}",
        clean_session=True,
        keep_alive_secs=30)

    print(f"Connecting to {options.endpoint}", flush=True)
    connection.connect().result(PATIENCE_S)
    print("Connected!", flush=True)
    print("Disconnecting...", flush=True)
    connection.disconnect().result(PATIENCE_S)
    print("Disconnected!", flush=True)


def _options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--port", type=int, default=443)
    parser.add_argument("--signing_region", required=True)
    parser.add_argument("--cognito_identity", required=True)
    parser.add_argument("--ca_file", required=True)
    return parser.parse_args()


if __name__ == "__main__":
    main()
