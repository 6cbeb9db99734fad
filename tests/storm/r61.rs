//! Nothing that gateways write, keep or send anywhere gives a citizen or a secret away (requirement R61).

use std::{
    fs::{self, File},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use overblik_tests::{
    GatewayBinary, LeakSearch,
    crowd::{Mischief, Outcome},
    fleet::{CLIENT_SECRET, SOURCE_SECRET},
    raw_get,
    storm::{StormSetup, rage},
};

use crate::town::Town;

/// `redis-cli MONITOR`: every command that any gateway sends.
struct Monitor(Child);

impl Monitor {
    fn start(port: u16, output: &Path) -> Self {
        let mut command = Command::new("redis-cli");
        command.args(["-p", &port.to_string(), "MONITOR"]);
        command.stdin(Stdio::null()).stdout(File::create(output).expect("a file"));
        Self(command.spawn().expect("redis-cli runs"))
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        // Fails only when it has ended already, which is what is wanted.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// All that Redis keeps, as it writes it to disk.
fn dump(town: &Town) -> Vec<u8> {
    assert_eq!(town.redis.cli(&["SAVE"]).trim(), "OK");
    let folder = town.redis.cli(&["CONFIG", "GET", "dir"]).lines().nth(1).expect("a folder").to_owned();
    fs::read(Path::new(&folder).join("dump.rdb")).expect("a dump")
}

/// What careless or hostile visitors write into addresses and headers.
async fn blunder(town: &Town) {
    let number = &town.crowd.persons.of(0).number;
    let name = &town.crowd.persons.of(0).marker;
    let http = town.crowd.browser();
    for door in town.doors() {
        for path in [
            format!("/?cpr={number}&name={name}"),
            format!("/{number}"),
            format!("/api/v1/overview/{number}"),
            format!("/api/v1/overview?person={number}"),
            format!("/auth/login?return_to=//{number}.example/&level={number}"),
            format!("/auth/callback?code={number}&state={number}&iss={name}"),
            format!("/auth/callback?error={number}&error_description={name}&state=x"),
            format!("/assets/{number}.css"),
        ] {
            let status =
                http.probe(&door, &path, &[("user-agent", number), ("referer", number), ("x-cpr", number)]).await;
            assert!((200..500).contains(&status), "{path}: {status}");
        }
        let cookie = format!("__Host-Http-overblik={number}.{name}; cpr={number}");
        assert_eq!(http.probe(&door, "/api/v1/overview", &[("cookie", &cookie)]).await, 401);
        let bearer = format!("Bearer {number}");
        assert_eq!(http.probe(&door, "/api/v1/overview", &[("authorization", &bearer)]).await, 401);
    }
}

#[tokio::test]
async fn r61_two_gateways_give_nobody_and_nothing_away() {
    let mischief = Mischief { error: 80, garbled: 60, closed: 60, silent: 20, ..Mischief::STORM };
    let mut town = Town::found(24, mischief, GatewayBinary::Overblik, "debug").await;
    let folder = tempfile::TempDir::new().expect("a folder");
    let commands = folder.path().join("monitor");
    let monitor = Monitor::start(town.redis.port(), &commands);
    town.crowd.provider.keep_tokens();
    town.crowd.provider.access_tokens_last(Duration::from_secs(2));
    let keys = town.fleet.keys().secrets();

    // Citizens who stay logged in, so that something is kept while it is searched.
    let doors = town.doors();
    let browsers: Vec<_> = (0..6).map(|_| town.crowd.browser()).collect();
    for (person, browser) in browsers.iter().enumerate() {
        assert_eq!(browser.log_in([&doors[0], &doors[1]], person, "", None).await.status(), 200);
    }
    let setup = StormSetup {
        seed: town.seed,
        responses: 1_200,
        key_exchanges: 0,
        kill_every: None,
        stops_at_first_finding: false,
    };
    let report = rage(&town.crowd, &mut town.fleet, &town.redis, setup).await;
    println!("{report}");
    assert_eq!(report.found, 0, "{report}");
    assert!(town.crowd.provider.refreshes() > 0, "tokens were renewed");
    blunder(&town).await;
    assert!(town.kept("overblik:session:*").len() >= browsers.len(), "something is kept while it is searched");
    let dumped = dump(&town);
    let names = town.kept("*").join("\n");
    // Some leave by themselves, of the others the provider says that they have left.
    let mut pages = Vec::new();
    for browser in browsers.iter().take(3) {
        let Outcome::Answered(seen) = browser.log_out(&doors[0], None).await else { panic!("no answer") };
        assert!(seen.text().contains("/end-session"), "{}", seen.text());
        pages.push(seen.text());
    }
    town.crowd.log_everybody_out(&doors).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    drop(monitor);

    let mut search = LeakSearch::new();
    for person in town.crowd.persons.iter() {
        search.person_number(&person.number);
        search.text("a name", &person.name);
        search.text("a name", person.name.rsplit(' ').next().unwrap_or_default());
        search.text("a source's text", &person.marker);
        search.text("a subject", &person.subject);
    }
    let (tokens, cookies) = (town.crowd.provider.tokens(), town.crowd.inspection.cookies());
    assert!(tokens.len() > 100 && cookies.len() > 50, "{} tokens, {} cookies", tokens.len(), cookies.len());
    for token in &tokens {
        search.token("a token", token);
    }
    for cookie in &cookies {
        search.token("a cookie", cookie);
    }
    keys.iter()
        .chain([&CLIENT_SECRET.to_owned(), &SOURCE_SECRET.to_owned()])
        .for_each(|key| search.token("a key", key));

    let commands = fs::read(&commands).expect("what Redis was told");
    let addresses = [town.crowd.authorities.addressed(), town.crowd.provider.addressed()].concat().join("\n");
    let mut measured = Vec::new();
    for index in 0..doors.len() {
        measured.push(raw_get(&town.fleet.operations(index), "/metrics", &[]).await.body);
    }
    let mut places = vec![
        ("the dump of Redis", dumped),
        ("the names in Redis", names.into_bytes()),
        ("what Redis was told", commands),
        ("addresses and referrers", addresses.into_bytes()),
        ("pages that lead on to the provider", pages.concat().into_bytes()),
        ("the metrics", measured.concat().into_bytes()),
    ];
    places.extend(town.fleet.written().into_iter().map(|log| ("a gateway's log", log.into_bytes())));
    // What is searched is what it is taken for.
    let expected: [&[u8]; 8] = [
        b"REDIS0",
        b"overblik:session:",
        b"overblik:session:",
        b"/gaeldogbetaling/",
        b"/end-session",
        b"overblik_overviews_total{",
        b"\"DEBUG\"",
        b"\"DEBUG\"",
    ];
    assert_eq!(places.len(), expected.len());
    for ((place, bytes), expected) in places.iter().zip(expected) {
        assert!(bytes.windows(expected.len()).any(|window| window == expected), "{place} is not what it is taken for");
        assert_eq!(search.find(bytes), None, "in {place}");
        println!("{place}: {} bytes searched", bytes.len());
        // And the search would have found it there.
        let planted = URL_SAFE_NO_PAD.encode(format!("{{\"cpr\":\"{}\"}}", town.crowd.persons.of(7).number));
        let middle = bytes.len() / 2;
        let (before, after) = bytes.split_at(middle);
        let spoilt = [before, b"\"", planted.as_bytes(), b"\"", after].concat();
        assert!(search.find(&spoilt).is_some(), "the search does not find what was planted in {place}");
    }
}
