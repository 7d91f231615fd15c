//! Giving waiting work to eligible agents, in the order of the score.

mod together;

use std::collections::HashMap;
use std::sync::Arc;

use crate::config::{Config, RoutingMode, TeamSpec};
use crate::id::{AgentId, TeamId, TicketId};
use crate::people::WorkKind;
use crate::time::Timestamp;

use super::asks::Skills;
use super::batch::{Appraisal, Reads, Urgencies, most_of, value};
use super::crew::{Crew, Squad};
use super::place::{Case, serving};
use super::queue::{LineOf, Next};
use super::record::{Decision, Record};
use super::turns::{Chosen, Turns};
use super::{Asks, Queue, Ranked, Refused, Roster, Seat, Strategy, Why};

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
    // What the flow leaves may get a place after all where others share its agents.
    let shares = planner.shares();
    let reads = if shares { Reads::All } else { reads };
    let (all, solution) = planner.solve(queue.backlog(&open, weights, now), reads);
    let given_back = queue.given_back(&open, weights, now);
    let declined = |next: &Next<'_>| next.rare.is_some_and(|rare| !rare.declined.is_empty());
    if !shares && solution.is_best() && given_back.is_empty() && !all.iter().any(declined) {
        planner.give_together(&all, &solution, shares, most);
        return planner.end();
    }
    // Whole plans are compared: the first few of one that is worth more in all may be worth less.
    let mut left = planner.crew.roster().clone();
    planner.urgencies = Some(solution.urgencies);
    planner.give_together(&all, &solution, shares, usize::MAX);
    // What is for leads comes last, as it does of the work that was planned together.
    planner.give(given_back.into_iter(), usize::MAX);
    let mut singly = left.clone();
    let greedy = greedily(queue, &open, &mut singly, config, now, solution.urgencies, planner.worth);
    let best = greedy.filter(|greedy| greedy.worth > planner.worth).unwrap_or(planner);
    let mut placements = best.end();
    placements.truncate(most);
    placements.iter().for_each(|one| left.occupy(one.agent, one.effort, one.assigned_at));
    *roster = left;
    placements
}

/// Places all that waits one piece after the other, best first; nothing where that can be seen on the way to be worth no
/// more than `to_beat`.
fn greedily<'a>(
    queue: &'a Queue,
    open: &[bool],
    roster: &'a mut Roster,
    config: &'a Config,
    now: Timestamp,
    urgencies: Urgencies,
    to_beat: i64,
) -> Option<Planner<'a>> {
    let mut planner = Planner::new(queue, Crew::of(roster, queue.skills(), now), config);
    planner.urgencies = Some(urgencies);
    let mut room = planner.crew.room();
    // What takes no room could be given without end.
    let takes_room = |line: &Line<'_>| line.asks.is_none_or(|asks| asks.effort > 0);
    let bounded = planner.lines.iter().all(takes_room);
    for next in in_order(queue, open, config, now, room) {
        // Whatever comes is no more urgent, and takes a unit at least.
        let most = most_of(i32::from(urgencies.step(next.ranked.score)));
        let left = i64::try_from(room).unwrap_or(i64::MAX).saturating_mul(i64::from(most));
        if bounded && planner.worth.saturating_add(left) <= to_beat {
            return None;
        }
        let before = planner.given.len();
        planner.one(&next, 0);
        let given = planner.given.get(before..).unwrap_or_default();
        room = given.iter().fold(room, |room, given| room.saturating_sub(given.effort as usize));
        if planner.is_over(usize::MAX) {
            break;
        }
    }
    Some(planner)
}

