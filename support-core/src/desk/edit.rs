//! Changing a ticket: fields, status, owner, level, sight.

use std::collections::BTreeMap;

use async_trait::async_trait;

use crate::error::Error;
use crate::id::{AgentId, TeamId, TicketId};
use crate::label::Label;
use crate::people::{Actor, ActorRef, Agent, AgentState, Permission, Reach};
use crate::routing::AssignHow;
use crate::store::{StoreExt, TextClass};
use crate::ticket::{
    Command, FieldInput, FieldValue, Participant, Priority, SetAsideKind, Status, StatusCategory, Ticket,
    command,
};
use crate::time::Timestamp;

use super::TicketReply;
use super::assemble::{goes_over, still_there};
use super::message::carry_out;
use super::open::{LIST_LIMIT, check_skills};
use super::run::{Ask, Prepared, UseCase};
use super::texts::{LINE_LIMIT, Texts, check, check_subject};

/// Changes a ticket. What is `None` or empty stays as it is; all of it happens together.
#[derive(Clone, Default)]
pub struct EditTicket {
    /// The ticket.
    pub ticket_id: Option<TicketId>,
    /// New status.
    pub status: Option<Status>,
    /// New priority.
    pub priority: Option<Priority>,
    /// New owner, or none: back to the queue.
    pub assigned_to: Option<Option<AgentId>>,
    /// New team.
    pub team_id: Option<TeamId>,
    /// New subject.
    pub subject: Option<String>,
    /// New category, or none.
    pub category: Option<Option<Label>>,
    /// All tags.
    pub tags: Option<Vec<Label>>,
    /// Tags to add.
    pub add_tags: Vec<Label>,
    /// Tags to remove.
    pub remove_tags: Vec<Label>,
    /// Free fields to set, or to clear.
    pub custom_fields: BTreeMap<Label, Option<FieldInput>>,
    /// Units of capacity that it takes, 1–1,000, or none said: then it is 1. Its owner may go over capacity by it.
    pub effort: Option<Option<u32>>,
    /// All skills that a handler must have, with the least level, 1–5.
    pub skills: Option<Vec<(Label, u8)>>,
    /// All skills that a handler should have, with the level from which one counts, 1–5.
    pub preferred: Option<Vec<(Label, u8)>>,
    /// Language tag in which it is to be answered, or none: in any.
    pub language: Option<Option<Label>>,
    /// Why, for the record.
    pub reason: Option<String>,
    /// How it was resolved.
    pub resolution_code: Option<Label>,
}

impl std::fmt::Debug for EditTicket {
    /// Prints no text.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EditTicket")
            .field("ticket_id", &self.ticket_id)
            .field("status", &self.status)
            .field("priority", &self.priority)
            .finish_non_exhaustive()
    }
}

impl EditTicket {
    /// Changes nothing yet.
    #[must_use]
    pub fn of(ticket_id: TicketId) -> Self {
        Self { ticket_id: Some(ticket_id), ..Self::default() }
    }

    /// Moves to a status.
    #[must_use]
    pub fn status(mut self, status: Status) -> Self {
        self.status = Some(status);
        self
    }

    fn edits_fields(&self) -> bool {
        self.priority.is_some()
            || self.subject.is_some()
            || self.category.is_some()
            || self.tags.is_some()
            || !self.add_tags.is_empty()
            || !self.remove_tags.is_empty()
            || !self.custom_fields.is_empty()
            || self.changes_asks()
    }

    const fn changes_asks(&self) -> bool {
        self.effort.is_some() || self.skills.is_some() || self.preferred.is_some() || self.language.is_some()
    }

    /// Checks what it is to ask of its handler as opening does. Names that it has already may stay.
    fn check_asks(&self, ask: &Ask<'_>, ticket: &Ticket) -> Result<(), Error> {
        for (field, skills, had) in [
            ("skills", &self.skills, &ticket.work.skills),
            ("preferred", &self.preferred, &ticket.work.preferred),
        ] {
            let skills = skills.as_deref().unwrap_or_default();
            check_skills(field, skills)?;
            let new = |skill: &&Label| had.iter().all(|(known, _)| known != *skill);
            ask.check_names(field, skills.iter().map(|(skill, _)| skill).filter(new))?;
        }
        let language = self.language.iter().flatten();
        ask.check_names("language", language.filter(|language| ticket.language.as_ref() != Some(*language)))
    }

    /// What one must be allowed to do for all of it.
    fn permissions(&self) -> Vec<Permission> {
        let moves = self.assigned_to.is_some() || self.team_id.is_some();
        [
            (Permission::TicketUpdate, self.edits_fields()),
            (Permission::TicketStatus, self.status.is_some()),
            (Permission::TicketReassign, moves),
        ]
        .into_iter()
        .filter_map(|(permission, needed)| needed.then_some(permission))
        .collect()
    }

