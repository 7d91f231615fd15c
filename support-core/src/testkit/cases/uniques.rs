//! Values that one record holds.

use crate::error::EntityKind;
use crate::people::{Address, Agent, Customer};
use crate::store::{Login, LoginSubject, Outcome, Record, Store};
use crate::ticket::Ticket;

use super::super::a_ticket;
use super::super::build::{
    TENANT, a_customer, a_login, an_address, an_agent, customer_id, foreign, inbox_id, message_id,
};
use super::super::full::full_message;
use super::{commit, insert, inserting, outcome, set};

const fn taken(entity: EntityKind, field: &'static str) -> Outcome {
    Outcome::Taken { entity, field }
}

/// Each value that must be unique is refused to a second record, which is told the field.
pub async fn a_value_that_is_held_is_taken(store: &dyn Store) {
    let message = full_message();
    let customer = Customer { external_id: Some(foreign("crm:1")), ..a_customer(1) };
    let agent = Agent { external_id: Some(foreign("hr/1")), ..an_agent(1) };
    let held: Vec<Record> = vec![
        a_ticket(1).ticket().into(),
        message.clone().into(),
        customer.clone().into(),
        agent.clone().into(),
        a_login(1).into(),
    ];
    insert(store, held).await;
    let rivals: Vec<(Record, Outcome)> = vec![
        (
            Ticket { reference: a_ticket(1).ticket().reference, ..a_ticket(2).ticket() }.into(),
            taken(EntityKind::Ticket, "reference"),
        ),
        (
            crate::conversation::Message { id: message_id(1, 9), ..message }.into(),
            taken(EntityKind::Message, "external_id"),
        ),
        (
            Customer { external_id: customer.external_id, ..a_customer(2) }.into(),
            taken(EntityKind::Customer, "external_id"),
        ),
        (
            Customer { addresses: customer.addresses, ..a_customer(2) }.into(),
            taken(EntityKind::Customer, "addresses"),
        ),
        (
            Agent { external_id: agent.external_id, ..an_agent(2) }.into(),
            taken(EntityKind::Agent, "external_id"),
        ),
        (
            Agent { email: agent.email.to_uppercase(), ..an_agent(2) }.into(),
            taken(EntityKind::Agent, "email"),
        ),
        (
            Login { subject: LoginSubject::Customer(customer_id(1)), ..a_login(1) }.into(),
            taken(EntityKind::Login, "email"),
        ),
    ];
    for (rival, expected) in rivals {
        assert_eq!(outcome(store, inserting([rival.clone()])).await, expected, "{rival:?}");
        let in_one_set = inserting([a_customer(50).into(), rival]);
        assert_eq!(outcome(store, in_one_set).await, expected);
    }
}

/// A record may be changed to a value that is free, not to one that is held, and keeps its own without conflict.
pub async fn a_change_meets_unique_values_too(store: &dyn Store) {
    insert(store, [an_agent(1).into(), an_agent(2).into()]).await;
    let mut change = set();
    change.replace(1, Agent { version: 2, email: an_agent(2).email, ..an_agent(1) });
    assert_eq!(outcome(store, change).await, taken(EntityKind::Agent, "email"));
    let mut change = set();
    change.replace(1, Agent { version: 2, name: "Ann".to_owned(), ..an_agent(1) });
    commit(store, change).await;
}

/// What one record gives up, another may take: in a later set, and after it in the same set.
pub async fn a_value_given_up_is_free(store: &dyn Store) {
    insert(store, [an_agent(1).into()]).await;
    let mut change = set();
    change.replace(1, Agent { version: 2, email: "a@desk.example".to_owned(), ..an_agent(1) });
    change.insert(Agent { email: an_agent(1).email, ..an_agent(2) });
    commit(store, change).await;
    let mut change = set();
    change.replace(2, Agent { version: 3, email: "b@desk.example".to_owned(), ..an_agent(1) });
    commit(store, change).await;
    insert(store, [Agent { email: "A@desk.example".to_owned(), ..an_agent(3) }.into()]).await;
}

/// Values are apart where they are not the same thing: other inboxes, unverified addresses, absent values.
pub async fn values_that_are_not_the_same_do_not_meet(store: &dyn Store) {
    commit(store, a_ticket(1).set(TENANT)).await;
    let message = full_message();
    let with = |part: u32, inbox: Option<u32>, external: Option<&str>| crate::conversation::Message {
        id: message_id(1, part),
        inbox_id: inbox.map(inbox_id),
        external_id: external.map(foreign),
        ..message.clone()
    };
    insert(
        store,
        [
            with(1, Some(1), Some("x")).into(),
            with(2, Some(2), Some("x")).into(),
            with(3, Some(1), Some("X")).into(),
            with(4, None, Some("x")).into(),
            with(5, None, Some("x")).into(),
            with(6, Some(1), None).into(),
            with(7, Some(1), None).into(),
        ],
    )
    .await;
    let unverified = Address { verified: false, ..an_address("shared@example.com") };
    let proved = an_address("shared@example.com");
    let customer = |number, address: &Address| {
        Record::from(Customer { addresses: vec![address.clone()], ..a_customer(number) })
    };
    insert(store, [customer(1, &unverified), customer(2, &unverified), customer(3, &proved)]).await;
    let second = outcome(store, inserting([customer(4, &proved)])).await;
    assert_eq!(second, taken(EntityKind::Customer, "addresses"));
    let mut verified = set();
    verified.replace(1, Customer { version: 2, addresses: vec![proved], ..a_customer(1) });
    assert_eq!(outcome(store, verified).await, taken(EntityKind::Customer, "addresses"));
}
