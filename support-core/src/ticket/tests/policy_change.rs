//! A change of policy or calendar recomputes timers that have not ended.

use crate::automation::Action;
use crate::event::Event;
use crate::sla::policy::{PolicySpec, When};
use crate::sla::{EndReason, Metric, PauseReason, TimerState};
use crate::ticket::command::Edit;
use crate::ticket::{SetAsideKind, Status};

use super::desk::{ANA, BACK, DAY, HOUR, OFFICE, label, office_hours, policy, step};
use super::scenario::{Scenario, desk, ticket_under};
use Metric::{FirstResponse, NextResponse, PeriodicUpdate, QueuePickup, Resolution};
use TimerState::{Cancelled, Met, Missed};

/// Warns at half and raises the level at the breach.
fn laddered(minutes: u64) -> PolicySpec {
    let steps = vec![step(When::AtFraction(0.5), &[]), step(When::AtBreach, &[Action::LevelUp])];
    PolicySpec { steps, ..policy(&[(FirstResponse, minutes)]) }
}

/// How often a step of a ladder was reached, leaving out what a change of configuration passed over.
fn steps_reached(scenario: &Scenario) -> usize {
    let reached = |event: &Event| {
        matches!(
            event,
            Event::SlaWarned { policy_change: false, .. } | Event::SlaEscalated { policy_change: false, .. }
        )
    };
    scenario.events.iter().filter(|envelope| reached(&envelope.event)).count()
}

#[test]
fn it_recomputes_timers_that_run() {
    let mut scenario = ticket_under(&policy(&[(FirstResponse, 120)]));
    scenario.at(10).set_policy(1, &policy(&[(FirstResponse, 60)])).runs(FirstResponse, 1, 120);
    scenario.reconfigure().saw(&["sla.applied"]).runs(FirstResponse, 1, 60);
    assert_eq!(scenario.ticket().sla.timer(FirstResponse).unwrap().policy.version, 2);
    scenario.reconfigure().saw(&[]);
}

#[test]
fn it_recomputes_timers_that_stand_still() {
    let mut scenario = ticket_under(&policy(&[(Resolution, 120)]));
    scenario.at(10).move_to(Status::Pending).set_policy(1, &policy(&[(Resolution, 60)])).reconfigure();
    scenario.at(100).customer_writes().runs(Resolution, 1, 150);
}

#[test]
fn met_and_missed_stay_as_judged_with_their_version() {
    let mut scenario = ticket_under(&policy(&[(FirstResponse, 120), (Resolution, 1_440)]));
    scenario.at(100).reply(ANA).set_policy(1, &policy(&[(FirstResponse, 60), (Resolution, 2_000)]));
    scenario.reconfigure().ended(FirstResponse, Met, EndReason::Answered, 100);
    assert_eq!(scenario.ticket().sla.timer(FirstResponse).unwrap().policy.version, 1);
    assert_eq!(scenario.ticket().sla.timer(Resolution).unwrap().policy.version, 2);
    let mut scenario = ticket_under(&policy(&[(FirstResponse, 60)]));
    scenario.at(100).reply(ANA).set_policy(1, &policy(&[(FirstResponse, 600)])).reconfigure();
    scenario.ended(FirstResponse, Missed, EndReason::Answered, 100);
}

#[test]
fn a_deadline_that_the_change_puts_in_the_past_is_breached_by_it_and_fires_no_ladder() {
    let mut scenario = ticket_under(&laddered(600));
    scenario.at(100).set_policy(1, &laddered(60)).reconfigure();
    let by_change = |event: &Event| matches!(event, Event::SlaBreached { policy_change: true, .. });
    assert!(scenario.latest().any(by_change));
    scenario.breached(FirstResponse, true).at(DAY).saw(&[]);
    assert_eq!(steps_reached(&scenario), 0);
    assert_eq!((scenario.ticket().escalation, scenario.count("sla.breached")), (None, 1));
}

#[test]
fn steps_that_are_still_to_come_are_taken() {
    let mut scenario = ticket_under(&laddered(600));
    scenario.at(100).set_policy(1, &laddered(150)).reconfigure().breached(FirstResponse, false);
    assert_eq!(steps_reached(&scenario), 0);
    scenario.at(DAY);
    assert_eq!(steps_reached(&scenario), 1);
    assert_eq!(scenario.ticket().escalation.unwrap().level, 1);
}

