//! The conformance suite can fail: each of these stores breaks one promise, and a named case catches it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Mutex;

use async_trait::async_trait;
use support_core::event::ChainHash;
use support_core::id::{TenantId, TicketId};
use support_core::people::{Actor, Reach, Scope, Sight};
use support_core::routing::Waiting;
use support_core::store::{
    ChangeSet, Changed, Claim, Credential, Cursor, Delta, Due, EventPage, Expect, Fence, Key, MemoryStore,
    Outcome, Page, PageCursor, Query, Record, Select, Store, StoreError,
};
use support_core::testkit::build::{OTHER, agent_id, agent_scope, inbox_id};
use support_core::testkit::{block_on, cases, model, system_scope};

/// What a store does wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    Nothing,
    LosesAnEvent,
    HidesEventsOfSlowWriters,
    RepeatsEvents,
    ReordersEvents,
    ShowsAllEvents,
    StopsAtUnseenEvents,
    AcceptsAnyCursor,
    ForgesHashes,
    IgnoresExpect,
    WritesHalfASet,
    StopsTheSliceAtAFailure,
    SeesNoEarlierSet,
    ForgetsReceipts,
    IgnoresFences,
    IgnoresLimits,
    FreesTooLittle,
    OverwritesLoads,
    RoundsInstants,
    FillsWhatIsEmpty,
    WidensLoads,
    WidensLists,
    ShowsNotesToCustomers,
    ShowsTheSystemsToStaff,
    CrossesTenants,
    ShuffledLoads,
    FindsEmptiedTexts,
    FindsAnyWord,
    ReadsByAnyWord,
    ShowsItemsTwice,
    LosesTheLastPage,
    IgnoresSecondFilter,
    BringsAlongTwice,
    BringsAlongUnseen,
    AnyLimit,
    FreezesTheEpoch,
    HandsOutHeldLeases,
    RenewsWithANewFence,
    WakesInAnyOrder,
    ForgetsATenant,
    ForgetsWhatElseIsDue,
    ScansEverything,
    SkipsThePassword,
    LetsTheBlockedIn,
}

/// A store in memory with one fault.
struct Broken {
    fault: Fault,
    inner: MemoryStore,
    /// Another one, which some faults need.
    shadow: MemoryStore,
    fences: Mutex<u64>,
}

impl Broken {
    fn new(fault: Fault) -> Self {
        Self { fault, inner: MemoryStore::new(), shadow: MemoryStore::new(), fences: Mutex::new(1 << 32) }
    }

