//! Signing in with an e-mail address and a password.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use support_core::Error;
use support_core::desk::{Me, Register, SetPassword, SignedIn};
use support_core::id::{SessionId, TenantId};
use support_core::people::Actor;
use support_core::store::{Credential, LoginSubject, PasswordHash};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::attempts::{Peer, Who};
use crate::error::{ApiError, Problem};
use crate::extract::{Body, Call};
use crate::mount::{App, SignIn};
use crate::reply::Json;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default()
        .routes(routes!(login))
        .routes(routes!(refresh))
        .routes(routes!(register))
        .routes(routes!(logout))
        .routes(routes!(me))
        .routes(routes!(password))
}

/// An e-mail address and a password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Login {
    email: String,
    password: String,
}

/// The newest refresh token of a session.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Refresh {
    refresh_token: String,
}

/// A customer's new account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewAccount {
    /// 1–200 characters.
    name: String,
    email: String,
    /// 8 characters to 1,024 bytes.
    password: String,
}

/// A change of one's own password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPassword {
    current_password: String,
    /// 8 characters to 1,024 bytes.
    new_password: String,
}

/// A session: the access token goes with each request, the refresh token continues the session once.
#[derive(Serialize, ToSchema)]
struct SessionBody {
    access_token: String,
    refresh_token: String,
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// Seconds for which the access token is good.
    expires_in_seconds: i64,
    user: UserBody,
}

/// Who has signed in. An agent's user id is its agent id, a customer's its customer id.
#[derive(Serialize, ToSchema)]
struct UserBody {
    id: Uuid,
    email: Option<String>,
    name: String,
    /// The agent's role, or `customer`.
    role: String,
}

impl From<Me> for UserBody {
    fn from(me: Me) -> Self {
        Self { id: me.id, email: me.email, name: me.name, role: me.role }
    }
}

/// Signs in. A wrong password and an unknown address are answered alike.
#[utoipa::path(post, path = "/auth/login", tag = "sign-in", security(()), request_body = Login, responses(
    (status = 200, body = SessionBody),
    (status = 401, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
    (status = 429, body = Problem, content_type = "application/problem+json"),
))]
async fn login(
    State(app): State<Arc<App>>,
    peer: Peer,
    body: Body<Login>,
) -> Result<Json<SessionBody>, ApiError> {
    let tenant = mounted(&app)?.tenant;
    let Login { email, password } = body.value;
    let who = attempt(&app, peer, &[b"sign-in address", email.trim().to_lowercase().as_bytes()])?;
    let take = |taken: &Mutex<Option<String>>, hash: Option<&str>| {
        *taken.lock().unwrap_or_else(PoisonError::into_inner) = hash.map(str::to_owned);
        false
    };
    let hash = Mutex::new(None);
    let check = |found: Option<&str>| take(&hash, found);
    app.desk.identify(&Credential::Password { tenant, email: email.trim(), check: &check }).await?;
    let hash = hash.into_inner().unwrap_or_else(PoisonError::into_inner);
    let good = app.attempts.matches(password, hash.clone()).await?;
    let signed = match hash.filter(|_| good) {
        Some(hash) => session_of(&app, tenant, &email, &hash).await?,
        None => None,
    };
    let Some(signed) = signed else {
        // Noted on the side, so that a known address takes no longer than an unknown one.
        tokio::spawn(async move {
            if let Err(error) = app.desk.sign_in_refused_for(tenant, &email).await {
                tracing::warn!(%error, "a refused sign-in could not be noted");
            }
        });
        return Err(ApiError::new(
            StatusCode::UNAUTHORIZED,
            "invalid_credentials",
            "the address or the password is wrong",
        ));
    };
    app.attempts.succeeded(&who);
    Ok(Json(rendered(&app, &signed).await?))
}

