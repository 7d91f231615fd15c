//! Opening a ticket: by staff, by the host, by a customer.

use support_core::Error;
use support_core::conversation::{ChannelKind, Direction};
use support_core::desk::{ContextInput, CreateAgent, CustomerSpec, OpenTicket, Requester, UpdateCustomer};
use support_core::id::{BrandId, CustomerId, InboxId, TeamId};
use support_core::people::{ActorRef, Address, AddressKind, Permission};
use support_core::sla::Metric;
use support_core::store::{OutboxState, Query, Record, Select};
use support_core::testkit::{block_on, system_scope};
use support_core::ticket::{Priority, Status};
use uuid::Uuid;

use crate::world::{HOST, TENANT, World, customer_of, fields, foreign, id_of, label};

fn spec(external_id: Option<&str>, email: Option<&str>) -> CustomerSpec {
    CustomerSpec {
        external_id: external_id.map(foreign),
        name: "Carl".into(),
        email: email.map(Into::into),
        phone: None,
    }
}

fn opened(world: &World, spec: CustomerSpec) -> CustomerId {
    let ticket = world.run(&HOST, &OpenTicket::by(Requester::Spec(spec), "Parcel", "Late.")).ticket_id;
    world.ticket(ticket).customer_id
}

#[test]
fn staff_write_down_what_the_customer_said() {
    let world = World::standard();
    let (agent, customer) = (world.agent("Agnes"), world.customer("Carl"));
    let ticket =
        world.run(&agent, &OpenTicket::of(customer_of(&customer), "Parcel", "He says it is late.")).ticket_id;
    let page = block_on(world.desk.messages(&agent, ticket, None, 10, None)).unwrap();
    let message = &page.messages[0].message;
    assert_eq!(message.author, ActorRef::customer(customer_of(&customer)));
    assert_eq!((message.direction, message.asks, message.answers), (Direction::Inbound, true, false));
    assert!(world.ticket(ticket).sla.open(Metric::FirstResponse).is_some());
    assert_eq!(world.events(ticket)[0].actor, ActorRef::agent(id_of(&agent)));
    world.sound();
}

#[test]
fn a_ticket_that_the_desk_begins_is_pending_without_a_first_response() {
    let world = World::standard();
    let (agent, customer) = (world.agent("Agnes"), world.customer("Carl"));
    let inbox = InboxId::from_uuid(Uuid::from_u128(5));
    let open = OpenTicket {
        direction: Direction::Outbound,
        inbox_id: Some(inbox),
        ..OpenTicket::of(customer_of(&customer), "Recall", "Please send it back.")
    };
    let ticket = world.run(&agent, &open).ticket_id;
    let made = world.ticket(ticket);
    assert_eq!((made.status, made.assigned_to), (Status::Pending, None));
    assert!(made.sla.timer(Metric::FirstResponse).is_none());
    let query = Query::new(Select::Outbox(OutboxState::Ready), 10);
    let rows = block_on(world.desk.store().find(&system_scope(TENANT), &query)).unwrap().items;
    assert!(matches!(&rows[..], [Record::Outbox(row)] if row.ticket_id == ticket));

    world.reply(&customer, ticket, "Why?");
    assert_eq!(world.ticket(ticket).status, Status::Assigned);
    world.sound();
}