/// Says what a plan of all that waits comes to, where teams plan so: what it is worth, what filling greedily is worth,
/// and what no plan can pass.
#[must_use]
pub fn appraise(queue: &mut Queue, roster: &mut Roster, config: &Config, now: Timestamp) -> Appraisal {
    let weights = &config.settings.weights;
    queue.gauge(weights, now);
    let queue = &*queue;
    let crew = Crew::of(roster, queue.skills(), now);
    let mut planner = Planner::new(queue, crew, config);
    let open = planner.open();
    let (_, solution) = planner.solve(queue.backlog(&open, weights, now), Reads::All);
    let mut singly = planner.crew.roster().clone();
    let greedy = greedily(queue, &open, &mut singly, config, now, solution.urgencies, i64::MIN);
    Appraisal { greedy: greedy.map_or(0, |greedy| greedy.worth), ..solution.appraisal }
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
    let mut given_back = queue.given_back(open, weights, now).into_iter().peekable();
    let mut in_order = queue.in_order(open, weights, now, about).peekable();
    std::iter::from_fn(move || match (in_order.peek(), given_back.peek()) {
        (Some(next), Some(other)) if other.ranked < next.ranked => given_back.next(),
        (None, _) => given_back.next(),
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

/// A line of the queue, as a planner deals with it.
#[derive(Clone, Default)]
struct Line<'a> {
    /// The rules that hold for it; nothing where the router leaves it alone.
    team: Option<&'a TeamSpec>,
    /// What its work asks for.
    asks: Option<&'a Arc<Asks>>,
    /// Whether anybody may have its work, at any stage.
    open: bool,
    /// Whether its work is planned together with all other such work.
    together: bool,
    /// Whether somebody's room is kept for its work.
    keeps: bool,
    /// The squads of its own agents, and of those who take its overflow.
    squads: [usize; 2],
    /// The turns of both at each stage of relaxation.
    stages: Arc<[[usize; 2]]>,
}

/// The number of the turns of a squad in which nobody is ready.
const NOBODY: usize = usize::MAX;

/// A team whose work waits.
struct Served<'a> {
    /// The rules that hold for its work; nothing where the router leaves it alone.
    team: Option<&'a TeamSpec>,
    /// The squads of its own agents, and of those who take its overflow.
    squads: [usize; 2],
    /// The turns at each kind of its work that anybody may have.
    known: HashMap<u32, Arc<[[usize; 2]]>>,
    /// Those of work that nobody may have.
    nobody: Option<Arc<[[usize; 2]]>>,
}

/// A piece of work that was given to an agent.
struct Given {
    ticket: TicketId,
    agent: usize,
    effort: u32,
    assigned_at: Timestamp,
    basis: Basis,
}

/// What a decision rests on: its record, or what it is to be written from.
enum Basis {
    Written(Box<Why>),
    Noted(Decision),
}

struct Planner<'a> {
    config: &'a Config,
    now: Timestamp,
    crew: Crew<'a>,
    squads: Vec<Squad>,
    turns: Vec<Turns>,
    lines: Vec<Line<'a>>,
    /// The largest effort among the turns.
    largest: u32,
    given: Vec<Given>,
    /// The steps of urgency by which it is counted what is given, where plans are compared; and what it is worth.
    urgencies: Option<Urgencies>,
    worth: i64,
}

impl<'a> Planner<'a> {
    /// Finds for which lines anybody may be eligible, at any stage. Capacity only shrinks while planning: where nobody is,
    /// nobody comes.
    fn new(queue: &'a Queue, crew: Crew<'a>, config: &'a Config) -> Self {
        let now = crew.now;
        let mut planner = Self {
            config,
            now,
            crew,
            squads: Vec::new(),
            turns: Vec::new(),
            lines: Vec::new(),
            largest: 0,
            given: Vec::new(),
            urgencies: None,
            worth: 0,
        };
        let mut teams: Vec<Served<'a>> = Vec::new();
        let mut number_of: HashMap<TeamId, usize> = HashMap::new();
        let mut before = None;
        for (at, line) in queue.lines().enumerate() {
            if line.len == 0 {
                planner.lines.push(Line::default());
                continue;
            }
            // Lines of a team mostly stand side by side.
            let number = match before {
                Some((team, number)) if team == line.team => number,
                _ => *number_of.entry(line.team).or_insert_with(|| {
                    teams.push(planner.served(line.team));
                    teams.len() - 1
                }),
            };
            before = Some((line.team, number));
            let found = teams.get_mut(number).and_then(|team| planner.line(&line, team)).unwrap_or_default();
            let is_heavy = line.asks.effort > 1 && found.team.is_some() && !found.open;
            planner.lines.push(found);
            if is_heavy {
                // Its work is looked at no more in this plan; what has waited beyond its bound has room kept.
                let first = queue.first_of(at, &config.settings.weights, now);
                first.into_iter().for_each(|ranked| planner.keep_room(at, &ranked));
            }
        }
        planner
    }

    /// Keeps room for work that nobody has enough room for, where it has waited beyond the bound on starvation: else
    /// lighter work that comes later would take what comes free for ever. An agent is kept for one piece of a line.
    fn keep_room(&mut self, line: usize, ranked: &Ranked) {
        let Some(Line { team: Some(team), asks: Some(asks), squads, keeps: false, .. }) =
            self.lines.get(line)
        else {
            return;
        };
        if asks.effort <= 1 {
            // Any room would do.
            return;
        }
        let Some(since) = self.config.settings.weights.precedes_since(ranked.score, self.now) else { return };
        let asks = asks.at(team, team.stage(self.now.micros_since(ranked.since)));
        let skills = self.crew.numbered(&asks.skills);
        let squads = squads.iter().filter_map(|squad| self.squads.get(*squad));
        let mut squads = squads.filter(|squad| !squad.ready.is_empty());
        let kept = squads.any(|squad| self.crew.keep(squad, &asks, &skills, since));
        self.lines.get_mut(line).into_iter().for_each(|line| line.keeps = kept);
    }

