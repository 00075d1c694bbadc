//! Where a client stands.

use super::dialing::{Dialing, Dialled};
use crate::error::Failure;
use crate::transport::ByteStream;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// Where a client stands.
pub enum Phase {
    /// Nothing is wanted.
    Idle,
    /// The next dial begins at this boot time.
    Delayed { until: Duration },
    /// Credentials, TCP, TLS, upgrade.
    Dialing { dialing: Dialing, is_spawned: bool },
    /// CONNECT was sent.
    Greeting(Dialled),
    /// CONNACK came.
    Open { stream: ByteStream, opened_at: Duration, renewal: Renewal },
    /// What was accepted is being sent, DISCONNECT behind it, and then Close.
    Ending { stream: ByteStream, since: Instant, renews: bool },
}

impl Phase {
    /// The stream, where there is one.
    pub fn stream(&self) -> Option<&ByteStream> {
        match self {
            Self::Greeting(Dialled { stream, .. }) | Self::Open { stream, .. } | Self::Ending { stream, .. } => {
                Some(stream)
            }
            Self::Idle | Self::Delayed { .. } | Self::Dialing { .. } => None,
        }
    }
}

/// The planned end of a connection before AWS's limit of 24 hours.
#[derive(Clone, Copy)]
pub enum Renewal {
    /// At this boot time.
    At(Duration),
    /// What was sent is still to be acknowledged, until this boot time at most.
    Holding { until: Duration },
}

/// What a connect() has begun.
pub struct Run {
    /// Set once it has been connected.
    pub connected: OnceLock<()>,
    /// How it ended: `None` inside for an end that was ordered.
    pub end: OnceLock<Option<Failure>>,
}

impl Run {
    /// It goes on.
    pub fn new() -> Arc<Self> {
        Arc::new(Self { connected: OnceLock::new(), end: OnceLock::new() })
    }
}
