//! Every use-case and every read against everybody who could ask: out of sight is not found, in sight without the
//! right is forbidden, and nothing leaks.

use serde_json::json;
use support_core::Error;
use support_core::desk::{
    AddParticipant, CreateAgent, DeliveryReport, EditTicket, Escalate, Handle, OpenTicket, Reassign,
    ResetTicket, RestoreTicket, ReturnWork, SetAsideTicket, Snooze, Take, UseCase, WriteMessage,
};
use support_core::id::{TenantId, TicketId};
use support_core::people::{Actor, ActorRef, AgentActor, Permission, Reach};
use support_core::store::{Credential, Related, TicketFilter};
use support_core::testkit::block_on;
use support_core::ticket::{Participant, ParticipantRole, Priority, SetAsideKind, Status};
use uuid::Uuid;

use crate::world::{HOST, World, customer_of, id_of};

const OTHER: TenantId = TenantId::from_uuid(Uuid::from_u128(2));
const PUBLIC: &str = "quokka";
const INTERNAL: &str = "wombat";

/// A ticket in a team that works by hand, with a note, and everybody who could ask for it.
struct Scene {
    world: World,
    ticket: TicketId,
    actors: [Actor; 8],
}

/// In this order they stand in the tables below.
const NAMES: [&str; 8] =
    ["owner", "other customer", "agent", "other agent", "lead", "supervisor", "other tenant", "host"];

fn scene() -> Scene {
    let world = World::standard();
    let by_hand = json!({"mode": {"ticket": "manual"}});
    let (sales, help) = (world.team("Sales", &by_hand), world.team("Help", &by_hand));
    let (owner, other) = (world.customer("Carl"), world.customer("Dora"));
    let stranger = {
        let there = Actor::Host(OTHER);
        let made = CreateAgent {
            name: "Otis".into(),
            email: "otis@example.com".into(),
            role: Some("super_admin".parse().unwrap()),
            ..CreateAgent::default()
        };
        let id = world.run(&there, &made).agent_id;
        block_on(world.desk.identify(&Credential::Agent(OTHER, id))).unwrap().unwrap()
    };
    let actors = [
        owner.clone(),
        other,
        world.agent_in("Ann", "agent", &[sales]),
        world.agent_in("Bob", "agent", &[help]),
        world.agent_in("Lea", "team_lead", &[sales]),
        world.agent_in("Sue", "supervisor", &[]),
        stranger,
        HOST,
    ];
    let open = OpenTicket {
        team_id: Some(sales),
        ..OpenTicket::of(customer_of(&owner), format!("A {PUBLIC}"), format!("My {PUBLIC} is late."))
    };
    let ticket = world.run(&HOST, &open).ticket_id;
    world.run(&actors[2], &WriteMessage::note(ticket, format!("It is really a {INTERNAL}.")));
    Scene { world, ticket, actors }
}

/// One letter for how it ended.
fn letter<T>(outcome: Result<T, Error>) -> char {
    let Err(error) = outcome else { return '+' };
    let text = format!("{error} {error:?}");
    assert!(!text.contains(PUBLIC) && !text.contains(INTERNAL), "{text}");
    match error {
        Error::NotFound(_) => 'N',
        Error::Forbidden(_) => 'F',
        Error::Invalid(_) => 'I',
        Error::Refused(_) => 'R',
        other => panic!("{other:?}"),
    }
}

/// Tries a use-case as everybody, each in a scene of their own.
fn try_all<U: UseCase>(name: &str, expected: &str, wanted: impl Fn(&Scene) -> U) {
    let ends = |at: usize| {
        let scene = scene();
        let before = scene.world.ticket(scene.ticket);
        let end = letter(block_on(scene.world.desk.run(&scene.actors[at], &wanted(&scene))));
        if end != '+' {
            assert_eq!(scene.world.ticket(scene.ticket), before, "{name} as {}", NAMES[at]);
        }
        scene.world.sound();
        end
    };
    let ended: String = (0..NAMES.len()).map(ends).collect();
    assert_eq!(ended, expected, "{name} as {NAMES:?}");
}