    async fn edit(
        &self,
        ask: &Ask<'_>,
        ticket: &Ticket,
        texts: &mut Texts<'_>,
    ) -> Result<command::Edit, Error> {
        let lists = [
            ("tags", self.tags.as_ref().map_or(0, Vec::len)),
            ("add_tags", self.add_tags.len()),
            ("remove_tags", self.remove_tags.len()),
            ("custom_fields", self.custom_fields.len()),
        ];
        if let Some((field, _)) = lists.into_iter().find(|(_, len)| *len > LIST_LIMIT) {
            return Err(Error::invalid(field, "must be at most 100"));
        }
        let whose = ActorRef::customer(ticket.customer_id);
        let (mut subject, mut keywords) = (None, None);
        if let Some(text) = &self.subject {
            check_subject(text)?;
            let stored = texts.add(whose, TextClass::Public, text, &[]);
            texts.find_by(stored.id, crate::conversation::Visibility::Public, &[&stored.body]);
            keywords = Some(ask.rematched(ticket, &stored.body).await?);
            subject = Some(stored.id);
        }
        let (add_tags, remove_tags) = match &self.tags {
            Some(_) if !self.add_tags.is_empty() || !self.remove_tags.is_empty() => {
                return Err(Error::invalid(
                    "tags",
                    "cannot be given together with `add_tags` or `remove_tags`",
                ));
            }
            Some(tags) => {
                let gone = ticket.tags.iter().filter(|tag| !tags.contains(tag)).cloned().collect();
                (tags.clone(), gone)
            }
            None => (self.add_tags.clone(), self.remove_tags.clone()),
        };
        let mut custom_fields = BTreeMap::new();
        for (key, value) in &self.custom_fields {
            let value = match value {
                Some(value) => Some(value.store(key, whose, texts)?),
                None => None,
            };
            custom_fields.insert(key.clone(), value);
        }
        Ok(command::Edit {
            subject,
            priority: self.priority,
            category: self.category.clone(),
            add_tags,
            remove_tags,
            custom_fields,
            effort: self.effort.map(|effort| effort.unwrap_or(1)),
            skills: self.skills.clone(),
            preferred: self.preferred.clone(),
            language: self.language.clone(),
            insight: None,
            keywords,
        })
    }
}

#[async_trait]
impl UseCase for EditTicket {
    type Reply = TicketReply;

    async fn prepare(&self, ask: &Ask<'_>) -> Result<Prepared<TicketReply>, Error> {
        let id = self.ticket_id.ok_or_else(|| Error::invalid("ticket_id", "must be given"))?;
        let needed = self.permissions();
        let first = needed.first().copied().unwrap_or(Permission::TicketUpdate);
        let ticket = ask.ticket(id, first).await?;
        if let Actor::Customer(_) = ask.actor {
            return Err(Error::Forbidden(first));
        }
        for permission in needed {
            let scope = ask.actor.scope(permission)?;
            if !ticket.with_subject(|subject| scope.sees(subject)) {
                return Err(Error::Forbidden(permission));
            }
        }
        let mut texts = Texts::new(ask, Some(ticket.id));
        let reason = texts.line("reason", self.reason.as_deref())?;
        let mut commands = Vec::new();
        let mut owner = None;
        if self.edits_fields() {
            // What a ticket has already may stay, and be taken from it.
            let category = self.category.iter().flatten();
            ask.check_names(
                "category",
                category.filter(|category| ticket.category.as_ref() != Some(*category)),
            )?;
            let new = |tag: &&Label| !ticket.tags.contains(*tag);
            ask.check_names("tags", self.tags.iter().flatten().filter(new))?;
            ask.check_names("add_tags", self.add_tags.iter().filter(new))?;
            let set = self.custom_fields.iter().filter(|(_, value)| value.is_some()).map(|(key, _)| key);
            ask.check_names("custom_fields", set.filter(|key| !ticket.custom_fields.contains_key(*key)))?;
            self.check_asks(ask, &ticket)?;
            for (key, value) in &self.custom_fields {
                if let Some(FieldInput::Number(number)) = value
                    && ticket.custom_fields.get(key) != Some(&FieldValue::Number(*number))
                {
                    ask.check_number(key, *number)?;
                }
            }
            commands.push(Command::Edit(Box::new(self.edit(ask, &ticket, &mut texts).await?)));
        }
        // The team that it is in already moves nothing, and takes it from nobody.
        let team = self.team_id.filter(|team| ticket.team_id != Some(*team));
        if self.assigned_to.is_some() || team.is_some() {
            let (assign, state) = ask.assign(&ticket, self.assigned_to, team, reason).await?;
            commands.push(Command::Assign(Box::new(assign)));
            owner = state;
        } else if ticket.set_aside.is_none()
            && self.status.is_some_and(|to| to.category() == StatusCategory::Open)
        {
            commands.extend(ask.leave_gone_owner(&ticket).await?);
        }
        if let Some(to) = self.status {
            let resolution_code = self.resolution_code.clone();
            ask.check_names(
                "resolution_code",
                resolution_code.iter().filter(|code| ticket.resolution_code.as_ref() != Some(*code)),
            )?;
            commands.push(Command::Move(command::Move { to, reason, resolution_code }));
        } else if self.resolution_code.is_some() {
            return Err(Error::invalid("resolution_code", "needs a `status`"));
        }
        let mut prepared = carry_out(ask, &ticket, &commands, Vec::new()).await?;
        if !prepared.changes.events.is_empty() {
            texts.finish(&mut prepared.changes);
            owner.into_iter().for_each(|state| still_there(&mut prepared.changes, state));
        }
        Ok(prepared)
    }
}

