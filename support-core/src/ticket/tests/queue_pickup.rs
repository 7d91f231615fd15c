//! `queue_pickup`: while work has no handler.

use std::collections::BTreeMap;

use crate::config::Settings;
use crate::conversation::ChannelKind;
use crate::event::Event;
use crate::routing::AssignHow;
use crate::routing::ReturnCause::Unanswered;
use crate::sla::{EndReason, Metric, TimerState};
use crate::ticket::command::OwnerStanding;
use crate::ticket::{Command, Status};

use super::desk::{ANA, BACK, BEN, DAY, FRONT, minute, policy};
use super::scenario::{Scenario, desk, ticket_under};
use EndReason::{LeftQueue, PickedUp, Resolved, TeamChanged};
use Metric::QueuePickup;
use TimerState::{Cancelled, Met, Missed};

/// Pickup within 30 min.
fn opened() -> Scenario {
    ticket_under(&policy(&[(QueuePickup, 30)]))
}

#[test]
fn it_runs_while_work_has_no_handler() {
    let mut scenario = opened();
    scenario.runs(QueuePickup, 1, 30).at(20).assign(ANA).ended(QueuePickup, Met, PickedUp, 20);
    opened().at(45).assign(ANA).ended(QueuePickup, Missed, PickedUp, 45).breached(QueuePickup, true);
}

#[test]
fn each_way_to_a_handler_picks_it_up() {
    for how in [AssignHow::Auto, AssignHow::Offer, AssignHow::Take, AssignHow::Reassign] {
        opened().at(20).assign_as(Some(ANA), None, how).ended(QueuePickup, Met, PickedUp, 20);
    }
    opened().at(20).reply(ANA).ended(QueuePickup, Met, PickedUp, 20);
}

#[test]
fn another_handler_is_no_new_pickup() {
    opened().at(20).assign(ANA).assign(BEN).lived(QueuePickup, &["started", "met"]);
}

#[test]
fn a_return_continues_it() {
    let mut scenario = opened();
    scenario.at(20).assign(ANA).at(25).return_to_queue();
    // The five minutes that somebody had it do not count.
    scenario.runs(QueuePickup, 1, 35).lived(QueuePickup, &["started", "met", "reinstated"]);
    scenario.at(30).assign(BEN).ended(QueuePickup, Met, PickedUp, 25);
    scenario.at(40).return_to_queue().at(60).assign(ANA).ended(QueuePickup, Missed, PickedUp, 45);
}

fn takes_back_after_two_minutes() -> Scenario {
    let mut scenario = desk();
    let unanswered_return_seconds = BTreeMap::from([(ChannelKind::Email, 120), (ChannelKind::Chat, 10)]);
    scenario.set_settings(&Settings { unanswered_return_seconds, ..Settings::default() });
    scenario.set_policy(1, &policy(&[(QueuePickup, 30)])).open();
    scenario
}

#[test]
fn an_owner_who_does_not_answer_in_time_loses_it_with_its_age() {
    let mut scenario = takes_back_after_two_minutes();
    scenario.at(20).assign(ANA).at(21).saw(&[]).at(22);
    let then = ["work.returned", "ticket.assigned", "ticket.status_changed", "sla.timers_moved"];
    scenario.saw(&then);
    let because = |event: &Event| matches!(event, Event::WorkReturned { because: Unanswered, .. });
    assert!(scenario.latest().any(because));
    assert_eq!((scenario.ticket().status, scenario.ticket().work.since), (Status::Open, minute(0)));
    assert_eq!(scenario.ticket().work.declined, [(ANA, minute(22))]);
    // Two minutes with somebody who did nothing are no pickup.
    scenario.runs(QueuePickup, 1, 32).at(23).assign(ANA).at(DAY);
    assert_eq!(scenario.count("work.returned"), 2);
}

