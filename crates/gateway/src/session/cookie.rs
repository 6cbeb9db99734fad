//! The cookies of this gateway: the session's, those of login attempts, and the choice of language.

use http::{HeaderMap, HeaderValue, header};
use overblik_widgets::Language;

use super::sealing::{Ticket, TicketId};

/// Name of the session cookie. The prefix makes browsers refuse it unless it is `Secure`, `HttpOnly`, for this host
/// alone and for all paths (requirement R17). Browsers take `http://localhost` for secure.
pub const SESSION_COOKIE: &str = "__Host-Http-overblik";

/// Name of the cookie of a session at the console. `__Host-`, so that it is for this host alone.
pub const CONSOLE_COOKIE: &str = "__Host-overblik-console";

/// Beginning of the names of login-attempt cookies; what follows is a short hash of the attempt's `state`.
pub const ATTEMPT_COOKIE_PREFIX: &str = "__Host-overblik-login-";

/// Name of the cookie that tells the next login in this browser which session it replaces (requirement R20). It comes
/// along from the identity provider, where the session cookie does not, and holds the ticket's id: with it a login ends
/// that session, and nobody opens it. What the store knows the session by would not do: whoever reads the store has that.
const REPLACED_COOKIE: &str = "__Host-overblik-replaced";

/// Beginning of the names of connected frames' cookies; what follows is the portal's name: frames of two portals on one site
/// have the same cookies.
const CONNECTED_COOKIE_PREFIX: &str = "__Host-Http-overblik-connected-";

/// Name of the cookie that says since when somebody has waited to log in. It says nothing about anybody.
const WAITING_COOKIE: &str = "__Host-overblik-waiting";

/// Name of the cookie that remembers a citizen's choice of language. It says nothing about anybody.
const LANGUAGE_COOKIE: &str = "__Host-overblik-language";

/// Login attempts that one browser may have open (requirement R2).
const MOST_ATTEMPTS_PER_BROWSER: usize = 5;

/// Session cookies that one logout looks up in the store. A browser sends one; others can only have been planted.
const MOST_SESSIONS_ENDED: usize = 32;

/// What a request's cookies say about the session.
#[derive(Debug)]
pub enum SessionCookie {
    /// None was sent.
    Absent,
    /// More than one, or one that cannot be ours (requirement R38: treated as no session, and expired).
    Unusable,
    /// A well-formed one.
    Present(Ticket),
}

/// Reads the session cookie.
#[must_use]
pub fn session(headers: &HeaderMap) -> SessionCookie {
    let mut named = pairs(headers).filter(|(name, _)| name.eq_ignore_ascii_case(SESSION_COOKIE.as_bytes()));
    match (named.next(), named.next()) {
        (None, _) => SessionCookie::Absent,
        (Some((name, value)), None) if name == SESSION_COOKIE.as_bytes() => {
            let ticket = std::str::from_utf8(value).ok().and_then(Ticket::parse);
            ticket.map_or(SessionCookie::Unusable, SessionCookie::Present)
        }
        _ => SessionCookie::Unusable,
    }
}

/// The well-formed session cookies in a request, also if there are several: what a logout ends.
pub fn every_session(headers: &HeaderMap) -> impl Iterator<Item = Ticket> {
    cookies(headers)
        .filter(|(name, _)| name.eq_ignore_ascii_case(SESSION_COOKIE))
        .filter_map(|(_, value)| Ticket::parse(value))
        .take(MOST_SESSIONS_ENDED)
}

/// The header that gives a browser its session. Without `Max-Age`: it is gone when the browser closes, and the server
/// decides how long it is worth anything.
#[must_use]
pub fn give_session(ticket: &Ticket) -> HeaderValue {
    header_value(&format!("{SESSION_COOKIE}={}; Path=/; Secure; HttpOnly; SameSite=Strict", *ticket.reveal()))
}

/// The header that takes the session cookie away.
#[must_use]
pub fn take_session() -> HeaderValue {
    header_value(&format!("{SESSION_COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0"))
}

/// The session at the console. A cookie that is malformed or there twice opens nothing.
#[must_use]
pub fn console(headers: &HeaderMap) -> Option<Ticket> {
    let mut named = cookies(headers).filter(|(name, _)| name.eq_ignore_ascii_case(CONSOLE_COOKIE));
    match (named.next(), named.next()) {
        (Some((CONSOLE_COOKIE, value)), None) => Ticket::parse(value),
        _ => None,
    }
}