#[test]
fn every_field_that_only_staff_may_give_is_refused_by_its_name() {
    let world = World::standard();
    let (agent, customer) = (world.agent("Agnes"), world.customer("Carl"));
    type Given = (&'static str, Box<dyn Fn(&mut OpenTicket)>);
    let agent = id_of(&agent);
    let given: Vec<Given> = vec![
        ("direction", Box::new(|open| open.direction = Direction::Outbound)),
        ("priority", Box::new(|open| open.priority = Some(Priority::Normal))),
        ("tags", Box::new(|open| open.tags = vec![label("vip")])),
        (
            "context",
            Box::new(|open| {
                open.context = vec![ContextInput::new(label("order"), foreign("1"))];
            }),
        ),
        ("inbox_id", Box::new(|open| open.inbox_id = Some(InboxId::from_uuid(Uuid::from_u128(1))))),
        ("brand_id", Box::new(|open| open.brand_id = Some(BrandId::from_uuid(Uuid::from_u128(1))))),
        ("language", Box::new(|open| open.language = Some(label("de")))),
        ("team_id", Box::new(|open| open.team_id = Some(TeamId::DEFAULT))),
        ("assigned_to", Box::new(move |open| open.assigned_to = Some(agent))),
        ("effort", Box::new(|open| open.effort = Some(1))),
        ("skills", Box::new(|open| open.skills = vec![(label("refunds"), 1)])),
        ("customer_id", Box::new(|open| open.requester = Requester::Spec(CustomerSpec::default()))),
    ];
    for (field, give) in given {
        let mut open = OpenTicket::mine("Parcel", "Late.");
        give(&mut open);
        assert_eq!(fields(&world.fail(&customer, &open)), [field]);
    }
    let open = OpenTicket::of(customer_of(&customer), "Parcel", "Late.");
    assert_eq!(fields(&world.fail(&customer, &open)), ["customer_id"]);
}

#[test]
fn a_customer_gives_channel_category_order_and_free_fields() {
    let world = World::standard();
    let customer = world.customer("Carl");
    let mut open = OpenTicket {
        channel: ChannelKind::Web,
        category: Some(label("delivery")),
        order_id: Some(foreign("KC-1")),
        ..OpenTicket::mine("Parcel", "Late.")
    };
    open.custom_fields.insert(label("colour"), support_core::desk::FieldInput::Text("red".into()));
    let ticket = world.run(&customer, &open).ticket_id;
    let view = block_on(world.desk.ticket_view(&customer, ticket, 10)).unwrap();
    assert_eq!(view.ticket.category, Some(label("delivery")));
    let colour = view.ticket.custom_fields[&label("colour")].text().unwrap();
    assert_eq!(view.texts[&colour], "red");
    world.sound();
}

#[test]
fn what_cannot_be_accepted_is_named() {
    let world = World::standard();
    let customer = customer_of(&world.customer("Carl"));
    let of = |subject: &str, message: &str| OpenTicket::of(customer, subject, message);
    let unknown = CustomerId::from_uuid(Uuid::from_u128(9));
    let cases = [
        (of(" ", "Late."), "subject"),
        (of(&"x".repeat(1_001), "Late."), "subject"),
        (of("a\0b", "Late."), "subject"),
        (of("Parcel", "\n"), "initial_message"),
        (of("Parcel", &"x".repeat(100_001)), "initial_message"),
        (OpenTicket { tags: vec![label("t"); 101], ..of("Parcel", "Late.") }, "tags"),
        (OpenTicket { skills: vec![(label("a"), 1), (label("b"), 6)], ..of("P", "L") }, "skills.b"),
        (OpenTicket { effort: Some(0), ..of("Parcel", "Late.") }, "effort"),
        (OpenTicket { effort: Some(1_001), ..of("Parcel", "Late.") }, "effort"),
        (OpenTicket { team_id: Some(TeamId::from_uuid(Uuid::from_u128(3))), ..of("P", "L") }, "team_id"),
        (OpenTicket::of(unknown, "Parcel", "Late."), "customer_id"),
        (OpenTicket::mine("Parcel", "Late."), "customer_id"),
        (OpenTicket::by(Requester::Spec(spec(None, Some("nowhere"))), "Parcel", "Late."), "customer.email"),
    ];
    for (open, field) in cases {
        assert_eq!(fields(&world.fail(&HOST, &open)), [field]);
    }
    assert!(block_on(world.desk.verify(TENANT)).unwrap().tickets == 0);
}

#[test]
fn a_customer_is_found_by_the_hosts_id_then_by_a_verified_address_else_made() {
    let world = World::standard();
    let first = opened(&world, spec(Some("u-1"), Some("carl@x.example")));
    assert_eq!(opened(&world, spec(Some("u-1"), None)), first);
    assert_eq!(opened(&world, spec(None, Some("CARL@x.example"))), first);
    assert_ne!(opened(&world, spec(None, Some("dora@x.example"))), first);
    assert_ne!(opened(&world, spec(None, None)), opened(&world, spec(None, None)));
}

#[test]
fn where_id_and_address_match_different_people_the_id_wins() {
    let world = World::standard();
    let first = opened(&world, spec(Some("u-1"), None));
    let second = opened(&world, spec(Some("u-2"), Some("dora@x.example")));
    assert_eq!(opened(&world, spec(Some("u-1"), Some("dora@x.example"))), first);
    let third = opened(&world, spec(Some("u-3"), Some("dora@x.example")));
    assert!(third != first && third != second);
    let made = block_on(world.desk.customer(&HOST, third)).unwrap();
    assert!(!made.addresses[0].verified, "the address stays with whom it was verified for");
}

#[test]
fn an_unverified_address_finds_nobody() {
    let world = World::standard();
    let carl = customer_of(&world.customer("Carl"));
    let address = Address {
        kind: AddressKind::Email,
        value: "carl@else.example".into(),
        verified: false,
        primary: true,
    };
    let update =
        UpdateCustomer { id: Some(carl), addresses: Some(vec![address]), ..UpdateCustomer::default() };
    world.run(&HOST, &update);
    assert_ne!(opened(&world, spec(None, Some("carl@else.example"))), carl);
}

#[test]
fn a_ticket_is_given_at_once_to_whom_it_is_assigned() {
    let world = World::standard();
    let small = world.agent_with(CreateAgent {
        name: "Small".into(),
        capacity: support_core::people::Capacity { units: 1, ..Default::default() },
        ..CreateAgent::default()
    });
    let customer = world.customer("Carl");
    for expected in [false, true] {
        let ticket = world.noted(&customer, |open| open.assigned_to = Some(id_of(&small)));
        assert_eq!(world.owner(ticket), Some(id_of(&small)));
        let (assignments, _) = block_on(world.desk.assignments(&HOST, ticket, 10, None)).unwrap();
        assert_eq!(assignments.len(), 1);
        assert_eq!(assignments[0].over, expected, "over capacity is shown");
    }
    assert_eq!(world.load(&small), 2);
    world.sound();
}

#[test]
fn an_agent_opens_for_themselves_and_gives_to_others_only_with_the_right_to_hand_over() {
    let world = World::standard();
    let (sales, help) =
        (world.team("Sales", &serde_json::json!({})), world.team("Help", &serde_json::json!({})));
    let agent = world.agent_in("Agnes", "agent", &[sales]);
    let lead = world.agent_in("Lea", "team_lead", &[sales]);
    let other = world.agent_in("Otto", "agent", &[help]);
    let customer = customer_of(&world.customer("Carl"));
    let given = |to| OpenTicket { assigned_to: Some(to), ..OpenTicket::of(customer, "Parcel", "Late.") };
    world.run(&agent, &given(id_of(&agent)));
    assert!(matches!(
        world.fail(&agent, &given(id_of(&other))),
        Error::Forbidden(Permission::TicketReassign)
    ));
    world.run(&lead, &given(id_of(&agent)));
    assert!(matches!(world.fail(&lead, &given(id_of(&other))), Error::Forbidden(Permission::TicketReassign)));
    world.sound();
}
