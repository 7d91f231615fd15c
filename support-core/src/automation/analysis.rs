//! What is wrong with a set of rules, each finding with a witness.
//!
//! - **dead**: no ticket makes the condition hold. The witness is the smallest list of tests found that exclude each
//!   other.
//! - **shadowed**: whenever the rule matches, one before it does too, and stops it or decides all that it would. The
//!   witness is a ticket on which both match and the rule behind does nothing of its own.
//! - **conflicting**: two rules that one event wakes want different things of the same ticket. The witness is such a
//!   ticket, and the rule behind was overruled on it.
//! - **cyclic**: rules wake each other until they are cut, in one commit or, by way of the router and of time, over
//!   many. The witness is a ticket on which they were, with the way round. Cycles that share a rule are one finding.
//!
//! A witness was evaluated before it is shown. "No ticket" is a search that came to its end; one that grew too long is
//! given up, and [`Analysis::complete`] says so.

mod round;
mod world;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::config::Config;
use crate::event::Event;
use crate::id::{DocumentId, Ids};
use crate::people::ActorRef;
use crate::ticket::{Circumstances, rehearse};
use crate::time::Timestamp;
use crate::wire::wire_enum;

use super::action::Action;
use super::compiled::Node;
use super::evaluate::{Automations, Rule, Triggers};
use super::rule::{On, Trigger};
use world::{Found, World, search};

/// Looks that one question may take.
const LOOKS_A_QUESTION: usize = 20_000;
/// Looks that an analysis may take: about a second.
const LOOKS: usize = 300_000;
/// Tickets on which a loop is tried.
const TRIES: usize = 32;
/// Most findings.
const FINDINGS: usize = 500;

wire_enum! {
    /// What is wrong with rules.
    FindingKind {
        /// It can never match.
        Dead = "dead",
        /// It can never do anything of its own.
        Shadowed = "shadowed",
        /// They want different things of the same ticket.
        Conflicting = "conflicting",
        /// They wake each other until they are cut.
        Cyclic = "cyclic",
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Analysis {
    /// The findings: dead rules first, then in the order of the rules.
    pub findings: Vec<Finding>,
    /// Whether every question was answered; otherwise some search was given up, and more may be wrong.
    pub complete: bool,
}

/// Something that is wrong with rules.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// What.
    pub kind: FindingKind,
    /// The rules, the one that has its way first; of a cycle, all of it, in the order of the rules.
    pub automations: Vec<DocumentId>,
    /// Of a dead rule: the tests that exclude each other, by their path.
    pub tests: Vec<String>,
    /// A ticket that shows it; none of a dead rule.
    pub witness: Option<Witness>,
}

/// A ticket on which something shows, as conditions see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Witness {
    /// What happens to it; nothing where time alone is enough.
    pub on: Option<On>,
    /// The fields that the rules look at.
    pub fields: BTreeMap<String, Value>,
    /// When.
    pub at: Timestamp,
    /// Of a cycle: the rules that acted, once round, each with what woke it.
    pub way: Vec<Turn>,
}

/// A rule on the way round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Turn {
    /// The rule.
    pub automation: DocumentId,
    /// What woke it.
    pub by: Woken,
}

wire_enum! {
    /// What wakes a rule on the way round.
    Woken {
        /// What happened to the ticket.
        Event = "event",
        /// What a rule before it did, in the same commit.
        Rule = "rule",
        /// The router, which gave the work to somebody.
        Router = "router",
        /// Time.
        Time = "time",
    }
}

struct Search<'a> {
    config: &'a Config,
    ids: &'a dyn Ids,
    looks: usize,
    complete: bool,
}

/// Analyses the automations of a configuration.
#[must_use]
pub fn analyse(config: &Config, ids: &dyn Ids) -> Analysis {
    let mut search = Search { config, ids, looks: LOOKS, complete: true };
    let rules = config.automations().rules();
    let mut findings = Vec::new();
    let mut alive: Vec<&Rule> = Vec::new();
    for rule in rules {
        match search.find(&[(rule.condition(), true)], 1) {
            Found::None => findings.push(search.dead(rule)),
            Found::Worlds(_) | Found::Unknown => alive.push(rule),
        }
    }
    for (place, rule) in alive.iter().enumerate() {
        for before in alive.iter().take(place) {
            if findings.len() < FINDINGS
                && let Some(on) = both_wake(before, rule)
            {
                findings.extend(
                    search.shadowed(before, rule, on).or_else(|| search.conflicting(before, rule, on)),
                );
            }
        }
    }
    findings.extend(search.cyclic(&alive));
    findings.truncate(FINDINGS);
    Analysis { findings, complete: search.complete }
}

/// Names an event that wakes both.
fn both_wake(one: &Rule, other: &Rule) -> Option<On> {
    let (Trigger::On(these), Trigger::On(those)) = (&one.trigger, &other.trigger) else { return None };
    these.iter().copied().find(|on| those.contains(on))
}

/// Tells whether every event that wakes the second wakes the first.
fn always_wakes(first: &Rule, second: &Rule) -> bool {
    let (Trigger::On(these), Trigger::On(those)) = (&first.trigger, &second.trigger) else { return false };
    those.iter().all(|on| these.contains(on))
}

