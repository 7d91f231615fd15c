//! Automations at work: what happened wakes rules, and what they do may wake others.
//!
//! All rules that the same news wakes are evaluated on one snapshot. A rule acts once in a commit, and rules react to
//! rules a bounded number of times, so that every decision ends; a rule that would act again because of what it did
//! itself is a loop, which is cut and told, once.

use std::collections::{BTreeMap, BTreeSet};

use crate::automation::{
    Action, DEPTH_LIMIT, Due, MessageFacts, Occasion, Overruled, Reads, Rule, Snapshot, Trigger, Triggers,
    Was,
};
use crate::error::Error;
use crate::event::Event;
use crate::id::DocumentId;
use crate::people::ActorKind;
use crate::time::Timestamp;

use super::act::{Cause, code};
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
    /// Rules that have acted, in the order in which they did.
    order: Vec<DocumentId>,
    /// Those because of which each of them did.
    ran: BTreeMap<DocumentId, Vec<DocumentId>>,
    /// Whether a cut was told.
    told: bool,
    /// Whether automations that exist no more were looked for.
    forgot: bool,
}

impl Reaction {
    pub(super) const fn of(was: Option<Was>) -> Self {
        Self {
            reacts: true,
            heard: 0,
            was,
            depth: 0,
            order: Vec::new(),
            ran: BTreeMap::new(),
            told: false,
            forgot: false,
        }
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
    /// Of one about time that stops: those behind it that are due with it, with the moment from which each counts.
    stops: Vec<(DocumentId, Timestamp)>,
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

    /// Lets no rule hear of what happened so far.
    pub(super) fn pass_over_news(&mut self) {
        self.reaction.heard = self.events.len();
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
        let mut spent = Vec::new();
        let mut acting = Vec::new();
        for rule in matched {
            let because = self.because(rule, heard);
            let ran = self.reaction.ran.contains_key(&rule.id());
            let by_timer = triggers.of_timers().wakes(&rule.trigger);
            if self.reaction.depth >= DEPTH_LIMIT || ran && because.contains(&rule.id()) {
                loops.push((rule, because));
            } else if !ran && self.after.unattended.is_spent(rule.id()) {
                spent.push(rule);
            } else if !ran {
                acting.push(Woken { rule, counted_from: None, stops: Vec::new(), because, by_timer });
            }
        }
        self.cut(&loops);
        let spent: Vec<DocumentId> =
            spent.into_iter().filter(|rule| self.is_busy(rule)).map(Rule::id).collect();
        self.rest(&spent);
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
        let actors: BTreeSet<DocumentId> = waking.filter_map(|envelope| envelope.actor.rule_id()).collect();
        let ran = actors.iter().filter_map(|id| self.reaction.ran.get_key_value(id));
        let because: BTreeSet<DocumentId> =
            ran.flat_map(|(id, behind)| std::iter::once(id).chain(behind)).copied().collect();
        because.into_iter().collect()
    }

    /// Lets rules act, in order, on one snapshot.
    fn apply(&mut self, rules: Vec<Woken<'a>>) {
        let mut decided: Vec<(DocumentId, &'a Action)> = Vec::new();
        for Woken { rule, counted_from, stops, because, by_timer } in rules {
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
                self.reaction.order.push(rule.id());
                // One about time may act again: what woke it then is woken by it all the same.
                self.reaction.ran.entry(rule.id()).or_default().extend(because);
            }
            let moved = self.events.get(before..).unwrap_or_default().iter().any(|e| moves(&e.event));
            let silent = self.events.len() == before && overruled.is_empty() && refused.is_empty();
            if !silent || counted_from.is_some() {
                let automation = rule.version;
                let forgotten = if counted_from.is_some() { self.forgotten() } else { Vec::new() };
                let event = Event::AutomationApplied {
                    automation,
                    counted_from,
                    overruled,
                    refused,
                    moved,
                    forgotten,
                    passed_over: stops,
                };
                self.record_as(cause, event);
            }
        }
    }

    /// Names the automations about time that acted on the ticket and exist no more; once in a commit.
    fn forgotten(&mut self) -> Vec<DocumentId> {
        if std::mem::replace(&mut self.reaction.forgot, true) {
            return Vec::new();
        }
        self.config().automations().gone(self.after.acted.keys())
    }

    /// Tells once that rules would have gone on, where they had something to do, and names all that took part.
    fn cut(&mut self, loops: &[(&'a Rule, Vec<DocumentId>)]) {
        let mut part: BTreeSet<DocumentId> = BTreeSet::new();
        for (rule, because) in loops.iter().filter(|(rule, _)| self.is_busy(rule)) {
            let id = rule.id();
            let behind = |one: &&DocumentId| {
                // What only led to the loop, or came of it, went round with nobody.
                self.reaction.ran.get(*one).is_some_and(|behind| behind.contains(&id))
            };
            let goes_round = because.contains(&id);
            part.insert(id);
            part.extend(because.iter().filter(|one| !goes_round || behind(one)));
        }
        if !part.is_empty() && !self.reaction.told {
            self.reaction.told = true;
            // In the order in which they acted.
            let rank = |id: &DocumentId| self.reaction.order.iter().position(|ran| ran == id);
            let mut automations: Vec<DocumentId> = part.into_iter().collect();
            automations.sort_by_key(|id| rank(id).unwrap_or(usize::MAX));
            self.stopped(automations, false);
        }
    }

    /// Stops rules that moved the ticket as often as they may while nobody did anything to it, and with them those that
    /// go round with them. They do nothing more on it until somebody does something.
    pub(super) fn rest(&mut self, spent: &[DocumentId]) {
        let spent = spent.iter().copied().filter(|rule| !self.after.unattended.rests(*rule));
        let mut automations: Vec<DocumentId> = spent.collect();
        if !automations.is_empty() {
            automations.extend(self.after.unattended.going_round());
            automations.sort_unstable();
            automations.dedup();
            self.stopped(automations, true);
        }
    }

    /// Says on nobody's account that rules were stopped.
    fn stopped(&mut self, automations: Vec<DocumentId>, unattended: bool) {
        let depth = self.reaction.depth;
        self.record_as(Cause::Asked, Event::AutomationStopped { automations, depth, unattended });
    }

    /// Tells whether a rule has something to do that could wake rules. What only tells people wakes none, and neither
    /// does what is refused.
    fn is_busy(&self, rule: &Rule) -> bool {
        let cause = Cause::Automation { id: rule.id(), by_timer: false };
        let wants = |action: &Action| match action {
            Action::Notify(_) | Action::CallWebhook(_) => false,
            Action::AssignTo(agent) if self.config().has_left(*agent) => false,
            action => self.has_to(cause, action),
        };
        rule.actions.iter().any(wants)
    }

    /// Lets the rules about time act whose instant has come, the earliest first. One that stops has those behind it
    /// passed over that are due at the same instant; what is due later is not concerned, whenever the worker came.
    pub(super) fn act_in_time(&mut self) {
        let config = self.config();
        let timed: Vec<&'a Rule> = config.automations().timed().collect();
        // What is due, by its instant and in the order of the rules, with the moment from which it counts.
        let mut agenda: BTreeMap<(Timestamp, usize), Timestamp> = BTreeMap::new();
        let mut entries: Vec<Option<Timestamp>> = vec![None; timed.len()];
        let mut by_reads: BTreeMap<Reads, Vec<usize>> = BTreeMap::new();
        for (place, rule) in timed.iter().enumerate() {
            by_reads.entry(rule.reads()).or_default().push(place);
        }
        let (mut changed, mut acted) = (Reads::ALL, Vec::new());
        // Each acts once from a moment; one whose moment moves with what it does comes again at a later instant.
        for _ in 0..=timed.len() {
            let concerned = by_reads.iter().filter(|(reads, _)| reads.meets(changed));
            for place in concerned.flat_map(|(_, places)| places).chain(&acted).copied() {
                let (Some(rule), Some(entry)) = (timed.get(place), entries.get_mut(place)) else { continue };
                let due = rule.due(&self.after, config).filter(|due| due.at <= self.at);
                if let Some(at) = std::mem::replace(entry, due.map(|due| due.at)) {
                    agenda.remove(&(at, place));
                }
                agenda.extend(due.map(|Due { at, from, .. }| ((at, place), from)));
            }
            let Some(first) = agenda.keys().next().map(|(at, _)| *at) else { return };
            let due: Vec<(usize, Timestamp)> =
                agenda.range((first, 0)..=(first, usize::MAX)).map(|((_, at), from)| (*at, *from)).collect();
            acted = due.iter().map(|(place, _)| *place).collect::<Vec<usize>>();
            let due = due.into_iter().filter_map(|(place, from)| Some((*timed.get(place)?, from)));
            let (spent, due): (Vec<_>, Vec<_>) =
                due.partition(|(rule, _)| self.after.unattended.is_spent(rule.id()));
            let before = self.events.len();
            self.rest(&spent.into_iter().map(|(rule, _)| rule.id()).collect::<Vec<_>>());
            self.reaction.was = Some(Was::of(&self.after));
            self.apply(until_one_stops(due));
            // What they did may have ended a timer, or begun a lap: others count from that.
            if self.events.len() > before {
                self.move_timers();
            }
            let news = self.events.get(before..).unwrap_or_default();
            changed =
                news.iter().fold(Reads::NONE, |all, envelope| all.and(Reads::changed_by(&envelope.event)));
        }
    }
}

/// Wakes rules about time that are due at one instant, in order, up to the first that stops those behind it.
fn until_one_stops<'a>(mut due: Vec<(&'a Rule, Timestamp)>) -> Vec<Woken<'a>> {
    let woken = due.iter().position(|(rule, _)| rule.stop).map_or(due.len(), |at| at + 1);
    let passed_over = due.split_off(woken).into_iter().map(|(rule, from)| (rule.id(), from)).collect();
    let wake = |(rule, from): (&'a Rule, Timestamp)| {
        let by_timer = matches!(rule.trigger, Trigger::Timer(_));
        Woken { rule, counted_from: Some(from), stops: Vec::new(), because: Vec::new(), by_timer }
    };
    let mut woken: Vec<Woken<'a>> = due.into_iter().map(wake).collect();
    if let Some(last) = woken.last_mut() {
        last.stops = passed_over;
    }
    woken
}

/// Tells whether an event of a rule can wake rules again in a later commit: by way of the router, or of the time since.
const fn moves(event: &Event) -> bool {
    matches!(
        event,
        Event::TicketAssigned { .. } | Event::TicketStatusChanged { .. } | Event::MessageAdded { .. }
    )
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
