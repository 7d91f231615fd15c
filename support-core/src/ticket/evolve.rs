//! How events make tickets, conversations, messages and assignment records.
//!
//! Each record is a fold over its ticket's stream. Evolving never fails and never asks for anything: an event that
//! does not concern a record leaves it as it is.

use std::collections::BTreeMap;

use crate::conversation::{Conversation, ConversationKind, Message};
use crate::event::{Envelope, Event, Stream};
use crate::id::{AgentId, TicketId};
use crate::people::{ActorKind, WorkKind};
use crate::routing::{Asks, AssignHow, Offer, OfferState, ReturnCause};
use crate::sla::{Ledger, Stage};
use crate::store::Assignment;
use crate::time::Timestamp;

use super::{
    Derived, Escalation, Handling, Participant, ParticipantRole, SetAside, SetAsideKind, Status, Ticket,
    Unattended, Work,
};

/// Returns the ticket in whose stream an event stands.
const fn ticket_of(envelope: &Envelope) -> Option<TicketId> {
    match envelope.stream {
        Stream::Ticket(id) => Some(id),
        _ => None,
    }
}

impl Ticket {
    /// Makes a ticket of the event that opened it; nothing of any other event.
    #[must_use]
    pub fn begin(envelope: &Envelope) -> Option<Self> {
        let id = ticket_of(envelope)?;
        let Event::TicketCreated {
            reference,
            subject,
            status,
            priority,
            channel,
            direction,
            inbox_id,
            brand_id,
            language,
            customer_id,
            team_id,
            team_by: _,
            category,
            tags,
            order_id,
            context,
            external_refs,
            custom_fields,
            journey,
            effort,
            skills,
            preferred,
            sticky,
            follow_up_of,
            insight,
            conversation_id,
        } = envelope.event.clone()
        else {
            return None;
        };
        let stage = Stage { from: envelope.at, status, set_aside: false, team: team_id, agent: None };
        Some(Self {
            id,
            reference,
            subject,
            status,
            priority,
            channel,
            direction,
            inbox_id,
            brand_id,
            language,
            customer_id,
            assigned_to: None,
            team_id,
            category,
            tags: tags.into_iter().collect(),
            topics: std::collections::BTreeSet::new(),
            order_id,
            context,
            external_refs,
            custom_fields,
            journey: journey.map(|journey| *journey),
            participants: Vec::new(),
            escalation: None,
            resolution_code: None,
            follow_up_of,
            snoozed_until: None,
            set_aside: None,
            conversation_id,
            last_message_id: None,
            work: Work { since: envelope.at, effort, skills, preferred, sticky, declined: Vec::new() },
            offer: None,
            keywords: BTreeMap::new(),
            insight,
            sla: Ledger { stages: vec![stage], ..Ledger::default() },
            handling: Vec::new(),
            first_responded_at: None,
            last_message_at: None,
            last_customer_message_at: None,
            unanswered_since: None,
            pending_since: (status == Status::Pending).then_some(envelope.at),
            reminded_at: None,
            status_since: envelope.at,
            owner_since: envelope.at,
            acted: BTreeMap::new(),
            unattended: Unattended::default(),
            resolved_at: None,
            closed_at: None,
            reopened_count: 0,
            version: 1,
            stream_seq: envelope.stream_seq,
            created_at: envelope.at,
            updated_at: envelope.at,
            derived: Derived::default(),
        })
    }

