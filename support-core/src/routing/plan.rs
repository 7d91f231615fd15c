//! Giving waiting work to eligible agents, in the order of the score.

use std::collections::HashMap;
use std::sync::Arc;

use crate::config::{Config, RoutingMode, TeamSpec};
use crate::id::{AgentId, TeamId, TicketId};
use crate::people::WorkKind;
use crate::scoring::total;
use crate::time::Timestamp;

use super::batch::{self, Appraisal, Pick, Solution};
use super::crew::{Crew, Squad};
use super::queue::Next;
use super::turns::Turns;
use super::{
    Asks, Candidate, Fit, Job, Queue, Ranked, Refused, Roster, Seat, Strategy, Waiting, Why, failures,
};

/// Work that goes to an agent.
#[derive(Debug, Clone, PartialEq)]
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
    /// Why this agent.
    pub why: Why,
}

/// Plans at most `most` placements of the work in `queue` at `now`, best first.
///
/// `roster` is left as it will be once they are all committed. Work that nobody may get stays; what comes after it
/// is still placed, so that one rare skill holds up nobody else.
///
/// Who may have work is asked once for each kind of it (team, what it asks for, stage of relaxation), not for each
/// ticket. Work of teams whose strategy is `optimal` is planned together first; it is placed where it stands in the
/// order, if its agent still has room there.
#[must_use]
pub fn plan(
    queue: &mut Queue,
    roster: &mut Roster,
    config: &Config,
    now: Timestamp,
    most: usize,
) -> Vec<Placement> {
    let weights = &config.settings.weights;
    queue.gauge(weights, now);
    let asked = queue.lines().filter(|line| line.len > 0).flat_map(|line| &line.asks.skills);
    let crew = Crew::of(roster, asked.map(|(skill, _)| skill), now);
    if crew.free == 0 || most == 0 {
        return Vec::new();
    }
    let mut planner = Planner::new(queue, crew, config, now);
    let about = most.min(planner.crew.free);
    let open = planner.open();
    let in_order = queue.in_order(&open, weights, now, about);
    let together = planner.lines.iter().zip(&open).any(|(line, open)| *open && line.together);
    if together {
        let all: Vec<Next<'_>> = in_order.collect();
        let solution = planner.solve(&all);
        planner.give_together(&all, &solution, most);
    } else {
        planner.give(in_order, most);
    }
    planner.placements
}

/// Says what a plan of all that waits comes to, where teams plan so: what it is worth, what filling greedily is worth,
/// and what no plan can pass.
#[must_use]
pub fn appraise(queue: &mut Queue, roster: &mut Roster, config: &Config, now: Timestamp) -> Appraisal {
    let weights = &config.settings.weights;
    queue.gauge(weights, now);
    let asked = queue.lines().filter(|line| line.len > 0).flat_map(|line| &line.asks.skills);
    let crew = Crew::of(roster, asked.map(|(skill, _)| skill), now);
    let about = crew.free;
    let planner = Planner::new(queue, crew, config, now);
    let open = planner.open();
    let all: Vec<Next<'_>> = queue.in_order(&open, weights, now, about).collect();
    planner.solve(&all).appraisal
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
struct Line<'a> {
    /// The rules that hold for it; nothing where the router leaves it alone.
    team: Option<&'a TeamSpec>,
    /// Whether its work is planned together with all other such work.
    together: bool,
    /// The turns at each stage of relaxation: of the own team, and of those that take its overflow.
    stages: Vec<[usize; 2]>,
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
    placements: Vec<Placement>,
}

/// The number of the turns that nobody takes.
const NOBODY: usize = 0;

/// The first few whom work of one kind would serve best at the prices of a flow, with what they gain.
type BestServed = HashMap<usize, Vec<(usize, Option<Fit>)>>;

