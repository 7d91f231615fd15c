//! Given, when, then on the pure core: a ticket, a virtual clock, and the commands that are carried out.

use std::collections::BTreeMap;

use serde::Serialize;
use uuid::Uuid;

use crate::automation::AutomationSpec;
use crate::config::{Config, Settings};
use crate::conversation::{ChannelKind, Delivery, Direction, Message, Visibility};
use crate::error::Error;
use crate::event::Envelope;
use crate::id::{AgentId, DocumentId, MessageId, Reference, TeamId};
use crate::people::{ActorKind, ActorRef};
use crate::routing::{AssignHow, ReturnCause};
use crate::sla::calendar::CalendarSpec;
use crate::sla::policy::PolicySpec;
use crate::store::{Document, DocumentKind};
use crate::ticket::command::{
    Assign, Edit, Escalate, Move, NewMessage, Open, OwnerStanding, Receive, Unanswered, Write,
};
use crate::ticket::{Circumstances, Command, Priority, SetAsideKind, Status, Ticket, decide};
use crate::time::Timestamp;

use super::desk::{
    CUSTOMER, Counter, FRONT, NIGHT, OFFICE, START, THREAD, TICKET, automation_id, minute, policy_id,
    rule_id, text,
};
use super::invariants;
use crate::ticket::decide::FOLLOWS_ALL;

/// A ticket and its time. Commands happen at the present minute; [`at`](Self::at) lets the worker do what is due on
/// the way there.
#[derive(Debug, Default)]
pub(super) struct Scenario {
    documents: Vec<Document>,
    pub(super) config: Config,
    pub(super) now: Timestamp,
    pub(super) stored: Option<Ticket>,
    pub(super) events: Vec<Envelope>,
    /// Where the events of the latest step begin.
    pub(super) mark: usize,
    pub(super) messages: Vec<Message>,
    pub(super) refusal: Option<Error>,
    minted: u64,
}

/// A desk without policies at minute 0.
pub(super) fn desk() -> Scenario {
    Scenario { now: START, ..Scenario::default() }
}

/// A ticket that a customer opened at minute 0 under `policy`.
pub(super) fn ticket_under(policy: &PolicySpec) -> Scenario {
    let mut scenario = desk();
    scenario.set_policy(1, policy).open();
    scenario
}

impl Scenario {
    // What is configured.

    pub(super) fn set_policy(&mut self, n: u128, policy: &PolicySpec) -> &mut Self {
        assert_eq!(policy.check(), Ok(()));
        self.document(policy_id(n), DocumentKind::SlaPolicy, policy, false)
    }

    pub(super) fn retire_policy(&mut self, n: u128, policy: &PolicySpec) -> &mut Self {
        self.document(policy_id(n), DocumentKind::SlaPolicy, policy, true)
    }

    pub(super) fn set_automation(&mut self, n: u128, spec: &AutomationSpec) -> &mut Self {
        assert_eq!(spec.check(), Ok(()));
        self.document(automation_id(n), DocumentKind::Automation, spec, false)
    }

    /// Adds a keyword rule that is shown where it matches.
    pub(super) fn set_alert(&mut self, n: u128, name: &str) -> &mut Self {
        let id = rule_id(n);
        let body = serde_json::json!({
            "id": id, "name": name, "type": "custom", "keywords": [name], "boost_amount": 0, "alert": true, "active": true,
        });
        self.document(id, DocumentKind::KeywordRule, &body, false)
    }

    pub(super) fn set_calendar(&mut self, calendar: &CalendarSpec) -> &mut Self {
        self.document(OFFICE, DocumentKind::Calendar, calendar, false)
    }

    pub(super) fn set_night_calendar(&mut self, calendar: &CalendarSpec) -> &mut Self {
        self.document(NIGHT, DocumentKind::Calendar, calendar, false)
    }

    pub(super) fn retire_calendar(&mut self, calendar: &CalendarSpec) -> &mut Self {
        self.document(OFFICE, DocumentKind::Calendar, calendar, true)
    }

    pub(super) fn set_team(&mut self, team: TeamId, calendar: DocumentId) -> &mut Self {
        let body = serde_json::json!({"name": "Team", "calendar_id": calendar});
        self.document(DocumentId::from_uuid(team.uuid()), DocumentKind::Team, &body, false)
    }

