//! Who a credential names.

use std::sync::Mutex;

use crate::people::{Actor, Agent, AgentActor, Customer, CustomerActor, Grants, Role};
use crate::store::{Credential, Login, LoginSubject, PasswordHash, Session, Store};

use super::super::build::{
    OTHER, TENANT, a_customer, a_login, a_session, agent_id, an_agent, customer_id, foreign, instant,
    session_id, team_id, word,
};
use super::insert;

async fn who(store: &dyn Store, credential: Credential<'_>) -> Option<Actor> {
    store.identify(&credential).await.unwrap()
}

/// Agents and customers are found by both ids, in their tenant alone.
pub async fn a_credential_names_an_agent_or_a_customer(store: &dyn Store) {
    let agent = Agent { external_id: Some(foreign("hr/1")), ..an_agent(1) };
    let customer = Customer { external_id: Some(foreign("crm/1")), ..a_customer(1) };
    insert(store, [agent.clone().into(), customer.into()]).await;
    let agent = Some(Actor::Agent(AgentActor::of(TENANT, &agent)));
    let customer = Some(Actor::Customer(CustomerActor { tenant: TENANT, id: customer_id(1) }));
    assert_eq!(who(store, Credential::Agent(TENANT, agent_id(1))).await, agent);
    assert_eq!(who(store, Credential::ExternalAgent(TENANT, foreign("hr/1"))).await, agent);
    assert_eq!(who(store, Credential::Customer(TENANT, customer_id(1))).await, customer);
    assert_eq!(who(store, Credential::ExternalCustomer(TENANT, foreign("crm/1"))).await, customer);
    for nobody in [
        Credential::Agent(TENANT, agent_id(2)),
        Credential::ExternalAgent(TENANT, foreign("crm/1")),
        Credential::Customer(TENANT, customer_id(2)),
        Credential::ExternalCustomer(TENANT, foreign("hr/1")),
        Credential::Agent(OTHER, agent_id(1)),
        Credential::Customer(OTHER, customer_id(1)),
    ] {
        assert_eq!(who(store, nobody).await, None);
    }
}

/// An agent acts with the grants of the role and in the teams of membership and of lead.
pub async fn an_agent_acts_with_role_and_teams(store: &dyn Store) {
    let lead = Agent {
        role: word("team_lead"),
        team_ids: vec![team_id(1), team_id(2)],
        lead_ids: vec![team_id(2), team_id(3)],
        ..an_agent(1)
    };
    let unknown = Agent { role: word("juggler"), ..an_agent(2) };
    insert(store, [lead.into(), unknown.into()]).await;
    match who(store, Credential::Agent(TENANT, agent_id(1))).await {
        Some(Actor::Agent(actor)) => {
            assert_eq!((actor.tenant, actor.id, actor.role), (TENANT, agent_id(1), word("team_lead")));
            assert_eq!(&actor.grants, Role::TeamLead.grants());
            assert_eq!(actor.teams, [team_id(1), team_id(2), team_id(3)]);
        }
        other => panic!("not an agent: {other:?}"),
    }
    match who(store, Credential::Agent(TENANT, agent_id(2))).await {
        Some(Actor::Agent(actor)) => assert_eq!(actor.grants, Grants::default()),
        other => panic!("not an agent: {other:?}"),
    }
}

/// Whoever is deactivated or blocked is nobody, whatever they show.
pub async fn the_deactivated_and_the_blocked_are_nobody(store: &dyn Store) {
    let agent = Agent { active: false, external_id: Some(foreign("a")), ..an_agent(1) };
    let customer = Customer { blocked: true, external_id: Some(foreign("c")), ..a_customer(1) };
    let of_customer = Session { subject: LoginSubject::Customer(customer_id(1)), ..a_session(2) };
    insert(
        store,
        [agent.into(), customer.into(), a_login(1).into(), a_session(1).into(), of_customer.into()],
    )
    .await;
    let check = |_: Option<&str>| true;
    for credential in [
        Credential::Agent(TENANT, agent_id(1)),
        Credential::ExternalAgent(TENANT, foreign("a")),
        Credential::Customer(TENANT, customer_id(1)),
        Credential::ExternalCustomer(TENANT, foreign("c")),
        Credential::Password { tenant: TENANT, email: "agent1@desk.example", check: &check },
        Credential::Session { tenant: TENANT, id: session_id(1), now: instant(0) },
        Credential::Session { tenant: TENANT, id: session_id(2), now: instant(0) },
    ] {
        assert_eq!(who(store, credential).await, None);
    }
}

