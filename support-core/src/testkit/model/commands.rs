//! Random change sets: mostly sound, sometimes not.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use uuid::Uuid;

use crate::conversation::{ChannelKind, Visibility};
use crate::event::{Event, Stream};
use crate::id::TenantId;
use crate::people::{ActorRef, Agent, AgentState, Customer, Presence, WorkKind};
use crate::routing::OfferState;
use crate::scoring::Urgency;
use crate::sla::ConfigRef;
use crate::store::{
    ChangeSet, Claim, Delta, Document, DocumentKind, Expect, Fence, JourneyProgress, Login, LoginSubject,
    OutboxRow, OutboxState, Outcome, Record, Session, Store, Text, Write,
};
use crate::ticket::{FieldValue, Priority, SetAsideKind, Status};

use super::super::build::{
    OTHER, TENANT, a_customer, a_document, a_login, a_note, a_progress, a_receipt, a_session, a_state,
    agent_id, an_address, an_agent, an_event, an_outbox_row, customer_id, document_id, foreign, inbox_id,
    instant, team_id, word,
};
use super::super::cases::key_of;
use super::super::full::full_rows;
use super::super::{Dice, Story, a_ticket, system_scope};
use super::is_written;

// Small worlds: values must collide.
pub(super) const TICKETS: u64 = 8;
pub(super) const CUSTOMERS: u64 = 5;
pub(super) const AGENTS: u64 = 5;
pub(super) const DOCUMENTS: u64 = 4;
pub(super) const EXTERNAL: &[&str] = &["x", "X", "y", "o'z"];
pub(super) const ADDRESSES: &[&str] =
    &["a@example.com", "b@example.com", "o'hara@example.com", "c_%@example.com"];
pub(super) const COMMANDS: u64 = 60;
pub(super) const WORDS: &[&str] = &["parcel", "kettle", "blue", "zażółć", "o'clock"];

/// Draws commands, and learns from the outcomes how far each ticket and stream has come.
pub(super) struct Commands {
    stories: BTreeMap<(TenantId, u32), Story>,
    drawn: Vec<Drawn>,
    fences: Vec<Fence>,
    now: i64,
}

/// What a drawn set changes if it is written.
struct Drawn {
    tenant: TenantId,
    story: Option<(u32, Story)>,
}

impl Commands {
    pub(super) const fn new() -> Self {
        Self { stories: BTreeMap::new(), drawn: Vec::new(), fences: Vec::new(), now: 0 }
    }

    /// Draws a slice of change sets. `store` is asked what stands where, so that most of them are sound.
    pub(super) async fn draw(&mut self, dice: &mut Dice, store: &dyn Store) -> Vec<ChangeSet> {
        self.drawn.clear();
        let mut sets = Vec::new();
        for _ in 0..1 + dice.below(3) {
            let tenant = if dice.one_in(6) { OTHER } else { TENANT };
            let (mut set, story) = if dice.one_in(2) {
                let (number, story, set) = self.ticket_step(dice, tenant);
                (set, Some((number, story)))
            } else {
                (ChangeSet::new(tenant), None)
            };
            let mut taken: BTreeSet<String> = set.writes.iter().map(|w| name(&w.record)).collect();
            for _ in 0..dice.below(3) {
                let record = self.record(dice, tenant);
                if taken.insert(name(&record)) {
                    set.writes.push(placed(dice, store, tenant, record).await);
                }
            }
            self.add_counters(dice, &mut set);
            if dice.one_in(4) {
                let customer = customer_id(dice.below(CUSTOMERS) as u32);
                let stream = Stream::Customer(customer);
                let select = crate::store::Select::Stream(stream);
                let query = crate::store::Query::new(select, 1_000);
                let known = super::whole(store, &system_scope(tenant), query).await.events.len() as u64;
                let seq = if dice.one_in(6) { dice.below(4) } else { known + 1 };
                set.events.push(an_event(stream, seq, Event::CustomerChanged { fields: vec![word("name")] }));
            }
            if dice.one_in(5) {
                set.receipt = Some(a_receipt(&format!("command {}", dice.below(COMMANDS))));
            }
            if dice.one_in(6) {
                let nobodys = Fence { name: "router".to_owned(), token: 1 + dice.below(3) };
                set.fence = Some(self.fences.last().cloned().unwrap_or(nobodys));
            }
            self.drawn.push(Drawn { tenant, story });
            sets.push(set);
        }
        sets
    }

    /// Takes note of how the drawn sets ended.
    pub(super) fn learn(&mut self, outcomes: &[Outcome]) {
        for (drawn, outcome) in self.drawn.drain(..).zip(outcomes) {
            if let (true, Some((number, story))) = (is_written(outcome), drawn.story) {
                self.stories.insert((drawn.tenant, number), story);
            }
        }
    }