    fn is(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    /// Widens a scope, as far as the fault does.
    fn widened(&self, scope: &Scope, widens: Fault) -> Scope {
        if self.is(widens) && scope.is_staff() { system_scope(scope.tenant()) } else { scope.clone() }
    }

    async fn stored(&self, tenant: TenantId, key: Key) -> Option<Record> {
        self.inner.load(&system_scope(tenant), &[key]).await.unwrap().pop().flatten()
    }

    /// Bends a change set as the fault does.
    async fn bent(&self, set: &ChangeSet) -> ChangeSet {
        let mut set = set.clone();
        match self.fault {
            Fault::ForgetsReceipts => set.receipt = None,
            Fault::IgnoresFences => set.fence = None,
            Fault::IgnoresLimits => {
                for delta in &mut set.deltas {
                    if let Delta::Load { at_most, .. } = delta {
                        *at_most = None;
                    }
                }
            }
            Fault::FreesTooLittle => {
                for delta in &mut set.deltas {
                    if let Delta::Load { change, .. } = delta {
                        *change = (*change).max(-1);
                    }
                }
            }
            Fault::IgnoresExpect => {
                for write in &mut set.writes {
                    let stored = self.stored(set.tenant, key_of(&write.record)).await;
                    write.expect =
                        stored.map_or(Expect::Absent, |record| Expect::Revision(record.revision()));
                }
            }
            Fault::OverwritesLoads => {
                for write in set.writes.clone() {
                    let Record::AgentState(state) = write.record else { continue };
                    let Some(Record::AgentState(old)) =
                        self.stored(set.tenant, Key::AgentState(state.agent)).await
                    else {
                        continue;
                    };
                    let change = state.load.units as i32 - old.load.units as i32;
                    let kind = support_core::people::WorkKind::Ticket;
                    set.deltas.push(Delta::Load { agent: state.agent, kind, change, at_most: None });
                }
            }
            Fault::RoundsInstants => {
                for write in &mut set.writes {
                    if let Record::Ticket(ticket) = &mut write.record {
                        ticket.updated_at =
                            ticket.updated_at.plus_micros(-(ticket.updated_at.micros() % 1_000));
                    }
                }
            }
            Fault::FillsWhatIsEmpty => {
                for write in &mut set.writes {
                    if let Record::Message(message) = &mut write.record {
                        message.inbox_id.get_or_insert(inbox_id(1));
                    }
                }
            }
            _ => {}
        }
        set
    }
}

fn key_of(record: &Record) -> Key {
    match record {
        Record::Ticket(r) => Key::Ticket(r.id),
        Record::Conversation(r) => Key::Conversation(r.id),
        Record::Message(r) => Key::Message(r.id),
        Record::Text(r) => Key::Text(r.id),
        Record::Assignment(r) => Key::Assignment(r.id),
        Record::Offer(r) => Key::Offer(r.id),
        Record::Customer(r) => Key::Customer(r.id),
        Record::Agent(r) => Key::Agent(r.id),
        Record::AgentState(r) => Key::AgentState(r.agent),
        Record::Document(r) => Key::Document(r.id),
        Record::Login(r) => Key::Login(r.subject),
        Record::Session(r) => Key::Session(r.id),
        Record::Outbox(r) => Key::Outbox(r.id),
        Record::JourneyProgress(r) => Key::JourneyProgress(r.customer_id, r.journey.id),
        Record::Receipt(r) => Key::Receipt(r.key.clone()),
        Record::Epoch(_) => Key::Epoch,
        Record::Uses(_) => unreachable!("is read by the document's id"),
    }
}

impl fmt::Debug for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.fault)
    }
}

#[async_trait]
impl Store for Broken {
    async fn commit(&self, changes: &[ChangeSet]) -> Result<Vec<Outcome>, StoreError> {
        let mut sets = Vec::new();
        if self.is(Fault::FindsEmptiedTexts) {
            let keep_bodies = |set: &ChangeSet| {
                let mut set = set.clone();
                set.writes
                    .retain(|write| !matches!(&write.record, Record::Text(text) if text.body.is_none()));
                set
            };
            let kept: Vec<ChangeSet> = changes.iter().map(keep_bodies).collect();
            self.shadow.commit(&kept).await?;
        }
        if self.is(Fault::SeesNoEarlierSet) && changes.len() > 1 {
            let known = changes.first().and_then(|set| set.writes.first()).map(|write| key_of(&write.record));
            if let (Some(key), Some(first)) = (known, changes.first())
                && self.stored(first.tenant, key).await.is_none()
            {
                let mut outcomes = self.inner.commit(&changes[..1]).await?;
                outcomes.extend(changes[1..].iter().map(|_| Outcome::Fenced));
                return Ok(outcomes);
            }
        }
        for set in changes {
            sets.push(self.bent(set).await);
        }
        if self.is(Fault::StopsTheSliceAtAFailure) {
            let mut outcomes: Vec<Outcome> = Vec::new();
            for set in &sets {
                if outcomes.iter().all(|outcome| *outcome == Outcome::Committed) {
                    outcomes.extend(self.inner.commit(std::slice::from_ref(set)).await?);
                } else {
                    outcomes.push(Outcome::Fenced);
                }
            }
            return Ok(outcomes);
        }
        let outcomes = self.inner.commit(&sets).await?;
        if self.is(Fault::WritesHalfASet) {
            for (set, outcome) in sets.iter().zip(&outcomes) {
                if *outcome != Outcome::Committed && set.writes.len() > 1 {
                    let mut half = ChangeSet::new(set.tenant);
                    half.writes = set.writes[..1].to_vec();
                    self.inner.commit(&[half]).await?;
                }
            }
        }
        Ok(outcomes)
    }

