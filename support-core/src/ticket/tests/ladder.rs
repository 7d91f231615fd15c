//! Warnings and ladders: before, at and after the breach, each once.

use crate::automation::{Action, On, Timer, Trigger};
use crate::event::Event;
use crate::id::TeamId;
use crate::routing::AssignHow;
use crate::scoring::{MAX_RESTS, Rest, Urgency};
use crate::sla::Metric;
use crate::sla::deadline::Color;
use crate::sla::policy::{PolicySpec, Step, When};
use crate::ticket::{Priority, SetAsideKind, Status};

use super::desk::{
    ANA, BACK, BEN, DAY, FRONT, HOUR, OFFICE, automation, label, minute, office_hours, policy, policy_id,
    step,
};
use super::scenario::{Scenario, desk, ticket_under};
use Metric::{FirstResponse, NextResponse, QueuePickup, Resolution};

/// A team that no document names.
const NO_TEAM: TeamId = TeamId::from_uuid(uuid::Uuid::from_u128(0x99));

fn laddered(metric: Metric, minutes: u64, steps: Vec<Step>) -> PolicySpec {
    PolicySpec { steps, ..policy(&[(metric, minutes)]) }
}

/// First response 100 min: warned at half and 10 min before, raised at the breach, and tagged 20 min after.
fn opened() -> Scenario {
    ticket_under(&laddered(
        FirstResponse,
        100,
        vec![
            step(When::AtFraction(0.5), &[]),
            step(When::SecondsBefore(600), &[Action::AddTags(vec![label("soon")])]),
            step(When::AtBreach, &[Action::LevelUp, Action::RaisePriority]),
            step(When::SecondsAfter(1_200), &[Action::MoveToTeam(BACK)]),
        ],
    ))
}

#[test]
fn ladders_act_before_at_and_after_the_breach() {
    let mut scenario = opened();
    scenario.at(49).saw(&[]).at(50).saw(&["sla.warned"]);
    scenario.at(90).saw(&["sla.warned", "ticket.tags_changed"]);
    scenario.at(100).saw(&[]).until(minute(100).plus_micros(1));
    scenario.saw(&["sla.breached", "sla.escalated", "ticket.escalated", "ticket.priority_changed"]);
    scenario.at(120).saw(&["sla.escalated", "ticket.assigned"]);
    let ticket = scenario.ticket();
    assert_eq!(ticket.escalation.unwrap().level, 1);
    assert_eq!((ticket.priority, ticket.team_id), (Priority::High, Some(BACK)));
    scenario.at(30 * DAY).saw(&[]);
}

#[test]
fn each_step_is_taken_once_also_when_the_worker_slept() {
    let mut scenario = opened();
    scenario.worker_asleep_until(500).wake().saw(&[
        "sla.warned",
        "sla.warned",
        "ticket.tags_changed",
        "sla.breached",
        "sla.escalated",
        "ticket.escalated",
        "ticket.priority_changed",
        "sla.escalated",
        "ticket.assigned",
    ]);
    scenario.wake().saw(&[]);
}

#[test]
fn an_answer_stops_the_ladder() {
    opened().at(60).reply(ANA).at(DAY).saw(&[]);
    let mut scenario = opened();
    scenario.at(110).reply(ANA).at(DAY).saw(&[]);
    assert_eq!(scenario.count("sla.escalated"), 1);
}

#[test]
fn a_new_cycle_climbs_the_ladder_anew() {
    let mut scenario = ticket_under(&laddered(NextResponse, 60, vec![step(When::AtFraction(0.5), &[])]));
    scenario.reply(ANA).customer_writes().at(40).reply(ANA).at(50).customer_writes().at(80);
    assert_eq!(scenario.count("sla.warned"), 2);
}

#[test]
fn a_reopened_timer_does_not_climb_again_where_it_was() {
    let mut scenario = ticket_under(&laddered(Resolution, 100, vec![step(When::AtFraction(0.5), &[])]));
    scenario.at(60).move_to(Status::Resolved).at(80).move_to(Status::Open).at(DAY);
    assert_eq!(scenario.count("sla.warned"), 1);
}