impl<'a> Planner<'a> {
    /// Finds who is eligible for the work of each line, at each stage.
    fn new(queue: &Queue, crew: Crew<'a>, config: &'a Config, now: Timestamp) -> Self {
        let mut planner = Self {
            config,
            now,
            crew,
            squads: Vec::new(),
            turns: Vec::new(),
            lines: Vec::new(),
            largest: 0,
            placements: Vec::new(),
        };
        planner.turns.push(Turns::default());
        let mut squads: HashMap<TeamId, [usize; 2]> = HashMap::new();
        let mut known: HashMap<(TeamId, u32), Vec<[usize; 2]>> = HashMap::new();
        for line in queue.lines() {
            let (own, team) = serving(line.team, config);
            let routed =
                |team: &&TeamSpec| line.len > 0 && team.mode.of(WorkKind::Ticket) != RoutingMode::Manual;
            let Some(team) = team.filter(routed) else {
                planner.lines.push(Line { team: None, together: false, stages: Vec::new() });
                continue;
            };
            let stages = match known.get(&(line.team, line.asks_number)) {
                Some(stages) => stages.clone(),
                None => {
                    let [own, overflow] = *squads.entry(line.team).or_insert_with(|| {
                        [own, team.overflow_team_ids.clone()].map(|teams| {
                            planner.squads.push(planner.crew.squad(teams));
                            planner.squads.len() - 1
                        })
                    });
                    let relaxed = team.relaxation.iter().map(|stage| Arc::new(line.asks.relaxed(stage)));
                    let asks = std::iter::once(line.asks.clone()).chain(relaxed);
                    let stages: Vec<[usize; 2]> = asks
                        .map(|asks| [own, overflow].map(|squad| planner.begin(squad, &asks, team.strategy)))
                        .collect();
                    known.insert((line.team, line.asks_number), stages.clone());
                    stages
                }
            };
            let together = team.strategy == Strategy::Optimal;
            planner.lines.push(Line { team: Some(team), together, stages });
        }
        planner
    }

    /// Lets a squad take turns at work; answers the number of the turns.
    fn begin(&mut self, squad: usize, asks: &Arc<Asks>, strategy: Strategy) -> usize {
        self.largest = self.largest.max(asks.effort);
        if self.squads.get(squad).is_none_or(|squad| squad.ready.is_empty()) {
            return NOBODY;
        }
        if let Some(of) = self.squads.get(squad) {
            self.turns.push(Turns::of(&self.crew, of, squad, asks.clone(), strategy));
        }
        self.turns.len().saturating_sub(1)
    }

    /// Tells of each line whether anybody is eligible for its work, at any stage. Capacity only shrinks while planning:
    /// where nobody is, nobody comes.
    fn open(&self) -> Vec<bool> {
        let anybody = |turns: &usize| self.turns.get(*turns).is_some_and(|turns| !turns.is_empty());
        self.lines.iter().map(|line| line.stages.iter().flatten().any(anybody)).collect()
    }

    /// Returns the turns at a piece of work, and the stage of relaxation that it has reached.
    fn stage(&self, next: &Next<'_>) -> Option<(&'a TeamSpec, [usize; 2], usize)> {
        let line = self.lines.get(next.line)?;
        let team = line.team?;
        let stage = team.stage(self.now.micros_since(next.ranked.since));
        Some((team, *line.stages.get(stage)?, stage))
    }

    fn solve(&self, all: &[Next<'_>]) -> Solution {
        let turns_of = |next: &Next<'_>| {
            let line = self.lines.get(next.line).filter(|line| line.together)?;
            let (team, [own, _], _) = self.stage(next)?;
            let anybody = self.turns.get(own).is_some_and(|turns| !turns.is_empty());
            (anybody && line.together).then_some((own, team.sticky))
        };
        batch::solve(&self.crew, &self.turns, all, turns_of, self.config.settings.declined_seconds)
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
        self.placements.len() >= most || self.crew.free == 0
    }

