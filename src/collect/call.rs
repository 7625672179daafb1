//! The one place that turns an SDK result into known, absent or a gap. It sends what the call table lists, and nothing else.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jiff::Timestamp;
use tokio::time::Instant;

use super::ctx::Ctx;
use super::retry::{Backoff, Failure, Trouble, jitter};
use crate::model::snapshot::{Gap, Read};
use crate::model::source::{self, Call, Scope};
use crate::model::{Kind, Observed};

/// Bound of one attempt, at least: whoever gives a call more time than four of them gives each attempt more, too.
const ATTEMPT: Duration = Duration::from_secs(15);
/// How long the other calls of a service wait, at most, when one was throttled.
const SHARED_PAUSE: Duration = Duration::from_millis(40);

/// What came of a call.
#[derive(Debug)]
pub enum Answer<T> {
    /// AWS said this.
    Known(T),
    /// AWS said that there is none: an error code that the call's row lists.
    Absent,
    /// Anything else; the gap is in the ledger.
    Gap,
}

impl<T> Answer<T> {
    /// Turns the answer into a field, with `none` for what AWS says there is none of.
    pub fn field<U>(self, none: U, read: impl FnOnce(T) -> U) -> Observed<U> {
        match self {
            Self::Known(value) => Observed::Known(read(value)),
            Self::Absent => Observed::Known(none),
            Self::Gap => Observed::Unseen,
        }
    }

    /// Turns the answer of a call that cannot be absent into a field.
    pub fn known<U>(self, read: impl FnOnce(T) -> U) -> Observed<U> {
        match self {
            Self::Known(value) => Observed::Known(read(value)),
            Self::Absent | Self::Gap => Observed::Unseen,
        }
    }

    /// What AWS said, if it did.
    pub fn ok(self) -> Option<T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Absent | Self::Gap => None,
        }
    }
}

impl<T> Answer<Vec<T>> {
    /// The items; none where the list is absent or a gap.
    pub fn items(self) -> Vec<T> {
        self.ok().unwrap_or_default()
    }
}

/// A call about to be made: its row, and the resource it is about.
pub struct Question<'a> {
    ctx: &'a Ctx<'a>,
    row: &'static Call,
    resource: Option<String>,
    region: Arc<str>,
}

impl<'a> Ctx<'a> {
    /// A call of the table.
    ///
    /// # Panics
    /// Where the table has no such row: nothing may be asked that it does not list.
    pub fn ask(&'a self, service: &'static str, operation: &'static str) -> Question<'a> {
        let row = source::call(service, operation).expect("every call that is made has a row in the call table");
        let global = matches!(row.scope, Scope::Global | Scope::Each(Kind::Bucket));
        Question { ctx: self, row, resource: None, region: if global { Arc::from("global") } else { self.region.clone() } }
    }
}

impl Question<'_> {
    /// Says which resource the call is about.
    pub fn about(mut self, arn: &str) -> Self {
        self.resource = Some(arn.to_owned());
        self
    }

