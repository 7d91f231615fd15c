//! Then: what a scenario has come to.

use crate::error::Error;
use crate::event::Event;
use crate::id::AgentId;
use crate::sla::{EndReason, Metric, PauseReason, SlaTimer, TimerMove, TimerState};
use crate::ticket::{Status, Ticket};

use super::desk::minute;
use super::scenario::Scenario;

impl Scenario {
    pub(super) fn ticket(&self) -> &Ticket {
        self.stored.as_ref().unwrap()
    }

    pub(super) fn assert_accepted(&self) {
        assert!(self.refusal.is_none(), "unexpected: {:?}", self.refusal);
    }

    /// Events of the latest step.
    pub(super) fn latest(&self) -> impl Iterator<Item = &Event> {
        self.assert_accepted();
        self.events[self.mark..].iter().map(|envelope| &envelope.event)
    }

    /// The latest step made exactly these events.
    #[track_caller]
    pub(super) fn saw(&mut self, names: &[&str]) -> &mut Self {
        let found: Vec<&str> = self.latest().map(Event::name).collect();
        assert_eq!(found, names);
        self
    }

    /// How many events of this name there are in all.
    pub(super) fn count(&self, name: &str) -> usize {
        self.events.iter().filter(|envelope| envelope.event.name() == name).count()
    }

    /// The latest command was refused by the rule `code`, or for the field `code`.
    #[track_caller]
    pub(super) fn refused(&mut self, code: &str) -> &mut Self {
        match self.refusal.take() {
            Some(Error::Refused(refusal)) => assert_eq!(refusal.code, code),
            Some(Error::Invalid(problems)) => assert_eq!(problems[0].field, code),
            other => panic!("not refused by `{code}` but {other:?}"),
        }
        self
    }

    #[track_caller]
    pub(super) fn status(&mut self, status: Status) -> &mut Self {
        self.assert_accepted();
        assert_eq!(self.ticket().status, status);
        self
    }

    #[track_caller]
    pub(super) fn owner(&mut self, owner: Option<AgentId>) -> &mut Self {
        assert_eq!(self.ticket().assigned_to, owner);
        self
    }

    fn timer(&self, metric: Metric) -> &SlaTimer {
        self.assert_accepted();
        self.ticket().sla.timer(metric).unwrap_or_else(|| panic!("no timer of {metric}"))
    }

    /// The timer counts in this cycle and is due at this minute.
    #[track_caller]
    pub(super) fn runs(&mut self, metric: Metric, cycle: u32, due: i64) -> &mut Self {
        let timer = self.timer(metric);
        let due_at = timer.due_at(&self.config);
        assert_eq!((timer.state, timer.cycle, due_at), (TimerState::Running, cycle, Some(minute(due))));
        self
    }

    /// The timer stands still for this reason.
    #[track_caller]
    pub(super) fn pauses(&mut self, metric: Metric, reason: PauseReason) -> &mut Self {
        let timer = self.timer(metric);
        let paused = timer.segments.last().unwrap().paused;
        assert_eq!((timer.state, paused), (TimerState::Paused, Some(reason)));
        self
    }

    /// The timer's latest cycle has ended so, after this many counted minutes.
    #[track_caller]
    pub(super) fn ended(
        &mut self,
        metric: Metric,
        state: TimerState,
        reason: EndReason,
        minutes: i64,
    ) -> &mut Self {
        let timer = self.timer(metric);
        let elapsed = timer.elapsed_micros(self.now, &self.config) / 60_000_000;
        assert_eq!((timer.state, timer.reason, elapsed), (state, Some(reason), minutes));
        self
    }

    /// The steps of this timer's life so far, in words: `started`, `paused`, `resumed`, `reinstated` or how it ended.
    pub(super) fn life(&self, metric: Metric) -> Vec<&'static str> {
        let moves = self.events.iter().filter_map(|envelope| match &envelope.event {
            Event::SlaTimersMoved { moves } => Some(moves),
            _ => None,
        });
        moves
            .flatten()
            .filter_map(|step| match step {
                TimerMove::Started { metric: of, .. } if *of == metric => Some("started"),
                TimerMove::Paused { metric: of, .. } if *of == metric => Some("paused"),
                TimerMove::Resumed { metric: of } if *of == metric => Some("resumed"),
                TimerMove::Reinstated { metric: of, .. } if *of == metric => Some("reinstated"),
                TimerMove::Ended { metric: of, outcome, .. } if *of == metric => Some(outcome.as_str()),
                _ => None,
            })
            .collect()
    }

    #[track_caller]
    pub(super) fn lived(&mut self, metric: Metric, life: &[&str]) -> &mut Self {
        assert_eq!(self.life(metric), life, "{metric}");
        self
    }

    /// The timer has never started.
    #[track_caller]
    pub(super) fn never(&mut self, metric: Metric) -> &mut Self {
        assert!(self.ticket().sla.timer(metric).is_none(), "{metric}");
        self
    }

    #[track_caller]
    pub(super) fn breached(&mut self, metric: Metric, breached: bool) -> &mut Self {
        assert_eq!(self.timer(metric).breached_at.is_some(), breached);
        self
    }
}
