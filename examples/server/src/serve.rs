//! Serving: a desk, its worker and its HTTP interface, from the first request to the last.

use std::convert::Infallible;
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener as Socket};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use futures_util::FutureExt as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{HttpService, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use support_core::desk::Desk;
use support_core::id::TenantId;
use support_http::{Mount, Secret};
use support_runtime::{RandomIds, SystemClock, Worker};
use support_store_sqlite::{SqliteConfig, SqliteStore};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Semaphore;
use tower::ServiceExt as _;

use crate::demo;
use crate::failure::Failure;
use crate::numbers;
use crate::secret;

/// Time from one round of housekeeping to the next.
const HOUSEKEEPING: Duration = Duration::from_secs(3_600);
/// Receipts that are thrown away in one transaction.
const RECEIPTS: u32 = 1_000;
/// Longest time in which a request's head must have arrived; ends idle connections too.
const HEAD: Duration = Duration::from_secs(30);
/// Most bytes of a request's head.
const HEAD_BYTES: usize = 64 << 10;
/// Most lines of a request's head.
const HEAD_LINES: usize = 100;
/// Most connections at once; more wait to be accepted.
const CONNECTIONS: usize = 4_096;
/// Longest time that is given to requests in flight when the server stops.
const GRACE: Duration = Duration::from_secs(10);
/// Most threads for slow work such as comparing passwords, each of which may take 19 MiB.
const SLOW_THREADS: usize = 4;

/// Serves a database until a signal ends it.
pub(crate) fn run(database: &Path, listen: &[SocketAddr], demo: bool) -> Result<ExitCode, Failure> {
    let store = Arc::new(open(database)?);
    let ids = RandomIds::new()?;
    let secret = secret::of(database, std::env::var_os("SUPPORT_SECRET"), &ids)?;
    let desk = Desk::new(store.clone(), Arc::new(SystemClock), Arc::new(ids));
    let runtime = runtime()?;
    let served = runtime.block_on(serve(&desk, &store, secret, listen, demo));
    // What did not end in time is cut off here; then the store is the last to go.
    runtime.shutdown_timeout(Duration::from_secs(1));
    drop(desk);
    drop(store);
    served.map(|()| ExitCode::SUCCESS)
}

/// Opens a database for the one who serves it, and makes it where there is none.
pub(crate) fn open(database: &Path) -> Result<SqliteStore, Failure> {
    check_place(database)?;
    SqliteStore::open(&SqliteConfig::new(database)).map_err(Failure::database(database))
}

/// Checks that a database can stand where it is to.
pub(crate) fn check_place(database: &Path) -> Result<(), Failure> {
    let folder = database.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        return Err(Failure::NoFolder(folder.to_path_buf()));
    }
    if database.is_dir() {
        return Err(Failure::Folder(database.to_path_buf()));
    }
    Ok(())
}

fn runtime() -> Result<Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(SLOW_THREADS)
        .thread_name("support-serve")
        .build()
        .map_err(Failure::system("starting a runtime"))
}

async fn serve(
    desk: &Desk,
    store: &Arc<SqliteStore>,
    secret: Secret,
    listen: &[SocketAddr],
    demo: bool,
) -> Result<(), Failure> {
    // Signals are caught from here on: whoever stops the server while it starts stops it in order too.
    let stop = stop_signal()?.shared();
    let (listener, address) = bind(listen)?;
    // Brings the tenant into memory, so that what waits is routed and what slept is woken without a first request.
    desk.config(TenantId::SINGLE).await?;
    if demo {
        demo::fill(desk).await?;
    } else if !address.ip().is_loopback()
        && let Some(person) = demo::open_to_everybody(desk).await?
    {
        return Err(Failure::OpenDemo(person, address));
    }
    let worker = Worker::start(desk.clone()).map_err(Failure::system("starting the worker"))?;
    let registry = numbers::registry(worker.state().clone(), store.clone());
    let router = Mount::with_sign_in(desk.clone(), TenantId::SINGLE, secret)
        .metrics(registry)
        .streams_until(stop.clone())
        .router();
    let housekeeping = tokio::spawn(keep_house(desk.clone(), store.clone()));
    announce(address, demo);
    accept(listener, router, stop).await;
    housekeeping.abort();
    // Whatever it was doing has ended when it lets go of the store.
    let _ = housekeeping.await;
    let stopped = tokio::task::spawn_blocking(|| worker.stop()).await;
    if stopped.is_err() {
        tracing::error!("the worker could not be stopped");
    }
    tracing::info!("stopped");
    Ok(())
}

/// Throws away, now and then, what commands left behind and nobody can repeat any more.
async fn keep_house(desk: Desk, store: Arc<SqliteStore>) {
    let mut hourly = tokio::time::interval(HOUSEKEEPING);
    loop {
        hourly.tick().await;
        // In portions, so that nobody's commit waits long for it.
        loop {
            match store.forget_receipts(desk.now(), RECEIPTS).await {
                Ok(thrown) if thrown < RECEIPTS as usize => break,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "expired receipts could not be thrown away; it is tried again later");
                    break;
                }
            }
        }
    }
}

fn bind(listen: &[SocketAddr]) -> Result<(TcpListener, SocketAddr), Failure> {
    let named = listen.first().copied().unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0)));
    let fail = |source| Failure::Listen { address: named, source };
    let socket = Socket::bind(listen).map_err(fail)?;
    socket.set_nonblocking(true).map_err(fail)?;
    let address = socket.local_addr().map_err(fail)?;
    Ok((TcpListener::from_std(socket).map_err(fail)?, address))
}

/// Prints where the desk is to be found. That nobody reads it is no reason to stop.
fn announce(address: SocketAddr, demo: bool) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "listening on http://{address}, documentation at http://{address}/api/docs");
    if demo {
        for person in demo::PEOPLE {
            let _ = writeln!(out, "  {:<9} {} / {}", person.role, person.email, person.password);
        }
    }
    let _ = out.flush();
}

/// Answers when SIGTERM or SIGINT arrives.
pub(crate) fn stop_signal() -> Result<impl Future<Output = ()>, Failure> {
    let fail = || Failure::system("catching signals");
    let mut term = signal(SignalKind::terminate()).map_err(fail())?;
    let mut int = signal(SignalKind::interrupt()).map_err(fail())?;
    Ok(async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
    })
}

/// Accepts connections until `stop`, then lets those that are answering finish.
async fn accept(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    let graceful = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD).max_headers(HEAD_LINES).max_buf_size(HEAD_BYTES);
    loop {
        let next = async {
            let permit = room.clone().acquire_owned().await;
            (permit, listener.accept().await)
        };
        let (permit, accepted) = tokio::select! {
            next = next => next,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let service = answering(router.clone(), peer);
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "a connection could not be set up");
                }
                let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
                tokio::spawn(async move {
                    if let Err(error) = connection.await {
                        tracing::debug!(%error, "a connection ended early");
                    }
                    drop(permit);
                });
            }
            Err(error) => {
                // Such as no file descriptor left: those that end give theirs back.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    drop(listener);
    tracing::info!(connections = CONNECTIONS - room.available_permits(), "stopping");
    if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests that did not end in time are cut off");
    }
}

/// Lets the router answer the requests of one peer.
fn answering(
    router: Router,
    peer: SocketAddr,
) -> impl HttpService<Incoming, ResBody = Body, Error = Infallible, Future: Send> + Send {
    service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request.map(Body::new))
    })
}