    /// Says where a team's escalated tickets go.
    pub(super) fn set_escalation(&mut self, team: TeamId, to: TeamId) -> &mut Self {
        let body = serde_json::json!({"name": "Team", "escalation_team_id": to});
        self.document(DocumentId::from_uuid(team.uuid()), DocumentKind::Team, &body, false)
    }

    pub(super) fn set_settings(&mut self, settings: &Settings) -> &mut Self {
        self.document(DocumentId::from_uuid(Uuid::from_u128(0xd1)), DocumentKind::Settings, settings, false)
    }

    /// Adds a version of a document. The ticket takes it over with [`reconfigure`](Self::reconfigure).
    fn document(
        &mut self,
        id: DocumentId,
        kind: DocumentKind,
        body: &impl Serialize,
        retired: bool,
    ) -> &mut Self {
        let version = 1 + self.documents.iter().filter(|d| d.id == id).count() as u64;
        let body = serde_json::to_value(body).unwrap();
        let (created_at, updated_at) = (START, self.now);
        self.documents.push(Document { id, kind, version, retired, body, created_at, updated_at });
        self.load_config();
        self
    }

    /// Compiles what is in force and remembers exactly what the ticket is said to need beside it.
    fn load_config(&mut self) {
        let mut newest: BTreeMap<DocumentId, &Document> = BTreeMap::new();
        for document in &self.documents {
            newest.insert(document.id, document);
        }
        let newest: Vec<Document> = newest.into_values().cloned().collect();
        let mut config = Config::compile(self.documents.len() as u64, &newest);
        assert!(config.unreadable().is_empty());
        let missing = self.stored.as_ref().map(|ticket| config.missing(ticket)).unwrap_or_default();
        for wanted in missing {
            let found = self.documents.iter().find(|d| d.id == wanted.id && d.version == wanted.version);
            config.remember(found.unwrap());
        }
        self.config = config;
    }

    // Time.

    /// Lets time pass to a minute, the worker waking the ticket whenever it asks for it.
    pub(super) fn at(&mut self, minutes: i64) -> &mut Self {
        self.until(minute(minutes))
    }

    pub(super) fn until(&mut self, to: Timestamp) -> &mut Self {
        self.assert_accepted();
        self.mark = self.events.len();
        for _ in 0..10_000 {
            let Some(wake_at) = self.stored.as_ref().and_then(|t| t.derived.wake_at).filter(|w| *w <= to)
            else {
                self.now = to;
                return self;
            };
            self.now = self.now.max(wake_at);
            let (mark, before) = (self.mark, self.events.len());
            self.system(&[Command::Wake]);
            assert!(self.events.len() > before, "a wake-up that does nothing comes again for ever");
            self.mark = mark;
        }
        panic!("the ticket never stops waking");
    }

    /// Lets time pass to a minute while the worker sleeps.
    pub(super) fn worker_asleep_until(&mut self, minutes: i64) -> &mut Self {
        self.assert_accepted();
        self.mark = self.events.len();
        self.now = minute(minutes);
        self
    }

    // Carrying out.

    pub(super) fn run(&mut self, actor: ActorRef, commands: &[Command]) -> &mut Self {
        self.assert_accepted();
        self.mark = self.events.len();
        let decide_once = || {
            let ids = Counter::from(self.minted);
            let circumstances = Circumstances { actor, now: self.now, ids: &ids, config: &self.config };
            (decide(self.stored.as_ref(), commands, &circumstances), ids.next())
        };
        let (decision, minted) = decide_once();
        match (decision, decide_once().0) {
            (Ok(decision), Ok(again)) => {
                assert_eq!(decision, again, "the same input decides the same");
                FOLLOWS_ALL.set(true);
                let always = decide_once().0;
                FOLLOWS_ALL.set(false);
                assert_eq!(always.unwrap(), again, "what timers pass over moves none");
                let before = self.stored.replace(decision.ticket);
                self.minted = minted;
                for envelope in &decision.events {
                    self.messages.extend(Message::begin(envelope));
                    self.messages.iter_mut().for_each(|message| message.evolve(envelope));
                }
                self.events.extend(decision.events);
                self.load_config();
                invariants::check(self, before.as_ref());
            }
            (Err(error), Err(_)) => self.refusal = Some(error),
            _ => panic!("the same input decides the same"),
        }
        self
    }