/// Tells whether an action leaves nothing to another that comes after it.
fn covers(first: &Action, second: &Action) -> bool {
    match (first, second) {
        (Action::AddTags(these), Action::AddTags(those))
        | (Action::RemoveTags(these), Action::RemoveTags(those)) => {
            those.iter().all(|tag| these.contains(tag))
        }
        // Raising twice raises twice.
        (Action::RaisePriority, Action::RaisePriority) => false,
        _ => second.contradicts(first) || first.slot().is_some() && first == second,
    }
}

impl Search<'_> {
    fn find(&mut self, goals: &[(&Node, bool)], most: usize) -> Found {
        let mut budget = LOOKS_A_QUESTION.min(self.looks);
        let had = budget;
        let found = search(goals, self.config, most, &mut budget);
        self.looks -= had - budget;
        self.complete &= !matches!(found, Found::Unknown);
        found
    }

    /// Takes away what is not needed for the contradiction.
    fn dead(&mut self, rule: &Rule) -> Finding {
        let mut tests = vec!["condition".to_owned()];
        if let Node::All(parts) = rule.condition() {
            let mut core: Vec<usize> = (0..parts.len()).collect();
            for at in 0..parts.len() {
                let rest: Vec<(&Node, bool)> = core
                    .iter()
                    .filter(|kept| **kept != at)
                    .filter_map(|kept| parts.get(*kept).map(|part| (part, true)))
                    .collect();
                if matches!(self.find(&rest, 1), Found::None) {
                    core.retain(|kept| *kept != at);
                }
            }
            if !core.is_empty() {
                tests = core.into_iter().map(|at| format!("condition.all[{at}]")).collect();
            }
        }
        Finding { kind: FindingKind::Dead, automations: vec![rule.id()], tests, witness: None }
    }

    fn shadowed(&mut self, before: &Rule, rule: &Rule, on: On) -> Option<Finding> {
        let idle = |action: &Action| before.actions.iter().any(|first| covers(first, action));
        let left_nothing = before.stop || rule.actions.iter().all(idle);
        if !left_nothing || !always_wakes(before, rule) {
            return None;
        }
        let alone = self.find(&[(rule.condition(), true), (before.condition(), false)], 1);
        let Found::None = alone else { return None };
        let Found::Worlds(worlds) = self.find(&[(rule.condition(), true), (before.condition(), true)], TRIES)
        else {
            return None;
        };
        let silent = |world: &World| {
            !self.rehearse(world, &[before, rule], on).iter().any(|(actor, event)| {
                *actor == ActorRef::rule(rule.id()) && !matches!(event, Event::AutomationApplied { .. })
            })
        };
        let world = worlds.iter().find(|world| silent(world))?;
        Some(self.finding(FindingKind::Shadowed, &[before, rule], world, Some(on)))
    }

    fn conflicting(&mut self, before: &Rule, rule: &Rule, on: On) -> Option<Finding> {
        let against = |action: &Action| before.actions.iter().any(|first| action.contradicts(first));
        if before.stop || !rule.actions.iter().any(against) {
            return None;
        }
        let Found::Worlds(worlds) = self.find(&[(before.condition(), true), (rule.condition(), true)], TRIES)
        else {
            return None;
        };
        let told = |world: &World| {
            self.rehearse(world, &[before, rule], on).iter().any(|(_, event)| {
                matches!(event, Event::AutomationApplied { automation, overruled, .. }
                    if automation.id == rule.id() && overruled.iter().any(|one| one.by == before.id()))
            })
        };
        let world = worlds.iter().find(|world| told(world))?;
        Some(self.finding(FindingKind::Conflicting, &[before, rule], world, Some(on)))
    }

    /// Lets some rules act on a ticket to which something happens.
    fn rehearse(&self, world: &World, rules: &[&Rule], on: On) -> Vec<(ActorRef, Event)> {
        let config = self.only(rules);
        let circumstances =
            Circumstances { actor: ActorRef::SYSTEM, now: world.now, ids: self.ids, config: &config };
        let decision = rehearse(&world.ticket, Triggers::just(on), &world.occasion, &circumstances);
        decision.events.into_iter().map(|envelope| (envelope.actor, envelope.event)).collect()
    }

    /// Puts nothing but these rules in force.
    fn only(&self, rules: &[&Rule]) -> Config {
        let rules = rules.iter().map(|rule| (*rule).clone()).collect();
        self.config.clone().with_automations(Automations::of(rules))
    }

    fn finding(&self, kind: FindingKind, rules: &[&Rule], world: &World, on: Option<On>) -> Finding {
        let nodes: Vec<&Node> = rules.iter().map(|rule| rule.condition()).collect();
        let witness =
            Witness { on, fields: world.shown(&nodes, self.config), at: world.now, way: Vec::new() };
        let automations = rules.iter().map(|rule| rule.id()).collect();
        Finding { kind, automations, tests: Vec::new(), witness: Some(witness) }
    }
}

#[cfg(test)]
mod tests;
