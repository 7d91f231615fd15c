//! What a plan compared, noted so that the record of each decision can be written when it is asked for.
//!
//! A plan of thousands of placements names the same agents again and again. The state of each is noted once for as long
//! as it stays the same, and refusals once for as long as they do; a placement keeps the numbers of these notes. The
//! record that comes of them is what was compared when it was decided, however much later it is written.

use std::sync::Arc;

use crate::id::AgentId;
use crate::time::Timestamp;

use super::{Candidate, Fit, Refused, Seat, Strategy, Why, Worth};

/// The notes of one plan.
#[derive(Debug, Default)]
pub(super) struct Log {
    states: Vec<State>,
    named: Vec<Named>,
    /// What it was worth to give work to whom is named, where that was reckoned.
    worths: Vec<Worth>,
    refusals: Vec<Vec<(AgentId, Refused)>>,
}

/// An agent as they were compared.
#[derive(Debug, Clone, Copy)]
pub(super) struct State {
    agent: AgentId,
    load: u32,
    capacity: u32,
    performance: u32,
    last_assigned_at: Option<Timestamp>,
}

/// A candidate: the number of a state, and how well the agent fits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named {
    pub(super) state: u32,
    pub(super) fit: Fit,
}

/// One decision, by the notes of its plan.
#[derive(Debug, Clone, Copy)]
pub(super) struct Decision {
    pub(super) strategy: Strategy,
    pub(super) score: f64,
    pub(super) waited_seconds: i64,
    pub(super) stage: Option<u32>,
    pub(super) candidates: Candidates,
    /// The number of the refusals.
    pub(super) refused: u32,
    pub(super) left_out: u32,
    pub(super) assigned_at: Timestamp,
}

/// Where the candidates of a decision are noted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidates {
    begin: u32,
    end: u32,
    /// Where it is noted what they are worth.
    worths: Option<u32>,
    /// Which of them had the matter before.
    sticky: Option<u8>,
}

impl Candidates {
    pub(super) const fn len(self) -> usize {
        (self.end - self.begin) as usize
    }
}

impl State {
    pub(super) fn of(seat: &Seat) -> Self {
        Self {
            agent: seat.agent.id,
            load: seat.state.load.units,
            capacity: seat.agent.capacity.units,
            performance: seat.agent.performance,
            last_assigned_at: seat.state.last_assigned_at,
        }
    }

    fn candidate(&self, strategy: Strategy, fit: Fit) -> Candidate {
        Candidate {
            agent: self.agent,
            load: self.load,
            capacity: self.capacity,
            last_assigned_at: self.last_assigned_at,
            sticky: false,
            fit: strategy.fits().then_some(fit),
            performance: strategy.weighs().then_some(self.performance),
            worth: None,
        }
    }
}

impl Candidate {
    /// Notes what a strategy compares of an agent.
    pub(super) fn of(seat: &Seat, strategy: Strategy, fit: Fit) -> Self {
        State::of(seat).candidate(strategy, fit)
    }
}

/// Numbers stay far below: a plan is made of what fits into memory many times over.
fn number(of: usize) -> u32 {
    u32::try_from(of).unwrap_or(u32::MAX)
}

impl Log {
    /// Notes a state; answers its number.
    pub(super) fn state(&mut self, state: State) -> u32 {
        self.states.push(state);
        number(self.states.len() - 1)
    }

    /// Notes refusals; answers their number.
    pub(super) fn refusals(&mut self, refused: Vec<(AgentId, Refused)>) -> u32 {
        self.refusals.push(refused);
        number(self.refusals.len() - 1)
    }

    /// Notes candidates, the chosen one first. `sticky` is which of them had the matter before.
    pub(super) fn name(&mut self, named: impl Iterator<Item = Named>, sticky: Option<u8>) -> Candidates {
        let begin = number(self.named.len());
        self.named.extend(named);
        Candidates { begin, end: number(self.named.len()), worths: None, sticky }
    }

    /// Makes place for so many decisions among candidates with what they are worth.
    pub(super) fn reserve(&mut self, decisions: usize) {
        self.states.reserve(decisions);
        self.named.reserve(decisions * Why::MOST);
        self.worths.reserve(decisions * Why::MOST);
    }

    /// Begins a list of candidates with what they are worth; answers where.
    pub(super) fn begin(&self) -> (u32, u32) {
        (number(self.named.len()), number(self.worths.len()))
    }

    /// Notes the next candidate of such a list.
    pub(super) fn rate(&mut self, named: Named, worth: Worth) {
        self.named.push(named);
        self.worths.push(worth);
    }

    /// Ends a list. `sticky` is which of them had the matter before.
    pub(super) fn end(&self, (begin, worths): (u32, u32), sticky: Option<u8>) -> Candidates {
        Candidates { begin, end: number(self.named.len()), worths: Some(worths), sticky }
    }

    fn candidates(&self, strategy: Strategy, of: Candidates) -> Vec<Candidate> {
        let named = self.named.get(of.begin as usize..of.end as usize).unwrap_or_default();
        let candidate = |(at, named): (usize, &Named)| {
            let state = self.states.get(named.state as usize)?;
            let worth = of.worths.and_then(|begin| self.worths.get(begin as usize + at)).copied();
            let sticky = of.sticky.is_some_and(|sticky| usize::from(sticky) == at);
            Some(Candidate { sticky, worth, ..state.candidate(strategy, named.fit) })
        };
        named.iter().enumerate().filter_map(candidate).collect()
    }

    fn why(&self, decision: &Decision) -> Why {
        let refused = self.refusals.get(decision.refused as usize);
        Why {
            strategy: decision.strategy,
            score: decision.score,
            waited_seconds: decision.waited_seconds,
            stage: decision.stage,
            candidates: self.candidates(decision.strategy, decision.candidates),
            refused: refused.cloned().unwrap_or_default(),
            left_out: decision.left_out,
            assigned_at: Some(decision.assigned_at),
        }
    }
}

/// The record of a decision: written, or the notes that it is written from.
#[derive(Debug, Clone)]
pub(super) enum Record {
    Written(Box<Why>),
    Noted(Arc<Log>, Decision),
}

impl Record {
    pub(super) fn why(&self) -> Why {
        match self {
            Self::Written(why) => (**why).clone(),
            Self::Noted(log, decision) => log.why(decision),
        }
    }
}
