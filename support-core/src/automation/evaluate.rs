//! All automations of a desk, compiled: which of them match, in their order.
//!
//! Rules are indexed by what wakes them, as sets of bits in the order of the rules, so that an event looks at those
//! rules alone that it can wake, each once, in order, and without allocating anything for them.

use std::collections::BTreeSet;

use crate::event::Event;
use crate::id::DocumentId;
use crate::sla::calendar::Pauses;
use crate::sla::{ConfigRef, TimerState};
use crate::ticket::{Status, Ticket};
use crate::time::Timestamp;

use crate::config::Config;

use super::action::Action;
use super::compiled::{Node, Occasion, Snapshot};
use super::condition::Condition;
use super::reads::Reads;
use super::rule::{AutomationSpec, Moment, On, Since, Timer, Trigger};
use super::trace::Trace;

/// How often rules may react to what rules did, in one commit. What would go on then is cut, and told.
pub const DEPTH_LIMIT: u8 = 8;

/// The automations in force, in their order.
#[derive(Debug, Clone, Default)]
pub struct Automations {
    rules: Vec<Rule>,
    /// For each event, the rules that it wakes.
    on: Vec<Bits>,
    /// Rules about time.
    timed: Vec<usize>,
    /// All that exist, those that are not in force among them.
    known: BTreeSet<DocumentId>,
}

/// A compiled automation.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The document's version.
    pub version: ConfigRef,
    /// What wakes it.
    pub trigger: Trigger,
    /// What it does, in order.
    pub actions: Vec<Action>,
    /// Whether rules behind it are passed over where it matches.
    pub stop: bool,
    condition: Node,
    /// What of a ticket decides when it is due.
    reads: Reads,
}

/// A condition, compiled: which tickets something is for.
#[derive(Debug, Clone)]
pub struct Guard(Node);

impl Guard {
    /// Compiles a condition.
    #[must_use]
    pub fn new(condition: &Condition) -> Self {
        Self(condition.compile())
    }

    /// Tells whether it holds.
    #[must_use]
    pub fn admits(&self, snapshot: &Snapshot<'_>) -> bool {
        self.0.holds(snapshot)
    }
}

/// A set of rules, by their place.
type Bits = Vec<u64>;

/// What happened, as a set of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Triggers(u32);

impl Triggers {
    /// Nothing.
    pub const NONE: Self = Self(0);

    /// Collects what events are to rules.
    pub fn of<'a>(events: impl IntoIterator<Item = &'a Event>) -> Self {
        Self(events.into_iter().filter_map(On::of).fold(0, |all, on| all | 1 << on as u32))
    }

    /// Just this.
    #[must_use]
    pub const fn just(on: On) -> Self {
        Self(1 << on as u32)
    }

    /// This and that.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Tells whether nothing happened that wakes a rule.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Leaves only what timers do.
    #[must_use]
    pub const fn of_timers(self) -> Self {
        Self(self.0 & Self::just(On::Warned).and(Self::just(On::Breached)).0)
    }

    /// Tells whether a trigger is among it.
    #[must_use]
    pub fn wakes(self, trigger: &Trigger) -> bool {
        matches!(trigger, Trigger::On(events) if events.iter().any(|on| self.0 >> *on as u32 & 1 == 1))
    }
}

/// A rule about time whose instant is known.
#[derive(Debug, Clone, Copy)]
pub struct Due<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// When it is to act.
    pub at: Timestamp,
    /// The moment from which it counts: it acts once from each.
    pub from: Timestamp,
}

impl Rule {
    /// Compiles an automation.
    #[must_use]
    pub fn new(version: ConfigRef, spec: &AutomationSpec) -> Self {
        let condition = spec.condition.as_ref().map_or_else(|| Node::All(Box::default()), |c| c.compile());
        let (trigger, actions, stop) = (spec.trigger.clone(), spec.actions.clone(), spec.stop);
        let reads = Reads::of(&trigger, &condition);
        Self { version, trigger, actions, stop, condition, reads }
    }