    pub(super) fn system(&mut self, commands: &[Command]) -> &mut Self {
        self.run(ActorRef::SYSTEM, commands)
    }

    pub(super) fn message(&self, author: ActorRef, direction: Direction) -> NewMessage {
        let n = self.messages.len() as u128;
        NewMessage {
            id: MessageId::from_uuid(Uuid::from_u128(0x4000 + n)),
            conversation_id: None,
            direction,
            author,
            author_text: None,
            visibility: Visibility::Public,
            channel: ChannelKind::Email,
            inbox_id: None,
            body: text(n),
            automatic: false,
            thanks: false,
            external_id: None,
            in_reply_to: None,
            delivery: (direction == Direction::Outbound).then_some(Delivery::Queued),
            sent_at: self.now,
            masked: BTreeMap::new(),
        }
    }

    pub(super) fn opening(&self) -> Open {
        Open {
            id: TICKET,
            reference: Reference::from_random(42),
            subject: text(900),
            priority: Priority::Normal,
            channel: ChannelKind::Email,
            direction: Direction::Inbound,
            inbox_id: None,
            brand_id: None,
            language: None,
            customer_id: CUSTOMER,
            team_id: FRONT,
            category: None,
            tags: Vec::new(),
            order_id: None,
            context: Vec::new(),
            external_refs: Vec::new(),
            journey: None,
            team_by: crate::ticket::TeamSource::Default,
            custom_fields: BTreeMap::new(),
            effort: 1,
            skills: Vec::new(),
            preferred: Vec::new(),
            sticky: None,
            follow_up_of: None,
            insight: None,
            conversation_id: THREAD,
            message: self.message(ActorRef::customer(CUSTOMER), Direction::Inbound),
            full: std::collections::BTreeMap::new(),
            keywords: Default::default(),
        }
    }

    pub(super) fn open(&mut self) -> &mut Self {
        let open = self.opening();
        self.run(ActorRef::customer(CUSTOMER), &[Command::Open(Box::new(open))])
    }

    pub(super) fn open_as(&mut self, change: impl FnOnce(&mut Open)) -> &mut Self {
        let mut open = self.opening();
        change(&mut open);
        self.system(&[Command::Open(Box::new(open))])
    }

    /// The desk writes first.
    pub(super) fn open_outbound(&mut self, agent: AgentId) -> &mut Self {
        let message = self.message(ActorRef::agent(agent), Direction::Outbound);
        self.open_as(|open| {
            open.direction = Direction::Outbound;
            open.message = message;
        })
    }

    pub(super) fn receive(
        &mut self,
        owner: OwnerStanding,
        change: impl FnOnce(&mut NewMessage),
    ) -> &mut Self {
        let mut message = self.message(ActorRef::customer(CUSTOMER), Direction::Inbound);
        change(&mut message);
        let receive = Receive { message, owner, keywords: Default::default() };
        self.system(&[Command::Receive(Box::new(receive))])
    }

    pub(super) fn customer_writes(&mut self) -> &mut Self {
        self.receive(OwnerStanding::Available, |_| {})
    }

    pub(super) fn customer_thanks(&mut self) -> &mut Self {
        self.receive(OwnerStanding::Available, |message| message.thanks = true)
    }

    pub(super) fn automatic_reply_arrives(&mut self) -> &mut Self {
        self.receive(OwnerStanding::Available, |message| message.automatic = true)
    }

    pub(super) fn writing(&self, agent: AgentId) -> Write {
        let message = self.message(ActorRef::agent(agent), Direction::Outbound);
        Write { message, status: None, if_last_message: None, live: false, used: None }
    }

    pub(super) fn write(&mut self, agent: AgentId, change: impl FnOnce(&mut Write)) -> &mut Self {
        let mut write = self.writing(agent);
        change(&mut write);
        self.run(ActorRef::agent(agent), &[Command::Write(Box::new(write))])
    }

