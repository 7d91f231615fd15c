//! What the server is told: by flags, the environment, a file, and defaults, in this order.

use std::ffi::OsString;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::Deserialize;

use crate::replay::ReplayArgs;

/// Where the database is unless something says otherwise.
const DATABASE: &str = "sqlite://support.db";
/// Where the server listens unless something says otherwise.
const LISTEN: &str = "127.0.0.1:8080";
/// What is logged unless something says otherwise: no line a request.
const LOG: &str = "warn,support_server=info,support_runtime=info";

/// A customer-support desk in one program.
#[derive(Debug, Parser)]
#[command(name = "support-server", version, about, args_conflicts_with_subcommands = true)]
#[command(
    after_help = "Each option can also be given in the environment (SUPPORT_DATABASE, SUPPORT_LISTEN, \
    SUPPORT_DEMO, SUPPORT_LOG, SUPPORT_LOG_FORMAT, SUPPORT_CONFIG) and in the TOML file; a flag comes before the \
    environment, the environment before the file. SUPPORT_SECRET (32 bytes or more) replaces the secret that is \
    otherwise generated beside the database."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves a desk; also what happens without a command.
    Serve(ServeArgs),
    /// Verifies a database, also while it is being served: exit code 0 if it is sound, 1 if not.
    Verify(CommonArgs),
    /// Makes an admin who can sign in. The password is `SUPPORT_ADMIN_PASSWORD`, else one line of standard input. Only
    /// while no server holds the database.
    CreateAdmin(AdminArgs),
    /// Plays recorded conversations through a desk on a virtual clock, and prints a report.
    Replay(Box<ReplayCommand>),
}

#[derive(Debug, Args)]
struct ReplayCommand {
    /// Database to be made and kept, so that it can be served [default: a temporary file]. Only this flag counts: what
    /// the server is told of its database is never played into.
    #[arg(long, value_name = "sqlite://FILE")]
    database: Option<String>,
    // Behind the others: what follows it would be printed under its heading.
    #[command(flatten)]
    replay: ReplayArgs,
}

#[derive(Debug, Args)]
struct AdminArgs {
    #[command(flatten)]
    common: CommonArgs,
    /// Address by which the admin signs in.
    #[arg(long, value_name = "E")]
    email: String,
    /// Name that colleagues and customers see.
    #[arg(long, value_name = "N")]
    name: String,
}

#[derive(Debug, Default, Args)]
struct ServeArgs {
    #[command(flatten)]
    common: CommonArgs,
    /// Address on which to listen [default: 127.0.0.1:8080].
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Adds people, rules and tickets to look around with; on loopback addresses only.
    #[arg(long)]
    demo: bool,
}

#[derive(Debug, Default, Args)]
struct CommonArgs {
    /// Database [default: sqlite://support.db].
    #[arg(long, value_name = "sqlite://FILE")]
    database: Option<String>,
    /// TOML file with the keys database, listen, demo, log and log_format.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Form of the log on standard error [default: compact].
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<LogFormat>,
}

/// Form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// A line for people.
    #[default]
    Compact,
    /// A JSON object a line.
    Json,
}

/// The configuration file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    database: Option<String>,
    listen: Option<String>,
    demo: Option<bool>,
    log: Option<String>,
    log_format: Option<LogFormat>,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Job {
    /// Serve a desk.
    Serve {
        /// Where to listen.
        listen: Vec<SocketAddr>,
        /// Whether to add demo data.
        demo: bool,
    },
    /// Verify a database.
    Verify,
    /// Make an admin.
    CreateAdmin {
        /// By which they sign in.
        email: String,
        /// What they are called.
        name: String,
    },
    /// Play recorded conversations.
    Replay {
        /// What the replay was told.
        args: Box<ReplayArgs>,
        /// The database to be made; a temporary one where there is none.
        database: Option<PathBuf>,
    },
}

/// Everything that the server was told.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Config {
    /// What is to be done.
    pub(crate) job: Job,
    /// The database file.
    pub(crate) database: PathBuf,
    /// The log's filter.
    pub(crate) log: String,
    /// The log's form.
    pub(crate) log_format: LogFormat,
}

/// Something that the server was told cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ConfigError {
    /// A value is wrong.
    #[error("{from} {problem}")]
    Value {
        /// The flag, variable or key.
        from: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The configuration file cannot be read.
    #[error("the configuration file `{}` cannot be read: {problem}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        problem: String,
    },
    /// Demo data has passwords that everybody knows.
    #[error(
        "demo data has well-known passwords and is for loopback addresses only, not for {0}: \
         leave `--demo` out or listen on 127.0.0.1"
    )]
    PublicDemo(SocketAddr),
}

/// A value and what it came from, for messages.
#[derive(Debug, Clone)]
struct Told<T> {
    value: T,
    from: String,
}

impl<T> Told<T> {
    fn wrong(&self, problem: impl Into<String>) -> ConfigError {
        ConfigError::Value { from: self.from.clone(), problem: problem.into() }
    }
}

