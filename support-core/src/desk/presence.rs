//! Whether agents are there: what they say, and what the desk says of those who let work go by.

use std::collections::BTreeMap;

use async_trait::async_trait;

use crate::config::Config;
use crate::conversation::ChannelKind;
use crate::error::{EntityKind, Error};
use crate::event::{Audience, AudienceClass, Envelope, Event, Stream};
use crate::id::{AgentId, EventId, Ids, TeamId};
use crate::people::{
    Actor, ActorRef, Agent, AgentState, Missed, Permission, Presence, Reach, Scope, WorkKind,
};
use crate::routing::{AssignHow, OfferState, ReturnCause, Seat};
use crate::sla::deadline::Unanswered;
use crate::store::{ChangeSet, Key, Record};
use crate::ticket::{Circumstances, Ticket};
use crate::time::Timestamp;

use super::Desk;
use super::agents::AgentReply;
use super::run::{Ask, Options, Prepared, UseCase};
use super::texts::Texts;

/// Says whether an agent is there.
#[derive(Clone)]
pub struct SetPresence {
    /// Whose.
    pub agent_id: AgentId,
    /// Being there or not.
    pub presence: Presence,
    /// Kinds of work taken now; empty is all.
    pub channels: Vec<WorkKind>,
    /// Why, for the record.
    pub reason: Option<String>,
    /// When it falls back to available; not for `available` and `offline`.
    pub until: Option<Timestamp>,
}

impl std::fmt::Debug for SetPresence {
    /// Prints no reason.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SetPresence")
            .field("agent_id", &self.agent_id)
            .field("presence", &self.presence)
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}

impl SetPresence {
    /// Says so until further notice.
    #[must_use]
    pub const fn of(agent_id: AgentId, presence: Presence) -> Self {
        Self { agent_id, presence, channels: Vec::new(), reason: None, until: None }
    }
}

/// Returns when profile, presence or what was missed changed last: their events stand in one stream, in which time never
/// runs back.
pub(super) fn last_change(agent: &Agent, state: &AgentState) -> Timestamp {
    agent.updated_at.max(state.changed_at)
}

/// Makes an event of an agent's stream. Profile and presence count in one sequence.
pub(super) fn agent_event(
    ids: &dyn Ids,
    actor: ActorRef,
    agent: AgentId,
    (seq, at): (u64, Timestamp),
    event: Event,
) -> Envelope {
    let mut audience = Audience::of_tenant(AudienceClass::Internal);
    audience.assignee_before = Some(agent);
    audience.assignee_after = Some(agent);
    let id = EventId::mint(ids, at);
    Envelope { id, stream: Stream::Agent(agent), stream_seq: seq, at, actor, audience, event }
}

impl Ask<'_> {
    /// Makes an event of an agent's stream in the actor's name.
    pub(super) fn agent_event(&self, agent: AgentId, seq: u64, at: Timestamp, event: Event) -> Envelope {
        agent_event(self.ids(), self.actor.as_ref(), agent, (seq, at), event)
    }
}

/// Follows what an event of an agent's stream says of what they missed in a row. The end of a presence that ran out says
/// nothing of the agent, and neither does the same presence said once more, but where the desk had set them away.
pub(super) fn follow_missed(missed: &mut BTreeMap<ChannelKind, u32>, event: &Event) {
    match event {
        Event::AgentMissed { missed: now } => {
            missed.insert(now.channel.clone(), now.in_a_row);
        }
        Event::AgentTookUp { channel } => {
            missed.remove(channel);
        }
        Event::AgentStatusChanged { because: Some(why), .. } => {
            *missed = BTreeMap::from([(why.channel.clone(), why.in_a_row)]);
        }
        Event::AgentStatusChanged { from, to, by_time: false, .. } if from != to || *to == Presence::Away => {
            missed.clear();
        }
        _ => {}
    }
}

/// A ticket whose decision may show that somebody missed it.
pub(super) struct Row<'a> {
    /// Its channel.
    pub(super) channel: &'a ChannelKind,
    /// The ticket before the decision.
    pub(super) before: Option<&'a Ticket>,
    /// What is written before it in the same call of the store.
    pub(super) earlier: &'a [ChangeSet],
}

