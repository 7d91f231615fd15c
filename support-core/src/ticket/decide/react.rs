//! Automations at work: what happened wakes rules, and what they do may wake others.
//!
//! All rules that the same news wakes are evaluated on one snapshot. A rule acts once in a commit, and rules react to
//! rules a bounded number of times, so that every decision ends; a rule that would act again because of what it did
//! itself is a loop, which is cut and told, once.

use crate::automation::{
    Action, DEPTH_LIMIT, Due, MessageFacts, Occasion, Overruled, Rule, Snapshot, Trigger, Triggers, Was,
};
use crate::error::Error;
use crate::event::Event;
use crate::id::DocumentId;
use crate::label::Label;
use crate::people::{ActorKind, ActorRef};
use crate::time::Timestamp;

use super::act::Cause;
use super::{Change, Circumstances, Command, Decision, Ticket};

/// Where the automations of one decision stand.
#[derive(Debug)]
pub(super) struct Reaction {
    /// Whether rules are woken at all.
    reacts: bool,
    /// How many of the events rules have heard of.
    heard: usize,
    /// How the ticket was before what they hear of next.
    was: Option<Was>,
    /// How often rules have acted on what happened.
    depth: u8,
    /// Rules that have acted, each with those because of which it did.
    ran: Vec<(DocumentId, Vec<DocumentId>)>,
    /// Whether a cut was told.
    told: bool,
}

impl Reaction {
    pub(super) const fn of(was: Option<Was>) -> Self {
        Self { reacts: true, heard: 0, was, depth: 0, ran: Vec::new(), told: false }
    }

    /// Lets nothing that happens wake a rule.
    pub(super) const fn silence(&mut self) {
        self.reacts = false;
    }
}

/// A rule that acts.
struct Woken<'a> {
    rule: &'a Rule,
    /// The moment from which a rule about time counts.
    counted_from: Option<Timestamp>,
    /// The rules because of which it was woken.
    because: Vec<DocumentId>,
    /// Whether a timer woke it.
    by_timer: bool,
}

impl<'a> Change<'a> {
    /// Lets rules act on what happened, and on what rules did about it.
    pub(super) fn react(&mut self) {
        while let Some((triggers, occasion)) = self.news() {
            let heard = self.reaction.heard;
            self.reaction.heard = self.events.len();
            if !self.answer(triggers, &occasion, heard) {
                return;
            }
        }
    }

    /// Tells what happened that rules have not heard of; nothing where it concerns none of them.
    pub(super) fn news(&self) -> Option<(Triggers, Occasion)> {
        let aside = self.after.set_aside.is_some();
        if !self.reaction.reacts || aside || self.config().automations().rules().is_empty() {
            return None;
        }
        let news = self.events.get(self.reaction.heard..).unwrap_or_default();
        let triggers = Triggers::of(news.iter().map(|envelope| &envelope.event));
        let message = news.iter().rev().find_map(|envelope| facts(&envelope.event));
        let actor = if self.reaction.depth == 0 { self.circumstances.actor.kind } else { ActorKind::System };
        (!triggers.is_empty()).then_some((triggers, Occasion { message, was: self.reaction.was, actor }))
    }

    /// Lets the rules act that match; tells whether any did. What woke them stands from `heard` on.
    fn answer(&mut self, triggers: Triggers, occasion: &Occasion, heard: usize) -> bool {
        let config = self.config();
        let snapshot = Snapshot { ticket: &self.after, occasion, now: self.at, config };
        let matched: Vec<&'a Rule> = config.automations().matching(triggers, &snapshot).collect();
        if matched.is_empty() {
            return false;
        }
        self.reaction.was = Some(Was::of(&self.after));
        let mut loops = Vec::new();
        let mut acting = Vec::new();
        for rule in matched {
            let because = self.because(rule, heard);
            let by_timer = triggers.of_timers().wakes(&rule.trigger);
            let ran = self.reaction.ran.iter().any(|(id, _)| *id == rule.id());
            if self.reaction.depth >= DEPTH_LIMIT || ran && because.contains(&rule.id()) {
                loops.push(rule);
            } else if !ran {
                acting.push(Woken { rule, counted_from: None, because, by_timer });
            }
        }
        self.cut(&loops);
        if acting.is_empty() {
            return false;
        }
        self.reaction.depth += 1;
        self.apply(acting);
        true
    }

    /// Lists the rules, and those behind them, because of which a rule is woken by what happened from `heard` on.
    fn because(&self, rule: &Rule, heard: usize) -> Vec<DocumentId> {
        let end = self.reaction.heard;
        let news = self.events.get(heard..end).unwrap_or_default().iter();
        let waking = news.filter(|envelope| Triggers::of([&envelope.event]).wakes(&rule.trigger));
        let mut because: Vec<DocumentId> = Vec::new();
        for actor in waking.map(|envelope| envelope.actor) {
            for (id, behind) in &self.reaction.ran {
                if actor == ActorRef::rule(*id) {
                    because.push(*id);
                    because.extend(behind);
                }
            }
        }
        because.sort_unstable();
        because.dedup();
        because
    }