#[test]
fn a_new_ladder_is_climbed_by_its_own_steps() {
    // What was the first step of the old ladder was taken; the first of the new one was not.
    let mut scenario = ticket_under(&laddered(600));
    scenario.at(350);
    assert_eq!(steps_reached(&scenario), 1);
    let mut changed = laddered(600);
    changed.steps = vec![step(When::AtBreach, &[Action::LevelUp])];
    scenario.set_policy(1, &changed).reconfigure().at(DAY);
    assert_eq!(scenario.ticket().escalation.unwrap().level, 1);
}

#[test]
fn an_editor_who_asks_fires_the_ladder_of_what_the_change_puts_in_the_past() {
    let fires = |minutes| PolicySpec { fire_ladders: true, ..laddered(minutes) };
    let mut scenario = ticket_under(&laddered(600));
    scenario.at(100).set_policy(1, &fires(60)).reconfigure();
    scenario.saw(&["sla.applied", "sla.breached", "sla.warned", "sla.escalated", "ticket.escalated"]);
    let by_change = |event: &Event| matches!(event, Event::SlaBreached { policy_change: true, .. });
    assert!(scenario.latest().any(by_change));
    scenario.reconfigure().saw(&[]).at(DAY).saw(&[]);
    // A timer that stands still takes its steps once it counts again.
    let spec = |fire_ladders, minutes| {
        let steps = vec![step(When::AtFraction(0.5), &[]), step(When::AtBreach, &[Action::LevelUp])];
        PolicySpec { steps, fire_ladders, ..policy(&[(Resolution, minutes)]) }
    };
    let mut scenario = ticket_under(&spec(false, 600));
    scenario.at(60).move_to(Status::Pending).set_policy(1, &spec(true, 50)).reconfigure();
    scenario.saw(&["sla.applied", "sla.breached"]).at(70).customer_writes().at(71);
    assert_eq!((steps_reached(&scenario), scenario.ticket().escalation.unwrap().level), (2, 1));
    // A ticket that somebody touches before the change is taken over comes under it all the same.
    let mut scenario = ticket_under(&laddered(600));
    scenario.at(100).set_policy(1, &fires(60));
    scenario.edit(Edit { add_tags: vec![label("any")], ..Edit::default() });
    assert_eq!(steps_reached(&scenario), 2);
}

#[test]
fn an_editor_who_asked_did_so_for_that_version_and_its_tickets_alone() {
    let mut vip = PolicySpec { fire_ladders: true, ..laddered(60) };
    vip.position = 1;
    vip.conditions.tags = vec![label("vip")];
    let mut scenario = desk();
    scenario.set_policy(1, &laddered(600)).set_policy(2, &vip).open().at(100);
    scenario.edit(Edit { add_tags: vec![label("vip")], ..Edit::default() });
    assert_eq!((steps_reached(&scenario), scenario.ticket().escalation), (0, None));
}

#[test]
fn a_calendar_that_puts_a_timer_in_the_past_passes_its_ladder_over_unless_its_editor_asks() {
    let mut spec = laddered(600);
    spec.calendar_id = Some(OFFICE);
    for (fire_ladders, reached) in [(false, 0), (true, 2)] {
        let mut longer = office_hours();
        longer.weekly.mon = vec![["00:00".into(), "24:00".into()]];
        longer.fire_ladders = fire_ladders;
        let mut shorter = office_hours();
        shorter.weekly.mon = vec![["09:00".into(), "10:00".into()]];
        for touched in [false, true] {
            let mut scenario = desk();
            // An hour of Monday counts, and by the change all of it.
            scenario.set_calendar(&shorter).set_policy(1, &spec).open().at(700).saw(&[]);
            scenario.set_calendar(&longer);
            if touched {
                scenario.edit(Edit { add_tags: vec![label("any")], ..Edit::default() });
            } else {
                scenario.reconfigure();
            }
            scenario.breached(FirstResponse, true).at(DAY).saw(&[]);
            assert_eq!(steps_reached(&scenario), reached, "{touched}");
        }
    }
}

