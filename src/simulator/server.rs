//! Starts and stops the server, on a thread of its own.

use super::asked::CallKind;
use super::calls::Call;
use super::scenario::Step;
use super::state::State;
use super::unanswered::enveloped;
use super::{SimulatorSettings, control, files, generate, models};
use actix_web::dev::{Extensions, Server, ServerHandle};
use actix_web::middleware::ErrorHandlers;
use actix_web::rt::{System, net::TcpStream};
use actix_web::{App, HttpServer, web};
use std::any::Any;
use std::io;
use std::net::{Shutdown, TcpListener};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::sync::oneshot;

/// The simulator, not started.
#[derive(Debug)]
pub struct Simulator;

/// A simulator that listens. Dropped it stops too, without waiting for it.
#[must_use]
pub struct RunningSimulator {
    /// What an engine takes as its base URL.
    pub base_url: String,
    state: Arc<State>,
    handle: ServerHandle,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Simulator {
    /// Binds and serves, on its own threads, so that any runtime may start it.
    ///
    /// # Errors
    ///
    /// When the address cannot be bound or no thread can be had.
    pub async fn start(settings: SimulatorSettings) -> io::Result<RunningSimulator> {
        let listener = TcpListener::bind(settings.listen)?;
        let base_url = format!("http://{}", listener.local_addr()?);
        let state = Arc::new(State::new(&settings, base_url.clone()));
        let shared = Arc::clone(&state);
        let (ready, started) = oneshot::channel();
        let thread = thread::Builder::new().name("gemini-simulator".to_owned()).spawn(move || {
            System::new().block_on(async move {
                let server = serve(listener, shared, settings.control_routes)?;
                // Nobody waits for the handle when the start was given up.
                let _ = ready.send(server.handle());
                server.await
            })
        })?;
        let handle = started.await.map_err(|_| io::Error::other("the simulator ended at its start"))?;
        Ok(RunningSimulator { base_url, state, handle, thread: Some(thread) })
    }
}

impl RunningSimulator {
    /// Stops at once: open calls are broken off.
    ///
    /// # Errors
    ///
    /// What ended the server, if it ended by an error.
    pub async fn stop(mut self) -> io::Result<()> {
        self.handle.stop(false).await;
        let Some(thread) = self.thread.take() else {
            return Ok(());
        };
        let ended = tokio::task::spawn_blocking(move || thread.join()).await;
        match ended {
            Ok(Ok(result)) => result,
            Ok(Err(_)) | Err(_) => Err(io::Error::other("the simulator panicked")),
        }
    }

    /// Puts a scenario in place of the one before; no steps mean no faults.
    pub fn script(&self, steps: Vec<Step>) {
        self.state.play(steps);
    }

    /// The calls received since the start or since [`forget_calls`](Self::forget_calls), but for look-ups of models, which
    /// nodes make by themselves.
    pub fn calls(&self) -> Vec<Call> {
        let mut calls = self.state.calls.all();
        calls.retain(|call| call.kind != CallKind::Models);
        calls
    }

    /// The paths of the look-ups of models received since the start or since they were forgotten.
    pub fn look_ups(&self) -> Vec<String> {
        let calls = self.state.calls.all().into_iter();
        calls.filter(|call| call.kind == CallKind::Models).map(|call| call.path).collect()
    }

    /// Empties the list of calls; their numbering goes on.
    pub fn forget_calls(&self) {
        self.state.calls.forget();
    }

    /// Resolves when `n` whole requests were received since the start.
    pub async fn wait_for_calls(&self, n: u64) {
        self.state.calls.wait_received(n).await;
    }

    /// Resolves when `n` calls were answered or left since the start.
    pub async fn wait_for_ends(&self, n: u64) {
        self.state.calls.wait_ended(n).await;
    }

    /// From now on generate calls are received but not answered.
    pub fn hold(&self) {
        self.state.hold(true);
    }

    /// Answers the calls that were held, and those to come.
    pub fn release(&self) {
        self.state.hold(false);
    }
}

impl Drop for RunningSimulator {
    fn drop(&mut self) {
        // The order to stop is sent here; only waiting for its end would need an await.
        drop(self.handle.stop(false));
    }
}

/// A second handle of a connection's socket, for faults that cut it.
pub(super) struct Wire(std::net::TcpStream);

impl Wire {
    pub(super) fn cut(&self) {
        // A connection that is gone already is cut enough.
        let _ = self.0.shutdown(Shutdown::Both);
    }
}

fn keep_wire(connection: &dyn Any, extensions: &mut Extensions) {
    let socket = connection.downcast_ref::<TcpStream>();
    if let Some(Ok(copy)) = socket.map(|socket| socket.as_fd().try_clone_to_owned()) {
        extensions.insert(Wire(copy.into()));
    }
}

fn serve(listener: TcpListener, state: Arc<State>, control_routes: bool) -> io::Result<Server> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let server = HttpServer::new(move || {
        let app = App::new()
            .app_data(web::Data::from(Arc::clone(&state)))
            .wrap(ErrorHandlers::new().default_handler(enveloped))
            .configure(generate::routes)
            .configure(models::routes)
            .configure(files::routes);
        if control_routes { app.configure(control::routes) } else { app }
    });
    let server = server
        .workers(cores.min(2))
        .worker_max_blocking_threads(cores)
        .on_connect(keep_wire)
        // A client that leaves is noticed, and its handler dropped.
        .h1_allow_half_closed(false)
        .keep_alive(Duration::from_secs(75))
        .shutdown_timeout(0)
        .disable_signals()
        .listen(listener)?;
    Ok(server.run())
}
