//! DOMAIN's table of the timers, once more in plain words: from what can be seen of a ticket, when each of them counts.
//!
//! Nothing here knows of moves, cycles or segments. What it says of every open timer, whether it stands still and how
//! long it has counted, is compared with the ledger after whatever happens.

use proptest::prelude::*;
use proptest::sample::select;

use crate::conversation::{Delivery, Direction};
use crate::id::{AgentId, TeamId};
use crate::routing::AssignHow;
use crate::sla::policy::PolicySpec;
use crate::sla::{Metric, TimerState};
use crate::ticket::command::OwnerStanding;
use crate::ticket::{SetAsideKind, Status, StatusCategory};
use crate::time::Timestamp;

use super::desk::{ANA, BACK, BEN, FRONT, full_policy};
use super::scenario::{Scenario, desk};

/// What can be seen of a ticket from an instant on.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Sight {
    at: Timestamp,
    status: Status,
    team: Option<TeamId>,
    owner: Option<AgentId>,
    aside: bool,
}

impl Sight {
    fn of(scenario: &Scenario) -> Self {
        let ticket = scenario.ticket();
        let (status, team, owner) = (ticket.status, ticket.team_id, ticket.assigned_to);
        Self { at: scenario.now, status, team, owner, aside: ticket.set_aside.is_some() }
    }

    fn is_resolved(self) -> bool {
        matches!(self.status, Status::Resolved | Status::Closed)
    }

    fn is_open(self) -> bool {
        self.status.category() == StatusCategory::Open
    }

    fn waits(self) -> bool {
        self.is_open() && self.owner.is_none() && !self.aside
    }
}

/// What somebody reads who was there.
#[derive(Debug, Default)]
struct Witness {
    seen: Vec<Sight>,
    /// When the customer asked, and whether a resolution said that nothing is owed for it.
    asked: Vec<(Timestamp, bool)>,
    /// When an agent answered, in which message, and whether it failed.
    answered: Vec<(Timestamp, usize, bool)>,
    /// Since when the present lap in the queue counts, by its stretches; the last may have no end.
    lap: Vec<(Timestamp, Option<Timestamp>)>,
}

impl Witness {
    fn latest_answer(&self) -> Option<Timestamp> {
        self.answered.iter().filter(|(_, _, failed)| !failed).map(|(at, _, _)| *at).max()
    }

    fn oldest_unanswered(&self) -> Option<Timestamp> {
        let answer = self.latest_answer();
        let open = |(at, settled): &&(Timestamp, bool)| !settled && answer.is_none_or(|answer| *at > answer);
        self.asked.iter().find(open).map(|(at, _)| *at)
    }

    fn see(&mut self, now: Sight) {
        let before = self.seen.last().copied();
        let at_work = self.seen.iter().rev().find(|sight| !sight.aside).copied();
        if now.is_resolved() && before.is_some_and(|before| !before.is_resolved()) {
            let answer = self.latest_answer();
            for (at, settled) in &mut self.asked {
                *settled |= answer.is_none_or(|answer| *at > answer);
            }
        }
        if let Some((_, end @ None)) = self.lap.last_mut().filter(|_| !now.waits()) {
            *end = Some(now.at);
        }
        // It goes on where open work is given back, in one and the same team. Aside nothing happened to it.
        let back = at_work.is_some_and(Sight::is_open);
        let moved = before.is_some_and(|before| before.team != now.team);
        if moved || !back && now.waits() {
            self.lap.clear();
        }
        let left = at_work.is_some_and(Sight::waits) && !now.aside && now.owner.is_none();
        if left && !now.waits() {
            self.lap.clear();
        }
        if now.waits() && self.lap.last().is_none_or(|(_, end)| end.is_some()) {
            self.lap.push((now.at, None));
        }
        self.seen.push(now);
    }

    /// Counts microseconds from an instant on in which the ticket looked so.
    fn counted(&self, from: Timestamp, now: Timestamp, counts: impl Fn(Sight) -> bool) -> i64 {
        let ends = self.seen.iter().skip(1).map(|sight| sight.at).chain([now]);
        let stretches = self.seen.iter().zip(ends).filter(|(sight, _)| counts(**sight));
        stretches.map(|(sight, to)| to.micros_since(sight.at.max(from)).max(0)).sum()
    }

