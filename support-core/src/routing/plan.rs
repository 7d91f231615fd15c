//! Giving waiting work to eligible agents, in the order of the score.

mod planner;
mod singly;
mod together;

use crate::config::Config;
use crate::id::{AgentId, TicketId};
use crate::time::Timestamp;

use super::batch::{Appraisal, Reads, Solution};
use super::crew::Crew;
use super::place::serving;
use super::queue::Next;
use super::record::Record;
use super::{Queue, Refused, Roster, Seat, Why};
use planner::Planner;
use singly::{Outlook, singly};

/// Work that goes to an agent.
#[derive(Debug, Clone)]
pub struct Placement {
    /// The ticket.
    pub ticket: TicketId,
    /// Its new owner.
    pub agent: AgentId,
    /// The owner's presence when this was decided: it must not have changed when it is committed.
    pub state_version: u64,
    /// Units that it takes.
    pub effort: u32,
    /// The owner's capacity, which the load may not pass.
    pub capacity: u32,
    /// When the owner is noted as having been given work: distinct and growing within a tenant.
    pub assigned_at: Timestamp,
    record: Record,
}

impl Placement {
    /// Writes the record of why this agent: what was compared when it was decided.
    #[must_use]
    pub fn why(&self) -> Why {
        self.record.why()
    }

    pub(super) fn of(
        seat: &Seat,
        ticket: TicketId,
        effort: u32,
        assigned_at: Timestamp,
        record: Record,
    ) -> Self {
        let (agent, capacity) = (seat.agent.id, seat.agent.capacity.units);
        Self { ticket, agent, state_version: seat.state.version, effort, capacity, assigned_at, record }
    }
}

impl PartialEq for Placement {
    fn eq(&self, other: &Self) -> bool {
        let of = |one: &Self| {
            (one.ticket, one.agent, one.state_version, one.effort, one.capacity, one.assigned_at)
        };
        of(self) == of(other) && self.why() == other.why()
    }
}

/// Plans at most `most` placements of the work in `queue` at `now`, best first.
///
/// `roster` is left as it will be once they are all committed. Work that nobody may get stays; what comes after it
/// is still placed, so that one rare skill holds up nobody else.
///
/// Who may have work is asked once for each kind of it (team, what it asks for, stage of relaxation), not for each
/// ticket, and only for kinds that anybody may have at all. Work of teams whose strategy is `optimal` is planned
/// together first; it is placed where it stands in the order, if its agent still has room there, and else as any other
/// work. Where it is not certain that nothing is worth more, because agents are shared with other teams, efforts differ
/// or work was given back, all is placed one piece after the other, too, and the plan is that of the two which is worth
/// more.
#[must_use]
pub fn plan(
    queue: &mut Queue,
    roster: &mut Roster,
    config: &Config,
    now: Timestamp,
    most: usize,
) -> Vec<Placement> {
    plan_of(queue, roster, config, now, most, Reads::Part)
}

/// Plans so; what is planned together is put in order as far as is said. The plan is the same.
pub(super) fn plan_of(
    queue: &mut Queue,
    roster: &mut Roster,
    config: &Config,
    now: Timestamp,
    most: usize,
    reads: Reads,
) -> Vec<Placement> {
    let weights = &config.settings.weights;
    queue.gauge(weights, now);
    let queue = &*queue;
    let crew = Crew::of(&mut *roster, queue.skills(), now);
    if crew.free == 0 || most == 0 {
        return Vec::new();
    }
    let mut planner = Planner::new(queue, crew, config);
    let open = planner.open();
    if !planner.lines.iter().any(|line| line.together && line.open) {
        let about = most.min(planner.crew.room());
        planner.give(in_order(queue, &open, config, now, about), most);
        return planner.end();
    }
    let together = Together::of(&mut planner, queue, &open, reads);
    let Together { all, solution, shares, declined, .. } = &together;
    if !shares && solution.is_best() && *declined == 0 {
        planner.give_together(all, solution, *shares, most);
        return planner.end();
    }
    // Whole plans are compared: the first few of one that is worth more in all may be worth less.
    let mut left = planner.crew.roster().clone();
    planner.urgencies = Some(solution.urgencies);
    planner.give_together(all, solution, *shares, usize::MAX);
    // What is for leads comes last, as it does of the work that was planned together.
    planner.give(together.given_back.iter().copied(), usize::MAX);
    let mut roster_of_other = left.clone();
    let other = together.beside(queue, &mut roster_of_other, config, now, Some(planner.worth));
    let best = other.filter(|other| other.worth > planner.worth).unwrap_or(planner);
    let mut placements = best.end();
    placements.truncate(most);
    placements.iter().for_each(|one| left.occupy(one.agent, one.effort, one.assigned_at));
    *roster = left;
    placements
}

/// Work of teams that have all of it planned together, and the plan.
struct Together<'n> {
    /// What was put in order of it.
    all: Vec<Next<'n>>,
    solution: Solution,
    /// What agents gave back and nobody but a lead may have.
    given_back: Vec<Next<'n>>,
    /// How much of both was given back.
    declined: usize,
    /// Whether others may have room of the same agents.
    shares: bool,
}

impl<'n> Together<'n> {
    fn of(planner: &mut Planner<'_>, queue: &'n Queue, open: &[bool], reads: Reads) -> Self {
        let (weights, now) = (&planner.config.settings.weights, planner.now);
        // What the flow leaves may get a place after all where others share its agents.
        let shares = planner.shares();
        let reads = if shares { Reads::All } else { reads };
        let (all, solution) = planner.solve(queue.backlog(open, weights, now), reads);
        let given_back = queue.given_back(open, weights, now);
        let declined = all.iter().filter(|next| next.is_declined()).count() + given_back.len();
        Self { all, solution, given_back, declined, shares }
    }

