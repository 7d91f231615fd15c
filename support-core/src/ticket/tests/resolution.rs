//! `resolution`: creation to Resolved.

use crate::routing::AssignHow;
use crate::sla::calendar::Pauses;
use crate::sla::{EndReason, Metric, PauseReason, TimerState};
use crate::ticket::Status;

use super::desk::{ANA, BACK, BEN, DAY, FRONT, HOUR, OFFICE, full_policy, minute, office_hours, policy};
use super::scenario::{Scenario, desk, ticket_under};
use EndReason::Resolved;
use Metric::Resolution;
use TimerState::{Met, Missed};

/// Resolution within 24 h.
fn opened() -> Scenario {
    ticket_under(&policy(&[(Resolution, 24 * 60)]))
}

#[test]
fn it_runs_from_creation_to_resolved() {
    let mut scenario = opened();
    scenario.runs(Resolution, 1, DAY).at(10 * HOUR).move_to(Status::Resolved);
    scenario.ended(Resolution, Met, Resolved, 10 * HOUR);
}

#[test]
fn resolved_late_is_missed() {
    let mut scenario = opened();
    scenario.at(25 * HOUR).runs(Resolution, 1, DAY).breached(Resolution, true).move_to(Status::Resolved);
    scenario.ended(Resolution, Missed, Resolved, 25 * HOUR);
}

#[test]
fn resolved_unanswered_is_judged_all_the_same() {
    opened().at(60).move_to(Status::Closed).ended(Resolution, Met, Resolved, 60);
}

#[test]
fn it_is_paused_in_pending() {
    let mut scenario = opened();
    scenario.at(HOUR).reply(ANA).pauses(Resolution, PauseReason::Pending);
    scenario.at(40 * HOUR).saw(&[]).customer_writes().runs(Resolution, 1, DAY + 39 * HOUR);
    scenario.move_to(Status::Resolved).ended(Resolution, Met, Resolved, HOUR);
}

#[test]
fn on_hold_pauses_only_if_the_policy_says_so() {
    opened().at(HOUR).move_to(Status::OnHold).runs(Resolution, 1, DAY);
    let mut spec = policy(&[(Resolution, 24 * 60)]);
    spec.pause_on_hold = true;
    let mut scenario = ticket_under(&spec);
    scenario.at(HOUR).move_to(Status::OnHold).pauses(Resolution, PauseReason::OnHold);
    scenario.at(2 * HOUR).move_to(Status::Pending).pauses(Resolution, PauseReason::Pending);
    scenario.at(5 * HOUR).move_to(Status::Open).runs(Resolution, 1, DAY + 4 * HOUR);
}

#[test]
fn a_reopen_continues_it_without_the_resolved_time() {
    let mut scenario = opened();
    scenario.at(10 * HOUR).move_to(Status::Resolved).at(30 * HOUR).customer_writes();
    scenario.runs(Resolution, 1, 44 * HOUR).lived(Resolution, &["started", "met", "reinstated"]);
    scenario.at(43 * HOUR).move_to(Status::Resolved).ended(Resolution, Met, Resolved, 23 * HOUR);
}

#[test]
fn a_reopen_of_what_was_resolved_late_is_still_late() {
    let mut scenario = opened();
    scenario.at(30 * HOUR).move_to(Status::Resolved).at(31 * HOUR).customer_writes();
    scenario.breached(Resolution, true).at(50 * HOUR);
    assert_eq!(scenario.count("sla.breached"), 1);
    assert_eq!(scenario.ticket().sla.timer(Resolution).unwrap().state, TimerState::Running);
}

#[test]
fn a_reopen_into_pending_stays_paused() {
    let mut scenario = opened();
    scenario.at(HOUR).move_to(Status::Resolved).at(2 * HOUR).move_to(Status::Pending);
    scenario.pauses(Resolution, PauseReason::Pending).at(9 * HOUR).move_to(Status::Open);
    scenario.runs(Resolution, 1, DAY + 8 * HOUR);
}

#[test]
fn a_resolution_from_pending_counts_no_pause() {
    let mut scenario = opened();
    scenario.at(HOUR).reply(ANA).at(60 * HOUR).move_to(Status::Resolved);
    scenario.ended(Resolution, Met, Resolved, HOUR);
}

#[test]
fn desk_writes_first_and_waits_for_the_customer() {
    let mut scenario = super::scenario::desk();
    scenario.set_policy(1, &policy(&[(Resolution, 24 * 60)])).open_outbound(ANA);
    scenario.pauses(Resolution, PauseReason::Pending).at(5 * HOUR).customer_writes();
    scenario.runs(Resolution, 1, DAY + 5 * HOUR);
}

#[test]
fn a_follow_up_starts_afresh() {
    let mut scenario = super::scenario::desk();
    scenario.set_policy(1, &policy(&[(Resolution, 24 * 60)]));
    scenario.at(100).open_as(|open| open.follow_up_of = Some(super::desk::OTHER_TICKET));
    scenario.runs(Resolution, 1, DAY + 100);
}