    async fn load(&self, scope: &Scope, keys: &[Key]) -> Result<Vec<Option<Record>>, StoreError> {
        let customer = matches!(scope.sight(), Sight::Customer { .. });
        let scope = &self.widened(scope, Fault::WidensLoads);
        let mut found = self.inner.load(scope, keys).await?;
        for (key, place) in keys.iter().zip(&mut found) {
            let system = system_scope(scope.tenant());
            let all = || self.inner.load(&system, std::slice::from_ref(key));
            match self.fault {
                Fault::ShowsNotesToCustomers if customer => {
                    let Some(Record::Message(message)) = all().await?.pop().flatten() else { continue };
                    let ticket = self.inner.load(scope, &[Key::Ticket(message.ticket_id)]).await?;
                    if ticket[0].is_some() {
                        *place = Some(Record::Message(message));
                    }
                }
                Fault::ShowsTheSystemsToStaff if !customer => {
                    if matches!(key, Key::Session(_)) {
                        *place = all().await?.pop().flatten();
                    }
                }
                Fault::CrossesTenants if place.is_none() => {
                    *place =
                        self.inner.load(&system_scope(OTHER), std::slice::from_ref(key)).await?.remove(0);
                }
                Fault::ReadsByAnyWord => {
                    if let Key::TextByWords(id, _) = key {
                        *place = self.inner.load(scope, &[Key::Text(*id)]).await?.remove(0);
                    }
                }
                Fault::FreezesTheEpoch => {
                    if let Some(Record::Epoch(epoch)) = place {
                        *epoch = (*epoch).min(1);
                    }
                }
                _ => {}
            }
        }
        if self.is(Fault::ShuffledLoads) {
            found.reverse();
        }
        Ok(found)
    }

    async fn find(&self, scope: &Scope, query: &Query) -> Result<Page, StoreError> {
        let customer = matches!(scope.sight(), Sight::Customer { .. });
        let mut scope = self.widened(scope, Fault::WidensLists);
        let mut query = query.clone();
        if self.is(Fault::ShowsNotesToCustomers)
            && customer
            && matches!(query.select, Select::Messages { .. })
        {
            scope = agent_scope(scope.tenant(), agent_id(1), &[], Reach::All);
        }
        if let Select::Tickets(filter) = &mut query.select {
            if self.is(Fault::FindsEmptiedTexts) && !filter.words.is_empty() {
                return self.shadow.find(&scope, &query).await;
            }
            if self.is(Fault::FindsAnyWord) {
                filter.words.truncate(1);
            }
            if self.is(Fault::IgnoresSecondFilter) && !filter.status.is_empty() {
                filter.tag = None;
            }
        }
        if let (Fault::ShowsItemsTwice, Some(after)) = (self.fault, &mut query.after) {
            let before = after.id.as_u128().wrapping_add(1);
            *after = PageCursor { id: uuid::Uuid::from_u128(before), ..*after };
        }
        if self.is(Fault::AnyLimit) {
            query.limit = query.limit.clamp(1, 1_000);
        }
        let with = query.with;
        let mut page = self.inner.find(&scope, &query).await?;
        if self.is(Fault::LosesTheLastPage)
            && page.items.len() == query.limit as usize
            && query.after.is_some()
        {
            page.next = None;
        }
        if self.is(Fault::BringsAlongTwice) {
            page.related.extend(page.related.first().cloned());
        }
        if self.is(Fault::BringsAlongUnseen) && customer {
            let all = self.inner.find(&system_scope(scope.tenant()), &query.with(with)).await?;
            page.related = all.related;
        }
        Ok(page)
    }

    async fn identify(&self, credential: &Credential<'_>) -> Result<Option<Actor>, StoreError> {
        match (self.fault, credential) {
            (Fault::SkipsThePassword, Credential::Password { tenant, email, check }) => {
                let quick = |hash: Option<&str>| hash.is_some() && check(hash);
                self.inner.identify(&Credential::Password { tenant: *tenant, email, check: &quick }).await
            }
            (Fault::LetsTheBlockedIn, Credential::Customer(tenant, id)) => {
                let found = self.inner.load(&system_scope(*tenant), &[Key::Customer(*id)]).await?;
                let customer = support_core::people::CustomerActor { tenant: *tenant, id: *id };
                Ok(found[0].is_some().then_some(Actor::Customer(customer)))
            }
            _ => self.inner.identify(credential).await,
        }
    }

