//! Rules that go round: in one commit, by way of the router, or by way of time.
//!
//! What a rule does can wake others at once, by what the router does next, or because a time begins anew. Rules that
//! could come back to themselves so are tried: a ticket that wakes one of them is carried on, commit by commit, with a
//! router that always finds somebody, or nobody, and a clock that goes from one wake-up to the next, until the desk itself cuts
//! them or nothing more happens. What the desk cut is a cycle, and the ticket is its witness.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::config::{Config, RoutingMode};
use crate::event::{Envelope, Event};
use crate::id::{AgentId, DocumentId, TeamId};
use crate::people::{ActorRef, WorkKind};
use crate::routing::AssignHow;
use crate::sla::deadline::derive;
use crate::ticket::{Circumstances, Command, TURNS_LIMIT, Ticket, command, decide, rehearse};

use super::super::action::Action;
use super::super::evaluate::{Rule, Triggers};
use super::super::rule::{Moment, On, Since, Trigger};
use super::world::{Found, World};
use super::{FINDINGS, Finding, FindingKind, Search, TRIES, Turn, Woken};

/// Commits in a row without a rule that moves anything, after which nothing is expected any more.
const QUIET: usize = 16;
/// Most commits of one try.
const COMMITS: usize = 4_000;
/// What a commit costs, in looks.
const LOOKS_A_COMMIT: usize = 20;
/// Who gets the work where the ticket was nobody's.
const SOMEBODY: AgentId = AgentId::from_uuid(Uuid::from_u128(0xffff_ffff_ffff_ffff_ffff_ffff_ffff_fffd));

/// What wakes rules, as bits: events, and times that begin anew.
type Wakers = u32;
/// The time since the status changed.
const STATUS_TIME: Wakers = 1 << 24;
/// The time since the owner changed.
const OWNER_TIME: Wakers = 1 << 25;
/// The time since the newest message.
const MESSAGE_TIME: Wakers = 1 << 26;
/// Timers.
const TIMERS: Wakers = 1 << 27;
/// Everything that time brings once work waits anew.
const WAITING: Wakers = TIMERS | bit(On::Warned) | bit(On::Breached) | bit(On::Escalated);

const fn bit(on: On) -> Wakers {
    1 << on as u32
}

/// What a rule waits for, of what rules can bring about.
fn needs(rule: &Rule) -> Wakers {
    match &rule.trigger {
        Trigger::On(events) => events.iter().fold(0, |all, on| all | bit(*on)),
        Trigger::Since(Since { moment: Moment::StatusChanged, .. }) => STATUS_TIME,
        Trigger::Since(Since { moment: Moment::OwnerChanged, .. }) => OWNER_TIME,
        Trigger::Since(Since { moment: Moment::LastMessage, .. }) => MESSAGE_TIME,
        // Only people bring these about.
        Trigger::Since(Since {
            moment: Moment::Created | Moment::Unanswered | Moment::LastCustomerMessage,
            ..
        }) => 0,
        Trigger::Timer(_) => TIMERS,
    }
}

/// What a rule's actions bring about: at once, by the router, or with time.
fn brings(rule: &Rule) -> Wakers {
    let moved = bit(On::Assigned) | bit(On::Status) | OWNER_TIME | STATUS_TIME | WAITING;
    rule.actions.iter().fold(0, |all, action| {
        all | match action {
            Action::SetStatus(_) | Action::MoveToTeam(_) | Action::AssignTo(_) => moved,
            Action::SetPriority(_) | Action::RaisePriority => bit(On::Priority),
            Action::AddTags(_) | Action::RemoveTags(_) => bit(On::Tags),
            Action::SetCategory(_) => bit(On::Category),
            Action::SetField(_) => bit(On::Fields),
            // Its team may name another for what is escalated.
            Action::LevelUp => bit(On::Escalated) | moved,
            Action::AddNote(_) => MESSAGE_TIME,
            Action::RequireSkill(_) | Action::Notify(_) | Action::CallWebhook(_) => 0,
        }
    })
}