/// The environment, as the configuration sees it.
type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

impl Cli {
    /// Puts flags, environment, file and defaults together.
    pub(crate) fn resolve(self, environment: Environment<'_>) -> Result<Config, ConfigError> {
        let alone = |common| ServeArgs { common, ..ServeArgs::default() };
        let (serve, other) = match self.command {
            None => (self.serve, None),
            Some(Command::Serve(args)) => (args, None),
            Some(Command::Verify(common)) => (alone(common), Some(Job::Verify)),
            Some(Command::CreateAdmin(AdminArgs { common, email, name })) => {
                (alone(common), Some(Job::CreateAdmin { email, name }))
            }
            Some(Command::Replay(command)) => {
                let database = command.database.map(|value| Told { value, from: "`--database`".into() });
                let database = database.as_ref().map(sqlite_file).transpose()?;
                let args = Box::new(command.replay);
                (ServeArgs::default(), Some(Job::Replay { args, database }))
            }
        };
        let common = serve.common;
        let file_path = match common.config {
            Some(path) => Some(path),
            None => variable(environment, "SUPPORT_CONFIG")?.map(|told| PathBuf::from(told.value)),
        };
        let file = file_path.as_deref().map(read).transpose()?.unwrap_or_default();
        let text = |flag: Option<String>, name: &str, key: Option<String>, default: &str| {
            told(flag, name, variable(environment, &variable_of(name))?, key, default)
        };
        let database = text(common.database, "database", file.database, DATABASE)?;
        let log = variable(environment, "SUPPORT_LOG")?.map(|told| told.value).or(file.log);
        let format = variable(environment, "SUPPORT_LOG_FORMAT")?.map(|told| {
            LogFormat::from_str(&told.value, false).map_err(|_| told.wrong("must be `compact` or `json`"))
        });
        let job = if let Some(other) = other {
            other
        } else {
            let listen = text(serve.listen, "listen", file.listen, LISTEN)?;
            let demo = match variable(environment, "SUPPORT_DEMO")? {
                _ if serve.demo => true,
                Some(told) => yes_or_no(&told)?,
                None => file.demo.unwrap_or(false),
            };
            let listen = addresses(&listen)?;
            if let Some(public) = listen.iter().find(|address| demo && !address.ip().is_loopback()) {
                return Err(ConfigError::PublicDemo(*public));
            }
            Job::Serve { listen, demo }
        };
        Ok(Config {
            job,
            database: sqlite_file(&database)?,
            log: log.unwrap_or_else(|| LOG.to_owned()),
            log_format: match common.log_format {
                Some(format) => format,
                None => format.transpose()?.or(file.log_format).unwrap_or_default(),
            },
        })
    }
}

/// Takes the first that is given: flag, variable, key of the file, default.
fn told(
    flag: Option<String>,
    name: &str,
    variable: Option<Told<String>>,
    key: Option<String>,
    default: &str,
) -> Result<Told<String>, ConfigError> {
    Ok(match (flag, variable, key) {
        (Some(value), ..) => Told { value, from: format!("`--{name}`") },
        (None, Some(told), _) => told,
        (None, None, Some(value)) => Told { value, from: format!("`{name}` in the configuration file") },
        (None, None, None) => Told { value: default.to_owned(), from: format!("`--{name}`") },
    })
}

fn variable_of(name: &str) -> String {
    format!("SUPPORT_{}", name.to_uppercase())
}

/// Reads a variable; an empty one counts as absent.
fn variable(environment: Environment<'_>, name: &str) -> Result<Option<Told<String>>, ConfigError> {
    let Some(value) = environment(name).filter(|value| !value.is_empty()) else { return Ok(None) };
    let from = format!("`{name}`");
    match value.into_string() {
        Ok(value) => Ok(Some(Told { value, from })),
        Err(_) => Err(ConfigError::Value { from, problem: "must be UTF-8".into() }),
    }
}

fn read(path: &Path) -> Result<File, ConfigError> {
    let fail = |problem: String| ConfigError::File { path: path.to_path_buf(), problem };
    let text = std::fs::read_to_string(path).map_err(|error| fail(error.to_string()))?;
    toml::from_str(&text).map_err(|error| {
        let line = error.span().and_then(|span| text.get(..span.start)).map_or(1, |before| {
            before.lines().count().max(1) + usize::from(before.ends_with('\n') && !before.is_empty())
        });
        fail(format!("line {line}: {}", error.message().lines().collect::<Vec<_>>().join(" ")))
    })
}

fn yes_or_no(told: &Told<String>) -> Result<bool, ConfigError> {
    match told.value.as_str() {
        "1" | "true" | "yes" => Ok(true),
        "0" | "false" | "no" => Ok(false),
        _ => Err(told.wrong("must be `true` or `false`")),
    }
}

fn addresses(told: &Told<String>) -> Result<Vec<SocketAddr>, ConfigError> {
    let problem = "must be an address with a port, such as 127.0.0.1:8080";
    let found: Vec<SocketAddr> = told.value.to_socket_addrs().map_err(|_| told.wrong(problem))?.collect();
    if found.is_empty() { Err(told.wrong(problem)) } else { Ok(found) }
}