#[test]
fn a_step_that_was_taken_is_not_taken_again_after_an_edit_puts_it_ahead() {
    // Warned at half of 100 min; half of 200 min comes later.
    let warns = |minutes| {
        let steps = vec![step(When::AtFraction(0.5), &[Action::RaisePriority])];
        PolicySpec { steps, ..policy(&[(FirstResponse, minutes)]) }
    };
    let mut scenario = ticket_under(&warns(100));
    scenario.at(60).set_policy(1, &warns(200)).reconfigure().saw(&["sla.applied"]).at(DAY);
    assert_eq!((scenario.count("sla.warned"), scenario.count("ticket.priority_changed")), (1, 1));
}

#[test]
fn an_edit_that_leaves_the_ladder_as_it_is_tells_of_no_step() {
    let mut scenario = ticket_under(&laddered(100));
    let named = |name: &str| PolicySpec { name: name.into(), ..laddered(100) };
    scenario.at(60).set_policy(1, &named("another")).reconfigure().saw(&["sla.applied"]);
    scenario.at(120).set_policy(1, &named("a third")).reconfigure().saw(&["sla.applied"]).at(DAY).saw(&[]);
    assert_eq!(steps_reached(&scenario), 2);
    // Nor does one after what an edit passed over.
    let mut scenario = ticket_under(&laddered(600));
    scenario.at(100).set_policy(1, &laddered(60)).reconfigure();
    scenario.set_policy(1, &PolicySpec { name: "another".into(), ..laddered(60) });
    scenario.reconfigure().saw(&["sla.applied"]);
}

#[test]
fn a_step_that_is_added_is_taken_beside_those_that_were() {
    let ladder = |steps: &[(When, &str)]| {
        let steps =
            steps.iter().map(|(when, tag)| step(*when, &[Action::AddTags(vec![label(tag)])])).collect();
        PolicySpec { steps, ..policy(&[(FirstResponse, 100)]) }
    };
    let (half, late) = (When::AtFraction(0.5), When::AtFraction(0.9));
    let mut scenario = ticket_under(&ladder(&[(half, "half")]));
    // Before the one that was taken, with another time, and at its time, after it.
    scenario.at(60).set_policy(1, &ladder(&[(late, "late"), (half, "half")])).reconfigure();
    scenario.saw(&["sla.applied"]).at(95).saw(&["sla.warned", "ticket.tags_changed"]);
    let mut scenario = ticket_under(&ladder(&[(half, "half")]));
    scenario.at(10).set_policy(1, &ladder(&[(half, "half"), (half, "too")])).reconfigure().at(DAY);
    assert_eq!(scenario.count("sla.warned"), 2);
}

#[test]
fn what_an_edit_passed_over_is_still_to_come_once_another_puts_it_ahead() {
    let mut scenario = ticket_under(&laddered(600));
    scenario.at(100).set_policy(1, &laddered(6)).reconfigure().breached(FirstResponse, true);
    scenario.at(101).set_policy(1, &laddered(600)).reconfigure().breached(FirstResponse, false);
    assert_eq!(steps_reached(&scenario), 0);
    scenario.at(DAY);
    assert_eq!((steps_reached(&scenario), scenario.ticket().escalation.unwrap().level), (2, 1));
}

#[test]
fn a_ticket_that_comes_back_under_its_first_policy_does_not_climb_it_again() {
    let mut vip = laddered(600);
    vip.position = 1;
    vip.conditions.tags = vec![label("vip")];
    let mut scenario = desk();
    scenario.set_policy(1, &laddered(100)).set_policy(2, &vip).open().at(60);
    scenario.edit(Edit { add_tags: vec![label("vip")], ..Edit::default() });
    scenario
        .edit(Edit { remove_tags: vec![label("vip")], ..Edit::default() })
        .saw(&["ticket.tags_changed", "sla.applied"]);
    scenario.at(90);
    assert_eq!(steps_reached(&scenario), 1);
}

