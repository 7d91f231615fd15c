//! What a host's own services know of a customer, asked when a ticket is opened, and when one that was resolved or set
//! aside comes back into work.
//!
//! A host plugs a [`CustomerInsight`] into its desk ([`Desk::with_insight`](crate::desk::Desk::with_insight)). What it
//! answers is written down with the ticket, so that scores, policies and rules are decided from the record, and a replay
//! decides them alike. A service that fails, or that takes longer than the [`TimeLimit`] that comes with it, is passed over:
//! the ticket is opened with what the desk knows itself, which is the customer's tier, and comes back with what it had.

use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::Poll;

use async_trait::async_trait;

use crate::id::TenantId;
use crate::people::Customer;
use crate::scoring::Insight;

/// A host's own knowledge of its customers: tier, risk of leaving, lifetime value.
///
/// ```
/// use support_core::id::TenantId;
/// use support_core::insight::{CustomerInsight, InsightUnavailable};
/// use support_core::people::Customer;
/// use support_core::scoring::Insight;
///
/// #[derive(Debug)]
/// struct EverybodyIsGold;
///
/// #[async_trait::async_trait]
/// impl CustomerInsight for EverybodyIsGold {
///     async fn insight(&self, _: TenantId, _: &Customer) -> Result<Option<Insight>, InsightUnavailable> {
///         Ok(Some(Insight { tier: "gold".parse().ok(), ..Insight::default() }))
///     }
/// }
/// ```
#[async_trait]
pub trait CustomerInsight: fmt::Debug + Send + Sync {
    /// Tells what is known of a customer; nothing where nobody knows more than the desk.
    ///
    /// # Errors
    /// `InsightUnavailable` where the service does not answer. The desk goes on without it.
    async fn insight(
        &self,
        tenant: TenantId,
        customer: &Customer,
    ) -> Result<Option<Insight>, InsightUnavailable>;
}

/// A service did not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the service did not answer")]
pub struct InsightUnavailable;

/// How long a service may take. The core has no clock to wait by, so the process brings one.
pub trait TimeLimit: fmt::Debug + Send + Sync {
    /// Returns what is ready when the time is over, from the moment at which it is first polled.
    fn over(&self) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// Waits for work until the time is over; `None` where it was not done by then.
pub(crate) async fn within<T>(limit: &dyn TimeLimit, work: impl Future<Output = T>) -> Option<T> {
    let (mut work, mut over) = (pin!(work), limit.over());
    std::future::poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending => over.as_mut().poll(context).map(|()| None),
    })
    .await
}