#[test]
fn every_use_case_on_a_ticket_against_everybody() {
    let edit = |s: &Scene| EditTicket::of(s.ticket);
    try_all("priority", "FN+N++N+", |s| EditTicket { priority: Some(Priority::Urgent), ..edit(s) });
    try_all("status", "FN+N++N+", |s| edit(s).status(Status::Resolved));
    try_all("nothing", "FN+N++N+", edit);
    try_all("owner", "FNFN++N+", |s| EditTicket { assigned_to: Some(Some(id_of(&s.actors[2]))), ..edit(s) });
    try_all("message", "+N+N++N+", |s| WriteMessage::reply(s.ticket, "Hello."));
    try_all("note", "II+N++N+", |s| WriteMessage::note(s.ticket, "Hello."));
    try_all("take", "NN+N++NN", |s| Take { ticket_id: s.ticket });
    try_all("return", "NNRNRRNN", |s| ReturnWork { ticket_id: s.ticket });
    try_all("reassign", "NNFN++N+", |s| Reassign {
        ticket_id: s.ticket,
        agent_id: Some(id_of(&s.actors[2])),
        team_id: None,
        reason: Some(PUBLIC.into()),
    });
    try_all("escalate", "FN+N++N+", |s| Escalate { ticket_id: s.ticket, reason: PUBLIC.into(), level: None });
    try_all("snooze", "FN+N++N+", |s| Snooze {
        ticket_id: s.ticket,
        until: Some(s.world.desk.now().plus_seconds(60)),
    });
    try_all("set aside", "FNFN++N+", |s| SetAsideTicket { ticket_id: s.ticket, kind: SetAsideKind::Spam });
    try_all("restore", "FNFNRRNR", |s| RestoreTicket { ticket_id: s.ticket });
    try_all("handle", "FN+N++NI", |s| Handle { ticket_id: s.ticket, at_it: true });
    try_all("participant", "FN+N++N+", |s| AddParticipant {
        ticket_id: s.ticket,
        participant: Participant {
            party: ActorRef::customer(customer_of(&s.actors[1])),
            role: ParticipantRole::Cc,
        },
    });
    try_all("reset", "NNFNF+N+", |s| ResetTicket { ticket_id: s.ticket });
    try_all("delivery", "NNNNNNN+", |s| {
        let page = block_on(s.world.desk.messages(&HOST, s.ticket, None, 10, None)).unwrap();
        let message_id = page.messages.last().unwrap().message.id;
        DeliveryReport { message_id, report: support_core::conversation::Delivery::Sent }
    });
    try_all("open", "II++++I+", |s| OpenTicket::of(customer_of(&s.actors[0]), "Another", "Hello."));
}

