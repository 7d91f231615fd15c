//! The numbers of the service.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use tower::ServiceExt;

use crate::world::{NO_ONE, World};

async fn numbers(world: &World) -> String {
    let request = Request::get("/metrics").body(Body::empty()).unwrap();
    let response = world.router.clone().oneshot(request).await.unwrap();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn methods_that_somebody_makes_up_are_counted_as_one() {
    let world = World::new().await;
    for number in 0..20 {
        world.send(&format!("MADE-UP-{number}"), "/agents", &NO_ONE, None, &[]).await;
    }
    let numbers = numbers(&world).await;
    assert!(!numbers.contains("MADE-UP"), "{numbers}");
    let line = r#"support_http_requests_total{method="other",route="/api/v1/agents",status="405"} 20"#;
    assert!(numbers.contains(line), "{numbers}");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_hung_up_is_in_flight_no_more() {
    let world = World::new().await;
    let endless = Body::from_stream(futures_util::stream::pending::<Result<Vec<u8>, Infallible>>());
    let request = Request::post("/api/v1/auth/login").header("content-type", "application/json");
    let answer = world.router.clone().oneshot(request.body(endless).unwrap());
    assert!(tokio::time::timeout(Duration::from_secs(1), answer).await.is_err(), "it waits for the body");
    let numbers = numbers(&world).await;
    assert!(numbers.contains("support_http_in_flight 1\n"), "only the one that asks: {numbers}");
}