    async fn due(&self, by: support_core::time::Timestamp, limit: u32) -> Result<Due, StoreError> {
        let mut due = self.inner.due(by, limit).await?;
        match self.fault {
            Fault::WakesInAnyOrder => due.now.reverse(),
            Fault::ForgetsWhatElseIsDue => due.next = due.next.filter(|next| *next > by),
            _ => {}
        }
        Ok(due)
    }

    async fn tenants(&self) -> Result<Vec<TenantId>, StoreError> {
        let mut tenants = self.inner.tenants().await?;
        if self.is(Fault::ForgetsATenant) {
            tenants.pop();
        }
        Ok(tenants)
    }

    async fn claim(&self, claim: &Claim) -> Result<Option<Fence>, StoreError> {
        let fence = self.inner.claim(claim).await?;
        Ok(match (self.fault, fence) {
            (Fault::HandsOutHeldLeases, None) => Some(Fence { name: claim.name.clone(), token: 1 }),
            (Fault::RenewsWithANewFence, Some(fence)) => {
                let mut fences = self.fences.lock().unwrap();
                *fences += 1;
                Some(Fence { token: *fences, ..fence })
            }
            (_, fence) => fence,
        })
    }

    async fn events(&self, scope: &Scope, after: &Cursor, limit: u32) -> Result<EventPage, StoreError> {
        let mut page = match self.fault {
            Fault::ShowsAllEvents if scope.is_staff() => {
                self.inner.events(&system_scope(scope.tenant()), after, limit).await?
            }
            Fault::AcceptsAnyCursor => match self.inner.events(scope, after, limit).await {
                Ok(page) => page,
                Err(_) => self.inner.events(scope, &Cursor::start(), limit).await?,
            },
            _ => self.inner.events(scope, after, limit).await?,
        };
        match self.fault {
            Fault::LosesAnEvent => page.events.retain(|logged| logged.cursor.as_str() != "3"),
            Fault::HidesEventsOfSlowWriters if page.events.len() < limit as usize => {
                // As where positions are handed out before commits: the end moves on while events are still to come.
                std::thread::yield_now();
                page.next = self.inner.events(&system_scope(scope.tenant()), &page.next, 1_000).await?.next;
            }
            Fault::RepeatsEvents => {
                if let [.., before, _] = page.events.as_slice() {
                    page.next = before.cursor.clone();
                }
            }
            Fault::ReordersEvents => page.events.reverse(),
            Fault::StopsAtUnseenEvents => {
                page.next = page.events.last().map_or_else(|| after.clone(), |logged| logged.cursor.clone());
            }
            Fault::ForgesHashes => {
                if let Some(logged) = page.events.last_mut() {
                    logged.hash = ChainHash::genesis(scope.tenant());
                }
            }
            _ => {}
        }
        Ok(page)
    }

    fn changed(&self) -> Changed {
        self.inner.changed()
    }

    fn announce(&self) {
        self.inner.announce();
    }

    async fn scan(
        &self,
        scope: &Scope,
        after: Option<TicketId>,
        limit: u32,
    ) -> Result<Vec<Waiting>, StoreError> {
        self.inner.scan(&self.widened(scope, Fault::ScansEverything), after, limit).await
    }
}

type Case = for<'a> fn(&'a dyn Store) -> Pin<Box<dyn Future<Output = ()> + 'a>>;

fn fails(case: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(case)).is_err()
}

fn assert_caught(fault: Fault, case: Case) {
    assert!(!fails(|| block_on(case(&Broken::new(Fault::Nothing)))), "the case fails without the fault");
    assert!(fails(|| block_on(case(&Broken::new(fault)))), "{fault:?} is not caught");
}

macro_rules! caught {
    ($($fault:ident by $case:ident;)*) => {$(
        #[test]
        #[allow(non_snake_case, reason = "named like the fault")]
        fn $fault() {
            assert_caught(Fault::$fault, |store| Box::pin(cases::$case(store)));
        }
    )*};
}