#[test]
fn a_step_for_one_metric_leaves_the_others_alone() {
    let mut spec = policy(&[(FirstResponse, 60), (Resolution, 60)]);
    spec.steps = vec![Step { metric: Some(Resolution), ..step(When::AtBreach, &[]) }];
    ticket_under(&spec).at(100).saw(&["sla.breached", "sla.breached", "sla.escalated"]);
}

#[test]
fn a_paused_timer_cannot_fire() {
    let mut scenario = ticket_under(&laddered(Resolution, 100, vec![step(When::AtFraction(0.5), &[])]));
    scenario.at(40).move_to(Status::Pending).at(DAY).saw(&[]).customer_writes();
    scenario.at(DAY + 9).saw(&[]).at(DAY + 10).saw(&["sla.warned"]);
}

#[test]
fn a_timer_that_pauses_at_its_deadline_is_not_breached_until_it_counts_again() {
    let mut scenario = ticket_under(&laddered(Resolution, 100, vec![step(When::AtBreach, &[])]));
    scenario.at(100).move_to(Status::Pending).at(DAY).saw(&[]).customer_writes();
    assert_eq!(scenario.count("sla.breached"), 0);
    scenario.until(minute(DAY).plus_micros(1)).saw(&["sla.breached", "sla.escalated"]);
}

#[test]
fn a_step_at_no_time_after_the_breach_comes_with_the_breach() {
    let mut scenario = ticket_under(&laddered(FirstResponse, 100, vec![step(When::SecondsAfter(0), &[])]));
    scenario.at(100).saw(&[]).at(101).saw(&["sla.breached", "sla.escalated"]);
}

#[test]
fn a_warning_long_before_is_due_at_once() {
    ticket_under(&laddered(FirstResponse, 10, vec![step(When::SecondsBefore(86_400), &[])]))
        .at(0)
        .saw(&["sla.warned"]);
}

/// First response 2 h, urgent 10 min; resolution 24 h, high 1 h; a breach of either raises the priority and tags.
fn by_priority() -> PolicySpec {
    let mut spec = policy(&[(FirstResponse, 120), (Resolution, 1_440)]);
    let high = |seconds| [(Priority::High, seconds), (Priority::Urgent, seconds)].into();
    spec.targets.get_mut(&FirstResponse).unwrap().by_priority = high(600);
    spec.targets.get_mut(&Resolution).unwrap().by_priority = high(3_600);
    spec.steps = vec![step(When::AtBreach, &[Action::RaisePriority, Action::AddTags(vec![label("late")])])];
    spec
}

#[test]
fn a_priority_raised_by_an_sla_ladder_leaves_running_targets_alone() {
    let mut scenario = ticket_under(&by_priority());
    scenario.at(130).runs(Resolution, 1, DAY);
    assert_eq!(scenario.ticket().priority, Priority::High);
    assert_eq!(scenario.count("sla.applied"), 1);
}

#[test]
fn a_priority_raised_by_an_sla_ladder_leaves_them_alone_whatever_comes_later() {
    let mut scenario = ticket_under(&by_priority());
    scenario.at(130).assign(ANA).assign(BEN).transfer(BACK).runs(Resolution, 1, DAY);
    let tag = crate::ticket::command::Edit { add_tags: vec![label("vip")], ..Default::default() };
    scenario.edit(tag).runs(Resolution, 1, DAY).reconfigure().saw(&[]).runs(Resolution, 1, DAY);
    assert_eq!(scenario.count("sla.applied"), 1);
}

