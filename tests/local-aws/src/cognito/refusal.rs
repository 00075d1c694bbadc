//! The errors of Cognito Identity, in the service's own words where they are known.

use serde_json::{Map, Value, json};

use crate::http::Response;

/// An error as AWS's JSON protocol writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    status: u16,
    name: &'static str,
    /// What stands before the name in `__type`, and behind it in `x-amzn-ErrorType`.
    namespace: Option<&'static str>,
    message: String,
}

/// A refusal with status 400, which most have.
pub fn refusal(name: &'static str, message: impl Into<String>) -> Refusal {
    Refusal { status: 400, name, namespace: None, message: message.into() }
}

/// An error of the HTTP layer.
pub fn with_status(status: u16, name: &'static str, message: &str) -> Refusal {
    Refusal { status, ..refusal(name, message) }
}

/// The pool or the identity does not exist.
pub fn not_found(operation: &str, id: &str) -> Refusal {
    let what = if operation == "GetId" { "IdentityPool" } else { "Identity" };
    refusal("ResourceNotFoundException", format!("{what} '{id}' not found."))
}

/// The pool has no guests.
pub fn no_guests() -> Refusal {
    refusal("NotAuthorizedException", "Unauthenticated access is not supported for this identity pool.")
}

/// The identity has logins, and the request has none.
pub fn forbidden(identity: &str) -> Refusal {
    refusal("NotAuthorizedException", format!("Access to Identity '{identity}' is forbidden."))
}

/// The identity has other logins.
pub fn other_logins() -> Refusal {
    let message = "Logins don't match. Please include at least one valid login for this identity or identity pool.";
    refusal("NotAuthorizedException", message)
}

/// The token's time is over.
pub fn token_expired() -> Refusal {
    let message = "Invalid login token. Token expired: 1480000000 >= 1479999999";
    refusal("NotAuthorizedException", message)
}

/// The token is of someone whom the pool does not know.
pub fn token_unsupported() -> Refusal {
    refusal("NotAuthorizedException", "Token is not from a supported provider of this identity pool.")
}

/// The refusal that a fault asks for; `None` for the faults that are none. `body` is the request's.
pub fn of_fault(fault: &str, operation: &str, body: &Map<String, Value>) -> Option<Refusal> {
    let get_id = operation == "GetId";
    let member = if get_id { "IdentityPoolId" } else { "IdentityId" };
    let id = body.get(member).and_then(Value::as_str).unwrap_or("");
    Some(match fault {
        "throttled" => refusal("TooManyRequestsException", "Rate exceeded"),
        "throttled-429" => with_status(429, "TooManyRequestsException", "Rate exceeded"),
        "not-authorized" => refusal("NotAuthorizedException", "Access to Identity is forbidden."),
        "not-found" => not_found(operation, id),
        "unauthenticated-disabled" => no_guests(),
        "access-forbidden" => forbidden(id),
        "token-expired" => token_expired(),
        "invalid-pool-configuration" => refusal(
            "InvalidIdentityPoolConfigurationException",
            "Invalid identity pool configuration. Check assigned IAM roles for this pool.",
        ),
        "invalid-parameter" => refusal("InvalidParameterException", "Please provide a valid public provider"),
        // The words of these three are those of the service's model.
        "resource-conflict" => refusal(
            "ResourceConflictException",
            "Thrown when a user tries to use a login which is already linked to another account.",
        ),
        "limit-exceeded" => {
            refusal("LimitExceededException", "Thrown when the total number of user pools has exceeded a preset limit.")
        }
        "external-service" => refusal(
            "ExternalServiceException",
            "An exception thrown when a dependent service such as Facebook or Twitter is not responding",
        ),
        "validation" => {
            let member = if get_id { "identityPoolId" } else { "identityId" };
            let rule = "Member must satisfy regular expression pattern: [\\w-]+:[0-9a-f-]+";
            let message =
                format!("1 validation error detected: Value '{id}' at '{member}' failed to satisfy constraint: {rule}");
            refusal("ValidationException", message)
        }
        "internal-error" => with_status(500, "InternalErrorException", "Internal error"),
        "service-unavailable-json" => Refusal {
            namespace: Some("com.amazon.coral.availability"),
            ..with_status(503, "ServiceUnavailableException", "Service is unavailable")
        },
        _ => return None,
    })
}

impl Refusal {
    /// The status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Completes a response with this status.
    pub fn write(&self, response: Response) -> Response {
        let (name, message) = (self.name, self.message.as_str());
        let (kind, behind) = match self.namespace {
            None => (name.to_owned(), String::new()),
            Some(space) => (format!("{space}#{name}"), format!("http://internal.amazon.com/coral/{space}/")),
        };
        // What a client sent stands in the message: it must not end the header.
        let shown: String = message.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        response
            .with("x-amzn-ErrorType", format!("{name}:{behind}"))
            .with("x-amzn-ErrorMessage", shown)
            .body(json!({"__type": kind, "message": message}).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(fault: &str, operation: &str) -> String {
        let Value::Object(body) = json!({"IdentityPoolId": "r:p", "IdentityId": "r:i"}) else { panic!() };
        let refusal = of_fault(fault, operation, &body).unwrap();
        String::from_utf8(refusal.write(Response::new(refusal.status())).bytes()).unwrap()
    }

    #[test]
    fn an_error_has_its_operations_own_words() {
        assert!(written("not-found", "GetId").contains("\"message\":\"IdentityPool 'r:p' not found.\""));
        assert!(written("not-found", "GetCredentialsForIdentity").contains("\"Identity 'r:i' not found.\""));
        assert!(written("validation", "GetId").contains("Value 'r:p' at 'identityPoolId' failed"));
    }

    #[test]
    fn an_error_of_the_framework_has_its_namespace() {
        let text = written("service-unavailable-json", "GetId");
        assert!(text.starts_with("HTTP/1.1 503 "));
        let header = "x-amzn-ErrorType: ServiceUnavailableException:http://internal.amazon.com/coral/";
        assert!(text.contains(header), "{text}");
        assert!(text.contains("\"__type\":\"com.amazon.coral.availability#ServiceUnavailableException\""), "{text}");
    }

    #[test]
    fn a_line_break_does_not_end_the_header() {
        let text = String::from_utf8(not_found("GetId", "a\r\nb: c").write(Response::new(400)).bytes()).unwrap();
        assert!(text.contains("x-amzn-ErrorMessage: IdentityPool 'a  b: c' not found.\r\n"), "{text}");
    }
}
