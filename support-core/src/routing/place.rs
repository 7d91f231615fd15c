//! Deciding about one piece of work by itself: every agent is looked at.

use std::cmp::Reverse;

use crate::config::{Config, RoutingMode, TeamSpec};
use crate::id::{AgentId, TeamId};
use crate::people::WorkKind;
use crate::scoring::total;
use crate::time::Timestamp;

use super::plan::assigned_at;
use super::record::Record;
use super::strategy::Turn;
use super::{
    Asks, Candidate, Job, Placement, Ranked, Refused, Roster, Seat, Strategy, Waiting, Why, failures,
};

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
        kept: &[],
    };
    let named = case.decide(roster, config, now)?;
    let score = total(&config.settings.weights, &entry.inputs(), now);
    let ranked = Ranked { ticket: entry.ticket, score, since: entry.work.since };
    let seat = roster.at(named.agent)?;
    let assigned_at = assigned_at(roster.latest(), now);
    let why = named.why(&ranked, team.strategy, stage, assigned_at, now);
    let record = Record::Written(Box::new(why));
    Some(Placement::of(seat, entry.ticket, asks.effort, assigned_at, record))
}

/// A piece of work that is placed by itself.
pub(super) struct Case<'a> {
    pub(super) team: &'a TeamSpec,
    /// Its own teams, and those that take their overflow.
    pub(super) teams: [&'a [TeamId]; 2],
    pub(super) asks: &'a Asks,
    pub(super) declined: &'a [(AgentId, Timestamp)],
    pub(super) sticky: Option<AgentId>,
    /// Whose room is kept from it, by number.
    pub(super) kept: &'a [usize],
}

impl<'a> Case<'a> {
    /// Decides to whom it goes: the own team, then those that take its overflow. Where all of them gave it back it goes to
    /// who leads the team, whatever it asks for; and to one who gave it back only when nobody else may have it. All of
    /// them are those who are there now and could be given it, or, where nobody is, all who could be if they were.
    pub(super) fn decide(&self, roster: &Roster, config: &Config, now: Timestamp) -> Option<Considered> {
        let strategy = self.team.strategy;
        let job = |teams: &'a [TeamId], declined_seconds: i64| Job {
            kind: WorkKind::Ticket,
            teams,
            leads: false,
            asks: self.asks,
            declined: self.declined,
            declined_seconds,
        };
        let [own, overflow] = self.teams;
        let ask = |seconds: i64| {
            let (own, overflow) = (job(own, seconds), job(overflow, seconds));
            let before = std::slice::from_ref(&own);
            choose(&own, &[], self.sticky, self.kept, strategy, roster, now)
                .or_else(|| choose(&overflow, before, self.sticky, self.kept, strategy, roster, now))
        };
        let seconds = config.settings.declined_seconds;
        if self.declined.is_empty() {
            return ask(seconds);
        }
        ask(seconds).or_else(|| {
            // Who declines an offer is not asked again at once: other work would never get its turn.
            let least = match self.team.mode.of(WorkKind::Ticket) {
                RoutingMode::Offer => config.settings.offer_seconds.min(seconds),
                RoutingMode::Assign | RoutingMode::Manual => 0,
            };
            let anybody = ask(0);
            if anybody.is_none() && !self.all_gave_it_back(roster) {
                return None;
            }
            // Who gave it back longest ago is asked again first.
            let forgiven = anybody.and_then(|_| self.ages(least, now).into_iter().find_map(ask));
            let anything = Asks { effort: self.asks.effort, ..Asks::default() };
            let lead = Job { leads: true, asks: &anything, ..job(own, seconds) };
            let before = [job(own, seconds), job(overflow, seconds)];
            choose(&lead, &before, None, self.kept, strategy, roster, now).or(forgiven)
        })
    }

    /// Lists for how many seconds it has been refused by whom, at least so many, the longest first.
    fn ages(&self, least: i64, now: Timestamp) -> Vec<i64> {
        let ages = self.declined.iter().map(|(_, at)| now.seconds_since(*at));
        let mut ages: Vec<i64> = ages.filter(|age| *age >= least).collect();
        ages.sort_unstable_by_key(|age| Reverse(*age));
        ages.dedup();
        ages
    }

    /// Tells whether everybody gave it back who could have it but for what changes by the hour, and there is one.
    fn all_gave_it_back(&self, roster: &Roster) -> bool {
        let works = |seat: &Seat| self.teams.iter().any(|teams| teams.iter().any(|team| seat.is_in(*team)));
        let could = |seat: &&Seat| {
            let agent = &seat.agent;
            agent.active
                && works(seat)
                && agent.may_reply()
                && self.asks.is_skilled(agent)
                && self.asks.is_spoken(agent)
        };
        let gave = |seat: &Seat| self.declined.iter().any(|(who, _)| *who == seat.agent.id);
        let mut could = roster.iter().filter(could).peekable();
        could.peek().is_some() && could.all(gave)
    }
}

