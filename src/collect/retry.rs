//! What an SDK error means: its code, its words without what changes from call to call, and whether asking again helps.
//!
//! Source: AWS SDKs and Tools Reference Guide, "Retry behavior" (throttling and transient codes, full jitter).

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::whole::NotWhole;
use crate::model::snapshot::INTERRUPTED;

/// An error of some operation.
pub(super) trait ServiceError: ProvideErrorMetadata + std::error::Error + 'static {}
impl<E: ProvideErrorMetadata + std::error::Error + 'static> ServiceError for E {}

/// Whether and how to ask again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Too many calls: wait, and ask until the call's time is up.
    Throttled,
    /// The server or the network stumbled: a few more attempts.
    Transient,
    /// The same answer would come again.
    Final,
}

/// A failed attempt.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    /// AWS's code, or `Timeout`, `Network`, `HttpStatus500`, `Unparseable`, `Incomplete`, `Interrupted`.
    pub code: String,
    /// One line, without request ids.
    pub message: String,
    /// Whether asking again helps.
    pub trouble: Trouble,
    /// S3's hint where the bucket really is.
    pub bucket_region: Option<String>,
}

const THROTTLING: &[&str] = &[
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
];

const TRANSIENT: &[&str] =
    &["InternalError", "InternalFailure", "InternalServerError", "RequestTimeout", "RequestTimeoutException", "ServiceUnavailable"];

/// Attempts at a call that stumbles, throttling apart.
const TRANSIENT_ATTEMPTS: u32 = 4;
const BASE: Duration = Duration::from_millis(50);
const CAP: Duration = Duration::from_secs(2);

