//! Signing in with a password, sessions and their tokens.

use std::sync::Arc;
use std::thread;

use support_core::Error;
use support_core::desk::{DeactivateAgent, Register, SetPassword, SignedIn, UpdateAgent};
use support_core::id::SessionId;
use support_core::people::{Actor, Permission};
use support_core::store::{Credential, LoginSubject, PasswordHash};
use support_core::testkit::block_on;

use crate::faulty::FaultyStore;
use crate::world::{HOST, TENANT, World, fields, id_of};

fn password(agent: &Actor, hash: &str) -> SetPassword {
    SetPassword { subject: LoginSubject::Agent(id_of(agent)), hash: PasswordHash::new(hash) }
}

fn signed_in(world: &World, email: &str, hash: &str) -> Option<SignedIn> {
    let check = |stored: Option<&str>| stored == Some(hash);
    let until = world.desk.now().plus_seconds(86_400);
    block_on(world.desk.sign_in(TENANT, email, &check, until)).unwrap()
}

fn lives(world: &World, id: SessionId) -> bool {
    let credential = Credential::Session { tenant: TENANT, id, now: world.desk.now() };
    block_on(world.desk.identify(&credential)).unwrap().is_some()
}

fn ready() -> (World, Actor) {
    let world = World::standard();
    let ann = world.agent("Ann");
    world.run(&ann, &password(&ann, "first"));
    (world, ann)
}

#[test]
fn a_password_signs_in_whoever_has_it_and_a_wrong_one_nobody() {
    let (world, ann) = ready();
    let session = signed_in(&world, " ANN@example.com", "first").unwrap();
    assert_eq!(session.actor, ann);
    assert!(lives(&world, session.session));
    assert!(signed_in(&world, "ann@example.com", "second").is_none());
    assert!(signed_in(&world, "nobody@example.com", "first").is_none());
    world.clock.advance(86_400);
    assert!(!lives(&world, session.session), "it ends by itself");
    world.sound();
}

#[test]
fn each_refresh_changes_the_token_and_an_old_one_ends_the_session() {
    let (world, ann) = ready();
    let first = signed_in(&world, "ann@example.com", "first").unwrap();
    let refresh = |token: &[u8; 32]| block_on(world.desk.refresh(TENANT, first.session, token)).unwrap();
    let second = refresh(&first.refresh).unwrap();
    assert_eq!(second.actor, ann);
    assert_ne!(second.refresh, first.refresh);
    assert!(refresh(&first.refresh).is_none());
    assert!(!lives(&world, first.session), "somebody else has the token");
    assert!(refresh(&second.refresh).is_none());
    world.sound();
}

#[test]
fn of_many_who_refresh_with_one_token_at_once_one_is_answered_and_the_session_ends() {
    let (world, _) = ready();
    let world = Arc::new(world);
    let first = signed_in(&world, "ann@example.com", "first").unwrap();
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let (world, first) = (world.clone(), first.clone());
            thread::spawn(move || {
                block_on(world.desk.refresh(TENANT, first.session, &first.refresh)).unwrap().is_some()
            })
        })
        .collect();
    let answered = threads.into_iter().map(|thread| thread.join().unwrap()).filter(|good| *good).count();
    assert_eq!(answered, 1);
    assert!(!lives(&world, first.session));
}

#[test]
fn a_new_password_ends_every_session_however_many_there_were() {
    let (world, ann) = ready();
    let sessions: Vec<_> =
        (0..1_005).map(|_| signed_in(&world, "ann@example.com", "first").unwrap().session).collect();
    world.run(&ann, &password(&ann, "second"));
    assert!(sessions.iter().all(|session| !lives(&world, *session)));
    assert!(signed_in(&world, "ann@example.com", "first").is_none());
    assert!(signed_in(&world, "ann@example.com", "second").is_some());
    world.sound();
}

