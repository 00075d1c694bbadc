//! The properties of the packets of MQTT 5, section 2.2.2: to mqtt-protocol-core's and back, and which a packet may have.

use super::super::framing::check_topic;
use super::super::{Accepted, Properties, Qos, UserProperties};
use super::variable_byte_integer;
use crate::mqtt::Error;
use bytes::{BufMut, Bytes, BytesMut};
use mqtt_protocol_core::mqtt::packet::{
    ContentType, CorrelationData, DecodeResult, MessageExpiryInterval, PayloadFormat, PayloadFormatIndicator,
    Properties as Wire, PropertiesSize, Property, ResponseTopic, UserProperty, VariableByteInteger, WillDelayInterval,
};
use mqtt_protocol_core::mqtt::result_code::MqttError;

const MALFORMED: Error = Error::Malformed("malformed properties");
const NOT_OF_PACKET: Error = Error::Malformed("a property that its packet does not have");

/// Appends properties with their length.
pub fn put(out: &mut BytesMut, wire: &Wire) -> Result<(), Error> {
    out.put_slice(variable_byte_integer(wire.size())?.as_bytes());
    wire.iter().for_each(|property| out.put_slice(&property.to_continuous_buffer()));
    Ok(())
}

/// The properties of a packet that has unread, read one by one: all together would take up many times their bytes.
pub struct Unread<'a> {
    bytes: &'a [u8],
    /// Bits of the identifiers that were read.
    read: u64,
}

impl Iterator for Unread<'_> {
    type Item = Result<Property, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.bytes.is_empty() {
            return None;
        }
        let parsed = Property::parse(self.bytes).map_err(|_| MALFORMED);
        let length = parsed.as_ref().map_or(self.bytes.len(), |(_, length)| *length);
        self.bytes = self.bytes.get(length..).unwrap_or_default();
        Some(parsed.and_then(|(property, _)| self.once(property)))
    }
}

impl Unread<'_> {
    /// Only user properties and, in a PUBLISH, subscription identifiers may be there more than once.
    fn once(&mut self, property: Property) -> Result<Property, Error> {
        let bit = 1_u64.checked_shl(u32::from(property.id().as_u8())).unwrap_or_default();
        let is_there = self.read & bit != 0;
        self.read |= bit;
        match property {
            Property::UserProperty(_) | Property::SubscriptionIdentifier(_) => Ok(property),
            _ if is_there => Err(Error::Malformed("a property that is there twice")),
            _ => Ok(property),
        }
    }
}

/// Takes properties with their length off the begin of `bytes`. Gives the rest.
pub fn take(bytes: &[u8]) -> Result<(Unread<'_>, &[u8]), Error> {
    let DecodeResult::Ok(length, begin) = VariableByteInteger::decode_stream(bytes) else { return Err(MALFORMED) };
    let length = usize::try_from(length.to_u32()).map_err(|_| MALFORMED)?;
    let parts = bytes.get(begin..).and_then(|bytes| bytes.split_at_checked(length));
    parts.map(|(properties, rest)| (Unread { bytes: properties, read: 0 }, rest)).ok_or(MALFORMED)
}

/// What is said about a message or a will.
pub fn to_wire(properties: Option<&Properties>) -> Result<Wire, Error> {
    let mut wire = Wire::new();
    if let Some(properties) = properties {
        append(&mut wire, properties).map_err(|_| Error::Unwritable("a property"))?;
    }
    Ok(wire)
}

fn append(wire: &mut Wire, from: &Properties) -> Result<(), MqttError> {
    if from.payload_is_utf8 {
        wire.push(PayloadFormatIndicator::new(PayloadFormat::String)?.into());
    }
    if let Some(seconds) = from.message_expiry_s {
        wire.push(MessageExpiryInterval::new(seconds)?.into());
    }
    if let Some(content_type) = &from.content_type {
        wire.push(ContentType::new(content_type)?.into());
    }
    if let Some(topic) = &from.response_topic {
        wire.push(ResponseTopic::new(topic)?.into());
    }
    if let Some(data) = &from.correlation_data {
        wire.push(CorrelationData::new(data.to_vec())?.into());
    }
    for (name, value) in from.user_properties.iter() {
        wire.push(UserProperty::new(name, value)?.into());
    }
    if let Some(seconds) = from.will_delay_s {
        wire.push(WillDelayInterval::new(seconds)?.into());
    }
    Ok(())
}

