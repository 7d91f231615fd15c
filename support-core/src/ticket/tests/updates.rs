//! `periodic_update`: from each public agent message to the next.

use crate::conversation::Delivery;
use crate::sla::{EndReason, Metric, PauseReason, TimerState};
use crate::ticket::{SetAsideKind, Status};

use super::desk::{ANA, BEN, HOUR, policy};
use super::scenario::{Scenario, ticket_under};
use Metric::PeriodicUpdate;
use TimerState::{Cancelled, Met, Missed};

/// An update every 4 h.
fn opened() -> Scenario {
    let mut scenario = ticket_under(&policy(&[(PeriodicUpdate, 240)]));
    scenario.assign(ANA);
    scenario
}

#[test]
fn an_update_is_due_from_each_public_agent_message_to_the_next() {
    let mut scenario = opened();
    scenario.never(PeriodicUpdate).at(10).reply_with(ANA, Status::InProgress).runs(PeriodicUpdate, 1, 250);
    scenario.at(100).reply_with(BEN, Status::InProgress).runs(PeriodicUpdate, 2, 340);
    scenario.lived(PeriodicUpdate, &["started", "met", "started"]);
    scenario.at(400).breached(PeriodicUpdate, true).reply_with(ANA, Status::InProgress);
    scenario.lived(PeriodicUpdate, &["started", "met", "started", "missed", "started"]);
}

#[test]
fn notes_bots_and_customers_are_no_update() {
    let mut scenario = opened();
    scenario.at(10).chat(ANA).at(20).note(ANA).bot_writes().customer_writes();
    scenario.runs(PeriodicUpdate, 1, 250).lived(PeriodicUpdate, &["started"]);
}

#[test]
fn it_is_paused_in_pending() {
    let mut scenario = opened();
    scenario.at(10).reply(ANA).pauses(PeriodicUpdate, PauseReason::Pending);
    scenario.at(100).customer_writes().runs(PeriodicUpdate, 1, 340);
    scenario.at(160).move_to(Status::Pending).pauses(PeriodicUpdate, PauseReason::Pending);
    scenario.at(1_000).saw(&[]).move_to(Status::InProgress).runs(PeriodicUpdate, 1, 1_180);
}

#[test]
fn it_runs_on_hold() {
    let mut scenario = opened();
    scenario.at(10).reply_with(ANA, Status::OnHold).runs(PeriodicUpdate, 1, 250);
}

#[test]
fn an_update_in_pending_ends_the_round_and_begins_another() {
    let mut scenario = opened();
    scenario.at(10).reply(ANA).at(HOUR).reply(ANA).pauses(PeriodicUpdate, PauseReason::Pending);
    scenario.lived(PeriodicUpdate, &["started", "paused", "met", "started", "paused"]);
}

#[test]
fn it_ends_at_resolved() {
    let mut scenario = opened();
    scenario.at(10).chat(ANA).at(20).move_to(Status::Resolved);
    scenario.ended(PeriodicUpdate, Cancelled, EndReason::Resolved, 10);
    scenario.at(30).move_to(Status::Open).ended(PeriodicUpdate, Cancelled, EndReason::Resolved, 10);
    scenario.at(40).chat(ANA).runs(PeriodicUpdate, 2, 280);
}

#[test]
fn a_reply_that_resolves_is_the_last_update() {
    let mut scenario = opened();
    scenario.at(10).chat(ANA).at(20).reply_with(ANA, Status::Resolved);
    scenario.ended(PeriodicUpdate, Met, EndReason::Answered, 10);
    let mut scenario = opened();
    scenario.at(10).chat(ANA).at(300).reply_with(ANA, Status::Resolved);
    scenario.ended(PeriodicUpdate, Missed, EndReason::Answered, 290);
}

#[test]
fn a_breach_before_the_pause_is_recorded_though_the_worker_slept() {
    let mut scenario = opened();
    scenario.at(10).chat(ANA).worker_asleep_until(300).move_to(Status::Pending);
    scenario.pauses(PeriodicUpdate, PauseReason::Pending).breached(PeriodicUpdate, true);
    scenario.at(900).customer_writes();
    assert_eq!(scenario.count("sla.breached"), 1);
}

