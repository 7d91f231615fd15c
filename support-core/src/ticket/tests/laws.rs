//! What holds for any sequence of commands at any times, under any policy and calendar.
//!
//! Each step is followed by the checks of [`invariants`](super::invariants). `PROPTEST_CASES` says how many histories.

use proptest::prelude::*;
use proptest::sample::select;

use crate::automation::Action;
use crate::config::Settings;
use crate::conversation::{ChannelKind, Delivery, Direction, Visibility};
use crate::id::{AgentId, OfferId, TeamId};
use crate::people::{ActorKind, ActorRef};
use crate::routing::AssignHow;
use crate::sla::Metric;
use crate::sla::calendar::CalendarSpec;
use crate::sla::policy::{PolicySpec, Step, When};
use crate::ticket::command::{self, Edit, OwnerStanding, Receive, Write};
use crate::ticket::{Command, KeywordHit, Participant, ParticipantRole, Priority, SetAsideKind, Status};

use super::desk::{
    ANA, BACK, BEN, CUSTOMER, FRONT, NIGHT, OFFICE, SIDE, START, label, office_hours, policy, rule_id,
};
use super::scenario::{Scenario, desk};

/// Something that happens.
#[derive(Debug, Clone)]
enum Happening {
    /// So many seconds pass, the worker waking the ticket on the way.
    Pass(i64),
    /// The clock jumps while the worker sleeps; it may jump back.
    Jump(i64),
    CustomerWrites {
        owner: OwnerStanding,
        thanks: bool,
        automatic: bool,
        side: bool,
    },
    AgentWrites {
        agent: AgentId,
        status: Option<Status>,
        live: bool,
        note: bool,
        automatic: bool,
        side: bool,
    },
    BotWrites,
    Report {
        message: prop::sample::Index,
        report: Delivery,
    },
    Assign {
        to: Option<AgentId>,
        team: Option<TeamId>,
        how: AssignHow,
    },
    Offer {
        agent: AgentId,
        seconds: i64,
    },
    Answer {
        accept: bool,
    },
    Withdraw,
    Move(Status),
    Prioritise(Priority),
    Tag {
        add: bool,
    },
    Insight {
        churn: f64,
        vip: bool,
    },
    Match {
        rule: u128,
        points: f64,
    },
    Escalate(Option<u8>),
    Snooze(Option<i64>),
    SetAside(SetAsideKind),
    Restore,
    Follow,
    Handle {
        agent: AgentId,
        seconds: Option<i64>,
    },
    Wake,
    Policy {
        first: bool,
        spec: Box<PolicySpec>,
        retired: bool,
    },
    Calendar {
        office: bool,
        spec: Box<CalendarSpec>,
    },
    Reconfigure,
}

fn agent() -> impl Strategy<Value = AgentId> {
    select(vec![ANA, BEN])
}

fn one_of<T: Clone + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
    select(all)
}