impl Row<'_> {
    /// Returns since when an agent let a ticket go by: since it was offered to them, or since its customer waits for
    /// their answer.
    fn began(&self, config: &Config) -> Option<Timestamp> {
        let before = self.before?;
        let unanswered = || Unanswered::of(before, config).map(|unanswered| unanswered.since);
        before.offer.as_ref().map(|offer| offer.at).or_else(unanswered)
    }
}

/// Names the agent of whom an event of a ticket shows whether they are at work: `true` where they let it go by, `false`
/// where they themselves took it up, answered, or said that they do not want it.
fn shows(envelope: &Envelope) -> Option<(AgentId, bool)> {
    let me = envelope.actor.agent_id();
    let own = |agent: &AgentId| (me == Some(*agent)).then_some((*agent, false));
    match &envelope.event {
        Event::OfferEnded { agent, state: OfferState::TimedOut, .. }
        | Event::WorkReturned { agent, because: ReturnCause::Unanswered } => Some((*agent, true)),
        Event::OfferEnded { agent, state: OfferState::Accepted | OfferState::Declined, .. }
        | Event::WorkReturned { agent, because: ReturnCause::GivenBack }
        | Event::TicketAssigned { to: Some(agent), how: AssignHow::Take, .. } => own(agent),
        Event::MessageAdded { author, answers: true, .. } => author.agent_id().as_ref().and_then(own),
        _ => None,
    }
}

impl Desk {
    /// Counts what agents miss in a row, by what a decision on a ticket of a channel writes, and sets away who misses too
    /// much, all in the same commit. Tells whether the router has to look.
    ///
    /// Only who is there misses anything: available or busy, and on duty both when it began and now. What began before
    /// this desk ran, or before the settings were as they are, nobody misses.
    ///
    /// # Errors
    /// `Store`.
    pub(super) async fn count_missed(
        &self,
        row: Row<'_>,
        circumstances: &Circumstances<'_>,
        changes: &mut ChangeSet,
    ) -> Result<bool, Error> {
        let Row { channel, earlier, .. } = row;
        let Some(limit) = circumstances.config.settings.away_after_missed.get(channel) else {
            return Ok(false);
        };
        // One decision is about one agent's hands; where it is about more, the last word of each counts.
        let shown: BTreeMap<AgentId, bool> = changes.events.iter().filter_map(shows).collect();
        let config = circumstances.config;
        let from = config.settings_since.max(Some(self.started_at()));
        let began = row.began(config).filter(|began| Some(*began) >= from);
        let mut routes = false;
        for (agent, missed) in shown {
            let Some(seat) = self.seat_after(agent, earlier, changes).await? else { continue };
            let counts = |began: Timestamp| seat.is_on_duty(began) && seat.is_on_duty(circumstances.now);
            if missed && !began.is_some_and(counts) {
                continue;
            }
            let Seat { agent, state: before } = &seat;
            let is_there = matches!(before.presence, Presence::Available | Presence::Busy);
            let row = before.missed.get(channel).copied().unwrap_or_default();
            if !(agent.active && is_there && (missed || row > 0)) {
                continue;
            }
            let in_a_row = row.saturating_add(1);
            let now = || Missed { channel: channel.clone(), in_a_row };
            let (actor, event) = if !missed {
                (circumstances.actor, Event::AgentTookUp { channel: channel.clone() })
            } else if in_a_row < *limit {
                (ActorRef::SYSTEM, Event::AgentMissed { missed: now() })
            } else {
                let (from, to) = (before.presence, Presence::Away);
                let because = Some(now());
                (
                    ActorRef::SYSTEM,
                    Event::AgentStatusChanged { from, to, reason: None, by_time: false, because },
                )
            };
            let at = circumstances.now.max(last_change(agent, before));
            let mut after = AgentState { version: before.version + 1, changed_at: at, ..before.clone() };
            follow_missed(&mut after.missed, &event);
            let leaves = matches!(event, Event::AgentStatusChanged { .. });
            if leaves {
                (after.presence, after.reason, after.until, after.since) = (Presence::Away, None, None, at);
            }
            let mut change = ChangeSet::new(changes.tenant);
            let seq = agent.version + after.version - 1;
            change.events.push(agent_event(circumstances.ids, actor, agent.id, (seq, at), event));
            change.replace(before.version, after);
            changes.absorb(change);
            if leaves {
                let host = Actor::Host(changes.tenant);
                let ask = Ask { now: circumstances.now, ..self.ask(&host, &Options::default()).await? };
                routes |= ask.let_go(ActorRef::SYSTEM, (agent.id, Presence::Away), earlier, changes).await?;
            }
        }
        Ok(routes)
    }

