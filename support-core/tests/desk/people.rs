//! Agents and customers: making, changing, and who may.

use std::sync::Arc;
use std::thread;

use serde_json::json;
use support_core::Error;
use support_core::desk::{
    CreateAgent, CreateCustomer, DeactivateAgent, Options, PutTeam, SetPresence, Take, UpdateAgent,
    UpdateCustomer, WriteMessage,
};
use support_core::id::{AgentId, TeamId};
use support_core::people::{Actor, Address, AddressKind, Capacity, Permission, Presence};
use support_core::store::{Credential, Key};
use support_core::testkit::block_on;
use support_core::ticket::Status;
use uuid::Uuid;

use crate::faulty::FaultyStore;
use crate::world::{HOST, TENANT, World, customer_of, fields, foreign, id_of, label, rule};

fn update(agent: &support_core::people::Actor) -> UpdateAgent {
    UpdateAgent { id: Some(id_of(agent)), ..UpdateAgent::default() }
}

#[test]
fn what_cannot_be_an_agent_is_named() {
    let world = World::standard();
    let sound = CreateAgent { name: "Ann".into(), email: "ann@example.com".into(), ..CreateAgent::default() };
    let nowhere = vec![TeamId::from_uuid(Uuid::from_u128(99))];
    let much = Capacity { chat: 10_001, ..Capacity::default() };
    let cases = [
        (CreateAgent { name: " ".into(), ..sound.clone() }, "name"),
        (CreateAgent { name: "a\nb".into(), ..sound.clone() }, "name"),
        (CreateAgent { email: "ann".into(), ..sound.clone() }, "email"),
        (CreateAgent { role: Some(label("king")), ..sound.clone() }, "role"),
        (CreateAgent { team_ids: nowhere.clone(), ..sound.clone() }, "team_ids"),
        (CreateAgent { lead_ids: nowhere, ..sound.clone() }, "lead_ids"),
        (CreateAgent { skills: [(label("refunds"), 6)].into(), ..sound.clone() }, "skills.refunds"),
        (CreateAgent { capacity: much, ..sound.clone() }, "capacity.chat"),
    ];
    for (agent, field) in cases {
        assert_eq!(fields(&world.fail(&HOST, &agent)), [field]);
    }
    world.run(&HOST, &CreateAgent { external_id: Some(foreign("a-1")), ..sound.clone() });
    assert_eq!(
        fields(&world.fail(&HOST, &CreateAgent { email: "ANN@example.com".into(), ..sound.clone() })),
        ["email"]
    );
    let same = CreateAgent { external_id: Some(foreign("a-1")), email: "b@example.com".into(), ..sound };
    assert_eq!(fields(&world.fail(&HOST, &same)), ["external_id"]);
}

#[test]
fn nobody_gives_a_role_above_their_own_or_changes_who_has_one() {
    let world = World::standard();
    let (boss, admin) = (world.agent_in("Top", "super_admin", &[]), world.agent_in("Adam", "admin", &[]));
    let (lead, agent) = (world.agent_in("Lea", "team_lead", &[]), world.agent("Ann"));
    let made = |role: &str| CreateAgent {
        name: "New".into(),
        email: format!("{role}@example.com"),
        role: Some(label(role)),
        ..CreateAgent::default()
    };
    world.run(&admin, &made("admin"));
    assert!(matches!(world.fail(&admin, &made("super_admin")), Error::Forbidden(Permission::RoleManage)));
    world.run(&boss, &made("super_admin"));
    for actor in [&lead, &agent] {
        assert!(matches!(world.fail(actor, &made("agent")), Error::Forbidden(Permission::AgentManage)));
        assert!(matches!(world.fail(actor, &update(actor)), Error::Forbidden(Permission::AgentManage)));
        let gone = DeactivateAgent { id: id_of(actor) };
        assert!(matches!(world.fail(actor, &gone), Error::Forbidden(Permission::AgentManage)));
    }
    let promote = |of| UpdateAgent { role: Some(label("super_admin")), ..update(of) };
    assert!(matches!(world.fail(&admin, &promote(&admin)), Error::Forbidden(Permission::RoleManage)));
    let demote = UpdateAgent { role: Some(label("agent")), ..update(&boss) };
    assert!(matches!(world.fail(&admin, &demote), Error::Forbidden(Permission::RoleManage)));
    let gone = DeactivateAgent { id: id_of(&boss) };
    assert!(matches!(world.fail(&admin, &gone), Error::Forbidden(Permission::RoleManage)));
    let carl = world.customer("Carl");
    assert!(matches!(world.fail(&carl, &made("agent")), Error::NotFound(_)));
    world.sound();
}