/// A password is compared with the stored hash, for an address in any case; without a login it is compared too.
pub async fn a_password_is_always_compared(store: &dyn Store) {
    let of_customer = Login {
        subject: LoginSubject::Customer(customer_id(1)),
        email: "ann@example.com".to_owned(),
        password: PasswordHash::new("hash of ann"),
        version: 1,
    };
    insert(store, [an_agent(1).into(), a_customer(1).into(), a_login(1).into(), of_customer.into()]).await;
    let compare = async |tenant, email: &str, answer: bool| {
        let seen: Mutex<Vec<Option<String>>> = Mutex::default();
        let check = |hash: Option<&str>| {
            seen.lock().unwrap().push(hash.map(str::to_owned));
            answer
        };
        let actor = who(store, Credential::Password { tenant, email, check: &check }).await;
        let mut seen = seen.into_inner().unwrap();
        assert_eq!(seen.len(), 1, "compared once");
        (actor.map(|actor| actor.as_ref().id.unwrap()), seen.remove(0))
    };
    let agents_hash = Some("$argon2id$hash-1".to_owned());
    let agent = Some(agent_id(1).uuid());
    assert_eq!(compare(TENANT, "agent1@desk.example", true).await, (agent, agents_hash.clone()));
    assert_eq!(compare(TENANT, "AGENT1@Desk.Example", true).await, (agent, agents_hash.clone()));
    assert_eq!(compare(TENANT, "agent1@desk.example", false).await, (None, agents_hash));
    let customer = (Some(customer_id(1).uuid()), Some("hash of ann".to_owned()));
    assert_eq!(compare(TENANT, "ann@example.com", true).await, customer);
    for unknown in ["nobody@example.com", "", "' OR 1=1 --"] {
        assert_eq!(compare(TENANT, unknown, true).await, (None, None));
    }
    assert_eq!(compare(OTHER, "ann@example.com", true).await, (None, None));
}

/// A session names its subject until it ends: by itself, or because it was ended.
pub async fn a_session_names_its_subject_until_it_ends(store: &dyn Store) {
    let ended = Session { ended_at: Some(instant(5)), ..a_session(2) };
    let of_customer = Session { subject: LoginSubject::Customer(customer_id(1)), ..a_session(3) };
    let of_nobody = Session { subject: LoginSubject::Agent(agent_id(9)), ..a_session(4) };
    insert(store, [an_agent(1).into(), an_agent(2).into(), a_customer(1).into()]).await;
    insert(store, [a_session(1).into(), ended.into(), of_customer.into(), of_nobody.into()]).await;
    let at = async |tenant, number, seconds| {
        let actor =
            who(store, Credential::Session { tenant, id: session_id(number), now: instant(seconds) }).await;
        actor.map(|actor| actor.as_ref().id.unwrap())
    };
    let agent = Some(agent_id(1).uuid());
    assert_eq!(at(TENANT, 1, 0).await, agent);
    assert_eq!(at(TENANT, 1, 86_399).await, agent);
    assert_eq!(at(TENANT, 1, 86_400).await, None);
    assert_eq!(at(TENANT, 2, 0).await, None);
    assert_eq!(at(TENANT, 3, 0).await, Some(customer_id(1).uuid()));
    assert_eq!(at(TENANT, 4, 0).await, None);
    assert_eq!(at(TENANT, 7, 0).await, None);
    assert_eq!(at(OTHER, 1, 0).await, None);
}