    /// Asks once.
    pub async fn one<T, E, Fut>(&self, attempt: impl Fn() -> Fut) -> Answer<T>
    where
        E: ProvideErrorMetadata,
        Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        self.settle(self.attempt(attempt).await)
    }

    /// Asks for every page. Without the last page nothing is known: a part of a list looks like a whole one.
    pub async fn pages<T, I, E, Fut>(
        &self,
        attempt: impl Fn(Option<String>) -> Fut,
        split: impl Fn(T) -> (Option<Vec<I>>, Option<String>),
    ) -> Answer<Vec<I>>
    where
        E: ProvideErrorMetadata,
        Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let mut all = Vec::new();
        let mut marker: Option<String> = None;
        loop {
            let page = match self.attempt(|| attempt(marker.clone())).await {
                Ok(page) => page,
                // A list that began has something in it: a code for "there is none" speaks of its marker.
                Err(failure) if marker.is_some() && self.row.absent.contains(&failure.code.as_str()) => {
                    return self.settle(Err(Failure::incomplete(&format!("a later page answered {}", failure.code))));
                }
                Err(failure) => return self.settle(Err(failure)),
            };
            let (items, next) = split(page);
            all.extend(items.into_iter().flatten());
            match next.filter(|next| !next.is_empty()) {
                None => return self.settle(Ok(all)),
                Some(next) if marker.as_ref() == Some(&next) => {
                    return self.settle(Err(Failure::unparseable("the list does not end: two pages have one marker")));
                }
                Some(next) => marker = Some(next),
            }
        }
    }

    /// Sends one request until it is answered, its time is up, or asking again cannot help. Nothing is written down but the count.
    pub async fn attempt<T, E, Fut>(&self, attempt: impl Fn() -> Fut) -> Result<T, Failure>
    where
        E: ProvideErrorMetadata,
        Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let session = self.ctx.session;
        let what = format!("{} {}", self.region, self.row.name());
        let limit = session.limit(self.row.service, &self.region);
        session.progress.started(&what);
        *session.ledger().calls.entry(self.row.name()).or_default() += 1;
        let mut backoff = Backoff::default();
        let longest = ATTEMPT.max(session.call_timeout / 4).min(session.call_timeout);
        let mut deadline = Instant::now() + session.call_timeout;
        let outcome = loop {
            // The time to wait for one's turn does not count, the first time or later: a long queue is no slow call.
            let queued = Instant::now();
            limit.pause().await;
            let permit = limit.permits.acquire().await;
            deadline += queued.elapsed();
            let left = deadline.saturating_duration_since(Instant::now()).min(longest).max(Duration::from_millis(1));
            let failure = match tokio::time::timeout(left, Box::pin(attempt())).await {
                Ok(Ok(value)) => break Ok(value),
                Ok(Err(error)) => Failure::of(&error),
                // The limit, not what was left of it: the same words in each scan.
                Err(_) => Failure::timeout(longest),
            };
            drop(permit);
            let Some(wait) = backoff.next(failure.trouble).filter(|wait| Instant::now() + *wait < deadline) else { break Err(failure) };
            if failure.trouble == Trouble::Throttled {
                limit.throttled(jitter(SHARED_PAUSE));
            }
            session.ledger().retries += 1;
            tokio::time::sleep(wait).await;
        };
        session.progress.finished(&what);
        outcome
    }

    /// Writes the outcome down.
    pub fn settle<T>(&self, outcome: Result<T, Failure>) -> Answer<T> {
        match outcome {
            Ok(value) => {
                self.read();
                Answer::Known(value)
            }
            Err(failure) if self.row.absent.contains(&failure.code.as_str()) => {
                self.read();
                Answer::Absent
            }
            Err(failure) => {
                self.gap(failure);
                Answer::Gap
            }
        }
    }

    fn read(&self) {
        let now = Timestamp::now();
        self.ctx.session.ledger().reads.push(Read {
            account: self.ctx.session.account.to_string(),
            region: self.region.to_string(),
            service: self.row.service.to_owned(),
            operation: self.row.operation.to_owned(),
            resource: self.resource.clone(),
            at: Timestamp::from_second(now.as_second()).unwrap_or(now),
        });
    }

    /// Writes a gap: something stays unseen.
    pub fn gap(&self, failure: Failure) {
        self.ctx.session.ledger().gaps.push(Gap {
            account: self.ctx.session.account.to_string(),
            region: self.region.to_string(),
            service: self.row.service.to_owned(),
            operation: self.row.operation.to_owned(),
            resource: self.resource.clone(),
            code: failure.code,
            message: failure.message,
        });
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// What follows `start` in a text, up to the next quote, for each time it occurs.
    fn quoted<'a>(text: &'a str, start: &str) -> Vec<(&'a str, &'a str)> {
        text.split(start).skip(1).filter_map(|rest| rest.split_once('"')).collect()
    }

    #[test]
    fn every_call_has_a_row_and_every_row_a_call() {
        let mut made = BTreeSet::new();
        for file in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/collect")).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            for (service, rest) in quoted(&text, concat!(".ask", "(\"")) {
                made.extend(quoted(rest, ", \"").first().map(|(operation, _)| format!("{service}:{operation}")));
            }
            made.extend(quoted(&text, concat!("site.read", "(\"")).into_iter().map(|(operation, _)| format!("s3:{operation}")));
        }
        let rows: BTreeSet<String> = source::CALLS.iter().map(Call::name).collect();
        assert_eq!(made, rows);
    }
}
