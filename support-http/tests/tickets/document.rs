//! The document of the interface.

use std::collections::BTreeSet;

use serde_json::Value;
use tower::ServiceExt;

use crate::world::world;

const ROUTES: &[&str] = &[
    "get /api/v1/assignments",
    "get /api/v1/counts",
    "get /api/v1/events",
    "get /api/v1/journeys",
    "get /api/v1/journeys/{id}",
    "get /api/v1/journeys/{id}/progress",
    "get /api/v1/tickets",
    "get /api/v1/tickets/export.csv",
    "get /api/v1/tickets/queue",
    "get /api/v1/tickets/{id}",
    "get /api/v1/tickets/{id}/assignments",
    "get /api/v1/tickets/{id}/events",
    "get /api/v1/tickets/{id}/explain",
    "get /api/v1/tickets/{id}/messages",
    "get /api/v1/tickets/{id}/sla",
    "patch /api/v1/tickets/{id}",
    "post /api/v1/journeys",
    "post /api/v1/journeys/{id}/publish",
    "post /api/v1/journeys/{id}/steps",
    "post /api/v1/journeys/{id}/submit",
    "post /api/v1/tickets",
    "post /api/v1/tickets/bulk-assign",
    "post /api/v1/tickets/prioritize",
    "post /api/v1/tickets/{id}/escalate",
    "post /api/v1/tickets/{id}/messages",
    "post /api/v1/tickets/{id}/reassign",
    "post /api/v1/tickets/{id}/reset",
    "post /api/v1/tickets/{id}/reveal",
    "post /api/v1/tickets/{id}/snooze",
    "post /api/v1/tickets/{id}/take",
    "put /api/v1/journeys/{id}",
    "put /api/v1/tickets/{id}",
];

#[tokio::test]
async fn every_route_of_tickets_is_documented() {
    let world = world().await;
    let request = axum::http::Request::get("/api/openapi.json").body(axum::body::Body::empty()).unwrap();
    let response = world.router.clone().oneshot(request).await.unwrap();
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let document: Value = serde_json::from_slice(&bytes).unwrap();
    let mut found = BTreeSet::new();
    let mut names = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            found.insert(format!("{method} {path}"));
            assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{method} {path}");
            let name = operation["operationId"].as_str().unwrap().to_owned();
            assert!(names.insert(name.clone()), "{name} names two operations");
        }
    }
    for route in ROUTES {
        assert!(found.contains(*route), "{route}");
    }
    let list = &document["paths"]["/api/v1/tickets"]["get"]["parameters"];
    let parameters: Vec<&str> = list.as_array().unwrap().iter().filter_map(|p| p["name"].as_str()).collect();
    insta::assert_json_snapshot!("list_parameters", parameters);
}
