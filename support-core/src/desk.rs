//! The use-cases of a desk: load, decide, commit.
//!
//! A [`Desk`] is built from a store, a clock and a source of ids. Everything that it does is a [`UseCase`]: a plain
//! struct that says what is wanted. [`Desk::run`] prepares it, commits it, and decides again where others were
//! faster; a host that wants it inside its own database transaction takes [`Desk::prepare`] and commits the changes
//! itself. Reads are plain methods and take the [`Actor`] too.
//!
//! ```
//! use std::sync::Arc;
//! use support_core::desk::{CreateCustomer, Desk, OpenTicket};
//! use support_core::id::TenantId;
//! use support_core::people::Actor;
//! use support_core::store::MemoryStore;
//! use support_core::time::ManualClock;
//! # use support_core::testkit::{SeededIds, block_on};
//!
//! # block_on(async {
//! let desk = Desk::new(Arc::new(MemoryStore::new()), Arc::new(ManualClock::default()), Arc::new(SeededIds::new(1)));
//! let host = Actor::Host(TenantId::SINGLE);
//!
//! let ann = desk.run(&host, &CreateCustomer::named("Ann")).await?;
//! let opened = desk.run(&host, &OpenTicket::of(ann.customer_id, "Where is my parcel?", "It is a week late.")).await?;
//! let ticket = desk.ticket(&host, opened.ticket_id).await?;
//! assert_eq!(ticket.status.as_str(), "new");
//! # Ok::<(), support_core::Error>(())
//! # }).unwrap();
//! ```

mod agents;
mod assemble;
mod assign;
mod automate;
mod backfill;
mod board;
mod browse;
mod configure;
mod customers;
mod documents;
mod edit;
mod erase;
mod explain;
mod input;
mod insight;
mod journeys;
mod land;
mod let_go;
mod lists;
mod live;
mod macros;
mod message;
mod names;
mod notices;
mod offers;
mod open;
mod presence;
mod read;
mod receive;
mod references;
mod reset;
mod reveal;
mod route;
mod run;
mod said;
mod sight;
mod sign_in;
mod teams;
mod texts;
mod tick;
mod trial;
mod verify;

pub use agents::{AgentReply, CreateAgent, DeactivateAgent, UpdateAgent};
pub use assign::{Reassign, ReturnWork, Take};
pub use automate::Rehearsed;
pub use browse::{AssignmentFilter, AssignmentPage, Names, QueueFilter, TicketReading};
pub use configure::{DocumentReply, PutDocument};
pub use customers::{CreateCustomer, CustomerReply, CustomerSpec, UpdateCustomer};
pub use documents::{DocumentChange, EditDocument};
pub use edit::{AddParticipant, EditTicket, Escalate, Handle, RestoreTicket, SetAsideTicket, Snooze};
pub use explain::{
    AgentVerdict, Explanation, Relaxes, RuleApplied, RulesExplained, RulesStopped, SetAway,
    WaitingExplanation, explain_waiting,
};
pub use input::ContextInput;
pub use insight::RefreshInsight;
pub use journeys::{JourneyStanding, JourneyView, PublishJourney, SubmitJourney};
pub use lists::{Counts, Performance};
pub use macros::{MacroFilter, MacroView};
pub use message::{DeliveryReport, WriteMessage};
pub use offers::{AcceptOffer, DeclineOffer, OfferView};
pub use open::{OpenTicket, Requester};
pub use presence::SetPresence;
pub use read::{
    MessagePage, MessageView, QueuePage, SlaCycle, SlaHistory, TextsById, TicketPage, TicketView, TimerView,
};
pub use receive::{ReceiveMessage, Sender};
pub use reset::ResetTicket;
pub use route::PlannedRoute;
pub use run::{Ask, Done, Once, Options, Prepared, UseCase};
pub use sign_in::{LoginReply, Me, Register, Registered, SetPassword, SignedIn};
pub use teams::{PutTeam, TeamView};
pub use tick::Ticked;
pub use trial::{MaskingTrial, TrialExample};
pub use verify::{Finding, Report};

