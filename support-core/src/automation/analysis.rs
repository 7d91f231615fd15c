//! What is wrong with a set of rules, each finding with a witness.
//!
//! - **dead**: no ticket makes the condition hold. The witness is the smallest list of tests found that exclude each
//!   other, or that ask for keyword rules which are switched off or unknown: those rules are named too.
//! - **shadowed**: whenever the rule matches, one before it does too, and stops it or decides all that it would; or
//!   several before it stop it between them. The witness is a ticket on which they match and the rule behind does
//!   nothing of its own.
//! - **conflicting**: two rules that wake together want different things of the same ticket. The witness is such a
//!   ticket, and the rule behind was overruled on it.
//! - **cyclic**: rules wake each other until they are cut, in one commit or, by way of the router and of time, over
//!   many. The witness is a ticket on which they were, with the way round. Cycles that share a rule are one finding.
//!
//! Rules wake together where one event wakes both, or where both wait for the same time since the same moment by the
//! same calendar, or for the same point of the same SLA timer. Rules about time that wait for different times may come
//! to be due at one instant all the same; they are not compared, and neither are rules that several before them decide
//! between them without stopping them.
//!
//! A witness was evaluated before it is shown. "No ticket" is a search that came to its end; one that grew too long is
//! given up, and [`Analysis::complete`] says so.

mod round;
mod together;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use crate::config::Config;
use crate::event::Event;
use crate::id::{DocumentId, Ids};
use crate::people::ActorRef;
use crate::ticket::{Circumstances, rehearse, rehearse_in_time};
use crate::time::Timestamp;
use crate::wire::wire_enum;

use super::action::Action;
use super::compiled::Node;
use super::evaluate::{Automations, Rule, Triggers};
use super::rule::On;
use together::{Wakes, always_wakes, due_soon, in_time};
use world::{Found, World, search, unmatched};

