//! What the log tells of its aggregates, gathered in one walk beside the proof of its chain.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::conversation::ChannelKind;
use crate::error::Error;
use crate::event::{ChainHash, Event, Stream, chain};
use crate::id::{AgentId, DocumentId, TenantId, TextId, TicketId};
use crate::people::{Agent, AgentState, Presence, Scope};
use crate::routing::AssignHow;
use crate::store::Cursor;
use crate::time::Timestamp;

use super::super::Desk;
use super::super::presence::follow_missed;
use super::epochs::Epochs;
use super::{BATCH, Report};

/// The log up to a place. It holds a few numbers a stream and nothing of the events themselves.
pub(super) struct Log {
    cursor: Cursor,
    head: ChainHash,
    pub(super) streams: HashMap<Stream, Told>,
    pub(super) agents: HashMap<AgentId, ToldAgent>,
    /// Each version of a document of the configuration, in the order in which they came into force.
    pub(super) configured: Vec<(DocumentId, u64)>,
    /// Earlier configurations.
    pub(super) epochs: Epochs,
    /// The tickets of which something was read since somebody watches.
    pub(super) watched: Option<BTreeSet<TicketId>>,
}

/// What a stream tells of its aggregate, whatever it is.
pub(super) struct Told {
    /// Sequence of the newest event.
    pub(super) seq: u64,
    /// When the first one happened.
    pub(super) first: Timestamp,
    /// When the newest one happened.
    pub(super) last: Timestamp,
    /// Whether the aggregate was met in the store.
    pub(super) stored: bool,
}

/// What events tell of an agent. Name, address, role, teams, skills, capacity, shift, the kinds of work that they take
/// and when a presence ends are in no event: those say only that a field changed.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct ToldAgent {
    active: bool,
    version: u64,
    created_at: Timestamp,
    updated_at: Timestamp,
    presence: Presence,
    reason: Option<TextId>,
    missed: BTreeMap<ChannelKind, u32>,
    presence_version: u64,
    since: Timestamp,
    changed_at: Timestamp,
    /// When the router last gave them work; `None` inside where an event of an earlier release does not say.
    pub(super) given: Option<Option<Timestamp>>,
}

impl ToldAgent {
    fn new(at: Timestamp) -> Self {
        Self {
            active: true,
            version: 1,
            created_at: at,
            updated_at: at,
            presence: Presence::Offline,
            reason: None,
            missed: BTreeMap::new(),
            presence_version: 1,
            since: at,
            changed_at: at,
            given: None,
        }
    }

    /// Tells whether profile and presence are what the events make of them.
    pub(super) fn is_told_of(&self, agent: &Agent, state: &AgentState) -> bool {
        let stored = Self {
            active: agent.active,
            version: agent.version,
            created_at: agent.created_at,
            updated_at: agent.updated_at,
            presence: state.presence,
            reason: state.reason,
            missed: state.missed.clone(),
            presence_version: state.version,
            since: state.since,
            changed_at: state.changed_at,
            given: self.given,
        };
        *self == stored
    }

    /// Tells whether the state of fairness is that of the assignments.
    pub(super) fn gave(&self, state: &AgentState) -> bool {
        match self.given {
            None => state.last_assigned_at.is_none(),
            Some(None) => state.last_assigned_at.is_some(),
            Some(given) => state.last_assigned_at == given,
        }
    }
}

impl Log {
    pub(super) fn new(tenant: TenantId) -> Self {
        Self {
            cursor: Cursor::start(),
            head: ChainHash::genesis(tenant),
            streams: HashMap::new(),
            agents: HashMap::new(),
            configured: Vec::new(),
            epochs: Epochs::default(),
            watched: None,
        }
    }

    /// Reads on to the end of the log.
    pub(super) async fn read_on(
        &mut self,
        desk: &Desk,
        tenant: TenantId,
        report: &mut Report,
    ) -> Result<(), Error> {
        let system = Scope::system(tenant);
        loop {
            let page = desk.store().events(&system, &self.cursor, BATCH).await?;
            for logged in &page.events {
                let envelope = &logged.envelope;
                self.head = chain(&self.head, envelope, &logged.json);
                if self.head != logged.hash {
                    report.note(&logged.cursor, "the hash does not follow from the event and the one before");
                    self.head = logged.hash;
                }
                let at = envelope.at;
                let told = self.streams.entry(envelope.stream).or_insert(Told {
                    seq: 0,
                    first: at,
                    last: at,
                    stored: false,
                });
                if envelope.stream_seq != told.seq + 1 {
                    report.note(&logged.cursor, "the stream has a gap");
                }
                told.seq = envelope.stream_seq;
                told.last = at;
                if let (Stream::Ticket(ticket), Some(watched)) = (envelope.stream, &mut self.watched) {
                    watched.insert(ticket);
                }
                if let Stream::Agent(agent) = envelope.stream {
                    self.agents
                        .entry(agent)
                        .or_insert_with(|| ToldAgent::new(at))
                        .evolve(&envelope.event, at);
                }
                if let (Stream::Document(id), Event::ConfigChanged { version, .. }) =
                    (envelope.stream, &envelope.event)
                {
                    self.configured.push((id, *version));
                }
                self.note_given(&envelope.event);
                report.events += 1;
            }
            if page.events.is_empty() && page.next == self.cursor {
                return Ok(());
            }
            self.cursor = page.next;
        }
    }

    fn note_given(&mut self, event: &Event) {
        // Who is asked has had their turn, whatever they answer.
        let (Event::TicketAssigned { to: Some(agent), how: AssignHow::Auto, why, .. }
        | Event::OfferMade { agent, why, .. }) = event
        else {
            return;
        };
        if let Some(agent) = self.agents.get_mut(agent) {
            let at = why.as_ref().and_then(|why| why.assigned_at);
            agent.given = Some(match agent.given {
                None => at,
                Some(before) => before.zip(at).map(|(before, at)| before.max(at)),
            });
        }
    }

    /// Marks an aggregate as met in the store.
    pub(super) fn meet(&mut self, stream: Stream) {
        if let Some(told) = self.streams.get_mut(&stream) {
            told.stored = true;
        }
    }
}

impl ToldAgent {
    fn evolve(&mut self, event: &Event, at: Timestamp) {
        match event {
            Event::AgentChanged { .. } => {
                self.version += 1;
                self.updated_at = at;
            }
            Event::AgentDeactivated {} => {
                self.active = false;
                self.version += 1;
                self.updated_at = at;
            }
            Event::AgentStatusChanged { to, reason, .. } => {
                self.presence = *to;
                self.reason = *reason;
                self.presence_version += 1;
                (self.since, self.changed_at) = (at, at);
            }
            Event::AgentMissed { .. } | Event::AgentTookUp { .. } => {
                self.presence_version += 1;
                self.changed_at = at;
            }
            _ => {}
        }
        follow_missed(&mut self.missed, event);
    }
}