#[test]
fn a_priority_raised_by_an_automation_that_a_timer_woke_leaves_running_targets_alone() {
    let half = Timer { metric: FirstResponse, when: When::AtFraction(0.5) };
    for trigger in [Trigger::On(vec![On::Breached]), Trigger::On(vec![On::Warned]), Trigger::Timer(half)] {
        let mut spec = by_priority();
        spec.steps = vec![step(When::AtFraction(0.5), &[])];
        let mut scenario = desk();
        scenario.set_automation(1, &automation(trigger, &[Action::RaisePriority]));
        scenario.set_policy(1, &spec).open().at(130).runs(Resolution, 1, DAY);
        assert_eq!(scenario.ticket().priority, Priority::High);
        assert_eq!(scenario.count("sla.applied"), 1);
    }
    // One that something else woke sets what the policy promises.
    let mut scenario = desk();
    scenario.set_automation(1, &automation(Trigger::On(vec![On::Tags]), &[Action::RaisePriority]));
    scenario.set_policy(1, &by_priority()).open();
    let tag = crate::ticket::command::Edit { add_tags: vec![label("vip")], ..Default::default() };
    scenario.edit(tag).runs(Resolution, 1, HOUR);
}

#[test]
fn an_escalated_ticket_goes_to_where_its_team_says() {
    // By hand, with its reason, and from whoever has it.
    let mut scenario = ticket_under(&policy(&[(QueuePickup, 30), (Resolution, 600)]));
    scenario.set_team(BACK, OFFICE).set_escalation(FRONT, BACK).assign(ANA).at(10).escalate(None);
    scenario.saw(&["ticket.escalated", "ticket.assigned", "ticket.status_changed", "sla.timers_moved"]);
    scenario.owner(None).status(Status::Open).runs(QueuePickup, 2, 40).runs(Resolution, 1, 600);
    let moved = |event: &Event| {
        matches!(event, Event::TicketAssigned { how: AssignHow::Escalation, team_to: Some(BACK), .. })
    };
    assert!(scenario.latest().any(moved));
    // Where it is now has no such team.
    scenario.at(20).escalate(None).saw(&["ticket.escalated"]);
    // By a ladder.
    let mut scenario = desk();
    scenario.set_team(BACK, OFFICE).set_escalation(FRONT, BACK);
    scenario.set_policy(1, &laddered(FirstResponse, 30, vec![step(When::AtBreach, &[Action::LevelUp])]));
    scenario.open().at(31).saw(&["sla.breached", "sla.escalated", "ticket.escalated", "ticket.assigned"]);
    assert_eq!(scenario.ticket().team_id, Some(BACK));
}

#[test]
fn an_escalation_to_a_team_that_is_no_more_or_of_a_ticket_aside_moves_nothing() {
    let mut scenario = desk();
    scenario.set_escalation(FRONT, NO_TEAM).open().assign(ANA).escalate(None).saw(&["ticket.escalated"]);
    let mut scenario = desk();
    scenario.set_team(BACK, OFFICE).set_escalation(FRONT, BACK).open();
    scenario.set_aside(SetAsideKind::Spam).escalate(None).saw(&["ticket.escalated"]);
}

#[test]
fn a_priority_that_a_person_sets_afterwards_counts() {
    let mut scenario = ticket_under(&by_priority());
    scenario.at(130).prioritise(Priority::Urgent).runs(Resolution, 1, HOUR);
    scenario.prioritise(Priority::Normal).runs(Resolution, 1, DAY);
}

#[test]
fn a_person_who_keeps_the_raised_priority_changes_nothing() {
    let mut scenario = ticket_under(&by_priority());
    scenario.at(130).prioritise(Priority::High).saw(&[]).runs(Resolution, 1, DAY);
}

#[test]
fn a_priority_that_a_person_raises_recomputes_running_timers() {
    let mut scenario = ticket_under(&by_priority());
    scenario.prioritise(Priority::High).runs(FirstResponse, 1, 10).runs(Resolution, 1, HOUR);
}

#[test]
fn a_ladder_that_moves_work_starts_a_new_lap_in_the_other_team() {
    let steps = vec![step(When::AtBreach, &[Action::MoveToTeam(BACK)])];
    let mut scenario = ticket_under(&laddered(QueuePickup, 30, steps));
    scenario.until(minute(30).plus_micros(1));
    scenario.saw(&["sla.breached", "sla.escalated", "ticket.assigned", "sla.timers_moved"]);
    assert_eq!(scenario.ticket().sla.timer(QueuePickup).unwrap().cycle, 2);
    // It is there already: the next breach moves nothing.
    scenario.at(120).saw(&["sla.breached", "sla.escalated"]);
}