    /// Makes the plan of the same work that places one piece after the other; nothing where it would be worth no more
    /// than what it has `to_beat`.
    fn beside<'a>(
        &self,
        queue: &'a Queue,
        roster: &'a mut Roster,
        config: &'a Config,
        now: Timestamp,
        to_beat: Option<i64>,
    ) -> Option<Planner<'a>> {
        let mut planner = Planner::new(queue, Crew::of(roster, queue.skills(), now), config);
        planner.urgencies = Some(self.solution.urgencies);
        let leads = planner.crew.seats().any(|seat| !seat.agent.lead_ids.is_empty());
        let declined = if leads { self.declined } else { 0 };
        let outlook = to_beat.filter(|_| !self.shares);
        let outlook = outlook.map(|to_beat| Outlook::of(&self.solution, declined, to_beat));
        match self.solution.read {
            Reads::All => singly(planner, merged(self.all.iter().copied(), self.given_back.clone()), outlook),
            Reads::Part => {
                let (open, about) = (planner.open(), planner.crew.room());
                singly(planner, in_order(queue, &open, config, now, about), outlook)
            }
        }
    }
}

/// Says what a plan of all that waits comes to, where teams plan so: what it is worth, what filling greedily is worth,
/// and what no plan can pass.
#[must_use]
pub fn appraise(queue: &mut Queue, roster: &mut Roster, config: &Config, now: Timestamp) -> Appraisal {
    beside(queue, roster, config, now, None)
}

/// Does so, and gives the plan that fills greedily up where it is worth no more than what it has `to_beat`: it is worth
/// 0 then.
pub(super) fn beside(
    queue: &mut Queue,
    roster: &mut Roster,
    config: &Config,
    now: Timestamp,
    to_beat: Option<i64>,
) -> Appraisal {
    queue.gauge(&config.settings.weights, now);
    let queue = &*queue;
    let mut roster_of_other = roster.clone();
    let mut planner = Planner::new(queue, Crew::of(roster, queue.skills(), now), config);
    let open = planner.open();
    let together = Together::of(&mut planner, queue, &open, Reads::All);
    let greedy = together.beside(queue, &mut roster_of_other, config, now, to_beat);
    Appraisal { greedy: greedy.map_or(0, |greedy| greedy.worth), ..together.solution.appraisal }
}

/// Lists whose room a plan would keep from work that waits since an instant.
#[must_use]
pub fn kept_from(
    queue: &mut Queue,
    roster: &Roster,
    config: &Config,
    now: Timestamp,
    since: Timestamp,
) -> Vec<AgentId> {
    queue.gauge(&config.settings.weights, now);
    let mut roster = roster.clone();
    let crew = Crew::of(&mut roster, queue.skills(), now);
    let planner = Planner::new(queue, crew, config);
    let kept = planner.crew.kept_from(since).into_iter();
    kept.filter_map(|number| planner.crew.seat(number)).map(|seat| seat.agent.id).collect()
}

/// Lists what waits in the open lines, and in the others what agents gave back: their leads may have it. Best first;
/// `about` so much is likely to be asked for.
fn in_order<'a>(
    queue: &'a Queue,
    open: &'a [bool],
    config: &'a Config,
    now: Timestamp,
    about: usize,
) -> impl Iterator<Item = Next<'a>> {
    let weights = &config.settings.weights;
    let in_order = queue.in_order(open, weights, now, about);
    merged(in_order, queue.given_back(open, weights, now))
}

/// Lists both, each of which is in order, in order.
fn merged<'a>(
    in_order: impl Iterator<Item = Next<'a>>,
    others: Vec<Next<'a>>,
) -> impl Iterator<Item = Next<'a>> {
    let (mut in_order, mut others) = (in_order.peekable(), others.into_iter().peekable());
    std::iter::from_fn(move || match (in_order.peek(), others.peek()) {
        (Some(next), Some(other)) if other.ranked < next.ranked => others.next(),
        (None, _) => others.next(),
        _ => in_order.next(),
    })
}

/// Returns the first instant after `now` at which what waiting work asks for relaxes. The router looks then.
#[must_use]
pub fn next_relaxation(queue: &Queue, config: &Config, now: Timestamp) -> Option<Timestamp> {
    let waits: Vec<Vec<i64>> = queue
        .lines()
        .map(|line| match serving(line.team, config).1 {
            Some(team) if line.len > 0 && line.asks.is_particular() => {
                team.relaxation.iter().map(|stage| stage.after_seconds).collect()
            }
            _ => Vec::new(),
        })
        .collect();
    if waits.iter().all(Vec::is_empty) {
        return None;
    }
    queue.next_wait(waits.iter().map(Vec::as_slice), now)
}

/// When work is noted as given: after every earlier one of the tenant, so that among equals turns are taken.
pub(super) fn assigned_at(latest: Option<Timestamp>, now: Timestamp) -> Timestamp {
    latest.map_or(now, |latest| now.max(latest.plus_micros(1)))
}

impl Refused {
    /// Tells whether who fails this first is a candidate all the same. Those outside the team are not: naming them
    /// would drown the others.
    pub(super) const fn is_candidate(self) -> bool {
        !matches!(self, Self::NotInTeam | Self::Inactive)
    }
}

impl Why {
    /// Decides again from the record alone, and returns whom it names. What was recorded is what was compared, so
    /// the answer is the one that was given.
    #[must_use]
    pub fn decide_again(&self) -> Option<AgentId> {
        let first = self.candidates.iter().min_by(|a, b| self.strategy.prefers(a, b));
        first.map(|candidate| candidate.agent)
    }
}

#[cfg(test)]
mod tests;