fn policy_spec() -> impl Strategy<Value = PolicySpec> {
    let targets = prop::collection::btree_map(one_of(Metric::ALL), 0_u64..2_000, 1..5);
    let when = prop_oneof![
        (0.0..1.0).prop_map(When::AtFraction),
        (0_u64..10_000).prop_map(When::SecondsBefore),
        Just(When::AtBreach),
        (0_u64..10_000).prop_map(When::SecondsAfter),
    ];
    let action = prop_oneof![
        Just(Action::RaisePriority),
        Just(Action::LevelUp),
        Just(Action::AddNote("late".into())),
        Just(Action::CallWebhook(crate::ticket::tests::desk::policy_id(9))),
        Just(Action::SetStatus(Status::OnHold)),
        Just(Action::AddTags(vec![label("vip")])),
        select(vec![FRONT, BACK]).prop_map(Action::MoveToTeam),
    ];
    let metric = prop::option::of(one_of(Metric::ALL));
    let step = (metric, when, prop::collection::vec(action, 0..3));
    let step = step.prop_map(|(metric, when, actions)| Step { metric, when, actions });
    let urgent = prop::option::of(0_u64..3_000);
    let own = prop::option::of(prop::option::of(select(vec![OFFICE, NIGHT])));
    let own = prop::collection::btree_map(one_of(Metric::ALL), own, 0..4);
    let channel = select(vec![Vec::new(), vec![ChannelKind::Email], vec![ChannelKind::Chat]]);
    let seldom = || prop::bool::weighted(0.3);
    let conditions = (any::<bool>(), any::<bool>(), any::<bool>(), seldom(), channel);
    let says = (any::<bool>(), any::<bool>(), seldom());
    (targets, prop::collection::vec(step, 0..4), urgent, own, says, conditions).prop_map(
        |(targets, steps, urgent, own, (office, pause_on_hold, fire_ladders), conditions)| {
            let (by_tag, by_team, by_priority, by_tier, channels) = conditions;
            let targets: Vec<(Metric, u64)> = targets.into_iter().collect();
            let mut spec = PolicySpec { steps, pause_on_hold, fire_ladders, ..policy(&targets) };
            let promised = |step: &Step| step.metric.is_none_or(|metric| spec.targets.contains_key(&metric));
            spec.steps = spec.steps.iter().filter(|step| promised(step)).cloned().collect();
            spec.calendar_id = office.then_some(OFFICE);
            for (metric, target) in &mut spec.targets {
                target.calendar_id = own.get(metric).copied().flatten();
                target.by_priority = urgent.map(|seconds| (Priority::Urgent, seconds)).into_iter().collect();
            }
            spec.conditions.tags = by_tag.then(|| label("vip")).into_iter().collect();
            spec.conditions.team_ids = by_team.then_some(BACK).into_iter().collect();
            spec.conditions.tiers = by_tier.then(|| label("VIP")).into_iter().collect();
            spec.conditions.channels = channels;
            spec.conditions.priorities = by_priority.then_some(Priority::High).into_iter().collect();
            spec
        },
    )
}

/// Closed ends most of what can happen; the worker closes often enough.
const NOT_CLOSED: &[Status] = {
    use Status::{Assigned, InProgress, OnHold, Open, Pending, Resolved};
    &[Open, Assigned, InProgress, Pending, OnHold, Resolved]
};

fn happening() -> impl Strategy<Value = Happening> {
    use Happening::*;
    let owner = select(vec![
        OwnerStanding::Available,
        OwnerStanding::Absent,
        OwnerStanding::Missing { substitute: None },
        OwnerStanding::Missing { substitute: Some(BEN) },
        OwnerStanding::Gone,
    ]);
    let seldom = || prop::bool::weighted(0.15);
    prop_oneof![
        4 => (0_i64..40_000).prop_map(Pass),
        1 => (0_i64..1_000_000).prop_map(Pass),
        2 => (-20_000_i64..60_000).prop_map(Jump),
        4 => (owner, seldom(), seldom(), seldom())
            .prop_map(|(owner, thanks, automatic, side)| CustomerWrites { owner, thanks, automatic, side }),
        5 => (agent(), prop::option::weighted(0.3, one_of(Status::ALL)), seldom(), seldom(), seldom(), seldom())
            .prop_map(|(agent, status, live, note, automatic, side)| AgentWrites {
                agent, status, live, note, automatic, side
            }),
        1 => Just(BotWrites),
        2 => (any::<prop::sample::Index>(), one_of(Delivery::ALL))
            .prop_map(|(message, report)| Report { message, report }),
        3 => (prop::option::of(agent()), prop::option::of(select(vec![FRONT, BACK])), one_of(AssignHow::ALL))
            .prop_map(|(to, team, how)| Assign { to, team, how }),
        3 => (agent(), -10_i64..5_000).prop_map(|(agent, seconds)| Offer { agent, seconds }),
        2 => any::<bool>().prop_map(|accept| Answer { accept }),
        1 => Just(Withdraw),
        3 => one_of(NOT_CLOSED).prop_map(Move),
        1 => one_of(Priority::ALL).prop_map(Prioritise),
        1 => any::<bool>().prop_map(|add| Tag { add }),
        1 => (any::<f64>(), any::<bool>()).prop_map(|(churn, vip)| Insight { churn, vip }),
        1 => (0_u128..3, -100.0..100.0).prop_map(|(rule, points)| Match { rule, points }),
        1 => prop::option::of(0_u8..12).prop_map(Escalate),
        1 => prop::option::of(-100_i64..50_000).prop_map(Snooze),
        1 => one_of(SetAsideKind::ALL).prop_map(SetAside),
        2 => Just(Restore),
        1 => Just(Follow),
        2 => (agent(), prop::option::of(-100_i64..5_000)).prop_map(|(agent, seconds)| Handle { agent, seconds }),
        1 => Just(Wake),
        2 => (any::<bool>(), policy_spec(), seldom())
            .prop_map(|(first, spec, retired)| Policy { first, spec: Box::new(spec), retired }),
        1 => (any::<bool>(), calendar_spec())
            .prop_map(|(office, spec)| Calendar { office, spec: Box::new(spec) }),
        2 => Just(Reconfigure),
    ]
}

