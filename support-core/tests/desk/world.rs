//! A desk with a policy, two agents and a customer.

use std::sync::Arc;

use support_core::desk::{
    AgentReply, CreateAgent, CreateCustomer, CustomerSpec, Desk, EditTicket, OpenTicket, Prepared,
    PutDocument, SetPresence, TicketReply, UpdateAgent, WriteMessage,
};
use support_core::event::Envelope;
use support_core::id::{AgentId, CustomerId, TeamId, TenantId, TicketId};
use support_core::label::{ForeignId, Label};
use support_core::people::{Actor, AgentState, Capacity, CustomerActor, Presence};
use support_core::sla::policy::PolicySpec;
use support_core::store::{Credential, Cursor, DocumentKind, Logged, MemoryStore, Outcome, Record, Store};
use support_core::testkit::{SeededIds, block_on, system_scope};
use support_core::ticket::{Status, Ticket};
use support_core::time::{ManualClock, Timestamp};
use support_core::{Error, desk::UseCase};

pub(crate) const TENANT: TenantId = TenantId::SINGLE;
pub(crate) const HOST: Actor = Actor::Host(TENANT);

pub(crate) struct World {
    pub(crate) desk: Desk,
    pub(crate) clock: Arc<ManualClock>,
}

impl World {
    /// A desk without anything, on a Friday morning.
    pub(crate) fn empty() -> Self {
        Self::on(Arc::new(MemoryStore::new()))
    }

    pub(crate) fn on(store: Arc<dyn Store>) -> Self {
        let clock = Arc::new(ManualClock::at("2026-11-20T09:00:00Z".parse().unwrap()));
        let desk = Desk::new(store, clock.clone(), Arc::new(SeededIds::new(7)));
        Self { desk, clock }
    }

    /// Another desk on the same store and clock, as after a restart: it has nothing in memory.
    pub(crate) fn restarted(&self, store: Arc<dyn Store>) -> Desk {
        Desk::new(store, self.clock.clone(), Arc::new(SeededIds::new(8)))
    }

    /// A desk with the standard policy.
    pub(crate) fn standard() -> Self {
        let world = Self::empty();
        world.policy(&PolicySpec::standard());
        world
    }

    pub(crate) fn policy(&self, policy: &PolicySpec) {
        self.put(DocumentKind::SlaPolicy, serde_json::to_value(policy).unwrap());
    }

    pub(crate) fn put(&self, kind: DocumentKind, body: serde_json::Value) -> support_core::id::DocumentId {
        self.run(&HOST, &PutDocument::new(kind, body)).document_id
    }

    pub(crate) fn run<U: UseCase>(&self, actor: &Actor, wanted: &U) -> U::Reply {
        block_on(self.desk.run(actor, wanted)).unwrap()
    }

    pub(crate) fn fail<U: UseCase>(&self, actor: &Actor, wanted: &U) -> Error
    where
        U::Reply: std::fmt::Debug,
    {
        block_on(self.desk.run(actor, wanted)).unwrap_err()
    }

    /// An agent of the default team who is available.
    pub(crate) fn agent(&self, name: &str) -> Actor {
        self.agent_with(CreateAgent { name: name.into(), ..CreateAgent::default() })
    }

    pub(crate) fn agent_with(&self, mut agent: CreateAgent) -> Actor {
        agent.email = format!("{}@example.com", agent.name.to_lowercase());
        let id = self.run(&HOST, &agent).agent_id;
        self.run(&HOST, &SetPresence::of(id, Presence::Available));
        self.actor(id)
    }

    pub(crate) fn actor(&self, id: AgentId) -> Actor {
        block_on(self.desk.identify(&Credential::Agent(TENANT, id))).unwrap().unwrap()
    }

    pub(crate) fn customer(&self, name: &str) -> Actor {
        let spec = CustomerSpec {
            name: name.into(),
            email: Some(format!("{}@customer.example", name.to_lowercase())),
            ..CustomerSpec::default()
        };
        let id = self.run(&HOST, &CreateCustomer { spec, ..CreateCustomer::default() }).customer_id;
        Actor::Customer(CustomerActor { tenant: TENANT, id })
    }

    /// An agent of one team with a role.
    pub(crate) fn agent_in(&self, name: &str, role: &str, teams: &[TeamId]) -> Actor {
        self.agent_with(CreateAgent {
            name: name.into(),
            role: Some(label(role)),
            team_ids: teams.to_vec(),
            ..CreateAgent::default()
        })
    }

    /// A team of which nothing but the name, and what `more` says, is special.
    pub(crate) fn team(&self, name: &str, more: &serde_json::Value) -> TeamId {
        let mut body = serde_json::json!({ "name": name });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        TeamId::from_uuid(self.put(DocumentKind::Team, body).uuid())
    }

    pub(crate) fn settings(&self, body: serde_json::Value) {
        self.put(DocumentKind::Settings, body);
    }

    /// Staff write down what a customer said.
    pub(crate) fn noted(&self, customer: &Actor, more: impl FnOnce(&mut OpenTicket)) -> TicketId {
        let mut open = OpenTicket::of(customer_of(customer), "My parcel", "It is a week late.");
        more(&mut open);
        self.run(&HOST, &open).ticket_id
    }

    pub(crate) fn owner(&self, ticket: TicketId) -> Option<AgentId> {
        self.ticket(ticket).assigned_to
    }