/// Returns the teams that serve a queue, and the rules that hold for it.
pub(crate) fn serving(team: TeamId, config: &Config) -> (Vec<TeamId>, Option<&TeamSpec>) {
    match config.team(team) {
        Some(spec) => (vec![team], Some(spec)),
        None => (vec![team, TeamId::DEFAULT], config.team(TeamId::DEFAULT)),
    }
}

/// Chooses for one piece of work: one look at each agent, and an order only of those who are named. Jobs for which
/// nobody was found `before` tell why their agents did not get it.
fn choose(
    job: &Job<'_>,
    before: &[Job<'_>],
    sticky: Option<AgentId>,
    kept: &[usize],
    strategy: Strategy,
    roster: &Roster,
    now: Timestamp,
) -> Option<Considered> {
    let mut eligible: Vec<(bool, Turn, usize)> = Vec::new();
    let mut refused: Vec<(AgentId, Refused)> = Vec::new();
    let mut refused_in_all = 0;
    for (number, seat) in roster.iter().enumerate() {
        let first = match failures(seat, job, now).next() {
            None if kept.contains(&number) => Some(Refused::Kept),
            Some(Refused::NotInTeam) => {
                let mut before = before.iter().map(|job| failures(seat, job, now).next());
                let in_team = before.find(|first| *first != Some(Refused::NotInTeam));
                // Who may have it for what was asked before was passed over for what is kept.
                in_team.map_or(Some(Refused::NotInTeam), |first| first.or(Some(Refused::Kept)))
            }
            first => first,
        };
        match first {
            None => {
                // Agents are in the order of their ids, and so are their numbers.
                let first = Some(seat.agent.id) == sticky;
                eligible.push((!first, strategy.turn(seat, job.asks), number));
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
    if eligible.len() > Why::MOST {
        eligible.select_nth_unstable(Why::MOST);
        eligible.truncate(Why::MOST);
    }
    eligible.sort_unstable();
    let left_out = in_all - eligible.len() - refused.len();
    let (.., agent) = *eligible.first()?;
    let candidates = eligible.into_iter().filter_map(|(others, turn, number)| {
        let candidate = Candidate::of(roster.at(number)?, strategy, turn.fit(strategy));
        Some(Candidate { sticky: !others, ..candidate })
    });
    Some(Considered { agent, candidates: candidates.collect(), refused, left_out })
}

/// Whom a piece of work goes to, by number, and who else was considered.
pub(super) struct Considered {
    pub(super) agent: usize,
    candidates: Vec<Candidate>,
    refused: Vec<(AgentId, Refused)>,
    left_out: usize,
}

impl Considered {
    pub(super) fn why(
        self,
        ranked: &Ranked,
        strategy: Strategy,
        stage: usize,
        assigned_at: Timestamp,
        now: Timestamp,
    ) -> Why {
        Why {
            strategy,
            score: ranked.score,
            waited_seconds: now.seconds_since(ranked.since).max(0),
            stage: u32::try_from(stage).ok().filter(|stage| *stage > 0),
            candidates: self.candidates,
            refused: self.refused,
            left_out: u32::try_from(self.left_out).unwrap_or(u32::MAX),
            assigned_at: Some(assigned_at),
        }
    }
}
