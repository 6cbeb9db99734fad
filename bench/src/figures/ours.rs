//! The gateway itself: its contracts, configuration and citizens.

use std::{fmt::Write as _, fs, path::Path};

use http::{Method, Request, Uri, header};

use crate::{citizens, client::Client, gateway::Setup, process::free_port, world::World};

/// Overviews are never refused, however many there are and however late it runs.
const NO_REFUSALS: &str = "lateness_ms: null\n  overviews_in_flight: null";
/// They are when it runs late, by the default. Of new logins that wait a sixteenth of the places enters in each round: all.
const REFUSALS: &str = "overviews_in_flight: 65536";

/// Writes contracts and configuration; the command.
pub(crate) fn command(world: &World, port: u16, setup: &Setup, tls: bool) -> Vec<String> {
    command_with_operations(world, port, free_port(), setup, tls)
}

pub(crate) fn command_with_operations(
    world: &World,
    port: u16,
    operations: u16,
    setup: &Setup,
    tls: bool,
) -> Vec<String> {
    let folder = world.folder.path().join(format!("ours-{port}"));
    let contracts = folder.join("contracts");
    let mut sources = String::from("sources:\n");
    for number in 0..setup.sources {
        write_contract(world, &contracts, number, setup);
        let ports = if tls { &world.sources.tls } else { &world.sources.plain };
        let port = ports.get(number).expect("a source");
        let base = if tls { format!("https://localhost:{port}") } else { format!("http://127.0.0.1:{port}") };
        let roots = format!(", trusted_roots_file: \"{}\"", world.sources.certificate.display());
        // Writing to a text cannot fail.
        let _written = writeln!(
            sources,
            "  source-{number:02}: {{ base_url: \"{base}\", api_key: a-key-of-the-measurements{} }}",
            if tls { &roots } else { "" },
        );
    }
    let template = fs::read_to_string(world.bench("ours/overblik.yaml")).expect("a template");
    let configuration = template
        .replace("@PORT@", &port.to_string())
        .replace("@OPERATIONS_PORT@", &operations.to_string())
        .replace("@ISSUER@", &world.provider.issuer)
        .replace("@PAGE_MS@", &setup.page_ms.to_string())
        .replace("@STREAM_MS@", &setup.stream_ms.to_string())
        .replace("@CONTRACTS@", &contracts.to_string_lossy())
        .replace("@AUDIT@", &folder.join("audit").to_string_lossy())
        .replace("@LATENESS@", if setup.refuses_when_late { REFUSALS } else { NO_REFUSALS })
        .replace("@SESSION@", &setup.session);
    let file = folder.join("overblik.yaml");
    fs::write(&file, configuration + &sources).expect("written");
    [&*world.binary("overblik"), "serve", "--config", &file.to_string_lossy()].map(str::to_owned).to_vec()
}

fn write_contract(world: &World, contracts: &Path, number: usize, setup: &Setup) {
    let folder = contracts.join(format!("authority-{number:02}/source-{number:02}"));
    fs::create_dir_all(folder.join("schemas")).expect("a folder");
    let template = fs::read_to_string(world.bench("ours/connector.yaml")).expect("a template");
    let contract = template
        .replace("@NUMBER@", &format!("{number:02}"))
        .replace("@TIMEOUT_MS@", &setup.timeout_ms.to_string())
        .replace("@FRESH_S@", if setup.keeps_answers { "3600" } else { "0" });
    fs::write(folder.join("connector.yaml"), contract).expect("written");
    fs::copy(world.bench("ours/answer.json"), folder.join("schemas/answer.json")).expect("a schema");
}

/// Logs citizens in; the request of each for the overview as JSON.
pub(crate) async fn citizens(port: u16, first: usize, count: usize) -> Vec<Request<()>> {
    let sessions = citizens::log_in(port, first, count).await;
    let request = |cookie: String| {
        let request = Request::get("/api/v1/overview").header(header::HOST, "localhost").header(header::COOKIE, cookie);
        let request = request.header(header::ACCEPT, "application/json").header("sec-fetch-site", "same-origin");
        request.body(()).expect("a request")
    };
    sessions.into_iter().map(request).collect()
}

/// Logs out everybody whose overviews these ask for.
pub(crate) async fn log_out(port: u16, citizens: &[Request<()>]) {
    let mut client = Client::connect(port).await.expect("a connection");
    for citizen in citizens {
        let mut request = citizen.clone();
        *request.method_mut() = Method::POST;
        *request.uri_mut() = Uri::from_static("/auth/logout");
        let answer = client.answer(request).await.expect("an answer");
        assert!(answer.status.is_success(), "no logout: {}", answer.status);
    }
}