#[test]
fn another_policy_for_the_ticket_has_a_ladder_of_its_own() {
    let mut vip = laddered(600);
    vip.position = 1;
    vip.conditions.tags = vec![label("vip")];
    let mut scenario = desk();
    scenario.set_policy(1, &laddered(600)).set_policy(2, &vip).open().at(350);
    scenario.edit(Edit { add_tags: vec![label("vip")], ..Edit::default() });
    // Its first step lies in the past and is passed over, its second is still to come.
    assert_eq!(steps_reached(&scenario), 1);
    scenario.at(DAY);
    assert_eq!(steps_reached(&scenario), 2);
}

#[test]
fn a_timer_that_another_policy_puts_in_the_past_is_breached_by_it_and_fires_no_ladder() {
    let mut vip = laddered(60);
    vip.position = 1;
    vip.conditions.tags = vec![label("vip")];
    let mut scenario = desk();
    scenario.set_policy(1, &laddered(600)).set_policy(2, &vip).open().at(100);
    scenario.edit(Edit { add_tags: vec![label("vip")], ..Edit::default() });
    let by_change = |event: &Event| matches!(event, Event::SlaBreached { policy_change: true, .. });
    assert!(scenario.latest().any(by_change));
    scenario.breached(FirstResponse, true).at(DAY).saw(&[]);
    assert_eq!((steps_reached(&scenario), scenario.ticket().escalation), (0, None));
}

#[test]
fn what_was_late_before_a_change_was_not_put_there_by_it() {
    let mut scenario = ticket_under(&laddered(60));
    scenario.worker_asleep_until(100).set_policy(1, &laddered(50)).reconfigure();
    assert_eq!((steps_reached(&scenario), scenario.ticket().escalation.unwrap().level), (2, 1));
    let ordinary = |event: &Event| matches!(event, Event::SlaBreached { policy_change: false, .. });
    assert!(scenario.latest().any(ordinary));
    scenario.at(DAY).saw(&[]);
}

#[test]
fn a_change_while_a_ticket_is_resolved_passes_over_what_lies_behind_once_it_is_reopened() {
    let spec = |name: &str, minutes| {
        let steps = vec![step(When::AtFraction(0.5), &[]), step(When::AtBreach, &[Action::LevelUp])];
        PolicySpec { name: name.into(), steps, ..policy(&[(Resolution, minutes)]) }
    };
    for (minutes, reached) in [(100, 2), (50, 1)] {
        let mut scenario = ticket_under(&spec("before", 100));
        scenario.at(60).move_to(Status::Resolved).set_policy(1, &spec("after", minutes)).reconfigure();
        scenario.at(70).move_to(Status::Open);
        scenario.breached(Resolution, minutes == 50).at(DAY);
        assert_eq!((steps_reached(&scenario), scenario.count("sla.breached")), (reached, 1));
    }
}

#[test]
fn until_a_change_is_taken_over_timers_run_by_the_version_that_the_ticket_names() {
    let spec = |minutes| {
        let steps = vec![step(When::AtFraction(0.5), &[]), step(When::AtBreach, &[Action::LevelUp])];
        PolicySpec { steps, ..policy(&[(Resolution, minutes)]) }
    };
    let mut scenario = ticket_under(&spec(100));
    scenario.at(10).move_to(Status::Resolved).set_policy(1, &spec(400)).at(20).move_to(Status::Open);
    scenario.runs(Resolution, 1, 110).at(DAY);
    assert_eq!(steps_reached(&scenario), 2);
}

#[test]
fn what_was_late_before_the_ticket_got_another_policy_was_not_put_there_by_it() {
    let mut vip = laddered(50);
    vip.position = 1;
    vip.conditions.tags = vec![label("vip")];
    let mut scenario = desk();
    scenario.set_policy(1, &laddered(60)).set_policy(2, &vip).open().worker_asleep_until(100);
    scenario.edit(Edit { add_tags: vec![label("vip")], ..Edit::default() });
    let ordinary = |event: &Event| matches!(event, Event::SlaBreached { policy_change: false, .. });
    assert!(scenario.latest().any(ordinary));
    assert_eq!(scenario.count("sla.breached"), 1);
}

