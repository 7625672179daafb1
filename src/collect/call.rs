//! The one place that turns an SDK result into known, absent or a gap. It sends what the call table lists, and nothing else.

use std::collections::HashSet;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use jiff::Timestamp;
use tokio::time::Instant;

use super::ctx::Ctx;
use super::retry::{Backoff, Failure, ServiceError, Trouble, jitter};
use crate::model::calls::{self, Call, Scope};
use crate::model::snapshot::{Gap, Read};
use crate::model::{Kind, Observed};

/// Bound of one attempt, at least: whoever gives a call more time than four of them gives each attempt more, too.
const ATTEMPT: Duration = Duration::from_secs(15);
/// How long the other calls of a service wait, at most, when one was throttled.
const SHARED_PAUSE: Duration = Duration::from_millis(40);

/// Pages of one list, at most; AWS puts 50 to 1,000 items on one.
const MOST_PAGES: usize = 1_000;

/// One page of a list.
pub(super) struct Page<I> {
    /// What stands on it.
    pub items: Vec<I>,
    /// The token of the next one.
    pub next: Option<String>,
    /// Whether AWS says by a word of its own that there is a next one.
    pub more: bool,
}

impl<I> From<(Option<Vec<I>>, Option<String>)> for Page<I> {
    fn from((items, next): (Option<Vec<I>>, Option<String>)) -> Self {
        Self { items: items.unwrap_or_default(), next, more: false }
    }
}

/// What came of a call.
#[derive(Debug)]
pub(super) enum Answer<T> {
    /// AWS said this.
    Known(T),
    /// AWS said that there is none: an error code that the call's row lists.
    Absent,
    /// Anything else; the gap is in the ledger.
    Gap,
}

impl<T> Answer<T> {
    /// Turns the answer into a field, with `none` for what AWS says there is none of.
    pub(super) fn field<U>(self, none: U, read: impl FnOnce(T) -> U) -> Observed<U> {
        match self {
            Self::Known(value) => Observed::Known(read(value)),
            Self::Absent => Observed::Known(none),
            Self::Gap => Observed::Unseen,
        }
    }

    /// Turns the answer of a call that cannot be absent into a field.
    pub(super) fn known<U>(self, read: impl FnOnce(T) -> U) -> Observed<U> {
        match self {
            Self::Known(value) => Observed::Known(read(value)),
            Self::Absent | Self::Gap => Observed::Unseen,
        }
    }

    /// What AWS said, if it did.
    pub(super) fn ok(self) -> Option<T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Absent | Self::Gap => None,
        }
    }
}

impl<T> Answer<Vec<T>> {
    /// The items; none where the list is absent or a gap.
    pub(super) fn items(self) -> Vec<T> {
        self.ok().unwrap_or_default()
    }
}

/// A call about to be made: its row, and the resource it is about.
#[derive(Clone)]
pub(super) struct Question<'a> {
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
    pub(super) fn ask(&'a self, service: &'static str, operation: &'static str) -> Question<'a> {
        let row = calls::call(service, operation).expect("every call that is made has a row in the call table");
        let global = matches!(row.scope, Scope::Global | Scope::Each(Kind::Bucket));
        Question { ctx: self, row, resource: None, region: if global { Arc::from("global") } else { self.region.clone() } }
    }
}

impl Question<'_> {
    /// Says which resource the call is about.
    pub(super) fn about(mut self, arn: &str) -> Self {
        self.resource = Some(arn.to_owned());
        self
    }

    /// The same call, as far as it tells of one resource.
    pub(super) fn of(&self, arn: &str) -> Self {
        self.clone().about(arn)
    }

    /// A field that AWS always sends. An answer without it is not whole: the field stays unseen, and a gap says why.
    pub(super) fn sent<T>(&self, field: &str, value: Option<T>) -> Observed<T> {
        if value.is_none() {
            self.gap(Failure::incomplete(&format!("the answer has no {field}, which AWS always sends")));
        }
        Observed::from(value)
    }

    /// What names an item of a list. One that has none cannot be kept, so the list is not whole.
    pub(super) fn named(&self, field: &str, value: Option<String>) -> Option<String> {
        let value = value.filter(|value| !value.is_empty());
        if value.is_none() {
            self.gap(Failure::incomplete(&format!("an item of the answer has no {field}, which AWS always sends")));
        }
        value
    }

    /// Asks once.
    pub(super) async fn one<T, E, Fut>(&self, attempt: impl Fn() -> Fut) -> Answer<T>
    where
        E: ServiceError,
        Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        self.settle(self.attempt(attempt).await)
    }

    /// Asks for every page. Without the last page nothing is known: a part of a list looks like a whole one.
    pub(super) async fn pages<T, I, E, Fut, P>(&self, attempt: impl Fn(Option<String>) -> Fut, split: impl Fn(T) -> P) -> Answer<Vec<I>>
    where
        P: Into<Page<I>>,
        E: ServiceError,
        Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let mut all = Vec::new();
        let mut tokens: HashSet<String> = HashSet::new();
        let mut token: Option<String> = None;
        loop {
            let page: Page<I> = match self.attempt(|| attempt(token.clone())).await {
                Ok(page) => split(page).into(),
                // A list that began has something in it: a code for "there is none" speaks of its token.
                Err(failure) if token.is_some() && self.row.absent.contains(&failure.code.as_str()) => {
                    return self.settle(Err(Failure::incomplete(&format!("a later page answered {}", failure.code))));
                }
                Err(failure) => return self.settle(Err(failure)),
            };
            all.extend(page.items);
            let next = match page.next.filter(|next| !next.is_empty()) {
                Some(next) => next,
                None if page.more => return self.settle(Err(Failure::incomplete("the answer says that there is more, and not how to ask for it"))),
                None => return self.settle(Ok(all)),
            };
            if !tokens.insert(next.clone()) {
                return self.settle(Err(Failure::incomplete("the list does not end: two pages name the same next one")));
            }
            if tokens.len() >= MOST_PAGES {
                return self.settle(Err(Failure::incomplete(&format!("the list does not end: it has more than {MOST_PAGES} pages"))));
            }
            token = Some(next);
        }
    }

    /// Sends one request until it is answered, its time is up, or asking again cannot help. Nothing is written down but the count.
    pub(super) async fn attempt<T, E, Fut>(&self, attempt: impl Fn() -> Fut) -> Result<T, Failure>
    where
        E: ServiceError,
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
        let stop = &session.stop;
        let outcome = loop {
            // The time to wait for one's turn does not count, the first time or later: a long queue is no slow call.
            let queued = Instant::now();
            let turn = async {
                limit.pause().await;
                limit.permits.acquire().await
            };
            let permit = tokio::select! {
                biased;
                () = stop.stopped() => break Err(Failure::stopped()),
                permit = turn => permit,
            };
            deadline += queued.elapsed();
            let left = deadline.saturating_duration_since(Instant::now()).min(longest).max(Duration::from_millis(1));
            let answer = tokio::select! {
                biased;
                () = stop.stopped() => break Err(Failure::stopped()),
                answer = tokio::time::timeout(left, Box::pin(attempt())) => answer,
            };
            let failure = match answer {
                Ok(Ok(value)) => break Ok(value),
                Ok(Err(error)) => Failure::from_error(&error),
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
    pub(super) fn settle<T>(&self, outcome: Result<T, Failure>) -> Answer<T> {
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
    pub(super) fn gap(&self, failure: Failure) {
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
        let rows: BTreeSet<String> = calls::CALLS.iter().map(Call::name).collect();
        assert_eq!(made, rows);
    }
}
