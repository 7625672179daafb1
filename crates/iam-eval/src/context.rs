//! The request context: what is known of a request's keys, also without being told.
//!
//! Source: IAM User Guide, "AWS global condition context keys", the "Availability" of each key; KMS Developer Guide, "AWS KMS condition keys".

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::group::Groups;

/// Context keys that say how a request is made, and not who makes it. Source: IAM User Guide, "AWS global condition context keys".
pub const REQUEST_KEYS: [&str; 13] = [
    "aws:currenttime",
    "aws:epochtime",
    "aws:multifactorauthage",
    "aws:multifactorauthpresent",
    "aws:referer",
    "aws:requestedregion",
    "aws:securetransport",
    "aws:sourceip",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:tokenissuetime",
    "aws:useragent",
    "aws:vpcsourceip",
];

/// What a key that nobody gave means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Absent {
    /// The context is complete: the request does not have the key.
    Complete,
    /// We do not know the request: the key may have any value, or be absent.
    #[default]
    Open,
    /// As open, but the caller is an outsider that nobody named: keys that say who or from where he is never fit a fixed value.
    ExternalCaller,
}

/// The context of a request. Keys ignore case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    /// `None`: said to be unknown.
    keys: BTreeMap<String, Option<Vec<String>>>,
    absent: Absent,
    /// The groups that are known, where a caller from outside is of none of them.
    groups: Option<Arc<Groups>>,
}

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known<'a> {
    /// Its values; empty is as good as absent.
    Values(Cow<'a, [String]>),
    /// An account, or an ARN in an account, that we do not know, but not this account.
    Outside(Cow<'a, str>),
    /// An ARN in this account, that we do not know.
    Within(Cow<'a, str>),
    /// This value, or the request does not have it, as whoever asks likes.
    Perhaps(Cow<'a, str>),
    /// Nothing that a policy could name: the key of an outsider.
    Foreign {
        /// His request may lack the key altogether.
        may_lack: bool,
    },
    /// The request does not have it.
    Absent,
    /// We cannot know.
    Unknown,
}

impl Known<'_> {
    /// One value.
    pub fn one(value: &str) -> Self {
        Self::Values(Cow::Owned(vec![value.to_owned()]))
    }
}

impl Context {
    /// Nothing is known of the request.
    pub fn open() -> Self {
        Self::default()
    }

    /// Nothing is known of the request but that it comes over TLS: what everyone who wants access can see to, so that the usual Deny of
    /// plain HTTP does not make every answer conditional.
    pub fn over_tls() -> Self {
        Self::open().with("aws:SecureTransport", ["true"])
    }

    /// What is not given is not there.
    pub fn complete() -> Self {
        Self { absent: Absent::Complete, ..Self::default() }
    }

    /// The caller is an outsider that nobody named.
    pub fn external_caller() -> Self {
        Self { absent: Absent::ExternalCaller, ..Self::default() }
    }

    /// The same, where the caller is an outsider that nobody named.
    #[must_use]
    pub const fn of_external_caller(mut self) -> Self {
        self.absent = Absent::ExternalCaller;
        self
    }

    /// The same, where a caller from outside is of no group that is known, and may be of any other: what names an unknown one may fit him.
    #[must_use]
    pub fn of_none_of(mut self, groups: &Arc<Groups>) -> Self {
        self.groups = Some(groups.clone());
        self
    }

    /// The same, whatever groups are known.
    #[must_use]
    pub fn of_any_group(mut self) -> Self {
        self.groups = None;
        self
    }

    /// The groups that are known, where they were given.
    pub fn groups(&self) -> Option<&Groups> {
        self.groups.as_deref()
    }

    /// Says that a key is not known, though who asks would tell.
    #[must_use]
    pub fn unknown(mut self, key: &str) -> Self {
        self.keys.insert(key.to_ascii_lowercase(), None);
        self
    }

    /// Gives a key; several values make it a multivalued one, no value says that the request lacks it.
    #[must_use]
    pub fn with(mut self, key: &str, values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.set(key, values);
        self
    }

    /// Gives a key.
    pub fn set(&mut self, key: &str, values: impl IntoIterator<Item = impl Into<String>>) {
        self.keys.insert(key.to_ascii_lowercase(), Some(values.into_iter().map(Into::into).collect()));
    }

    /// What a key that nobody gave means.
    pub const fn absent(&self) -> Absent {
        self.absent
    }

    /// What was given for a key, which must be in lower case.
    pub fn given(&self, key: &str) -> Option<Known<'_>> {
        self.keys.get(key).map(|values| match values {
            None => Known::Unknown,
            Some(values) if values.is_empty() => Known::Absent,
            Some(values) => Known::Values(Cow::Borrowed(values)),
        })
    }
}