/// The well-formed console cookies in a request, also if there are several: what a logout ends.
pub fn every_console(headers: &HeaderMap) -> impl Iterator<Item = Ticket> {
    cookies(headers)
        .filter(|(name, _)| name.eq_ignore_ascii_case(CONSOLE_COOKIE))
        .filter_map(|(_, value)| Ticket::parse(value))
        .take(MOST_SESSIONS_ENDED)
}

/// The header that gives a browser its session at the console, until the browser closes.
#[must_use]
pub fn give_console(ticket: &Ticket) -> HeaderValue {
    header_value(&format!("{CONSOLE_COOKIE}={}; Path=/; Secure; HttpOnly; SameSite=Strict", *ticket.reveal()))
}

/// The header that takes it away.
#[must_use]
pub fn take_console() -> HeaderValue {
    header_value(&format!("{CONSOLE_COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0"))
}

/// What a portal's connected frame is shown by. One that is malformed or there twice is none.
#[must_use]
pub fn connected(headers: &HeaderMap, portal: &str) -> Option<Ticket> {
    let is_named = |name: &str| {
        name.get(..CONNECTED_COOKIE_PREFIX.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(CONNECTED_COOKIE_PREFIX))
            && name.get(CONNECTED_COOKIE_PREFIX.len()..) == Some(portal)
    };
    let mut named = cookies(headers).filter(|(name, _)| is_named(name));
    match (named.next(), named.next()) {
        (Some((name, value)), None) if name.starts_with(CONNECTED_COOKIE_PREFIX) => Ticket::parse(value),
        _ => None,
    }
}

/// The header that gives it to a frame. `Partitioned`: browsers keep it for frames on pages of the same site alone, and not
/// from them as they do with other cookies there (CHIPS). Without `Max-Age`, as the citizen's own: whoever opens a shared
/// computer's browser next finds neither.
#[must_use]
pub fn give_connected(portal: &str, ticket: &Ticket) -> HeaderValue {
    let ticket = ticket.reveal();
    header_value(&format!(
        "{CONNECTED_COOKIE_PREFIX}{portal}={}; Path=/; Secure; HttpOnly; SameSite=None; Partitioned",
        *ticket
    ))
}

/// The header that takes it away.
#[must_use]
pub fn take_connected(portal: &str) -> HeaderValue {
    header_value(&format!(
        "{CONNECTED_COOKIE_PREFIX}{portal}=; Path=/; Secure; HttpOnly; SameSite=None; Partitioned; Max-Age=0"
    ))
}

/// The session that a login in this browser replaces. One that is malformed or there twice names none.
#[must_use]
pub fn replaced(headers: &HeaderMap) -> Option<TicketId> {
    let mut named = cookies(headers).filter(|(name, _)| *name == REPLACED_COOKIE);
    match (named.next(), named.next()) {
        (Some((_, value)), None) => TicketId::parse(value),
        _ => None,
    }
}

/// The header by which the next login in this browser will replace this session.
#[must_use]
pub fn give_replaced(session: &TicketId) -> HeaderValue {
    header_value(&format!("{REPLACED_COOKIE}={}; Path=/; Secure; HttpOnly; SameSite=Lax", *session.reveal()))
}

/// The header after which a login replaces no session.
#[must_use]
pub fn take_replaced() -> HeaderValue {
    expire(REPLACED_COOKIE)
}

/// The language chosen earlier in this browser.
#[must_use]
pub fn language(headers: &HeaderMap) -> Option<&str> {
    cookies(headers).find_map(|(name, value)| (name == LANGUAGE_COOKIE).then_some(value))
}

/// The header that remembers a choice of language for a year. `SameSite=Lax`: it must come along on the way back from
/// the identity provider.
#[must_use]
pub fn give_language(language: Language) -> HeaderValue {
    let tag = language.tag();
    header_value(&format!("{LANGUAGE_COOKIE}={tag}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=31536000"))
}

/// The ticket of somebody who waits to log in. One that is there twice is none.
#[must_use]
pub fn waiting(headers: &HeaderMap) -> Option<&str> {
    let mut named = cookies(headers).filter(|(name, _)| *name == WAITING_COOKIE);
    match (named.next(), named.next()) {
        (Some((_, ticket)), None) => Some(ticket),
        _ => None,
    }
}

/// The header that gives somebody a ticket to wait with, for so long. `SameSite=Lax`: whoever comes back by a link from
/// another site keeps their turn.
#[must_use]
pub fn give_waiting(ticket: &str, seconds: i64) -> HeaderValue {
    header_value(&format!("{WAITING_COOKIE}={ticket}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={seconds}"))
}

/// The header that takes the ticket away.
#[must_use]
pub fn take_waiting() -> HeaderValue {
    expire(WAITING_COOKIE)
}