    /// Makes a ticket of its events, up to and including `until`. Nothing where it was opened later.
    ///
    /// What is derived is not part of the fold and stays empty.
    #[must_use]
    pub fn fold<'a>(events: impl IntoIterator<Item = &'a Envelope>, until: Timestamp) -> Option<Self> {
        let mut events = events.into_iter().take_while(|envelope| envelope.at <= until);
        let mut ticket = Self::begin(events.next()?)?;
        events.for_each(|envelope| ticket.evolve(envelope));
        Some(ticket)
    }

    /// Applies one event of its stream.
    pub fn evolve(&mut self, envelope: &Envelope) {
        let at = envelope.at;
        self.stream_seq = envelope.stream_seq;
        self.updated_at = at;
        if changes_own_fields(&envelope.event) {
            self.version += 1;
        }
        self.unattended.follow(envelope);
        match &envelope.event {
            Event::ParticipantAdded { participant } => self.add_participant(*participant),
            Event::ParticipantRemoved { party } => self.participants.retain(|p| p.party != *party),
            Event::MessageAdded { message_id, author, asks, answers, sent_at, .. } => {
                self.last_message_id = Some(*message_id);
                self.last_message_at = Some(at);
                if author.kind == ActorKind::Customer {
                    self.last_customer_message_at = Some(at);
                }
                if *asks && self.unanswered_since.is_none() {
                    self.unanswered_since = Some(at);
                    let asked = (*sent_at).min(at).max(self.created_at);
                    // Work that waits already, such as what was returned, keeps its age.
                    if self.is_waiting() {
                        self.work.since = self.work.since.min(asked);
                    } else {
                        self.begin_wait(asked);
                    }
                }
                if *answers {
                    self.unanswered_since = None;
                    self.sla.answered_at = Some(at);
                    self.first_responded_at.get_or_insert(at);
                    self.pending_since = self.pending_since.map(|_| at);
                    self.reminded_at = None;
                }
            }
            Event::MessageDeliveryChanged { lost: Some(lost), .. } => {
                if let Some(since) = lost.unanswered_since {
                    self.unanswered_since = Some(self.unanswered_since.map_or(since, |now| now.min(since)));
                }
                self.sla.answered_at = lost.answered_at;
                if lost.first_response {
                    self.first_responded_at = None;
                }
            }
            Event::TicketStatusChanged { from, to, resolution_code, .. } => {
                self.move_to(*from, *to, at);
                if resolution_code.is_some() {
                    self.resolution_code.clone_from(resolution_code);
                }
            }
            Event::TicketAssigned { from, to, team_to, how, .. } => {
                if to != from {
                    self.owner_since = at;
                }
                self.assigned_to = *to;
                // Who loses it only because they are not there gets it again, should they be back in time.
                self.work.sticky = from.filter(|_| to.is_none() && *how == AssignHow::Absent);
                self.team_id = *team_to;
                if let Some(agent) = from.filter(|agent| Some(*agent) != *to) {
                    let party = crate::people::ActorRef::agent(agent);
                    self.add_participant(Participant { party, role: ParticipantRole::Follower });
                }
                self.sla.hand_over(at, self.team_id, self.assigned_to);
            }
            Event::TicketPriorityChanged { from, to, by_escalation } => {
                self.priority = *to;
                let held = self.sla.held_priority.unwrap_or(*from);
                self.sla.held_priority = by_escalation.then_some(held);
            }
            Event::TicketSubjectChanged { to, .. } => self.subject = *to,
            Event::TicketCategoryChanged { to, .. } => self.category.clone_from(to),
            Event::TicketTagsChanged { added, removed } => {
                self.tags.extend(added.iter().cloned());
                self.tags.retain(|tag| !removed.contains(tag));
            }
            Event::TicketFieldsChanged { from, to } => {
                for key in from.keys() {
                    self.custom_fields.remove(key);
                }
                self.custom_fields.extend(to.iter().map(|(key, value)| (key.clone(), *value)));
            }
            Event::TicketKeywordsMatched { rules, topics } => {
                self.keywords.clone_from(rules);
                self.topics = topics.iter().cloned().collect();
            }
            Event::TicketInsightNoted { insight } => self.insight = Some(insight.clone()),
            Event::TicketEscalated { to, reason, .. } => {
                self.escalation = Some(Escalation { level: *to, reason: *reason, at });
            }
            Event::AutomationApplied {
                automation, counted_from: Some(from), forgotten, passed_over, ..
            } => {
                self.acted.insert(automation.id, *from);
                self.acted.extend(passed_over.iter().copied());
                for rule in forgotten {
                    self.acted.remove(rule);
                }
            }
            Event::TicketSkillsRequired { skills } => self.work.skills.clone_from(skills),
            Event::TicketAsksChanged { to, .. } => {
                let Asks { effort, skills, preferred, language } = &**to;
                self.work.effort = *effort;
                self.work.skills.clone_from(skills);
                self.work.preferred.clone_from(preferred);
                self.language.clone_from(language);
            }
            Event::TicketReminderReached { .. } => self.reminded_at = Some(at),
            Event::TicketSnoozed { until } => self.snoozed_until = Some(*until),
            Event::TicketWoken { .. } => self.snoozed_until = None,
            Event::TicketSetAside { kind, merged_into, erases_at } => {
                let (kind, merged_into, erases_at) = (*kind, *merged_into, *erases_at);
                self.set_aside = Some(SetAside { kind, by: envelope.actor, at, merged_into, erases_at });
            }
            Event::TicketErased {} => {
                let (kind, by) = (SetAsideKind::Erased, envelope.actor);
                self.set_aside = Some(SetAside { kind, by, at, merged_into: None, erases_at: None });
            }
            Event::TicketRestored { .. } => self.set_aside = None,
            Event::SlaApplied { applied, .. } => match applied {
                Some(applied) => self.sla.apply(applied),
                None => self.sla.applied = None,
            },
            Event::SlaTimersMoved { moves } => {
                for step in moves {
                    self.sla.follow(step, at, self.team_id, self.assigned_to);
                }
            }
            Event::SlaBreached { metric, due_at, .. } => {
                if let Some(timer) = self.sla.open_mut(*metric) {
                    timer.breached_at = Some(*due_at);
                }
            }
            Event::SlaWarned { metric, step, policy_change, .. }
            | Event::SlaEscalated { metric, step, policy_change, .. } => {
                if let Some(timer) = self.sla.open_mut(*metric) {
                    timer.note_step(*step, policy_change.then_some(at));
                }
            }
            Event::WorkStarted { agent } => self.handling.push(Handling { agent: *agent, since: at }),
            Event::WorkEnded { agent, .. } => self.handling.retain(|h| h.agent != *agent),
            Event::OfferMade { .. } => self.offer = Offer::begin(envelope).map(Box::new),
            Event::OfferEnded { agent, state, .. } => {
                self.offer = None;
                if matches!(state, OfferState::Declined | OfferState::TimedOut) {
                    self.note_declined(*agent, at);
                }
            }
            // Who is offline or gone, or from whom it was taken, refused nothing.
            Event::WorkReturned { agent, because: ReturnCause::GivenBack | ReturnCause::Unanswered } => {
                self.note_declined(*agent, at);
            }
            _ => {}
        }
        self.sla.note_stage(Stage {
            from: at,
            status: self.status,
            set_aside: self.set_aside.is_some(),
            team: self.team_id,
            agent: self.assigned_to,
        });
    }

    fn move_to(&mut self, from: Status, to: Status, at: Timestamp) {
        self.status = to;
        self.status_since = at;
        self.pending_since = (to == Status::Pending).then_some(at);
        self.reminded_at = None;
        match to {
            Status::Resolved => {
                self.resolved_at = Some(at);
                // Resolving without an answer says that none is owed.
                self.unanswered_since = None;
            }
            Status::Closed => self.closed_at = Some(at),
            _ if from == Status::Resolved => {
                self.resolved_at = None;
                self.resolution_code = None;
                self.reopened_count += 1;
                // The age of reopened work is that of the message that reopened it, or of the reopening itself.
                if self.unanswered_since.is_none() {
                    self.begin_wait(at);
                }
            }
            _ => {}
        }
    }

    /// Has the work wait anew: who refused it in an earlier wait may be asked again.
    fn begin_wait(&mut self, since: Timestamp) {
        self.work.since = since;
        self.work.declined.retain(|(_, at)| *at >= since);
    }

    fn note_declined(&mut self, agent: AgentId, at: Timestamp) {
        self.work.declined.retain(|(declined, _)| *declined != agent);
        self.work.declined.push((agent, at));
        self.work.sticky.take_if(|sticky| *sticky == agent);
    }

    fn add_participant(&mut self, participant: Participant) {
        if self.participants.iter().all(|p| p.party != participant.party) {
            self.participants.push(participant);
        }
    }
}

