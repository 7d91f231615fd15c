//! Changing fields, status by hand, sight and escalation.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Error;
use crate::event::Event;
use crate::id::{TeamId, TicketId};
use crate::label::Label;
use crate::routing::{Asks, AssignHow};
use crate::sla::follow::policy_change;
use crate::ticket::command::{Assign, Edit, Escalate, Move, Rematched};
use crate::ticket::{FieldValue, MAX_LEVEL, SetAsideKind, Status, StatusCategory};
use crate::time::Timestamp;

use super::Change;
use super::act::Cause;

/// Most tags of a ticket.
pub(super) const TAG_LIMIT: usize = 100;
/// Most skills that a handler must have.
const SKILL_LIMIT: usize = 100;

impl Change<'_> {
    /// Changes fields; a value that is there already changes nothing.
    ///
    /// A closed ticket takes tags and nothing else.
    pub(super) fn edit(&mut self, edit: &Edit) -> Result<(), Error> {
        let only_tags =
            Edit { add_tags: Vec::new(), remove_tags: Vec::new(), ..edit.clone() } == Edit::default();
        if !only_tags {
            self.refuse_if_closed()?;
        }
        let tags: BTreeSet<&Label> = self.after.tags.iter().chain(&edit.add_tags).collect();
        if tags.into_iter().filter(|tag| !edit.remove_tags.contains(tag)).count() > TAG_LIMIT {
            return Err(Error::invalid("tags", "must be at most 100"));
        }
        check_fields(edit.custom_fields.iter().map(|(key, value)| (key, value.as_ref())))?;
        edit.effort.map_or(Ok(()), check_effort)?;
        if let Some(to) = edit.subject
            && to != self.after.subject
        {
            self.record(Event::TicketSubjectChanged { from: self.after.subject, to });
        }
        if let Some(to) = edit.priority
            && to != self.after.priority
        {
            let by_escalation = self.cause.escalates();
            self.record(Event::TicketPriorityChanged { from: self.after.priority, to, by_escalation });
        }
        if let Some(to) = &edit.category
            && *to != self.after.category
        {
            self.record(Event::TicketCategoryChanged { from: self.after.category.clone(), to: to.clone() });
        }
        self.change_tags(&edit.add_tags, &edit.remove_tags);
        self.change_fields(&edit.custom_fields);
        self.change_asks(edit);
        if let Some(insight) = &edit.insight
            && self.after.insight.as_ref() != Some(insight)
        {
            self.record(Event::TicketInsightNoted { insight: insight.clone() });
        }
        if let Some(anew) = &edit.keywords {
            self.rematch_keywords(anew);
        }
        Ok(())
    }

    pub(super) fn change_tags(&mut self, add: &[Label], remove: &[Label]) {
        let mut added: Vec<Label> = Vec::new();
        for tag in add {
            let known = self.after.tags.contains(tag) || added.contains(tag) || remove.contains(tag);
            if !known {
                added.push(tag.clone());
            }
        }
        let removed: BTreeSet<&Label> = remove.iter().filter(|tag| self.after.tags.contains(*tag)).collect();
        let removed: Vec<Label> = removed.into_iter().cloned().collect();
        if !added.is_empty() || !removed.is_empty() {
            self.record(Event::TicketTagsChanged { added, removed });
        }
    }

    fn change_fields(&mut self, fields: &BTreeMap<Label, Option<FieldValue>>) {
        let mut from = BTreeMap::new();
        let mut to = BTreeMap::new();
        for (key, value) in fields {
            let had = self.after.custom_fields.get(key);
            if had == value.as_ref() {
                continue;
            }
            from.extend(had.map(|had| (key.clone(), *had)));
            to.extend(value.map(|value| (key.clone(), value)));
        }
        if !from.is_empty() || !to.is_empty() {
            self.record(Event::TicketFieldsChanged { from, to });
        }
    }

    fn change_asks(&mut self, edit: &Edit) {
        let from = Asks::of_ticket(&self.after);
        let kept = from.clone();
        let to = Asks {
            effort: edit.effort.unwrap_or(kept.effort),
            skills: edit.skills.clone().unwrap_or(kept.skills),
            preferred: edit.preferred.clone().unwrap_or(kept.preferred),
            language: edit.language.clone().unwrap_or(kept.language),
        };
        let to = to.in_order();
        if to != from {
            self.record(Event::TicketAsksChanged { from: Box::new(from), to: Box::new(to) });
        }
    }

    pub(super) fn move_by_hand(&mut self, to: &Move) -> Result<(), Error> {
        self.move_to(to.to, self.cause.of_status(), to.reason, to.resolution_code.clone())
    }

    /// Raises the level, which never falls, and passes the ticket on to where its team's escalated tickets go.
    pub(super) fn escalate(&mut self, escalate: &Escalate) -> Result<(), Error> {
        self.refuse_if_closed()?;
        let from = self.after.escalation.map_or(0, |escalation| escalation.level);
        let to = escalate.level.unwrap_or(from.saturating_add(1));
        if to > MAX_LEVEL {
            return Err(Error::invalid("level", "must be at most 9"));
        }
        if to <= from {
            return Err(Error::invalid("level", format!("must be above the present level, {from}")));
        }
        let by_timer = if let Cause::Ladder(metric, _) = self.cause { Some(metric) } else { None };
        self.record(Event::TicketEscalated { from, to, reason: escalate.reason, by_timer });
        let team = self.after.team_id.and_then(|team| self.config().team(team)?.escalation_team_id);
        let in_force = |team: &TeamId| self.config().team(*team).is_some();
        match team.filter(in_force) {
            Some(team) if self.after.set_aside.is_none() && self.after.team_id != Some(team) => {
                let (how, reason) = (AssignHow::Escalation, escalate.reason);
                self.assign(&Assign { to: None, team: Some(team), how, reason, why: None, over: false })
            }
            _ => Ok(()),
        }
    }

    /// Demands skills of whoever handles it; a demand never falls.
    pub(super) fn require_skills(&mut self, required: &[(Label, u8)]) -> Result<(), Error> {
        self.refuse_if_closed()?;
        let mut skills = self.after.work.skills.clone();
        for (skill, level) in required {
            match skills.iter_mut().find(|(known, _)| known == skill) {
                Some((_, at)) => *at = (*at).max(*level),
                None => skills.push((skill.clone(), *level)),
            }
        }
        if skills.len() > SKILL_LIMIT {
            return Err(Error::invalid("skills", "must be at most 100"));
        }
        if skills != self.after.work.skills {
            self.record(Event::TicketSkillsRequired { skills });
        }
        Ok(())
    }

    /// Puts the ticket out of sight until an instant, or brings it back.
    pub(super) fn snooze(&mut self, until: Option<Timestamp>) -> Result<(), Error> {
        match until {
            Some(until) => {
                if self.after.status.category() == StatusCategory::Closed {
                    return Err(Error::refused("ticket_resolved", "a resolved ticket cannot be snoozed"));
                }
                if until <= self.at {
                    return Err(Error::invalid("until", "must be in the future"));
                }
                if self.after.snoozed_until != Some(until) {
                    self.record(Event::TicketSnoozed { until });
                }
            }
            None if self.after.snoozed_until.is_some() => self.record(Event::TicketWoken { by_time: false }),
            None => {}
        }
        Ok(())
    }

    pub(super) fn set_aside(
        &mut self,
        kind: SetAsideKind,
        merged_into: Option<TicketId>,
    ) -> Result<(), Error> {
        if merged_into == Some(self.after.id) {
            return Err(Error::invalid("into", "must be another ticket"));
        }
        match self.after.set_aside {
            Some(aside) if aside.kind == kind => Ok(()),
            Some(aside) => {
                Err(Error::refused("ticket_set_aside", format!("the ticket is set aside as {}", aside.kind)))
            }
            None if kind == SetAsideKind::Erased => {
                Err(Error::invalid("kind", "must be `spam`, `deleted` or `merged`"))
            }
            None => {
                let bin = self.at.plus_seconds(self.config().settings.bin_seconds);
                let erases_at = (kind == SetAsideKind::Deleted).then_some(bin);
                self.record(Event::TicketSetAside { kind, merged_into, erases_at });
                Ok(())
            }
        }
    }

    pub(super) fn restore(&mut self) -> Result<(), Error> {
        match self.after.set_aside {
            Some(aside) => {
                self.record(Event::TicketRestored { kind: aside.kind });
                if self.after.unanswered_since.is_some_and(|since| since > aside.at) {
                    // The customer wrote meanwhile.
                    self.take_up();
                }
                Ok(())
            }
            None => Err(Error::refused("ticket_not_set_aside", "the ticket is not set aside")),
        }
    }

    /// Takes over a changed configuration.
    pub(super) fn reconfigure(&mut self, keywords: Option<&Rematched>) {
        if let Some(anew) = keywords {
            self.rematch_keywords(anew);
        }
        // Nothing happened to the ticket: the rules about it changed.
        self.pass_over_news();
        if self.after.status == Status::Closed || policy_change(&self.after, self.config()).is_none() {
            return;
        }
        // What was owed before the change is not its doing.
        self.climb();
        if self.after.set_aside.is_none() {
            self.act_in_time();
        }
        self.react();
        self.move_timers();
        self.change_policy(true);
    }

    /// Refuses from the instant at which the time in the bin ends, whether or not the worker came to erase.
    pub(super) fn refuse_if_erased(&self) -> Result<(), Error> {
        match self.after.set_aside {
            Some(aside) if aside.is_over(self.at) => Err(Error::refused(
                "ticket_erased",
                "the ticket's time in the bin is over; its texts are erased",
            )),
            _ => Ok(()),
        }
    }

    pub(super) fn refuse_if_closed(&self) -> Result<(), Error> {
        if self.after.status == Status::Closed {
            return Err(Error::refused("ticket_closed", "the ticket is closed"));
        }
        Ok(())
    }
}

/// Checks the units of capacity that a ticket takes.
pub(super) fn check_effort(effort: u32) -> Result<(), Error> {
    if (1..=1_000).contains(&effort) {
        Ok(())
    } else {
        Err(Error::invalid("effort", "must be 1 to 1000 units"))
    }
}

/// Checks values of free fields.
pub(super) fn check_fields<'a>(
    mut fields: impl Iterator<Item = (&'a Label, Option<&'a FieldValue>)>,
) -> Result<(), Error> {
    let endless = |value: Option<&FieldValue>| matches!(value, Some(FieldValue::Number(n)) if !n.is_finite());
    match fields.find(|(_, value)| endless(*value)) {
        Some((key, _)) => Err(Error::invalid(format!("custom_fields.{key}"), "must be a finite number")),
        None => Ok(()),
    }
}
