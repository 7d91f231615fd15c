//! What handlers take: who calls, the body, the query, and ids in the path. Every refusal names the field.

use std::ops::Deref;
use std::str::FromStr;
use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, MatchedPath, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use bytes::Bytes;
use serde::de::{DeserializeOwned, IgnoredAny};
use sha2::{Digest, Sha256};
use support_core::Error;
use support_core::desk::{Done, Once, Options, UseCase};
use support_core::people::Actor;
use support_core::store::{PageCursor, Query};

use crate::error::ApiError;
use crate::fields::Unique;
use crate::mount::App;
use crate::reply::Page;

/// Items of a page unless asked otherwise.
const PAGE: u32 = 50;
/// Most items of a page.
const PAGE_LIMIT: u32 = 200;
/// Seconds for which an idempotency key is kept.
const ONCE_SECONDS: i64 = 86_400;
/// Longest idempotency key, in bytes.
const KEY_LIMIT: usize = 255;
/// How often a change is merged anew with what others wrote meanwhile.
pub(crate) const MERGES: u32 = 10;

/// Who calls, and under which conditions.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) app: Arc<App>,
    pub(crate) actor: Actor,
    if_match: Option<u64>,
    key: Option<String>,
    method: String,
    route: String,
    path: String,
    query: String,
}

impl FromRequestParts<Arc<App>> for Call {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let actor = app
            .identity
            .identify(&app.desk, parts)
            .await
            .map_err(|_| ApiError::busy("identity_unavailable", "who asks cannot be told now"))?
            .ok_or_else(ApiError::unauthenticated)?;
        let route = parts.extensions.get::<MatchedPath>().map(|path| path.as_str().to_owned());
        Ok(Self {
            app: app.clone(),
            actor,
            if_match: if_match(&parts.headers)?,
            key: key(&parts.headers)?,
            method: parts.method.to_string(),
            route: route.unwrap_or_default(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
        })
    }
}

impl Call {
    /// Makes the request conditional on a version that its body names.
    pub(crate) fn only_at(self, version: u64) -> Result<Self, ApiError> {
        if self.if_match.is_some_and(|asked| asked != version) {
            return Err(ApiError::invalid("version", "is not the one of `If-Match`"));
        }
        Ok(Self { if_match: Some(version), ..self })
    }

    /// Runs a use-case under the conditions of the request's headers. `body` is what an idempotency key stands for.
    pub(crate) async fn run<U: UseCase>(&self, body: &[u8], wanted: &U) -> Result<Done<U::Reply>, ApiError> {
        let options = Options { if_match: self.if_match, once: self.once(body, "") };
        Ok(self.app.desk.run_with(&self.actor, wanted, &options).await?)
    }

    /// Runs a use-case that was merged with what stood at a version, on the condition that it still stands. `Ok(None)`
    /// where it does not: read and merge again. A caller who named a version decides by that alone.
    pub(crate) async fn run_merged<U: UseCase>(
        &self,
        body: &[u8],
        version: u64,
        wanted: &U,
    ) -> Result<Option<Done<U::Reply>>, ApiError> {
        let options = Options { if_match: self.if_match.or(Some(version)), once: self.once(body, "") };
        match self.app.desk.run_with(&self.actor, wanted, &options).await {
            Err(Error::Stale { .. }) if self.if_match.is_none() => Ok(None),
            done => Ok(Some(done?)),
        }
    }

    /// Runs one of several use-cases of a request: each is remembered under the request's key and its own name.
    pub(crate) async fn run_part<U: UseCase>(
        &self,
        body: &[u8],
        part: &str,
        wanted: &U,
    ) -> Result<Done<U::Reply>, ApiError> {
        let options = Options { if_match: None, once: self.once(body, part) };
        Ok(self.app.desk.run_with(&self.actor, wanted, &options).await?)
    }

