//! Binds the ports, writes the CA file and starts the services.

use std::fs;
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::net::TcpListener;

use crate::broker::Broker;
use crate::certificates::Certificates;
use crate::clock;
use crate::cognito;
use crate::connection::{self, Connections};
use crate::control;
use crate::credentials::Credentials;
use crate::events::{Journal, Service};
use crate::faults::Faults;
use crate::identities::Identities;
use crate::iot;
use crate::options::Options;
use crate::proxy;
use crate::random;
use crate::ready::Ready;
use crate::resends::Resends;
use crate::secrets::Secrets;
use crate::sessions::Sessions;
use crate::state::State;
use crate::written::WrittenAnswers;

const BACKLOG: i32 = 1024;
/// How often another port is tried when the first address has it free and another one has not.
const PORT_ATTEMPTS: usize = 50;

/// Services that run until the process ends.
pub struct Running {
    /// Where they are.
    pub ready: Ready,
    temporary: Option<PathBuf>,
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(directory) = &self.temporary {
            // Nothing more can be done about it at the end.
            let _ = fs::remove_dir_all(directory);
        }
    }
}

/// Starts everything on the current runtime.
pub async fn start(options: Options) -> Result<Running, String> {
    let log = open_log(options.log.as_deref())?;
    let secrets = match &options.secrets {
        Some(path) => Secrets::to(path).map_err(|e| format!("cannot write {}: {e}", path.display()))?,
        None => Secrets::default(),
    };
    let iot_listeners = listen(&options.bind, options.iot_port)?;
    let cognito_listeners = listen(&options.bind, options.cognito_port)?;
    let proxy_listeners = listen(&options.bind, options.proxy_port)?;
    let control_listeners = listen(&options.bind, options.control_port)?;
    let now = clock::now();
    let clocks = [now + options.iot_clock_offset_s, now + options.cognito_clock_offset_s];
    let addresses: Vec<String> = options.bind.iter().map(IpAddr::to_string).collect();
    let certificates = Certificates::new(&options.hosts, &addresses, options.tls, &clocks, options.certificate_days)
        .map_err(|e| format!("cannot make certificates: {e}"))?;
    let broker = Broker::start(&options.broker).await.map_err(|e| format!("cannot start the MQTT broker: {e}"))?;
    let (directory, temporary) = match &options.directory {
        Some(directory) => (directory.clone(), false),
        None => {
            let name = format!("local-aws-{}-{}", std::process::id(), random::hex(&random::bytes::<6>()));
            (std::env::temp_dir().join(name), true)
        }
    };
    let ca_file = directory.join("local-aws-ca.pem");
    fs::create_dir_all(&directory)
        .and_then(|()| fs::write(&ca_file, &certificates.ca_pem))
        .map_err(|e| format!("cannot write {}: {e}", ca_file.display()))?;

    let identities = Identities::default();
    let region = &options.cognito_region;
    let ready = Ready {
        host: options.hosts.first().cloned().unwrap_or_default(),
        region: options.region.clone(),
        iot_port: port(&iot_listeners),
        cognito_port: port(&cognito_listeners),
        control_port: port(&control_listeners),
        proxy_port: port(&proxy_listeners),
        ca_file,
        identity: identities.guest(region),
        identity_pool: format!("{region}:{}", random::uuid()),
    };
    let state = Arc::new(State {
        credentials: Credentials::new(options.session_token_bytes),
        secrets,
        options,
        journal: Journal::new(log),
        faults: Faults::default(),
        written: WrittenAnswers::default(),
        identities,
        connections: Connections::default(),
        sessions: Sessions::default(),
        resends: Resends::default(),
        certificates,
        broker,
        ready: OnceLock::from(ready.clone()),
    });
    for listener in iot_listeners {
        tokio::spawn(connection::accept(listener, Service::Iot, state.clone(), iot::serve));
    }
    for listener in cognito_listeners {
        tokio::spawn(connection::accept(listener, Service::Cognito, state.clone(), cognito::serve));
    }
    for listener in proxy_listeners {
        tokio::spawn(connection::accept(listener, Service::Proxy, state.clone(), proxy::serve));
    }
    for listener in control_listeners {
        tokio::spawn(control::serve(listener, state.clone()));
    }
    Ok(Running { ready, temporary: temporary.then_some(directory) })
}

fn open_log(log: Option<&str>) -> Result<Option<Box<dyn Write + Send>>, String> {
    match log {
        None => Ok(None),
        Some("-") => Ok(Some(Box::new(io::stderr()))),
        Some(path) => match fs::File::create(path) {
            Ok(file) => Ok(Some(Box::new(file))),
            Err(e) => Err(format!("cannot write the log {path}: {e}")),
        },
    }
}

/// One port on all addresses.
fn listen(addresses: &[IpAddr], wanted: u16) -> Result<Vec<TcpListener>, String> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        let mut listeners: Vec<TcpListener> = Vec::with_capacity(addresses.len());
        let mut failure = None;
        for address in addresses {
            let at = if listeners.is_empty() { wanted } else { port(&listeners) };
            match bind(SocketAddr::new(*address, at)) {
                Ok(listener) => listeners.push(listener),
                Err(e) => {
                    failure = Some((SocketAddr::new(*address, at), e));
                    break;
                }
            }
        }
        match failure {
            None => return Ok(listeners),
            Some((_, e)) if wanted == 0 && e.kind() == io::ErrorKind::AddrInUse && attempt < PORT_ATTEMPTS => {}
            Some((at, e)) => return Err(format!("cannot listen on {at}: {e}")),
        }
    }
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        SockRef::from(&socket).set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

fn port(listeners: &[TcpListener]) -> u16 {
    let address = listeners.first().and_then(|listener| listener.local_addr().ok());
    address.map_or(0, |address| address.port())
}