    /// Places work in its order: what was planned together as it was planned, the rest each by itself.
    fn give_together(&mut self, all: &[Next<'_>], solution: &Solution, most: usize) {
        let mut best = BestServed::new();
        let by_flow = solution.picks.iter().any(|pick| pick.by_flow);
        let (first, filled): (Vec<&Pick>, Vec<&Pick>) =
            solution.picks.iter().partition(|pick| pick.by_flow || !by_flow);
        let mut first = first.into_iter().peekable();
        for (at, next) in all.iter().enumerate() {
            if self.is_over(most) {
                return;
            }
            if let Some(pick) = first.next_if(|pick| pick.at == at) {
                self.as_planned(next, pick, solution, &mut best);
            } else if self.lines.get(next.line).is_some_and(|line| line.together) {
                // What the plan left waits, unless it is for those who take the overflow.
                self.one(next, 1);
            } else {
                self.one(next, 0);
            }
        }
        for pick in filled {
            if self.is_over(most) {
                return;
            }
            if let Some(next) = all.get(pick.at) {
                self.as_planned(next, pick, solution, &mut best);
            }
        }
    }

    /// Places one piece of work by itself. The own team counts from 0 on: who is passed over with it is not asked, but
    /// keeps the work from the overflow as long as anybody is left.
    fn one(&mut self, next: &Next<'_>, from: usize) {
        let Some((team, both, stage)) = self.stage(next) else { return };
        let left = |turns: &usize| self.turns.get(*turns).is_some_and(|turns| !turns.is_empty());
        let Some(at) = both.iter().position(left).filter(|at| *at >= from) else { return };
        let number = both.get(at).copied().unwrap_or_default();
        let sticky = next.rare.and_then(|rare| rare.sticky).filter(|_| team.sticky);
        let declined = next.rare.map(|rare| rare.declined.as_slice()).unwrap_or_default();
        let chosen = if declined.is_empty() {
            let crew = &self.crew;
            let Some(turns) = self.turns.get_mut(number) else { return };
            let squad = self.squads.get(turns.squad);
            let sticky = sticky.and_then(|agent| crew.number(agent));
            squad.and_then(|squad| turns.choose(crew, squad, sticky))
        } else {
            // Who declined is particular to the ticket: it is placed by itself.
            let Some(turns) = self.turns.get(number) else { return };
            let teams = both.map(|turns| {
                let turns = self.turns.get(turns).filter(|_| turns != NOBODY);
                let squad = turns.and_then(|turns| self.squads.get(turns.squad));
                squad.map(|squad| squad.teams.as_slice()).unwrap_or_default()
            });
            let case = Case { team, teams, asks: &turns.asks, declined, sticky };
            case.decide(&self.crew.seats(), self.config, self.now)
        };
        let Some(chosen) = chosen else { return };
        let effort = self.turns.get(number).map_or(1, |turns| turns.asks.effort);
        let placement = placement(next.ranked, effort, team.strategy, stage, chosen, self.now);
        self.note(placement);
    }

    /// Places a piece of work as all that waits was planned together.
    fn as_planned(&mut self, next: &Next<'_>, pick: &Pick, solution: &Solution, best: &mut BestServed) {
        let Some((team, [number, _], stage)) = self.stage(next) else { return };
        let Some(turns) = self.turns.get_mut(number) else { return };
        let Some(squad) = self.squads.get(turns.squad) else { return };
        let effort = turns.asks.effort;
        let room = |number: usize| self.crew.seat(number).map_or(0, Seat::room);
        if room(pick.agent) < effort {
            return;
        }
        let sticky = next.rare.and_then(|rare| rare.sticky).filter(|_| team.sticky);
        let sticky = sticky.and_then(|agent| self.crew.number(agent));
        let declined = |number: usize| {
            let agent = self.crew.seat(number).map(|seat| seat.agent.id);
            let still = |at: Timestamp| at.plus_seconds(self.config.settings.declined_seconds) > self.now;
            let declined = next.rare.map(|rare| rare.declined.as_slice()).unwrap_or_default();
            declined.iter().any(|(who, at)| Some(*who) == agent && still(*at))
        };
        let fit = |number: usize| {
            let seat = self.crew.seat(number).filter(|_| team.strategy.fits());
            (number, seat.map(|seat| turns.asks.fit(&seat.agent)))
        };
        let fits = |served: Vec<(i32, usize)>| served.into_iter().map(|(_, number)| fit(number)).collect();
        let served: &Vec<(usize, Option<Fit>)> = match pick.by_flow {
            true => best.entry(number).or_insert_with(|| fits(solution.best_served(number, Why::MOST + 1))),
            false => &fits(
                solution.fitting(number, Why::MOST, |number| room(number) >= effort && !declined(number)),
            ),
        };
        let again = sticky.filter(|number| turns.takes(*number) && !declined(*number));
        let others =
            served.iter().copied().filter(|(number, _)| Some(*number) != again && !declined(*number));
        let others = again.map(fit).into_iter().chain(others).filter(|(number, _)| *number != pick.agent);
        let mine = served.iter().copied().find(|(number, _)| *number == pick.agent);
        let mine = mine.unwrap_or_else(|| fit(pick.agent));
        let candidates = std::iter::once(mine).chain(others).take(Why::MOST).filter_map(|(number, fit)| {
            let candidate = Candidate::of(self.crew.seat(number)?, team.strategy, fit);
            let sticky = Some(number) == sticky;
            let worth = solution.worth(pick, fit?, sticky, effort, number);
            Some(Candidate { sticky, worth: Some(worth), ..candidate })
        });
        let candidates: Vec<Candidate> = candidates.collect();
        let (refused, left_out) = turns.others(&self.crew, squad, candidates.len());
        let Some(seat) = self.crew.seat(pick.agent) else { return };
        let chosen = Chosen { seat, latest: self.crew.latest, candidates, refused, left_out };
        let placement = placement(next.ranked, effort, team.strategy, stage, chosen, self.now);
        self.note(placement);
    }

    /// Counts a placement, and takes its agent out of all turns for which they have no room any more.
    fn note(&mut self, placement: Placement) {
        if let Some((number, room)) = self.crew.occupy(&placement)
            && room < self.largest
        {
            self.turns.iter_mut().for_each(|turns| turns.leave(number, placement.agent, room));
        }
        self.placements.push(placement);
    }
}

/// Decides to whom one piece of work goes; nobody where no agent is eligible or its team takes work by hand. Work of a
/// team that was taken out of force goes to its agents and those of the default team.
#[must_use]
pub fn place(entry: &Waiting, roster: &Roster, config: &Config, now: Timestamp) -> Option<Placement> {
    let (own, team) = serving(entry.team.unwrap_or(TeamId::DEFAULT), config);
    let team = team.filter(|team| team.mode.of(WorkKind::Ticket) != RoutingMode::Manual)?;
    let stage = team.stage(now.micros_since(entry.work.since));
    let asks = Asks::of(entry).at(team, stage);
    let case = Case {
        team,
        teams: [&own, &team.overflow_team_ids],
        asks: &asks,
        declined: &entry.work.declined,
        sticky: entry.work.sticky.filter(|_| team.sticky),
    };
    let chosen = case.decide(&roster.iter(), config, now)?;
    let score = total(&config.settings.weights, &entry.inputs(), now);
    let ranked = Ranked { ticket: entry.ticket, score, since: entry.work.since };
    Some(placement(ranked, asks.effort, team.strategy, stage, chosen, now))
}

/// A piece of work that is placed by itself.
struct Case<'a> {
    team: &'a TeamSpec,
    /// Its own teams, and those that take their overflow.
    teams: [&'a [TeamId]; 2],
    asks: &'a Asks,
    declined: &'a [(AgentId, Timestamp)],
    sticky: Option<AgentId>,
}

impl<'a> Case<'a> {
    /// Decides to whom it goes: the own team, then those that take its overflow. Where all of them gave it back it goes to
    /// who leads the team, whatever it asks for; and to one who gave it back only when nobody else may have it.
    fn decide<'s>(
        &self,
        seats: &(impl Iterator<Item = &'s Seat> + Clone),
        config: &Config,
        now: Timestamp,
    ) -> Option<Chosen<'s>> {
        let strategy = self.team.strategy;
        let job = |teams: &'a [TeamId], declined_seconds: i64| Job {
            kind: WorkKind::Ticket,
            teams,
            leads: false,
            asks: self.asks,
            declined: self.declined,
            declined_seconds,
        };
        let ask = |seconds: i64| {
            let mut asked = self.teams.iter().map(|teams| job(teams, seconds));
            asked.find_map(|job| choose(&job, self.sticky, strategy, seats.clone(), now))
        };
        let seconds = config.settings.declined_seconds;
        if self.declined.is_empty() {
            return ask(seconds);
        }
        ask(seconds).or_else(|| {
            let forgiven = ask(0)?;
            let anything = Asks { effort: self.asks.effort, ..Asks::default() };
            let [own, _] = self.teams;
            let lead = Job { leads: true, asks: &anything, ..job(own, seconds) };
            choose(&lead, None, strategy, seats.clone(), now).or(Some(forgiven))
        })
    }
}

