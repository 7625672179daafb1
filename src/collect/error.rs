//! Why a collection gave no snapshot at all. A single refused call is no error: it is a gap in the snapshot.

/// Nothing worth keeping was read.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// The credential chain is empty.
    #[error("no AWS credentials were found in the environment, the profile, or the container or instance role")]
    NoCredentials,
    /// Credentials are configured, and cannot be had.
    #[error("the AWS credentials cannot be loaded: {0}")]
    BadCredentials(String),
    /// Whoever gives the credentials does not answer.
    #[error("the AWS credentials did not come within {seconds} s")]
    SlowCredentials {
        /// How long was waited.
        seconds: u64,
    },
    /// A profile that says too little, or too much.
    #[error("{0}")]
    BadProfile(String),
    /// A profile's role wants a code.
    #[error("the role of the profile \"{profile}\" wants a code of the MFA device {device}, and there is no terminal to ask for it")]
    NobodyForMfa {
        /// The profile.
        profile: String,
        /// The device.
        device: String,
    },
    /// The text is no ARN of a role.
    #[error("the role to assume, \"{0}\", is not the ARN of a role")]
    NoRoleArn(String),
    /// It was ended before there was anything to keep.
    #[error("interrupted before anything was read")]
    Interrupted,
    /// AWS refuses the credentials.
    #[error("AWS refuses the credentials: sts:GetCallerIdentity in {region} answered {code}: {message}")]
    RefusedCredentials {
        /// Where it was asked.
        region: String,
        /// AWS's code.
        code: String,
        /// AWS's words.
        message: String,
    },
    /// No such profile.
    #[error("the profile \"{0}\" is in neither the AWS config file nor the credentials file")]
    UnknownProfile(String),
    /// Nobody said where to look.
    #[error("no region is given, and neither the environment nor the profile names one")]
    NoRegion,
    /// The text is no region, or AWS does not list it for this account.
    #[error("\"{0}\" is not a region that is enabled for this account")]
    UnknownRegion(String),
    /// Every call in the region was refused or did not connect.
    #[error("nothing could be read in {region}: every call failed, mostly with {code}")]
    DeadRegion {
        /// The region.
        region: String,
        /// The commonest code.
        code: String,
    },
    /// Who we are is not known, so nothing else can be named.
    #[error("sts:GetCallerIdentity failed in {region} with {code}: {message}")]
    CallerUnknown {
        /// Where it was asked.
        region: String,
        /// AWS's code, or `Timeout`, `Unparseable`…
        code: String,
        /// AWS's words.
        message: String,
    },
    /// ec2:DescribeRegions is what `--all-regions` hangs on.
    #[error("ec2:DescribeRegions failed with {code}, so the regions of the account are not known: {message}")]
    RegionsUnknown {
        /// AWS's code.
        code: String,
        /// AWS's words.
        message: String,
    },
    /// The role is refused.
    #[error("the role {role} cannot be assumed: {message}")]
    RoleRefused {
        /// ARN of the role.
        role: String,
        /// AWS's words.
        message: String,
    },
    /// The endpoint that is configured is no address.
    #[error("the endpoint configured for {service} is no address: it begins with http:// or https:// and names a host")]
    NoEndpoint {
        /// As the SDK calls the service.
        service: &'static str,
    },
    /// Nothing answers there.
    #[error("{url} cannot be reached: {message}")]
    Unreachable {
        /// The endpoint.
        url: String,
        /// What the connection said.
        message: String,
    },
    /// We know who we are, and may read nothing.
    #[error("nothing could be read: all {calls} calls failed, mostly with {code}")]
    NothingRead {
        /// How many gaps there are.
        calls: usize,
        /// The commonest code.
        code: String,
    },
}

impl CollectError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        let text = match self {
            Self::NoCredentials => {
                "sign in (`aws sso login`, `aws configure`), or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY".to_owned()
            }
            Self::BadCredentials(_) => "sign in again, or check the profile's settings; `aws sts get-caller-identity` must work first".to_owned(),
            Self::SlowCredentials { .. } => {
                "whoever gives them does not answer: sts or sso behind a proxy, the machine's metadata service, or the profile's credential_process; --call-timeout sets the limit".to_owned()
            }
            Self::BadProfile(_) => "mend the profile in the AWS config file; `aws configure sso` sets up SSO".to_owned(),
            Self::NobodyForMfa { .. } => {
                "run it on a terminal, or get the session's keys first (`aws sts assume-role … --serial-number … --token-code …`) and put them into the environment"
                    .to_owned()
            }
            Self::NoRoleArn(_) => "give it as arn:aws:iam::111122223333:role/audit".to_owned(),
            Self::Interrupted => return None,
            Self::RefusedCredentials { region, .. } => {
                format!(
                    "sign in again if they expired; if `aws sts get-caller-identity --region us-east-1` works, {region} is not enabled for the account"
                )
            }
            Self::UnknownProfile(_) => "`aws configure list-profiles` lists the profiles there are".to_owned(),
            Self::NoRegion => "give --region us-east-2 (it may be repeated) or --all-regions, or set AWS_REGION".to_owned(),
            Self::UnknownRegion(_) => "`aws ec2 describe-regions` lists the enabled regions; a region is written like us-east-2".to_owned(),
            Self::DeadRegion { region, .. } => {
                format!("check that {region} is spelt right and enabled for the account, and that its endpoints can be reached")
            }
            Self::CallerUnknown { .. } => {
                "the call needs no permission: check for a service control policy, an endpoint policy or a proxy that denies it".to_owned()
            }
            Self::RegionsUnknown { .. } => "allow ec2:DescribeRegions, or name the regions with --region".to_owned(),
            Self::RoleRefused { .. } => {
                "the caller needs sts:AssumeRole on the role, and the role's trust policy must name the caller (and the external id, if any)"
                    .to_owned()
            }
            Self::NoEndpoint { .. } => "look at AWS_ENDPOINT_URL and its variants for single services, and at endpoint_url in the profile".to_owned(),
            Self::Unreachable { .. } => "check the network, the proxy (HTTPS_PROXY), AWS_ENDPOINT_URL and the spelling of the region".to_owned(),
            Self::NothingRead { .. } => "attach the read-only policy that `pci-audit generate iam-policy` prints to the principal".to_owned(),
        };
        Some(text)
    }
}
