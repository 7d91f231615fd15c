//! The live feed: the log as Server-Sent Events, as far as the caller sees it.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::future::{Either, select};
use futures_util::stream::{self, StreamExt};
use support_core::Error;
use support_core::id::TenantId;
use support_core::people::{Actor, ActorRef};
use support_core::store::{Cursor, Logged, StoreErrorKind};
use tokio::time::{Instant, sleep};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::{ApiError, Problem};
use crate::extract::Call;
use crate::mount::App;
use crate::view::event::feed;

/// Seconds between heartbeats, and between two looks at who listens.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Longest wait before the log is looked at again: what another process wrote is seen by then.
const POLL: Duration = Duration::from_millis(500);
/// Events read at once: what a stream holds in memory.
const BATCH: u32 = 100;
/// Streams that one agent or customer may have at a time.
const STREAMS: u32 = 10;
/// Seconds after which a further stream may be tried.
const RETRY_AFTER_SECONDS: u64 = 15;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(events))
}

/// How many streams everybody has.
#[derive(Debug, Default)]
pub(crate) struct Streams(Mutex<HashMap<(TenantId, ActorRef), u32>>);

/// One stream; it gives its place back when it is dropped.
struct Seat {
    app: Arc<App>,
    who: (TenantId, ActorRef),
}

impl Seat {
    fn take(app: &Arc<App>, actor: &Actor) -> Result<Self, ApiError> {
        let who = (actor.tenant(), actor.as_ref());
        let mut streams = app.streams.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = streams.entry(who).or_default();
        if *count >= STREAMS {
            let problem = format!("there are {STREAMS} streams already");
            return Err(ApiError {
                retry_after: Some(RETRY_AFTER_SECONDS),
                ..ApiError::new(StatusCode::TOO_MANY_REQUESTS, "too_many_streams", problem)
            });
        }
        *count += 1;
        Ok(Self { app: app.clone(), who })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut streams = self.app.streams.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = streams.get_mut(&self.who) {
            *count -= 1;
            if *count == 0 {
                streams.remove(&self.who);
            }
        }
    }
}

/// Follows what happens, as Server-Sent Events.
///
/// Each has `id` (the place in the log), `event` (the dotted name) and `data`: `{name, at, actor, stream:
/// {kind, id, seq}, data}` for staff, `{name, at, ticket_id, data}` for customers, who see what is public on
/// their own tickets. Texts are named by ids, never quoted. The stream begins where the log ends now, or
/// after `Last-Event-ID`, and misses nothing from there. An event `heartbeat` (at once, then every 15 s)
/// carries the place too. The stream ends when whoever listens is signed out or loses their rights, before
/// anything more is sent, and when the server stops.
#[utoipa::path(get, path = "/events", operation_id = "follow_events", tag = "numbers",
    params(("Last-Event-ID" = Option<String>, Header, description = "The last `id` that was received")), responses(
    (status = 200, body = String, content_type = "text/event-stream"),
    (status = 401, body = Problem, content_type = "application/problem+json"),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
    (status = 429, body = Problem, content_type = "application/problem+json"),
))]
async fn events(call: Call, parts: Parts) -> Result<Response, ApiError> {
    let seat = Seat::take(&call.app, &call.actor)?;
    let problem = || ApiError::invalid("Last-Event-ID", "is not a place that this stream gave");
    let after = match parts.headers.get("last-event-id") {
        Some(id) if !id.is_empty() => Cursor::new(id.to_str().map_err(|_| problem())?),
        _ => Cursor::end(),
    };
    // A first look: it finds where the log ends, and refuses a place that no log gave before anything is sent.
    let page = call.app.desk.feed(&call.actor, &after, BATCH).await.map_err(|error| match error {
        Error::Store(error) if error.kind() == StoreErrorKind::Misuse => problem(),
        error => error.into(),
    })?;
    let passed = if page.events.is_empty() { page.next.clone() } else { after };
    let closing = call.app.closing.clone();
    let listener = Listener {
        _seat: seat,
        app: call.app,
        parts,
        actor: call.actor,
        passed,
        next: page.next,
        unsent: page.events.into(),
        beat_at: Instant::now(),
        first: true,
    };
    let stream = stream::unfold(listener, |mut listener| async move {
        let event = listener.next_event().await?;
        Some((Ok::<_, Infallible>(event), listener))
    });
    Ok(Sse::new(stream.take_until(closing)).into_response())
}

/// Somebody who follows the log.
struct Listener {
    _seat: Seat,
    app: Arc<App>,
    /// The request, by which it is told again and again who listens.
    parts: Parts,
    actor: Actor,
    /// The last place that the listener has been told or can skip.
    passed: Cursor,
    /// Where the log is read next.
    next: Cursor,
    /// At most one page.
    unsent: VecDeque<Logged>,
    beat_at: Instant,
    first: bool,
}

impl Listener {
    /// Waits for what is to be sent next; nothing at the end of the stream.
    async fn next_event(&mut self) -> Option<Event> {
        loop {
            if Instant::now() >= self.beat_at {
                if !std::mem::take(&mut self.first) {
                    self.look_again().await?;
                }
                self.beat_at = Instant::now() + HEARTBEAT;
                return Some(Event::default().event("heartbeat").id(self.passed.as_str()).data("{}"));
            }
            if let Some(logged) = self.unsent.pop_front() {
                let data = feed(&logged.envelope, &self.actor);
                let event = Event::default().event(logged.envelope.event.name()).data(data);
                let event = event.id(logged.cursor.as_str());
                self.passed = logged.cursor;
                return Some(event);
            }
            self.passed.clone_from(&self.next);
            // Asked for before the log is read: what is written in between still wakes.
            let changed = self.app.desk.store().changed();
            let page = self.app.desk.feed(&self.actor, &self.next, BATCH).await.ok()?;
            // Whoever was signed out since the last page hears nothing of this one.
            if !page.events.is_empty() && self.look_again().await? {
                continue;
            }
            let stands = page.next == self.next;
            self.next = page.next;
            self.unsent = page.events.into();
            if self.unsent.is_empty() && stands {
                let wait = POLL.min(self.beat_at.saturating_duration_since(Instant::now()));
                match select(changed, Box::pin(sleep(wait))).await {
                    Either::Left(_) | Either::Right(_) => {}
                }
            }
        }
    }

    /// Asks again who listens: roles and revocation count at once, and a changed person ends the stream. Says whether
    /// their reach has changed.
    async fn look_again(&mut self) -> Option<bool> {
        let actor = self.app.identity.identify(&self.app.desk, &self.parts).await.ok()??;
        let same = actor.tenant() == self.actor.tenant() && actor.as_ref() == self.actor.as_ref();
        if !same {
            return None;
        }
        let changed = actor != self.actor;
        if changed {
            // What was read for another reach is read anew.
            self.unsent.clear();
            self.next.clone_from(&self.passed);
            self.actor = actor;
        }
        Some(changed)
    }
}
