"""Outsiders that know AWS, against local AWS: if they cannot tell it from the real one, neither can our client. And botocore
with credentials of our program.

Run by `tests/outsiders/run` below `local-aws run`, in a network where the real names lead to this machine.
"""

import os
import sys
import unittest

import cognito_by_botocore
import credentials_by_process
import mqtt_by_aws_sdk
import upgrade_by_botocore

FROM_OUTSIDE = ("AWS_", "BOTO", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY")


def main():
    for name in list(os.environ):
        if name.upper().startswith(FROM_OUTSIDE):
            del os.environ[name]
    suite = unittest.TestSuite(
        unittest.defaultTestLoader.loadTestsFromModule(module)
        for module in (cognito_by_botocore, upgrade_by_botocore, credentials_by_process, mqtt_by_aws_sdk))
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2, descriptions=False).run(suite)
    # A test with several subtests counts once.
    failed = len({getattr(case, "test_case", case).id() for case, _ in result.failures + result.errors})
    passed = max(0, result.testsRun - failed)
    print(f"{passed} passed, {failed} failed", flush=True)
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