#[test]
fn the_last_admin_can_neither_leave_nor_become_less() {
    let world = World::standard();
    let ada = world.agent_in("Ada", "admin", &[]);
    world.agent_in("Sue", "supervisor", &[]);
    let less = UpdateAgent { role: Some(label("agent")), ..update(&ada) };
    let leave = DeactivateAgent { id: id_of(&ada) };
    assert_eq!(rule(&world.fail(&ada, &less)), "last_admin");
    assert_eq!(rule(&world.fail(&ada, &leave)), "last_admin");
    world.run(&ada, &UpdateAgent { name: Some("Ada L.".into()), ..update(&ada) });
    let bea = world.agent_in("Bea", "super_admin", &[]);
    world.run(&HOST, &DeactivateAgent { id: id_of(&bea) });
    assert_eq!(rule(&world.fail(&ada, &leave)), "last_admin", "who left is no admin any more");
    let cleo = world.agent_in("Cleo", "admin", &[]);
    world.run(&ada, &less);
    assert_eq!(rule(&world.fail(&cleo, &DeactivateAgent { id: id_of(&cleo) })), "last_admin");
    world.run(&HOST, &DeactivateAgent { id: id_of(&cleo) });
    world.sound();
}

#[test]
fn of_two_admins_who_leave_at_the_same_moment_one_stays() {
    let store = Arc::new(FaultyStore::default());
    let world = World::on(store.clone());
    let (ada, bea) = (world.agent_in("Ada", "admin", &[]), world.agent_in("Bea", "admin", &[]));
    let leaves = DeactivateAgent { id: id_of(&bea) };
    let changes = block_on(world.desk.prepare(&bea, &leaves)).unwrap().changes;
    store.before("agent.deactivated", || vec![changes]);
    assert_eq!(rule(&world.fail(&ada, &DeactivateAgent { id: id_of(&ada) })), "last_admin");
    world.sound();
}

#[test]
fn a_change_of_an_agent_names_its_fields_and_meets_if_match() {
    let world = World::standard();
    let ann = world.agent("Ann");
    let change = UpdateAgent { name: Some("Anna".into()), role: Some(label("team_lead")), ..update(&ann) };
    let options = Options { if_match: Some(1), once: None };
    assert_eq!(block_on(world.desk.run_with(&HOST, &change, &options)).unwrap().reply().version, 2);
    let error = block_on(world.desk.run_with(&HOST, &change, &options)).unwrap_err();
    assert!(matches!(error, Error::Stale { expected: 1, found: 2, .. }));
    assert_eq!(world.run(&HOST, &change).version, 2, "what is as it was changes nothing");
    world.sound();
}

#[test]
fn presence_is_ones_own_or_the_own_teams_to_say() {
    let world = World::standard();
    let sales = world.team("Sales", &serde_json::json!({}));
    let (ann, bob) = (world.agent_in("Ann", "agent", &[sales]), world.agent_in("Bob", "agent", &[sales]));
    let (lead, other) = (world.agent_in("Lea", "team_lead", &[sales]), world.agent("Otto"));
    let away = |agent| SetPresence::of(id_of(agent), Presence::Away);
    world.run(&ann, &away(&ann));
    assert!(matches!(world.fail(&ann, &away(&bob)), Error::Forbidden(Permission::AgentStatus)));
    world.run(&lead, &away(&bob));
    assert!(matches!(world.fail(&lead, &away(&other)), Error::Forbidden(Permission::AgentStatus)));
    let past = SetPresence { until: Some(world.desk.now()), ..away(&ann) };
    assert_eq!(fields(&world.fail(&ann, &past)), ["until"]);
    let until = Some(world.desk.now().plus_seconds(60));
    let open = SetPresence { until, ..SetPresence::of(id_of(&ann), Presence::Available) };
    assert_eq!(fields(&world.fail(&ann, &open)), ["until"]);
    world.sound();
}

#[test]
fn deactivation_ends_sign_in_at_once_and_gives_all_open_work_back() {
    let world = World::standard();
    let ann = world.agent("Ann");
    let carl = world.customer("Carl");
    let open: Vec<_> = (0..3).map(|_| world.opened_by(&carl)).collect();
    let pending = open[0];
    world.reply(&ann, pending, "Which one?");
    world.run(&HOST, &DeactivateAgent { id: id_of(&ann) });
    let credential = Credential::Agent(TENANT, id_of(&ann));
    assert_eq!(block_on(world.desk.identify(&credential)).unwrap(), None);
    world.tick();
    let bob = world.agent("Bob");
    assert_eq!(open[1..].iter().map(|t| world.owner(*t)).collect::<Vec<_>>(), [Some(id_of(&bob)); 2]);
    assert_eq!(world.owner(pending), Some(id_of(&ann)), "what waits for the customer stays where it was");
    world.reply(&carl, pending, "The red one.");
    assert_eq!(world.owner(pending), Some(id_of(&bob)), "until the customer answers");
    assert_eq!(
        rule(&world.fail(&HOST, &SetPresence::of(id_of(&ann), Presence::Available))),
        "agent_inactive"
    );
    let (profile, state) = block_on(world.desk.agent(&HOST, id_of(&ann))).unwrap();
    assert_eq!((profile.name.as_str(), state.load.units, state.presence), ("Ann", 0, Presence::Offline));
    world.sound();
}

