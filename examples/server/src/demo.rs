//! Demo data: people, rules and tickets to look around with.
//!
//! Each step leaves a receipt in the commit that does it, so that a step is done once however often the server is
//! started, and a start that was interrupted goes on where it stopped.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use support_core::desk::{
    CreateAgent, CreateCustomer, CustomerSpec, Desk, EditTicket, Once, OpenTicket, Options, PublishJourney,
    PutDocument, Requester, SetPassword, SetPresence, UseCase, WriteMessage,
};
use support_core::error::Error;
use support_core::id::{AgentId, CustomerId, DocumentId, TeamId, TenantId, TicketId};
use support_core::people::{Actor, AddressKind, Agent, Permission, Presence};
use support_core::sla::policy::PolicySpec;
use support_core::store::{Credential, DocumentKind, Key, LoginSubject, Receipt, StoreExt};
use support_core::time::Timestamp;

use crate::demo_journey::general_support;
use crate::demo_stories::{STORIES, Story, Turn};

/// Somebody who can sign in to the demo.
#[derive(Debug)]
pub(crate) struct Person {
    /// What they are.
    pub(crate) role: &'static str,
    /// By which they sign in.
    pub(crate) email: &'static str,
    /// With which they sign in.
    pub(crate) password: &'static str,
    name: &'static str,
}

const ADMIN: Person =
    Person { role: "admin", email: "admin@example.com", password: "admin123", name: "Ada Admin" };
const AGENTS: [Person; 2] = [
    Person { role: "agent", email: "agent1@example.com", password: "agent123", name: "Alex Agent" },
    Person { role: "agent", email: "agent2@example.com", password: "agent123", name: "Billie Agent" },
];
const CUSTOMER: Person = Person {
    role: "customer",
    email: "customer@example.com",
    password: "customer123",
    name: "Chris Customer",
};

/// Everybody who can sign in to the demo.
pub(crate) const PEOPLE: [&Person; 4] = {
    let [first, second] = &AGENTS;
    [&ADMIN, first, second, &CUSTOMER]
};

/// A desk that is being filled, and the host in whose name.
struct Demo<'a> {
    desk: &'a Desk,
    host: Actor,
}

/// Adds what is missing of the demo data.
pub(crate) async fn fill(desk: &Desk) -> Result<(), Error> {
    let demo = Demo { desk, host: Actor::Host(TenantId::SINGLE) };
    demo.configure().await?;
    demo.agent(&ADMIN, "admin").await?;
    let mut agents = Vec::new();
    for person in &AGENTS {
        let id = demo.agent(person, "agent").await?;
        let step = format!("{}/available", person.email);
        demo.once(&step, &demo.host, &SetPresence::of(id, Presence::Available)).await?;
        agents.push(id);
    }
    let customer = demo.customer().await?;
    for (number, story) in STORIES.iter().enumerate() {
        match demo.tell(number, story, customer, agents.first().copied()).await {
            Ok(()) => {}
            Err(Error::Store(error)) => return Err(Error::Store(error)),
            // The ticket was begun by an earlier start and has gone another way since.
            Err(error) => tracing::warn!(%error, story = number, "a demo ticket is left as it is"),
        }
    }
    Ok(())
}

/// Finds somebody who can still sign in with a password of the demo, which everybody knows.
pub(crate) async fn open_to_everybody(desk: &Desk) -> Result<Option<&'static str>, Error> {
    for person in PEOPLE {
        let found = AtomicBool::new(false);
        let check = |hash: Option<&str>| {
            let same = hash.is_some_and(|hash| support_http::is_password(person.password, hash));
            found.store(same, Ordering::Relaxed);
            false
        };
        let shown = Credential::Password { tenant: TenantId::SINGLE, email: person.email, check: &check };
        desk.identify(&shown).await?;
        if found.into_inner() {
            return Ok(Some(person.email));
        }
    }
    Ok(None)
}