#[test]
fn a_ladder_that_moves_work_to_and_fro_moves_it_no_more_after_eight_times_and_still_warns() {
    let there = step(When::AtBreach, &[Action::MoveToTeam(BACK)]);
    let back = step(When::SecondsAfter(60), &[Action::MoveToTeam(FRONT), Action::LevelUp]);
    let mut scenario = ticket_under(&laddered(QueuePickup, 30, vec![there, back]));
    let (mut moves, mut cuts, mut levels) = (0, Vec::new(), 0);
    for minutes in 1..DAY {
        scenario.at(minutes);
        for event in scenario.latest() {
            match event {
                Event::TicketAssigned { .. } => moves += 1,
                Event::AutomationStopped { automations, unattended, .. } => {
                    cuts.push((automations.clone(), *unattended));
                }
                Event::TicketEscalated { .. } => levels += 1,
                _ => {}
            }
        }
    }
    assert_eq!((moves, cuts), (8, vec![(vec![policy_id(1)], true)]));
    assert!(levels >= 4);
    // Somebody looks: it goes on.
    scenario.prioritise(Priority::High);
    assert!(scenario.ticket().unattended.is_empty());
}

#[test]
fn a_ladder_that_moves_a_ticket_takes_it_from_its_owner() {
    let steps = vec![step(When::AtBreach, &[Action::MoveToTeam(BACK)])];
    let mut scenario = ticket_under(&laddered(Resolution, 30, steps));
    scenario.assign(ANA).at(31).owner(None).status(Status::Open);
    assert_eq!(scenario.ticket().followers(), [ANA]);
}

#[test]
fn a_ladder_raises_no_level_beyond_the_highest_and_no_priority_beyond_urgent() {
    let steps = vec![step(When::AtBreach, &[Action::LevelUp, Action::RaisePriority])];
    let mut scenario = ticket_under(&laddered(FirstResponse, 30, steps));
    scenario.escalate(Some(9)).prioritise(Priority::Urgent).at(31).saw(&["sla.breached", "sla.escalated"]);
    assert_eq!(scenario.ticket().escalation.unwrap().level, 9);
}

#[test]
fn an_escalation_by_a_ladder_names_its_timer() {
    let mut scenario = opened();
    scenario.at(101);
    let named = |event: &Event| matches!(event, Event::TicketEscalated { by_timer: Some(FirstResponse), .. });
    assert!(scenario.latest().any(named));
}

#[test]
fn colours_are_green_above_half_yellow_above_a_fifth_and_red_below_or_breached() {
    let mut scenario = ticket_under(&policy(&[(FirstResponse, 100)]));
    for (at, color) in [
        (0, Color::Green),
        (49, Color::Green),
        (50, Color::Yellow),
        (80, Color::Yellow),
        (81, Color::Red),
        (100, Color::Red),
        (200, Color::Red),
    ] {
        scenario.at(at);
        let timer = scenario.ticket().sla.timer(FirstResponse).unwrap();
        let read = timer.read(scenario.now, &scenario.config);
        assert_eq!((read.color, read.remaining_seconds), (color, (100 - at) * 60), "at {at}");
        assert_eq!(read.due_at, Some(minute(100)));
    }
}

#[test]
fn urgency_grows_over_the_last_half_of_the_tightest_running_timer() {
    let mut scenario = ticket_under(&policy(&[(FirstResponse, 100), (Resolution, 1_000)]));
    let derived = &scenario.ticket().derived;
    assert_eq!(derived.urgency, Some(Urgency::between(minute(50), minute(100))));
    assert_eq!(derived.next_due_at, Some(minute(100)));
    scenario.at(10).assign(ANA).chat(ANA);
    assert_eq!(scenario.ticket().derived.urgency, Some(Urgency::between(minute(500), minute(1_000))));
    scenario.move_to(Status::Pending);
    let derived = &scenario.ticket().derived;
    assert_eq!((&derived.urgency, derived.next_due_at), (&None, None));
}

