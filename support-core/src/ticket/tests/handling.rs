//! Who is at it: `work.started` and `work.ended`, from leases.

use crate::event::Event;
use crate::id::AgentId;
use crate::ticket::{SetAsideKind, Status};

use super::desk::{ANA, BACK, BEN, DAY, minute};
use super::scenario::{Scenario, desk};

fn opened() -> Scenario {
    let mut scenario = desk();
    scenario.open();
    scenario
}

/// Who ended, at which minute, after how many seconds, in order.
fn ended(scenario: &Scenario) -> Vec<(AgentId, i64, i64)> {
    let ended = |event: &Event| match event {
        Event::WorkEnded { agent, at, seconds } => Some((*agent, at.seconds_since(minute(0)) / 60, *seconds)),
        _ => None,
    };
    scenario.events.iter().filter_map(|envelope| ended(&envelope.event)).collect()
}

#[test]
fn work_starts_with_a_lease_and_is_renewed_without_an_event() {
    let mut scenario = opened();
    scenario.handle(ANA, Some(1)).saw(&["work.started"]);
    scenario.handle(ANA, Some(2)).saw(&[]).at(1).saw(&[]).handle(ANA, Some(3)).saw(&[]);
    assert_eq!(scenario.ticket().derived.leases, [(ANA, minute(3))]);
    assert_eq!(scenario.ticket().version, 1);
}

#[test]
fn work_ends_when_it_is_said_to_end() {
    let mut scenario = opened();
    scenario.handle(ANA, Some(10)).at(4).handle(ANA, None).saw(&["work.ended"]);
    assert_eq!(ended(&scenario), [(ANA, 4, 240)]);
    scenario.handle(ANA, None).saw(&[]).at(DAY).saw(&[]);
}

#[test]
fn a_lease_that_ran_out_ends_the_work_when_it_ran_out() {
    let mut scenario = opened();
    scenario.handle(ANA, Some(5)).at(20).saw(&["work.ended"]);
    assert_eq!(ended(&scenario), [(ANA, 5, 300)]);
}

#[test]
fn a_lease_that_ran_out_ended_when_it_ran_out_also_where_the_worker_slept() {
    let mut scenario = opened();
    scenario.handle(ANA, Some(5)).worker_asleep_until(60).wake();
    assert_eq!(ended(&scenario), [(ANA, 5, 300)]);
    let mut scenario = opened();
    scenario.handle(ANA, Some(5)).worker_asleep_until(60).handle(ANA, None);
    assert_eq!(ended(&scenario), [(ANA, 5, 300)]);
    let mut scenario = opened();
    scenario.assign(ANA).handle(ANA, Some(5)).worker_asleep_until(60).assign(BEN);
    assert_eq!(ended(&scenario), [(ANA, 5, 300)]);
}

#[test]
fn one_who_comes_back_after_the_lease_ran_out_starts_anew() {
    let mut scenario = opened();
    scenario.handle(ANA, Some(5)).worker_asleep_until(60).handle(ANA, Some(70));
    scenario.saw(&["work.ended", "work.started"]);
    scenario.at(62).handle(ANA, None);
    assert_eq!(ended(&scenario), [(ANA, 5, 300), (ANA, 62, 120)]);
}

#[test]
fn several_work_at_it_each_on_their_own() {
    let mut scenario = opened();
    scenario.handle(ANA, Some(5)).at(1).handle(BEN, Some(3)).at(10);
    assert_eq!(ended(&scenario), [(BEN, 3, 120), (ANA, 5, 300)]);
    assert!(scenario.ticket().handling.is_empty());
}

#[test]
fn an_owner_who_loses_the_ticket_stops_working_on_it() {
    let mut scenario = opened();
    scenario.assign(ANA).handle(ANA, Some(10)).at(4).transfer(BACK);
    assert_eq!(ended(&scenario), [(ANA, 4, 240)]);
    let mut scenario = opened();
    scenario.assign(ANA).move_to(Status::Resolved).handle(ANA, Some(10)).at(4);
    scenario.receive(crate::ticket::command::OwnerStanding::Absent, |_| {}).owner(None);
    assert_eq!(ended(&scenario), [(ANA, 4, 240)]);
}

#[test]
fn handling_ends_also_while_the_ticket_is_set_aside() {
    let mut scenario = opened();
    scenario.handle(ANA, Some(5)).set_aside(SetAsideKind::Spam).at(20).saw(&["work.ended"]);
}
