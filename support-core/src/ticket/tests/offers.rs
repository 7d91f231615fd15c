//! Offers: made, accepted, declined, timed out, withdrawn.

use uuid::Uuid;

use crate::id::{AgentId, OfferId};
use crate::people::{ActorRef, WorkKind};
use crate::routing::{Offer, OfferState};
use crate::sla::{Metric, TimerState};
use crate::ticket::command::{AnswerOffer, MakeOffer};
use crate::ticket::{Command, SetAsideKind, Status};

use super::desk::{ANA, BACK, BEN, minute, policy};
use super::scenario::{Scenario, desk, ticket_under};

const OFFER: OfferId = OfferId::from_uuid(Uuid::from_u128(0x0f));

impl Scenario {
    /// Asks an agent to take the work within two minutes.
    pub(super) fn offer(&mut self, agent: AgentId) -> &mut Self {
        let until = self.now.plus_seconds(120);
        self.system(&[Command::MakeOffer(Box::new(MakeOffer { id: OFFER, agent, until, why: None }))])
    }

    pub(super) fn answer(&mut self, agent: AgentId, accept: bool) -> &mut Self {
        let answer = AnswerOffer { id: OFFER, accept, reason: None };
        self.run(ActorRef::agent(agent), &[Command::AnswerOffer(answer)])
    }

    /// Returns what became of the newest offer, as its events tell.
    fn offer_state(&self) -> OfferState {
        let begun = self.events.iter().rev().find_map(Offer::begin);
        let mut offer = begun.expect("an offer");
        self.events.iter().for_each(|envelope| offer.evolve(envelope));
        assert_eq!(offer.work, WorkKind::Ticket);
        assert_eq!(offer.ended_at.is_some(), offer.state != OfferState::Open);
        offer.state
    }
}

fn offered() -> Scenario {
    let mut scenario = desk();
    scenario.open().offer(ANA);
    scenario
}

#[test]
fn an_offer_holds_the_agents_room_and_takes_the_work_out_of_the_queue() {
    let mut scenario = offered();
    scenario.saw(&["offer.made"]).owner(None);
    let ticket = scenario.ticket();
    assert!(ticket.is_waiting() && !ticket.is_queued());
    assert_eq!((ticket.holder(), ticket.units()), (Some(ANA), 1));
    assert_eq!(ticket.derived.wake_at, Some(minute(2)));
    scenario.offer(BEN).refused("not_waiting");
}

#[test]
fn an_accepted_offer_makes_the_agent_the_owner() {
    let mut scenario = offered();
    scenario.answer(ANA, true).saw(&["offer.ended", "ticket.assigned", "ticket.status_changed"]);
    scenario.owner(Some(ANA)).status(Status::Assigned);
    assert_eq!(scenario.offer_state(), OfferState::Accepted);
    scenario.answer(ANA, true).refused("offer_gone");
}

#[test]
fn a_declined_offer_keeps_the_age_and_remembers_who_declined() {
    let mut scenario = offered();
    let since = scenario.ticket().work.since;
    scenario.at(1).answer(ANA, false).saw(&["offer.ended"]);
    assert_eq!(scenario.offer_state(), OfferState::Declined);
    let ticket = scenario.ticket();
    assert!(ticket.is_queued());
    assert_eq!((ticket.work.since, &ticket.work.declined[..]), (since, &[(ANA, minute(1))][..]));
    scenario.answer(ANA, true).refused("offer_gone");
}

#[test]
fn an_offer_that_nobody_answers_times_out_at_its_instant() {
    let mut scenario = offered();
    scenario.until(minute(2).plus_micros(-1)).saw(&[]);
    scenario.at(2).saw(&["offer.ended"]);
    assert_eq!(scenario.offer_state(), OfferState::TimedOut);
    assert_eq!(scenario.ticket().work.declined, [(ANA, minute(2))]);
    assert!(scenario.ticket().is_queued());
}

#[test]
fn a_late_answer_comes_too_late_also_where_the_worker_slept() {
    let mut scenario = offered();
    scenario.worker_asleep_until(2).answer(ANA, true).refused("offer_gone");
    scenario.wake().saw(&["offer.ended"]);
    assert_eq!(scenario.offer_state(), OfferState::TimedOut);
}

#[test]
fn an_offer_is_withdrawn_when_the_work_goes_elsewhere() {
    type Elsewhere = fn(&mut Scenario) -> &mut Scenario;
    let ways: [(&str, Elsewhere); 6] = [
        ("given to another", |s| s.assign(BEN)),
        ("moved to another team", |s| s.transfer(BACK)),
        ("resolved", |s| s.move_to(Status::Resolved)),
        ("snoozed", |s| s.snooze_until(60)),
        ("set aside", |s| s.set_aside(SetAsideKind::Spam)),
        ("agent gone", |s| s.system(&[Command::WithdrawOffer])),
    ];
    for (way, happens) in ways {
        let mut scenario = offered();
        happens(&mut scenario);
        assert_eq!(scenario.offer_state(), OfferState::Withdrawn, "{way}");
        let ticket = scenario.ticket();
        assert_eq!((ticket.offer.as_ref(), &ticket.work.declined[..]), (None, &[][..]), "{way}");
    }
}

#[test]
fn who_answers_the_customer_while_the_work_is_offered_to_them_has_accepted() {
    let mut scenario = offered();
    scenario.reply(ANA).owner(Some(ANA));
    assert_eq!(scenario.offer_state(), OfferState::Accepted);
    let mut scenario = offered();
    scenario.reply(BEN).owner(Some(BEN));
    assert_eq!(scenario.offer_state(), OfferState::Withdrawn);
}

#[test]
fn an_offer_does_not_stop_queue_pickup_and_a_decline_continues_it() {
    let mut scenario = ticket_under(&policy(&[(Metric::QueuePickup, 3_600)]));
    let pickup = |scenario: &Scenario| {
        let timer = scenario.ticket().sla.timer(Metric::QueuePickup).unwrap();
        (timer.state, timer.started_at, timer.cycle)
    };
    let begun = pickup(&scenario);
    assert_eq!(begun.0, TimerState::Running);
    scenario.offer(ANA);
    assert_eq!(pickup(&scenario), begun);
    scenario.at(1).answer(ANA, false);
    assert_eq!(pickup(&scenario), begun);
    scenario.offer(BEN).answer(BEN, true);
    assert_eq!(pickup(&scenario).0, TimerState::Met);
}
