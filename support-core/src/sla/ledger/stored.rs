//! A ledger in few bytes.
//!
//! A ticket that changes hands for months is read and written with all its stages. So each id is spelled once and named
//! by its place from then on, instants are numbers, those of stages counted from one to the next, and what follows from
//! the stages, the segments of the timers, is left out and made anew.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Applied, ConfigRef, EndReason, Ledger, Metric, SlaTimer, Stage, StepTaken, Target, TimerState};
use crate::id::{AgentId, DocumentId, TeamId};
use crate::ticket::{Priority, Status};
use crate::time::Timestamp;

/// Place of an id in the list of all.
type Place = u32;

/// The place of a document's id, and a version.
type Version = (Place, u64);

/// A ledger as it is written.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Stored {
    ids: Vec<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    applied: Option<StoredPolicy>,
    timers: Vec<StoredTimer>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    held: Option<Priority>,
    stages: Vec<StoredStage>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answered: Option<i64>,
}

/// Policy, whether holding pauses, and for each metric its seconds and calendar.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredPolicy(Version, bool, Vec<(Metric, u64, Option<Version>)>);

/// Microseconds since the stage before, status, team, agent, and whether it was set aside.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredStage(i64, Status, Option<Place>, Option<Place>, bool);

/// The fields of a timer in their order, but for its segments.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredTimer(
    Metric,
    u32,
    TimerState,
    Version,
    u64,
    Option<Version>,
    bool,
    i64,
    Option<i64>,
    Option<i64>,
    Option<EndReason>,
    Vec<StepTaken>,
);

impl Stored {
    pub(super) fn of(ledger: &Ledger) -> Self {
        let mut stored = Self { held: ledger.held_priority, ..Self::default() };
        stored.answered = ledger.answered_at.map(Timestamp::micros);
        stored.applied = ledger.applied.as_ref().map(|applied| {
            let target = |target: &Target| {
                (target.metric, target.seconds, target.calendar.map(|calendar| stored.version(calendar)))
            };
            let targets = applied.targets.iter().map(target).collect();
            StoredPolicy(stored.version(applied.policy), applied.pause_on_hold, targets)
        });
        stored.timers = ledger.timers.iter().map(|timer| stored.timer(timer)).collect();
        let mut last = 0;
        let stages = ledger.stages.iter().map(|stage| {
            let since = stage.from.micros() - std::mem::replace(&mut last, stage.from.micros());
            let team = stage.team.map(|team| stored.place(team.uuid()));
            let agent = stage.agent.map(|agent| stored.place(agent.uuid()));
            StoredStage(since, stage.status, team, agent, stage.set_aside)
        });
        stored.stages = stages.collect();
        stored
    }

    fn place(&mut self, id: Uuid) -> Place {
        let known = self.ids.iter().position(|known| *known == id);
        let place = known.unwrap_or_else(|| {
            self.ids.push(id);
            self.ids.len() - 1
        });
        Place::try_from(place).unwrap_or(Place::MAX)
    }

    fn version(&mut self, version: ConfigRef) -> Version {
        (self.place(version.id.uuid()), version.version)
    }

    fn timer(&mut self, timer: &SlaTimer) -> StoredTimer {
        StoredTimer(
            timer.metric,
            timer.cycle,
            timer.state,
            self.version(timer.policy),
            timer.target_seconds,
            timer.calendar.map(|calendar| self.version(calendar)),
            timer.pauses_on_hold,
            timer.started_at.micros(),
            timer.stopped_at.map(Timestamp::micros),
            timer.breached_at.map(Timestamp::micros),
            timer.reason,
            timer.steps_taken.clone(),
        )
    }

    /// Makes the ledger; nothing where a place is named at which no id stands.
    pub(super) fn ledger(self) -> Option<Ledger> {
        let Self { ids, applied, timers, held, stages, answered } = self;
        let id = |place: Place| ids.get(place as usize).copied();
        let version =
            |(place, version): Version| Some(ConfigRef { id: DocumentId::from_uuid(id(place)?), version });
        let optional = |wanted: Option<Version>| match wanted {
            Some(wanted) => version(wanted).map(Some),
            None => Some(None),
        };
        let mut at = 0_i64;
        let stages = stages.into_iter().map(|StoredStage(since, status, team, agent, set_aside)| {
            at = at.saturating_add(since);
            let team = team.map_or(Some(None), |team| id(team).map(|id| Some(TeamId::from_uuid(id))))?;
            let agent = agent.map_or(Some(None), |agent| id(agent).map(|id| Some(AgentId::from_uuid(id))))?;
            Some(Stage { from: Timestamp::from_micros(at), status, set_aside, team, agent })
        });
        let stages: Vec<Stage> = stages.collect::<Option<_>>()?;
        let applied = match applied {
            Some(StoredPolicy(policy, pause_on_hold, targets)) => {
                let target = |(metric, seconds, calendar)| {
                    Some(Target { metric, seconds, calendar: optional(calendar)? })
                };
                let targets = targets.into_iter().map(target).collect::<Option<_>>()?;
                Some(Applied { policy: version(policy)?, pause_on_hold, targets })
            }
            None => None,
        };
        let timer = |stored| {
            let StoredTimer(
                metric,
                cycle,
                state,
                policy,
                target_seconds,
                calendar,
                pauses_on_hold,
                started_at,
                stopped_at,
                breached_at,
                reason,
                steps_taken,
            ) = stored;
            let mut timer = SlaTimer {
                metric,
                cycle,
                state,
                policy: version(policy)?,
                target_seconds,
                calendar: optional(calendar)?,
                pauses_on_hold,
                started_at: Timestamp::from_micros(started_at),
                stopped_at: stopped_at.map(Timestamp::from_micros),
                breached_at: breached_at.map(Timestamp::from_micros),
                reason,
                segments: Vec::new(),
                steps_taken,
            };
            timer.segments = timer.lived(&stages);
            Some(timer)
        };
        let timers = timers.into_iter().map(timer).collect::<Option<_>>()?;
        let answered_at = answered.map(Timestamp::from_micros);
        Some(Ledger { applied, timers, held_priority: held, stages, answered_at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_at_which_no_id_stands_is_refused() {
        let ledger = |place: u32| {
            let json = format!(r#"{{"ids":[],"timers":[],"stages":[[0,"new",{place},null,false]]}}"#);
            serde_json::from_str::<Ledger>(&json)
        };
        assert!(ledger(0).is_err());
        let known = r#"{"ids":["00000000-0000-0000-0000-000000000001"],"timers":[],"stages":[[5,"new",0,null,false]]}"#;
        let known: Ledger = serde_json::from_str(known).unwrap();
        assert_eq!((known.stages[0].from, known.stages[0].agent), (Timestamp::from_micros(5), None));
        assert!(known.stages[0].team.is_some());
    }
}