impl Demo<'_> {
    /// Takes a step, or returns what it answered when it was taken.
    async fn once<U: UseCase>(&self, step: &str, actor: &Actor, wanted: &U) -> Result<U::Reply, Error> {
        let key = format!("demo/1/{step}");
        let scope = self.host.scope(Permission::TicketRead)?;
        let receipt: Option<Receipt> = self.desk.store().one(&scope, Key::Receipt(key.clone())).await?;
        if let Some(reply) = receipt.and_then(|receipt| serde_json::from_str(&receipt.reply).ok()) {
            return Ok(reply);
        }
        let once = Once { key, digest: [0; 32], expires_at: Timestamp::MAX };
        let options = Options { if_match: None, once: Some(once) };
        self.desk.run_with(actor, wanted, &options).await.map(|done| done.reply())
    }

    async fn configure(&self) -> Result<(), Error> {
        let team = DocumentId::from_uuid(TeamId::DEFAULT.uuid());
        let scope = self.host.scope(Permission::ConfigRead)?;
        let known = self.desk.store().load(&scope, &[Key::Document(team)]).await?;
        if known.iter().all(Option::is_none) {
            let named = PutDocument::at(team, DocumentKind::Team, json!({"name": "Support"}));
            self.once("team", &self.host, &named).await?;
        }
        let policy = serde_json::to_value(PolicySpec::standard())
            .map_err(|_| Error::invalid("policy", "cannot be printed"))?;
        self.once("policy", &self.host, &PutDocument::new(DocumentKind::SlaPolicy, policy)).await?;
        let rules = [
            (
                "urgent",
                "time_sensitive",
                json!(["urgent", "as soon as possible", "asap", "today"]),
                30.0,
                false,
            ),
            ("leaving", "churn", json!(["cancel my account", "competitor", "refund"]), 25.0, true),
            ("thanks", "custom", json!(["no hurry", "whenever you have time"]), -10.0, false),
        ];
        for (name, kind, keywords, points, alert) in rules {
            let rule = json!({
                "name": name, "type": kind, "keywords": keywords, "boost_amount": points, "alert": alert,
                "active": true,
            });
            let step = format!("rule/{name}");
            self.once(&step, &self.host, &PutDocument::new(DocumentKind::KeywordRule, rule)).await?;
        }
        let journey = PutDocument::new(DocumentKind::Journey, general_support());
        let id = self.once("journey", &self.host, &journey).await?.document_id;
        self.once("journey/published", &self.host, &PublishJourney { id }).await?;
        Ok(())
    }

    /// Makes an agent who can sign in, unless somebody with the address works here already.
    async fn agent(&self, person: &Person, role: &str) -> Result<AgentId, Error> {
        let scope = self.host.scope(Permission::AgentRead)?;
        let key = Key::AgentByEmail(person.email.to_owned());
        let known: Option<Agent> = self.desk.store().one(&scope, key).await?;
        let id = match known {
            Some(agent) => agent.id,
            None => {
                let agent = CreateAgent {
                    name: person.name.into(),
                    email: person.email.into(),
                    role: role.parse().ok(),
                    team_ids: vec![TeamId::DEFAULT],
                    ..CreateAgent::default()
                };
                self.once(person.email, &self.host, &agent).await?.agent_id
            }
        };
        self.password(person, LoginSubject::Agent(id)).await?;
        Ok(id)
    }

    /// Makes the customer, unless the address is somebody's already.
    async fn customer(&self) -> Result<CustomerId, Error> {
        let key = Key::CustomerByAddress(AddressKind::Email, CUSTOMER.email.to_owned());
        let id = match self.desk.customer_by(&self.host, key).await? {
            Some(customer) => customer.id,
            None => {
                let spec = CustomerSpec {
                    name: CUSTOMER.name.into(),
                    email: Some(CUSTOMER.email.into()),
                    ..CustomerSpec::default()
                };
                let customer = CreateCustomer {
                    spec,
                    tier: "gold".parse().ok(),
                    language: "en".parse().ok(),
                    ..CreateCustomer::default()
                };
                self.once(CUSTOMER.email, &self.host, &customer).await?.customer_id
            }
        };
        self.password(&CUSTOMER, LoginSubject::Customer(id)).await?;
        Ok(id)
    }

    /// Sets a password where there is none; one that was changed stays.
    async fn password(&self, person: &Person, subject: LoginSubject) -> Result<(), Error> {
        let has_one = AtomicBool::new(false);
        let look = |hash: Option<&str>| {
            has_one.store(hash.is_some(), Ordering::Relaxed);
            false
        };
        let shown = Credential::Password { tenant: TenantId::SINGLE, email: person.email, check: &look };
        self.desk.identify(&shown).await?;
        if has_one.into_inner() {
            return Ok(());
        }
        let hash = support_http::hash_password(person.password)
            .map_err(|problem| Error::invalid("password", problem))?;
        self.desk.run(&self.host, &SetPassword { subject, hash }).await.map(drop)
    }

    /// Opens a ticket and lets people talk on it.
    async fn tell(
        &self,
        number: usize,
        story: &Story,
        customer: CustomerId,
        agent: Option<AgentId>,
    ) -> Result<(), Error> {
        let open = OpenTicket {
            channel: story.channel.clone(),
            priority: Some(story.priority),
            category: story.category.parse().ok(),
            skills: story.skill.iter().filter_map(|skill| Some((skill.parse().ok()?, 3))).collect(),
            ..OpenTicket::by(Requester::Customer(customer), story.subject, story.message)
        };
        let opened = self.once(&format!("ticket/{number}"), &self.host, &open).await?;
        for (turn, what) in story.turns.iter().enumerate() {
            let step = format!("ticket/{number}/{turn}");
            self.turn(&step, opened.ticket_id, what, customer, agent).await?;
        }
        Ok(())
    }

    async fn turn(
        &self,
        step: &str,
        ticket: TicketId,
        what: &Turn,
        customer: CustomerId,
        agent: Option<AgentId>,
    ) -> Result<(), Error> {
        let tenant = TenantId::SINGLE;
        let credential = match what {
            Turn::Customer(_) => Credential::Customer(tenant, customer),
            Turn::Agent(_) | Turn::Note(_) | Turn::Status(_) => {
                // Whom the router chose, else the first.
                let owner = self.desk.ticket(&self.host, ticket).await?.assigned_to.or(agent);
                let Some(owner) = owner else { return Ok(()) };
                Credential::Agent(tenant, owner)
            }
        };
        // Somebody who was deactivated says nothing any more.
        let Some(actor) = self.desk.identify(&credential).await? else { return Ok(()) };
        match what {
            Turn::Customer(text) | Turn::Agent(text) => {
                self.once(step, &actor, &WriteMessage::reply(ticket, *text)).await?;
            }
            Turn::Note(text) => {
                self.once(step, &actor, &WriteMessage::note(ticket, *text)).await?;
            }
            Turn::Status(status) => {
                self.once(step, &actor, &EditTicket::of(ticket).status(*status)).await?;
            }
        }
        Ok(())
    }
}
