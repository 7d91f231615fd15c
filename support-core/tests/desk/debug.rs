//! What is printed for debugging holds nobody's words, names, addresses, hashes or tokens.

use std::fmt::Debug;

use support_core::conversation::ChannelKind;
use support_core::desk::*;
use support_core::id::{AgentId, TicketId};
use support_core::people::{Address, AddressKind, CustomerFieldValue, Presence};
use support_core::store::{Key, LoginSubject, PasswordHash, Query, Related, Select, TicketFilter};
use support_core::testkit::{block_on, system_scope};
use uuid::Uuid;

use crate::world::{HOST, TENANT, World, label};

const CANARY: &str = "canary";
const MAIL: &str = "canary@canary.example";

#[track_caller]
fn silent(printed: &dyn Debug) {
    for text in [format!("{printed:?}"), format!("{printed:#?}")] {
        assert!(!text.to_lowercase().contains(CANARY), "{text}");
    }
}

fn spec() -> CustomerSpec {
    CustomerSpec { external_id: None, name: CANARY.into(), email: Some(MAIL.into()), phone: None }
}

#[test]
fn no_command_prints_what_it_carries() {
    let ticket = TicketId::from_uuid(Uuid::from_u128(1));
    let agent = AgentId::from_uuid(Uuid::from_u128(1));
    let text = || Some(CANARY.to_owned());
    let address = Address { kind: AddressKind::Email, value: MAIL.into(), verified: true, primary: true };
    let hash = || PasswordHash::new(CANARY);
    let field = || (label("colour"), FieldInput::Text(CANARY.into()));
    let mut open = OpenTicket::by(Requester::Spec(spec()), CANARY, CANARY);
    open.custom_fields.extend([field()]);
    silent(&open);
    silent(&ReceiveMessage {
        sender: Sender {
            external_id: None,
            name: CANARY.into(),
            kind: AddressKind::Email,
            address: MAIL.into(),
            verified: true,
        },
        channel: ChannelKind::Email,
        inbox_id: None,
        subject: text(),
        content: CANARY.into(),
        external_id: None,
        in_reply_to: None,
        conversation_id: None,
        automatic: false,
        sent_at: support_core::time::Timestamp::MIN,
    });
    silent(&WriteMessage::reply(ticket, CANARY));
    let mut edit = EditTicket { subject: text(), reason: text(), ..EditTicket::of(ticket) };
    edit.custom_fields.extend([field()].map(|(key, value)| (key, Some(value))));
    silent(&edit);
    silent(&field());
    silent(&Reassign { ticket_id: ticket, agent_id: None, team_id: None, reason: text() });
    silent(&Escalate { ticket_id: ticket, reason: CANARY.into(), level: None });
    silent(&CreateAgent { name: CANARY.into(), email: MAIL.into(), ..CreateAgent::default() });
    silent(&UpdateAgent { name: text(), email: Some(MAIL.into()), ..UpdateAgent::default() });
    silent(&SetPresence { reason: text(), ..SetPresence::of(agent, Presence::Away) });
    silent(&CreateCustomer { spec: spec(), ..CreateCustomer::default() });
    let mut update =
        UpdateCustomer { name: text(), addresses: Some(vec![address.clone()]), ..UpdateCustomer::default() };
    update.custom_fields.insert(label("note"), Some(CustomerFieldValue::Text(CANARY.into())));
    silent(&update);
    silent(&(address, CustomerFieldValue::Text(CANARY.into())));
    silent(&SetPassword { subject: LoginSubject::Agent(agent), hash: hash() });
    silent(&Register { name: CANARY.into(), email: MAIL.into(), hash: hash() });
    silent(&PutDocument::new(support_core::store::DocumentKind::Brand, serde_json::json!({"name": CANARY})));
    let fields = [("name".to_owned(), CANARY.into())].into_iter().collect();
    silent(&DocumentChange::Merge(fields));
    silent(&WriteMessage {
        author_name: text(),
        author_email: Some(MAIL.into()),
        ..WriteMessage::reply(ticket, CANARY)
    });
    silent(&Key::CustomerByAddress(AddressKind::Email, MAIL.into()));
    silent(&Key::AgentByEmail(MAIL.into()));
    silent(&TicketFilter { words: vec![CANARY.into()], ..TicketFilter::default() });
}

#[test]
fn nothing_that_is_stored_or_read_prints_it() {
    let world = World::standard();
    let made = CreateAgent { name: CANARY.into(), ..CreateAgent::default() };
    let agent = world.agent_with(made);
    let hash = PasswordHash::new(CANARY);
    let subject = LoginSubject::Agent(crate::world::id_of(&agent));
    world.run(&HOST, &SetPassword { subject, hash });
    let session = block_on(world.desk.sign_in(
        TENANT,
        &format!("{CANARY}@example.com"),
        &|_| true,
        world.desk.now().plus_seconds(60),
    ))
    .unwrap()
    .unwrap();
    silent(&session);
    let wanted = OpenTicket::by(Requester::Spec(spec()), CANARY, CANARY);
    silent(&block_on(world.desk.prepare(&HOST, &wanted)).unwrap());
    let ticket = world.run(&HOST, &wanted).ticket_id;
    world.run(&agent, &WriteMessage::note(ticket, CANARY));
    silent(&world.desk);
    silent(&block_on(world.desk.ticket_view(&agent, ticket, 10)).unwrap());
    silent(&block_on(world.desk.messages(&agent, ticket, None, 10, None)).unwrap());
    let with = Related { texts: true, people: true, last_message: true };
    silent(&block_on(world.desk.tickets(&agent, TicketFilter::default(), 10, None, with)).unwrap());
    silent(&block_on(world.desk.explain(&agent, ticket)).unwrap());
    silent(&block_on(world.desk.customers(&agent, None, 10, None)).unwrap());
    silent(&block_on(world.desk.agents(&agent, None, true, 10, None)).unwrap());
    silent(&block_on(world.desk.me(&agent)).unwrap());
    silent(&world.events(ticket));
    silent(&world.log());
    let system = system_scope(TENANT);
    for select in [
        Select::Messages { ticket, conversation: None },
        Select::Sessions(subject),
        Select::AgentStates,
        Select::Customers { prefix: None },
    ] {
        silent(&block_on(world.desk.store().find(&system, &Query::new(select, 10).with(with))).unwrap());
    }
    let login = block_on(world.desk.store().load(&system, &[Key::Login(subject)])).unwrap();
    assert!(login[0].is_some());
    silent(&login);
    let taken = world.fail(
        &HOST,
        &CreateAgent { name: "Eve".into(), email: format!("{CANARY}@example.com"), ..CreateAgent::default() },
    );
    silent(&taken);
    assert!(!taken.to_string().contains(CANARY));
    let long = world.fail(&HOST, &OpenTicket::by(Requester::Spec(spec()), CANARY.repeat(200), CANARY));
    silent(&long);
    assert!(!long.to_string().contains(CANARY));
}
