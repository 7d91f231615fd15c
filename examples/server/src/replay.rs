//! `replay`: recorded conversations go through the real desk, on a clock of their own.

mod abcd;
mod ids;
mod lines;
mod model;
mod multidogo;
mod options;
mod play;
mod progress;
mod recorded;
mod report;
mod tally;

pub(crate) use options::ReplayArgs;
pub(crate) use recorded::RecordingError;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use support_core::desk::{CreateAgent, Desk, PutDocument, SetPresence};
use support_core::error::Error;
use support_core::id::TenantId;
use support_core::people::{Actor, Capacity, Presence, WorkKind};
use support_core::sla::Metric;
use support_core::sla::policy::{PolicySpec, TargetSpec};
use support_core::store::{Credential, Cursor, DocumentKind};
use support_core::time::{Clock as _, ManualClock, Timestamp};
use support_runtime::SystemClock;
use support_store_sqlite::{Durability, SqliteConfig, SqliteStore};

use crate::failure::Failure;
use crate::serve;
use ids::SeededIds;
use model::{Model, paces};
use play::{Part, Player, Seat};
use recorded::Recording;
use report::{Made, Report};

/// Seconds before the first conversation in which the desk is set up. A new configuration settles in three.
const SET_UP_SECONDS: i64 = 60;

/// Why recordings are not played.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReplayError {
    /// A file is wrong.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// Files with and without times.
    #[error("recordings with times and without cannot be played together: `{}` has times, `{}` has none", .0.display(), .1.display())]
    Mixed(PathBuf, PathBuf),
    /// The model was told something, and there is none.
    #[error("`{0}` is for recordings without times: what these hold is not modelled")]
    NotModelled(&'static str),
    /// Nothing was said.
    #[error("the recordings hold no conversation in which a customer says something")]
    Nothing,
    /// The database is not new.
    #[error("`{}` exists already: name a file that does not, or leave `--database` out", .0.display())]
    NotNew(PathBuf),
    /// A signal ended it.
    #[error("the replay was interrupted")]
    Interrupted,
    /// It stopped half-way.
    #[error("the replay stopped, and the database `{}` holds a part of it: remove it", path.display())]
    HalfPlayed {
        /// The database.
        path: PathBuf,
        /// Why.
        source: Box<Failure>,
    },
}

/// Plays recordings and prints the report.
pub(crate) fn run(args: &ReplayArgs, database: Option<&Path>) -> Result<ExitCode, Failure> {
    let recordings = read(args)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .map_err(Failure::system("starting a runtime"))?;
    let report = match database {
        Some(path) => {
            check_new(path)?;
            let half =
                |source| ReplayError::HalfPlayed { path: path.to_path_buf(), source: Box::new(source) };
            let store = open(path)?;
            runtime.block_on(until_signal(replay(args, &recordings, store))).map_err(half)?
        }
        None => {
            let folder = tempfile::tempdir().map_err(Failure::system("making a temporary folder"))?;
            let store = open(&folder.path().join("replay.db"))?;
            runtime.block_on(until_signal(replay(args, &recordings, store)))?
        }
    };
    let text = if args.json {
        let json = serde_json::to_string_pretty(&report);
        json.map_err(|error| Failure::system("printing the report")(error.into()))? + "\n"
    } else {
        report.to_string()
    };
    std::io::stdout().write_all(text.as_bytes()).map_err(Failure::system("printing the report"))?;
    Ok(ExitCode::SUCCESS)
}

/// Reads all files before anything is played.
fn read(args: &ReplayArgs) -> Result<Vec<Recording>, ReplayError> {
    let read = args.files.iter().map(|file| recorded::read(file, args.format));
    let recordings = read.collect::<Result<Vec<Recording>, _>>()?;
    let with = recordings.iter().find(|recording| recording.format.has_times());
    let without = recordings.iter().find(|recording| !recording.format.has_times());
    if let (Some(with), Some(without)) = (with, without) {
        return Err(ReplayError::Mixed(with.file.clone(), without.file.clone()));
    }
    if let (Some(_), Some(option)) = (with, args.model.first_given()) {
        return Err(ReplayError::NotModelled(option));
    }
    if recordings.iter().all(|recording| recording.conversations.is_empty()) {
        return Err(ReplayError::Nothing);
    }
    Ok(recordings)
}

/// Nothing is played into what exists: not into a desk, nor among the tables of something else.
fn check_new(database: &Path) -> Result<(), Failure> {
    serve::check_place(database)?;
    if database.exists() {
        return Err(ReplayError::NotNew(database.to_path_buf()).into());
    }
    Ok(())
}

/// Opens the database. What is lost with the machine can be played again, so no commit waits for the disk.
fn open(database: &Path) -> Result<SqliteStore, Failure> {
    // One thing happens at a time: a second reader would only be woken for nothing.
    let config = SqliteConfig::new(database).durability(Durability::Process).readers(1);
    SqliteStore::open(&config).map_err(Failure::database(database))
}

/// Lets a signal end the replay in order: its database is closed, and a temporary one deleted.
async fn until_signal(replay: impl Future<Output = Result<Report, Failure>>) -> Result<Report, Failure> {
    let stop = serve::stop_signal()?;
    tokio::select! {
        report = replay => report,
        () = stop => Err(ReplayError::Interrupted.into()),
    }
}

