//! A timer of tokio's that is moved often and goes off rarely.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use crate::http::transport::Alarm;

/// An [`Alarm`] of tokio's. To move its end is to note it: the timer goes off when it was to before, and is set anew then.
#[derive(Debug)]
pub struct TokioAlarm {
    due: Instant,
    timer: Pin<Box<Sleep>>,
    /// When the timer goes off.
    goes_off: Instant,
    /// Whom it wakes then.
    wakes: Option<Waker>,
}

impl TokioAlarm {
    /// One that is due after `duration`.
    ///
    /// # Panics
    /// Outside of a runtime of tokio's that has timers.
    #[must_use]
    pub fn new(duration: Duration) -> Self {
        let timer = Box::pin(tokio::time::sleep(duration));
        let goes_off = timer.deadline();
        Self { due: goes_off, timer, goes_off, wakes: None }
    }

    fn goes_off_when_due(&mut self) {
        self.goes_off = self.due;
        self.timer.as_mut().reset(self.due);
    }
}

impl Alarm for TokioAlarm {
    fn set(mut self: Pin<&mut Self>, duration: Duration) {
        /// What stands for longer than there are words for, as tokio has it.
        const LONG: Duration = Duration::from_secs(86_400 * 365 * 30);
        let now = Instant::now();
        self.due = now.checked_add(duration).unwrap_or_else(|| now + LONG);
        if self.due < self.goes_off {
            self.goes_off_when_due();
        }
    }

    fn poll_due(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        loop {
            let is_known = this.wakes.as_ref().is_some_and(|waker| waker.will_wake(cx.waker()));
            if is_known && Instant::now() < this.goes_off {
                return Poll::Pending;
            }
            if this.timer.as_mut().poll(cx).is_pending() {
                if !is_known {
                    this.wakes = Some(cx.waker().clone());
                }
                return Poll::Pending;
            }
            if this.due <= this.goes_off {
                return Poll::Ready(());
            }
            this.goes_off_when_due();
            this.wakes = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    async fn due(alarm: &mut TokioAlarm) {
        poll_fn(|cx| Pin::new(&mut *alarm).poll_due(cx)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_due_when_was_said_last() {
        let second = Duration::from_secs(1);
        let begun = Instant::now();
        let mut alarm = TokioAlarm::new(10 * second);
        for (set, expected) in [(None, 10), (Some(5), 15), (Some(20), 35), (Some(1), 36), (Some(0), 36)] {
            if let Some(seconds) = set {
                Pin::new(&mut alarm).set(seconds * second);
            }
            due(&mut alarm).await;
            let off = begun.elapsed().abs_diff(expected * second);
            assert!(off < second / 10, "{set:?}: {:?}", begun.elapsed());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn moved_again_and_again_it_is_not_due() {
        let second = Duration::from_secs(1);
        let begun = Instant::now();
        let mut alarm = TokioAlarm::new(3 * second);
        for _ in 0..10 {
            let early = tokio::time::timeout(2 * second, due(&mut alarm)).await;
            assert!(early.is_err());
            Pin::new(&mut alarm).set(3 * second);
        }
        due(&mut alarm).await;
        assert!(begun.elapsed().abs_diff(23 * second) < second / 10, "{:?}", begun.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn it_wakes_whoever_has_asked_last() {
        let mut alarm = TokioAlarm::new(Duration::from_secs(1));
        // Somebody asks and goes away.
        assert!(Pin::new(&mut alarm).poll_due(&mut Context::from_waker(Waker::noop())).is_pending());
        due(&mut alarm).await;
    }
}