    fn served(&mut self, team: TeamId) -> Served<'a> {
        let (own, team) = serving(team, self.config);
        let team = team.filter(|team| team.mode.of(WorkKind::Ticket) != RoutingMode::Manual);
        let overflow = team.map(|team| team.overflow_team_ids.clone()).unwrap_or_default();
        let own = if team.is_some() { own } else { Vec::new() };
        let squads = [(own.clone(), Vec::new()), (overflow, own)].map(|(teams, before)| {
            self.squads.push(self.crew.squad(teams, before));
            self.squads.len() - 1
        });
        Served { team, squads, known: HashMap::new(), nobody: None }
    }

    /// Makes the turns at a line's work; nothing where the router leaves it alone.
    fn line(&mut self, line: &LineOf<'a>, served: &mut Served<'a>) -> Option<Line<'a>> {
        let team = served.team?;
        let together = team.strategy == Strategy::Optimal;
        let (asks, squads) = (Some(line.asks), served.squads);
        let found = move |stages, open| {
            Some(Line { team: Some(team), asks, open, together, keeps: false, squads, stages })
        };
        if let Some(stages) = served.known.get(&line.asks_number) {
            return found(stages.clone(), true);
        }
        let relaxed = team.relaxation.iter().map(|stage| {
            let asks = line.asks.relaxed(stage);
            let skills = self.crew.numbered(&asks.skills);
            (Arc::new(asks), Arc::from(skills))
        });
        let relaxed: Vec<(Arc<Asks>, Skills)> = relaxed.collect();
        let first = (line.asks, line.skills);
        let stages = || std::iter::once(first).chain(relaxed.iter().map(|(asks, skills)| (asks, skills)));
        let anybody = |(asks, skills): (&Arc<Asks>, &Skills)| {
            let mut squads = served.squads.iter().filter_map(|squad| self.squads.get(*squad));
            squads.any(|squad| self.crew.eligible(squad, asks, skills).next().is_some())
        };
        if !stages().any(anybody) {
            let nobody = || std::iter::repeat_n([NOBODY; 2], relaxed.len() + 1).collect();
            return found(served.nobody.get_or_insert_with(nobody).clone(), false);
        }
        let turns = stages().map(|(asks, skills)| {
            served.squads.map(|squad| {
                if self.squads.get(squad).is_none_or(|squad| squad.ready.is_empty()) {
                    return NOBODY;
                }
                self.largest = self.largest.max(asks.effort);
                self.turns.push(Turns::of(squad, asks.clone(), skills.clone(), team.strategy));
                self.turns.len() - 1
            })
        });
        let stages: Arc<[[usize; 2]]> = turns.collect();
        served.known.insert(line.asks_number, stages.clone());
        found(stages, true)
    }

    /// Tells of each line whether anybody may have its work.
    fn open(&self) -> Vec<bool> {
        self.lines.iter().map(|line| line.open).collect()
    }

    /// Writes down what was given.
    fn end(mut self) -> Vec<Placement> {
        let log = Arc::new(std::mem::take(&mut self.crew.log));
        let placement = |given: Given| {
            let Given { ticket, agent, effort, assigned_at, basis } = given;
            let record = match basis {
                Basis::Written(why) => Record::Written(why),
                Basis::Noted(decision) => Record::Noted(log.clone(), decision),
            };
            Some(Placement::of(self.crew.seat(agent)?, ticket, effort, assigned_at, record))
        };
        let mut placements = Vec::with_capacity(self.given.len());
        placements.extend(self.given.into_iter().filter_map(placement));
        placements
    }

    /// Returns the turns at a piece of work, and the stage of relaxation that it has reached.
    fn stage(&self, next: &Next<'_>) -> Option<(&'a TeamSpec, [usize; 2], usize)> {
        let line = self.lines.get(next.line)?;
        let team = line.team?;
        let stage = team.stage(self.now.micros_since(next.ranked.since));
        Some((team, *line.stages.get(stage)?, stage))
    }

    /// Tells whether anybody may have work of these turns now.
    fn begin(&mut self, turns: usize) -> bool {
        let Some(turns) = self.turns.get_mut(turns) else { return false };
        self.squads.get(turns.squad).is_some_and(|squad| turns.begin(&self.crew, squad))
    }

    /// Places work in its order, each piece by itself.
    fn give<'n>(&mut self, in_order: impl Iterator<Item = Next<'n>>, most: usize) {
        for next in in_order {
            self.one(&next, 0);
            if self.is_over(most) {
                return;
            }
        }
    }

    const fn is_over(&self, most: usize) -> bool {
        self.given.len() >= most || self.crew.free == 0
    }

    /// Places one piece of work by itself. The own team counts from 0 on: who is passed over with it is not asked, but
    /// keeps the work from the overflow as long as anybody is left.
    fn one(&mut self, next: &Next<'_>, from: usize) {
        let Some((team, both, stage)) = self.stage(next) else { return };
        let sticky = next.rare.and_then(|rare| rare.sticky).filter(|_| team.sticky);
        let declined = next.rare.map(|rare| rare.declined.as_slice()).unwrap_or_default();
        let begun = both.map(|turns| self.begin(turns));
        if from > 0 && begun.first() == Some(&true) {
            return;
        }
        if declined.is_empty() && begun == [false; 2] {
            // What was planned together and is left has room kept by the next plan, when its line is found closed.
            if from == 0 {
                self.keep_room(next.line, &next.ranked);
            }
            return;
        }
        let kept = self.crew.kept_from(next.ranked.since);
        if declined.is_empty() {
            for (number, _) in both.into_iter().zip(begun).filter(|(_, begun)| *begun) {
                let Some(turns) = self.turns.get_mut(number) else { return };
                let Some(squad) = self.squads.get(turns.squad) else { return };
                let sticky = sticky.and_then(|agent| self.crew.number(agent));
                let effort = turns.asks.effort;
                if let Some(chosen) = turns.choose(&mut self.crew, squad, sticky, &kept) {
                    self.note(next, effort, team.strategy, stage, chosen);
                    return;
                }
            }
            return;
        }
        // Who declined is particular to the ticket: it is placed by itself.
        let Some(Line { asks: Some(asks), squads, .. }) = self.lines.get(next.line) else { return };
        let asks = asks.at(team, stage);
        let teams =
            squads.map(|squad| self.squads.get(squad).map_or(&[][..], |squad| squad.teams.as_slice()));
        let case = Case { team, teams, asks: &asks, declined, sticky, kept: &kept };
        let Some(named) = case.decide(self.crew.roster(), self.config, self.now) else { return };
        let agent = named.agent;
        let latest = self.crew.roster().latest();
        let assigned_at = assigned_at(latest, self.now);
        let why = named.why(&next.ranked, team.strategy, stage, assigned_at, self.now);
        let basis = Basis::Written(Box::new(why));
        let given = Given { ticket: next.ranked.ticket, agent, effort: asks.effort, assigned_at, basis };
        self.gave(next, stage, given);
    }

    /// Notes a decision.
    fn note(&mut self, next: &Next<'_>, effort: u32, strategy: Strategy, stage: usize, chosen: Chosen) {
        let ranked = &next.ranked;
        let Chosen { agent, candidates, refused, left_out } = chosen;
        let assigned_at = assigned_at(self.crew.roster().latest(), self.now);
        let decision = Decision {
            strategy,
            score: ranked.score,
            waited_seconds: self.now.seconds_since(ranked.since).max(0),
            stage: u32::try_from(stage).ok().filter(|stage| *stage > 0),
            candidates,
            refused,
            left_out,
            assigned_at,
        };
        let basis = Basis::Noted(decision);
        self.gave(next, stage, Given { ticket: ranked.ticket, agent, effort, assigned_at, basis });
    }

    /// Says what it is worth, in points, to give a piece of work to an agent; 0 where plans are not compared.
    fn value(&self, next: &Next<'_>, stage: usize, agent: usize) -> i32 {
        let (Some(urgencies), Some(seat)) = (self.urgencies, self.crew.seat(agent)) else { return 0 };
        let Some(Line { team: Some(team), asks: Some(asks), .. }) = self.lines.get(next.line) else {
            return 0;
        };
        let fit = if stage == 0 { asks.fit(&seat.agent) } else { asks.at(team, stage).fit(&seat.agent) };
        let had = next.rare.and_then(|rare| rare.sticky).filter(|_| team.sticky);
        value(urgencies.step(next.ranked.score), fit, had == Some(seat.agent.id))
    }

    /// Counts what was given, and takes its agent out of all turns for which they have no room any more.
    fn gave(&mut self, next: &Next<'_>, stage: usize, given: Given) {
        self.worth += i64::from(self.value(next, stage, given.agent));
        let room = self.crew.occupy(given.agent, given.effort, given.assigned_at);
        if room < self.largest
            && let Some(id) = self.crew.seat(given.agent).map(|seat| seat.agent.id)
        {
            self.turns.iter_mut().for_each(|turns| turns.leave(given.agent, id, room));
        }
        self.given.push(given);
    }
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