/// Continues a session. The refresh token is changed; one that was used before ends the session.
#[utoipa::path(post, path = "/auth/refresh", tag = "sign-in", security(()), request_body = Refresh, responses(
    (status = 200, body = SessionBody),
    (status = 401, body = Problem, content_type = "application/problem+json"),
))]
async fn refresh(State(app): State<Arc<App>>, body: Body<Refresh>) -> Result<Json<SessionBody>, ApiError> {
    let tenant = mounted(&app)?.tenant;
    let refused = || {
        ApiError::new(
            StatusCode::UNAUTHORIZED,
            "invalid_refresh_token",
            "the session has ended; sign in again",
        )
    };
    let (session, secret) = read_refresh(&body.value.refresh_token).ok_or_else(refused)?;
    let signed = app.desk.refresh(tenant, session, &secret).await?.ok_or_else(refused)?;
    Ok(Json(rendered(&app, &signed).await?))
}

/// Makes an account for a customer and signs them in. The address stays unverified.
#[utoipa::path(post, path = "/auth/register", tag = "sign-in", security(()), request_body = NewAccount, responses(
    (status = 201, body = SessionBody),
    (status = 422, body = Problem, content_type = "application/problem+json"),
    (status = 429, body = Problem, content_type = "application/problem+json"),
))]
async fn register(
    State(app): State<Arc<App>>,
    peer: Peer,
    body: Body<NewAccount>,
) -> Result<(StatusCode, Json<SessionBody>), ApiError> {
    let tenant = mounted(&app)?.tenant;
    let NewAccount { name, email, password } = body.value;
    attempt(&app, peer, &[b"register", email.trim().to_lowercase().as_bytes()])?;
    let hash = app.attempts.hash("password", password).await?;
    let wanted = Register { name, email: email.clone(), hash: hash.clone() };
    app.desk.run(&Actor::Host(tenant), &wanted).await.map_err(|error| match error {
        // Which account has the address, and whose it is, is nobody's business.
        Error::Invalid(fields) if fields.iter().any(|f| f.field == "email" || f.field == "addresses") => {
            ApiError::invalid("email", "cannot be used for a new account")
        }
        Error::Invalid(fields) => ApiError::fields(
            fields
                .into_iter()
                .map(|mut problem| {
                    problem.field = problem.field.trim_start_matches("customer.").to_owned();
                    problem.into()
                })
                .collect(),
        ),
        error => error.into(),
    })?;
    let signed = session_of(&app, tenant, &email, hash.expose()).await?;
    let signed = signed.ok_or_else(ApiError::unauthenticated)?;
    Ok((StatusCode::CREATED, Json(rendered(&app, &signed).await?)))
}

/// Ends the session, and with it every token of it.
#[utoipa::path(post, path = "/auth/logout", tag = "sign-in", responses(
    (status = 204),
    (status = 401, body = Problem, content_type = "application/problem+json"),
))]
async fn logout(call: Call, session: Session) -> Result<StatusCode, ApiError> {
    call.app.desk.sign_out(call.actor.tenant(), session.0).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Tells who has signed in.
#[utoipa::path(get, path = "/auth/me", tag = "sign-in", responses(
    (status = 200, body = UserBody),
    (status = 401, body = Problem, content_type = "application/problem+json"),
))]
async fn me(call: Call) -> Result<Json<UserBody>, ApiError> {
    Ok(Json(call.app.desk.me(&call.actor).await?.into()))
}