caught! {
    LosesAnEvent by events_are_read_as_they_were_written;
    HidesEventsOfSlowWriters by concurrent_commits_never_hide_an_event;
    RepeatsEvents by resuming_from_any_cursor_gives_the_rest;
    ReordersEvents by events_are_read_as_they_were_written;
    ShowsAllEvents by the_log_is_filtered_by_audience;
    StopsAtUnseenEvents by a_reader_passes_what_it_does_not_see;
    AcceptsAnyCursor by a_foreign_cursor_is_misuse;
    ForgesHashes by the_hash_chain_verifies_from_genesis;
    IgnoresExpect by a_stale_revision_conflicts_and_writes_nothing;
    WritesHalfASet by a_set_is_atomic_and_fails_alone;
    StopsTheSliceAtAFailure by a_set_is_atomic_and_fails_alone;
    SeesNoEarlierSet by later_sets_see_earlier_ones;
    ForgetsReceipts by a_repeated_receipt_answers_the_first;
    IgnoresFences by only_the_newest_fence_writes;
    IgnoresLimits by a_load_stays_within_its_limit;
    FreesTooLittle by a_load_stays_within_its_limit;
    OverwritesLoads by writing_an_agents_state_keeps_the_load;
    RoundsInstants by commit_then_read_returns_the_same_value;
    FillsWhatIsEmpty by empty_fields_are_read_as_empty;
    WidensLoads by every_sight_sees_its_part_of_every_kind;
    WidensLists by every_list_is_under_the_scope;
    ShowsNotesToCustomers by every_sight_sees_its_part_of_every_kind;
    ShowsTheSystemsToStaff by every_sight_sees_its_part_of_every_kind;
    CrossesTenants by every_sight_sees_its_part_of_every_kind;
    ShuffledLoads by load_answers_in_the_order_of_the_keys;
    FindsEmptiedTexts by an_emptied_text_is_not_found;
    FindsAnyWord by tickets_are_found_by_all_words_in_one_text;
    ReadsByAnyWord by a_text_is_read_by_exactly_the_words_of_its_entry;
    ShowsItemsTwice by pages_are_complete_and_in_order;
    LosesTheLastPage by pages_are_complete_and_in_order;
    IgnoresSecondFilter by filters_find_what_they_say;
    BringsAlongTwice by lists_bring_along_what_they_name;
    BringsAlongUnseen by lists_bring_along_what_they_name;
    AnyLimit by a_limit_out_of_range_is_misuse;
    FreezesTheEpoch by the_epoch_grows_with_every_document;
    HandsOutHeldLeases by a_lease_has_one_holder_and_changes_hands_at_its_end;
    RenewsWithANewFence by a_renewal_keeps_the_fence;
    WakesInAnyOrder by the_longest_overdue_comes_first;
    ForgetsATenant by every_tenant_is_named;
    ForgetsWhatElseIsDue by more_that_is_due_is_not_forgotten;
    ScansEverything by a_scan_gives_the_waiting_tickets;
    SkipsThePassword by a_password_is_always_compared;
    LetsTheBlockedIn by the_deactivated_and_the_blocked_are_nobody;
}

/// Random steps find faults too, each within a few seeds.
#[test]
fn random_steps_find_faults() {
    for fault in [
        Fault::LosesAnEvent,
        Fault::ReordersEvents,
        Fault::ShowsAllEvents,
        Fault::IgnoresExpect,
        Fault::WritesHalfASet,
        Fault::ForgetsReceipts,
        Fault::IgnoresFences,
        Fault::IgnoresLimits,
        Fault::OverwritesLoads,
        Fault::WidensLoads,
        Fault::WidensLists,
        Fault::CrossesTenants,
        Fault::FindsAnyWord,
        Fault::FindsEmptiedTexts,
        Fault::LosesTheLastPage,
        Fault::HandsOutHeldLeases,
        Fault::ScansEverything,
        Fault::LetsTheBlockedIn,
    ] {
        let found =
            |seed| fails(|| block_on(model::compare(&MemoryStore::new(), &Broken::new(fault), seed, 300)));
        assert!((0..30).any(found), "{fault:?} is not found");
    }
    block_on(model::compare(&MemoryStore::new(), &Broken::new(Fault::Nothing), 1, 300));
}