#[test]
fn who_has_answered_or_waits_for_somebody_keeps_it() {
    let mut answered = takes_back_after_two_minutes();
    answered.assign(ANA).at(1).reply(ANA).at(DAY).customer_writes().at(2 * DAY);
    let mut elsewhere = takes_back_after_two_minutes();
    elsewhere.assign(ANA).at(1).move_to(Status::OnHold).at(DAY);
    let mut noted = takes_back_after_two_minutes();
    noted.assign(ANA).at(1).note(ANA).at(DAY);
    assert_eq!([answered, elsewhere, noted].map(|scenario| scenario.count("work.returned")), [0, 0, 1]);
    // To say that one has begun answers nobody.
    let mut begun = takes_back_after_two_minutes();
    begun.assign(ANA).at(1).move_to(Status::InProgress).at(2).saw(&[]).at(3);
    assert_eq!(begun.count("work.returned"), 1);
    // What was put aside has its time when it comes back.
    let mut parked = takes_back_after_two_minutes();
    parked.assign(ANA).at(1).move_to(Status::Pending).at(60).customer_writes().at(61);
    assert_eq!(parked.count("work.returned"), 0);
    // Out of sight it stays; what it owes, it owes when it wakes.
    let mut snoozed = takes_back_after_two_minutes();
    snoozed.assign(ANA).at(1).snooze_until(60).at(59).saw(&[]).at(60);
    assert_eq!(snoozed.count("work.returned"), 1);
}

#[test]
fn a_return_remembers_who_gave_it_back_and_keeps_the_age() {
    let mut scenario = opened();
    scenario.at(20).assign(ANA).at(25).return_to_queue();
    let returned = |event: &Event| matches!(event, Event::WorkReturned { agent, .. } if *agent == ANA);
    assert!(scenario.latest().any(returned));
    assert_eq!(scenario.ticket().work.declined, [(ANA, super::desk::minute(25))]);
    assert_eq!(scenario.ticket().work.since, super::desk::minute(0));
    scenario.assign(ANA).at(50).return_to_queue();
    assert_eq!(scenario.ticket().work.declined, [(ANA, super::desk::minute(50))]);
}

#[test]
fn who_gave_it_back_in_an_earlier_wait_is_forgotten_in_the_next() {
    // By a message of the customer, and by hand.
    let [mut written, mut by_hand] = [opened(), opened()];
    for scenario in [&mut written, &mut by_hand] {
        scenario.at(20).assign(ANA).at(25).return_to_queue().at(30).assign(BEN).at(35).return_to_queue();
        assert_eq!(scenario.ticket().work.declined.len(), 2);
    }
    written.at(40).move_to(Status::Resolved).at(5 * DAY).customer_writes();
    by_hand.at(40).move_to(Status::Resolved).at(5 * DAY).move_to(Status::Open);
    for scenario in [written, by_hand] {
        let ticket = scenario.ticket();
        assert_eq!((ticket.status, &ticket.work.declined[..]), (Status::Open, &[][..]));
        assert_eq!(ticket.work.since, minute(5 * DAY));
    }
    // What comes while it waits begins no wait.
    let mut waits = opened();
    waits.at(20).assign(ANA).at(25).return_to_queue().at(26).customer_writes();
    assert_eq!(waits.ticket().work.declined, [(ANA, minute(25))]);
}

#[test]
fn a_move_to_another_team_starts_a_new_lap() {
    let mut scenario = opened();
    scenario.at(20).transfer(BACK).runs(QueuePickup, 2, 50);
    scenario.lived(QueuePickup, &["started", "cancelled", "started"]);
    scenario.at(25).assign(ANA).at(30).transfer(FRONT).runs(QueuePickup, 3, 60);
}

#[test]
fn a_lap_that_goes_on_leaves_out_what_was_in_no_queue() {
    let mut scenario = opened();
    scenario.at(10).assign(ANA).move_to(Status::Pending).return_to_queue();
    scenario.at(20).assign(ANA).move_to(Status::Open).at(25).return_to_queue().runs(QueuePickup, 1, 45);
}

