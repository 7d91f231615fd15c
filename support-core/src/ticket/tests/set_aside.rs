//! Set aside: spam, deleted or merged, and undone.

use crate::config::Settings;
use crate::conversation::Delivery;
use crate::sla::{EndReason, Metric, TimerState};
use crate::ticket::{Command, SetAsideKind, Status};

use super::desk::{ANA, DAY, HOUR, OTHER_TICKET, TICKET, full_policy, minute};
use super::scenario::{Scenario, desk, ticket_under};
use EndReason::SetAside;
use Metric::{FirstResponse, NextResponse, PeriodicUpdate, QueuePickup, Resolution};
use TimerState::Cancelled;

/// First response 2 h, next response 1 h, update 4 h, pickup 30 min, resolution 24 h.
fn opened() -> Scenario {
    ticket_under(&full_policy())
}

#[test]
fn it_stands_beside_the_status_and_takes_the_ticket_out_of_the_work() {
    for kind in [SetAsideKind::Spam, SetAsideKind::Deleted, SetAsideKind::Merged] {
        let mut scenario = opened();
        scenario.assign(ANA).set_aside(kind).status(Status::Assigned).owner(Some(ANA));
        let ticket = scenario.ticket();
        assert!(!ticket.counts_as_work() && !ticket.is_waiting());
        let bin = (kind == SetAsideKind::Deleted).then(|| minute(30 * DAY));
        assert_eq!((ticket.units(), ticket.derived.wake_at), (0, bin));
    }
}

#[test]
fn its_timers_are_cancelled_and_never_met() {
    let mut scenario = opened();
    scenario.at(20).set_aside(SetAsideKind::Spam);
    for metric in [FirstResponse, QueuePickup, Resolution] {
        scenario.ended(metric, Cancelled, SetAside, 20);
    }
    let mut scenario = opened();
    scenario.at(10).assign(ANA).chat(ANA).at(20).customer_writes().at(30).set_aside(SetAsideKind::Deleted);
    scenario.ended(NextResponse, Cancelled, SetAside, 10).ended(PeriodicUpdate, Cancelled, SetAside, 20);
    scenario.at(9 * DAY).saw(&[]);
}

#[test]
fn undone_its_timers_run_on_without_the_time_in_between() {
    let mut scenario = opened();
    scenario.at(20).set_aside(SetAsideKind::Spam).at(10 * DAY).restore();
    scenario.runs(FirstResponse, 1, 10 * DAY + 100).runs(QueuePickup, 1, 10 * DAY + 10);
    scenario.runs(Resolution, 1, 11 * DAY - 20);
    let mut scenario = opened();
    scenario.at(10).assign(ANA).chat(ANA).at(20).customer_writes().at(30).set_aside(SetAsideKind::Deleted);
    scenario.at(HOUR).restore().runs(NextResponse, 1, 110).runs(PeriodicUpdate, 1, 280);
    assert_eq!(scenario.count("sla.breached"), 0);
}

#[test]
fn undone_a_pause_goes_on() {
    let mut scenario = opened();
    scenario.at(10).reply(ANA).at(20).set_aside(SetAsideKind::Spam).at(HOUR).restore();
    scenario.pauses(Resolution, crate::sla::PauseReason::Pending);
    scenario.pauses(PeriodicUpdate, crate::sla::PauseReason::Pending);
    scenario.at(100).customer_writes().runs(Resolution, 1, DAY + 90);
}

#[test]
fn undone_what_had_ended_stays_ended() {
    let mut scenario = opened();
    scenario.at(10).reply_with(ANA, Status::Resolved).at(20).set_aside(SetAsideKind::Spam).at(30).restore();
    scenario.saw(&["ticket.restored"]).status(Status::Resolved);
    scenario.at(7 * DAY + 10).status(Status::Closed);
}

#[test]
fn it_is_set_aside_one_way_at_a_time_and_each_can_be_undone() {
    let mut scenario = opened();
    scenario.restore().refused("ticket_not_set_aside");
    scenario.set_aside(SetAsideKind::Spam).set_aside(SetAsideKind::Spam).saw(&[]);
    scenario.set_aside(SetAsideKind::Deleted).refused("ticket_set_aside");
    for kind in [SetAsideKind::Deleted, SetAsideKind::Merged, SetAsideKind::Spam] {
        scenario.restore().set_aside(kind).saw(&["ticket.set_aside", "sla.timers_moved"]);
    }
    scenario.restore();
    assert_eq!(scenario.ticket().set_aside, None);
}

#[test]
fn it_is_not_merged_into_itself() {
    let mut scenario = opened();
    let merge = |into| Command::SetAside { kind: SetAsideKind::Merged, merged_into: Some(into) };
    scenario.system(&[merge(TICKET)]).refused("into");
    scenario.system(&[merge(OTHER_TICKET)]);
    assert_eq!(scenario.ticket().set_aside.unwrap().merged_into, Some(OTHER_TICKET));
}

