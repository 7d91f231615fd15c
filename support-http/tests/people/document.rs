//! Every route of the OpenAPI document, walked by those who may not.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use support_http::PUBLIC_ROUTES;

use crate::world::{As, NO_ONE, NOBODY, World};

/// What must be there, of the part of the interface that is about people and configuration.
const PROMISED: &[&str] = &[
    "POST /api/v1/auth/login",
    "POST /api/v1/auth/refresh",
    "POST /api/v1/auth/logout",
    "POST /api/v1/auth/register",
    "GET /api/v1/auth/me",
    "POST /api/v1/auth/password",
    "GET /api/v1/rules",
    "POST /api/v1/rules",
    "GET /api/v1/rules/{id}",
    "PATCH /api/v1/rules/{id}",
    "DELETE /api/v1/rules/{id}",
    "GET /api/v1/sla/policies",
    "POST /api/v1/sla/policies",
    "GET /api/v1/sla/policies/{id}",
    "PATCH /api/v1/sla/policies/{id}",
    "DELETE /api/v1/sla/policies/{id}",
    "GET /api/v1/sla/calendars",
    "POST /api/v1/sla/calendars",
    "GET /api/v1/sla/calendars/{id}",
    "PATCH /api/v1/sla/calendars/{id}",
    "DELETE /api/v1/sla/calendars/{id}",
    "POST /api/v1/sla/preview",
    "POST /api/v1/masking/preview",
    "POST /api/v1/routing/preview",
    "GET /api/v1/settings",
    "PUT /api/v1/settings",
    "GET /api/v1/settings/masking",
    "PUT /api/v1/settings/masking",
    "GET /api/v1/agents",
    "POST /api/v1/agents",
    "GET /api/v1/agents/{id}",
    "PATCH /api/v1/agents/{id}",
    "PUT /api/v1/agents/{id}",
    "DELETE /api/v1/agents/{id}",
    "PUT /api/v1/agents/{id}/status",
    "GET /api/v1/agents/{id}/performance",
    "GET /api/v1/teams",
    "POST /api/v1/teams",
    "GET /api/v1/teams/{id}",
    "PATCH /api/v1/teams/{id}",
    "GET /api/v1/customers",
    "POST /api/v1/customers",
    "GET /api/v1/customers/{id}",
    "PATCH /api/v1/customers/{id}",
];

/// What everybody who has signed in may call.
const OWN: &[&str] = &["POST /api/v1/auth/logout", "GET /api/v1/auth/me", "POST /api/v1/auth/password"];

async fn routes(world: &World) -> BTreeSet<String> {
    let document = world.get("/api/openapi.json", &NO_ONE).await.with(200);
    let paths = document["paths"].as_object().unwrap();
    let methods = |(path, item): (&String, &Value)| {
        let path = path.clone();
        let methods = item.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        methods.into_iter().map(move |method| format!("{} {path}", method.to_uppercase()))
    };
    paths.iter().flat_map(methods).collect()
}

async fn walk(world: &World, route: &str, who: &As, id: &str, body: Option<Value>) -> (u16, Value) {
    let (method, path) = route.split_once(' ').unwrap();
    let names = path.split('/').map(|part| if part.starts_with('{') { id } else { part });
    let path = names.collect::<Vec<_>>().join("/");
    let path = if path.starts_with("/api") { path } else { format!("/api/v1/../..{path}") };
    let answer = world.send(method, &path, who, body, &[]).await;
    (answer.status.as_u16(), answer.body)
}

#[tokio::test]
async fn every_promised_route_is_in_the_document() {
    let world = World::new().await;
    let routes = routes(&world).await;
    let missing: Vec<_> = PROMISED.iter().filter(|route| !routes.contains(**route)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[tokio::test]
async fn without_credentials_only_public_routes_answer() {
    let world = World::new().await;
    for route in routes(&world).await.iter().filter(|route| !PUBLIC_ROUTES.contains(&route.as_str())) {
        for body in [None, Some(json!({})), Some(json!("{"))] {
            let (status, answer) = walk(&world, route, &NO_ONE, NOBODY, body).await;
            assert_eq!((status, &answer["code"]), (401, &json!("unauthenticated")), "{route}");
        }
    }
}

#[tokio::test]
async fn a_customer_finds_nothing_of_the_desks_own() {
    let world = World::new().await;
    let cleo = world.as_customer().await;
    for route in PROMISED.iter().filter(|route| !PUBLIC_ROUTES.contains(route) && !OWN.contains(route)) {
        let (status, _) = walk(&world, route, &cleo, NOBODY, Some(json!({}))).await;
        // A body that nobody could send is refused before anything is looked up.
        assert!([403, 404, 422].contains(&status), "{route}: {status}");
    }
}

#[tokio::test]
async fn unknown_ids_are_404_and_nothing_fails() {
    let world = World::new().await;
    let (agent, admin) = (world.as_agent().await, world.as_admin().await);
    for route in routes(&world).await.iter().filter(|route| route.contains('{')) {
        for id in [NOBODY, "not-an-id", "00000000-0000-0000-0000-000000000000"] {
            for who in [&agent, &admin] {
                let (status, _) = walk(&world, route, who, id, Some(json!({}))).await;
                assert!([403, 404, 422].contains(&status), "{route} {id}: {status}");
            }
        }
    }
}

#[tokio::test]
async fn operations_have_names_of_their_own() {
    let world = World::new().await;
    let document = world.get("/api/openapi.json", &NO_ONE).await.with(200);
    let mut seen = BTreeSet::new();
    for item in document["paths"].as_object().unwrap().values() {
        for operation in item.as_object().unwrap().values() {
            assert!(seen.insert(operation["operationId"].as_str().unwrap().to_owned()), "{operation}");
        }
    }
}