#[test]
fn a_change_while_a_timer_stands_still_passes_over_what_lies_behind_it() {
    let spec = |name: &str, minutes| {
        let steps = vec![step(When::AtFraction(0.5), &[]), step(When::AtBreach, &[Action::LevelUp])];
        PolicySpec { name: name.into(), steps, ..policy(&[(Resolution, minutes)]) }
    };
    let mut scenario = ticket_under(&spec("before", 100));
    scenario.at(60).move_to(Status::Pending).set_policy(1, &spec("after", 100)).reconfigure();
    scenario.customer_writes().at(DAY);
    assert_eq!(steps_reached(&scenario), 2);
    let mut scenario = ticket_under(&spec("before", 100));
    scenario.at(60).move_to(Status::Pending).set_policy(1, &spec("after", 50)).reconfigure();
    scenario.breached(Resolution, true).customer_writes().at(DAY);
    assert_eq!((steps_reached(&scenario), scenario.ticket().escalation), (1, None));
}

#[test]
fn policies_that_hand_a_ticket_to_and_fro_do_not_do_so_for_ever() {
    let laps = |team, to| {
        let steps = vec![step(When::AtFraction(0.0), &[Action::MoveToTeam(to)])];
        let mut spec = PolicySpec { steps, ..policy(&[(QueuePickup, 60), (Resolution, 60)]) };
        spec.conditions.team_ids = vec![team];
        spec
    };
    let mut scenario = desk();
    scenario.set_policy(1, &laps(super::desk::FRONT, super::desk::BACK));
    scenario.set_policy(2, &laps(super::desk::BACK, super::desk::FRONT)).open().at(DAY);
    assert!(scenario.count("ticket.assigned") < 5);
}

#[test]
fn a_deadline_that_the_change_puts_ahead_is_not_breached_any_more() {
    let mut scenario = ticket_under(&policy(&[(FirstResponse, 60)]));
    scenario.at(100).breached(FirstResponse, true).set_policy(1, &policy(&[(FirstResponse, 120)]));
    scenario.reconfigure().breached(FirstResponse, false).runs(FirstResponse, 1, 120);
    scenario.at(110).reply(ANA).ended(FirstResponse, Met, EndReason::Answered, 110);
    let mut scenario = ticket_under(&policy(&[(FirstResponse, 60)]));
    scenario.at(100).set_policy(1, &policy(&[(FirstResponse, 120)])).reconfigure();
    scenario.at(200).breached(FirstResponse, true);
    assert_eq!(scenario.count("sla.breached"), 2);
}

#[test]
fn a_target_that_is_dropped_cancels_its_timer() {
    let mut scenario = ticket_under(&policy(&[(FirstResponse, 60), (Resolution, 600)]));
    scenario.at(10).set_policy(1, &policy(&[(Resolution, 600)])).reconfigure();
    scenario.ended(FirstResponse, Cancelled, EndReason::PolicyChanged, 10).runs(Resolution, 1, 600);
}

#[test]
fn a_policy_that_is_retired_cancels_its_timers() {
    let spec = policy(&[(FirstResponse, 60), (QueuePickup, 30), (Resolution, 600)]);
    let mut scenario = ticket_under(&spec);
    scenario.at(10).retire_policy(1, &spec).reconfigure();
    for metric in [FirstResponse, QueuePickup, Resolution] {
        scenario.ended(metric, Cancelled, EndReason::PolicyChanged, 10);
    }
    assert_eq!(scenario.ticket().sla.applied, None);
}

#[test]
fn a_target_that_is_added_counts_from_where_it_would_have_counted() {
    let mut scenario = ticket_under(&policy(&[(PeriodicUpdate, 60)]));
    scenario.at(10).set_policy(1, &policy(&[(FirstResponse, 60), (Resolution, 600)])).reconfigure();
    scenario.runs(FirstResponse, 1, 60).runs(Resolution, 1, 600);
    let mut scenario = ticket_under(&policy(&[(PeriodicUpdate, 60)]));
    scenario.reply(ANA).at(20).customer_writes().at(30).set_policy(1, &policy(&[(NextResponse, 60)]));
    scenario.reconfigure().runs(NextResponse, 1, 80);
}