/// Looks that one question may take.
const LOOKS_A_QUESTION: usize = 20_000;
/// Looks that an analysis may take: about a second.
const LOOKS: usize = 300_000;
/// Tickets on which a loop is tried.
const TRIES: usize = 32;
/// Most rules that are asked whether they stop another between them.
const STOPS: usize = 32;
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
    /// Whether every question was answered, of rules that wake together; otherwise some search was given up, and more may
    /// be wrong.
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
    /// Of a dead rule: the keyword rules that these tests name and that match nothing, switched off or unknown.
    pub keyword_rules: BTreeSet<DocumentId>,
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
        let mut alone = false;
        for before in alive.iter().take(place) {
            if findings.len() < FINDINGS
                && let Some(by) = Wakes::both(before, rule)
            {
                let found = search.shadowed(before, rule, by);
                alone |= found.is_some();
                findings.extend(found.or_else(|| search.conflicting(before, rule, by)));
            }
        }
        if !alone && findings.len() < FINDINGS {
            findings.extend(search.shadowed_together(alive.get(..place).unwrap_or_default(), rule));
        }
    }
    findings.extend(search.cyclic(&alive));
    findings.truncate(FINDINGS);
    Analysis { findings, complete: search.complete }
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

    /// Looks for tickets on which a rule matches as something wakes it, and on which more is as wanted.
    fn ask(&mut self, by: Wakes, rule: &Rule, more: &[(&Node, bool)], most: usize) -> Found {
        let in_time = in_time(rule).filter(|_| by == Wakes::Time);
        let mut goals = vec![(rule.condition(), true)];
        goals.extend(more);
        goals.extend(in_time.as_ref().map(|node| (node, true)));
        self.find(&goals, most)
    }

    /// Takes away what is not needed for the contradiction.
    fn dead(&mut self, rule: &Rule) -> Finding {
        let mut tests = vec!["condition".to_owned()];
        let mut keyword_rules = unmatched(rule.condition(), self.config);
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
                let parts = core.iter().filter_map(|at| parts.get(*at));
                keyword_rules = parts.flat_map(|part| unmatched(part, self.config)).collect();
                tests = core.into_iter().map(|at| format!("condition.all[{at}]")).collect();
            }
        }
        let automations = vec![rule.id()];
        Finding { kind: FindingKind::Dead, automations, tests, keyword_rules, witness: None }
    }

    fn shadowed(&mut self, before: &Rule, rule: &Rule, by: Wakes) -> Option<Finding> {
        let idle = |action: &Action| before.actions.iter().any(|first| covers(first, action));
        let left_nothing = before.stop || rule.actions.iter().all(idle);
        if !left_nothing || !always_wakes(before, rule) {
            return None;
        }
        let alone = self.ask(by, rule, &[(before.condition(), false)], 1);
        let Found::None = alone else { return None };
        self.shown_silent(&[before, rule], rule, &[(before.condition(), true)], by)
    }

    /// Finds that rules stop another between them, of which none does so alone.
    fn shadowed_together(&mut self, before: &[&Rule], rule: &Rule) -> Option<Finding> {
        let mut stops: Vec<&Rule> = Vec::new();
        for one in before.iter().copied().filter(|one| one.stop) {
            let meets = Wakes::both(one, rule)
                .is_some_and(|by| !matches!(self.ask(by, rule, &[(one.condition(), true)], 1), Found::None));
            stops.extend(meets.then_some(one));
        }
        if stops.len() < 2 || !self.are_enough(&stops, rule) {
            return None;
        }
        // None is named that is not needed.
        for one in stops.clone() {
            let rest: Vec<&Rule> = stops.iter().copied().filter(|kept| kept.id() != one.id()).collect();
            if self.are_enough(&rest, rule) {
                stops = rest;
            }
        }
        stops.push(rule);
        let by = Wakes::all(rule).into_iter().next()?;
        self.shown_silent(&stops, rule, &[], by)
    }

    /// Tells whether some of these match and stop a rule, whatever wakes it, wherever it matches.
    fn are_enough(&mut self, stops: &[&Rule], rule: &Rule) -> bool {
        if stops.len() > STOPS {
            self.complete = false;
            return false;
        }
        Wakes::all(rule).into_iter().all(|by| {
            let with = stops.iter().filter(|one| by.wakes(one, rule));
            let none: Vec<(&Node, bool)> = with.map(|one| (one.condition(), false)).collect();
            !none.is_empty() && matches!(self.ask(by, rule, &none, 1), Found::None)
        })
    }

    /// Looks for a ticket on which a rule, behind others, does nothing of its own.
    fn shown_silent(
        &mut self,
        rules: &[&Rule],
        rule: &Rule,
        goals: &[(&Node, bool)],
        by: Wakes,
    ) -> Option<Finding> {
        let Found::Worlds(worlds) = self.ask(by, rule, goals, TRIES) else { return None };
        let silent = |world: &World| {
            let events = self.rehearse(world, rules, rule, by);
            let acts = |id: DocumentId| events.iter().any(|(actor, _)| *actor == ActorRef::rule(id));
            let of_its_own = events.iter().any(|(actor, event)| {
                *actor == ActorRef::rule(rule.id()) && !matches!(event, Event::AutomationApplied { .. })
            });
            !of_its_own && (by != Wakes::Time || rules.iter().any(|one| acts(one.id())))
        };
        let Some(world) = worlds.iter().find(|world| silent(world)) else {
            self.complete &= worlds.len() < TRIES && by != Wakes::Time;
            return None;
        };
        Some(self.finding(FindingKind::Shadowed, rules, world, by.on()))
    }

    fn conflicting(&mut self, before: &Rule, rule: &Rule, by: Wakes) -> Option<Finding> {
        let against = |action: &Action| before.actions.iter().any(|first| action.contradicts(first));
        if before.stop || !rule.actions.iter().any(against) {
            return None;
        }
        let Found::Worlds(worlds) = self.ask(by, rule, &[(before.condition(), true)], TRIES) else {
            return None;
        };
        let told = |world: &World| {
            self.rehearse(world, &[before, rule], rule, by).iter().any(|(_, event)| {
                matches!(event, Event::AutomationApplied { automation, overruled, .. }
                    if automation.id == rule.id() && overruled.iter().any(|one| one.by == before.id()))
            })
        };
        let Some(world) = worlds.iter().find(|world| told(world)) else {
            // Of what a calendar counts, no ticket may have been tried at the right instant.
            self.complete &= worlds.len() < TRIES && by != Wakes::Time;
            return None;
        };
        Some(self.finding(FindingKind::Conflicting, &[before, rule], world, by.on()))
    }

    /// Lets some rules act on a ticket to which something happens, or for which the time of `rule` has come.
    fn rehearse(&self, world: &World, rules: &[&Rule], rule: &Rule, by: Wakes) -> Vec<(ActorRef, Event)> {
        let config = self.only(rules);
        let at = |now| Circumstances { actor: ActorRef::SYSTEM, now, ids: self.ids, config: &config };
        let decision = match by {
            Wakes::Event(on) => rehearse(&world.ticket, Triggers::just(on), &world.occasion, &at(world.now)),
            Wakes::Time => {
                let ticket = due_soon(world, rule);
                let now = rule.instant(&ticket, &config).map_or(world.now, |(at, _)| at);
                rehearse_in_time(&ticket, &at(now))
            }
        };
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
        let (tests, keyword_rules) = (Vec::new(), BTreeSet::new());
        Finding { kind, automations, tests, keyword_rules, witness: Some(witness) }
    }
}

#[cfg(test)]
mod tests;