#[test]
fn transfer_reassign_snooze_and_escalate_do_not_touch_it() {
    let mut scenario = opened();
    scenario.at(10).assign(ANA).assign(BEN).transfer(BACK).escalate(Some(3)).snooze_until(90);
    scenario.at(60).runs(Resolution, 1, DAY).lived(Resolution, &["started"]);
}

#[test]
fn its_segments_say_in_whose_hands_the_time_passed() {
    let mut scenario = opened();
    scenario.at(10).assign(ANA).at(20).transfer(BACK).at(30).move_to(Status::Pending);
    let segments = &scenario.ticket().sla.timer(Resolution).unwrap().segments;
    let hands: Vec<_> = segments.iter().map(|s| (s.from, s.team, s.agent, s.paused)).collect();
    let (front, back) = (Some(super::desk::FRONT), Some(BACK));
    assert_eq!(
        hands,
        [
            (super::desk::minute(0), front, None, None),
            (super::desk::minute(10), front, Some(ANA), None),
            (super::desk::minute(20), back, None, None),
            (super::desk::minute(30), back, None, Some(PauseReason::Pending)),
        ]
    );
}

#[test]
fn each_share_of_it_says_why_and_in_whose_hands_and_teams_are_judged_by_their_own_calendar() {
    let mut scenario = desk();
    scenario.set_calendar(&office_hours()).set_team(BACK, OFFICE);
    scenario.set_policy(1, &policy(&[(Resolution, DAY as u64)])).open();
    scenario.at(10).assign_as(Some(ANA), Some(FRONT), AssignHow::Take);
    scenario.at(30).move_to(Status::Pending).at(50).customer_writes();
    scenario.at(60).transfer(BACK).at(DAY).move_to(Status::Resolved);
    let (ticket, now) = (scenario.ticket(), scenario.now);
    let timer = ticket.sla.timer(Resolution).unwrap();
    let shares = timer.shares(now, &scenario.config);
    let told: Vec<_> = shares.iter().map(|s| (s.counted_seconds / 60, s.paused, s.team, s.agent)).collect();
    assert_eq!(
        told,
        [
            (10, None, Some(FRONT), None),
            (20, None, Some(FRONT), Some(ANA)),
            (0, Some(PauseReason::Pending), Some(FRONT), Some(ANA)),
            (10, None, Some(FRONT), Some(ANA)),
            (DAY - 60, None, Some(BACK), None),
        ]
    );
    assert!(shares.windows(2).all(|pair| pair[0].to == pair[1].from), "without gaps");
    let sum: i64 = shares.iter().map(|share| share.counted_seconds).sum();
    assert_eq!(sum, timer.elapsed_micros(now, &scenario.config) / 1_000_000);
    let owned = ticket.sla.ownership(now, &scenario.config);
    let told: Vec<_> =
        owned.iter().map(|o| (o.team, o.agent, o.working_seconds / 60, o.waiting_seconds / 60)).collect();
    let office = scenario.config.calendar(owned[2].calendar);
    let open = office.elapsed_micros(minute(60), now, &Pauses::none()) / 60_000_000;
    assert!(open < DAY - 60, "the back office closes");
    assert_eq!(
        told,
        [(Some(FRONT), None, 10, 0), (Some(FRONT), Some(ANA), 30, 20), (Some(BACK), None, open, 0),]
    );
}

#[test]
fn a_ticket_that_goes_from_hand_to_hand_grows_by_few_bytes() {
    let mut scenario = ticket_under(&full_policy());
    let mut sizes = Vec::new();
    for hand_over in 0..200_i64 {
        if hand_over % 100 == 0 {
            sizes.push(stored(&scenario));
        }
        scenario.now = minute(7 * (hand_over + 1));
        scenario.assign(if hand_over % 2 == 0 { ANA } else { BEN });
    }
    sizes.push(stored(&scenario));
    assert!(sizes[2] - sizes[1] <= 100 * 40, "{sizes:?}");
    assert!(sizes[2] <= 12_000, "{sizes:?}");
    // Nothing is summed up: each hand-over can still be told.
    let resolution = scenario.ticket().sla.timer(Resolution).unwrap();
    assert_eq!(resolution.segments.len(), 201);
}

fn stored(scenario: &Scenario) -> usize {
    serde_json::to_string(scenario.ticket()).unwrap().len()
}

#[test]
fn a_ticket_whose_breached_timer_stands_still_is_breached() {
    let mut scenario = ticket_under(&policy(&[(Resolution, 60)]));
    scenario.at(90).reply_with(ANA, Status::Pending).pauses(Resolution, PauseReason::Pending);
    scenario.breached(Resolution, true);
    assert!(scenario.ticket().derived.breached);
    scenario.at(100).move_to(Status::Resolved);
    assert!(!scenario.ticket().derived.breached);
}