    /// Draws a claim of a lease.
    pub(super) fn claim(&mut self, dice: &mut Dice) -> Claim {
        self.now += dice.below(5) as i64;
        Claim {
            name: (*dice.pick::<&str>(&["router", "sweeper"])).to_owned(),
            holder: Uuid::from_u128(u128::from(dice.below(3))),
            now: instant(self.now),
            until: instant(self.now + dice.below(8) as i64),
        }
    }

    /// Keeps a fence to write under, until a newer one comes.
    pub(super) fn keep(&mut self, fence: Option<Fence>) {
        self.fences.extend(fence);
    }

    /// Opens a ticket, or lets something happen to it.
    fn ticket_step(&self, dice: &mut Dice, tenant: TenantId) -> (u32, Story, ChangeSet) {
        let number = dice.below(TICKETS) as u32;
        let Some(told) = self.stories.get(&(tenant, number)) else {
            let story = opened(dice, number);
            let set = story.set(tenant);
            return (number, story, set);
        };
        let mut story = told.clone();
        let times = 1 + dice.below(2);
        let mut set = story.go_on(tenant, |story| (0..times).fold(story, |story, _| happens(dice, story)));
        if dice.one_in(10) {
            set.events.remove(0);
        }
        (number, story, set)
    }

    fn record(&self, dice: &mut Dice, tenant: TenantId) -> Record {
        let customer = dice.below(CUSTOMERS) as u32;
        let agent = dice.below(AGENTS) as u32;
        let external = dice.one_in(3).then(|| foreign(dice.pick::<&str>(EXTERNAL)));
        let at = instant(dice.below(30) as i64);
        match dice.below(10) {
            0 => {
                let mut address = an_address(dice.pick::<&str>(ADDRESSES));
                address.verified = !dice.one_in(3);
                let addresses = if dice.one_in(4) { Vec::new() } else { vec![address] };
                let blocked = dice.one_in(5);
                Customer { external_id: external, addresses, blocked, ..a_customer(customer) }.into()
            }
            1 => Agent {
                external_id: external,
                email: if dice.one_in(2) {
                    dice.pick::<&str>(ADDRESSES).to_uppercase()
                } else {
                    an_agent(agent).email
                },
                team_ids: if dice.one_in(2) { vec![team_id(1)] } else { Vec::new() },
                active: !dice.one_in(4),
                role: word(dice.pick::<&str>(&["agent", "admin", "juggler"])),
                ..an_agent(agent)
            }
            .into(),
            2 => AgentState {
                presence: *dice.pick(Presence::ALL),
                until: dice.one_in(2).then(|| instant(dice.below(1_000) as i64)),
                ..a_state(agent)
            }
            .into(),
            3 => Document {
                id: document_id(dice.below(DOCUMENTS) as u32),
                kind: *dice.pick(&[DocumentKind::Team, DocumentKind::Calendar]),
                retired: dice.one_in(4),
                body: json!({ "rolled": dice.below(9) }),
                ..a_document(1)
            }
            .into(),
            4 => Login { email: (*dice.pick::<&str>(ADDRESSES)).to_owned(), ..a_login(agent) }.into(),
            5 => Session {
                subject: LoginSubject::Agent(agent_id(agent)),
                expires_at: at,
                ended_at: dice.one_in(4).then_some(at),
                ..a_session(dice.below(6) as u32)
            }
            .into(),
            6 => OutboxRow {
                effect: dice.pick(&full_rows()).effect.clone(),
                state: *dice.pick(OutboxState::ALL),
                attempts: dice.below(5) as u32,
                next_at: at,
                ..an_outbox_row(dice.below(TICKETS) as u32)
            }
            .into(),
            7 => a_note(dice.below(6) as u32).into(),
            8 => JourneyProgress {
                journey: ConfigRef { id: document_id(dice.below(3) as u32), version: 1 },
                expires_at: dice.one_in(2).then(|| instant(dice.below(1_000) as i64)),
                ..a_progress(customer)
            }
            .into(),
            _ => {
                let texts: Vec<&Text> = self
                    .stories
                    .iter()
                    .filter(|((of, _), _)| *of == tenant)
                    .flat_map(|(_, story)| story.texts())
                    .collect();
                if texts.is_empty() {
                    return a_note(1).into();
                }
                (*dice.pick(&texts)).clone().emptied().into()
            }
        }
    }

    fn add_counters(&self, dice: &mut Dice, set: &mut ChangeSet) {
        for _ in 0..dice.below(3) {
            let agent = agent_id(dice.below(AGENTS) as u32);
            set.deltas.push(if dice.one_in(6) {
                Delta::Used { document: document_id(dice.below(DOCUMENTS) as u32) }
            } else if dice.one_in(8) {
                let document = document_id(dice.below(DOCUMENTS) as u32);
                Delta::UsedSoFar { document, version: dice.below(3), uses: dice.below(3) }
            } else if dice.one_in(4) {
                Delta::LastAssigned { agent, at: instant(dice.below(50) as i64) }
            } else {
                Delta::Load {
                    agent,
                    kind: *dice.pick(WorkKind::ALL),
                    change: dice.below(7) as i32 - 3,
                    at_most: dice.one_in(2).then(|| dice.below(6) as u32),
                }
            });
        }
    }
}

