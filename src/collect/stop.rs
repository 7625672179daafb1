//! A collection that is to end before its time: what was asked and not answered by then is a gap, as if it had been refused.

use tokio::sync::watch;

/// Ends a collection.
#[derive(Debug)]
pub struct Stopper(watch::Sender<bool>);

/// Says whether it was ended.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<bool>);

/// One that ends a collection, and what the collection looks at.
pub fn stop() -> (Stopper, Stop) {
    let (sender, receiver) = watch::channel(false);
    (Stopper(sender), Stop(receiver))
}

impl Stopper {
    /// Ends it: nothing more is sent, and nothing waited for. Whether there was still one to end.
    pub fn stop(&self) -> bool {
        self.0.send(true).is_ok()
    }
}

impl Stop {
    /// Whether it was ended.
    pub fn is_stopped(&self) -> bool {
        *self.0.borrow()
    }

    /// Is done once it is ended; never, where nobody can end it any more.
    pub async fn stopped(&self) {
        let mut receiver = self.0.clone();
        if receiver.wait_for(|stopped| *stopped).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