#[test]
fn a_session_never_outlives_the_password_by_which_it_began() {
    let store = Arc::new(FaultyStore::default());
    let world = World::on(store.clone());
    let ann = world.agent("Ann");
    world.run(&ann, &password(&ann, "first"));
    // The password is changed after it was compared and before the session is stored.
    let desk = world.desk.clone();
    let rival = ann.clone();
    store.before("auth.signed_in", move || {
        vec![block_on(desk.prepare(&rival, &password(&rival, "second"))).unwrap().changes]
    });
    assert!(signed_in(&world, "ann@example.com", "first").is_none());
    assert!(signed_in(&world, "ann@example.com", "second").is_some());
    world.sound();
}

#[test]
fn signing_out_ends_the_session_and_stays_so() {
    let (world, _) = ready();
    let session = signed_in(&world, "ann@example.com", "first").unwrap();
    block_on(world.desk.sign_out(TENANT, session.session)).unwrap();
    block_on(world.desk.sign_out(TENANT, session.session)).unwrap();
    assert!(!lives(&world, session.session));
    assert!(block_on(world.desk.refresh(TENANT, session.session, &session.refresh)).unwrap().is_none());
    let names: Vec<_> = world.log().iter().map(|logged| logged.envelope.event.name()).collect();
    assert_eq!(names.iter().filter(|name| **name == "auth.signed_out").count(), 1);
    world.sound();
}

#[test]
fn the_session_of_a_deactivated_agent_is_dead_at_once() {
    let (world, ann) = ready();
    let session = signed_in(&world, "ann@example.com", "first").unwrap();
    world.run(&HOST, &DeactivateAgent { id: id_of(&ann) });
    assert!(!lives(&world, session.session));
    assert!(block_on(world.desk.refresh(TENANT, session.session, &session.refresh)).unwrap().is_none());
    assert!(signed_in(&world, "ann@example.com", "first").is_none());
}

#[test]
fn a_password_is_set_for_oneself_or_for_those_who_may_do_no_more() {
    let (world, ann) = ready();
    let (admin, boss) = (world.agent_in("Adam", "admin", &[]), world.agent_in("Top", "super_admin", &[]));
    world.run(&admin, &password(&ann, "given"));
    assert!(matches!(
        world.fail(&admin, &password(&boss, "stolen")),
        Error::Forbidden(Permission::RoleManage)
    ));
    assert!(matches!(
        world.fail(&ann, &password(&admin, "stolen")),
        Error::Forbidden(Permission::AgentManage)
    ));
    let carl = world.customer("Carl");
    assert!(matches!(world.fail(&carl, &password(&ann, "stolen")), Error::NotFound(_)));
    world.sound();
}

#[test]
fn a_new_address_signs_in_and_the_old_one_does_not() {
    let (world, ann) = ready();
    let moved = UpdateAgent {
        id: Some(id_of(&ann)),
        email: Some("anna@example.com".into()),
        ..UpdateAgent::default()
    };
    world.run(&HOST, &moved);
    assert!(signed_in(&world, "ann@example.com", "first").is_none());
    assert!(signed_in(&world, "anna@example.com", "first").is_some());
    world.sound();
}

#[test]
fn who_registers_is_a_customer_with_an_address_that_proves_nothing() {
    let world = World::standard();
    let known = world.customer("Carl");
    let register = Register {
        name: "Mallory".into(),
        email: "Carl@customer.example".into(),
        hash: PasswordHash::new("first"),
    };
    let made = world.run(&HOST, &register).customer_id;
    assert_ne!(made, crate::world::customer_of(&known));
    let session = signed_in(&world, "carl@customer.example", "first").unwrap();
    assert!(matches!(session.actor, Actor::Customer(customer) if customer.id == made));
    assert_eq!(fields(&world.fail(&HOST, &register)), ["email"]);
    assert!(matches!(world.fail(&world.agent("Ann"), &register), Error::NotFound(_)));
    world.sound();
}
