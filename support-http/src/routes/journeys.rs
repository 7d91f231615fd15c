//! Journeys: questions that lead to a ticket. Staff make and publish them, customers go through the active one.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use support_core::desk::{
    JourneyStanding, JourneyView, PublishJourney, PutDocument, Requester, SubmitJourney,
};
use support_core::id::{BrandId, CustomerId, DocumentId};
use support_core::journey::{AnswerKind, Fill, Given, JourneySpec, Question, check};
use support_core::label::Label;
use support_core::store::DocumentKind;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::error::{ApiError, Problem, ProblemField};
use crate::extract::{self, Body, Call, Id, NoBody, Params, limit};
use crate::fields::object;
use crate::mount::App;
use crate::reply::{Json, Page, Versioned};

use super::tickets::{NewTicketCustomer, in_customer, made, requester};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default()
        .routes(routes!(list, create))
        .routes(routes!(read, replace))
        .routes(routes!(publish))
        .routes(routes!(step))
        .routes(routes!(progress))
        .routes(routes!(submit))
}

/// A journey. Customers are shown neither its questions at once nor what they make of a ticket: they go step by step.
#[derive(Serialize, ToSchema)]
struct JourneyBody {
    id: Uuid,
    name: String,
    /// Where customers meet it.
    entry_point: String,
    brand_id: Option<Uuid>,
    /// `draft`, `active` or `archived`: one journey is active at each place of a brand.
    state: &'static str,
    /// The version that customers meet, while it is active.
    published_version: Option<u64>,
    /// The first question.
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<String>,
    /// As in the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    questions: Option<Vec<Question>>,
    /// As in the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    ticket: Option<Vec<Fill>>,
    /// What keeps this version from being published. Lists leave it out: to find it, all ways are walked.
    #[serde(skip_serializing_if = "Option::is_none")]
    problems: Option<Vec<ProblemField>>,
    version: u64,
    created_at: String,
    updated_at: String,
}

impl JourneyBody {
    /// Renders a journey with what keeps it from being published.
    fn checked(call: &Call, view: JourneyView) -> Self {
        // What is published has no flaws.
        let sound = view.published_version == Some(view.version);
        let problems = call.actor.is_staff().then(|| {
            let flaws = if sound { Vec::new() } else { check(&view.spec) };
            let problems = flaws.into_iter();
            problems.map(|flaw| ProblemField { field: flaw.field, problem: flaw.problem }).collect()
        });
        Self { problems, ..Self::listed(call, view) }
    }

    /// Renders a journey unchecked.
    fn listed(call: &Call, view: JourneyView) -> Self {
        let JourneyView { id, version, state, published_version, spec, created_at, updated_at } = view;
        let staff = call.actor.is_staff();
        let JourneySpec { name, entry_point, brand_id, start, questions, ticket } = spec;
        Self {
            id: id.uuid(),
            name,
            entry_point: entry_point.to_string(),
            brand_id: brand_id.map(BrandId::uuid),
            state: state.as_str(),
            published_version,
            start: staff.then(|| start.to_string()),
            questions: staff.then_some(questions),
            ticket: staff.then_some(ticket),
            problems: None,
            version,
            created_at: created_at.to_string(),
            updated_at: updated_at.to_string(),
        }
    }
}

/// A journey as it is made. A draft may have questions that lead nowhere; what is published may not.
#[derive(ToSchema)]
#[expect(dead_code, reason = "documents what `JourneySpec` reads")]
struct NewJourney {
    /// 1–1,000 characters; the subject of its tickets where nothing else fills it.
    name: String,
    /// Where customers meet it. Cannot change.
    #[schema(example = "main")]
    entry_point: String,
    /// In which brand. Cannot change.
    brand_id: Option<Uuid>,
    /// The first question.
    start: String,
    /// `{id, text, help?, answer, required?, next: [{when?, to}]}`. `answer` is one of `{single_choice: {options:
    /// [{value, text}]}}`, `{multiple_choice: {options, min?, max?}}`, `{text: {min_length?, max_length?, pattern?}}`,
    /// `{number: {min?, max?, step?}}`, `{date: {min?, max?}}`, `{images: {min_count?, max_count?, max_size_bytes?,
    /// content_types?}}` and `"information"`. The first edge of `next` that holds is taken; `to: null` completes.
    /// Conditions are `{all|any|none: [...]}`, `{answered: {question}}`, `{is: {question, any_of}}`,
    /// `{at_least|below: {question, number}}` and `{from|before: {question, date}}`, of any earlier answer.
    #[schema(value_type = Vec<Object>)]
    questions: Vec<Question>,
    /// `{when?, subject?, message?, category?, priority?, team_id?, tags?, skills?, custom_fields?}`: those that hold are
    /// applied in order. Texts are templates in which `{{question}}` is its answer, `{{question|none}}` with a default. A
    /// field is `{answer: question}`, `{text}`, `{number}` or `{flag}`.
    #[schema(value_type = Option<Vec<Object>>)]
    ticket: Option<Vec<Fill>>,
}

