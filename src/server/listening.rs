//! The listening server: sockets in, connections of HTTP/1.1 on every core, drained at the end.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use actix_http::{HttpService, Protocol, error::DispatchError};
use actix_server::{GracefulShutdownSignal, ServerBuilder};
use actix_service::{IntoServiceFactory, ServiceFactoryExt, map_config};
use actix_web::{
    App,
    dev::{AppConfig, Server, fn_service},
    middleware::from_fn,
    rt::net::TcpStream,
    web::Data,
};
use tracing_actix_web::TracingLogger;

use super::{
    cores,
    link::{Link, Links},
};
use crate::http::{Api, FigurineSpan, Wire, cors, management_routes, record, routes, without_content};

/// For how long a connection is read on after a request was answered before its body had come, so that the client gets
/// to see the answer.
const LAST_READ: Duration = Duration::from_secs(2);

/// The framework's own `HttpServer`, but for the wire in between, which it has no place for.
pub(super) fn serve(
    (listener, management): (TcpListener, TcpListener),
    links: Links,
    api: Data<Api>,
    longest_wait: Duration,
) -> io::Result<Server> {
    let builder =
        Server::build().disable_signals().workers(cores().get()).shutdown_timeout(longest_wait.as_secs().max(1));
    let stopping = builder.graceful_shutdown_signal();
    let builder = manage(builder, management, api.clone())?;
    let server = builder.listen("figurine", listener, move || {
        let app = App::new()
            .app_data(api.clone())
            .wrap(cors(&api))
            .wrap(from_fn(without_content))
            .wrap(from_fn(record))
            .wrap(TracingLogger::<FigurineSpan>::new())
            .configure(routes);
        let app = app.into_factory().map_err(|error: actix_web::Error| error.error_response());
        let told = stopping.clone();
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let told = told.clone();
                async move { told.notified().await }
            })
            .keep_alive(Duration::from_secs(75))
            .client_request_timeout(Duration::from_secs(10))
            .client_disconnect_timeout(LAST_READ)
            .on_connect_ext(|wire: &Wire<Link>, data| {
                data.insert(wire.closing());
            })
            .finish(map_config(app, |()| AppConfig::default()));
        let (api, links, stopping) = (api.clone(), links.clone(), stopping.clone());
        let connected = move |socket| connect(socket, api.clone(), links.clone(), stopping.clone());
        fn_service(connected).and_then(http)
    })?;
    Ok(server.run())
}

/// Lets the management address be answered: on it there are no keys, no callers and no entries.
fn manage(builder: ServerBuilder, listener: TcpListener, api: Data<Api>) -> io::Result<ServerBuilder> {
    builder.listen("management", listener, move || {
        let app = App::new().app_data(api.clone()).configure(management_routes);
        HttpService::build()
            .keep_alive(Duration::from_secs(75))
            .client_request_timeout(Duration::from_secs(10))
            .finish(map_config(app, |()| AppConfig::default()))
            .tcp()
    })
}

async fn connect(
    socket: TcpStream,
    api: Data<Api>,
    links: Links,
    stopping: GracefulShutdownSignal,
) -> Result<(Wire<Link>, Protocol, Option<SocketAddr>), DispatchError> {
    let peer = socket.peer_addr().ok();
    let link = tokio::select! {
        link = links.open(socket) => link,
        // A handshake is nothing that was accepted.
        () = stopping.notified() => None,
    };
    let link = link.ok_or(DispatchError::DisconnectTimeout)?;
    Ok((Wire::new(link, api), Protocol::Http1, peer))
}