/// The secret of the login attempt whose state has this short hash.
#[must_use]
pub fn attempt<'h>(headers: &'h HeaderMap, short_hash: &str) -> Option<&'h str> {
    let mut values = cookies(headers)
        .filter(|(name, _)| name.strip_prefix(ATTEMPT_COOKIE_PREFIX) == Some(short_hash))
        .filter_map(|(_, value)| value.split_once('.').map(|(_, secret)| secret));
    match (values.next(), values.next()) {
        (Some(secret), None) => Some(secret),
        _ => None,
    }
}

/// The headers that bind a new login attempt to a browser: its cookie, and the end of the oldest attempts beyond
/// the limit. `SameSite=Lax`, because the identity provider's redirect comes from another site.
#[must_use]
pub fn give_attempt(headers: &HeaderMap, short_hash: &str, secret: &str, now_seconds: i64) -> Vec<HeaderValue> {
    let mut open: Vec<(i64, &str)> = cookies(headers)
        .filter(|(name, _)| name.starts_with(ATTEMPT_COOKIE_PREFIX))
        .map(|(name, value)| {
            let begun = value.split_once('.').and_then(|(begun, _)| begun.parse().ok()).unwrap_or(0);
            (begun, name)
        })
        .collect();
    open.sort_unstable();
    let surplus = (open.len() + 1).saturating_sub(MOST_ATTEMPTS_PER_BROWSER);
    let surplus = surplus.min(MOST_ATTEMPTS_PER_BROWSER);
    let mut values: Vec<HeaderValue> = open.iter().take(surplus).map(|(_, name)| expire(name)).collect();
    values.push(header_value(&format!(
        "{ATTEMPT_COOKIE_PREFIX}{short_hash}={now_seconds}.{secret}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600"
    )));
    values
}

/// The header that ends a login attempt in the browser.
#[must_use]
pub fn take_attempt(short_hash: &str) -> HeaderValue {
    expire(&format!("{ATTEMPT_COOKIE_PREFIX}{short_hash}"))
}

/// The headers that end every login attempt of the browser, as many as it may have open.
#[must_use]
pub fn take_every_attempt(headers: &HeaderMap) -> Vec<HeaderValue> {
    let attempts = cookies(headers).filter(|(name, _)| name.starts_with(ATTEMPT_COOKIE_PREFIX));
    attempts.take(MOST_ATTEMPTS_PER_BROWSER).map(|(name, _)| expire(name)).collect()
}

fn expire(name: &str) -> HeaderValue {
    header_value(&format!("{name}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"))
}

/// The cookies of a request that are text. Each is decoded alone: a neighbour's cookie in another character set must not
/// hide ours.
fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    pairs(headers).filter_map(|(name, value)| Some((std::str::from_utf8(name).ok()?, std::str::from_utf8(value).ok()?)))
}

/// The cookies of a request as bytes.
fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&[u8], &[u8])> {
    headers
        .get_all(header::COOKIE)
        .into_iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b';'))
        .map(<[u8]>::trim_ascii)
        .filter_map(|pair| {
            let (name, value) = pair.split_at_checked(pair.iter().position(|byte| *byte == b'=')?)?;
            Some((name, value.get(1..)?))
        })
}

