//! A word that hardly ever comes, waited for beside what comes all the time.

use std::task::{Context, Poll};

use interlingua_executor::BoxFuture;
use tokio::sync::watch;

/// Waits for what a channel tells. To look once more costs nothing as long as the channel is quiet: who waits there takes a
/// lock that all who wait there share.
pub(crate) struct Word<T> {
    channel: watch::Receiver<T>,
    waiting: BoxFuture<'static, ()>,
    /// Whether the channel knows whom to wake.
    is_known: bool,
}

impl<T> Word<T> {
    /// Waits for what `wait` waits for in the channel.
    pub(crate) fn new<F>(channel: watch::Receiver<T>, wait: impl FnOnce(watch::Receiver<T>) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self { waiting: Box::pin(wait(channel.clone())), channel, is_known: false }
    }

    /// Ready when it has come. All calls have to be for one waker.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let is_quiet = matches!(self.channel.has_changed(), Ok(false));
        if is_quiet && self.is_known {
            return Poll::Pending;
        }
        self.is_known = true;
        self.waiting.as_mut().poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    /// Somebody who waits for a two, and asks twice each time.
    fn waiting(channel: &watch::Receiver<i32>) -> tokio::task::JoinHandle<()> {
        let wait = |mut channel: watch::Receiver<i32>| async move { _ = channel.wait_for(|said| *said == 2).await };
        let mut word = Word::new(channel.clone(), wait);
        tokio::spawn(poll_fn(move |cx| if word.poll(cx).is_ready() { Poll::Ready(()) } else { word.poll(cx) }))
    }

    #[tokio::test]
    async fn a_word_wakes_whoever_waits_and_so_does_the_end_of_the_channel() {
        let (sender, channel) = watch::channel(0);
        let (first, second) = (waiting(&channel), waiting(&channel));
        for other in [0, 1] {
            sender.send_replace(other);
            tokio::task::yield_now().await;
            assert!(!first.is_finished() && !second.is_finished());
        }
        sender.send_replace(2);
        first.await.unwrap();
        second.await.unwrap();
        sender.send_replace(0);
        let third = waiting(&channel);
        tokio::task::yield_now().await;
        assert!(!third.is_finished());
        drop(sender);
        third.await.unwrap();
    }
}