    pub(crate) fn once(&self, body: &[u8], part: &str) -> Option<Once> {
        self.key.as_ref().map(|key| {
            let who = format!("{:?}", self.actor.as_ref());
            let (method, route) = (self.method.as_bytes(), self.route.as_bytes());
            let scope = [who.as_bytes(), method, route, key.as_bytes(), part.as_bytes()];
            let scope = if part.is_empty() { scope.get(..4).unwrap_or_default() } else { &scope };
            let name = self.app.digests.digest(scope);
            Once {
                key: format!("http/{}", hex(&name)),
                digest: self.app.digests.digest(&[self.path.as_bytes(), body]),
                expires_at: self.app.desk.now().plus_seconds(ONCE_SECONDS),
            }
        })
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing into a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn if_match(headers: &HeaderMap) -> Result<Option<u64>, ApiError> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let version =
        value.to_str().ok().and_then(|text| text.trim().strip_prefix('"')?.strip_suffix('"')?.parse().ok());
    version
        .map(Some)
        .ok_or_else(|| ApiError::unreadable("`If-Match` must be a version in double quotes, such as \"3\""))
}

fn key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().ok().filter(|key| !key.is_empty() && key.len() <= KEY_LIMIT);
    key.map(|key| Some(key.to_owned()))
        .ok_or_else(|| ApiError::unreadable("`Idempotency-Key` must be 1 to 255 visible ASCII characters"))
}

/// A JSON body. Unknown fields, wrong types and missing fields are 422 with the field's path; what is no JSON is 400.
#[derive(Debug)]
pub(crate) struct Body<T> {
    pub(crate) value: T,
    /// The bytes as they came.
    pub(crate) bytes: Bytes,
}

impl<T: DeserializeOwned> FromRequest<Arc<App>> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, ApiError> {
        let RawBody(bytes) = RawBody::from_request(request, app).await?;
        Ok(Self { value: parse(&bytes)?, bytes })
    }
}

/// A JSON body as it came, for handlers that read it differently for different callers.
#[derive(Debug)]
pub(crate) struct RawBody(pub(crate) Bytes);

impl FromRequest<Arc<App>> for RawBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, ApiError> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let json = kind.is_some_and(|kind| {
            let kind = kind.split(';').next().unwrap_or_default().trim();
            kind.eq_ignore_ascii_case("application/json") || kind.to_ascii_lowercase().ends_with("+json")
        });
        if !json {
            return Err(ApiError::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "send `Content-Type: application/json`",
            ));
        }
        whole(request, app).await.map(Self)
    }
}

/// No body, or an empty object: for commands that need nothing but their route.
#[derive(Debug)]
pub(crate) struct NoBody;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

impl FromRequest<Arc<App>> for NoBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, ApiError> {
        let bytes = whole(request, app).await?;
        if !bytes.is_empty() {
            parse::<Nothing>(&bytes)?;
        }
        Ok(Self)
    }
}

/// A JSON body that need not be sent.
#[derive(Debug)]
pub(crate) struct MaybeBody<T> {
    pub(crate) value: T,
    /// The bytes as they came.
    pub(crate) bytes: Bytes,
}

impl<T: DeserializeOwned + Default> FromRequest<Arc<App>> for MaybeBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, ApiError> {
        let bytes = whole(request, app).await?;
        let value = if bytes.is_empty() { T::default() } else { parse(&bytes)? };
        Ok(Self { value, bytes })
    }
}

async fn whole(request: Request, app: &Arc<App>) -> Result<Bytes, ApiError> {
    Bytes::from_request(request, app).await.map_err(|rejection| {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "the body is too large")
        } else {
            ApiError::unreadable("the body could not be read")
        }
    })
}

/// Reads JSON, naming the field that cannot be accepted and never repeating what was sent. What names a field or a key of
/// a map twice is refused.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    // A parser of objects would take a list of their fields in order too.
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        return Err(ApiError::invalid("body", "must be an object"));
    }
    let value = whole_json(bytes)?;
    // A parser of maps would take the last of keys that are given twice.
    whole_json::<Unique>(bytes)?;
    Ok(value)
}

/// Reads JSON with nothing behind it.
pub(crate) fn whole_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let field = error.path().to_string();
        let inner = error.into_inner();
        if inner.is_data() {
            named(&field, "body", &inner.to_string())
        } else if is_json(bytes) {
            // A parser of enums calls a wrong form bad syntax, and so what it takes no more of.
            ApiError::invalid(if field == "." { "body" } else { &field }, accepted(&inner.to_string()))
        } else {
            ApiError::unreadable(format!(
                "the body is no JSON (line {}, column {})",
                inner.line(),
                inner.column()
            ))
        }
    })?;
    reader.end().map_err(|_| ApiError::unreadable("the body goes on after its JSON"))?;
    Ok(value)
}