    pub(crate) fn state(&self, agent: &Actor) -> AgentState {
        block_on(self.desk.agent(&HOST, id_of(agent))).unwrap().1
    }

    pub(crate) fn load(&self, agent: &Actor) -> u32 {
        self.state(agent).load.units
    }

    pub(crate) fn presence(&self, agent: &Actor, presence: Presence) {
        self.run(&HOST, &SetPresence::of(id_of(agent), presence));
    }

    /// Leaves an agent room for so many units of asynchronous work.
    pub(crate) fn capacity(&self, agent: &Actor, units: u32) {
        let capacity = Some(Capacity { units, ..Capacity::default() });
        self.run(&HOST, &UpdateAgent { id: Some(id_of(agent)), capacity, ..UpdateAgent::default() });
    }

    /// Gives an agent a role that is none of the desk's, and grants nothing, without the desk's knowing of it.
    pub(crate) fn becomes_guest(&self, guest: &Actor) -> Prepared<AgentReply> {
        let name = Some("Guest".into());
        let touched = UpdateAgent { id: Some(id_of(guest)), name, ..UpdateAgent::default() };
        let mut prepared = block_on(self.desk.prepare(&HOST, &touched)).unwrap();
        for write in &mut prepared.changes.writes {
            if let Record::Agent(agent) = &mut write.record {
                agent.role = label("guest");
            }
        }
        let outcomes = block_on(self.desk.store().commit(std::slice::from_ref(&prepared.changes))).unwrap();
        assert_eq!(outcomes, [Outcome::Committed]);
        prepared
    }

    /// Whether a ticket's newest owner went over their capacity with it.
    pub(crate) fn is_over(&self, ticket: TicketId) -> bool {
        block_on(self.desk.assignments(&HOST, ticket, 1, None)).unwrap().0[0].over
    }

    /// What is said on a ticket as somebody reads it, oldest first.
    pub(crate) fn said(&self, actor: &Actor, ticket: TicketId) -> Vec<String> {
        let page = block_on(self.desk.messages(actor, ticket, None, 100, None)).unwrap();
        page.messages.into_iter().rev().filter_map(|message| message.content).collect()
    }

    /// A customer opens a ticket in the portal.
    pub(crate) fn opened_by(&self, customer: &Actor) -> TicketId {
        self.run(customer, &OpenTicket::mine("My parcel", "It is a week late.")).ticket_id
    }

    pub(crate) fn ticket(&self, id: TicketId) -> Ticket {
        block_on(self.desk.ticket(&HOST, id)).unwrap()
    }

    pub(crate) fn reply(&self, actor: &Actor, ticket: TicketId, content: &str) -> TicketReply {
        self.run(actor, &WriteMessage::reply(ticket, content))
    }

    pub(crate) fn status(&self, actor: &Actor, ticket: TicketId, status: Status) -> TicketReply {
        self.run(actor, &EditTicket::of(ticket).status(status))
    }

    pub(crate) fn events(&self, ticket: TicketId) -> Vec<Envelope> {
        block_on(self.desk.ticket_events(&HOST, ticket, 1_000, None)).unwrap().0
    }

    /// The whole log of the tenant.
    pub(crate) fn log(&self) -> Vec<Logged> {
        let (system, start) = (system_scope(TENANT), Cursor::start());
        block_on(self.desk.store().events(&system, &start, 10_000)).unwrap().events
    }

    pub(crate) fn names(&self, ticket: TicketId) -> Vec<&'static str> {
        self.events(ticket).iter().map(|envelope| envelope.event.name()).collect()
    }

    /// Moves the clock, letting the worker do what falls due on the way.
    pub(crate) fn pass(&self, seconds: i64) {
        let end = self.desk.now().plus_seconds(seconds);
        self.tick();
        loop {
            match block_on(self.desk.tick()).unwrap().next {
                Some(next) if next <= end => self.clock.set(next.max(self.desk.now())),
                _ => break,
            }
        }
        self.clock.set(end);
        self.tick();
    }

    pub(crate) fn tick(&self) {
        block_on(self.desk.tick()).unwrap();
    }

    pub(crate) fn sound(&self) {
        let report = block_on(self.desk.verify(TENANT)).unwrap();
        assert!(report.is_sound(), "{report:#?}");
    }
}

pub(crate) fn id_of(actor: &Actor) -> AgentId {
    match actor {
        Actor::Agent(agent) => agent.id,
        other => panic!("{other:?} is no agent"),
    }
}

pub(crate) fn customer_of(actor: &Actor) -> CustomerId {
    match actor {
        Actor::Customer(customer) => customer.id,
        other => panic!("{other:?} is no customer"),
    }
}

pub(crate) fn label(text: &str) -> Label {
    text.parse().unwrap()
}

pub(crate) fn foreign(text: &str) -> ForeignId {
    text.parse().unwrap()
}

/// Names of the fields that an error blames.
pub(crate) fn fields(error: &Error) -> Vec<&str> {
    match error {
        Error::Invalid(problems) => problems.iter().map(|problem| problem.field.as_str()).collect(),
        other => panic!("{other:?} names no field"),
    }
}

/// Code of the rule that refused.
pub(crate) fn rule(error: &Error) -> &str {
    match error {
        Error::Refused(refusal) => refusal.code,
        other => panic!("{other:?} is no refusal"),
    }
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}
