//! What is looked at when somebody asks for the metrics: gates, places, files, the process.

use std::sync::{Arc, atomic::AtomicU64};

use overblik_connectors::BreakerStanding;
use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};

use super::{
    catalogue::{
        Metric,
        metrics_of_sources::{BREAKER_STATE, IN_FLIGHT, LIMIT, STOPPED_BY, WAITING},
        metrics_of_the_process::{
            BUILD, CPU, FDS, FDS_LIMIT, FILE_AGE, FILE_UNUSABLE, LATENESS, LATENESS_LIMIT, LOGINS_WAIT, MEMORY,
            MEMORY_LIMIT, PLACES_TAKEN, REGISTRY_AGE, REGISTRY_REFUSED, STARTED, STORE_UP,
        },
        metrics_of_visits::LOG_EVENTS,
        metrics_of_what_is_kept::{AUDIT_AWAY, AUDIT_MISSING, AUDIT_QUEUE, AUDIT_WAITING, CERTIFICATE_LEFT, REDIS_UP},
    },
    levels,
    metrics::{Book, labels},
    process::Process,
};
use crate::{app::App, followed_file::FileStanding};

/// Everything that is looked at now.
pub(super) fn looked_at(app: &App, is_store_up: bool, links: &[(&str, bool)], process: &Process) -> Registry {
    // Whoever asks does so at a listener that has the app of the start.
    let app = &app.latest();
    let mut book = Book::default();
    gates(&mut book, app);
    single(&mut book, &STORE_UP, f64::from(u8::from(is_store_up)));
    single(&mut book, &REGISTRY_AGE, app.metrics.contact.age().as_secs_f64());
    single(&mut book, &REGISTRY_REFUSED, number(app.metrics.contact.number_refused()));
    single(&mut book, &PLACES_TAKEN, f64::from(app.overload.places_taken()));
    single(&mut book, &LATENESS, app.overload.lateness().as_secs_f64());
    single(&mut book, &LATENESS_LIMIT, app.overload.lateness_limit().unwrap_or_default().as_secs_f64());
    single(&mut book, &LOGINS_WAIT, f64::from(u8::from(app.overload.logins_wait())));
    files(&mut book, app);
    let up = book.gauges(&REDIS_UP);
    for (kept, is_up) in links {
        up.get_or_create(&labels(&REDIS_UP, [kept])).set(i64::from(*is_up));
    }
    certificates(&mut book, app);
    audit(&mut book, app);
    of_process(&mut book, process);
    let build = book.gauges(&BUILD);
    build.get_or_create(&labels(&BUILD, [env!("CARGO_PKG_VERSION")])).set(1);
    let events = book.counters(&LOG_EVENTS);
    for (level, so_far) in levels::counted() {
        events.get_or_create(&labels(&LOG_EVENTS, [level])).inc_by(so_far);
    }
    book.0
}

fn gates(book: &mut Book, app: &App) {
    let [breaker, stopped, in_flight, waiting, limit] =
        [&BREAKER_STATE, &STOPPED_BY, &IN_FLIGHT, &WAITING, &LIMIT].map(|entry| book.gauges(entry));
    for gate in app.connectors().standings(app.clock.now()) {
        let of = [gate.source.as_str(), gate.version.as_str()];
        let states = [
            (BreakerStanding::Closed, "closed"),
            (BreakerStanding::OnProbation, "on_probation"),
            (BreakerStanding::Open, "open"),
            (BreakerStanding::Probing, "probing"),
        ];
        for (state, name) in states {
            let [source, version] = of;
            let labels = labels(&BREAKER_STATE, [source, version, name]);
            breaker.get_or_create(&labels).set(i64::from(gate.breaker == state));
        }
        let causes = [
            (gate.switched_off, "operator"),
            (gate.suspended, "registry"),
            (gate.cut_off, "wrong_answer"),
            (gate.closed_until.is_some(), "window"),
        ];
        for (is_so, name) in causes {
            let [source, version] = of;
            stopped.get_or_create(&labels(&STOPPED_BY, [source, version, name])).set(i64::from(is_so));
        }
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        in_flight.get_or_create(&labels(&IN_FLIGHT, of)).set(count(gate.in_use));
        waiting.get_or_create(&labels(&WAITING, of)).set(count(gate.waiting));
        limit.get_or_create(&labels(&LIMIT, of)).set(count(gate.limit));
    }
}