fn name(record: &Record) -> String {
    format!("{:?}", key_of(record))
}

/// Gives a record the revision after the stored one and expects that; sometimes it does neither.
async fn placed(dice: &mut Dice, store: &dyn Store, tenant: TenantId, mut record: Record) -> Write {
    let stored = store.load(&system_scope(tenant), &[key_of(&record)]).await.expect("a read").pop().flatten();
    let Some(revision) = stored.map(|stored| stored.revision()) else {
        let wrong = Expect::Revision(dice.below(3));
        return Write { record, expect: if dice.one_in(12) { wrong } else { Expect::Absent } };
    };
    let next = if dice.one_in(12) { revision } else { revision + 1 };
    match &mut record {
        Record::Customer(customer) => customer.version = next,
        Record::Agent(agent) => agent.version = next,
        Record::AgentState(state) => state.version = next,
        Record::Document(document) => document.version = next,
        Record::Login(login) => login.version = next,
        Record::Session(session) => session.version = next,
        Record::Outbox(row) => row.version = next,
        Record::JourneyProgress(progress) => progress.version = next,
        Record::Text(text) => text.body = None,
        _ => {}
    }
    let expect = match dice.below(12) {
        0 => Expect::Absent,
        1 => Expect::Revision(revision + 1),
        _ => Expect::Revision(revision),
    };
    Write { record, expect }
}

fn opened(dice: &mut Dice, number: u32) -> Story {
    let mut story =
        a_ticket(number).of(customer_id(dice.below(CUSTOMERS) as u32)).prioritized(*dice.pick(Priority::ALL));
    if dice.one_in(2) {
        story = story.in_team(team_id(1 + dice.below(2) as u32)).tagged("vip").about("billing");
    }
    if dice.one_in(2) {
        let channels = [ChannelKind::Email, ChannelKind::Web];
        story = story.through(dice.pick(&channels).clone(), inbox_id(1 + dice.below(2) as u32));
    }
    if dice.one_in(2) {
        story = story.opened(|event| {
            if let Event::TicketCreated { custom_fields, .. } = event {
                custom_fields.insert(word("weight"), FieldValue::Number(1.5));
            }
        });
    }
    story
}

fn happens(dice: &mut Dice, story: Story) -> Story {
    let agent = agent_id(dice.below(AGENTS) as u32);
    let body = format!("{} {}", dice.pick::<&str>(WORDS), dice.pick::<&str>(WORDS));
    match dice.below(12) {
        0 | 1 => {
            let external = dice.one_in(2).then(|| foreign(dice.pick::<&str>(EXTERNAL)));
            let author = ActorRef::customer(customer_id(dice.below(CUSTOMERS) as u32));
            story.message(author, Visibility::Public, &body, |event| {
                if let Event::MessageAdded { external_id, .. } = event {
                    *external_id = external;
                }
            })
        }
        2 => story.answered(agent, &body),
        3 => story.noted(agent, &body),
        4 => story.moved(dice.one_in(2).then_some(agent), Some(team_id(1 + dice.below(2) as u32))),
        5 if dice.one_in(3) && story.ticket().offer.is_some() => {
            story.answered_offer(*dice.pick(&OfferState::ALL[1..]))
        }
        5 if dice.one_in(3) && story.ticket().offer.is_none() => {
            story.offered(agent, instant(dice.below(1_000) as i64))
        }
        5 => story.assigned(dice.one_in(2).then_some(agent)),
        6 => story.becomes(*dice.pick(Status::ALL)),
        7 if dice.one_in(2) => story.set_aside(*dice.pick(SetAsideKind::ALL)),
        7 => story.then(Event::TicketRestored { kind: SetAsideKind::Spam }),
        8 => {
            let customer = ActorRef::customer(customer_id(dice.below(CUSTOMERS) as u32));
            story.with_participant(*dice.pick(&[customer, ActorRef::agent(agent)]))
        }
        9 => story.then(Event::TicketTagsChanged { added: vec![word("b2b")], removed: vec![word("vip")] }),
        10 => {
            let topics = if dice.one_in(2) { vec![word("recall")] } else { Vec::new() };
            story.then(Event::TicketKeywordsMatched { rules: BTreeMap::new(), topics })
        }
        _ => {
            let at = dice.one_in(2).then(|| instant(dice.below(1_000) as i64));
            let breached = dice.one_in(3);
            story.then(Event::TicketWoken { by_time: true }).derived(|derived| {
                derived.wake_at = at;
                derived.next_due_at = at;
                derived.urgency = at.map(|at| Urgency::between(at.plus_seconds(-60), at));
                derived.breached = breached;
            })
        }
    }
}
