//! The gateways: ours and its peers, each a process of its own on the gateways' core.

use std::{fmt::Write as _, fs, path::PathBuf, sync::Arc};

use http::{Request, header};
use overblik_bench::answer::{CITIZEN_HEADER, markers};

use crate::{
    citizens::Citizen,
    client::Client,
    load::Target,
    ours,
    process::{GATEWAY_CORE, Process, free_port},
    world::World,
};

/// Who makes the overview.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Bare hyper.
    Floor,
    /// The same over TLS 1.3 and HTTP/2.
    FloorTls,
    /// nginx with Lua: parallel subrequests.
    Nginx,
    /// Node: `node:http`, undici, `Promise.allSettled`.
    Node,
    /// `overblik serve`.
    Ours,
    /// The same with sources over TLS.
    OursTls,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Floor => "floor (bare hyper)",
            Self::FloorTls => "floor over TLS 1.3, HTTP/2",
            Self::Nginx => "nginx + Lua",
            Self::Node => "Node + undici",
            Self::Ours => "overblik",
            Self::OursTls => "overblik over TLS 1.3",
        }
    }

    /// What it does not do of what ours does.
    pub(crate) fn lacks(self) -> &'static str {
        match self {
            Self::Floor | Self::FloorTls => {
                "no sessions, agreements, breaker, identity check, schema, mapping, audit or log; answers are not even parsed"
            }
            Self::Nginx => {
                "no sessions, agreements, breaker, identity check, schema, mapping, audit or log; texts are joined"
            }
            Self::Node => {
                "no sessions, agreements, breaker, identity check, schema, mapping, audit or log; answers are parsed"
            }
            Self::Ours | Self::OursTls => {
                "everything: session, agreements, breaker, identity, schema, mapping, audit trail, log"
            }
        }
    }
}

/// How gateways are set up.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    /// How many sources an overview has.
    pub(crate) sources: usize,
    /// How many citizens are logged in.
    pub(crate) citizens: usize,
    /// Ours: the page deadline. Peers: the limit for each source, as they have no other; the floor has none at 0.
    pub(crate) page_ms: u64,
    /// Whether the floor has that limit too.
    pub(crate) floor_has_limit: bool,
    /// Ours: when an event stream stops waiting.
    pub(crate) stream_ms: u64,
    /// Ours: the time limit of each source.
    pub(crate) timeout_ms: u64,
    /// Whether answers are kept, by ours and the floor, and shown again.
    pub(crate) keeps_answers: bool,
    /// Ours: whether overviews are refused while it runs late, as in production. Otherwise it takes whatever comes.
    pub(crate) refuses_when_late: bool,
    /// Ours: the section `session` of the configuration.
    pub(crate) session: String,
}

impl Setup {
    pub(crate) fn of(sources: usize) -> Self {
        Self {
            sources,
            citizens: 50,
            page_ms: 2_000,
            floor_has_limit: false,
            stream_ms: 12_000,
            timeout_ms: 3_000,
            keeps_answers: false,
            refuses_when_late: false,
            session: "{}".to_owned(),
        }
    }
}

/// A gateway that runs, and its citizens.
pub(crate) struct Gateway {
    pub(crate) kind: Kind,
    pub(crate) process: Process,
    pub(crate) port: u16,
    pub(crate) citizens: Vec<Request<()>>,
    least_bytes: usize,
}

impl Gateway {
    /// Starts one, logs the citizens in where there is a login, and checks that every source's answer comes whole.
    pub(crate) async fn start(kind: Kind, world: &World, setup: &Setup) -> Self {
        let (mut process, port, log) = Self::launch(kind, world, setup);
        process.answers(port, &log).await;
        let citizens = match kind {
            Kind::Ours | Kind::OursTls => ours::citizens(port, 0, setup.citizens).await,
            _ => (0..setup.citizens).map(Citizen::of).map(|citizen| peer_request(&citizen, setup)).collect(),
        };
        let mut gateway = Self { kind, process, port, citizens, least_bytes: 0 };
        gateway.check(setup.sources).await;
        gateway
    }

