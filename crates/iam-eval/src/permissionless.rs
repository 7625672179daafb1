//! Actions that policies do not decide.
//!
//! Source: AWS STS API Reference, `GetCallerIdentity` ("If an administrator attaches a policy to your identity that explicitly denies access … you can
//! still perform this operation") and `GetSessionToken` ("No permissions are required for users to perform this operation"); Amazon Cognito
//! Federated Identities API Reference ("This is a public API"); Amazon Cognito user pools API Reference ("Amazon Cognito doesn't evaluate IAM
//! policies in requests for this API operation").

use super::decision::Decision;
use super::judgement::{Judgement, Reason};
use super::layers::{Layers, Reads};
use super::principal::{Principal, PrincipalType};
use super::request::Request;
use super::ternary::Ternary;
use super::unseen::Unseen;

/// Whoever has credentials may.
const SIGNED: &str = "sts:getcalleridentity";

/// Users may, with their long-term credentials.
const OF_USERS: &str = "sts:getsessiontoken";

/// Anyone may, without credentials of AWS.
const PUBLIC: [&str; 36] = [
    "cognito-identity:getcredentialsforidentity",
    "cognito-identity:getid",
    "cognito-identity:getopenidtoken",
    "cognito-identity:unlinkidentity",
    "cognito-idp:associatesoftwaretoken",
    "cognito-idp:changepassword",
    "cognito-idp:completewebauthnregistration",
    "cognito-idp:confirmdevice",
    "cognito-idp:confirmforgotpassword",
    "cognito-idp:confirmsignup",
    "cognito-idp:deleteuser",
    "cognito-idp:deleteuserattributes",
    "cognito-idp:deletewebauthncredential",
    "cognito-idp:forgetdevice",
    "cognito-idp:forgotpassword",
    "cognito-idp:getdevice",
    "cognito-idp:gettokensfromrefreshtoken",
    "cognito-idp:getuser",
    "cognito-idp:getuserattributeverificationcode",
    "cognito-idp:getuserauthfactors",
    "cognito-idp:globalsignout",
    "cognito-idp:initiateauth",
    "cognito-idp:listdevices",
    "cognito-idp:listwebauthncredentials",
    "cognito-idp:resendconfirmationcode",
    "cognito-idp:respondtoauthchallenge",
    "cognito-idp:revoketoken",
    "cognito-idp:setusermfapreference",
    "cognito-idp:setusersettings",
    "cognito-idp:signup",
    "cognito-idp:startwebauthnregistration",
    "cognito-idp:updateautheventfeedback",
    "cognito-idp:updatedevicestatus",
    "cognito-idp:updateuserattributes",
    "cognito-idp:verifysoftwaretoken",
    "cognito-idp:verifyuserattribute",
];

/// Whether there are principals of whom an action (in lower case) needs no permission.
pub fn needs_no_permission_of_some(action: &str) -> bool {
    action == SIGNED || action == OF_USERS || PUBLIC.contains(&action)
}

/// Whether an action (in lower case) needs no permission of this principal.
pub fn needs_no_permission(action: &str, principal: &Principal) -> bool {
    match action {
        SIGNED => principal.has_identity(),
        OF_USERS => matches!(principal.who, PrincipalType::User | PrincipalType::Root),
        _ => PUBLIC.contains(&action),
    }
}

/// The decision, where policies have no say in it.
pub(super) fn evaluate<R: Unseen>(request: &Request, layers: &Layers<'_, R>) -> Option<Decision<R>> {
    if !needs_no_permission(&request.folded, &request.principal) {
        return None;
    }
    let reads = Reads::new(request, layers);
    // AWS writes of identities' policies; and of a Deny for GetSessionToken its own examples say another thing than its reference.
    let doubt = if request.folded == OF_USERS { reads.each().any(|read| read.may_deny()) } else { layers.endpoint.is_some() && !reads.guards_pass() };
    let missing = || Reason::Missing(R::not_evaluated("whether a policy binds an action that needs no permission"));
    let allowed = if doubt { Judgement { truth: Ternary::Maybe, grounds: vec![missing()] } } else { Judgement::plain(Ternary::Yes) };
    Some(Decision::new(Judgement::plain(Ternary::No), allowed, Vec::new()))
}