    /// Lets rules act, in order, on one snapshot.
    fn apply(&mut self, rules: Vec<Woken<'a>>) {
        let mut decided: Vec<(DocumentId, &'a Action)> = Vec::new();
        for Woken { rule, counted_from, because, by_timer } in rules {
            let cause = Cause::Automation { id: rule.id(), by_timer };
            let before = self.events.len();
            let (mut overruled, mut refused) = (Vec::new(), Vec::new());
            for (place, action) in (0_u16..).zip(&rule.actions) {
                let earlier =
                    decided.iter().find(|(by, earlier)| *by != rule.id() && action.contradicts(earlier));
                if let Some((by, _)) = earlier {
                    overruled.push(Overruled { action: place, by: *by });
                    continue;
                }
                match self.act(cause, action) {
                    Ok(_) => decided.push((rule.id(), action)),
                    Err(error) => refused.extend(code(&error).map(|code| (place, code))),
                }
            }
            if self.events.len() > before {
                self.reaction.ran.push((rule.id(), because));
            }
            let silent = self.events.len() == before && overruled.is_empty() && refused.is_empty();
            if !silent || counted_from.is_some() {
                let automation = rule.version;
                let event = Event::AutomationApplied { automation, counted_from, overruled, refused };
                self.record_as(cause, event);
            }
        }
    }

    /// Tells once that rules would have gone on, where they had something to do.
    fn cut(&mut self, rules: &[&'a Rule]) {
        let busy = |rule: &&&'a Rule| {
            let cause = Cause::Automation { id: rule.id(), by_timer: false };
            rule.actions
                .iter()
                .any(|action| action.command(&self.after, |text| self.note(cause, text).0).is_some())
        };
        let automations: Vec<DocumentId> = rules.iter().filter(busy).map(|rule| rule.id()).collect();
        if !automations.is_empty() && !self.reaction.told {
            self.reaction.told = true;
            self.record(Event::AutomationStopped { automations, depth: self.reaction.depth });
        }
    }

    /// Lets the rules about time act whose instant has come, the earliest first.
    pub(super) fn act_in_time(&mut self) {
        // Each acts once from a moment; one whose moment moves with what it does comes again at a later instant.
        for _ in 0..=self.config().automations().rules().len() {
            let config = self.config();
            let due: Vec<(&'a Rule, Timestamp, Timestamp)> = {
                let due = config.automations().due(&self.after, config).filter(|due| due.at <= self.at);
                due.map(|Due { rule, at, from }| (rule, at, from)).collect()
            };
            let Some(first) = due.iter().map(|(_, at, _)| *at).min() else { return };
            let due = due.into_iter().filter(|(_, at, _)| *at == first);
            self.reaction.was = Some(Was::of(&self.after));
            let woken = |(rule, _, from): (&'a Rule, Timestamp, Timestamp)| {
                let by_timer = matches!(rule.trigger, Trigger::Timer(_));
                Woken { rule, counted_from: Some(from), because: Vec::new(), by_timer }
            };
            self.apply(due.map(woken).collect());
        }
    }
}

/// What conditions see of a message.
pub(super) fn facts(event: &Event) -> Option<MessageFacts> {
    match event {
        Event::MessageAdded { author, direction, visibility, channel, automatic, asks, .. }
            if !Triggers::of([event]).is_empty() =>
        {
            Some(MessageFacts {
                author: author.kind,
                direction: *direction,
                visibility: *visibility,
                channel: channel.clone(),
                automatic: *automatic,
                asks: *asks,
            })
        }
        _ => None,
    }
}

/// Names the rule of the ticket that refuses an action.
fn code(error: &Error) -> Option<Label> {
    match error {
        Error::Refused(refusal) => refusal.code.parse().ok(),
        _ => "invalid".parse().ok(),
    }
}

/// Decides what automations would do on a ticket if this happened to it now. Nothing else happens.
#[must_use]
pub fn rehearse(
    ticket: &Ticket,
    triggers: Triggers,
    occasion: &Occasion,
    circumstances: &Circumstances<'_>,
) -> Decision {
    let mut change = Change::of(ticket, circumstances);
    change.reaction.was = occasion.was;
    if ticket.set_aside.is_none() && change.answer(triggers, occasion, 0) {
        change.react();
    }
    change.settle()
}

/// Decides what automations about time would do on a ticket now. Nothing else happens.
#[must_use]
pub fn rehearse_in_time(ticket: &Ticket, circumstances: &Circumstances<'_>) -> Decision {
    let mut change = Change::of(ticket, circumstances);
    if ticket.set_aside.is_none() {
        change.act_in_time();
    }
    change.settle()
}

/// Goes on from a decision that is not yet carried out, without waking rules once more.
///
/// # Errors
/// As of [`decide`](super::decide).
pub(crate) fn go_on_quietly(
    decision: Decision,
    commands: &[Command],
    circumstances: &Circumstances<'_>,
) -> Result<Decision, Error> {
    let Decision { ticket, mut events, mut texts } = decision;
    let mut change = Change::of(&ticket, circumstances);
    change.reaction.silence();
    for command in commands {
        change.carry_out(command)?;
    }
    let more = change.settle();
    events.extend(more.events);
    texts.extend(more.texts);
    Ok(Decision { ticket: more.ticket, events, texts })
}