#[test]
fn an_update_that_fails_gives_the_timer_back_its_old_start() {
    let mut scenario = opened();
    scenario.chat(ANA).at(230).chat(BEN).runs(PeriodicUpdate, 2, 470);
    scenario.at(231).newest_reply_fails().runs(PeriodicUpdate, 3, 240);
    scenario.lived(PeriodicUpdate, &["started", "met", "started", "cancelled", "started"]);
    scenario.at(241).breached(PeriodicUpdate, true);
    // The next that arrives is judged from there.
    scenario
        .chat(ANA)
        .lived(PeriodicUpdate, &["started", "met", "started", "cancelled", "started", "missed", "started"]);
}

#[test]
fn an_update_that_fails_as_the_first_one_was_none() {
    let mut scenario = opened();
    scenario.at(10).chat(ANA).at(20).newest_reply_fails();
    scenario.ended(PeriodicUpdate, Cancelled, EndReason::AnswerFailed, 10);
    scenario.at(30).chat(ANA).runs(PeriodicUpdate, 2, 270);
}

#[test]
fn an_update_that_fails_while_a_later_one_stands_changes_nothing() {
    let mut scenario = opened();
    scenario.at(10).chat(ANA).at(20).chat(ANA).at(30).chat(ANA);
    let [second, third] = [2, 3].map(|nth| scenario.messages[nth].clone());
    scenario.at(40).report(second, Delivery::Failed).runs(PeriodicUpdate, 3, 270);
    scenario.report(third, Delivery::Failed).runs(PeriodicUpdate, 4, 250);
}

#[test]
fn an_update_that_resolved_and_fails_was_none() {
    let mut scenario = opened();
    scenario.at(10).chat(ANA).at(20).reply_with(ANA, Status::Resolved);
    scenario.ended(PeriodicUpdate, Met, EndReason::Answered, 10);
    scenario.at(30).newest_reply_fails().ended(PeriodicUpdate, Cancelled, EndReason::Resolved, 20);
    scenario
        .at(40)
        .move_to(Status::Open)
        .lived(PeriodicUpdate, &["started", "met", "reinstated", "cancelled"]);
}

#[test]
fn an_update_that_resolved_and_fails_after_the_ticket_was_opened_again_was_none() {
    let mut scenario = opened();
    scenario.at(10).chat(ANA).at(20).reply_with(ANA, Status::Resolved).at(30).move_to(Status::Open);
    scenario.at(40).move_to(Status::Pending).at(50).newest_reply_fails();
    scenario.lived(PeriodicUpdate, &["started", "met", "reinstated", "cancelled"]);
}

#[test]
fn an_update_that_fails_while_the_ticket_is_pending_leaves_the_pauses_out() {
    let mut scenario = opened();
    scenario.at(10).chat(ANA).at(20).move_to(Status::Pending).at(50).move_to(Status::InProgress);
    scenario.at(60).reply(ANA).pauses(PeriodicUpdate, PauseReason::Pending).at(70).newest_reply_fails();
    scenario.pauses(PeriodicUpdate, PauseReason::Pending).at(80).move_to(Status::InProgress);
    scenario.runs(PeriodicUpdate, 3, 300);
}

#[test]
fn an_update_that_fails_while_the_ticket_is_set_aside_is_none_when_it_comes_back() {
    let mut scenario = opened();
    scenario.at(10).chat(ANA).at(20).chat(ANA).at(30).set_aside(SetAsideKind::Spam);
    scenario.at(40).newest_reply_fails().at(50).restore().runs(PeriodicUpdate, 3, 270);
    let mut scenario = opened();
    scenario
        .at(10)
        .chat(ANA)
        .at(30)
        .set_aside(SetAsideKind::Spam)
        .at(40)
        .newest_reply_fails()
        .at(50)
        .restore();
    scenario.ended(PeriodicUpdate, Cancelled, EndReason::SetAside, 20);
}
