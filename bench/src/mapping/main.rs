//! What mapping by a contract costs, against the same written by hand (docs/performance.md).
//!
//! `cargo run --release -p overblik-bench --features mapping --bin mapping`. With the name of a way and a number it does
//! just that, so often, and prints nothing: for callgrind, which counts instructions.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a measurement that cannot be made ends"
)]

mod answer;
mod by_hand;

use std::{hint::black_box, path::Path, time::Instant};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use overblik_connectors::{
    AcceptedPersons, Cpr,
    fuzzing::{LookedUp, Source, Told, decoded, holds},
};
use overblik_widgets::Widget;
use serde_json::Value;

/// Rounds, of which the quickest counts; the ways take turns.
const ROUNDS: usize = 60;
/// How often a round does each.
const TIMES: u32 = 100;
const BODY_LIMIT: usize = 256 * 1024;

/// What is measured on.
struct World {
    source: Source,
    json: Told,
    xml: Told,
    page: [Value; 1],
    looked_up: LookedUp,
    offices: by_hand::Offices,
    schema: Box<dyn Fn(&Value) -> bool>,
}

type Way = (&'static str, fn(&World));

const WAYS: [Way; 8] = [
    ("mapping, contract", |world| drop(black_box(world.by_contract(&world.page)))),
    ("mapping, by hand", |world| drop(black_box(by_hand::widgets(&world.page[0], &world.offices)))),
    ("decoding and mapping, contract", |world| {
        let page = decoded(&world.json, None, BODY_LIMIT).expect("JSON");
        drop(black_box(world.by_contract(&[page])));
    }),
    ("decoding and mapping, by hand", |world| {
        let page: Value = serde_json::from_slice(&world.json.body).expect("JSON");
        drop(black_box(by_hand::widgets(&page, &world.offices)));
    }),
    ("decoding JSON within limits", |world| drop(black_box(decoded(&world.json, None, BODY_LIMIT)))),
    ("decoding JSON, serde_json", |world| drop(black_box(serde_json::from_slice::<Value>(&world.json.body)))),
    ("decoding XML", |world| drop(black_box(decoded(&world.xml, Some(&answer::XML_LISTS), BODY_LIMIT)))),
    ("checking the schema", |world| {
        black_box((world.schema)(&world.page[0]));
    }),
];

fn main() {
    let world = World::new();
    let mut arguments = std::env::args().skip(1);
    if let (Some(name), Some(times)) = (arguments.next(), arguments.next()) {
        let (_, run) = WAYS.iter().find(|(known, _)| *known == name).expect("the name of a way");
        (0..times.parse().expect("a number")).for_each(|_: u32| run(&world));
        return;
    }
    let mut best = [f64::INFINITY; WAYS.len()];
    for _ in 0..ROUNDS {
        for ((_, run), best) in WAYS.iter().zip(&mut best) {
            let started = Instant::now();
            (0..TIMES).for_each(|_| run(&world));
            *best = best.min(started.elapsed().as_secs_f64() / f64::from(TIMES));
        }
    }
    println!("JSON: {} bytes, XML: {} bytes", world.json.body.len(), world.xml.body.len());
    for ((name, _), best) in WAYS.iter().zip(best) {
        println!("{name:<34} {:>7.1} µs", best * 1e6);
    }
    let [contract, by_hand, whole_contract, whole_by_hand, limited, plain, ..] = best;
    println!("ratio, mapping alone               {:>7.2}", contract / by_hand);
    println!("ratio, decoding and mapping        {:>7.2}", whole_contract / whole_by_hand);
    println!("ratio, decoding alone              {:>7.2}", limited / plain);
}

impl World {
    fn new() -> Self {
        let folder = Path::new("birkerup/bills");
        let source = Source::compile(include_str!("bills.yaml"), folder).expect("a contract without mistakes");
        let (page, offices) = (answer::bills(), answer::offices());
        let xml = told("text/xml; charset=utf-8", answer::as_xml(&page));
        let (json, told_offices) =
            (told("application/json", page.to_string()), told("application/json", offices.to_string()));
        let page = [page];
        let cpr = Cpr::parse(answer::CPR, AcceptedPersons::FictitiousToo).expect("a number");
        let looked_up = source.looked_up(&cpr, &page, &[told_offices]);
        let schema = Box::new(holds(answer::schema().to_string().as_bytes()).expect("a schema"));
        let world = Self { source, json, xml, page, looked_up, offices: by_hand::offices(&offices), schema };
        // What is compared must be the same.
        let widgets = world.by_contract(&world.page);
        assert_eq!(widgets, by_hand::widgets(&world.page[0], &world.offices));
        assert_eq!(widgets.len(), answer::BILLS);
        assert!((world.schema)(&world.page[0]) && decoded(&world.xml, Some(&answer::XML_LISTS), BODY_LIMIT).is_ok());
        world
    }

    fn by_contract(&self, page: &[Value]) -> Vec<Widget> {
        let (widgets, left_out) = self.source.mapped(page, &self.looked_up).expect("widgets");
        assert_eq!(left_out, 0);
        widgets
    }
}

fn told(content_type: &'static str, body: String) -> Told {
    let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(content_type))]);
    Told { status: StatusCode::OK, headers, body: Bytes::from(body) }
}
