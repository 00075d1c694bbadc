//! The public endpoint of Cognito in a region.
//!
//! The AWS SDK's endpoint rules hold this, but cannot be asked in a library that no environment variable may change: they read
//! SMITHY_CLIENT_SDK_CUSTOM_PARTITION, and panic at a file that is not there. So the domain of each partition stands here, and a
//! test compares the result with the SDK's rules for every partition and region that they know. See docs/adr/0007.

use crate::config::CognitoSettings;
use crate::names::Region;

/// The URL of the endpoint: the one that was set, or the public one of the region.
pub fn url(settings: &CognitoSettings) -> String {
    match &settings.endpoint {
        Some((host, port)) => format!("https://{}", host.host_header(*port)),
        None => public(&settings.region, settings.fips),
    }
}

fn public(region: &Region, fips: bool) -> String {
    let service = if fips { "cognito-identity-fips" } else { "cognito-identity" };
    format!("https://{service}.{}.{}", region.as_str(), dns_suffix(region))
}

/// The domain of a region's partition. A region of a partition that is not known is taken for one of `aws`, as by the SDK.
fn dns_suffix(region: &Region) -> &'static str {
    let mut parts = region.as_str().split('-');
    match (parts.next(), parts.next()) {
        (Some("cn"), _) => "amazonaws.com.cn",
        (Some("eusc"), _) => "amazonaws.eu",
        (Some("us"), Some("iso")) => "c2s.ic.gov",
        (Some("us"), Some("isob")) => "sc2s.sgov.gov",
        (Some("eu"), Some("isoe")) => "cloud.adc-e.uk",
        (Some("us"), Some("isof")) => "csp.hci.ic.gov",
        _ => "amazonaws.com",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_cognitoidentity::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};

    /// Every region that AWS has announced, by partition.
    const REGIONS: [&str; 46] = [
        "af-south-1",
        "ap-east-1",
        "ap-east-2",
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-northeast-3",
        "ap-south-1",
        "ap-south-2",
        "ap-southeast-1",
        "ap-southeast-2",
        "ap-southeast-3",
        "ap-southeast-4",
        "ap-southeast-5",
        "ap-southeast-6",
        "ap-southeast-7",
        "ca-central-1",
        "ca-west-1",
        "eu-central-1",
        "eu-central-2",
        "eu-north-1",
        "eu-south-1",
        "eu-south-2",
        "eu-west-1",
        "eu-west-2",
        "eu-west-3",
        "il-central-1",
        "me-central-1",
        "me-south-1",
        "mx-central-1",
        "sa-east-1",
        "us-east-1",
        "us-east-2",
        "us-west-1",
        "us-west-2",
        "cn-north-1",
        "cn-northwest-1",
        "us-gov-east-1",
        "us-gov-west-1",
        "eusc-de-east-1",
        "us-iso-east-1",
        "us-iso-west-1",
        "us-isob-east-1",
        "us-isob-west-1",
        "eu-isoe-west-1",
        "us-isof-east-1",
        "us-isof-south-1",
    ];

    #[test]
    fn public_endpoints_are_those_of_the_sdks_endpoint_rules() {
        let resolver = DefaultResolver::new();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for region in REGIONS {
            for fips in [false, true] {
                let params = Params::builder().region(region).use_fips(fips).use_dual_stack(false).build().unwrap();
                let endpoint = runtime.block_on(async { resolver.resolve_endpoint(&params).await }).unwrap();
                assert_eq!(public(&Region::parse("region", region).unwrap(), fips), endpoint.url());
            }
        }
    }
}
