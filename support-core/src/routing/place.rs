//! Deciding about one piece of work by itself: every agent is looked at.

use crate::config::{Config, RoutingMode, TeamSpec};
use crate::id::{AgentId, TeamId};
use crate::people::WorkKind;
use crate::scoring::total;
use crate::time::Timestamp;

use super::plan::assigned_at;
use super::record::Record;
use super::strategy::Turn;
use super::{Asks, Candidate, Job, Placement, Ranked, Refused, Roster, Strategy, Waiting, Why, failures};

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
}

impl<'a> Case<'a> {
    /// Decides to whom it goes: the own team, then those that take its overflow. Where all of them gave it back it goes to
    /// who leads the team, whatever it asks for; and to one who gave it back only when nobody else may have it.
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
        let ask = |seconds: i64| {
            let mut asked = self.teams.iter().map(|teams| job(teams, seconds));
            asked.find_map(|job| choose(&job, self.sticky, strategy, roster, now))
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
            let forgiven = ask(0)?;
            let forgiven = if least > 0 { ask(least) } else { Some(forgiven) };
            let anything = Asks { effort: self.asks.effort, ..Asks::default() };
            let [own, _] = self.teams;
            let lead = Job { leads: true, asks: &anything, ..job(own, seconds) };
            choose(&lead, None, strategy, roster, now).or(forgiven)
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
fn choose(
    job: &Job<'_>,
    sticky: Option<AgentId>,
    strategy: Strategy,
    roster: &Roster,
    now: Timestamp,
) -> Option<Considered> {
    let mut eligible: Vec<(bool, Turn, usize)> = Vec::new();
    let mut refused: Vec<(AgentId, Refused)> = Vec::new();
    let mut refused_in_all = 0;
    for (number, seat) in roster.iter().enumerate() {
        match failures(seat, job, now).next() {
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