fn sqlite_file(told: &Told<String>) -> Result<PathBuf, ConfigError> {
    let shape = "must be `sqlite://` and the name of a file, such as sqlite://support.db";
    match told.value.split_once("://") {
        Some(("postgres" | "postgresql", _)) => {
            Err(told
                .wrong("names a shared database, which is not supported yet: name a file as sqlite://FILE"))
        }
        Some(("sqlite", file)) if file.contains('?') => {
            Err(told.wrong("must not have options after the file"))
        }
        Some(("sqlite", file)) if !file.is_empty() && !file.ends_with('/') && file != ":memory:" => {
            Ok(PathBuf::from(file))
        }
        _ => Err(told.wrong(shape)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(args: &[&str], environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let args = ["support-server"].iter().chain(args);
        let cli = Cli::try_parse_from(args).unwrap();
        cli.resolve(&|name| environment.iter().find(|(n, _)| *n == name).map(|(_, v)| OsString::from(v)))
    }

    fn listen(config: &Config) -> String {
        match &config.job {
            Job::Serve { listen, .. } => listen[0].to_string(),
            Job::Verify | Job::CreateAdmin { .. } | Job::Replay { .. } => unreachable!(),
        }
    }

    #[test]
    fn a_flag_comes_before_the_environment_before_the_file_before_the_default() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "listen = \"127.0.0.1:3\"\nlog_format = \"json\"\ndemo = true\n")
            .unwrap();
        let path = file.path().to_str().unwrap();
        let env = [("SUPPORT_LISTEN", "127.0.0.1:2"), ("SUPPORT_CONFIG", path)];
        assert_eq!(listen(&resolve(&["--listen", "127.0.0.1:1"], &env).unwrap()), "127.0.0.1:1");
        assert_eq!(listen(&resolve(&["serve"], &env).unwrap()), "127.0.0.1:2");
        let from_file = resolve(&["--config", path], &[]).unwrap();
        assert_eq!(listen(&from_file), "127.0.0.1:3");
        assert_eq!(from_file.log_format, LogFormat::Json);
        assert!(matches!(from_file.job, Job::Serve { demo: true, .. }));
        let default = resolve(&[], &[]).unwrap();
        assert_eq!(listen(&default), "127.0.0.1:8080");
        assert_eq!(default.database, PathBuf::from("support.db"));
        assert!(matches!(default.job, Job::Serve { demo: false, .. }));
    }

    #[test]
    fn a_replay_never_plays_into_the_database_that_is_served() {
        let database = |args: &[&str]| {
            let config = resolve(args, &[("SUPPORT_DATABASE", "sqlite://served.db")]).unwrap();
            let Job::Replay { database, .. } = config.job else { panic!() };
            database
        };
        assert_eq!(database(&["replay", "file"]), None);
        let given = database(&["replay", "file", "--database", "sqlite://new.db"]);
        assert_eq!(given, Some(PathBuf::from("new.db")));
        let wrong = resolve(&["replay", "file", "--database", "new.db"], &[]).unwrap_err().to_string();
        assert!(wrong.contains("`--database` must be `sqlite://`"), "{wrong}");
    }

    #[test]
    fn what_is_wrong_is_named_with_where_it_came_from() {
        let message = |args: &[&str], env: &[(&str, &str)]| resolve(args, env).unwrap_err().to_string();
        assert!(message(&["--listen", "nowhere"], &[]).starts_with("`--listen` must be an address"));
        assert!(message(&[], &[("SUPPORT_LISTEN", "8080")]).starts_with("`SUPPORT_LISTEN` must be"));
        assert!(message(&[], &[("SUPPORT_DEMO", "maybe")]).starts_with("`SUPPORT_DEMO` must be"));
        assert!(message(&["--database", "support.db"], &[]).contains("`--database` must be `sqlite://`"));
        assert!(message(&["--database", "postgres://db/desk"], &[]).contains("not supported yet"));
        assert!(message(&["verify", "--database", "sqlite://"], &[]).contains("must be `sqlite://`"));
        assert!(message(&["--demo", "--listen", "0.0.0.0:80"], &[]).contains("loopback"));
        assert!(message(&["--config", "/nowhere/at/all"], &[]).contains("cannot be read"));
    }

    #[test]
    fn unknown_keys_and_wrong_types_of_the_file_are_named_with_their_line() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let message = |text: &str| {
            std::fs::write(file.path(), text).unwrap();
            resolve(&["--config", file.path().to_str().unwrap()], &[]).unwrap_err().to_string()
        };
        let unknown = message("listen = \"127.0.0.1:1\"\nlistne = \"x\"\n");
        assert!(unknown.contains("line 2") && unknown.contains("listne"), "{unknown}");
        assert!(message("demo = 7\n").contains("line 1"));
        assert!(!message("listen = [\n").contains('\n'));
    }
}