/// Returns the teams that serve a queue, and the rules that hold for it.
pub(crate) fn serving(team: TeamId, config: &Config) -> (Vec<TeamId>, Option<&TeamSpec>) {
    match config.team(team) {
        Some(spec) => (vec![team], Some(spec)),
        None => (vec![team, TeamId::DEFAULT], config.team(TeamId::DEFAULT)),
    }
}

/// Chooses for one piece of work: one look at each agent, and an order only of those who are named.
fn choose<'a>(
    job: &Job<'_>,
    sticky: Option<AgentId>,
    strategy: Strategy,
    seats: impl Iterator<Item = &'a Seat>,
    now: Timestamp,
) -> Option<Chosen<'a>> {
    let mut eligible: Vec<(Candidate, &Seat)> = Vec::new();
    let mut refused: Vec<(AgentId, Refused)> = Vec::new();
    let (mut refused_in_all, mut latest) = (0, None);
    for seat in seats {
        latest = latest.max(seat.state.last_assigned_at);
        match failures(seat, job, now).next() {
            None => {
                let fit = strategy.fits().then(|| job.asks.fit(&seat.agent));
                let candidate = Candidate::of(seat, strategy, fit);
                eligible.push((Candidate { sticky: Some(seat.agent.id) == sticky, ..candidate }, seat));
            }
            Some(first) if first.is_candidate() => {
                refused_in_all += 1;
                if refused.len() < Why::MOST {
                    refused.push((seat.agent.id, first));
                }
            }
            Some(_) => {}
        }
    }
    let in_all = eligible.len() + refused_in_all;
    let in_order = |(a, _): &(Candidate, &Seat), (b, _): &(Candidate, &Seat)| strategy.prefers(a, b);
    if eligible.len() > Why::MOST {
        eligible.select_nth_unstable_by(Why::MOST, in_order);
        eligible.truncate(Why::MOST);
    }
    eligible.sort_unstable_by(in_order);
    let left_out = in_all - eligible.len() - refused.len();
    let (_, seat) = *eligible.first()?;
    let candidates = eligible.into_iter().map(|(candidate, _)| candidate).collect();
    Some(Chosen { seat, latest, candidates, refused, left_out })
}

