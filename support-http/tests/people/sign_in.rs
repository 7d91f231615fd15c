//! Signing in, continuing and ending sessions.

use serde_json::json;
use support_core::store::StoreExt;

use crate::world::{As, NO_ONE, PASSWORD, TENANT, World, redacted};

fn bearer(session: &serde_json::Value) -> As {
    As(Some(session["access_token"].as_str().unwrap().to_owned()))
}

#[tokio::test]
async fn a_session_is_handed_out_and_tells_who_it_is() {
    let world = World::new().await;
    let session = world.login(" Bob@Desk.example ").await;
    insta::assert_json_snapshot!("session", redacted(session.clone()));
    let me = world.get("/auth/me", &bearer(&session)).await.with(200);
    assert_eq!(me, session["user"]);
    assert_eq!(me["id"], world.agent.to_string());
    let cleo = world.get("/auth/me", &world.as_customer().await).await.with(200);
    assert_eq!((&cleo["id"], &cleo["role"]), (&json!(world.customer.to_string()), &json!("customer")));
    assert_eq!(world.get("/auth/me", &NO_ONE).await.with(401)["code"], "unauthenticated");
    assert_eq!(world.get("/auth/me", &As(Some("no.such.token".into()))).await.status, 401);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_are_answered_alike() {
    let world = World::new().await;
    let try_with = async |email: &str, password: &str| {
        let mut answer = world
            .post("/auth/login", &NO_ONE, json!({ "email": email, "password": password }))
            .await
            .with(401);
        answer["request_id"].take();
        answer
    };
    let wrong = try_with("bob@desk.example", "wrong horse").await;
    assert_eq!(wrong, try_with("nobody@desk.example", PASSWORD).await);
    assert_eq!(wrong["code"], "invalid_credentials");
    // The trail knows of the first; it is noted beside the answer.
    let refused = async || {
        let scope = support_core::testkit::system_scope(TENANT);
        let cursor = support_core::store::Cursor::start();
        let events = world.desk.store().events(&scope, &cursor, 1_000).await.unwrap().events;
        events.iter().filter(|logged| logged.envelope.event.name() == "auth.sign_in_refused").count()
    };
    for _ in 0..200 {
        if refused().await > 0 {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(refused().await, 1);
    let agent = world.desk.store().agent(&support_core::testkit::system_scope(TENANT), world.agent).await;
    assert!(agent.unwrap().is_some());
}

#[tokio::test]
async fn too_many_failures_have_to_wait_and_the_minute_passes() {
    let world = World::new().await;
    let wrong = json!({ "email": "bob@desk.example", "password": "wrong horse" });
    for _ in 0..10 {
        world.post("/auth/login", &NO_ONE, wrong.clone()).await.with(401);
    }
    let right = json!({ "email": "BOB@desk.example", "password": PASSWORD });
    let late = world.post("/auth/login", &NO_ONE, right.clone()).await;
    assert_eq!(late.headers["retry-after"], "60");
    assert_eq!(late.with(429)["code"], "too_many_attempts");
    // Others are not held up.
    world.login("ada@desk.example").await;
    world.clock.advance(60);
    world.post("/auth/login", &NO_ONE, right).await.with(200);
}

#[tokio::test]
async fn one_peer_that_tries_many_addresses_has_to_wait() {
    let mut world = World::new().await;
    let open = world.router.clone();
    let from = |address: &str| {
        let peer: std::net::SocketAddr = address.parse().unwrap();
        open.clone().layer(axum::Extension(axum::extract::ConnectInfo(peer)))
    };
    world.router = from("[2001:db8::1]:1");
    for number in 0..10 {
        let body = json!({ "email": format!("nobody{number}@desk.example"), "password": "x" });
        world.post("/auth/login", &NO_ONE, body).await.with(401);
    }
    let right = json!({ "email": "bob@desk.example", "password": PASSWORD });
    world.router = from("[2001:db8::2]:9");
    world.post("/auth/login", &NO_ONE, right.clone()).await.with(429);
    // Nobody says of themselves where they come from.
    let header = [("x-forwarded-for", "192.0.2.1")];
    world.send("POST", "/auth/login", &NO_ONE, Some(right.clone()), &header).await.with(429);
    world.router = from("192.0.2.1:1");
    world.post("/auth/login", &NO_ONE, right).await.with(200);
}

#[tokio::test]
async fn a_host_with_its_own_identity_has_no_sign_in() {
    let world = World::new().await;
    #[derive(Debug)]
    struct Nobody;
    #[async_trait::async_trait]
    impl support_http::Identity for Nobody {
        async fn identify(
            &self,
            _desk: &support_core::desk::Desk,
            _parts: &axum::http::request::Parts,
        ) -> Result<Option<support_core::people::Actor>, support_http::IdentityError> {
            Ok(None)
        }
    }
    let secret = support_http::Secret::new([7; 32]).unwrap();
    let router = support_http::Mount::with_identity(world.desk.clone(), Nobody, secret).router();
    let world = World { router, ..world };
    let body = json!({ "email": "bob@desk.example", "password": PASSWORD });
    world.post("/auth/login", &NO_ONE, body).await.with(404);
    world.get("/agents", &NO_ONE).await.with(401);
}

#[tokio::test]
async fn a_refresh_token_is_good_once() {
    let world = World::new().await;
    let first = world.login("bob@desk.example").await;
    let old = json!({ "refresh_token": first["refresh_token"] });
    let second = world.post("/auth/refresh", &NO_ONE, old.clone()).await.with(200);
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    world.get("/auth/me", &bearer(&second)).await.with(200);
    // Somebody has the old one: the session ends for everybody.
    assert_eq!(world.post("/auth/refresh", &NO_ONE, old).await.with(401)["code"], "invalid_refresh_token");
    world.get("/auth/me", &bearer(&second)).await.with(401);
    let newest = json!({ "refresh_token": second["refresh_token"] });
    world.post("/auth/refresh", &NO_ONE, newest).await.with(401);
    for bad in ["", "x", &"A".repeat(64)] {
        world.post("/auth/refresh", &NO_ONE, json!({ "refresh_token": bad })).await.with(401);
    }
}

#[tokio::test]
async fn an_access_token_ends_by_itself_and_with_its_session() {
    let world = World::new().await;
    let session = world.login("bob@desk.example").await;
    world.clock.advance(899);
    world.get("/auth/me", &bearer(&session)).await.with(200);
    world.clock.advance(1);
    world.get("/auth/me", &bearer(&session)).await.with(401);
    let session = world.login("bob@desk.example").await;
    assert_eq!(world.send("POST", "/auth/logout", &bearer(&session), None, &[]).await.status, 204);
    world.get("/auth/me", &bearer(&session)).await.with(401);
    let body = json!({ "refresh_token": session["refresh_token"] });
    world.post("/auth/refresh", &NO_ONE, body).await.with(401);
    world.send("POST", "/auth/logout", &NO_ONE, None, &[]).await.with(401);
}

#[tokio::test]
async fn a_customer_makes_an_account_once() {
    let world = World::new().await;
    let account = |email: &str| json!({ "name": "Dan", "email": email, "password": "a long password" });
    let session = world.post("/auth/register", &NO_ONE, account("dan@customer.example")).await.with(201);
    assert_eq!(session["user"]["role"], "customer");
    let path = format!("/customers/{}", session["user"]["id"].as_str().unwrap());
    let dan = world.get(&path, &bearer(&session)).await.with(200);
    assert_eq!(dan["addresses"][0]["verified"], false);
    world.post("/auth/register", &NO_ONE, account("DAN@customer.example")).await.names("email");
    world.post("/auth/register", &NO_ONE, account("bob@desk.example")).await.names("email");
    world.post("/auth/register", &NO_ONE, account("nonsense")).await.names("email");
    let mut bad = account("eve@customer.example");
    bad["password"] = json!("short");
    world.post("/auth/register", &NO_ONE, bad.clone()).await.names("password");
    bad["password"] = json!("a long password");
    bad["name"] = json!("a\u{7}b");
    world.post("/auth/register", &NO_ONE, bad.clone()).await.names("name");
    bad["role"] = json!("admin");
    world.post("/auth/register", &NO_ONE, bad).await.names("role");
}

#[tokio::test]
async fn a_changed_password_ends_every_session() {
    let world = World::new().await;
    let here = world.login("bob@desk.example").await;
    let there = world.login("bob@desk.example").await;
    let change = |current: &str, new: &str| json!({ "current_password": current, "new_password": new });
    let path = "/auth/password";
    world.post(path, &NO_ONE, change(PASSWORD, "another horse")).await.with(401);
    world.post(path, &bearer(&here), change("wrong horse", "another horse")).await.names("current_password");
    world.post(path, &bearer(&here), change(PASSWORD, "short")).await.names("new_password");
    let fresh = world.post(path, &bearer(&here), change(PASSWORD, "another horse")).await.with(200);
    world.get("/auth/me", &bearer(&here)).await.with(401);
    world.get("/auth/me", &bearer(&there)).await.with(401);
    world.get("/auth/me", &bearer(&fresh)).await.with(200);
    let login = |password: &str| json!({ "email": "bob@desk.example", "password": password });
    world.post("/auth/login", &NO_ONE, login(PASSWORD)).await.with(401);
    world.post("/auth/login", &NO_ONE, login("another horse")).await.with(200);
}

#[tokio::test]
async fn what_cannot_be_read_is_400_and_what_is_unknown_is_named() {
    let world = World::new().await;
    let raw = |text: &str| serde_json::Value::String(text.to_owned());
    assert_eq!(world.post("/auth/login", &NO_ONE, raw("{")).await.with(400)["code"], "unreadable");
    world
        .post("/auth/login", &NO_ONE, json!({ "email": "a@b.c", "password": "x", "otp": 1 }))
        .await
        .names("otp");
    world.post("/auth/login", &NO_ONE, json!({ "email": 1, "password": "x" })).await.names("email");
}

#[tokio::test]
async fn sign_in_works_on_one_file() {
    let folder = std::env::temp_dir().join(format!("support-http-people-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let config = support_store_sqlite::SqliteConfig::new(folder.join("desk.db"));
    let store = support_store_sqlite::SqliteStore::open(&config).unwrap();
    let world = World::on(std::sync::Arc::new(store)).await;
    let session = world.login("cleo@customer.example").await;
    world.get("/auth/me", &bearer(&session)).await.with(200);
    let found =
        world.get("/customers?address=cleo@customer.example", &world.as_agent().await).await.with(200);
    assert_eq!(found["items"][0]["id"], world.customer.to_string());
    drop(world);
    let _ = std::fs::remove_dir_all(folder);
}