impl Failure {
    /// Reads an SDK error.
    pub(super) fn from_error<E: ServiceError>(error: &SdkError<E, HttpResponse>) -> Self {
        let response = error.raw_response();
        let status = response.map(|response| response.status().as_u16());
        let bucket_region = response.and_then(bucket_region);
        if let Some(lack) = causes(error).find_map(|cause| cause.downcast_ref::<NotWhole>()) {
            return Self { trouble: Trouble::Transient, ..Self::incomplete(&lack.to_string()) };
        }
        let (code, message) = match error {
            SdkError::TimeoutError(_) => ("Timeout".to_owned(), "the connection timed out".to_owned()),
            SdkError::DispatchFailure(failure) => {
                ("Network".to_owned(), chain(failure.as_connector_error().map(|error| error as &(dyn std::error::Error + 'static))))
            }
            SdkError::ResponseError(_) | SdkError::ServiceError(_) if error.meta().code().is_none() => match status {
                Some(status) if status >= 300 => (format!("HttpStatus{status}"), format!("the answer has HTTP status {status} and no error code")),
                _ => ("Unparseable".to_owned(), "the answer could not be parsed".to_owned()),
            },
            _ => (clean(error.meta().code().unwrap_or_default()), error.meta().message().unwrap_or_default().to_owned()),
        };
        let trouble = match code.as_str() {
            code if THROTTLING.contains(&code) => Trouble::Throttled,
            "Timeout" | "Network" => Trouble::Transient,
            code if TRANSIENT.contains(&code) => Trouble::Transient,
            // 503 without a code is how a service's front answers where there are too many calls; S3 calls it "Slow Down".
            _ if matches!(status, Some(429 | 503)) => Trouble::Throttled,
            // moto and AWS answer an operation that they do not have with 501; it stays so.
            _ if status.is_some_and(|status| status >= 500 && status != 501) => Trouble::Transient,
            _ => Trouble::Final,
        };
        Self { code, message: scrub(&message), trouble, bucket_region }
    }

    /// An attempt that took too long.
    pub(super) fn timeout(limit: Duration) -> Self {
        let message = format!("no answer within {} s", limit.as_secs().max(1));
        Self { code: "Timeout".to_owned(), message, trouble: Trouble::Transient, bucket_region: None }
    }

    /// A call that was not answered when the collection was ended.
    pub(super) fn stopped() -> Self {
        let message = "the collection was ended before this was answered".to_owned();
        Self { code: INTERRUPTED.to_owned(), message, trouble: Trouble::Final, bucket_region: None }
    }

    /// An answer that says itself that it is not all.
    pub(super) fn incomplete(message: &str) -> Self {
        Self { code: "Incomplete".to_owned(), message: message.to_owned(), trouble: Trouble::Final, bucket_region: None }
    }

    /// An answer that makes no sense.
    pub(super) fn unparseable(message: &str) -> Self {
        Self { code: "Unparseable".to_owned(), message: scrub(message), trouble: Trouble::Final, bucket_region: None }
    }
}

/// Where S3 says that a bucket is: in a header; where the request was signed for another region, in the body alone; where one of the regions is opted in
/// to, in the words of the message. Source: S3 API Reference, "Error responses" (`PermanentRedirect`, `AuthorizationHeaderMalformed`,
/// `IllegalLocationConstraintException`).
fn bucket_region(response: &HttpResponse) -> Option<String> {
    let body = || std::str::from_utf8(response.body().bytes()?).ok();
    let between = |open: &str, close: &str| Some(body()?.split_once(open)?.1.split_once(close)?.0);
    let in_words = || {
        let message = body().filter(|body| body.contains("IllegalLocationConstraint"))?;
        Some(message.split_once(" location constraint")?.0.rsplit_once(' ')?.1)
    };
    let said = response.headers().get("x-amz-bucket-region").or_else(|| between("<Region>", "</Region>")).or_else(in_words)?;
    // Names of before there were regions: none at all is us-east-1, which the message calls "unspecified", and `EU` is eu-west-1 (S3 API Reference,
    // "GetBucketLocation").
    Some(
        match said {
            "" | "unspecified" | "US" => "us-east-1",
            "EU" => "eu-west-1",
            region => region,
        }
        .to_owned(),
    )
}

/// A code as AWS writes them; what else an answer puts in its place is cut to that.
fn clean(code: &str) -> String {
    const LONGEST_CODE: usize = 100;
    let clean: String = code.chars().filter(|c| c.is_ascii_alphanumeric() || "._-:#/".contains(*c)).take(LONGEST_CODE).collect();
    if clean.is_empty() { "Unparseable".to_owned() } else { clean }
}

/// An error and its causes, outermost first.
pub(super) fn causes<'a>(error: &'a (dyn std::error::Error + 'static)) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |error| error.source())
}

/// The words of an error and of its causes, outermost first.
fn chain(error: Option<&(dyn std::error::Error + 'static)>) -> String {
    let mut words: Vec<String> = Vec::new();
    for cause in error.into_iter().flat_map(causes) {
        let text = cause.to_string();
        if words.last().is_none_or(|last| !last.contains(&text)) {
            words.push(text);
        }
    }
    words.join(": ")
}

/// How often one call was tried, and how long to wait before the next attempt.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    throttled: u32,
    transient: u32,
}

impl Backoff {
    /// The wait before the next attempt; `None` where there is to be none.
    pub(super) fn next(&mut self, trouble: Trouble) -> Option<Duration> {
        let attempts = match trouble {
            Trouble::Final => return None,
            Trouble::Throttled => &mut self.throttled,
            Trouble::Transient => &mut self.transient,
        };
        *attempts += 1;
        if trouble == Trouble::Transient && *attempts >= TRANSIENT_ATTEMPTS {
            return None;
        }
        Some(jitter(BASE.saturating_mul(1 << attempts.saturating_sub(1).min(10)).min(CAP)))
    }
}

/// A random part of a wait, so that calls that were throttled together do not come back together.
pub(super) fn jitter(limit: Duration) -> Duration {
    // RandomState is seeded by the system: randomness enough for a wait.
    let random = RandomState::new().build_hasher().finish();
    let micros = u64::try_from(limit.as_micros()).unwrap_or(u64::MAX).max(1);
    Duration::from_micros(random % micros)
}

const LONGEST: usize = 300;

/// AWS's words on one line, without what differs between two calls: request and host ids, session names, encoded messages.
pub(super) fn scrub(message: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut skip = false;
    for word in message.split_whitespace() {
        let bare = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        if std::mem::take(&mut skip) && looks_random(bare) {
            words.push("…".to_owned());
            continue;
        }
        let lower = bare.to_ascii_lowercase();
        skip = lower.ends_with("id") && word.ends_with([':', '=']);
        words.push(
            if let Some((head, _)) = word.split_once('=').filter(|(head, value)| head.to_ascii_lowercase().ends_with("id") && looks_random(value)) {
                format!("{head}=…")
            } else if is_uuid(bare) || (bare.len() > 100 && !bare.starts_with("arn:")) {
                "…".to_owned()
            } else {
                without_session(word)
            },
        );
    }
    let mut line = words.join(" ");
    if let Some((end, _)) = line.char_indices().nth(LONGEST - 1).filter(|_| line.chars().count() > LONGEST) {
        line.truncate(end);
        line.push('…');
    }
    line
}

fn looks_random(text: &str) -> bool {
    text.len() >= 8 && text.bytes().any(|byte| byte.is_ascii_digit()) && !text.starts_with("arn:")
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| if matches!(at, 8 | 13 | 18 | 23) { byte == b'-' } else { byte.is_ascii_hexdigit() })
}

/// An ARN without the session name of an assumed role: two scans by one role say the same.
pub(super) fn without_session(text: &str) -> String {
    let Some(at) = text.find(":assumed-role/") else { return text.to_owned() };
    let (head, tail) = text.split_at(at + ":assumed-role/".len());
    let Some((role, session)) = tail.split_once('/') else { return text.to_owned() };
    let end = session.find(|c: char| !(c.is_ascii_alphanumeric() || "+=,.@_-".contains(c))).unwrap_or(session.len());
    let rest = if session[..end].ends_with(['.', ',']) { &session[end - 1..] } else { &session[end..] };
    format!("{head}{role}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_lose_what_changes_from_call_to_call() {
        let said = "User: arn:aws:sts::123456789012:assumed-role/Auditor/jane@corp is not authorized\n to perform: kms:ListAliases (RequestId: 8d6f2f0a-2f7c-4b57-9d0a-6f1f6f0d9f11)";
        assert_eq!(scrub(said), "User: arn:aws:sts::123456789012:assumed-role/Auditor is not authorized to perform: kms:ListAliases (RequestId: …");
        assert_eq!(
            scrub("denied, Request ID: ABCDEF0123456789, S3 Extended Request ID=Zm9vYmFy12345678="),
            "denied, Request ID: … S3 Extended Request ID=…"
        );
        let encoded = format!("Encoded authorization failure message: {}", "Ab9".repeat(90));
        assert_eq!(scrub(&encoded), "Encoded authorization failure message: …");
    }

    #[test]
    fn messages_stay_short_whatever_they_hold() {
        assert_eq!(scrub(&"é ".repeat(900)).chars().count(), LONGEST);
        assert_eq!(scrub(""), "");
    }

    #[test]
    fn a_session_name_at_the_end_of_a_sentence_goes_too() {
        assert_eq!(without_session("arn:aws:sts::1:assumed-role/R/s."), "arn:aws:sts::1:assumed-role/R.");
        assert_eq!(without_session("arn:aws:iam::1:user/u"), "arn:aws:iam::1:user/u");
    }

    #[test]
    fn an_error_without_a_code_is_known_by_its_status() {
        let failure = |status: u16| {
            let response = HttpResponse::new(status.try_into().unwrap(), aws_smithy_types::body::SdkBody::empty());
            Failure::from_error(&SdkError::service_error(aws_smithy_types::error::ErrorMetadata::builder().build(), response))
        };
        let trouble = |status| failure(status).trouble;
        assert_eq!([429, 503].map(trouble), [Trouble::Throttled; 2]);
        assert_eq!([500, 502, 504].map(trouble), [Trouble::Transient; 3]);
        assert_eq!([403, 404, 501].map(trouble), [Trouble::Final; 3]);
        assert_eq!(failure(503).code, "HttpStatus503");
    }

    #[test]
    fn a_code_is_one_word_however_long_the_answer_is() {
        let failure = |code: String| {
            let response = HttpResponse::new(400.try_into().unwrap(), aws_smithy_types::body::SdkBody::empty());
            let error = aws_smithy_types::error::ErrorMetadata::builder().code(code).message("m".repeat(1 << 20)).build();
            Failure::from_error(&SdkError::service_error(error, response))
        };
        assert_eq!(failure("A".repeat(1 << 22)).code, "A".repeat(100));
        assert_eq!(failure("Access\u{1b}[31mDenied\n\u{202e}".to_owned()).code, "Access31mDenied");
        assert_eq!(failure("\u{0} ".to_owned()).code, "Unparseable");
        assert!(failure("AccessDenied".to_owned()).message.chars().count() <= LONGEST);
    }

    #[test]
    fn s3_says_where_a_bucket_is() {
        let failure = |body: &'static str, header: Option<&'static str>| {
            let mut response = HttpResponse::new(400.try_into().unwrap(), aws_smithy_types::body::SdkBody::from(body));
            header.into_iter().for_each(|region| drop(response.headers_mut().insert("x-amz-bucket-region", region)));
            Failure::from_error(&SdkError::service_error(aws_smithy_types::error::ErrorMetadata::builder().build(), response)).bucket_region
        };
        let malformed = "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-3</Region></Error>";
        assert_eq!(failure(malformed, None).as_deref(), Some("eu-west-3"));
        assert_eq!(failure(malformed, Some("eu-west-1")).as_deref(), Some("eu-west-1"));
        assert_eq!([failure("", None), failure("<Region>eu", None)], [None, None]);
        let illegal = "<Error><Code>IllegalLocationConstraintException</Code><Message>The af-south-1 location constraint is incompatible for the region specific endpoint this request was sent to.</Message></Error>";
        assert_eq!(failure(illegal, None).as_deref(), Some("af-south-1"));
        // At home in us-east-1, asked about in a region that one opts in to.
        let at_home = "<Error><Code>IllegalLocationConstraintException</Code><Message>The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.</Message></Error>";
        assert_eq!(failure(at_home, None).as_deref(), Some("us-east-1"));
        let old = at_home.replace("unspecified", "EU");
        assert_eq!(failure(Box::leak(old.into_boxed_str()), None).as_deref(), Some("eu-west-1"));
        assert_eq!(failure("<Error><Region></Region></Error>", None).as_deref(), Some("us-east-1"));
    }

    #[test]
    fn throttling_is_asked_again_more_often_than_stumbling() {
        let mut backoff = Backoff::default();
        assert!((0..30).all(|_| backoff.next(Trouble::Throttled).is_some_and(|wait| wait <= CAP)));
        assert_eq!((0..9).map_while(|_| backoff.next(Trouble::Transient)).count(), 3);
        assert_eq!(backoff.next(Trouble::Final), None);
    }
}