/// Which journeys.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Which {
    /// Only those of this place.
    entry_point: Option<String>,
    /// Only those of this brand.
    brand_id: Option<String>,
    /// 1–200, 50 unless given.
    limit: Option<u32>,
    /// Where to go on.
    cursor: Option<String>,
}

/// Lists journeys, oldest first; to customers the active ones.
#[utoipa::path(get, path = "/journeys", tag = "journeys", params(Which), responses(
    (status = 200, body = Page<JourneyBody>),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn list(call: Call, which: Params<Which>) -> Result<Json<Page<JourneyBody>>, ApiError> {
    let place = extract::read::<Label>("entry_point", which.entry_point.as_deref())?;
    let brand = extract::read::<BrandId>("brand_id", which.brand_id.as_deref())?;
    let after = call.cursor(which.cursor.as_deref())?;
    let most = limit(which.limit)?;
    let (views, next) = call.app.desk.journeys(&call.actor, place.as_ref(), brand, most, after).await?;
    let items = views.into_iter().map(|view| JourneyBody::listed(&call, view));
    Ok(Json(call.page(items.collect(), next)))
}

/// Makes a journey, as a draft.
#[utoipa::path(post, path = "/journeys", tag = "journeys", request_body = NewJourney, responses(
    (status = 201, body = JourneyBody),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn create(call: Call, body: Body<JourneySpec>) -> Result<impl IntoResponse, ApiError> {
    let put = PutDocument::new(DocumentKind::Journey, object(&body.value)?.into());
    let done = call.run(&body.bytes, &put).await?;
    let (version, body) = shown(&call, done.reply().document_id).await?;
    Ok(Versioned::created(version, body).repeated(&done))
}

/// Reads a journey: its newest version; to customers the published one.
#[utoipa::path(get, path = "/journeys/{id}", tag = "journeys", params(("id" = Uuid, Path)), responses(
    (status = 200, body = JourneyBody),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 410, body = Problem, content_type = "application/problem+json"),
))]
async fn read(call: Call, Id(id): Id<DocumentId>) -> Result<impl IntoResponse, ApiError> {
    let (version, body) = shown(&call, id).await?;
    Ok(Versioned::ok(version, body))
}

/// Writes a new version of a journey. Customers meet it once it is published.
#[utoipa::path(put, path = "/journeys/{id}", tag = "journeys", params(("id" = Uuid, Path)), request_body = NewJourney, responses(
    (status = 200, body = JourneyBody),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 412, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn replace(
    call: Call,
    Id(id): Id<DocumentId>,
    body: Body<JourneySpec>,
) -> Result<impl IntoResponse, ApiError> {
    call.app.desk.document(&call.actor, DocumentKind::Journey, id).await?.ok_or_else(ApiError::not_found)?;
    let put = PutDocument::at(id, DocumentKind::Journey, object(&body.value)?.into());
    let done = call.run(&body.bytes, &put).await?;
    let (version, body) = shown(&call, id).await?;
    Ok(Versioned::ok(version, body).repeated(&done))
}

async fn shown(call: &Call, id: DocumentId) -> Result<(u64, JourneyBody), ApiError> {
    let view = call.app.desk.journey(&call.actor, id).await?;
    Ok((view.version, JourneyBody::checked(call, view)))
}

/// Lets customers meet the newest version of a journey. The one that was active at its place is archived with it; who has
/// begun that goes on in it, until it is submitted or forgotten.
#[utoipa::path(post, path = "/journeys/{id}/publish", tag = "journeys", params(("id" = Uuid, Path)), responses(
    (status = 200, body = JourneyBody),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 412, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn publish(call: Call, Id(id): Id<DocumentId>, _body: NoBody) -> Result<impl IntoResponse, ApiError> {
    let done = call.run(&[], &PublishJourney { id }).await?;
    let (version, body) = shown(&call, id).await?;
    Ok(Versioned::ok(version, body).repeated(&done))
}

/// Answers given so far.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GivenAnswers {
    /// By question: an option, a list of options, a text, a number, a day, a list of ids of uploads, or `null` for a
    /// question that is passed over.
    #[schema(value_type = BTreeMap<String, Value>)]
    answers: Given,
}