#[test]
fn nothing_is_sent_from_it_and_nobody_gets_it() {
    let mut scenario = opened();
    scenario.set_aside(SetAsideKind::Spam);
    scenario.reply(ANA).refused("ticket_set_aside");
    scenario.assign(ANA).refused("ticket_set_aside");
    scenario.note(ANA).saw(&["message.added"]);
}

#[test]
fn a_message_that_arrives_meanwhile_starts_nothing() {
    let mut scenario = opened();
    scenario.assign(ANA).reply(ANA).at(20).set_aside(SetAsideKind::Spam).customer_writes();
    scenario.saw(&["message.added"]).status(Status::Pending).never(NextResponse);
}

#[test]
fn a_message_that_arrived_meanwhile_waits_once_it_is_undone() {
    let mut scenario = opened();
    scenario.assign(ANA).reply(ANA).at(20).set_aside(SetAsideKind::Spam).at(21).customer_writes();
    scenario.at(HOUR).restore().status(Status::InProgress).runs(NextResponse, 1, 120);
}

#[test]
fn an_answer_that_failed_meanwhile_gives_the_older_wait_back_once_it_is_undone() {
    let mut scenario = opened();
    scenario.assign(ANA).reply(ANA).at(5).customer_writes().at(10).reply(ANA).at(15).customer_writes();
    let answer = scenario.messages[3].clone();
    scenario.at(20).set_aside(SetAsideKind::Spam).report(answer, Delivery::Failed);
    // Fifteen of its sixty minutes were over.
    scenario.at(HOUR).restore().runs(NextResponse, 3, 105);
}

#[test]
fn its_snooze_and_its_closing_wait_until_it_is_undone() {
    let mut scenario = opened();
    scenario.snooze_until(90).set_aside(SetAsideKind::Spam).at(DAY).saw(&[]).restore();
    scenario.at(DAY).saw(&["ticket.woken"]);
    let mut scenario = opened();
    scenario.move_to(Status::Resolved).set_aside(SetAsideKind::Spam).at(30 * DAY).saw(&[]).restore();
    scenario.at(30 * DAY).status(Status::Closed);
    let mut scenario = opened();
    scenario.move_to(Status::Resolved).set_aside(SetAsideKind::Spam).at(30 * DAY).note(ANA);
    scenario.saw(&["message.added"]).status(Status::Resolved);
}

#[test]
fn from_the_bin_it_comes_back_within_thirty_days_and_never_after() {
    let mut scenario = opened();
    scenario.at(10).set_aside(SetAsideKind::Deleted).at(30 * DAY + 9).saw(&[]).restore();
    scenario.saw(&["ticket.restored", "sla.timers_moved"]).set_aside(SetAsideKind::Deleted);
    // Each time in the bin is a whole one.
    scenario.at(60 * DAY + 8).saw(&[]).at(60 * DAY + 9).saw(&["ticket.erased"]);
    let aside = scenario.ticket().set_aside.unwrap();
    assert_eq!((aside.kind, aside.erases_at), (SetAsideKind::Erased, None));
    assert_eq!(scenario.ticket().derived.wake_at, None);
    scenario.at(90 * DAY).saw(&[]).restore().refused("ticket_erased");
}

#[test]
fn erased_it_takes_nothing_more_whether_or_not_the_worker_came() {
    for slept in [true, false] {
        let mut scenario = opened();
        scenario.set_aside(SetAsideKind::Deleted);
        if slept {
            scenario.worker_asleep_until(30 * DAY);
        } else {
            scenario.at(30 * DAY);
        }
        for _ in 0..2 {
            scenario.restore().refused("ticket_erased").note(ANA).refused("ticket_erased");
            scenario.customer_writes().refused("ticket_erased");
            scenario.set_aside(SetAsideKind::Deleted).refused("ticket_erased");
            scenario.system(&[Command::Wake]);
        }
        assert_eq!(scenario.count("ticket.erased"), 1);
    }
}

#[test]
fn a_ticket_keeps_the_time_in_the_bin_that_it_was_promised() {
    let mut scenario = desk();
    let bin = |days: i64| Settings { bin_seconds: days * 86_400, ..Settings::default() };
    scenario
        .set_settings(&bin(3))
        .open()
        .set_aside(SetAsideKind::Deleted)
        .set_settings(&bin(1))
        .reconfigure();
    scenario.at(3 * DAY - 1).saw(&[]).at(3 * DAY).saw(&["ticket.erased"]);
}

#[test]
fn only_its_time_in_the_bin_erases_it() {
    let mut scenario = opened();
    scenario.set_aside(SetAsideKind::Erased).refused("kind");
    scenario.set_aside(SetAsideKind::Spam).at(365 * DAY).saw(&[]).restore();
}