impl Ask<'_> {
    /// Matches a ticket with another subject. What was written in it is read only where a rule matched that the new
    /// subject does not: it may have matched there.
    async fn rematched(&self, ticket: &Ticket, subject: &str) -> Result<command::Rematched, Error> {
        let mut matched = self.config.keyword_hits(&[subject]);
        let asked = matched.keys().copied().collect();
        if ticket.keywords.keys().any(|rule| !matched.contains_key(rule)) {
            let said = self.desk.said(self.actor.tenant(), ticket).await?;
            let said: Vec<&str> = said.iter().map(String::as_str).collect();
            matched.extend(self.config.keyword_hits(&said));
        }
        Ok(command::Rematched { matched, asked })
    }

    /// Sends a ticket that becomes work again back to the queue where its owner works here no more, or may not answer
    /// customers.
    async fn leave_gone_owner(&self, ticket: &Ticket) -> Result<Option<Command>, Error> {
        let Some(owner) = ticket.assigned_to else { return Ok(None) };
        Ok(self.fit_for_work(owner).await?.err().map(Command::GiveBack))
    }

    /// Checks a new owner or team and makes the command of it; with the new owner's state as it was read.
    pub(super) async fn assign(
        &self,
        ticket: &Ticket,
        to: Option<Option<AgentId>>,
        team: Option<TeamId>,
        reason: Option<crate::id::TextId>,
    ) -> Result<(command::Assign, Option<AgentState>), Error> {
        if let Some(team) = team {
            self.team_in("team_id", team)?;
            self.may_hand_to_team(team)?;
        }
        let mut over = false;
        let mut owner = None;
        if let Some(Some(agent)) = to {
            let (agent, state) = self.agent_in("agent_id", agent).await?;
            over = goes_over(Some(ticket), ticket.units(), &agent, &state);
            self.may_hand_to(&agent)?;
            owner = Some(state);
        }
        let (to, how) = match (to, team) {
            (Some(Some(agent)), _) => (Some(agent), AssignHow::Reassign),
            (Some(None), None) => (None, AssignHow::Return),
            // A ticket that moves to another team waits there for whoever has room.
            (_, Some(_)) => (None, AssignHow::Transfer),
            (None, None) => (ticket.assigned_to, AssignHow::Reassign),
        };
        Ok((command::Assign { to, team, how, reason, why: None, over }, owner))
    }

    /// Checks that the actor may give new work to an agent: to themselves where they may take it, to others where
    /// they may hand it over.
    pub(super) fn may_give_to(&self, agent: &Agent) -> Result<(), Error> {
        if self.actor.as_ref().agent_id() == Some(agent.id) {
            return self.actor.scope(Permission::TicketTake).map(drop);
        }
        self.actor.scope(Permission::TicketReassign)?;
        self.may_hand_to(agent)
    }

    /// With reach `team`, work moves between the own teams only.
    pub(super) fn may_hand_to_team(&self, team: TeamId) -> Result<(), Error> {
        match self.actor {
            Actor::Agent(actor)
                if self.actor.reach(Permission::TicketReassign) != Some(Reach::All)
                    && !actor.teams.contains(&team) =>
            {
                Err(Error::Forbidden(Permission::TicketReassign))
            }
            _ => Ok(()),
        }
    }

    /// With reach `team`, work is handed within the own teams only.
    pub(super) fn may_hand_to(&self, agent: &Agent) -> Result<(), Error> {
        let within_team = match self.actor {
            Actor::Agent(actor) if self.actor.reach(Permission::TicketReassign) != Some(Reach::All) => {
                agent.id == actor.id
                    || agent.team_ids.iter().any(|team| actor.teams.contains(team))
                    || agent.team_ids.is_empty() && actor.teams.contains(&TeamId::DEFAULT)
            }
            _ => true,
        };
        if within_team { Ok(()) } else { Err(Error::Forbidden(Permission::TicketReassign)) }
    }
}

