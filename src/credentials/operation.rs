//! The SDK's operations without the SDK's client.
//!
//! The client would read environment variables: SMITHY_CLIENT_SDK_CUSTOM_PARTITION, at which it panics when the file is not
//! there, and AWS_EXECUTION_ENV. It would also compile the regular expressions of every partition, and carry a signer and
//! retries that these unsigned requests do not use. See docs/adr/0005.

use aws_sdk_cognitoidentity::error::SdkError;
use aws_sdk_cognitoidentity::operation::get_credentials_for_identity::{
    GetCredentialsForIdentity, GetCredentialsForIdentityError, GetCredentialsForIdentityInput,
    GetCredentialsForIdentityOutput,
};
use aws_sdk_cognitoidentity::operation::get_id::{GetId, GetIdError, GetIdInput, GetIdOutput};
use aws_smithy_json::protocol::aws_json_rpc::AwsJsonRpcProtocol;
use aws_smithy_runtime::client::auth::no_auth::{NO_AUTH_SCHEME_ID, NoAuthRuntimePluginV2};
use aws_smithy_runtime::client::identity::IdentityCache;
use aws_smithy_runtime::client::orchestrator::endpoints::StaticUriEndpointResolver;
use aws_smithy_runtime::client::orchestrator::{self, AuthSchemeAndEndpointOrchestrationV2};
use aws_smithy_runtime::client::retries::strategy::NeverRetryStrategy;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::http::HttpClient;
use aws_smithy_runtime_api::client::interceptors::context::Input;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::{Order, RuntimePlugin, RuntimePlugins};
use aws_smithy_schema::protocol::{ServiceShapeName, ServiceShapeNamespace, SharedClientProtocol};
use aws_smithy_types::config_bag::{FrozenLayer, Layer};
use std::borrow::Cow;

/// What Cognito refused an operation with: `None` when the SDK's error is of a type that it should not be.
pub type Error<E> = SdkError<Option<E>, HttpResponse>;

const SHAPE: &str = "AWSCognitoIdentityService";
const NAMESPACE: &str = "com.amazonaws.cognitoidentity";

/// Sends GetId to `endpoint`, an `https://` URL.
pub async fn get_id(
    endpoint: &str,
    connector: &(impl HttpClient + Clone + 'static),
    input: GetIdInput,
) -> Result<GetIdOutput, Error<GetIdError>> {
    invoke("GetId", GetId::new(), input, endpoint, connector).await
}

/// Sends GetCredentialsForIdentity to `endpoint`, an `https://` URL.
pub async fn get_credentials_for_identity(
    endpoint: &str,
    connector: &(impl HttpClient + Clone + 'static),
    input: GetCredentialsForIdentityInput,
) -> Result<GetCredentialsForIdentityOutput, Error<GetCredentialsForIdentityError>> {
    invoke("GetCredentialsForIdentity", GetCredentialsForIdentity::new(), input, endpoint, connector).await
}

async fn invoke<I, O, E>(
    name: &'static str,
    operation: impl RuntimePlugin + 'static,
    input: I,
    endpoint: &str,
    connector: &(impl HttpClient + Clone + 'static),
) -> Result<O, Error<E>>
where
    I: std::fmt::Debug + Send + Sync + 'static,
    O: std::fmt::Debug + Send + Sync + 'static,
    E: std::error::Error + Send + Sync + 'static,
{
    let plugins = RuntimePlugins::new()
        .with_client_plugin(Service::new(endpoint.to_owned(), connector.clone()))
        .with_client_plugin(NoAuthRuntimePluginV2::new())
        .with_operation_plugin(operation);
    let output = orchestrator::invoke("Cognito Identity", name, Input::erase(input), &plugins)
        .await
        .map_err(|error| error.map_service_error(|error| error.downcast().ok()))?;
    output.downcast().map_err(|_| Error::construction_failure("the output is of another type"))
}

/// What the SDK's client would configure, but for what these requests do not need.
#[derive(Debug)]
struct Service {
    config: FrozenLayer,
    components: RuntimeComponentsBuilder,
}

impl Service {
    fn new(endpoint: String, connector: impl HttpClient + 'static) -> Self {
        let mut config = Layer::new(SHAPE);
        config.store_put(ServiceShapeName::new(SHAPE));
        config.store_put(ServiceShapeNamespace::new(NAMESPACE));
        config
            .store_put(SharedClientProtocol::new(AwsJsonRpcProtocol::aws_json_1_1().with_default_namespace(NAMESPACE)));
        config.store_put(AuthSchemeAndEndpointOrchestrationV2);
        let components = RuntimeComponentsBuilder::new(SHAPE)
            .with_auth_scheme_option_resolver(Some(StaticAuthSchemeOptionResolver::new(vec![NO_AUTH_SCHEME_ID])))
            .with_endpoint_resolver(Some(StaticUriEndpointResolver::uri(endpoint)))
            .with_http_client(Some(connector))
            .with_identity_cache(Some(IdentityCache::no_cache()))
            // What may be tried again, and when, is decided outside, where the deadline is known.
            .with_retry_strategy(Some(NeverRetryStrategy::new()));
        Self { config: config.freeze(), components }
    }
}

impl RuntimePlugin for Service {
    fn order(&self) -> Order {
        Order::Defaults
    }

    fn config(&self) -> Option<FrozenLayer> {
        Some(self.config.clone())
    }

    fn runtime_components(&self, _: &RuntimeComponentsBuilder) -> Cow<'_, RuntimeComponentsBuilder> {
        Cow::Borrowed(&self.components)
    }
}
