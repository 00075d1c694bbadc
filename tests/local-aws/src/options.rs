//! The command line.

use std::net::IpAddr;
use std::path::PathBuf;

/// What `--help` prints.
pub const USAGE: &str = "\
usage: local-aws [OPTIONS]
       local-aws run [OPTIONS] -- COMMAND [ARGUMENT...]

Amazon Cognito Identity and AWS IoT Core on this machine.

  --bind ADDR               address to listen on (127.0.0.1); may be repeated
  --host NAME               name in the certificates (localhost); may be repeated
  --iot-port PORT           0 = any (0)
  --cognito-port PORT       0 = any (0)
  --proxy-port PORT         0 = any (0)
  --control-port PORT       0 = any (0)
  --tls 1.2|1.3|both        TLS versions of both services (both)
  --region REGION           region of the IoT endpoint (us-east-1)
  --cognito-region REGION   region in the identity ids (that of --region)
  --broker embedded|echo|HOST:PORT
                            MQTT broker behind IoT Core (embedded); echo sends each packet back
  --raw-broker              what the broker sends goes to the client as it comes, MQTT or not
  --client-id-policy PATTERN
                            client ids that may connect, with * and ? (test-*)
  --directory DIR           where the CA file is written (a temporary directory)
  --proxy-user USER         the proxy demands Basic authentication
  --proxy-password PASSWORD
  --log FILE|-              event log; - is stderr (none)
  --secrets FILE            what was given out, keys, tokens and signatures, is appended to it (none)
  --iot-clock-offset-s N    IoT Core's clock is N seconds ahead of this machine (0)
  --cognito-clock-offset-s N
                            Cognito's clock is N seconds ahead of this machine (0)
  --certificate-days N      certificates last N days from 30 days before the services' clocks
                            (until 395 days after them)
  --identity-policy none|required
                            whether an identity with logins needs an IoT policy to connect (none)
  --no-guests               the identity pool refuses identities without logins
  --session-token-bytes N   about how long session tokens are (1200)
  --die-with-parent         end when the parent process ends
  --help, --version
";

/// TLS versions of the two services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsVersions {
    /// TLS 1.2 only.
    Only12,
    /// TLS 1.3 only.
    Only13,
    /// Both.
    Both,
}

/// The broker behind the WebSocket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BrokerChoice {
    /// In this process.
    Embedded,
    /// In this process, and no broker: it sends each packet back.
    Echo,
    /// A plain MQTT listener at `HOST:PORT`.
    At(String),
}

/// The options of one start.
#[derive(Clone, Debug)]
pub struct Options {
    /// Addresses of all listeners.
    pub bind: Vec<IpAddr>,
    /// Names in the certificates; the first one is the `host` of the ready line.
    pub hosts: Vec<String>,
    /// Port of IoT Core.
    pub iot_port: u16,
    /// Port of Cognito Identity.
    pub cognito_port: u16,
    /// Port of the proxy.
    pub proxy_port: u16,
    /// Port of the control interface.
    pub control_port: u16,
    /// TLS versions.
    pub tls: TlsVersions,
    /// Region that signatures must be scoped to.
    pub region: String,
    /// Region of the identity and the pool.
    pub cognito_region: String,
    /// MQTT broker.
    pub broker: BrokerChoice,
    /// Whether the broker's bytes go to the client without being looked at as packets.
    pub raw_broker: bool,
    /// Pattern of the client ids that may connect.
    pub client_id_policy: String,
    /// Directory of the CA file.
    pub directory: Option<PathBuf>,
    /// User and password that the proxy demands.
    pub proxy_credentials: Option<(String, String)>,
    /// Path of the event log, `-` for stderr.
    pub log: Option<String>,
    /// Where the secrets that were given out are noted.
    pub secrets: Option<PathBuf>,
    /// IoT Core's clock minus this machine's, in seconds.
    pub iot_clock_offset_s: i64,
    /// Cognito's clock minus this machine's, in seconds.
    pub cognito_clock_offset_s: i64,
    /// How many days the certificates last.
    pub certificate_days: Option<u32>,
    /// Whether an identity with logins connects only with an IoT policy.
    pub identity_policy: bool,
    /// Whether identities without logins are refused.
    pub no_guests: bool,
    /// About how long session tokens are.
    pub session_token_bytes: usize,
    /// Whether to end with the parent process.
    pub die_with_parent: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            bind: vec![IpAddr::from([127, 0, 0, 1])],
            hosts: vec!["localhost".to_owned()],
            iot_port: 0,
            cognito_port: 0,
            proxy_port: 0,
            control_port: 0,
            tls: TlsVersions::Both,
            region: "us-east-1".to_owned(),
            cognito_region: "us-east-1".to_owned(),
            broker: BrokerChoice::Embedded,
            raw_broker: false,
            client_id_policy: "test-*".to_owned(),
            directory: None,
            proxy_credentials: None,
            log: None,
            secrets: None,
            iot_clock_offset_s: 0,
            cognito_clock_offset_s: 0,
            certificate_days: None,
            identity_policy: false,
            no_guests: false,
            session_token_bytes: 1200,
            die_with_parent: false,
        }
    }
}

