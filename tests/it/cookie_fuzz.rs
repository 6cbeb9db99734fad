//! Cookies by the thousand that nobody's browser sends (requirement R38): never data, never a failure of ours. The same
//! against the parser alone, a million times, is beside it in the gateway.

use http::{HeaderMap, HeaderValue, header};
use overblik_gateway::session::cookie::{self, SessionCookie};
use overblik_tests::{KeptConnection, System};

const NAME: &str = "__Host-Http-overblik";
const REQUESTS: usize = 20_000;

/// Printed with a failure; the same seed makes the same cookies.
const SEED: u64 = 0x38_2026_1125;

/// Something that stands in every overview of the citizen.
const DATA: [&str; 2] = ["Eksempelsen", "\"sections\""];

/// A small generator of the xorshift kind: what matters is that it says the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).expect("64 bits") % limit
    }

    fn of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }

    /// Bytes that may stand in a header.
    fn bytes(&mut self, most: usize) -> Vec<u8> {
        let length = self.below(most);
        (0..length)
            .map(|_| self.of(&[b'\t', b' ', b'!', b'"', b'=', b';', b',', b'%', b'A', b'z', b'9', 0x80, 0xff]))
            .collect()
    }

    /// The value with one to three changes, and never the value itself.
    fn changed(&mut self, value: &str) -> Vec<u8> {
        let mut changed = value.as_bytes().to_vec();
        while changed == value.as_bytes() {
            for _ in 0..=self.below(3) {
                let at = self.below(changed.len().max(1));
                match self.below(5) {
                    0 if !changed.is_empty() => changed[at] = self.of(b"Aa0-_.=\"% \xc3"),
                    1 if !changed.is_empty() => drop(changed.remove(at)),
                    2 => changed.insert(at, self.of(b"Aa0-_.=\" \xff")),
                    3 => changed.truncate(at),
                    _ => changed.extend(value.as_bytes().iter().take(at)),
                }
            }
        }
        changed
    }

    /// Cookie lines that together are not the session's one cookie.
    fn lines(&mut self, session: &str) -> Vec<Vec<u8>> {
        let own = format!("{NAME}={session}").into_bytes();
        let pair = |name: &[u8], value: &[u8]| [name, b"=", value].concat();
        let names =
            [NAME, "__host-http-overblik", "__Host-Http-Overblik", "overblik", "__Host-Http-overblik ", "\"x", ""];
        match self.below(6) {
            0 => vec![self.bytes(200)],
            1 => vec![pair(NAME.as_bytes(), &self.changed(session))],
            2 => vec![pair(NAME.as_bytes(), &self.bytes(300))],
            3 => {
                let second = pair(self.of(&names[..3]).as_bytes(), self.of(&[session.as_bytes(), b"", b"x"]));
                let lines = self.of(&[vec![own.clone(), second.clone()], vec![second.clone(), own.clone()]]);
                if self.below(2) == 0 { vec![lines.join(&b"; "[..])] } else { lines }
            }
            4 => {
                let name = self.of(&names[1..]);
                vec![[self.bytes(20), b"; ".to_vec(), pair(name.as_bytes(), &self.changed(session))].concat()]
            }
            _ => vec![pair(NAME.as_bytes(), session.repeat(self.below(200) + 2).as_bytes())],
        }
    }
}

#[tokio::test]
async fn r38_twenty_thousand_cookies_open_nothing_and_break_nothing() {
    println!("seed {SEED:#x}");
    let system = System::start().await;
    let browser = system.logged_in("family-signe").await;
    let session = browser.cookie(NAME).expect("a session").to_owned();
    let mut chance = Chance(SEED);
    let mut connection = KeptConnection::to(&system.demo.url);
    let start = b"GET /api/v1/overview HTTP/1.1\r\nhost: localhost\r\nx-overblik-csrf: 1\r\n";
    let (mut unusable, mut well_formed) = (0, 0);
    for number in 0..REQUESTS {
        let lines = chance.lines(&session);
        let sent: Vec<_> = lines.iter().map(|line| String::from_utf8_lossy(line).into_owned()).collect();
        let cookies = lines.iter().flat_map(|line| [b"cookie: ", line.as_slice(), b"\r\n"].concat());
        let request: Vec<u8> = start.iter().copied().chain(cookies).chain(*b"\r\n").collect();
        let answer = connection.ask(&request).await;
        let what = format!("seed {SEED:#x}, number {number}: {sent:?}: {}", answer.head);
        assert!(DATA.iter().all(|text| !answer.body.contains(text)), "{what}");
        if request.len() > 16_000 {
            assert!((400..500).contains(&answer.status), "{what}");
            continue;
        }
        assert_eq!(answer.status, 401, "{what}");
        let values = lines.iter().filter_map(|line| HeaderValue::from_bytes(line).ok());
        let headers: HeaderMap = values.map(|value| (header::COOKIE, value)).collect();
        let taken_away = answer.head.contains(&format!("set-cookie: {}=;", NAME.to_ascii_lowercase()));
        match cookie::session(&headers) {
            SessionCookie::Unusable => {
                unusable += 1;
                assert!(taken_away, "{what}");
            }
            SessionCookie::Absent => assert!(!taken_away, "{what}"),
            SessionCookie::Present(_) => {
                well_formed += 1;
                assert!(!taken_away, "{what}");
            }
        }
    }
    assert!(unusable > REQUESTS / 4 && well_formed > 20, "{unusable} unusable, {well_formed} well-formed");
    // The control: the session itself lives and is data.
    let own = format!("cookie: {NAME}={session}\r\n\r\n");
    let answer = connection.ask(&[&start[..], own.as_bytes()].concat()).await;
    assert!(answer.status == 200 && DATA.iter().all(|text| answer.body.contains(text)), "{}", answer.head);
    system.stop(&[&browser]).await;
}