/// Tells whether bytes are JSON, whatever it says.
fn is_json(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok() && serde_json::from_slice::<IgnoredAny>(bytes).is_ok()
}

/// Says what JSON must be that a parser takes for none.
fn accepted(message: &str) -> &'static str {
    if message.starts_with("recursion limit") {
        "must not be nested so deep"
    } else if message.starts_with("number out of range") {
        "must be a number within bounds"
    } else if message.contains("hex escape") {
        "must be text of whole Unicode characters"
    } else {
        FORMS
    }
}

/// What an enum must be whose form is none of those that it has.
const FORMS: &str = "must be one of the accepted forms";

/// Names the field that a parser complains of: one that is missing by its own name, not by that of what misses it.
fn named(path: &str, root: &str, message: &str) -> ApiError {
    let path = if path == "." { "" } else { path };
    let about = |start: &str| message.strip_prefix(start)?.split_once('`').map(|(name, _)| name);
    let problem = match (about("missing field `"), about("duplicate field `")) {
        (Some(name), _) => Some((name, "must be given")),
        (None, Some(name)) => Some((name, "must not be given twice")),
        (None, None) => None,
    };
    match problem {
        Some((name, problem)) if path.is_empty() => ApiError::invalid(name, problem),
        Some((name, problem)) => ApiError::invalid(format!("{path}.{name}"), problem),
        None => ApiError::invalid(if path.is_empty() { root } else { path }, plain(message)),
    }
}

/// Cuts from a parser's message what repeats the input, and where in it that stood.
fn plain(message: &str) -> String {
    let message = message.rsplit_once(" at line ").map_or(message, |(message, _)| message);
    match message.rsplit_once("expected ") {
        Some((before, expected)) if before.starts_with("invalid ") => {
            format!("must be {}", in_json(expected))
        }
        _ if message.starts_with("UUID parsing failed") => "must be a UUID".to_owned(),
        _ if message.starts_with("unknown variant") => "is not one of the accepted values".to_owned(),
        _ if message.starts_with("data did not match any variant of untagged enum") => FORMS.to_owned(),
        _ if message.starts_with("invalid digit found in string")
            || message.starts_with("number too ")
            || message.starts_with("cannot parse integer") =>
        {
            "must be a whole number within bounds".to_owned()
        }
        _ => message.to_owned(),
    }
}

/// Says in the words of JSON what a parser expects in its own.
fn in_json(expected: &str) -> &str {
    match expected {
        "a map" => "an object",
        "a sequence" => "a list",
        "unit variant" | "newtype variant" | "tuple variant" | "struct variant" => {
            "one of the accepted forms"
        }
        "a formatted UUID string" => "a UUID",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number within bounds",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, 0 or more, within bounds",
        "f32" | "f64" => "a number",
        _ if expected.starts_with("struct ") => "an object",
        _ => expected,
    }
}

/// A query string. Unknown parameters and wrong values are 422 with the parameter's name.
#[derive(Debug)]
pub(crate) struct Params<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<Arc<App>> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _app: &Arc<App>) -> Result<Self, ApiError> {
        params(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

/// Reads a query string.
pub(crate) fn params<T: DeserializeOwned>(query: &str) -> Result<T, ApiError> {
    let reader = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
    serde_path_to_error::deserialize(reader).map_err(|error| {
        let field = error.path().to_string();
        let message = error.into_inner().to_string();
        match message.strip_prefix("unknown field `").and_then(|rest| rest.split_once('`')) {
            Some((unknown, _)) => ApiError::invalid(unknown, plain(&message)),
            None => named(&field, "query", &message),
        }
    })
}

/// Reads one value of a query or a path by its usual spelling.
pub(crate) fn read<T: FromStr<Err: std::fmt::Display>>(
    field: &str,
    text: Option<&str>,
) -> Result<Option<T>, ApiError> {
    text.map(|text| text.parse().map_err(|problem| ApiError::invalid(field, problem))).transpose()
}

impl<T> Deref for Params<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// An id in the path. What is no id names nothing: 404, as for an unknown one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Id<T>(pub(crate) T);

impl<T: FromStr + Send> FromRequestParts<Arc<App>> for Id<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let path = Path::<String>::from_request_parts(parts, app).await.map_err(|_| ApiError::not_found())?;
        path.0.parse().map(Self).map_err(|_| ApiError::not_found())
    }
}