/// What the command line asks for.
#[derive(Debug)]
pub enum Invocation {
    /// Start and serve until a signal.
    Serve(Box<Options>),
    /// Start, run a command, end with it.
    Run(Box<Options>, Vec<String>),
    /// Print the usage.
    Help,
    /// Print the version.
    Version,
}

/// Reads the arguments after the program's name.
pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Invocation, String> {
    let mut arguments = arguments.into_iter().peekable();
    let run = arguments.next_if(|first| first == "run").is_some();
    let mut options = Options::default();
    let (mut bind, mut hosts) = (Vec::new(), Vec::new());
    let (mut user, mut password, mut cognito_region) = (None, None, None);
    let mut command = None;
    while let Some(argument) = arguments.next() {
        let (name, inline) = match argument.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name.to_owned(), Some(value.to_owned())),
            _ => (argument, None),
        };
        let mut value = || {
            let value = inline.clone().or_else(|| arguments.next());
            value.ok_or_else(|| format!("{name} needs a value"))
        };
        match name.as_str() {
            "--help" | "-h" => return Ok(Invocation::Help),
            "--version" => return Ok(Invocation::Version),
            "--certificate-days" => options.certificate_days = Some(days(&value()?)?),
            "--identity-policy" => options.identity_policy = identity_policy(&value()?)?,
            "--no-guests" => options.no_guests = true,
            "--session-token-bytes" => options.session_token_bytes = token_bytes(&value()?)?,
            "--die-with-parent" => options.die_with_parent = true,
            "--bind" => bind.push(address(&value()?)?),
            "--host" => hosts.push(value()?),
            "--iot-port" => options.iot_port = number(&name, &value()?)?,
            "--cognito-port" => options.cognito_port = number(&name, &value()?)?,
            "--proxy-port" => options.proxy_port = number(&name, &value()?)?,
            "--control-port" => options.control_port = number(&name, &value()?)?,
            "--tls" => options.tls = tls_versions(&value()?)?,
            "--region" => options.region = value()?,
            "--cognito-region" => cognito_region = Some(value()?),
            "--broker" => options.broker = broker(&value()?)?,
            "--raw-broker" => options.raw_broker = true,
            "--client-id-policy" => options.client_id_policy = value()?,
            "--directory" => options.directory = Some(PathBuf::from(value()?)),
            "--proxy-user" => user = Some(value()?),
            "--proxy-password" => password = Some(value()?),
            "--log" => options.log = Some(value()?),
            "--secrets" => options.secrets = Some(PathBuf::from(value()?)),
            "--iot-clock-offset-s" => options.iot_clock_offset_s = number(&name, &value()?)?,
            "--cognito-clock-offset-s" => {
                options.cognito_clock_offset_s = number(&name, &value()?)?;
            }
            "--" if run => {
                command = Some(arguments.by_ref().collect::<Vec<_>>());
                break;
            }
            _ => return Err(format!("unknown argument '{name}'")),
        }
    }
    if !bind.is_empty() {
        options.bind = bind;
    }
    if !hosts.is_empty() {
        options.hosts = hosts;
    }
    options.cognito_region = cognito_region.unwrap_or_else(|| options.region.clone());
    options.proxy_credentials = match (user, password) {
        (None, None) => None,
        (Some(user), password) => Some((user, password.unwrap_or_default())),
        (None, Some(_)) => return Err("--proxy-password needs --proxy-user".to_owned()),
    };
    match (run, command) {
        (false, _) => Ok(Invocation::Serve(Box::new(options))),
        (true, Some(command)) if !command.is_empty() => Ok(Invocation::Run(Box::new(options), command)),
        (true, _) => Err("run needs '-- COMMAND'".to_owned()),
    }
}