fn files(book: &mut Book, app: &App) {
    let (ages, unusable) = (book.amounts(&FILE_AGE), book.gauges(&FILE_UNUSABLE));
    for (name, file) in key_files(app) {
        let age = ages.get_or_create_owned(&labels(&FILE_AGE, [name]));
        age.set(age.get().max(file.age().map_or(0.0, |age| age.as_secs_f64())));
        let gauge = unusable.get_or_create_owned(&labels(&FILE_UNUSABLE, [name]));
        gauge.set(gauge.get().max(i64::from(file.is_unusable())));
    }
}

/// How long what listeners show is good for yet.
fn certificates(book: &mut Book, app: &App) {
    let left = book.amounts(&CERTIFICATE_LEFT);
    for tls in app.metrics.certificates.get().into_iter().flatten() {
        let seconds = tls.expires().duration_since(app.clock.now()).as_secs_f64();
        left.get_or_create(&labels(&CERTIFICATE_LEFT, [tls.listener()])).set(seconds);
    }
}

fn audit(book: &mut Book, app: &App) {
    let trail = app.audit.standing();
    let as_number = |size: usize| number(u64::try_from(size).unwrap_or(u64::MAX));
    single(book, &AUDIT_WAITING, as_number(trail.waiting));
    single(book, &AUDIT_QUEUE, as_number(trail.room));
    single(book, &AUDIT_AWAY, f64::from(u8::from(trail.is_away)));
    let missing = Counter::<u64, AtomicU64>::default();
    missing.inc_by(trail.missing);
    book.enter(&AUDIT_MISSING, missing);
}

/// Files of keys that are followed, by what is in them.
fn key_files(app: &App) -> Vec<(&'static str, Arc<FileStanding>)> {
    let session = app.key_file.as_ref().map(|file| ("session_keys", file.standing()));
    let client = app.login.client_keys_file().map(|file| ("client_keys", file));
    let portals = app.portals.all().filter_map(|portal| Some(("portal_keys", portal.keys.file()?)));
    let index = app.metrics.index_keys.get().map(|file| ("index_keys", Arc::clone(file)));
    let audit = app.audit.key_file().map(|file| ("audit_keys", file));
    let admin = app.metrics.admin_keys.get().into_iter().flatten().cloned();
    session.into_iter().chain(client).chain(portals).chain(index).chain(audit).chain(admin).collect()
}

fn of_process(book: &mut Book, process: &Process) {
    let cpu = Counter::<f64, AtomicU64>::default();
    cpu.inc_by(process.cpu_s.unwrap_or_default());
    book.enter(&CPU, cpu);
    let amounts = [
        (&MEMORY, process.memory),
        (&MEMORY_LIMIT, process.memory_limit),
        (&FDS, process.fds),
        (&FDS_LIMIT, process.fds_limit),
        (&STARTED, process.started_s),
    ];
    for (entry, amount) in amounts {
        // What the system does not say has no series: 0 would be an answer.
        if let Some(amount) = amount {
            single(book, entry, amount);
        }
    }
}

fn single(book: &mut Book, entry: &'static Metric, value: f64) {
    // By itself, as it has no labels.
    let gauge = Gauge::<f64, AtomicU64>::default();
    gauge.set(value);
    book.enter(entry, gauge);
}

#[expect(clippy::cast_precision_loss, reason = "a number of sources or entries")]
fn number(number: u64) -> f64 {
    number as f64
}