#[test]
fn urgency_stands_still_while_the_desk_is_closed_and_while_the_customer_is_waited_for() {
    let rest = |from, to| Rest { from: minute(from), to: minute(to) };
    let mut spec = policy(&[(Resolution, 16 * 60)]);
    spec.calendar_id = Some(OFFICE);
    let mut scenario = desk();
    // Monday nine o'clock: half is used when the desk closes, all on Tuesday at closing.
    scenario.set_calendar(&office_hours()).set_policy(1, &spec).open();
    let night = Urgency { rests: vec![rest(480, DAY)], ..Urgency::between(minute(480), minute(DAY + 480)) };
    assert_eq!(scenario.ticket().derived.urgency, Some(night));
    scenario.at(DAY + 60).assign(ANA).chat(ANA).move_to(Status::Pending);
    assert_eq!(scenario.ticket().derived.urgency, None);
    scenario.at(DAY + 180).move_to(Status::InProgress);
    let urgency = scenario.ticket().derived.urgency.clone().unwrap();
    assert_eq!(urgency.due, minute(2 * DAY + 120));
    assert_eq!(urgency.rests, [rest(480, DAY), rest(DAY + 60, DAY + 180), rest(DAY + 480, 2 * DAY)]);
    let shares = [DAY, DAY + 60, DAY + 180, DAY + 420].map(|at| urgency.share_at(minute(at)));
    assert_eq!(shares, [0.0, 0.125, 0.125, 0.625]);
}

#[test]
fn of_a_target_of_years_the_longest_rests_are_kept() {
    let mut spec = policy(&[(Resolution, 2 * 52 * 40 * 60)]);
    spec.calendar_id = Some(OFFICE);
    let mut scenario = desk();
    scenario.set_calendar(&office_hours()).set_policy(1, &spec).open();
    let rests = scenario.ticket().derived.urgency.clone().unwrap().rests;
    assert_eq!(rests.len(), MAX_RESTS);
    assert!(rests.is_sorted_by_key(|rest| rest.from));
    assert!(rests.iter().all(|rest| rest.to.micros_since(rest.from) == 64 * 3_600_000_000), "weekends");
}

#[test]
fn of_many_nights_those_that_are_kept_lie_everywhere() {
    let mut spec = policy(&[(Resolution, 2 * 60 * 8 * 60)]);
    spec.calendar_id = Some(OFFICE);
    let mut every_day = office_hours();
    every_day.weekly.sat = every_day.weekly.mon.clone();
    every_day.weekly.sun = every_day.weekly.mon.clone();
    let mut scenario = desk();
    scenario.set_calendar(&every_day).set_policy(1, &spec).open();
    let urgency = scenario.ticket().derived.urgency.clone().unwrap();
    assert_eq!(urgency.rests.len(), MAX_RESTS);
    // Sixty days of eight hours: a quarter of the days is a quarter of the urgency, but for the days' own steps.
    for quarter in 1..4 {
        let share = urgency.share_at(minute((60 + quarter * 15) * DAY));
        assert!((share - quarter as f64 / 4.0).abs() < 0.05, "{quarter}: {share}");
    }
}

#[test]
fn no_policy_means_no_timer() {
    let mut scenario = desk();
    scenario.open().at(DAY).saw(&[]);
    assert!(scenario.ticket().sla.timers.is_empty());
}

#[test]
fn the_first_policy_that_matches_is_in_force() {
    let mut vip = policy(&[(FirstResponse, 10)]);
    vip.position = 1;
    vip.conditions.tags = vec![label("vip")];
    let mut scenario = desk();
    scenario.set_policy(1, &policy(&[(FirstResponse, 120)])).set_policy(2, &vip).open();
    scenario.runs(FirstResponse, 1, 120);
    let tag = crate::ticket::command::Edit { add_tags: vec![label("vip")], ..Default::default() };
    scenario.edit(tag).runs(FirstResponse, 1, 10);
    assert_eq!(scenario.ticket().sla.timer(FirstResponse).unwrap().policy.id, policy_id(2));
}