fn address(text: &str) -> Result<IpAddr, String> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    bare.parse().map_err(|_| format!("--bind '{text}' is not an IP address"))
}

fn number<T: std::str::FromStr>(name: &str, text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{name} '{text}' is not a number in its range"))
}

fn days(text: &str) -> Result<u32, String> {
    let days = text.parse().ok().filter(|days| (1..=36_500).contains(days));
    days.ok_or_else(|| format!("--certificate-days '{text}' is not a number of 1 to 36500"))
}

/// The longest one still fits into a request head when a good part of it is percent-encoded.
fn token_bytes(text: &str) -> Result<usize, String> {
    let bytes = text.parse().ok().filter(|bytes| (100..=40_000).contains(bytes));
    bytes.ok_or_else(|| format!("--session-token-bytes '{text}' is not a number of 100 to 40000"))
}

fn identity_policy(text: &str) -> Result<bool, String> {
    match text {
        "required" => Ok(true),
        "none" => Ok(false),
        _ => Err(format!("--identity-policy '{text}' is none of none, required")),
    }
}

fn tls_versions(text: &str) -> Result<TlsVersions, String> {
    match text {
        "1.2" => Ok(TlsVersions::Only12),
        "1.3" => Ok(TlsVersions::Only13),
        "both" => Ok(TlsVersions::Both),
        _ => Err(format!("--tls '{text}' is none of 1.2, 1.3, both")),
    }
}

fn broker(text: &str) -> Result<BrokerChoice, String> {
    match text {
        "embedded" => return Ok(BrokerChoice::Embedded),
        "echo" => return Ok(BrokerChoice::Echo),
        _ => {}
    }
    let port = text
        .rsplit_once(':')
        .and_then(|(host, port)| port.parse::<u16>().ok().filter(|port| *port != 0 && !host.is_empty()));
    match port {
        Some(_) => Ok(BrokerChoice::At(text.to_owned())),
        None => Err(format!("--broker '{text}' is none of embedded, echo, HOST:PORT")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn the_arguments_of_the_command_are_left_alone() {
        let line = "run --tls 1.2 --bind ::1 --bind=127.0.0.1 -- prog --tls x -- y";
        let Ok(Invocation::Run(options, command)) = parse(words(line)) else { panic!() };
        assert_eq!(options.tls, TlsVersions::Only12);
        assert_eq!(options.bind.len(), 2);
        assert_eq!(command, ["prog", "--tls", "x", "--", "y"]);
    }

    #[test]
    fn wrong_arguments_are_named() {
        for (line, part) in [
            ("--tls 1.1", "1.1"),
            ("--bogus", "--bogus"),
            ("--iot-port", "needs a value"),
            ("--iot-port 70000", "70000"),
            ("run", "COMMAND"),
            ("run --", "COMMAND"),
            ("--bind nowhere", "nowhere"),
            ("--certificate-days 0", "1 to 36500"),
            ("--identity-policy perhaps", "none, required"),
            ("--session-token-bytes 50000", "100 to 40000"),
            ("--broker mosquitto", "HOST:PORT"),
            ("--proxy-password x", "--proxy-user"),
        ] {
            let error = parse(words(line)).unwrap_err();
            assert!(error.contains(part), "{line}: {error}");
        }
    }
}