/// Where answers lead.
#[derive(Serialize, ToSchema)]
struct JourneyStepBody {
    journey_id: Uuid,
    /// The version that is gone through: the one that a customer has begun, else the published one.
    version: u64,
    /// Whether all is answered: the answers can be submitted.
    complete: bool,
    /// What is told before the question, or at the end.
    information: Vec<QuestionBody>,
    /// The next question; `null` when complete.
    question: Option<QuestionBody>,
    /// The answers that led here.
    #[schema(value_type = BTreeMap<String, Value>)]
    answers: BTreeMap<String, Value>,
    /// When a customer's answers were kept; `null` where they are not.
    saved_at: Option<String>,
    /// When they are forgotten.
    expires_at: Option<String>,
}

/// A question as it is asked.
#[derive(Serialize, ToSchema)]
struct QuestionBody {
    id: String,
    text: String,
    help: Option<String>,
    /// What an answer may be, as in the journey.
    #[schema(value_type = Value)]
    answer: AnswerKind,
    required: bool,
}

impl From<Question> for QuestionBody {
    fn from(question: Question) -> Self {
        let Question { id, text, help, answer, required, next: _ } = question;
        Self { id: id.to_string(), text, help, answer, required }
    }
}

impl From<JourneyStanding> for JourneyStepBody {
    fn from(standing: JourneyStanding) -> Self {
        let JourneyStanding { journey, information, question, answers, kept } = standing;
        let answers = answers
            .into_iter()
            .map(|(id, answer)| (id.to_string(), answer.map_or(Value::Null, |answer| answer.to_value())));
        Self {
            journey_id: journey.id.uuid(),
            version: journey.version,
            complete: question.is_none(),
            information: information.into_iter().map(QuestionBody::from).collect(),
            question: question.map(QuestionBody::from),
            answers: answers.collect(),
            saved_at: kept.map(|(at, _)| at.to_string()),
            expires_at: kept.map(|(_, at)| at.to_string()),
        }
    }
}

/// Finds the next question for the answers given so far, all of which are checked from the start. A customer's answers
/// are kept for them, so that they can go on another day.
#[utoipa::path(post, path = "/journeys/{id}/steps", tag = "journeys", params(("id" = Uuid, Path)), request_body = GivenAnswers, responses(
    (status = 200, body = JourneyStepBody),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 409, body = Problem, content_type = "application/problem+json"),
    (status = 410, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn step(
    call: Call,
    Id(id): Id<DocumentId>,
    body: Body<GivenAnswers>,
) -> Result<Json<JourneyStepBody>, ApiError> {
    let standing = call.app.desk.step_journey(&call.actor, id, &body.value.answers).await?;
    Ok(Json(standing.into()))
}

/// Finds how far the customer who asks has come, as after their latest step. Answers that were masked are asked for
/// again.
#[utoipa::path(get, path = "/journeys/{id}/progress", tag = "journeys", params(("id" = Uuid, Path)), responses(
    (status = 200, body = JourneyStepBody),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 410, body = Problem, content_type = "application/problem+json"),
))]
async fn progress(call: Call, Id(id): Id<DocumentId>) -> Result<Json<JourneyStepBody>, ApiError> {
    Ok(Json(call.app.desk.journey_progress(&call.actor, id).await?.into()))
}

/// Whole answers. A customer gives nothing but `answers`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Submission {
    /// As for a step.
    #[schema(value_type = BTreeMap<String, Value>)]
    answers: Given,
    /// Whose ticket it will be; staff give this or `customer`.
    #[schema(value_type = Option<Uuid>)]
    customer_id: Option<CustomerId>,
    /// Whose it will be: found by `external_id` or a verified address, else made.
    customer: Option<NewTicketCustomer>,
}

/// Opens a ticket with whole answers, which are checked from the start and kept with it. What a customer has begun is
/// submitted once (`journey_crossed`), until they begin anew.
#[utoipa::path(post, path = "/journeys/{id}/submit", tag = "journeys", params(("id" = Uuid, Path)), request_body = Submission, responses(
    (status = 201, body = crate::view::ticket::TicketBody),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 409, body = Problem, content_type = "application/problem+json"),
    (status = 410, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn submit(call: Call, Id(id): Id<DocumentId>, body: Body<Submission>) -> Result<Response, ApiError> {
    let Submission { answers, customer_id, customer } = body.value;
    // Who gives nobody means themselves, which the desk takes from customers alone.
    let requester = match (customer_id, customer) {
        (None, None) => Requester::Myself,
        (id, customer) => requester(id, customer)?,
    };
    let done = call.run(&body.bytes, &SubmitJourney { id, requester, answers }).await.map_err(in_customer)?;
    made(&call, &done).await
}