/// What a PUBLISH of the server says, and its topic alias, or 0.
pub fn of_publish(mut unread: Unread<'_>) -> Result<(Option<Box<Properties>>, u16), Error> {
    let (mut properties, mut alias) = (Properties::default(), None);
    let mut format = None;
    while let Some(property) = unread.next() {
        match property? {
            Property::PayloadFormatIndicator(is) => format = Some(is.val()),
            Property::MessageExpiryInterval(is) => properties.message_expiry_s = Some(is.val()),
            Property::ContentType(is) => properties.content_type = Some(text(is.val())?),
            Property::ResponseTopic(is) => properties.response_topic = Some(topic(is.val())?),
            Property::CorrelationData(is) => {
                properties.correlation_data = Some(Bytes::copy_from_slice(is.val()));
            }
            Property::UserProperty(is) => {
                let users = &mut properties.user_properties;
                if users.count() == 0 {
                    *users = UserProperties::with_capacity(unread.bytes.len());
                }
                users.push(check(is.key())?, check(is.val())?);
            }
            Property::TopicAlias(is) => alias = Some(is.val()),
            // Of a SUBSCRIBE that another program sent, in a session that goes on.
            Property::SubscriptionIdentifier(_) => {}
            _ => return Err(NOT_OF_PACKET),
        }
    }
    properties.user_properties.shrink();
    properties.payload_is_utf8 = format == Some(1);
    let has_any = properties != Properties::default();
    Ok((has_any.then(|| Box::new(properties)), alias.unwrap_or(0)))
}

/// What CONNACK says. Gives its reason string.
pub fn of_connack(unread: Unread<'_>, accepted: &mut Accepted) -> Result<String, Error> {
    let (mut reason, mut receive, mut qos, mut retain, mut size, mut aliases) = (None, None, None, None, None, None);
    for property in unread {
        match property? {
            Property::ReasonString(is) => reason = Some(text(is.val())?),
            Property::ReceiveMaximum(is) => receive = Some(is.val()),
            Property::MaximumQos(is) => qos = Some(is.val()),
            Property::RetainAvailable(is) => retain = Some(is.val()),
            Property::MaximumPacketSize(is) => size = Some(is.val()),
            Property::TopicAliasMaximum(is) => aliases = Some(is.val()),
            Property::ServerKeepAlive(is) => accepted.server_keep_alive_s = Some(is.val()),
            Property::SessionExpiryInterval(_)
            | Property::AssignedClientIdentifier(_)
            | Property::WildcardSubscriptionAvailable(_)
            | Property::SubscriptionIdentifierAvailable(_)
            | Property::SharedSubscriptionAvailable(_)
            | Property::ResponseInformation(_)
            | Property::ServerReference(_)
            | Property::UserProperty(_) => {}
            _ => return Err(NOT_OF_PACKET),
        }
    }
    if receive == Some(0) || size == Some(0) {
        return Err(Error::Malformed("a Receive Maximum or Maximum Packet Size of 0"));
    }
    accepted.receive_maximum = receive.unwrap_or(u16::MAX);
    accepted.maximum_qos = if qos == Some(0) { Qos::AtMostOnce } else { Qos::AtLeastOnce };
    accepted.retain_available = retain != Some(0);
    accepted.maximum_packet_size = size.map_or(usize::MAX, |size| usize::try_from(size).unwrap_or(usize::MAX));
    accepted.topic_alias_maximum = aliases.unwrap_or(0);
    Ok(reason.unwrap_or_default())
}

/// The reason string of an acknowledgement.
pub fn of_acknowledgement(unread: Unread<'_>) -> Result<String, Error> {
    reason_string(unread, |_| false)
}

/// The reason string of a DISCONNECT of the server.
pub fn of_disconnect(unread: Unread<'_>) -> Result<String, Error> {
    reason_string(unread, |property| matches!(property, Property::ServerReference(_)))
}

fn reason_string(unread: Unread<'_>, has_too: impl Fn(&Property) -> bool) -> Result<String, Error> {
    let mut reason = None;
    for property in unread {
        match property? {
            Property::ReasonString(is) => reason = Some(text(is.val())?),
            Property::UserProperty(_) => {}
            property if has_too(&property) => {}
            _ => return Err(NOT_OF_PACKET),
        }
    }
    Ok(reason.unwrap_or_default())
}

/// Section 2.2.2.2: but for user properties, each is there at most once.
fn topic(topic: &str) -> Result<String, Error> {
    check_topic(topic)?;
    if topic.is_empty() { Err(Error::Malformed("an empty response topic")) } else { Ok(topic.to_owned()) }
}

fn text(text: &str) -> Result<String, Error> {
    check(text).map(str::to_owned)
}

/// Section 1.5.4: a string holds no NUL.
fn check(text: &str) -> Result<&str, Error> {
    if text.contains('\0') { Err(Error::Malformed("a property that holds NUL")) } else { Ok(text) }
}