#[test]
fn every_read_of_a_ticket_against_everybody() {
    let Scene { world, ticket, actors } = scene();
    let desk = &world.desk;
    let check = |name: &str, expected: &str, read: &dyn Fn(&Actor) -> char| {
        let ended: String = actors.iter().map(read).collect();
        assert_eq!(ended, expected, "{name} as {NAMES:?}");
    };
    let seen = "+N+N++N+";
    let staff = "NN+N++N+";
    let now = desk.now();
    check("ticket", seen, &|actor| letter(block_on(desk.ticket(actor, ticket))));
    check("view", seen, &|actor| letter(block_on(desk.ticket_view(actor, ticket, 10))));
    check("at", seen, &|actor| letter(block_on(desk.ticket_at(actor, ticket, now))));
    check("messages", seen, &|actor| letter(block_on(desk.messages(actor, ticket, None, 10, None))));
    check("events", seen, &|actor| letter(block_on(desk.ticket_events(actor, ticket, 10, None))));
    check("timers", seen, &|actor| letter(block_on(desk.sla_history(actor, ticket))));
    check("assignments", staff, &|actor| letter(block_on(desk.assignments(actor, ticket, 10, None))));
    check("explain", staff, &|actor| letter(block_on(desk.explain(actor, ticket))));
    check("prioritize", staff, &|actor| letter(block_on(desk.prioritize(actor, &[ticket], None))));
    let owner = customer_of(&actors[0]);
    check("customer", "+N++++N+", &|actor| letter(block_on(desk.customer(actor, owner))));
    check("customers", "NN++++++", &|actor| letter(block_on(desk.customers(actor, None, 10, None))));
    check("agents", "NN++++++", &|actor| letter(block_on(desk.agents(actor, None, true, 10, None))));
    let agent = id_of(&actors[2]);
    check("agent", "NN++++N+", &|actor| letter(block_on(desk.agent(actor, agent))));
    check("performance", "NN+F++N+", &|actor| letter(block_on(desk.performance(actor, agent))));
    check("counts", "NN++++++", &|actor| letter(block_on(desk.counts(actor))));
    let policies = support_core::store::DocumentKind::SlaPolicy;
    check("documents", "NN++++++", &|actor| letter(block_on(desk.documents(actor, policies, 10, None))));
    // What lists hold, as a letter: the ticket or not.
    let holds = |held: bool| if held { '+' } else { '-' };
    check("list", "+-+-++-+", &|actor| {
        let page = block_on(desk.tickets(actor, TicketFilter::default(), 10, None, Related::default()));
        holds(page.unwrap().tickets.iter().any(|found| found.id == ticket))
    });
    check("waiting", "NN+-++-+", &|actor| match block_on(desk.counts(actor)) {
        Ok(counts) => holds(counts.waiting > 0),
        other => letter(other),
    });
    check("queue", "NN+-++-+", &|actor| match block_on(desk.queue(actor, 10, None, None)) {
        Ok(page) => holds(page.depth.depth > 0 && page.items.iter().any(|(place, _)| place.ticket == ticket)),
        other => letter(other),
    });
    for (word, expected) in [(PUBLIC, "+-+-++-+"), (INTERNAL, "--+-++-+")] {
        check(word, expected, &|actor| {
            let filter = TicketFilter { words: vec![word.into()], ..TicketFilter::default() };
            let page = block_on(desk.tickets(actor, filter, 10, None, Related::default()));
            holds(!page.unwrap().tickets.is_empty())
        });
    }
    check("agents of the tenant", "NN++++-+", &|actor| match block_on(
        desk.agents(actor, None, true, 10, None),
    ) {
        Ok((agents, _)) => holds(agents.iter().any(|(found, _)| found.id == agent)),
        other => letter(other),
    });
    world.sound();
}

#[test]
fn a_note_reaches_no_customer_by_any_read() {
    let Scene { world, ticket, actors } = scene();
    let (desk, owner) = (&world.desk, &actors[0]);
    let note = block_on(desk.messages(&HOST, ticket, None, 10, None)).unwrap().messages.remove(0);
    assert!(note.content.unwrap().contains(INTERNAL));
    let (note_id, body) = (note.message.id, note.message.body);

    assert!(world.said(owner, ticket).iter().all(|text| !text.contains(INTERNAL)));
    let view = block_on(desk.ticket_view(owner, ticket, 10)).unwrap();
    assert!(view.messages.iter().all(|message| message.id != note_id));
    assert!(!view.texts.contains_key(&body) && view.texts.values().all(|text| !text.contains(INTERNAL)));
    let with = Related { texts: true, people: true, last_message: true };
    let page = block_on(desk.tickets(owner, TicketFilter::default(), 10, None, with)).unwrap();
    assert_eq!(page.last_messages.len(), 1);
    assert!(page.last_messages.iter().all(|message| message.id != note_id));
    assert!(page.texts.values().all(|text| !text.contains(INTERNAL)) && page.agents.is_empty());
    let (events, _) = block_on(desk.ticket_events(owner, ticket, 100, None)).unwrap();
    let told = serde_json::to_string(&events).unwrap();
    assert!(!told.contains(&note_id.to_string()) && !told.contains(&body.to_string()), "{told}");
    assert!(told.contains("message.added"));
}

