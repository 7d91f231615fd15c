//! Bodies of configuration documents.

use std::collections::BTreeMap;

use support_core::automation::{Action, Condition, Field, Op, Test};
use support_core::config::{RoutingMode, RoutingModes, Settings, TeamSpec};
use support_core::conversation::ChannelKind;
use support_core::masking::{CustomPattern, Kind, MaskingSpec, Mode, Preset, Validator};
use support_core::routing::Strategy;
use support_core::scoring::Weights;
use support_core::scoring::keywords::{KeywordRule, RuleKind};
use support_core::sla::Metric;
use support_core::sla::calendar::{CalendarSpec, ExceptionSpec, WeeklySpec, YearlySpec};
use support_core::sla::policy::{PolicyConditions, PolicySpec, Step, TargetSpec, When};
use support_core::testkit::build::{brand_id, document_id, team_id, word};
use support_core::ticket::Priority;

use crate::sheet::Sheet;

pub(crate) fn sheet() -> Sheet {
    let modes =
        RoutingModes { ticket: RoutingMode::Manual, chat: RoutingMode::Offer, call: RoutingMode::Assign };
    let team = TeamSpec {
        name: "Billing".into(),
        mode: modes,
        strategy: Strategy::LeastLoaded,
        calendar_id: Some(document_id(1)),
        overflow_team_ids: vec![team_id(2), team_id(3)],
        escalation_team_id: Some(team_id(4)),
    };
    let policy = policy();
    let calendar = calendar();
    let pattern =
        CustomPattern { name: "badge".into(), pattern: r"B-\d{6}".into(), validator: Validator::Luhn };
    let masking = MaskingSpec {
        preset: Preset::Strict,
        detectors: Some(vec![Kind::Card, Kind::OneTimeCode]),
        mode: Mode::LastFour,
        store_contact: true,
        custom: vec![pattern.clone()],
    };
    let rule = KeywordRule {
        id: document_id(5),
        kind: RuleKind::TimeSensitive,
        name: "Deadlines".into(),
        keywords: vec!["by today".into(), "scad*".into()],
        condition: Some(Condition::Test(Test {
            field: Field::Category,
            op: Op::IsSet,
            value: None,
            calendar_id: None,
        })),
        boost_amount: -7.25,
        alert: true,
        active: true,
    };
    let settings = settings();
    let steps = policy.steps.clone();
    Sheet::default()
        .both(&[modes])
        .both(&[team, TeamSpec::standard().clone()])
        .both(std::slice::from_ref(&policy.conditions))
        .both(&policy.targets.values().cloned().collect::<Vec<_>>())
        .both(&steps.iter().map(|step| step.when).collect::<Vec<_>>())
        .both(&steps)
        .both(&[policy, PolicySpec::standard()])
        .both(std::slice::from_ref(&calendar.weekly))
        .both(&calendar.exceptions)
        .both(&calendar.yearly)
        .both(&[calendar])
        .both(&[pattern])
        .both(&[masking, MaskingSpec::default()])
        .both(&[rule])
        .both(&[settings.weights.clone(), Weights::strict_priority()])
        .both(&[settings, Settings::default()])
}

fn policy() -> PolicySpec {
    let target = |calendar_id| TargetSpec {
        seconds: Some(3_600),
        by_priority: BTreeMap::from([(Priority::Urgent, 600), (Priority::Low, 86_400)]),
        calendar_id,
    };
    let step = |metric, when, actions: &[Action]| Step { metric, when, actions: actions.to_vec() };
    PolicySpec {
        name: "Gold".into(),
        position: -3,
        conditions: PolicyConditions {
            channels: vec![ChannelKind::Chat, ChannelKind::Host("kiosk-2".into())],
            priorities: vec![Priority::High, Priority::Urgent],
            tiers: vec![word("gold")],
            team_ids: vec![team_id(1)],
            brand_ids: vec![brand_id(1)],
            tags: vec![word("vip")],
        },
        targets: BTreeMap::from([
            (Metric::FirstResponse, target(None)),
            (Metric::NextResponse, target(Some(None))),
            (Metric::Resolution, target(Some(Some(document_id(2))))),
        ]),
        calendar_id: Some(document_id(1)),
        pause_on_hold: true,
        steps: vec![
            step(None, When::AtFraction(0.8), &[]),
            step(Some(Metric::Resolution), When::SecondsBefore(600), &[Action::AddTags(vec![word("soon")])]),
            step(None, When::AtBreach, &[Action::RaisePriority, Action::LevelUp]),
            step(None, When::SecondsAfter(60), &[Action::MoveToTeam(team_id(2))]),
        ],
        active: false,
    }
}

fn calendar() -> CalendarSpec {
    let window = |open: &str, close: &str| [open.to_owned(), close.to_owned()];
    let day = vec![window("09:00", "12:30"), window("13:30", "24:00")];
    CalendarSpec {
        name: "Office".into(),
        timezone: "Europe/Berlin".into(),
        weekly: WeeklySpec {
            mon: day.clone(),
            tue: day.clone(),
            wed: vec![window("22:00", "06:00")],
            thu: day.clone(),
            fri: day,
            sat: vec![window("10:00", "12:00")],
            sun: Vec::new(),
        },
        exceptions: vec![ExceptionSpec {
            date: "2026-12-24".into(),
            windows: vec![window("09:00", "12:00")],
        }],
        yearly: vec![YearlySpec { month: 12, day: 25, windows: Vec::new() }],
    }
}

fn settings() -> Settings {
    Settings {
        reopen_window_seconds: 86_400,
        pending_reminder_seconds: Some(3_600),
        pending_resolve_seconds: Some(7_200),
        bin_seconds: 10_000,
        declined_seconds: 301,
        handling_lease_seconds: 61,
        weights: Weights {
            priority_points: 101.5,
            age_points: 99.0,
            age_seconds: 3_600,
            live_age_seconds: 60,
            urgency_points: 151.0,
            keyword_limit: 90.0,
            insight_limit: 40.0,
            tier_points: BTreeMap::from([("gold".to_owned(), 12.5)]),
            churn_points: 21.0,
            lifetime_points: 22.0,
            lifetime_half: 50_000.0,
        },
    }
}