/// Tells whether an event changes a ticket's own fields, so that an editor who saw the fields before it must look
/// again. Messages, timers and measurements do not.
const fn changes_own_fields(event: &Event) -> bool {
    matches!(
        event,
        Event::ParticipantAdded { .. }
            | Event::ParticipantRemoved { .. }
            | Event::TicketStatusChanged { .. }
            | Event::TicketAssigned { .. }
            | Event::TicketPriorityChanged { .. }
            | Event::TicketSubjectChanged { .. }
            | Event::TicketCategoryChanged { .. }
            | Event::TicketTagsChanged { .. }
            | Event::TicketFieldsChanged { .. }
            | Event::TicketEscalated { .. }
            | Event::TicketSkillsRequired { .. }
            | Event::TicketAsksChanged { .. }
            | Event::TicketSnoozed { .. }
            | Event::TicketWoken { .. }
            | Event::TicketSetAside { .. }
            | Event::TicketErased { .. }
            | Event::TicketRestored { .. }
    )
}

impl Conversation {
    /// Makes a conversation of the event that opened it, be it the ticket's first or a later one.
    #[must_use]
    pub fn begin(envelope: &Envelope) -> Option<Self> {
        let ticket_id = ticket_of(envelope)?;
        let (id, kind, channel, inbox_id) = match &envelope.event {
            Event::TicketCreated { conversation_id, channel, inbox_id, .. } => {
                (*conversation_id, ConversationKind::Customer, channel, *inbox_id)
            }
            Event::ConversationOpened { conversation_id, kind, channel, inbox_id } => {
                (*conversation_id, *kind, channel, *inbox_id)
            }
            _ => return None,
        };
        Some(Self {
            id,
            ticket_id,
            kind,
            channel: channel.clone(),
            inbox_id,
            last_message_at: None,
            created_at: envelope.at,
            stream_seq: envelope.stream_seq,
        })
    }