#[test]
fn work_that_is_opened_again_by_hand_leaves_an_owner_who_is_gone() {
    let world = World::standard();
    let ann = world.agent("Ann");
    let carl = world.customer("Carl");
    let (resolved, spam) = (world.opened_by(&carl), world.opened_by(&carl));
    world.status(&ann, resolved, Status::Resolved);
    let kind = support_core::ticket::SetAsideKind::Spam;
    world.run(&HOST, &support_core::desk::SetAsideTicket { ticket_id: spam, kind });
    world.run(&HOST, &DeactivateAgent { id: id_of(&ann) });
    world.tick();
    world.status(&HOST, resolved, Status::Open);
    world.run(&HOST, &support_core::desk::RestoreTicket { ticket_id: spam });
    for ticket in [resolved, spam] {
        let again = world.ticket(ticket);
        assert_eq!((again.assigned_to, again.status), (None, Status::Open));
    }
    let bob = world.agent("Bob");
    assert_eq!(world.load(&bob), 2);
    world.sound();
}

#[test]
fn work_that_comes_back_by_itself_leaves_an_owner_who_is_gone() {
    let world = World::standard();
    let ann = world.agent("Ann");
    let carl = world.customer("Carl");
    let [told, spam] = [(); 2].map(|()| world.opened_by(&carl));
    let inbox = support_core::id::InboxId::from_uuid(Uuid::from_u128(7));
    let failed = world.noted(&carl, |open| open.inbox_id = Some(inbox));
    let mut last = None;
    for ticket in [told, failed, spam] {
        last = world.reply(&ann, ticket, "Which one?").message_id.filter(|_| ticket == failed).or(last);
    }
    let kind = support_core::ticket::SetAsideKind::Spam;
    world.run(&HOST, &support_core::desk::SetAsideTicket { ticket_id: spam, kind });
    let kept = |status| WriteMessage { status: Some(status), ..WriteMessage::reply(told, "Back to work.") };
    world.run(&HOST, &DeactivateAgent { id: id_of(&ann) });
    world.tick();
    world.run(&HOST, &kept(Status::InProgress));
    let report = support_core::conversation::Delivery::Failed;
    world.run(&HOST, &support_core::desk::DeliveryReport { message_id: last.unwrap(), report });
    world.clock.advance(1);
    let said = WriteMessage { as_customer: true, ..WriteMessage::reply(spam, "The red one.") };
    world.run(&HOST, &said);
    world.run(&HOST, &support_core::desk::RestoreTicket { ticket_id: spam });
    for ticket in [told, failed, spam] {
        let again = world.ticket(ticket);
        assert_eq!((again.assigned_to, again.status), (None, Status::Open));
    }
    let bob = world.agent("Bob");
    assert_eq!(world.load(&bob), 3);
    world.sound();
}

#[test]
fn an_answer_comes_to_nobody_who_leaves_at_the_same_moment() {
    let store = std::sync::Arc::new(crate::faulty::FaultyStore::default());
    let world = World::on(store.clone());
    let ann = world.agent("Ann");
    let carl = world.customer("Carl");
    let ticket = world.opened_by(&carl);
    world.reply(&ann, ticket, "Which one?");
    let (desk, id) = (world.desk.clone(), id_of(&ann));
    store.before("ticket.status_changed", move || {
        vec![block_on(desk.prepare(&HOST, &DeactivateAgent { id })).unwrap().changes]
    });
    world.reply(&carl, ticket, "The red one.");
    world.tick();
    let again = world.ticket(ticket);
    assert_eq!((again.assigned_to, again.status), (None, Status::Open));
    world.sound();
}