/// A use-case on a ticket that is one command.
macro_rules! ticket_command {
    ($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $field:ident: $kind:ty),* $(,)? } needs $permission:expr, |$this:ident, $ask:ident, $texts:ident| $command:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name {
            /// The ticket.
            pub ticket_id: TicketId,
            $($(#[$fdoc])* pub $field: $kind,)*
        }

        impl std::fmt::Debug for $name {
            /// Prints no text.
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).field("ticket_id", &self.ticket_id).finish_non_exhaustive()
            }
        }

        #[async_trait]
        impl UseCase for $name {
            type Reply = TicketReply;

            async fn prepare(&self, $ask: &Ask<'_>) -> Result<Prepared<TicketReply>, Error> {
                let $this = self;
                let ticket = $ask.ticket(self.ticket_id, $permission).await?;
                if let Actor::Customer(_) = $ask.actor {
                    return Err(Error::Forbidden($permission));
                }
                #[allow(unused_mut, reason = "not every command carries a text")]
                let mut $texts = Texts::new($ask, Some(ticket.id));
                let command = $command;
                let mut prepared = carry_out($ask, &ticket, &[command], Vec::new()).await?;
                if !prepared.changes.events.is_empty() {
                    $texts.finish(&mut prepared.changes);
                }
                Ok(prepared)
            }
        }
    };
}

ticket_command! {
    /// Raises the escalation level.
    Escalate {
        /// Why, 1–1,000 characters.
        reason: String,
        /// To which level, 1–9; `None` is one more.
        level: Option<u8>,
    } needs Permission::TicketEscalate, |this, ask, texts| {
        check("reason", &this.reason, LINE_LIMIT)?;
        let reason = texts.line("reason", Some(&this.reason))?;
        Command::Escalate(command::Escalate { level: this.level, reason })
    }
}

ticket_command! {
    /// Puts a ticket out of sight until an instant, or brings it back.
    Snooze {
        /// Until when; `None` brings it back.
        until: Option<Timestamp>,
    } needs Permission::TicketUpdate, |this, ask, texts| Command::Snooze(this.until)
}

ticket_command! {
    /// Takes a ticket out of the desk's work, as spam or into the bin, where it is erased after the settings' time.
    SetAsideTicket {
        /// Which of the two.
        kind: SetAsideKind,
    } needs Permission::TicketSetAside, |this, ask, texts| {
        if !matches!(this.kind, SetAsideKind::Spam | SetAsideKind::Deleted) {
            return Err(Error::invalid("kind", "must be `spam` or `deleted`"));
        }
        Command::SetAside { kind: this.kind, merged_into: None }
    }
}

ticket_command! {
    /// Brings a ticket back into the desk's work. One whose time in the bin is over stays erased.
    RestoreTicket {} needs Permission::TicketSetAside, |_this, ask, texts| Command::Restore
}

ticket_command! {
    /// Notes that an agent has a ticket open or is writing on it, so that handle time is measured. To be repeated
    /// while it lasts, well within the lease of the settings.
    Handle {
        /// Whether the agent is at it; `false` ends it.
        at_it: bool,
    } needs Permission::TicketRead, |this, ask, texts| {
        let Actor::Agent(agent) = ask.actor else {
            return Err(Error::invalid("state", "is for agents"));
        };
        let until = ask.now.plus_seconds(ask.config.settings.handling_lease_seconds);
        Command::Handle { agent: agent.id, until: this.at_it.then_some(until) }
    }
}

ticket_command! {
    /// Lets somebody take part: a customer in copy, or a colleague who follows.
    AddParticipant {
        /// Who, and how.
        participant: Participant,
    } needs Permission::TicketUpdate, |this, ask, texts| {
        let party = this.participant.party;
        let known = match (party.agent_id(), party.customer_id()) {
            (Some(agent), _) => {
                let works = ask.seat(agent).await?.is_some();
                works.then_some(()).ok_or_else(|| Error::invalid("participant", "must be an active agent"))
            }
            (_, Some(customer)) => {
                let found = ask.store().customer(&ask.system(), customer).await?;
                found.map(drop).ok_or_else(|| Error::invalid("participant", "must be a customer or an agent"))
            }
            _ => Err(Error::invalid("participant", "must be a customer or an agent")),
        };
        known?;
        Command::AddParticipant(this.participant)
    }
}