#[test]
fn a_move_to_another_team_while_somebody_has_it_starts_a_new_lap_once_it_is_given_back() {
    let mut scenario = opened();
    scenario.at(20).assign(ANA).assign_as(Some(BEN), Some(BACK), AssignHow::Reassign);
    scenario
        .at(25)
        .return_to_queue()
        .runs(QueuePickup, 2, 55)
        .lived(QueuePickup, &["started", "met", "started"]);
    // To go there and back is a move too.
    let mut scenario = opened();
    scenario.at(20).assign(ANA).at(21).assign_as(Some(BEN), Some(BACK), AssignHow::Reassign);
    scenario.at(22).assign_as(Some(BEN), Some(FRONT), AssignHow::Reassign);
    scenario.at(25).return_to_queue().runs(QueuePickup, 2, 55);
    // So is one by whoever takes it along.
    let mut scenario = opened();
    scenario.at(20).assign_as(Some(BEN), Some(BACK), AssignHow::Reassign);
    scenario.at(25).return_to_queue().runs(QueuePickup, 2, 55);
}

#[test]
fn a_move_to_its_own_team_starts_no_lap() {
    opened().at(20).transfer(FRONT).saw(&[]).runs(QueuePickup, 1, 30);
}

#[test]
fn a_lap_that_ends_by_a_move_was_not_met() {
    let mut scenario = opened();
    scenario.at(20).transfer(BACK);
    let ended = |event: &Event| match event {
        Event::SlaTimersMoved { moves } => Some(moves[0]),
        _ => None,
    };
    let crate::sla::TimerMove::Ended { outcome, reason, elapsed_seconds, .. } =
        scenario.latest().find_map(ended).unwrap()
    else {
        panic!("the lap ends first");
    };
    assert_eq!((outcome, reason, elapsed_seconds), (Cancelled, TeamChanged, 20 * 60));
}

#[test]
fn work_that_waits_for_others_is_in_no_queue() {
    for (status, reason) in
        [(Status::Pending, LeftQueue), (Status::OnHold, LeftQueue), (Status::Resolved, Resolved)]
    {
        let mut scenario = opened();
        scenario.at(20).move_to(status).ended(QueuePickup, Cancelled, reason, 20);
        scenario.at(100).customer_writes().runs(QueuePickup, 2, 130);
    }
}

#[test]
fn snooze_pauses_no_timer() {
    let mut scenario = opened();
    scenario.at(10).snooze_until(25).at(20).runs(QueuePickup, 1, 30).at(27).runs(QueuePickup, 1, 30);
    scenario.lived(QueuePickup, &["started"]);
}

#[test]
fn reopened_work_whose_owner_is_away_waits_in_the_queue_anew() {
    let mut scenario = opened();
    scenario.at(10).assign(ANA).move_to(Status::Resolved).at(100);
    scenario.receive(OwnerStanding::Absent, |_| {}).runs(QueuePickup, 2, 130);
}

#[test]
fn a_gone_owners_open_work_continues_to_wait() {
    let mut scenario = opened();
    scenario.at(10).assign(ANA).at(50).receive(OwnerStanding::Gone, |_| {});
    scenario.status(Status::Open).owner(None).runs(QueuePickup, 1, 70);
}

#[test]
fn work_that_is_opened_with_a_handler_is_not_queued() {
    let mut scenario = super::scenario::desk();
    scenario.set_policy(1, &policy(&[(QueuePickup, 30)]));
    let open = Command::Open(Box::new(scenario.opening()));
    let assign = scenario.assigning(Some(ANA), None, AssignHow::Open);
    scenario.system(&[open, assign]).never(QueuePickup);
}

#[test]
fn two_who_take_the_same_work_do_not_both_get_it() {
    for how in [AssignHow::Take, AssignHow::Auto] {
        let mut scenario = opened();
        scenario.assign_as(Some(ANA), None, how).assign_as(Some(BEN), None, how).refused("already_assigned");
        scenario.owner(Some(ANA));
    }
    // To take what one has already changes nothing.
    let mut scenario = opened();
    scenario.assign_as(Some(ANA), None, AssignHow::Take).assign_as(Some(ANA), None, AssignHow::Take).saw(&[]);
}