/// Reads `limit`: 1–200, 50 unless given.
pub(crate) fn limit(limit: Option<u32>) -> Result<u32, ApiError> {
    let limit = limit.unwrap_or(PAGE);
    if (1..=PAGE_LIMIT.min(Query::MOST)).contains(&limit) {
        Ok(limit)
    } else {
        Err(ApiError::invalid("limit", format!("must be 1 to {PAGE_LIMIT}")))
    }
}

/// Parameters that say how much of a list is shown and how, not what is in it.
const PAGING: [&str; 3] = ["limit", "cursor", "include"];
/// Letters of the mark of a list in its cursors.
const MARK: usize = 8;

/// Marks a list: its path, with the filters and the order that were asked for.
fn list_mark(path: &str, query: &str) -> String {
    let mut asked: Vec<_> =
        form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| !PAGING.contains(&&**name)).collect();
    asked.sort_unstable();
    let mut list = form_urlencoded::Serializer::new(String::new());
    list.append_pair("", &path.to_ascii_lowercase()).extend_pairs(asked);
    let mut mark = hex(&Sha256::digest(list.finish()));
    mark.truncate(MARK);
    mark
}

/// Renders where the list at a path goes on that another answer begins.
pub(crate) fn next_at(path: &str, place: Option<PageCursor>) -> Option<String> {
    place.map(|place| format!("{}{place}", list_mark(path, "")))
}

impl Call {
    /// Reads `cursor`. A place in another list, or in this one with another filter or order, is none here.
    pub(crate) fn cursor(&self, cursor: Option<&str>) -> Result<Option<PageCursor>, ApiError> {
        let place = self.place(cursor)?;
        place.map(|text| text.parse().map_err(|problem| ApiError::invalid("cursor", problem))).transpose()
    }

