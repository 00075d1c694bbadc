"""botocore's Cognito client, by the name and port that it takes from AWS's own endpoint rules."""

import datetime
import unittest

import botocore.session
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

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

    def test_the_same_login_has_the_same_identity_and_gets_credentials(self):
        logins = {"graph.facebook.com": "token-of-alice"}
        first, second = (self.client.get_id(IdentityPoolId=local_aws.IDENTITY_POOL, Logins=logins)["IdentityId"]
                         for _ in range(2))
        self.assertEqual(first, second)
        answer = self.client.get_credentials_for_identity(
            IdentityId=first, Logins=logins, CustomRoleArn="arn:aws:iam::123456789012:role/Thermostat")
        self.assertEqual(answer["IdentityId"], first)
        counters = local_aws.counters()
        self.assertEqual((counters["cognito_with_logins"], counters["cognito_with_custom_role"]), (3, 1))

    def test_an_identity_with_logins_is_closed_to_a_guest(self):
        identity = self.client.get_id(IdentityPoolId=local_aws.IDENTITY_POOL,
                                      Logins={"graph.facebook.com": "token-of-bob"})["IdentityId"]
        with self.assertRaises(self.client.exceptions.NotAuthorizedException) as raised:
            self.client.get_credentials_for_identity(IdentityId=identity)
        self.assertEqual(raised.exception.response["Error"]["Message"],
                         f"Access to Identity '{identity}' is forbidden.")

    def test_an_expired_login_is_a_not_authorized_exception(self):
        with self.assertRaises(self.client.exceptions.NotAuthorizedException) as raised:
            self.client.get_id(IdentityPoolId=local_aws.IDENTITY_POOL, Logins={"graph.facebook.com": "expired"})
        self.assertIn("Token expired: ", raised.exception.response["Error"]["Message"])

    def test_each_modelled_error_is_its_own_exception(self):
        modelled = {
            "not-found": "ResourceNotFoundException",
            "not-authorized": "NotAuthorizedException",
            "unauthenticated-disabled": "NotAuthorizedException",
            "access-forbidden": "NotAuthorizedException",
            "throttled": "TooManyRequestsException",
            "throttled-429": "TooManyRequestsException",
            "invalid-pool-configuration": "InvalidIdentityPoolConfigurationException",
            "invalid-parameter": "InvalidParameterException",
            "resource-conflict": "ResourceConflictException",
            "limit-exceeded": "LimitExceededException",
            "external-service": "ExternalServiceException",
            "internal-error": "InternalErrorException",
        }
        for fault, name in modelled.items():
            with self.subTest(fault):
                local_aws.set_fault("cognito.get_credentials", fault)
                with self.assertRaises(getattr(self.client.exceptions, name)) as raised:
                    self.client.get_credentials_for_identity(IdentityId=local_aws.IDENTITY)
                self.assertEqual(raised.exception.response["Error"]["Code"], name)
                self.assertTrue(raised.exception.response["Error"]["Message"])

    def test_an_error_beyond_the_model_keeps_its_name(self):
        for fault, name, status in (("validation", "ValidationException", 400),
                                    ("service-unavailable-json", "ServiceUnavailableException", 503)):
            with self.subTest(fault):
                local_aws.set_fault("cognito.get_credentials", fault)
                with self.assertRaises(ClientError) as raised:
                    self.client.get_credentials_for_identity(IdentityId=local_aws.IDENTITY)
                answer = raised.exception.response
                self.assertEqual(answer["Error"]["Code"], name)
                self.assertEqual(answer["ResponseMetadata"]["HTTPStatusCode"], status)

    def test_its_requests_share_one_connection(self):
        identity = self.client.get_id(IdentityPoolId=local_aws.IDENTITY_POOL)["IdentityId"]
        self.client.get_credentials_for_identity(IdentityId=identity)
        counters = local_aws.counters()
        self.assertEqual((counters["cognito_accepted"], counters["cognito_reused"]), (1, 1))
