//! What a store holds, and the parts that stand in columns of their own.

use support_core::people::{ActorRef, Agent, Customer, CustomerFieldValue, Role};
use support_core::sla::calendar::Pause;
use support_core::store::LoginSubject;
use support_core::testkit::build::{agent_id, customer_id, instant, text_id};
use support_core::testkit::full::{
    full_agent, full_assignment, full_conversation, full_customer, full_document, full_message, full_offer,
    full_state, full_text, full_ticket,
};
use support_core::ticket::FieldValue;

use crate::sheet::Sheet;

pub(crate) fn sheet() -> Sheet {
    let ticket = full_ticket();
    let ledger = ticket.sla.clone();
    let (applied, timer) = (ledger.applied.clone().unwrap(), ledger.timers[0].clone());
    let assignment = full_assignment();
    let why = assignment.why.clone().unwrap();
    let shift = full_agent().shift.unwrap();
    let (customer, agent, state): (Customer, Agent, _) = (full_customer(), full_agent(), full_state());
    let urgency = ticket.derived.urgency.clone().unwrap();
    Sheet::default()
        .both(std::slice::from_ref(&ticket))
        .both(std::slice::from_ref(&ticket.unattended))
        .both(&ticket.context)
        .both(&ticket.external_refs)
        .both(&[FieldValue::Text(text_id(1, 1)), FieldValue::Number(-0.1), FieldValue::Flag(true)])
        .both(&[ticket.journey.unwrap()])
        .both(&ticket.participants)
        .both(&[ticket.escalation.unwrap()])
        .both(&[ticket.set_aside.unwrap()])
        .both(std::slice::from_ref(&ticket.work))
        .both(&ticket.keywords.values().copied().collect::<Vec<_>>())
        .both(&[ticket.insight.clone().unwrap()])
        .both(&ticket.handling)
        .both(std::slice::from_ref(&ticket.derived))
        .both(std::slice::from_ref(&urgency))
        .both(&urgency.rests)
        .both(std::slice::from_ref(&ledger))
        .both(&[applied.policy])
        .both(&applied.targets)
        .both(&[applied])
        .both(&timer.steps_taken)
        .both(&[timer.steps_taken[0].step])
        .both(&[Pause { from: instant(1), to: Some(instant(2)) }, Pause { from: instant(3), to: None }])
        .both(&[full_conversation()])
        .both(&[full_message()])
        .both(&full_text().masked)
        .both(&[full_text()])
        .both(&[why.candidates[0].fit.unwrap()])
        .both(&[why.candidates[0].worth.unwrap()])
        .both(&why.candidates)
        .both(&[why])
        .both(&[assignment])
        .both(&[full_offer()])
        .both(&customer.addresses)
        .both(&[
            CustomerFieldValue::Text("likes tea".into()),
            CustomerFieldValue::Number(41.5),
            CustomerFieldValue::Flag(true),
        ])
        .both(&[customer])
        .both(&shift.weekly().mon)
        .both(&[shift.weekly().clone()])
        .both(&[shift])
        .both(&agent.absences)
        .both(&[agent.capacity])
        .both(&[agent])
        .both(&[state.load])
        .both(&[state])
        .both(&[Role::Agent.grants().clone(), Role::SuperAdmin.grants().clone()])
        .both(&[ActorRef::SYSTEM, ActorRef::agent(agent_id(1)), ActorRef::customer(customer_id(1))])
        .both(&[LoginSubject::Agent(agent_id(1)), LoginSubject::Customer(customer_id(1))])
        .both(&[full_document()])
}
