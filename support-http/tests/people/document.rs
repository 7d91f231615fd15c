//! Every route of the OpenAPI document, walked by those who may not.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use support_core::desk::{CreateAgent, CreateCustomer, PutDocument};
use support_core::id::TenantId;
use support_core::people::Actor;
use support_core::store::DocumentKind;
use support_http::PUBLIC_ROUTES;

use crate::bodies::body;
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
    "GET /api/v1/automations",
    "POST /api/v1/automations",
    "GET /api/v1/automations/{id}",
    "PATCH /api/v1/automations/{id}",
    "DELETE /api/v1/automations/{id}",
    "POST /api/v1/automations/preview",
    "GET /api/v1/automations/analysis",
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
    "POST /api/v1/masking/trial",
    "POST /api/v1/routing/preview",
    "GET /api/v1/macros",
    "POST /api/v1/macros",
    "GET /api/v1/macros/{id}",
    "PATCH /api/v1/macros/{id}",
    "DELETE /api/v1/macros/{id}",
    "POST /api/v1/macros/{id}/use",
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

pub(crate) async fn routes(world: &World) -> BTreeSet<String> {
    let document = world.get("/api/openapi.json", &NO_ONE).await.with(200);
    let paths = document["paths"].as_object().unwrap();
    let methods = |(path, item): (&String, &Value)| {
        let path = path.clone();
        let methods = item.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        methods.into_iter().map(move |method| format!("{} {path}", method.to_uppercase()))
    };
    paths.iter().flat_map(methods).collect()
}

pub(crate) async fn walk(
    world: &World,
    route: &str,
    who: &As,
    id: &str,
    body: Option<Value>,
) -> (u16, Value) {
    let (method, path) = route.split_once(' ').unwrap();
    let names = path.split('/').map(|part| if part.starts_with('{') { id } else { part });
    let path = names.collect::<Vec<_>>().join("/");
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
        let (status, _) = walk(&world, route, &cleo, NOBODY, body(route)).await;
        assert!([403, 404].contains(&status), "{route}: {status}");
    }
}

#[tokio::test]
async fn unknown_ids_are_404_and_nothing_fails() {
    let world = World::new().await;
    let (agent, admin) = (world.as_agent().await, world.as_admin().await);
    for route in routes(&world).await.iter().filter(|route| route.contains('{')) {
        for id in [NOBODY, "not-an-id", "00000000-0000-0000-0000-000000000000"] {
            for who in [&agent, &admin] {
                let (status, _) = walk(&world, route, who, id, body(route)).await;
                assert!([403, 404].contains(&status), "{route} {id}: {status}");
            }
        }
    }
}

#[tokio::test]
async fn another_tenant_is_as_if_it_did_not_exist() {
    let world = World::new().await;
    let other = Actor::Host(TenantId::from_uuid(uuid::Uuid::from_u128(2)));
    let desk = &world.desk;
    let agent =
        CreateAgent { name: "Eve".into(), email: "eve@other.example".into(), ..CreateAgent::default() };
    let agent = desk.run(&other, &agent).await.unwrap().agent_id.to_string();
    let customer = desk.run(&other, &CreateCustomer::named("Zoe")).await.unwrap().customer_id.to_string();
    let put = async |kind, body| {
        let put = PutDocument::new(kind, body);
        desk.run(&other, &put).await.unwrap().document_id.to_string()
    };
    let rule = json!({ "name": "x", "type": "vip", "keywords": [], "boost_amount": 1, "active": true });
    let rule = put(DocumentKind::KeywordRule, rule).await;
    let hours = json!({ "name": "x", "timezone": "UTC", "weekly": {} });
    let calendar = put(DocumentKind::Calendar, hours).await;
    let policy = json!({ "name": "x", "targets": { "resolution": { "seconds": 60 } } });
    let policy = put(DocumentKind::SlaPolicy, policy).await;
    let team = put(DocumentKind::Team, json!({ "name": "x" })).await;
    let admin = world.as_admin().await;
    let change = json!({ "name": "mine" });
    for (path, id, also) in [
        ("/agents", &agent, vec!["DELETE", "PUT"]),
        ("/customers", &customer, vec![]),
        ("/rules", &rule, vec!["DELETE"]),
        ("/sla/calendars", &calendar, vec!["DELETE"]),
        ("/sla/policies", &policy, vec!["DELETE"]),
        ("/teams", &team, vec![]),
    ] {
        let one = format!("{path}/{id}");
        world.get(&one, &admin).await.with(404);
        world.patch(&one, &admin, change.clone()).await.with(404);
        for method in also {
            world.send(method, &one, &admin, Some(change.clone()), &[]).await.with(404);
        }
        let listed = world.get(path, &admin).await.with(200);
        assert!(!listed.to_string().contains(id.as_str()), "{path}");
    }
    world.put(&format!("/agents/{agent}/status"), &admin, json!({ "status": "busy" })).await.with(404);
    world.get(&format!("/agents/{agent}/performance"), &admin).await.with(404);
    let preview = json!({ "calendar": calendar, "start": "2026-01-01T00:00:00Z", "target_seconds": 1 });
    world.post("/sla/preview", &admin, preview).await.names("calendar");
    let named =
        json!({ "name": "x", "calendar_id": calendar, "targets": { "resolution": { "seconds": 60 } } });
    world.post("/sla/policies", &admin, named).await.names("calendar_id");
    world.post("/teams", &admin, json!({ "name": "x", "member_ids": [agent] })).await.names("member_ids[0]");
    // A token is good in its own tenant, whose people it names.
    let found = world.get("/agents", &admin).await.with(200);
    assert_eq!(found["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn the_document_changes_only_on_purpose() {
    let world = World::new().await;
    let mut document = world.get("/api/openapi.json", &NO_ONE).await.with(200);
    document["info"].as_object_mut().unwrap().remove("version");
    insta::assert_json_snapshot!("openapi", document);
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