    /// Applies one event of its ticket's stream.
    pub fn evolve(&mut self, envelope: &Envelope) {
        if let Event::MessageAdded { conversation_id, .. } = &envelope.event
            && *conversation_id == self.id
        {
            self.last_message_at = Some(envelope.at);
            self.stream_seq = envelope.stream_seq;
        }
    }
}

impl Message {
    /// Makes a message of the event that added it.
    #[must_use]
    pub fn begin(envelope: &Envelope) -> Option<Self> {
        let ticket_id = ticket_of(envelope)?;
        let Event::MessageAdded {
            message_id,
            conversation_id,
            direction,
            author,
            author_text,
            visibility,
            channel,
            inbox_id,
            body,
            automatic,
            asks,
            answers,
            answered_since,
            external_id,
            in_reply_to,
            delivery,
            sent_at,
            masked: _,
        } = envelope.event.clone()
        else {
            return None;
        };
        Some(Self {
            id: message_id,
            ticket_id,
            conversation_id,
            seq: envelope.stream_seq,
            direction,
            author,
            author_text,
            visibility,
            channel,
            inbox_id,
            body,
            automatic,
            asks,
            answers,
            answered_since,
            external_id,
            in_reply_to,
            delivery,
            sent_at,
            created_at: envelope.at,
            stream_seq: envelope.stream_seq,
        })
    }

    /// Applies one event of its ticket's stream.
    pub fn evolve(&mut self, envelope: &Envelope) {
        if let Event::MessageDeliveryChanged { message_id, to, .. } = &envelope.event
            && *message_id == self.id
        {
            self.delivery = Some(*to);
            self.stream_seq = envelope.stream_seq;
        }
    }
}

impl Assignment {
    /// Makes an assignment record of the event that changed the owner.
    #[must_use]
    pub fn begin(envelope: &Envelope) -> Option<Self> {
        let ticket_id = ticket_of(envelope)?;
        let Event::TicketAssigned { assignment_id, from, to, team_from, team_to, how, reason, why, over } =
            envelope.event.clone()
        else {
            return None;
        };
        Some(Self {
            id: assignment_id,
            ticket_id,
            work: WorkKind::Ticket,
            from,
            to,
            team_from,
            team_to,
            how,
            by: envelope.actor,
            reason,
            why,
            over,
            at: envelope.at,
            stream_seq: envelope.stream_seq,
        })
    }
}

impl Offer {
    /// Makes an offer of the event that made it.
    #[must_use]
    pub fn begin(envelope: &Envelope) -> Option<Self> {
        let ticket_id = ticket_of(envelope)?;
        let Event::OfferMade { offer_id, agent, team, until, why } = envelope.event.clone() else {
            return None;
        };
        Some(Self {
            id: offer_id,
            ticket_id,
            work: WorkKind::Ticket,
            agent,
            team,
            state: OfferState::Open,
            why,
            reason: None,
            at: envelope.at,
            until,
            ended_at: None,
            stream_seq: envelope.stream_seq,
        })
    }

    /// Applies one event of its ticket's stream.
    pub fn evolve(&mut self, envelope: &Envelope) {
        if let Event::OfferEnded { offer_id, state, reason, .. } = &envelope.event
            && *offer_id == self.id
        {
            self.state = *state;
            self.reason = *reason;
            self.ended_at = Some(envelope.at);
            self.stream_seq = envelope.stream_seq;
        }
    }
}