/// Groups the rules that could come back to themselves: each group by what goes round in it.
fn groups<'a>(rules: &[&'a Rule]) -> Vec<Vec<&'a Rule>> {
    // What follows from each waker, directly at first.
    let mut follows: Vec<Wakers> = (0..Wakers::BITS)
        .map(|at| {
            rules.iter().filter(|rule| needs(rule) >> at & 1 == 1).fold(0, |all, rule| all | brings(rule))
        })
        .collect();
    let of = |follows: &[Wakers], set: Wakers| {
        let bits = follows.iter().enumerate().filter(|(at, _)| set >> at & 1 == 1);
        bits.fold(set, |all, (_, more)| all | more)
    };
    // At most as many steps as there are wakers.
    for _ in 0..Wakers::BITS {
        follows = follows.iter().map(|set| of(&follows, *set)).collect();
    }
    let mut groups: BTreeMap<Wakers, Vec<&Rule>> = BTreeMap::new();
    for rule in rules {
        let back = needs(rule) & of(&follows, brings(rule));
        if back == 0 {
            continue;
        }
        // All that leads back to where it came from goes round together.
        let round = follows.iter().enumerate().filter(|(at, set)| {
            let ahead = of(&follows, back) >> at & 1 == 1;
            ahead && **set & back != 0
        });
        let round = round.fold(0, |all, (at, _)| all | 1 << at);
        groups.entry(round).or_default().push(rule);
    }
    groups.into_values().collect()
}

/// A ticket on which rules were cut.
struct Cut {
    automations: Vec<DocumentId>,
    way: Vec<Turn>,
}

impl Search<'_> {
    /// Finds cycles: one finding for all that share a rule.
    pub(super) fn cyclic(&mut self, rules: &[&Rule]) -> Vec<Finding> {
        let mut findings: Vec<Finding> = Vec::new();
        for group in groups(rules) {
            let config = self.only(&group);
            for start in &group {
                let known = findings.iter().any(|finding| finding.automations.contains(&start.id()));
                if known || findings.len() >= FINDINGS {
                    continue;
                }
                let Some((world, on, cut)) = self.goes_round(start, &group, &config) else { continue };
                let (shares, mut apart): (Vec<Finding>, Vec<Finding>) = findings
                    .into_iter()
                    .partition(|finding| finding.automations.iter().any(|id| cut.automations.contains(id)));
                let mut all = cut.automations.clone();
                all.extend(shares.iter().flat_map(|finding| finding.automations.iter().copied()));
                let members: Vec<&Rule> =
                    group.iter().copied().filter(|rule| all.contains(&rule.id())).collect();
                let mut finding = self.finding(FindingKind::Cyclic, &members, &world, on);
                if let Some(witness) = &mut finding.witness {
                    witness.way = cut.way;
                }
                if let Some(first) = shares.into_iter().next() {
                    finding.witness = first.witness;
                }
                apart.push(finding);
                findings = apart;
            }
        }
        let place =
            |finding: &Finding| rules.iter().position(|rule| finding.automations.first() == Some(&rule.id()));
        findings.sort_by_key(place);
        findings
    }

    /// Looks for a ticket on which a rule comes back to itself.
    fn goes_round(
        &mut self,
        start: &Rule,
        group: &[&Rule],
        config: &Config,
    ) -> Option<(World, Option<On>, Cut)> {
        let Found::Worlds(worlds) = self.find(&[(start.condition(), true)], TRIES) else { return None };
        let ons: Vec<Option<On>> = match &start.trigger {
            Trigger::On(events) => events.iter().copied().map(Some).collect(),
            Trigger::Since(_) | Trigger::Timer(_) => vec![None],
        };
        // With somebody who is given all that waits, and with nobody.
        for routed in [true, false] {
            for world in &worlds {
                for on in &ons {
                    if let Some(cut) = self.carry_on(world, *on, routed, group, config) {
                        return Some((world.clone(), *on, cut));
                    }
                }
            }
        }
        None
    }

    /// Carries a ticket on, commit by commit, until rules are cut or nothing more happens.
    fn carry_on(
        &mut self,
        world: &World,
        on: Option<On>,
        routed: bool,
        group: &[&Rule],
        config: &Config,
    ) -> Option<Cut> {
        let mut now = world.now;
        let mut ticket = world.ticket.clone();
        let owner = ticket.assigned_to.unwrap_or(SOMEBODY);
        ticket.derived = derive(&ticket, config);
        let (mut turns, mut quiet) = (Vec::new(), 0);
        let mut first = on;
        let most = COMMITS.min(group.len() * 2 * usize::from(TURNS_LIMIT + 2) + QUIET);
        for _ in 0..most {
            if self.looks < LOOKS_A_COMMIT {
                self.looks = 0;
                self.complete = false;
                return None;
            }
            self.looks -= LOOKS_A_COMMIT;
            let at = |now| Circumstances { actor: ActorRef::SYSTEM, now, ids: self.ids, config };
            let (by, decision) = if let Some(on) = first.take() {
                (Woken::Event, rehearse(&ticket, Triggers::just(on), &world.occasion, &at(now)))
            } else if routed && is_routed(&ticket, config) {
                let (to, how) = (Some(owner), AssignHow::Auto);
                let assign = command::Assign { to, team: None, how, reason: None, why: None, over: false };
                (Woken::Router, decide(Some(&ticket), &[Command::Assign(Box::new(assign))], &at(now)).ok()?)
            } else {
                now = now.max(ticket.derived.wake_at?);
                (Woken::Time, decide(Some(&ticket), &[Command::Wake], &at(now)).ok()?)
            };
            let acted = turns.len();
            note_turns(&decision.events, by, group, &mut turns);
            quiet = if turns.len() > acted { 0 } else { quiet + 1 };
            for envelope in &decision.events {
                if let Event::AutomationStopped { automations, .. } = &envelope.event {
                    let automations = automations.clone();
                    return Some(Cut { way: once_round(&turns, &automations), automations });
                }
            }
            if quiet > QUIET {
                return None;
            }
            ticket = decision.ticket;
        }
        None
    }
}