    /// Returns its document.
    #[must_use]
    pub const fn id(&self) -> DocumentId {
        self.version.id
    }

    /// Tells whether its condition holds.
    #[must_use]
    pub fn holds(&self, snapshot: &Snapshot<'_>) -> bool {
        self.condition.holds(snapshot)
    }

    /// Tells whether its condition holds, and if not, because of which test.
    #[must_use]
    pub fn trace(&self, snapshot: &Snapshot<'_>) -> Trace {
        let failure = self.condition.failure("condition", snapshot);
        Trace { automation: self.version, matched: failure.is_none(), failure }
    }

    pub(super) const fn condition(&self) -> &Node {
        &self.condition
    }

    /// Returns what of a ticket decides when it is due.
    pub(crate) const fn reads(&self) -> Reads {
        self.reads
    }

    /// Returns what it has to do on a ticket with time, as [`Automations::due`] says.
    pub(crate) fn due(&self, ticket: &Ticket, config: &Config) -> Option<Due<'_>> {
        if ticket.status == Status::Closed {
            return None;
        }
        let (at, from) = self.instant(ticket, config)?;
        if ticket.acted.get(&self.id()) == Some(&from) || ticket.unattended.rests(self.id()) {
            return None;
        }
        let snapshot = Snapshot { ticket, occasion: &Occasion::TIME, now: at, config };
        self.holds(&snapshot).then_some(Due { rule: self, at, from })
    }

    /// Returns when it is to act on a ticket, and from when it counts; nothing for a rule about events, where its
    /// moment has not come about, or where a change of policy passed it over.
    #[must_use]
    pub fn instant(&self, ticket: &Ticket, config: &Config) -> Option<(Timestamp, Timestamp)> {
        match &self.trigger {
            Trigger::On(_) => None,
            Trigger::Since(Since { moment, seconds, calendar_id }) => {
                let from = match moment {
                    Moment::Created => Some(ticket.created_at),
                    Moment::StatusChanged => Some(ticket.status_since),
                    Moment::OwnerChanged => Some(ticket.owner_since),
                    Moment::Unanswered => ticket.unanswered_since,
                    Moment::LastMessage => ticket.last_message_at,
                    Moment::LastCustomerMessage => ticket.last_customer_message_at,
                }?;
                let at = match calendar_id {
                    None => from.plus_seconds(i64::try_from(*seconds).unwrap_or(i64::MAX)),
                    Some(id) => {
                        let calendar = config.calendar(config.calendar_in_force(*id));
                        calendar.due(from, *seconds, &Pauses::default())?
                    }
                };
                Some((at, from))
            }
            Trigger::Timer(Timer { metric, when }) => {
                let timer = ticket.sla.open(*metric).filter(|timer| timer.state == TimerState::Running)?;
                let at = timer.point(*when, &timer.standstill(), config)?;
                (!timer.passes_over(self.id(), *when, at)).then_some((at, timer.started_at))
            }
        }
    }

    /// Tells which point of an open timer it has behind it by `now`, also where the timer stands still, and since when
    /// that counts.
    pub(crate) fn point_behind(
        &self,
        ticket: &Ticket,
        now: Timestamp,
        config: &Config,
    ) -> Option<(Timer, Timestamp)> {
        let Trigger::Timer(point) = self.trigger else { return None };
        let timer = ticket.sla.open(point.metric)?;
        let at = timer.point(point.when, &timer.standstill_until(now), config)?;
        (at <= now).then_some((point, timer.started_at))
    }
}

impl Automations {
    /// Compiles the automations in force. Their order in `specs` makes no difference.
    #[must_use]
    pub fn compile(specs: &[(ConfigRef, AutomationSpec)]) -> Self {
        let mut specs: Vec<&(ConfigRef, AutomationSpec)> =
            specs.iter().filter(|(_, spec)| spec.active).collect();
        specs.sort_by_key(|(version, spec)| (spec.position, version.id));
        Self::of(specs.into_iter().map(|(version, spec)| Rule::new(*version, spec)).collect())
    }

