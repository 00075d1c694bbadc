"""botocore, boto3 and the AWS CLI take their credentials from the program cognito_credentials, as the other SDKs do."""

import datetime
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

import boto3
import botocore.exceptions
import botocore.session

import local_aws
from upgrade_by_botocore import presign, upgrade

PROGRAM = os.environ["COGNITO_CREDENTIALS_BIN"]
ARGUMENTS = ["--cognito_identity", local_aws.IDENTITY, "--ca_file", local_aws.CA_FILE]


class Credentials(unittest.TestCase):
    def setUp(self):
        local_aws.reset()

    def test_botocore_reads_them_and_what_it_signs_is_accepted(self):
        frozen = self.session(ARGUMENTS).get_credentials().get_frozen_credentials()
        self.assertEqual(answer_to(frozen).status, 101)

    def test_boto3_reads_them(self):
        self.session(ARGUMENTS)
        frozen = boto3.Session(profile_name="device").get_credentials().get_frozen_credentials()
        self.assertEqual(answer_to(frozen).status, 101)

    def test_the_aws_cli_reads_them(self):
        self.session(ARGUMENTS)
        aws = pathlib.Path(sys.executable).with_name("aws")
        ended = subprocess.run([sys.executable, aws, "configure", "list", "--profile", "device"], capture_output=True,
                               check=False, text=True)
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))
        self.assertRegex(ended.stdout, r"access_key[ :]+\*{16}\w{4}[ :]+custom-process")
        self.assertEqual(local_aws.counters()["cognito_get_credentials"], 1)

    def test_botocore_asks_again_when_they_end(self):
        credentials = self.session(ARGUMENTS).get_credentials()
        first = credentials.get_frozen_credentials()
        self.assertEqual(credentials.get_frozen_credentials(), first)
        self.assertEqual(local_aws.counters()["cognito_get_credentials"], 1)
        soon_over = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=55)
        with mock.patch.object(credentials, "_time_fetcher", lambda: soon_over):
            second = credentials.get_frozen_credentials()
        self.assertNotEqual(second.access_key, first.access_key)
        self.assertEqual(local_aws.counters()["cognito_get_credentials"], 2)
        self.assertEqual(answer_to(second).status, 101)

    def test_botocore_shows_why_there_are_none(self):
        local_aws.set_fault("cognito.response", "access-forbidden")
        with self.assertRaisesRegex(botocore.exceptions.CredentialRetrievalError, "Access to Identity .* is forbidden"):
            self.session(ARGUMENTS).get_credentials().get_frozen_credentials()

    def test_a_full_disk_is_an_error(self):
        with open("/dev/full", "wb") as full:
            ended = subprocess.run([PROGRAM, *ARGUMENTS], stdout=full, stderr=subprocess.PIPE, check=False, text=True)
        self.assertEqual(ended.returncode, 1)
        self.assertIn("No space left on device", ended.stderr)

    def test_a_wrong_command_line_is_told(self):
        for arguments, words in (([], "--cognito_identity or --identity_pool"),
                                 ([*ARGUMENTS, "--client_id", "x"], "unknown option --client_id"),
                                 (["--cognito_identity", "nonsense"], "cognito_identity")):
            ended = subprocess.run([PROGRAM, *arguments], capture_output=True, check=False, text=True)
            self.assertEqual((ended.returncode, ended.stdout), (2, ""))
            self.assertIn(words, ended.stderr)

    def session(self, arguments):
        """A session of botocore whose only source of credentials is the program."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        config = pathlib.Path(folder.name, "config")
        config.write_text(f"[profile device]\nregion = {local_aws.REGION}\n"
                          f"credential_process = {PROGRAM} {' '.join(arguments)}\n", encoding="ascii")
        environment = {"AWS_CONFIG_FILE": str(config), "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
                       "AWS_EC2_METADATA_DISABLED": "true"}
        patched = mock.patch.dict(os.environ, environment)
        patched.start()
        self.addCleanup(patched.stop)
        return botocore.session.Session(profile="device")


def answer_to(frozen):
    """The answer to an upgrade that is signed with credentials of botocore."""
    credentials = {"AccessKeyId": frozen.access_key, "SecretKey": frozen.secret_key, "SessionToken": frozen.token}
    return upgrade(presign(credentials))[0]
