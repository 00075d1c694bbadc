//! In place of MQTT 5 in a build without it, where no config can choose it.

use super::framing::Packet;
use super::{Alias, Connect, Message, Qos, Received};
use crate::mqtt::Error;
use bytes::{Bytes, BytesMut};

const LEFT_OUT: Error = Error::Unwritable("MQTT 5");

pub fn connect(_: &Connect<'_>) -> Result<Bytes, Error> {
    Err(LEFT_OUT)
}

pub fn publish(_: &Message, _: Alias, _: &mut BytesMut) -> Result<(), Error> {
    Err(LEFT_OUT)
}

pub fn subscribe(_: u16, _: &[(String, Qos)]) -> Result<Bytes, Error> {
    Err(LEFT_OUT)
}

pub fn unsubscribe(_: u16, _: &str) -> Result<Bytes, Error> {
    Err(LEFT_OUT)
}

pub fn decode(_: Packet) -> Result<Received, Error> {
    Err(LEFT_OUT)
}