#[test]
fn a_target_that_is_dropped_and_added_again_counts_the_whole_time() {
    let mut scenario = ticket_under(&policy(&[(FirstResponse, 600), (Resolution, 600)]));
    scenario.at(10).set_policy(1, &policy(&[(PeriodicUpdate, 60)])).reconfigure();
    scenario.at(50).set_policy(1, &policy(&[(FirstResponse, 600), (Resolution, 600)])).reconfigure();
    scenario.runs(FirstResponse, 2, 600).runs(Resolution, 1, 600);
    scenario.at(60).move_to(Status::Resolved).ended(Resolution, Met, EndReason::Resolved, 60);
}

#[test]
fn a_target_that_is_added_in_the_past_is_breached_by_the_change() {
    let mut scenario = ticket_under(&policy(&[(PeriodicUpdate, 60)]));
    scenario.at(100).set_policy(1, &laddered(60)).reconfigure().breached(FirstResponse, true);
    scenario.at(DAY).saw(&[]);
    assert_eq!(steps_reached(&scenario), 0);
}

#[test]
fn a_change_of_calendar_recomputes_timers() {
    let mut spec = policy(&[(FirstResponse, 600)]);
    spec.calendar_id = Some(OFFICE);
    let mut scenario = desk();
    scenario.set_calendar(&office_hours()).set_policy(1, &spec).open().runs(FirstResponse, 1, DAY + 120);
    let mut longer = office_hours();
    longer.weekly.mon = vec![["09:00".into(), "24:00".into()]];
    scenario.at(60).set_calendar(&longer).runs(FirstResponse, 1, DAY + 120);
    scenario.reconfigure().saw(&["sla.applied"]).runs(FirstResponse, 1, 600);
}

#[test]
fn a_calendar_that_is_gone_goes_on_counting_for_who_is_under_it() {
    let mut spec = policy(&[(FirstResponse, 600), (NextResponse, 600)]);
    spec.calendar_id = Some(OFFICE);
    let mut scenario = desk();
    scenario.set_calendar(&office_hours()).set_policy(1, &spec).open().runs(FirstResponse, 1, DAY + 120);
    scenario.at(10).retire_calendar(&office_hours()).reconfigure().runs(FirstResponse, 1, DAY + 120);
    spec.name = "Renamed".into();
    scenario.at(20).set_policy(1, &spec).reconfigure().runs(FirstResponse, 1, DAY + 120);
    scenario.reply(ANA).at(30).customer_writes().runs(NextResponse, 1, DAY + 120 + 30);
}

#[test]
fn a_timer_that_runs_on_after_a_change_runs_under_the_policy_in_force() {
    let mut scenario = ticket_under(&policy(&[(Resolution, 600)]));
    scenario.at(10).move_to(Status::Resolved).set_policy(1, &policy(&[(Resolution, 900)])).reconfigure();
    scenario.ended(Resolution, Met, EndReason::Resolved, 10);
    assert_eq!(scenario.ticket().sla.timer(Resolution).unwrap().policy.version, 1);
    scenario.at(100).move_to(Status::Open).runs(Resolution, 1, 990);
    assert_eq!(scenario.ticket().sla.timer(Resolution).unwrap().policy.version, 2);
}

#[test]
fn a_calendar_that_changed_meanwhile_judges_a_reopened_timer() {
    let mut spec = policy(&[(Resolution, 600)]);
    spec.calendar_id = Some(OFFICE);
    let mut scenario = desk();
    scenario.set_calendar(&office_hours()).set_policy(1, &spec).open().at(10).move_to(Status::Resolved);
    scenario.set_calendar(&office_hours()).reconfigure().at(20).move_to(Status::Open);
    scenario.runs(Resolution, 1, DAY + 120 + 10);
}

#[test]
fn a_closed_ticket_is_left_as_it_was() {
    let mut scenario = ticket_under(&policy(&[(Resolution, 600)]));
    scenario.move_to(Status::Closed).set_policy(1, &policy(&[(Resolution, 900)])).reconfigure().saw(&[]);
    let edit = Edit { add_tags: vec![label("vip")], ..Edit::default() };
    scenario.edit(edit).saw(&["ticket.tags_changed"]);
}