    /// Takes the list's mark off a cursor.
    pub(crate) fn place<'a>(&self, cursor: Option<&'a str>) -> Result<Option<&'a str>, ApiError> {
        let Some(text) = cursor else { return Ok(None) };
        let place = text.strip_prefix(&list_mark(&self.path, &self.query));
        place.map(Some).ok_or_else(|| ApiError::invalid("cursor", "not a cursor that this list gave"))
    }

    /// Renders where a list goes on.
    pub(crate) fn next(&self, place: Option<impl std::fmt::Display>) -> Option<String> {
        place.map(|place| format!("{}{place}", list_mark(&self.path, &self.query)))
    }

    /// Renders a page of a list.
    pub(crate) fn page<T>(&self, items: Vec<T>, next: Option<PageCursor>) -> Page<T> {
        Page { items, next_cursor: self.next(next) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read")]
    struct Wanted {
        name: String,
        level: Option<u8>,
        id: Option<uuid::Uuid>,
        inner: Option<Inner>,
        map: Option<BTreeMap<String, u8>>,
        list: Option<Vec<String>>,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read")]
    struct Inner {
        name: String,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read")]
    struct Chosen {
        form: Option<Form>,
        either: Option<Either>,
        #[serde(default)]
        must: Vec<Form>,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(rename_all = "snake_case")]
    #[expect(dead_code, reason = "only read")]
    enum Form {
        On(Vec<String>),
        Since { seconds: f64 },
        Not(Box<Self>),
        Never,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(untagged)]
    #[expect(dead_code, reason = "only read")]
    enum Either {
        Number(u8),
        List(Vec<u8>),
    }

    #[test]
    fn json_of_a_form_that_an_enum_does_not_have_is_refused_by_its_field() {
        let deep = format!(r#"{{"form": {}"never"{}}}"#, r#"{"not": "#.repeat(200), "}".repeat(200));
        for (body, field, problem) in [
            (r#"{"form": {}}"#, "form", FORMS),
            (r#"{"form": 5}"#, "form", FORMS),
            (r#"{"form": []}"#, "form", FORMS),
            (r#"{"must": [null]}"#, "must[0]", FORMS),
            (r#"{"form": "on"}"#, "form.on", FORMS),
            (r#"{"form": {"on": [], "since": {"seconds": 1}}}"#, "form", FORMS),
            (
                r#"{"form": {"since": {"seconds": 1e999}}}"#,
                "form.since.seconds",
                "must be a number within bounds",
            ),
            (r#"{"form": {"when": 1}}"#, "form", "is not one of the accepted values"),
            (r#"{"either": "x"}"#, "either", FORMS),
            (r#"{"form": {"on": ["\ud800"]}}"#, "form.on[0]", "must be text of whole Unicode characters"),
        ] {
            let (found, said) = refused(parse::<Chosen>(body.as_bytes()));
            assert_eq!(said, problem, "{body}");
            assert!(found.starts_with(field.split('.').next().unwrap()), "{body}: {found}");
        }
        let (field, problem) = refused(parse::<Chosen>(deep.as_bytes()));
        assert!(field.starts_with("form"), "{field}");
        assert_eq!(problem, "must not be nested so deep");
    }

    #[test]
    fn what_is_no_json_is_bad_syntax_whatever_stands_before_the_fault() {
        let not_utf8 = b"{\"form\": {\"on\": [\"\xff\"]}}".as_slice();
        let texts = [r#"{"form": {}"#, r#"{"form": nul}"#, r#"{"form": {}} x"#, "", r#"{"form": 01}"#];
        for body in texts.map(str::as_bytes).into_iter().chain([not_utf8]) {
            assert_eq!(parse::<Chosen>(body).unwrap_err().status, StatusCode::BAD_REQUEST);
        }
    }

    fn refused<T: std::fmt::Debug>(read: Result<T, ApiError>) -> (String, String) {
        let mut error = read.unwrap_err();
        assert_eq!(error.status, StatusCode::UNPROCESSABLE_ENTITY);
        let problem = error.errors.remove(0);
        (problem.field, problem.problem)
    }

    #[test]
    fn a_wrong_body_is_refused_in_the_words_of_json() {
        for (body, field, problem) in [
            (r#"["a", 1, null, null, null, null]"#, "body", "must be an object"),
            (" \n[]", "body", "must be an object"),
            (r#""a""#, "body", "must be an object"),
            (r#"{"name": "a", "inner": 5}"#, "inner", "must be an object"),
            (r#"{"name": "a", "map": 5}"#, "map", "must be an object"),
            (r#"{"name": "a", "list": {}}"#, "list", "must be a list"),
            (r#"{"name": "a", "level": 256}"#, "level", "must be a whole number, 0 or more, within bounds"),
            (r#"{"name": "a", "id": 5}"#, "id", "must be a UUID"),
            (r#"{"name": "a", "id": "x"}"#, "id", "must be a UUID"),
            (r#"{"name": "a", "name": "b"}"#, "name", "must not be given twice"),
            (
                r#"{"name": "a", "inner": {"name": "a", "name": "b"}}"#,
                "inner.name",
                "must not be given twice",
            ),
            (r#"{"name": "a", "inner": {}}"#, "inner.name", "must be given"),
            ("{}", "name", "must be given"),
        ] {
            let expected = (field.to_owned(), problem.to_owned());
            assert_eq!(refused(parse::<Wanted>(body.as_bytes())), expected, "{body}");
        }
    }

    #[test]
    fn a_parameter_that_is_given_twice_or_unknown_is_named() {
        assert_eq!(refused(params::<Inner>("name=a&name=b")).0, "name");
        assert_eq!(refused(params::<Inner>("")).0, "name");
        assert_eq!(refused(params::<Inner>("nothing=a")).0, "nothing");
        let whole = ("level".to_owned(), "must be a whole number within bounds".to_owned());
        for wrong in ["x", "-1", "256", ""] {
            assert_eq!(refused(params::<Wanted>(&format!("name=a&level={wrong}"))), whole, "{wrong}");
        }
    }
}