async fn replay(args: &ReplayArgs, recordings: &[Recording], store: SqliteStore) -> Result<Report, Failure> {
    let timed = recordings.iter().any(|recording| recording.format.has_times());
    let model = (!timed).then(|| args.model.model());
    let start = model.as_ref().map_or_else(|| first(recordings), |model| model.start);
    let clock = Arc::new(ManualClock::at(start.plus_seconds(-SET_UP_SECONDS)));
    let desk = Desk::new(Arc::new(store), clock.clone(), Arc::new(SeededIds::new(args.seed)));
    let host = Actor::Host(TenantId::SINGLE);
    let targets = targets(args);
    let seats = set_up(&desk, &host, &targets, &people(recordings, model.as_ref())).await?;
    // The new configuration settles before there are tickets.
    desk.tick().await?;
    clock.set(start.plus_seconds(-SET_UP_SECONDS / 2));
    desk.tick().await?;
    let cursor = desk.feed(&host, &Cursor::end(), 1).await?.next;
    let conversations = || recordings.iter().flat_map(|recording| &recording.conversations);
    let mut paces = model.as_ref().map(|model| paces(conversations(), model, args.seed).into_iter());
    let parts = recordings.iter().enumerate().flat_map(|(file, recording)| {
        recording.conversations.iter().map(move |conversation| (file, conversation))
    });
    let parts = parts
        .map(|(file, conversation)| Part {
            conversation,
            pace: paces.as_mut().and_then(Iterator::next),
            file,
        })
        .collect();
    let before = SystemClock.now();
    let played = Player::new(&desk, &clock, &seats, parts, cursor).play().await?;
    let wall_micros = SystemClock.now().micros_since(before);
    let made = Made {
        recordings,
        seed: args.seed,
        model,
        targets: &targets,
        seats: &seats,
        played: &played,
        wall_micros,
    };
    Report::of(&desk, &made).await
}

/// When the first thing was recorded.
fn first(recordings: &[Recording]) -> Timestamp {
    let conversations = recordings.iter().flat_map(|recording| &recording.conversations);
    conversations.filter_map(|one| one.turns.first()?.at).min().unwrap_or_default()
}

/// What the policy demands.
fn targets(args: &ReplayArgs) -> Vec<(Metric, u64)> {
    let next = args.next_response_seconds.map(|seconds| (Metric::NextResponse, seconds));
    let first = (Metric::FirstResponse, args.first_response_seconds);
    std::iter::once(first).chain(next).chain([(Metric::Resolution, args.resolution_seconds)]).collect()
}

/// Lists those who answer, as they are to be made.
fn people(recordings: &[Recording], model: Option<&Model>) -> Vec<(CreateAgent, SetPresence)> {
    let nobody = support_core::id::AgentId::from_uuid(uuid::Uuid::nil());
    let available = SetPresence::of(nobody, Presence::Available);
    let agent = |(number, name): (usize, String)| CreateAgent {
        name,
        // `.invalid` is nobody's (RFC 2606).
        email: format!("agent-{}@replay.invalid", number + 1),
        ..CreateAgent::default()
    };
    if let Some(model) = model {
        let capacity = Capacity { units: model.capacity, ..Capacity::default() };
        let names = (1..=model.agents).map(|number| format!("Agent {number}"));
        return names
            .enumerate()
            .map(|named| (CreateAgent { capacity, ..agent(named) }, available.clone()))
            .collect();
    }
    let turns = recordings.iter().flat_map(|one| &one.conversations).flat_map(|one| &one.turns);
    let names: BTreeSet<&str> = turns.filter_map(|turn| turn.agent.as_deref()).collect();
    // Who gets what was recorded: there, but taking calls only, they get no ticket from the router.
    let by_hand = SetPresence { channels: vec![WorkKind::Call], ..available };
    names
        .into_iter()
        .map(ToOwned::to_owned)
        .enumerate()
        .map(|named| (agent(named), by_hand.clone()))
        .collect()
}

/// Puts the policy in force and makes those who answer.
async fn set_up(
    desk: &Desk,
    host: &Actor,
    targets: &[(Metric, u64)],
    people: &[(CreateAgent, SetPresence)],
) -> Result<Vec<Seat>, Failure> {
    let mut policy = PolicySpec::standard();
    policy.targets = targets
        .iter()
        .map(|(metric, seconds)| {
            (
                *metric,
                TargetSpec { seconds: Some(*seconds), by_priority: Default::default(), calendar_id: None },
            )
        })
        .collect();
    let policy = serde_json::to_value(policy).map_err(|_| Error::invalid("policy", "cannot be printed"))?;
    desk.run(host, &PutDocument::new(DocumentKind::SlaPolicy, policy)).await?;
    // Who has a ticket, and how long they take over it, goes by the recording or by the model.
    let settings = serde_json::json!({ "unanswered_return_seconds": {}, "away_after_missed": {} });
    desk.run(host, &PutDocument::new(DocumentKind::Settings, settings)).await?;
    let mut seats = Vec::with_capacity(people.len());
    for (agent, presence) in people {
        let id = desk.run(host, agent).await?.agent_id;
        desk.run(host, &SetPresence { agent_id: id, ..presence.clone() }).await?;
        let actor = desk.identify(&Credential::Agent(TenantId::SINGLE, id)).await?;
        let actor = actor.ok_or(Error::NotFound(support_core::error::EntityKind::Agent))?;
        seats.push(Seat { id, actor: Arc::new(actor), name: agent.name.clone() });
    }
    Ok(seats)
}