    /// Names those that exist and are not in force: switched off, or of a shape that this release does not know.
    #[must_use]
    pub fn beside(mut self, dormant: impl IntoIterator<Item = DocumentId>) -> Self {
        self.known.extend(dormant);
        self
    }

    /// Lists those of some automations that exist no more.
    pub(crate) fn gone<'a>(&self, ids: impl Iterator<Item = &'a DocumentId>) -> Vec<DocumentId> {
        ids.filter(|id| !self.known.contains(*id)).copied().collect()
    }

    /// Indexes rules that stand in their order.
    #[must_use]
    pub fn of(rules: Vec<Rule>) -> Self {
        let mut on: Vec<Bits> = vec![vec![0; rules.len().div_ceil(64)]; On::ALL.len()];
        let mut timed = Vec::new();
        for (place, rule) in rules.iter().enumerate() {
            let Trigger::On(events) = &rule.trigger else {
                timed.push(place);
                continue;
            };
            for event in events {
                if let Some(word) = on.get_mut(*event as usize).and_then(|bits| bits.get_mut(place / 64)) {
                    *word |= 1 << (place % 64);
                }
            }
        }
        let known = rules.iter().map(Rule::id).collect();
        Self { rules, on, timed, known }
    }

    /// Lists all of them, in order.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Lists the rules that what happened wakes and whose condition holds, in order, as far as none stops it. Those that
    /// were stopped on the ticket are passed over.
    pub fn matching<'a, 's>(
        &'a self,
        triggers: Triggers,
        snapshot: &'s Snapshot<'s>,
    ) -> impl Iterator<Item = &'a Rule> + use<'a, 's> {
        let mut stopped = false;
        let rests = |rule: &Rule| snapshot.ticket.unattended.rests(rule.id());
        self.woken(triggers).filter(move |rule| !rests(rule) && rule.holds(snapshot)).take_while(
            move |rule| {
                let go_on = !stopped;
                stopped |= rule.stop;
                go_on
            },
        )
    }

    /// Lists the rules that what happened wakes, in order.
    pub fn woken(&self, triggers: Triggers) -> impl Iterator<Item = &Rule> {
        let words = self.rules.len().div_ceil(64);
        let sets = On::ALL.iter().filter(move |on| triggers.0 >> **on as u32 & 1 == 1);
        let sets = sets.filter_map(|on| self.on.get(*on as usize));
        (0..words).flat_map(move |word| {
            let mut bits = sets.clone().filter_map(|set| set.get(word)).fold(0, |all, bits| all | bits);
            std::iter::from_fn(move || {
                let bit = bits.trailing_zeros();
                (bits != 0).then(|| {
                    bits &= bits - 1;
                    word * 64 + bit as usize
                })
            })
            .filter_map(|place| self.rules.get(place))
        })
    }

    /// Lists the rules about time that have something to do on a ticket and have not done it, with their instants: a
    /// rule acts once from each moment that it counts from. Those that were stopped on it are passed over. Conditions are read at the rule's own instant, so that a
    /// desk that was switched off does what was to be done then. A closed ticket is left alone.
    pub fn due<'a, 't>(
        &'a self,
        ticket: &'t Ticket,
        config: &'t Config,
    ) -> impl Iterator<Item = Due<'a>> + use<'a, 't> {
        self.timed().filter_map(move |rule| rule.due(ticket, config))
    }

    /// Lists the rules about time, in order.
    pub(crate) fn timed(&self) -> impl Iterator<Item = &Rule> {
        self.timed.iter().filter_map(|place| self.rules.get(*place))
    }

    /// Returns when the first of them is due.
    #[must_use]
    pub fn due_at(&self, ticket: &Ticket, config: &Config) -> Option<Timestamp> {
        self.due(ticket, config).map(|due| due.at).min()
    }
}
