//! What is known while a plan is made, and how one piece of work after the other is placed.

use std::collections::HashMap;
use std::sync::Arc;

use crate::config::{Config, RoutingMode, TeamSpec};
use crate::id::{TeamId, TicketId};
use crate::people::WorkKind;
use crate::time::Timestamp;

use super::super::asks::Skills;
use super::super::batch::{Urgencies, value};
use super::super::crew::{Crew, Squad};
use super::super::place::{Case, serving};
use super::super::queue::{LineOf, Next};
use super::super::record::{Decision, Record};
use super::super::turns::{Chosen, Turns};
use super::super::{Asks, Queue, Ranked, Strategy, Why};
use super::{Placement, assigned_at};

/// A line of the queue, as a planner deals with it.
#[derive(Clone, Default)]
pub(super) struct Line<'a> {
    /// The rules that hold for it; nothing where the router leaves it alone.
    pub(super) team: Option<&'a TeamSpec>,
    /// What its work asks for.
    pub(super) asks: Option<&'a Arc<Asks>>,
    /// Whether anybody may have its work, at any stage.
    pub(super) open: bool,
    /// Whether its work is planned together with all other such work.
    pub(super) together: bool,
    /// Whether somebody's room is kept for its work.
    pub(super) keeps: bool,
    /// The squads of its own agents, and of those who take its overflow.
    pub(super) squads: [usize; 2],
    /// The turns of both at each stage of relaxation.
    pub(super) stages: Arc<[[usize; 2]]>,
}

/// The number of the turns of a squad in which nobody is ready.
pub(super) const NOBODY: usize = usize::MAX;

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
pub(super) struct Given {
    pub(super) ticket: TicketId,
    pub(super) agent: usize,
    pub(super) effort: u32,
    pub(super) assigned_at: Timestamp,
    basis: Basis,
}

/// What a decision rests on: its record, or what it is to be written from.
enum Basis {
    Written(Box<Why>),
    Noted(Decision),
}

pub(super) struct Planner<'a> {
    pub(super) config: &'a Config,
    pub(super) now: Timestamp,
    pub(super) crew: Crew<'a>,
    pub(super) squads: Vec<Squad>,
    pub(super) turns: Vec<Turns>,
    /// In which of them each agent who is ready is, where they have begun, by the agent's row.
    pub(super) turns_of: Vec<Vec<usize>>,
    pub(super) lines: Vec<Line<'a>>,
    /// The largest effort among the turns.
    pub(super) largest: u32,
    pub(super) given: Vec<Given>,
    /// The steps of urgency by which it is counted what is given, where plans are compared; and what it is worth.
    pub(super) urgencies: Option<Urgencies>,
    pub(super) worth: i64,
}

impl<'a> Planner<'a> {
    /// Finds for which lines anybody may be eligible, at any stage. Capacity only shrinks while planning: where nobody is,
    /// nobody comes.
    pub(super) fn new(queue: &'a Queue, crew: Crew<'a>, config: &'a Config) -> Self {
        let (now, turns_of) = (crew.now, vec![Vec::new(); crew.free]);
        let mut planner = Self {
            config,
            now,
            crew,
            squads: Vec::new(),
            turns: Vec::new(),
            turns_of,
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
    pub(super) fn open(&self) -> Vec<bool> {
        self.lines.iter().map(|line| line.open).collect()
    }

    /// Writes down what was given.
    pub(super) fn end(mut self) -> Vec<Placement> {
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
    pub(super) fn stage(&self, next: &Next<'_>) -> Option<(&'a TeamSpec, [usize; 2], usize)> {
        let line = self.lines.get(next.line)?;
        let team = line.team?;
        let stage = team.stage(self.now.micros_since(next.ranked.since));
        Some((team, *line.stages.get(stage)?, stage))
    }

    /// Tells whether anybody may have work of these turns now.
    pub(super) fn begin(&mut self, number: usize) -> bool {
        let Some(turns) = self.turns.get_mut(number) else { return false };
        if !turns.has_begun()
            && let Some(squad) = self.squads.get(turns.squad)
        {
            turns.begin(&self.crew, squad);
            for (agent, _) in turns.fits() {
                let of = self.crew.row(agent).and_then(|row| self.turns_of.get_mut(row));
                of.into_iter().for_each(|of| of.push(number));
            }
        }
        turns.takes_any()
    }

    /// Places work in its order, each piece by itself.
    pub(super) fn give<'n>(&mut self, in_order: impl Iterator<Item = Next<'n>>, most: usize) {
        for next in in_order {
            self.one(&next, 0);
            if self.is_over(most) {
                return;
            }
        }
    }

    pub(super) const fn is_over(&self, most: usize) -> bool {
        self.given.len() >= most || self.crew.free == 0
    }

    /// Places one piece of work by itself. The own team counts from 0 on: who is passed over with it is not asked, but
    /// keeps the work from the overflow as long as anybody is left.
    pub(super) fn one(&mut self, next: &Next<'_>, from: usize) {
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
    pub(super) fn note(
        &mut self,
        next: &Next<'_>,
        effort: u32,
        strategy: Strategy,
        stage: usize,
        chosen: Chosen,
    ) {
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
    pub(super) fn gave(&mut self, next: &Next<'_>, stage: usize, given: Given) {
        self.worth += i64::from(self.value(next, stage, given.agent));
        let room = self.crew.occupy(given.agent, given.effort, given.assigned_at);
        if room < self.largest
            && let Some(id) = self.crew.seat(given.agent).map(|seat| seat.agent.id)
            && let Some(of) = self.crew.row(given.agent).and_then(|row| self.turns_of.get_mut(row))
        {
            let turns = &mut self.turns;
            of.retain(|number| {
                turns.get_mut(*number).is_some_and(|turns| turns.keeps(given.agent, id, room))
            });
        }
        self.given.push(given);
    }
}