    /// Reads an agent as what is about to be written leaves them.
    async fn seat_after(
        &self,
        id: AgentId,
        earlier: &[ChangeSet],
        changes: &ChangeSet,
    ) -> Result<Option<Seat>, Error> {
        let keys = [Key::Agent(id), Key::AgentState(id)];
        let found = self.store().load(&Scope::system(changes.tenant), &keys).await?;
        let [Some(Record::Agent(agent)), Some(Record::AgentState(stored))] = &*found else { return Ok(None) };
        let sets = earlier.iter().chain(std::iter::once(changes));
        let written = sets.rev().find_map(|set| state_in(set, id));
        let (agent, state) = ((**agent).clone().into(), written.unwrap_or(stored).clone());
        Ok(Some(Seat { agent, state }))
    }
}

/// Finds an agent's state among what a set writes.
pub(super) fn state_in(changes: &ChangeSet, agent: AgentId) -> Option<&AgentState> {
    changes.writes.iter().find_map(|write| match &write.record {
        Record::AgentState(state) if state.agent == agent => Some(state),
        _ => None,
    })
}

#[async_trait]
impl UseCase for SetPresence {
    type Reply = AgentReply;

    async fn prepare(&self, ask: &Ask<'_>) -> Result<Prepared<AgentReply>, Error> {
        let (agent, before) = ask.agent_to_manage(self.agent_id).await?;
        let Some(reach) = ask.actor.reach(Permission::AgentStatus) else {
            return Err(Error::Forbidden(Permission::AgentStatus));
        };
        let mine = ask.actor.as_ref().agent_id() == Some(agent.id);
        let of_team = match ask.actor {
            Actor::Agent(actor) => {
                agent.team_ids.iter().any(|team| actor.teams.contains(team))
                    || agent.team_ids.is_empty() && actor.teams.contains(&TeamId::DEFAULT)
            }
            Actor::Host(_) => true,
            Actor::Customer(_) => false,
        };
        if !(mine || reach == Reach::All || reach == Reach::Team && of_team) {
            return Err(Error::Forbidden(Permission::AgentStatus));
        }
        ask.check_version(EntityKind::Agent, agent.version)?;
        if !agent.active {
            return Err(Error::refused("agent_inactive", "the agent is deactivated"));
        }
        if let Some(until) = self.until {
            if until <= ask.now {
                return Err(Error::invalid("until", "must be in the future"));
            }
            if !matches!(self.presence, Presence::Busy | Presence::Away) {
                return Err(Error::invalid("until", "is for `busy` and `away`"));
            }
        }
        let mut changes = ChangeSet::new(ask.actor.tenant());
        let reply = AgentReply { agent_id: agent.id, version: agent.version };
        let same = before.presence == self.presence
            && before.channels == self.channels
            && before.until == self.until
            && before.away_because().is_none();
        if same {
            return Ok(Prepared::new(changes, reply));
        }
        let mut texts = Texts::new(ask, None);
        let reason = texts.line("reason", self.reason.as_deref())?;
        let at = ask.now.max(last_change(&agent, &before));
        let mut after = AgentState {
            presence: self.presence,
            channels: self.channels.clone(),
            reason,
            until: self.until,
            version: before.version + 1,
            since: at,
            changed_at: at,
            ..before.clone()
        };
        let (from, to) = (before.presence, self.presence);
        let event = Event::AgentStatusChanged { from, to, reason, by_time: false, because: None };
        follow_missed(&mut after.missed, &event);
        let seq = agent.version + after.version - 1;
        changes.events.push(ask.agent_event(agent.id, seq, after.since, event));
        changes.replace(before.version, after);
        texts.finish(&mut changes);
        let leaves = (agent.id, self.presence);
        let let_go = ask.let_go(ask.actor.as_ref(), leaves, &[], &mut changes).await?;
        let routes = let_go || self.presence == Presence::Available;
        Ok(Prepared { changes, reply, routes, configures: false })
    }
}
