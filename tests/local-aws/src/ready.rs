//! Where everything is: the ready line, the environment and the placeholders of a command.

use std::path::PathBuf;

use serde_json::{Map, Value, json};

/// Ports, files and ids of a running local AWS.
#[derive(Clone, Debug)]
pub struct Ready {
    /// First name in the certificates.
    pub host: String,
    /// Region of the IoT endpoint.
    pub region: String,
    /// Port of IoT Core.
    pub iot_port: u16,
    /// Port of Cognito.
    pub cognito_port: u16,
    /// Port of the control interface.
    pub control_port: u16,
    /// Port of the proxy.
    pub proxy_port: u16,
    /// The CA's certificate in PEM.
    pub ca_file: PathBuf,
    /// An identity that exists.
    pub identity: String,
    /// The pool that exists.
    pub identity_pool: String,
}

impl Ready {
    /// The ready line.
    pub fn json(&self) -> Value {
        let mut object = Map::new();
        for (name, value) in self.fields() {
            let number = name.ends_with("_port").then(|| value.parse::<u16>().ok()).flatten();
            object.insert(name.to_owned(), number.map_or_else(|| json!(value), |n| json!(n)));
        }
        object.insert("pid".to_owned(), json!(std::process::id()));
        Value::Object(object)
    }

    /// `LOCAL_AWS_…` variables for a command.
    pub fn environment(&self) -> Vec<(String, String)> {
        let variable = |name: &str| format!("LOCAL_AWS_{}", name.to_uppercase());
        self.fields().into_iter().map(|(name, value)| (variable(name), value)).collect()
    }

    /// Replaces `{iot_port}` and the like in an argument; other braces stay.
    pub fn fill(&self, argument: &str) -> String {
        let mut filled = argument.to_owned();
        for (name, value) in self.fields() {
            filled = filled.replace(&format!("{{{name}}}"), &value);
        }
        filled
    }

    fn fields(&self) -> Vec<(&'static str, String)> {
        vec![
            ("host", self.host.clone()),
            ("region", self.region.clone()),
            ("iot_port", self.iot_port.to_string()),
            ("cognito_port", self.cognito_port.to_string()),
            ("cognito_endpoint", format!("{}:{}", self.host, self.cognito_port)),
            ("control_port", self.control_port.to_string()),
            ("proxy_port", self.proxy_port.to_string()),
            ("ca_file", self.ca_file.display().to_string()),
            ("identity", self.identity.clone()),
            ("identity_pool", self.identity_pool.clone()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ready() -> Ready {
        Ready {
            host: "localhost".into(),
            region: "us-east-1".into(),
            iot_port: 1,
            cognito_port: 2,
            control_port: 3,
            proxy_port: 4,
            ca_file: "/x/ca.pem".into(),
            identity: "us-east-1:i".into(),
            identity_pool: "us-east-1:p".into(),
        }
    }

    #[test]
    fn placeholders_are_filled_and_other_braces_stay() {
        let text = ready().fill("{host}:{iot_port} {cognito_endpoint} {other} {ca_file}");
        assert_eq!(text, "localhost:1 localhost:2 {other} /x/ca.pem");
    }

    #[test]
    fn ports_are_numbers_in_json_and_text_in_the_environment() {
        assert_eq!(ready().json()["iot_port"], 1);
        let variable = ("LOCAL_AWS_IOT_PORT".to_owned(), "1".to_owned());
        assert!(ready().environment().contains(&variable));
    }
}