#[test]
fn a_customer_learns_an_agents_name_and_nothing_else() {
    let Scene { world, ticket, actors } = scene();
    world.run(&actors[2], &Take { ticket_id: ticket });
    let view = block_on(world.desk.ticket_view(&actors[0], ticket, 10)).unwrap();
    let agent = view.assignee.unwrap();
    assert_eq!((agent.name.as_str(), agent.email.as_str()), ("Ann", ""));
    assert!(agent.team_ids.is_empty() && agent.skills.is_empty() && agent.external_id.is_none());
    assert_eq!(view.customer.unwrap().id, customer_of(&actors[0]));
    let whole = block_on(world.desk.ticket_view(&actors[2], ticket, 10)).unwrap().assignee.unwrap();
    assert_eq!(whole.email, "ann@example.com");
}

#[test]
fn sight_follows_the_ticket_and_ends_with_it() {
    let Scene { world, ticket, actors } = scene();
    let [_, _, ann, bob, _, sue, ..] = &actors;
    let sees = |actor: &Actor| block_on(world.desk.ticket(actor, ticket)).is_ok();
    assert!(sees(ann) && !sees(bob));
    let to = |actor: &Actor| Reassign {
        ticket_id: ticket,
        agent_id: Some(id_of(actor)),
        team_id: None,
        reason: None,
    };
    world.run(sue, &to(bob));
    assert!(sees(ann) && sees(bob), "the owner sees it wherever it is");
    world.run(sue, &to(ann));
    assert!(sees(bob), "who held it stays a follower");
    world.run(&HOST, &SetAsideTicket { ticket_id: ticket, kind: SetAsideKind::Deleted });
    assert!(!sees(&actors[0]), "a customer sees nothing that is set aside");
    world.sound();
}

#[test]
fn a_right_that_reaches_less_far_than_sight_is_forbidden_beyond_its_reach() {
    let Scene { world, ticket, actors } = scene();
    let Actor::Agent(bob) = &actors[3] else { unreachable!() };
    let grants = bob.grants.clone().with(Permission::TicketRead, Reach::All);
    let far = grants.clone().with(Permission::TicketReply, Reach::All);
    let as_with = |grants| Actor::Agent(AgentActor { grants, ..bob.clone() });
    let sees_all = as_with(grants);
    assert!(block_on(world.desk.ticket(&sees_all, ticket)).is_ok());
    let edit = EditTicket { priority: Some(Priority::Low), ..EditTicket::of(ticket) };
    assert!(matches!(world.fail(&sees_all, &edit), Error::Forbidden(Permission::TicketUpdate)));
    let reply = WriteMessage::reply(ticket, "Hello.");
    assert!(matches!(world.fail(&sees_all, &reply), Error::Forbidden(Permission::TicketReply)));
    let carries = WriteMessage { status: Some(Status::Resolved), ..reply.clone() };
    assert!(matches!(
        world.fail(&as_with(far.clone()), &carries),
        Error::Forbidden(Permission::TicketStatus)
    ));
    let why = block_on(world.desk.explain(&sees_all, ticket)).unwrap_err();
    assert!(matches!(why, Error::Forbidden(Permission::ExplainRead)));
    world.run(&as_with(far), &reply);
    world.sound();
}

#[test]
fn a_customer_learns_no_more_of_an_agent_from_a_ticket_as_it_was_than_as_it_is() {
    let world = World::standard();
    let (agent, carl) = (world.agent("Agnes"), world.customer("Carl"));
    let ticket = world.opened_by(&carl);
    assert_eq!(world.owner(ticket), Some(id_of(&agent)));
    let now = block_on(world.desk.ticket_view(&carl, ticket, 1)).unwrap().assignee.unwrap();
    let then = block_on(world.desk.ticket_view_at(&carl, ticket, world.desk.now())).unwrap();
    let then = then.assignee.unwrap();
    assert_eq!((now.name.as_str(), now.email.as_str()), ("Agnes", ""));
    assert_eq!(then, now);
}