/// Changes one's own password. Every session ends; the answer is a new one.
#[utoipa::path(post, path = "/auth/password", tag = "sign-in", request_body = NewPassword, responses(
    (status = 200, body = SessionBody),
    (status = 401, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
    (status = 429, body = Problem, content_type = "application/problem+json"),
))]
async fn password(call: Call, body: Body<NewPassword>) -> Result<Json<SessionBody>, ApiError> {
    let app = &call.app;
    let tenant = call.actor.tenant();
    let subject = match &call.actor {
        Actor::Agent(agent) => LoginSubject::Agent(agent.id),
        Actor::Customer(customer) => LoginSubject::Customer(customer.id),
        Actor::Host(_) => return Err(ApiError::not_found()),
    };
    let NewPassword { current_password, new_password } = body.value;
    let who = attempt(app, Peer::unknown(), &[b"own password", subject.uuid().as_bytes()])?;
    let found = Mutex::new(None);
    let take = |hash: Option<&str>| {
        *found.lock().unwrap_or_else(PoisonError::into_inner) = hash.map(str::to_owned);
        false
    };
    app.desk.check_password(&call.actor, &take).await?;
    let found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    let known = found.is_some();
    if !app.attempts.matches(current_password, found).await? {
        if known {
            app.desk.sign_in_refused(tenant, subject).await?;
        }
        return Err(ApiError::invalid("current_password", "is not the current password"));
    }
    app.attempts.succeeded(&who);
    let hash = app.attempts.hash("new_password", new_password).await?;
    app.desk.run(&call.actor, &SetPassword { subject, hash: hash.clone() }).await?;
    let email = app.desk.me(&call.actor).await?.email.unwrap_or_default();
    let signed = session_of(app, tenant, &email, hash.expose()).await?;
    let signed = signed.ok_or_else(ApiError::unauthenticated)?;
    Ok(Json(rendered(app, &signed).await?))
}

/// The session that the request's access token names.
struct Session(SessionId);

impl FromRequestParts<Arc<App>> for Session {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let session = mounted(app)?.secret.session_of(parts, app.desk.now());
        session.map(Self).ok_or_else(ApiError::unauthenticated)
    }
}

fn mounted(app: &App) -> Result<&SignIn, ApiError> {
    app.sign_in.as_ref().ok_or_else(ApiError::not_found)
}

/// Begins an attempt that counts as failed until it succeeds.
fn attempt(app: &App, peer: Peer, what: &[&[u8]]) -> Result<Vec<Who>, ApiError> {
    let mut who = vec![app.digests.digest(what)];
    who.extend(peer.who(app));
    app.attempts.begin(&who, app.desk.now())?;
    Ok(who)
}

/// Makes a session for whoever has this hash now.
async fn session_of(
    app: &App,
    tenant: TenantId,
    email: &str,
    hash: &str,
) -> Result<Option<SignedIn>, ApiError> {
    let wanted = PasswordHash::new(hash);
    let check = |found: Option<&str>| found == Some(wanted.expose());
    let expires_at = app.desk.now().plus_seconds(app.limits.session_seconds);
    Ok(app.desk.sign_in(tenant, email, &check, expires_at).await?)
}

async fn rendered(app: &App, signed: &SignedIn) -> Result<SessionBody, ApiError> {
    let now = app.desk.now();
    let ends = now.plus_seconds(app.limits.access_seconds).min(signed.expires_at);
    let access_token = mounted(app)?
        .secret
        .issue(signed.session, ends)
        .ok_or_else(|| ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the desk failed"))?;
    Ok(SessionBody {
        access_token,
        refresh_token: refresh_token(signed.session, &signed.refresh),
        token_type: "Bearer",
        expires_in_seconds: ends.seconds_since(now),
        user: app.desk.me(&signed.actor).await?.into(),
    })
}

/// A refresh token is the session's id and a secret, in base64url.
fn refresh_token(session: SessionId, secret: &[u8; 32]) -> String {
    URL_SAFE_NO_PAD.encode([session.uuid().as_bytes().as_slice(), secret].concat())
}

fn read_refresh(token: &str) -> Option<(SessionId, [u8; 32])> {
    if token.len() != 64 {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (session, secret) = bytes.split_at_checked(16)?;
    Some((SessionId::from_uuid(Uuid::from_slice(session).ok()?), secret.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refresh_token_is_read_as_it_was_written() {
        let session = SessionId::from_uuid(Uuid::from_u128(7));
        let token = refresh_token(session, &[9; 32]);
        assert_eq!(read_refresh(&token), Some((session, [9; 32])));
        for bad in [String::new(), format!("{token}A"), token.replace('A', "!"), "A".repeat(63)] {
            assert_eq!(read_refresh(&bad), None, "{bad}");
        }
    }
}