    /// What a timer is now: whether it stands still, and the microseconds that it has counted; nothing where none is
    /// open.
    fn expects(&self, metric: Metric, policy: &PolicySpec, now: Timestamp) -> Option<(bool, i64)> {
        let sight = *self.seen.last()?;
        if sight.aside || sight.is_resolved() {
            return None;
        }
        let pending = |sight: Sight| sight.status == Status::Pending;
        match metric {
            Metric::FirstResponse | Metric::NextResponse => {
                let first = metric == Metric::FirstResponse;
                let since = self.oldest_unanswered().filter(|_| self.latest_answer().is_none() == first)?;
                Some((false, self.counted(since, now, |sight| !sight.aside)))
            }
            Metric::PeriodicUpdate => {
                let since = self.latest_answer()?;
                let from = self.seen.iter().rposition(|sight| sight.at <= since)?;
                if self.seen[from..].iter().any(|sight| sight.is_resolved()) {
                    return None;
                }
                Some((pending(sight), self.counted(since, now, |sight| !sight.aside && !pending(sight))))
            }
            Metric::QueuePickup => sight.waits().then(|| {
                let stretch =
                    |(from, to): &(Timestamp, Option<Timestamp>)| to.unwrap_or(now).micros_since(*from);
                (false, self.lap.iter().map(stretch).sum())
            }),
            Metric::Resolution => {
                let held = |sight: Sight| policy.pause_on_hold && sight.status == Status::OnHold;
                let still =
                    |sight: Sight| sight.aside || sight.is_resolved() || pending(sight) || held(sight);
                let opened = self.seen.first()?.at;
                Some((still(sight), self.counted(opened, now, |sight| !still(sight))))
            }
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Happening {
    Customer(OwnerStanding),
    Agent { agent: AgentId, status: Option<Status>, live: bool },
    Note,
    Fail(prop::sample::Index),
    Assign { to: Option<AgentId>, team: Option<TeamId>, how: AssignHow },
    Move(Status),
    Snooze,
    Escalate,
    SetAside,
    Restore,
}

fn happening() -> impl Strategy<Value = Happening> {
    use Happening::*;
    use Status::{InProgress, OnHold, Open, Pending, Resolved};
    let agent = || select(vec![ANA, BEN]);
    let team = || prop::option::of(select(vec![FRONT, BACK]));
    let standing = select(vec![
        OwnerStanding::Available,
        OwnerStanding::Absent,
        OwnerStanding::Gone,
        OwnerStanding::Missing { substitute: None },
        OwnerStanding::Missing { substitute: Some(ANA) },
        OwnerStanding::Missing { substitute: Some(BEN) },
    ]);
    prop_oneof![
        4 => standing.prop_map(Customer),
        5 => (agent(), prop::option::of(select(vec![InProgress, Pending, OnHold, Resolved])), any::<bool>())
            .prop_map(|(agent, status, live)| Agent { agent, status, live }),
        1 => Just(Note),
        4 => any::<prop::sample::Index>().prop_map(Fail),
        3 => (agent(), team()).prop_map(|(to, team)| Assign { to: Some(to), team, how: AssignHow::Reassign }),
        2 => Just(Assign { to: None, team: None, how: AssignHow::Return }),
        2 => team().prop_map(|team| Assign { to: None, team, how: AssignHow::Transfer }),
        3 => select(vec![Open, InProgress, Pending, OnHold, Resolved]).prop_map(Move),
        1 => Just(Snooze),
        1 => Just(Escalate),
        1 => Just(SetAside),
        2 => Just(Restore),
    ]
}

fn happen(scenario: &mut Scenario, witness: &mut Witness, happening: Happening) {
    use Happening::*;
    let aside = scenario.ticket().set_aside.is_some();
    let now = scenario.now;
    match happening {
        // What arrives while a ticket is aside is another story.
        Customer(_) if aside => return,
        Customer(OwnerStanding::Missing { substitute }) if substitute == scenario.ticket().assigned_to => {
            return;
        }
        Customer(owner) => {
            scenario.receive(owner, |_| {});
            witness.asked.extend(scenario.refusal.is_none().then_some((now, false)));
        }
        Agent { agent, status, live } => {
            let nth = scenario.messages.len();
            scenario.write(agent, |write| (write.status, write.live) = (status, live));
            witness.answered.extend(scenario.refusal.is_none().then_some((now, nth, false)));
        }
        Note => {
            scenario.note(ANA);
        }
        Fail(which) => {
            let Some(which) = (!witness.answered.is_empty()).then(|| which.index(witness.answered.len()))
            else {
                return;
            };
            let (_, nth, failed) = &mut witness.answered[which];
            *failed = true;
            let message = scenario.messages[*nth].clone();
            assert_eq!(message.direction, Direction::Outbound);
            scenario.report(message, Delivery::Failed);
        }
        Assign { to, team, how } => {
            scenario.assign_as(to, team, how);
        }
        Move(to) => {
            scenario.move_to(to);
        }
        Snooze => {
            scenario.system(&[crate::ticket::Command::Snooze(Some(now.plus_seconds(500)))]);
        }
        Escalate => {
            scenario.escalate(None);
        }
        SetAside => {
            scenario.set_aside(SetAsideKind::Spam);
        }
        Restore => {
            scenario.restore();
        }
    }
    scenario.refusal = None;
    witness.see(Sight::of(scenario));
}

fn agree(scenario: &Scenario, witness: &Witness, policy: &PolicySpec) {
    for metric in Metric::ALL {
        let open = scenario.ticket().sla.open(*metric).map(|timer| {
            (timer.state == TimerState::Paused, timer.elapsed_micros(scenario.now, &scenario.config))
        });
        assert_eq!(open, witness.expects(*metric, policy, scenario.now), "{metric} at {}", scenario.now);
    }
}

proptest! {
    // Half as many as of other laws: each is a long history, looked at after every step.
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        cases: ProptestConfig::default().cases / 2,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_open_timer_is_what_the_table_says(
        pause_on_hold in any::<bool>(),
        passes_on in any::<bool>(),
        story in prop::collection::vec((60_i64..30_000, happening()), 1..25),
    ) {
        let policy = PolicySpec { pause_on_hold, ..full_policy() };
        let mut scenario = desk();
        if passes_on {
            scenario.set_escalation(BACK, FRONT).set_escalation(FRONT, BACK);
        }
        scenario.set_policy(1, &policy).open();
        let mut witness = Witness { asked: vec![(scenario.now, false)], ..Witness::default() };
        witness.see(Sight::of(&scenario));
        agree(&scenario, &witness, &policy);
        for (seconds, happening) in story {
            scenario.until(scenario.now.plus_seconds(seconds));
            witness.see(Sight::of(&scenario));
            agree(&scenario, &witness, &policy);
            happen(&mut scenario, &mut witness, happening);
            agree(&scenario, &witness, &policy);
        }
    }
}