/// Our cookies are made of header-safe characters only; a name sent by a browser is one it accepted in a header.
fn header_value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(cookies: &[&str]) -> HeaderMap {
        cookies.iter().map(|value| (header::COOKIE, value.parse().expect("a header"))).collect()
    }

    const TICKET: &str = "abcdefghijklmnopqrstuvwxyz0123456789-_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuQ";

    #[test]
    fn r69_a_connected_frame_s_cookie_is_of_one_portal_and_partitioned() {
        let ticket = Ticket::random();
        let given = give_connected("birkerup", &ticket);
        let given = given.to_str().expect("text");
        let pair = given.split(';').next().expect("a pair").to_owned();
        assert!(given.ends_with("; Path=/; Secure; HttpOnly; SameSite=None; Partitioned"), "{given}");
        let read =
            |cookies: &[&str], portal| connected(&headers(cookies), portal).map(|read| read.reveal().to_string());
        assert_eq!(read(&[&pair], "birkerup"), Some(ticket.reveal().to_string()));
        for portal in ["birkeru", "birkerup2", "askerup", ""] {
            assert_eq!(read(&[&pair], portal), None, "{portal}");
        }
        let upper = pair.replacen("__Host-Http", "__HOST-HTTP", 1);
        for wrong in [&[pair.as_str(), &pair][..], &[&pair, &upper], &[&upper], &[&format!("{pair}A")]] {
            assert_eq!(read(wrong, "birkerup"), None, "{wrong:?}");
        }
        let taken = take_connected("birkerup");
        assert!(taken.to_str().expect("text").ends_with("Partitioned; Max-Age=0"));
    }

    #[test]
    fn a_well_formed_cookie_is_read() {
        let cookie = session(&headers(&[&format!("a=b; {SESSION_COOKIE}={TICKET}")]));
        assert!(matches!(cookie, SessionCookie::Present(ticket) if *ticket.reveal() == TICKET));
        assert!(matches!(session(&headers(&["a=b"])), SessionCookie::Absent));
    }

    #[test]
    fn r38_malformed_and_duplicate_cookies_are_unusable() {
        for value in [
            "",
            "short",
            &format!("{TICKET}x"),
            &format!("\"{TICKET}\""),
            &TICKET.replace('a', "ø"),
            &TICKET.replace('a', " "),
        ] {
            let cookies = [format!("{SESSION_COOKIE}={value}").into_bytes()];
            let map: HeaderMap =
                cookies.iter().map(|bytes| (header::COOKIE, HeaderValue::from_bytes(bytes).expect("bytes"))).collect();
            assert!(!matches!(session(&map), SessionCookie::Present(_)), "{value}");
        }
        let pair = format!("{SESSION_COOKIE}={TICKET}");
        assert!(matches!(session(&headers(&[&pair, &pair])), SessionCookie::Unusable));
        assert!(matches!(session(&headers(&[&format!("{pair}; {pair}")])), SessionCookie::Unusable));
        let other_case = pair.replace("__Host-Http-", "__host-http-");
        assert!(matches!(session(&headers(&[&other_case])), SessionCookie::Unusable));
        assert!(matches!(session(&headers(&[&pair, &other_case])), SessionCookie::Unusable));
    }

    #[test]
    fn a_neighbour_s_cookie_in_another_character_set_hides_nothing() {
        let mut bytes = b"navn=S\xf8ren; ".to_vec();
        bytes.extend_from_slice(format!("{SESSION_COOKIE}={TICKET}; by=\u{c5}rhus").as_bytes());
        let value = HeaderValue::from_bytes(&bytes).expect("a header");
        let map = HeaderMap::from_iter([(header::COOKIE, value)]);
        assert!(matches!(session(&map), SessionCookie::Present(_)));
    }

    #[test]
    fn a_logout_finds_every_session_that_was_sent() {
        let other = TICKET.replace('a', "b");
        let map = headers(&[&format!("{SESSION_COOKIE}={TICKET}; {SESSION_COOKIE}={other}; {SESSION_COOKIE}=x")]);
        assert_eq!(every_session(&map).count(), 2);
    }

    #[test]
    fn a_request_full_of_session_cookies_has_but_a_few_looked_up() {
        let many = vec![format!("{SESSION_COOKIE}={TICKET}"); 4000].join("; ");
        assert_eq!(every_session(&headers(&[&many])).count(), MOST_SESSIONS_ENDED);
    }

    #[test]
    fn r2_the_sixth_attempt_ends_the_oldest() {
        let open: Vec<String> =
            (1..=5).map(|number| format!("{ATTEMPT_COOKIE_PREFIX}{number}={}.s", 1000 - number)).collect();
        let values = give_attempt(&headers(&[&open.join("; ")]), "new", "secret", 2000);
        assert_eq!(values.len(), 2);
        assert!(values[0].to_str().is_ok_and(|value| value.starts_with("__Host-overblik-login-5=;")));
        assert!(values[1].to_str().is_ok_and(|value| value.starts_with("__Host-overblik-login-new=2000.secret;")));
    }

    #[test]
    fn every_attempt_is_taken_away_and_nothing_else() {
        let map =
            headers(&[&format!("a=b; {ATTEMPT_COOKIE_PREFIX}x=1.s; {ATTEMPT_COOKIE_PREFIX}y=2.s; {SESSION_COOKIE}=x")]);
        let taken = take_every_attempt(&map);
        let names: Vec<_> = taken.iter().filter_map(|value| value.to_str().ok()?.split_once('=')).collect();
        assert_eq!(
            names.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
            ["__Host-overblik-login-x", "__Host-overblik-login-y"]
        );
        assert!(names.iter().all(|(_, rest)| rest.starts_with(';') && rest.ends_with("; Max-Age=0")));
    }

    #[test]
    fn an_attempt_is_found_by_its_own_name_only() {
        let map = headers(&[&format!("{ATTEMPT_COOKIE_PREFIX}abc=1.secret")]);
        assert_eq!(attempt(&map, "abc"), Some("secret"));
        assert_eq!(attempt(&map, "ab"), None);
    }
}
