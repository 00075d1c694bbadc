"""botocore's Cognito client, by the name and port that it takes from AWS's own endpoint rules."""

import datetime
import unittest

import botocore.session
from botocore import UNSIGNED
from botocore.config import Config

import local_aws

UNKNOWN_IDENTITY = f"{local_aws.REGION}:00000000-0000-4000-8000-000000000000"


def cognito(attempts=1):
    config = Config(signature_version=UNSIGNED, connect_timeout=local_aws.PATIENCE_S,
                    read_timeout=local_aws.PATIENCE_S, retries={"total_max_attempts": attempts, "mode": "standard"})
    return botocore.session.get_session().create_client(
        "cognito-identity", region_name=local_aws.REGION, verify=local_aws.CA_FILE, config=config)


class Cognito(unittest.TestCase):
    def setUp(self):
        local_aws.reset()
        self.client = cognito()
        self.addCleanup(self.client.close)

    def test_get_id_gives_an_identity_of_this_region(self):
        answer = self.client.get_id(IdentityPoolId=local_aws.IDENTITY_POOL)
        self.assertRegex(answer["IdentityId"], rf"^{local_aws.REGION}:[0-9a-f-]{{36}}$")

    def test_the_identity_of_get_id_gets_credentials(self):
        identity = self.client.get_id(IdentityPoolId=local_aws.IDENTITY_POOL)["IdentityId"]
        answer = self.client.get_credentials_for_identity(IdentityId=identity)
        self.assertEqual(answer["IdentityId"], identity)

    def test_credentials_are_temporary_ones_for_about_an_hour(self):
        credentials = self.client.get_credentials_for_identity(IdentityId=local_aws.IDENTITY)["Credentials"]
        self.assertRegex(credentials["AccessKeyId"], r"^ASIA[A-Z0-9]{16}$")
        self.assertEqual(len(credentials["SecretKey"]), 40)
        self.assertGreater(len(credentials["SessionToken"]), 100)
        remaining = credentials["Expiration"] - datetime.datetime.now(datetime.timezone.utc)
        self.assertLess(abs(remaining.total_seconds() - 3600), 120)

    def test_an_unknown_identity_is_a_resource_not_found_exception(self):
        with self.assertRaises(self.client.exceptions.ResourceNotFoundException) as raised:
            self.client.get_credentials_for_identity(IdentityId=UNKNOWN_IDENTITY)
        self.assertIn(UNKNOWN_IDENTITY, raised.exception.response["Error"]["Message"])

    def test_an_unknown_pool_is_a_resource_not_found_exception(self):
        with self.assertRaises(self.client.exceptions.ResourceNotFoundException):
            self.client.get_id(IdentityPoolId=UNKNOWN_IDENTITY)

    def test_throttling_is_a_too_many_requests_exception(self):
        local_aws.set_fault("cognito.response", "throttled")
        with self.assertRaises(self.client.exceptions.TooManyRequestsException):
            self.client.get_credentials_for_identity(IdentityId=local_aws.IDENTITY)

    def test_botocore_itself_takes_the_throttle_for_one_and_tries_again(self):
        local_aws.set_fault("cognito.response", "throttled")
        patient = cognito(attempts=2)
        self.addCleanup(patient.close)
        with self.assertRaises(patient.exceptions.TooManyRequestsException) as raised:
            patient.get_credentials_for_identity(IdentityId=local_aws.IDENTITY)
        self.assertEqual(raised.exception.response["ResponseMetadata"]["RetryAttempts"], 1)

    def test_a_refusal_is_a_not_authorized_exception(self):
        local_aws.set_fault("cognito.response", "not-authorized")
        with self.assertRaises(self.client.exceptions.NotAuthorizedException):
            self.client.get_credentials_for_identity(IdentityId=local_aws.IDENTITY)

    def test_an_answer_has_a_request_id_and_the_time(self):
        metadata = self.client.get_id(IdentityPoolId=local_aws.IDENTITY_POOL)["ResponseMetadata"]
        self.assertRegex(metadata["RequestId"], r"^[0-9a-f-]{36}$")
        self.assertRegex(metadata["HTTPHeaders"]["date"], r"^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$")