pub use crate::ticket::FieldInput;

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::error::Error;
use crate::id::{Ids, MessageId, TenantId, TicketId};
use crate::insight::{CustomerInsight, TimeLimit};
use crate::masking::Vault;
use crate::people::{Actor, Scope};
use crate::store::{Credential, Key, Store};
use crate::time::{Clock, Timestamp};

use live::Live;

/// A desk over a store.
#[derive(Clone)]
pub struct Desk {
    inner: Arc<Inner>,
}

struct Inner {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    /// Keeps what masks with tokens stand for.
    vault: Option<Arc<dyn Vault>>,
    tenants: Mutex<HashMap<TenantId, Arc<Live>>>,
    /// What the host knows of customers, and how long it may take to say so.
    insight: OnceLock<(Arc<dyn CustomerInsight>, Arc<dyn TimeLimit>)>,
    /// Since when it runs.
    started_at: Timestamp,
    /// Whether what an earlier desk left unfinished was looked for.
    resumed: AtomicBool,
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk").field("store", &self.inner.store).finish_non_exhaustive()
    }
}

/// What a use-case on a ticket answers. Ids only: repeating the command answers the same, rendered anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketReply {
    /// The ticket.
    pub ticket_id: TicketId,
    /// Its version after the change.
    pub version: u64,
    /// The message that was added.
    pub message_id: Option<MessageId>,
}

impl Desk {
    /// Builds a desk. One is built for as long as the process lives: what goes by is missed only by who could have seen
    /// it, and what was going on before a desk was built counts as missed by nobody.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        Self::of(store, clock, ids, None)
    }

    /// Builds a desk with a vault: its tenants may choose [`Mode::Token`](crate::masking::Mode::Token), and what was
    /// masked then can be seen again by those who have the right and say why ([`Desk::reveal`]).
    #[must_use]
    pub fn with_vault(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        vault: Arc<dyn Vault>,
    ) -> Self {
        Self::of(store, clock, ids, Some(vault))
    }

    fn of(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        vault: Option<Arc<dyn Vault>>,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                store,
                started_at: clock.now(),
                clock,
                ids,
                vault,
                tenants: Mutex::default(),
                insight: OnceLock::new(),
                resumed: AtomicBool::new(false),
            }),
        }
    }

    /// Asks the host what it knows of a customer whenever a ticket is opened or comes back into work. Plugged in once: a second one is passed over.
    #[must_use]
    pub fn with_insight(self, insight: Arc<dyn CustomerInsight>, limit: Arc<dyn TimeLimit>) -> Self {
        let _ = self.inner.insight.set((insight, limit));
        self
    }

    /// Returns the store.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.inner.store
    }

    /// Returns the present instant of the desk's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// Returns since when the desk runs.
    fn started_at(&self) -> Timestamp {
        self.inner.started_at
    }

    /// Returns where the desk's ids come from.
    #[must_use]
    pub fn ids(&self) -> &dyn Ids {
        &*self.inner.ids
    }

    /// Finds who a credential names.
    ///
    /// # Errors
    /// `Store`.
    pub async fn identify(&self, credential: &Credential<'_>) -> Result<Option<Actor>, Error> {
        Ok(self.store().identify(credential).await?)
    }

    /// Returns the configuration in force of a tenant, at most one second old.
    ///
    /// # Errors
    /// `Store`.
    pub async fn config(&self, tenant: TenantId) -> Result<Arc<Config>, Error> {
        self.live(tenant).config(self.store(), self.now()).await
    }

    /// Returns what is kept in memory of a tenant.
    fn live(&self, tenant: TenantId) -> Arc<Live> {
        let mut tenants = self.inner.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        tenants.entry(tenant).or_insert_with(|| Arc::new(Live::new(tenant))).clone()
    }

    /// Asks the store whether it answers at all.
    ///
    /// # Errors
    /// `Store` where it does not.
    pub async fn ping(&self, tenant: TenantId) -> Result<(), Error> {
        self.store().load(&Scope::system(tenant), &[Key::Epoch]).await?;
        Ok(())
    }

    /// Lists the tenants that this desk has in memory: those in whose name it was asked anything.
    fn tenants(&self) -> Vec<TenantId> {
        self.inner.tenants.lock().unwrap_or_else(PoisonError::into_inner).keys().copied().collect()
    }
}
