"""AWS's own IoT SDK, from the Cognito identity to messages and back."""

import threading
import unittest
import uuid

from awscrt import auth, io, mqtt
from awscrt.exceptions import AwsCrtError
from awsiot import mqtt_connection_builder

import local_aws

TOPIC = "test/outsiders"


def connection_to(client_id, **callbacks):
    """A connection that is not open yet, built as in AWS's Cognito sample, with its own trust for both hosts."""
    trust = io.TlsContextOptions()
    trust.override_default_trust_store_from_path(None, local_aws.CA_FILE)
    provider = auth.AwsCredentialsProvider.new_cognito(
        endpoint=local_aws.COGNITO_HOST, identity=local_aws.IDENTITY, tls_ctx=io.ClientTlsContext(trust))
    return mqtt_connection_builder.websockets_with_default_aws_signing(
        endpoint=local_aws.HOST, port=local_aws.IOT_PORT, region=local_aws.REGION, credentials_provider=provider,
        ca_filepath=local_aws.CA_FILE, client_id=client_id, clean_session=True, keep_alive_secs=30, **callbacks)


def client_id():
    return f"test-outsiders-{uuid.uuid4().hex[:12]}"


class AwsSdk(unittest.TestCase):
    def setUp(self):
        local_aws.reset()

    def connect(self, name, **callbacks):
        connection = connection_to(name, **callbacks)
        answer = connection.connect().result(local_aws.PATIENCE_S)
        self.addCleanup(lambda: connection.disconnect().result(local_aws.PATIENCE_S))
        return connection, answer

    def test_it_connects_and_disconnects(self):
        connection = connection_to(client_id())
        answer = connection.connect().result(local_aws.PATIENCE_S)
        self.assertFalse(answer["session_present"])
        connection.disconnect().result(local_aws.PATIENCE_S)

    def test_it_gets_back_what_it_publishes_with_qos_1(self):
        connection, _ = self.connect(client_id())
        topic, payload = f"{TOPIC}/{uuid.uuid4().hex}", b"\x00 any \xff bytes"
        arrived, messages = threading.Event(), []

        def on_message(topic, payload, **_):
            messages.append((topic, payload))
            arrived.set()

        subscribed, _ = connection.subscribe(topic, mqtt.QoS.AT_LEAST_ONCE, on_message)
        self.assertEqual(subscribed.result(local_aws.PATIENCE_S)["qos"], mqtt.QoS.AT_LEAST_ONCE)
        published, _ = connection.publish(topic, payload, mqtt.QoS.AT_LEAST_ONCE)
        published.result(local_aws.PATIENCE_S)
        self.assertTrue(arrived.wait(local_aws.PATIENCE_S), "the message did not come back")
        self.assertEqual(messages, [(topic, payload)])

    def test_after_unsubscribing_nothing_comes_any_more(self):
        connection, _ = self.connect(client_id())
        wanted, unwanted = f"{TOPIC}/{uuid.uuid4().hex}", f"{TOPIC}/{uuid.uuid4().hex}"
        arrived, topics = threading.Event(), []

        def on_message(topic, **_):
            topics.append(topic)
            if topic == wanted:
                arrived.set()

        for topic in (wanted, unwanted):
            connection.subscribe(topic, mqtt.QoS.AT_LEAST_ONCE, on_message)[0].result(local_aws.PATIENCE_S)
        connection.unsubscribe(unwanted)[0].result(local_aws.PATIENCE_S)
        for topic in (unwanted, wanted):
            connection.publish(topic, b"x", mqtt.QoS.AT_LEAST_ONCE)[0].result(local_aws.PATIENCE_S)
        self.assertTrue(arrived.wait(local_aws.PATIENCE_S), "the wanted message did not come")
        self.assertEqual(topics, [wanted])

    def test_the_same_client_id_again_drops_the_older_connection(self):
        interrupted, name = threading.Event(), client_id()
        older = connection_to(name, on_connection_interrupted=lambda **_: interrupted.set(),
                              reconnect_min_timeout_secs=60, reconnect_max_timeout_secs=60)
        older.connect().result(local_aws.PATIENCE_S)
        # Not waited for: the SDK answers a disconnect only when its minute before reconnecting is over.
        self.addCleanup(older.disconnect)
        self.connect(name)
        self.assertTrue(interrupted.wait(local_aws.PATIENCE_S), "the older connection stays")

    def test_a_client_id_that_the_policy_forbids_is_hung_up_on_without_a_connack(self):
        with self.assertRaises(AwsCrtError) as raised:
            connection_to(f"forbidden-{uuid.uuid4().hex[:12]}").connect().result(local_aws.PATIENCE_S)
        self.assertEqual(raised.exception.name, "AWS_ERROR_MQTT_UNEXPECTED_HANGUP")

    def test_a_refused_upgrade_is_an_upgrade_failure(self):
        local_aws.set_fault("iot.upgrade", "refuse")
        with self.assertRaises(AwsCrtError) as raised:
            connection_to(client_id()).connect().result(local_aws.PATIENCE_S)
        self.assertEqual(raised.exception.name, "AWS_ERROR_HTTP_WEBSOCKET_UPGRADE_FAILURE")

    def test_an_identity_that_cognito_refuses_gets_no_connection(self):
        local_aws.set_fault("cognito.response", "not-authorized")
        with self.assertRaises(AwsCrtError) as raised:
            connection_to(client_id()).connect().result(local_aws.PATIENCE_S)
        self.assertIn("AWS_AUTH", raised.exception.name)

    def test_it_is_refused_where_the_clock_of_aws_is_another_one(self):
        # AWS's SDK signs by the device's clock, whatever the answers say: our client learns the time from Cognito.
        for service in ("cognito", "iot"):
            local_aws.set_fault(f"{service}.clock_offset_s", 1000)
        with self.assertRaises(AwsCrtError) as raised:
            connection_to(client_id()).connect().result(local_aws.PATIENCE_S)
        self.assertEqual(raised.exception.name, "AWS_ERROR_HTTP_WEBSOCKET_UPGRADE_FAILURE")
        counters, refused = local_aws.counters(), local_aws.events("upgrade-request")
        self.assertEqual((counters["cognito_errors"], counters["upgrades"]), (0, 0))
        self.assertEqual({event["refused"] for event in refused}, {403})
        self.assertRegex(refused[0]["message"], r"^Signature expired: .* is now earlier than .* - 5 min\.\)$")