/// Hours in two zones, of which one goes over to summer time on the first Sunday, in a night that a window may span.
fn calendar_spec() -> impl Strategy<Value = CalendarSpec> {
    let zone = select(vec!["UTC", "America/New_York"]);
    (any::<bool>(), zone, prop::bool::weighted(0.3)).prop_map(|(longer, zone, fire_ladders)| {
        let mut spec = CalendarSpec { timezone: zone.into(), fire_ladders, ..office_hours() };
        if longer {
            spec.weekly.mon = vec![["06:00".into(), "12:00".into()], ["13:00".into(), "24:00".into()]];
            spec.weekly.sat = vec![["22:00".into(), "05:00".into()]];
            spec.weekly.sun = spec.weekly.sat.clone();
        }
        spec
    })
}

const NO_OFFER: OfferId = OfferId::from_uuid(uuid::Uuid::nil());

/// Returns the id of an offer that is made now: another one each time.
fn offer_id(scenario: &Scenario) -> OfferId {
    OfferId::from_uuid(uuid::Uuid::from_u128(1 + scenario.events.len() as u128))
}

/// Lets something happen, or returns what is to be carried out.
fn happen(scenario: &mut Scenario, happening: Happening) -> Option<Command> {
    use Happening::*;
    let now = scenario.now;
    let later = |seconds: i64| now.plus_seconds(seconds);
    Some(match happening {
        Pass(seconds) => {
            scenario.until(later(seconds));
            return None;
        }
        Jump(seconds) => {
            scenario.now = later(seconds).max(START);
            return None;
        }
        Policy { first, spec, retired: true } => {
            scenario.retire_policy(u128::from(first), &spec);
            return None;
        }
        Policy { first, spec, retired: false } => {
            scenario.set_policy(u128::from(first), &spec);
            return None;
        }
        Calendar { office: true, spec } => {
            scenario.set_calendar(&spec);
            return None;
        }
        Calendar { office: false, spec } => {
            scenario.set_night_calendar(&spec);
            return None;
        }
        CustomerWrites { owner, thanks, automatic, side } => {
            let mut message = scenario.message(ActorRef::customer(CUSTOMER), Direction::Inbound);
            (message.thanks, message.automatic) = (thanks, automatic);
            message.conversation_id = side.then_some(SIDE);
            Command::Receive(Box::new(Receive { message, owner, keywords: Default::default() }))
        }
        AgentWrites { agent, status, live, note, automatic, side } => {
            let mut write = Write { status, live, ..scenario.writing(agent) };
            if note {
                write.message.visibility = Visibility::Internal;
            }
            write.message.automatic = automatic;
            write.message.conversation_id = side.then_some(SIDE);
            Command::Write(Box::new(write))
        }
        BotWrites => {
            let mut write = scenario.writing(ANA);
            write.message.author = ActorRef { kind: ActorKind::Bot, id: None };
            Command::Write(Box::new(write))
        }
        Report { message, report } => scenario.reporting(message.get(&scenario.messages).clone(), report),
        Assign { to, team, how } => scenario.assigning(to, team, how),
        Offer { agent, seconds } => {
            let (id, until) = (offer_id(scenario), later(seconds));
            Command::MakeOffer(Box::new(command::MakeOffer { id, agent, until, why: None }))
        }
        Answer { accept } => {
            let id = scenario.stored.as_ref().and_then(|t| t.offer.as_ref()).map_or(NO_OFFER, |open| open.id);
            Command::AnswerOffer(command::AnswerOffer { id, accept, reason: None })
        }
        Withdraw => Command::WithdrawOffer,
        Move(to) => Command::Move(command::Move { to, reason: None, resolution_code: None }),
        Prioritise(priority) => Command::Edit(Box::new(Edit { priority: Some(priority), ..Edit::default() })),
        Tag { add } => {
            let tag = vec![label("vip")];
            let (add_tags, remove_tags) = if add { (tag, Vec::new()) } else { (Vec::new(), tag) };
            Command::Edit(Box::new(Edit { add_tags, remove_tags, ..Edit::default() }))
        }
        Happening::Insight { churn, vip } => {
            let tier = vip.then(|| label("vip"));
            let insight = crate::ticket::Insight { tier, churn_risk: Some(churn), ..Default::default() };
            Command::Edit(Box::new(Edit { insight: Some(insight), ..Edit::default() }))
        }
        Match { rule, points } => {
            let matched = [(rule_id(rule), KeywordHit { version: 1, points })].into();
            let keywords = Some(command::Rematched { matched, asked: [rule_id(rule)].into() });
            Command::Reconfigure { keywords }
        }
        Escalate(level) => Command::Escalate(command::Escalate { level, reason: None }),
        Snooze(seconds) => Command::Snooze(seconds.map(later)),
        SetAside(kind) => Command::SetAside { kind, merged_into: None },
        Restore => Command::Restore,
        Follow => Command::AddParticipant(Participant {
            party: ActorRef::agent(BEN),
            role: ParticipantRole::Follower,
        }),
        Handle { agent, seconds } => Command::Handle { agent, until: seconds.map(later) },
        Wake => Command::Wake,
        Reconfigure => Command::Reconfigure { keywords: None },
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_invariants_hold_whatever_happens(
        first in policy_spec(),
        second in policy_spec(),
        (office, night) in (calendar_spec(), calendar_spec()),
        rules in prop::collection::vec(crate::automation::laws::automation_spec(), 0..6),
        gives_up in prop::option::of(60_i64..400_000),
        reminds in prop::option::of(60_i64..400_000),
        returns in prop::option::of(10_i64..100_000),
        window in 0_i64..700_000,
        outbound in prop::bool::weighted(0.2),
        passes_on in any::<bool>(),
        commits in prop::collection::vec(prop::collection::vec(happening(), 1..3), 1..30),
    ) {
        let mut scenario = desk();
        let settings = Settings {
            pending_reminder_seconds: reminds.filter(|reminds| gives_up.is_none_or(|ends| *reminds < ends)),
            pending_resolve_seconds: gives_up,
            reopen_window_seconds: window,
            unanswered_return_seconds: returns.map(|seconds| (ChannelKind::Email, seconds)).into_iter().collect(),
            ..Settings::default()
        };
        scenario.set_settings(&settings).set_calendar(&office).set_night_calendar(&night);
        scenario.set_policy(0, &first).set_policy(1, &second);
        for (n, rule) in (0..).zip(&rules) {
            scenario.set_automation(n, rule);
        }
        if passes_on {
            scenario.set_team(BACK, OFFICE).set_escalation(FRONT, BACK);
        }
        if outbound {
            scenario.open_outbound(ANA);
        } else {
            scenario.open();
        }
        for commit in commits {
            let commands: Vec<Command> =
                commit.into_iter().filter_map(|happening| happen(&mut scenario, happening)).collect();
            scenario.system(&commands);
            // A refusal changes nothing, and the next thing happens.
            scenario.refusal = None;
        }
    }
}