#[test]
fn a_ticket_that_is_set_aside_starts_no_timer() {
    let mut scenario = ticket_under(&policy(&[(PeriodicUpdate, 60)]));
    scenario.set_aside(SetAsideKind::Spam).set_policy(1, &policy(&[(FirstResponse, 60)])).reconfigure();
    scenario.saw(&["sla.applied"]).never(FirstResponse);
}

#[test]
fn a_move_and_a_change_in_one_commit_make_one_lap() {
    use crate::ticket::Command;
    let mut scenario = ticket_under(&policy(&[(QueuePickup, 60)]));
    scenario.at(10).set_policy(1, &policy(&[(QueuePickup, 90)]));
    let assign = scenario.assigning(None, Some(super::desk::BACK), crate::routing::AssignHow::Transfer);
    let commands = [assign, Command::Reconfigure { keywords: None }];
    scenario.system(&commands).runs(QueuePickup, 2, 100);
    scenario.lived(QueuePickup, &["started", "cancelled", "started"]).at(HOUR);
}

#[test]
fn a_rule_about_holding_that_changes_recomputes_what_was_held_before() {
    let promise = |pause_on_hold| PolicySpec { pause_on_hold, ..policy(&[(Resolution, 120)]) };
    let mut scenario = ticket_under(&promise(false));
    scenario.at(10).move_to(Status::OnHold).at(50).set_policy(1, &promise(true)).reconfigure();
    scenario.at(60).customer_writes().runs(Resolution, 1, 170);
    scenario.at(70).set_policy(1, &promise(false)).reconfigure().runs(Resolution, 1, 120);
}

#[test]
fn a_target_that_is_added_does_not_count_what_would_not_have_counted() {
    let mut scenario = ticket_under(&policy(&[(FirstResponse, 600)]));
    scenario.at(10).move_to(Status::Pending).at(40).customer_writes();
    scenario.at(50).set_policy(1, &policy(&[(FirstResponse, 600), (Resolution, 120)])).reconfigure();
    scenario.runs(Resolution, 1, 150);
    let hands: Vec<_> =
        scenario.ticket().sla.timer(Resolution).unwrap().segments.iter().map(|s| s.paused).collect();
    assert_eq!(hands, [None, Some(PauseReason::Pending), None]);
}

#[test]
fn a_target_that_is_dropped_for_a_while_misses_no_pause_meanwhile() {
    let both = policy(&[(FirstResponse, 600), (Resolution, 120)]);
    let mut scenario = ticket_under(&both);
    scenario.at(10).set_policy(1, &policy(&[(FirstResponse, 600)])).reconfigure();
    scenario.at(20).move_to(Status::Pending).at(50).customer_writes();
    scenario.at(60).set_policy(1, &both).reconfigure().runs(Resolution, 1, 150);
}

#[test]
fn a_queue_pickup_that_is_added_counts_since_the_work_waits_in_its_team() {
    let mut scenario = ticket_under(&policy(&[(FirstResponse, 600)]));
    scenario.at(10).transfer(BACK);
    scenario.at(50).set_policy(1, &policy(&[(QueuePickup, 60)])).reconfigure().runs(QueuePickup, 1, 70);
    scenario.at(55).set_policy(1, &policy(&[(FirstResponse, 600)])).reconfigure();
    scenario.at(60).set_policy(1, &policy(&[(QueuePickup, 60)])).reconfigure().runs(QueuePickup, 1, 70);
}

#[test]
fn an_update_that_is_promised_later_is_due_from_the_last_answer() {
    let mut scenario = ticket_under(&policy(&[(FirstResponse, 600)]));
    scenario.at(10).chat(ANA);
    scenario.at(50).set_policy(1, &policy(&[(PeriodicUpdate, 60)])).reconfigure().runs(PeriodicUpdate, 1, 70);
    // One that was resolved meanwhile owes none until somebody writes again.
    let mut scenario = ticket_under(&policy(&[(FirstResponse, 600)]));
    scenario.at(10).chat(ANA).at(20).move_to(Status::Resolved).at(30).move_to(Status::Open);
    scenario.at(50).set_policy(1, &policy(&[(PeriodicUpdate, 60)])).reconfigure();
    assert_eq!(scenario.ticket().sla.timer(PeriodicUpdate), None);
}