/// Whom a piece of work goes to, and who else there was.
pub(super) struct Chosen<'a> {
    pub(super) seat: &'a Seat,
    /// When work was given last to anybody.
    pub(super) latest: Option<Timestamp>,
    pub(super) candidates: Vec<Candidate>,
    pub(super) refused: Vec<(AgentId, Refused)>,
    pub(super) left_out: usize,
}

fn placement(
    ranked: Ranked,
    effort: u32,
    strategy: Strategy,
    stage: usize,
    chosen: Chosen<'_>,
    now: Timestamp,
) -> Placement {
    let Chosen { seat, latest, candidates, refused, left_out } = chosen;
    // After every earlier one of the tenant, so that among equals turns are taken.
    let assigned_at = latest.map_or(now, |latest| now.max(latest.plus_micros(1)));
    Placement {
        ticket: ranked.ticket,
        agent: seat.agent.id,
        state_version: seat.state.version,
        effort,
        capacity: seat.agent.capacity.units,
        assigned_at,
        why: Why {
            strategy,
            score: ranked.score,
            waited_seconds: now.seconds_since(ranked.since).max(0),
            stage: u32::try_from(stage).ok().filter(|stage| *stage > 0),
            candidates,
            refused,
            left_out: u32::try_from(left_out).unwrap_or(u32::MAX),
            assigned_at: Some(assigned_at),
        },
    }
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