#[test]
fn nobody_is_left_with_work_however_deactivation_meets_routing_and_taking() {
    for _ in 0..20 {
        let world = Arc::new(World::standard());
        let agents: Vec<_> = (0..4).map(|n| world.agent(&format!("Agent{n}"))).collect();
        let carl = world.customer("Carl");
        let at_once: Vec<_> = agents[..2]
            .iter()
            .cloned()
            .map(|agent| {
                let (world, carl) = (world.clone(), carl.clone());
                thread::spawn(move || {
                    let ticket = world.opened_by(&carl);
                    let _ = block_on(world.desk.run(&agent, &Take { ticket_id: ticket }));
                    world.run(&HOST, &DeactivateAgent { id: id_of(&agent) });
                    world.opened_by(&carl);
                })
            })
            .collect();
        at_once.into_iter().for_each(|thread| thread.join().unwrap());
        world.tick();
        for gone in &agents[..2] {
            let (_, state) = block_on(world.desk.agent(&HOST, id_of(gone))).unwrap();
            assert_eq!(state.load.units, 0);
        }
        world.sound();
    }
}

#[test]
fn an_address_is_verified_for_one_customer_only() {
    let world = World::standard();
    let (carl, dora) = (customer_of(&world.customer("Carl")), customer_of(&world.customer("Dora")));
    let address = |value: &str, verified, primary| Address {
        kind: AddressKind::Email,
        value: value.into(),
        verified,
        primary,
    };
    let set = |id, addresses| UpdateCustomer {
        id: Some(id),
        addresses: Some(addresses),
        ..UpdateCustomer::default()
    };
    let stolen = set(dora, vec![address("CARL@customer.example", true, true)]);
    assert_eq!(fields(&world.fail(&HOST, &stolen)), ["addresses"]);
    world.run(&HOST, &set(dora, vec![address("carl@customer.example", false, true)]));
    let key = || Key::CustomerByAddress(AddressKind::Email, "carl@customer.example".into());
    assert_eq!(block_on(world.desk.customer_by(&HOST, key())).unwrap().unwrap().id, carl);
    world.run(&HOST, &set(carl, vec![]));
    assert_eq!(block_on(world.desk.customer_by(&HOST, key())).unwrap(), None);
    world.run(&HOST, &stolen);
    let cases = [
        (vec![address("nowhere", true, true)], "addresses[0].value"),
        (vec![address("a@b.c", true, true), address("A@B.C", true, false)], "addresses[1].value"),
        (vec![address("a@b.c", true, true), address("d@b.c", true, true)], "addresses[1].primary"),
        (vec![address("a@b.c", true, true); 51], "addresses"),
    ];
    for (addresses, field) in cases {
        assert_eq!(fields(&world.fail(&HOST, &set(carl, addresses))), [field]);
    }
    let zone = UpdateCustomer {
        id: Some(carl),
        timezone: Some(Some("Mars/Base".into())),
        ..UpdateCustomer::default()
    };
    assert_eq!(fields(&world.fail(&HOST, &zone)), ["timezone"]);
    let twice = CreateCustomer {
        spec: support_core::desk::CustomerSpec {
            external_id: Some(foreign("u-1")),
            name: "Eve".into(),
            ..Default::default()
        },
        ..CreateCustomer::default()
    };
    world.run(&HOST, &twice);
    assert_eq!(fields(&world.fail(&HOST, &twice)), ["external_id"]);
    world.sound();
}

/// Two set the members of a team at one moment: first to Bob, then to Ann. Tells how the second fared, and who is in it.
fn crossing_members(if_match: bool) -> (Result<(), Error>, Vec<AgentId>, [AgentId; 2]) {
    let store = Arc::new(FaultyStore::default());
    let world = World::on(store.clone());
    let (team, other) = (world.team("A", &json!({})), world.team("B", &json!({})));
    let (ann, bob) = (world.agent_in("Ann", "agent", &[other]), world.agent_in("Bob", "agent", &[other]));
    let put =
        |who: &Actor| PutTeam { id: Some(team), member_ids: Some(vec![id_of(who)]), ..PutTeam::default() };
    let version = block_on(world.desk.team(&HOST, team)).unwrap().version;
    let rival = block_on(world.desk.prepare(&HOST, &put(&bob))).unwrap().changes;
    store.before("agent.changed", move || vec![rival]);
    let options = Options { if_match: if_match.then_some(version), once: None };
    let done = block_on(world.desk.run_with(&HOST, &put(&ann), &options)).map(drop);
    world.sound();
    (done, block_on(world.desk.team(&HOST, team)).unwrap().members, [id_of(&ann), id_of(&bob)])
}

#[test]
fn the_people_of_a_team_are_not_set_from_a_version_that_passed_at_the_same_moment() {
    let (done, members, [_, bob]) = crossing_members(true);
    assert!(matches!(done, Err(Error::Stale { .. })), "{done:?}");
    assert_eq!(members, [bob]);
}

#[test]
fn of_two_who_set_the_people_of_a_team_at_one_moment_the_later_has_the_word() {
    let (done, members, [ann, _]) = crossing_members(false);
    done.unwrap();
    assert_eq!(members, [ann]);
}
