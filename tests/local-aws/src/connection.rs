//! An accepted TCP connection: it sees how the peer ends it, and can end in every way itself.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::Shutdown;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use serde_json::{Value, json};
use socket2::SockRef;
use tokio::io::{Interest, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::events::Service;
use crate::insertions::Insertions;
use crate::network::{Fault, Network, Passed, Way};
use crate::state::State;
use crate::stream::Stream;

/// How long a peer may take to end its side after ours was ended.
const GOODBYE: Duration = Duration::from_secs(5);
/// How often a stalled connection with unread data is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// How a service leaves a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// FIN, then wait for the peer's.
    Close,
    /// RST.
    Reset,
    /// Nothing more is read or written, and the connection stays open until the peer ends it.
    Hold,
}

/// What `POST /drop`, or a newer connection with the same client id, demands of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Nothing yet.
    None,
    /// RST at once.
    Reset,
    /// FIN at once, without Close frame and close_notify.
    Fin,
    /// Close frame, close_notify, FIN.
    Close,
    /// The same, because another connection has the same client id.
    TakenOver,
    /// Keep it open and do nothing any more.
    Stall,
}

/// One accepted connection.
pub struct Connection {
    /// Its number in the events.
    pub id: u64,
    /// Whose it is.
    pub service: Service,
    /// Everything else.
    pub state: Arc<State>,
    /// What is to be put between the frames of a session.
    pub insertions: Insertions,
    /// What goes wrong below TLS.
    pub network: Network,
    /// Where its bytes are.
    pub socket: TcpStream,
    sent: AtomicU64,
    received: AtomicU64,
    write_bytes: AtomicUsize,
    write_pause_ms: AtomicU64,
    peer_ended: AtomicBool,
    close_notify: AtomicBool,
    order: watch::Sender<Order>,
}

/// All connections that are open.
#[derive(Default)]
pub struct Connections {
    last: AtomicU64,
    open: Mutex<HashMap<u64, Arc<Connection>>>,
}

impl Connections {
    /// Those of one service, or all.
    pub fn open(&self, service: Option<Service>) -> Vec<Arc<Connection>> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = |c: &&Arc<Connection>| service.is_none_or(|s| s == c.service);
        open.values().filter(wanted).cloned().collect()
    }

    /// The one with this number.
    pub fn get(&self, id: u64) -> Option<Arc<Connection>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }
}

/// Accepts forever and gives each connection to `serve`.
pub async fn accept<S, F>(listener: TcpListener, service: Service, state: Arc<State>, serve: S)
where
    S: Fn(Arc<Connection>) -> F + Clone + Send + 'static,
    F: Future<Output = End> + Send,
{
    loop {
        let Ok((socket, peer)) = listener.accept().await else {
            // Out of descriptors: some connection has to end first.
            sleep(LOOK).await;
            continue;
        };
        let _ = socket.set_nodelay(true);
        let connections = &state.connections;
        let connection = Arc::new(Connection {
            id: connections.last.fetch_add(1, Ordering::Relaxed) + 1,
            service,
            state: state.clone(),
            insertions: Insertions::default(),
            network: Network::default(),
            socket,
            sent: AtomicU64::new(0),
            received: AtomicU64::new(0),
            write_bytes: AtomicUsize::new(usize::MAX),
            write_pause_ms: AtomicU64::new(0),
            peer_ended: AtomicBool::new(false),
            close_notify: AtomicBool::new(false),
            order: watch::Sender::new(Order::None),
        });
        let mut open = connections.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.insert(connection.id, connection.clone());
        drop(open);
        connection.count("accepted");
        connection.event("accepted", json!({"peer": peer.to_string()}));
        let fault = state.faults.take(service, "network").and_then(|fault| Fault::parse(&fault.word));
        connection.network.set(fault);
        let serve = serve.clone();
        tokio::spawn(async move {
            let end = serve_one(&connection, serve).await;
            connection.finish(end).await;
            connection.count_bytes();
            let connections = &connection.state.connections;
            let mut open = connections.open.lock().unwrap_or_else(PoisonError::into_inner);
            open.remove(&connection.id);
            drop(open);
            connection.state.journal.changed();
        });
    }
}

async fn serve_one<S, F>(connection: &Arc<Connection>, serve: S) -> End
where
    S: Fn(Arc<Connection>) -> F,
    F: Future<Output = End> + Send,
{
    let fault = connection.state.faults.take(connection.service, "accept");
    match fault.as_ref().map(|fault| fault.word.as_str()) {
        Some("reset") => return End::Reset,
        Some("close") => return End::Close,
        // An order may still come.
        Some(_) => {
            return tokio::select! {
                order = connection.ordered(|o| o != Order::None && o != Order::Stall) => order.end(),
                () = connection.peer_end() => End::Close,
            };
        }
        None => {}
    }
    let now = |order| matches!(order, Order::Reset | Order::Fin | Order::Stall);
    tokio::select! {
        end = serve(connection.clone()) => end,
        order = connection.ordered(now) => order.end(),
    }
}

impl Order {
    fn end(self) -> End {
        match self {
            Order::Reset => End::Reset,
            Order::Stall => End::Hold,
            Order::None | Order::Fin | Order::Close | Order::TakenOver => End::Close,
        }
    }
}