/// Tells whether the router would give it to somebody.
fn is_routed(ticket: &Ticket, config: &Config) -> bool {
    let team = config.team(ticket.team_id.unwrap_or(TeamId::DEFAULT));
    ticket.is_queued() && team.is_none_or(|team| team.mode.of(WorkKind::Ticket) != RoutingMode::Manual)
}

/// Notes the rules that acted in a commit, each with what woke it.
fn note_turns(events: &[Envelope], by: Woken, group: &[&Rule], turns: &mut Vec<Turn>) {
    for (place, envelope) in events.iter().enumerate() {
        let Event::AutomationApplied { automation, .. } = &envelope.event else { continue };
        let mine = ActorRef::rule(automation.id);
        let before = events.iter().take(place);
        let of_rules = before.filter(|e| e.actor.rule_id().is_some() && e.actor != mine);
        let triggers = Triggers::of(of_rules.map(|e| &e.event));
        let rule = group.iter().find(|rule| rule.id() == automation.id);
        let by_rule = rule.is_some_and(|rule| triggers.wakes(&rule.trigger));
        turns.push(Turn { automation: automation.id, by: if by_rule { Woken::Rule } else { by } });
    }
}

/// Takes the last time round of those who went round.
fn once_round(turns: &[Turn], members: &[DocumentId]) -> Vec<Turn> {
    let turns: Vec<Turn> = turns.iter().copied().filter(|turn| members.contains(&turn.automation)).collect();
    let Some((last, before)) = turns.split_last() else { return Vec::new() };
    let from = before.iter().rposition(|turn| turn.automation == last.automation).map_or(0, |at| at + 1);
    turns.get(from..).unwrap_or_default().to_vec()
}