    /// Answers the customer by mail.
    pub(super) fn reply(&mut self, agent: AgentId) -> &mut Self {
        self.write(agent, |_| {})
    }

    pub(super) fn reply_with(&mut self, agent: AgentId, status: Status) -> &mut Self {
        self.write(agent, |write| write.status = Some(status))
    }

    /// Answers the customer in a chat.
    pub(super) fn chat(&mut self, agent: AgentId) -> &mut Self {
        self.write(agent, |write| write.live = true)
    }

    pub(super) fn note(&mut self, agent: AgentId) -> &mut Self {
        self.write(agent, |write| {
            write.message.visibility = Visibility::Internal;
            write.message.delivery = None;
        })
    }

    pub(super) fn bot_writes(&mut self) -> &mut Self {
        let bot = ActorRef { kind: ActorKind::Bot, id: None };
        let message = self.message(bot, Direction::Outbound);
        let write = Write { message, status: None, if_last_message: None, live: false, used: None };
        self.run(bot, &[Command::Write(Box::new(write))])
    }

    /// The newest message from an agent fails.
    pub(super) fn newest_reply_fails(&mut self) -> &mut Self {
        let message = self.messages.iter().rev().find(|m| m.direction == Direction::Outbound).unwrap();
        self.report(message.clone(), Delivery::Failed)
    }

    /// The channel reports on a message.
    pub(super) fn report(&mut self, message: Message, report: Delivery) -> &mut Self {
        self.system(&[self.reporting(message, report)])
    }

    pub(super) fn reporting(&self, message: Message, report: Delivery) -> Command {
        let unanswered = Unanswered::by(&message, &self.messages);
        Command::Deliver { message: Box::new(message), report, unanswered }
    }

    pub(super) fn assigning(&self, to: Option<AgentId>, team: Option<TeamId>, how: AssignHow) -> Command {
        Command::Assign(Box::new(Assign { to, team, how, reason: None, why: None, over: false }))
    }

    pub(super) fn assign_as(
        &mut self,
        to: Option<AgentId>,
        team: Option<TeamId>,
        how: AssignHow,
    ) -> &mut Self {
        self.system(&[self.assigning(to, team, how)])
    }

    pub(super) fn assign(&mut self, agent: AgentId) -> &mut Self {
        self.assign_as(Some(agent), None, AssignHow::Reassign)
    }

    pub(super) fn return_to_queue(&mut self) -> &mut Self {
        self.system(&[Command::GiveBack(ReturnCause::GivenBack)])
    }

    pub(super) fn transfer(&mut self, team: TeamId) -> &mut Self {
        self.assign_as(None, Some(team), AssignHow::Transfer)
    }

    pub(super) fn move_to(&mut self, to: Status) -> &mut Self {
        self.system(&[Command::Move(Move { to, reason: None, resolution_code: None })])
    }

    pub(super) fn escalate(&mut self, level: Option<u8>) -> &mut Self {
        self.system(&[Command::Escalate(Escalate { level, reason: None })])
    }

    pub(super) fn edit(&mut self, edit: Edit) -> &mut Self {
        self.system(&[Command::Edit(Box::new(edit))])
    }

    pub(super) fn prioritise(&mut self, priority: Priority) -> &mut Self {
        self.edit(Edit { priority: Some(priority), ..Edit::default() })
    }

    pub(super) fn snooze_until(&mut self, minutes: i64) -> &mut Self {
        self.system(&[Command::Snooze(Some(minute(minutes)))])
    }

    pub(super) fn set_aside(&mut self, kind: SetAsideKind) -> &mut Self {
        self.system(&[Command::SetAside { kind, merged_into: None }])
    }

    pub(super) fn restore(&mut self) -> &mut Self {
        self.system(&[Command::Restore])
    }

    pub(super) fn handle(&mut self, agent: AgentId, until: Option<i64>) -> &mut Self {
        self.system(&[Command::Handle { agent, until: until.map(minute) }])
    }

    pub(super) fn wake(&mut self) -> &mut Self {
        self.system(&[Command::Wake])
    }

    pub(super) fn reconfigure(&mut self) -> &mut Self {
        self.system(&[Command::Reconfigure { keywords: None }])
    }
}