impl Connection {
    /// Records an event of this connection.
    pub fn event(&self, event: &str, details: Value) {
        self.state.journal.event(self.service, self.id, event, details);
    }

    /// Counts `SERVICE_what`.
    pub fn count(&self, what: &str) {
        self.state.journal.count(&format!("{}_{what}", self.service));
    }

    /// The bytes of the connection.
    pub fn stream(self: &Arc<Self>) -> Stream {
        Stream::new(self.clone())
    }

    /// From now on each write takes so many bytes at most, and a pause behind them.
    pub fn cut_writes(&self, bytes: usize, pause: Duration) {
        let pause_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
        self.write_pause_ms.store(pause_ms, Ordering::Release);
        self.write_bytes.store(bytes, Ordering::Release);
    }

    /// How many bytes a write takes at most, and the pause behind them.
    pub fn write_cut(&self) -> (usize, Duration) {
        let pause_ms = self.write_pause_ms.load(Ordering::Acquire);
        (self.write_bytes.load(Ordering::Acquire), Duration::from_millis(pause_ms))
    }

    /// Waits until bytes of the client, or its end, can be read. A fault of the network begins with the first byte, and
    /// the socket may be said to be readable when it is not.
    pub fn poll_bytes(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.network.is_faulty() {
            return self.socket.poll_read_ready(cx);
        }
        self.socket.poll_peek(cx, &mut ReadBuf::new(&mut [0])).map_ok(|_| ()).map_err(|error| {
            self.saw_error(&error);
            error
        })
    }

    /// Bytes have passed, and this comes of it.
    pub fn passed(&self, way: Way, bytes: usize) -> Passed {
        let total = if way == Way::Sent { &self.sent } else { &self.received };
        total.fetch_add(u64::try_from(bytes).unwrap_or(0), Ordering::Relaxed);
        self.network.passed(way, bytes)
    }

    /// Gives an order.
    pub fn order(&self, order: Order) {
        self.order.send_replace(order);
    }

    /// Waits for an order that `counts`.
    pub async fn ordered(&self, counts: impl Fn(Order) -> bool) -> Order {
        let mut orders = self.order.subscribe();
        let order = orders.wait_for(|order| counts(*order)).await.map(|order| *order);
        match order {
            Ok(order) => order,
            // Cannot happen: `self` owns the sender.
            Err(_) => std::future::pending().await,
        }
    }

    /// Records that a read of TLS returned 0: rustls tells a bare FIN apart as an error.
    pub fn saw_close_notify(&self) {
        if !self.close_notify.swap(true, Ordering::AcqRel) {
            self.count("close_notify");
            self.event("close_notify", json!({}));
        }
    }

    /// Waits until the peer has ended the connection, and reads nothing before.
    pub async fn peer_end(&self) {
        loop {
            match self.socket.ready(Interest::READABLE).await {
                Ok(ready) if ready.is_read_closed() => break,
                Ok(_) => sleep(LOOK).await,
                Err(_) => break,
            }
        }
        self.drain().await;
    }

    /// Sends FIN; reading goes on.
    pub fn fin(&self) {
        let _ = SockRef::from(&self.socket).shutdown(Shutdown::Write);
    }

    fn count_bytes(&self) {
        for (total, counter) in [(&self.sent, "bytes_sent"), (&self.received, "bytes_received")] {
            self.state.journal.add(&format!("{}_{counter}", self.service), total.load(Ordering::Relaxed));
        }
    }

    async fn finish(&self, end: End) {
        match end {
            End::Reset => {
                // With this, dropping the last handle sends RST and not FIN.
                let _ = SockRef::from(&self.socket).set_linger(Some(Duration::ZERO));
                self.event("reset-sent", json!({}));
            }
            End::Close => {
                self.fin();
                // Dropping a socket with unread data would send RST.
                let _ = timeout(GOODBYE, self.drain()).await;
            }
            End::Hold => {
                let released = |order| matches!(order, Order::Reset | Order::Fin | Order::Close | Order::TakenOver);
                tokio::select! {
                    () = self.peer_end() => {}
                    order = self.ordered(released) => {
                        if order == Order::Reset {
                            let _ = SockRef::from(&self.socket).set_linger(Some(Duration::ZERO));
                        }
                    }
                }
            }
        }
    }

    /// Reads and forgets until the peer has ended its side.
    async fn drain(&self) {
        let mut scrap = [0; 4096];
        while !self.peer_ended.load(Ordering::Acquire) {
            match self.socket.try_read(&mut scrap) {
                Ok(0) => self.saw("fin"),
                Ok(_) => {}
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                    if self.socket.readable().await.is_err() {
                        return;
                    }
                }
                Err(e) => {
                    self.saw_error(&e);
                    return;
                }
            }
        }
    }

    /// Records how the peer ended the connection.
    pub fn saw(&self, end: &str) {
        if !self.peer_ended.swap(true, Ordering::AcqRel) {
            self.count(end);
            self.event(end, json!({}));
        }
    }

    /// Records how the peer ended the connection, if the error says it.
    pub fn saw_error(&self, error: &io::Error) {
        // EPIPE says less: a peer that sent FIN and was gone answers a late write in that way.
        if error.kind() == io::ErrorKind::ConnectionReset {
            self.saw("rst");
        }
    }
}