    fn launch(kind: Kind, world: &World, setup: &Setup) -> (Process, u16, PathBuf) {
        let port = free_port();
        let log = world.folder.path().join(format!("gateway-{port}.log"));
        let sources = |tls: bool| if tls { &world.sources.tls } else { &world.sources.plain };
        let ports: Vec<String> =
            sources(kind == Kind::FloorTls).iter().take(setup.sources).map(u16::to_string).collect();
        let limit = setup.page_ms.to_string();
        let mut command: Vec<String> = match kind {
            Kind::Floor | Kind::FloorTls => {
                let certificate = world.sources.certificate.to_string_lossy().into_owned();
                let certificate = if kind == Kind::FloorTls { certificate } else { "-".to_owned() };
                let limit = if setup.floor_has_limit { limit } else { "0".to_owned() };
                vec![world.binary("floor"), port.to_string(), limit, certificate]
            }
            Kind::Node => vec!["node".into(), world.bench("peers/node/aggregator.mjs"), port.to_string(), limit],
            Kind::Nginx => nginx(world, port, &limit, &ports),
            Kind::Ours | Kind::OursTls => ours::command(world, port, setup, kind == Kind::OursTls),
        };
        if matches!(kind, Kind::Floor | Kind::FloorTls | Kind::Node) {
            command.extend(ports);
        }
        let command: Vec<&str> = command.iter().map(String::as_str).collect();
        (Process::start(GATEWAY_CORE, &command, &log, false), port, log)
    }

    async fn check(&mut self, sources: usize) {
        let mut client = Client::connect(self.port).await.expect("a connection");
        let request = self.citizens.first().expect("a citizen").clone();
        let answer = client.answer(request).await.expect("an answer");
        let text = String::from_utf8_lossy(&answer.body);
        assert!(answer.status.is_success(), "{}: {} {text}", self.kind.name(), answer.status);
        for marker in (0..sources).flat_map(markers) {
            assert!(text.contains(&marker), "{}: no {marker} in {text}", self.kind.name());
        }
        // Numbers and times in the document may be a few characters shorter.
        self.least_bytes = answer.body.len() * 99 / 100;
    }

    /// Whole overviews.
    pub(crate) fn target(&self) -> Target {
        Target { port: self.port, requests: self.citizens.clone().into(), least_bytes: self.least_bytes }
    }

    /// Overviews that may lack something.
    pub(crate) fn lenient_target(&self) -> Target {
        Target { least_bytes: 1, ..self.target() }
    }

    /// Overviews as event streams; ours alone has them.
    pub(crate) fn stream_requests(&self) -> Arc<[Request<()>]> {
        self.citizens.iter().map(as_stream).collect()
    }
}

/// The same overview as an event stream.
pub(crate) fn as_stream(overview: &Request<()>) -> Request<()> {
    let mut request = overview.clone();
    request.headers_mut().insert(header::ACCEPT, header::HeaderValue::from_static("text/event-stream"));
    request
}

fn peer_request(citizen: &Citizen, setup: &Setup) -> Request<()> {
    let path = if setup.keeps_answers { "/kept" } else { "/overview" };
    let request = Request::get(path).header(header::HOST, "localhost").header(CITIZEN_HEADER, &citizen.number);
    request.body(()).expect("a request")
}

/// Writes nginx's configuration; the command.
fn nginx(world: &World, port: u16, limit_ms: &str, sources: &[String]) -> Vec<String> {
    let folder = world.folder.path().join(format!("nginx-{port}"));
    fs::create_dir_all(folder.join("logs")).expect("a folder");
    let (mut upstreams, mut locations) = (String::new(), String::new());
    for (number, source) in sources.iter().enumerate() {
        // Writing to a text cannot fail.
        let _written =
            writeln!(upstreams, "upstream source{number} {{ server 127.0.0.1:{source} max_fails=0; keepalive 256; }}");
        let _written =
            writeln!(locations, "location = /source/{number} {{ internal; proxy_pass http://source{number}/cases; }}");
    }
    let template = fs::read_to_string(world.bench("peers/nginx/nginx.conf")).expect("a template");
    let configuration = template
        .replace("@ROOT@", &world.nginx_root)
        .replace("@PORT@", &port.to_string())
        .replace("@COUNT@", &sources.len().to_string())
        .replace("@LIMIT_MS@", limit_ms)
        .replace("@UPSTREAMS@", &upstreams)
        .replace("@LOCATIONS@", &locations);
    let file = folder.join("nginx.conf");
    fs::write(&file, configuration).expect("written");
    let [folder, file] = [&folder, &file].map(|path| path.to_string_lossy().into_owned());
    let program = format!("{}/usr/sbin/nginx", world.nginx_root);
    [&program, "-p", &folder, "-c", &file, "-g", "daemon off;"].map(str::to_owned).to_vec()
}
