//! The steps of a browser at the independent provider.

use http::Method;
use url::Url;

use crate::{Answer, Browser, browser::hidden_value};

/// What the levels' names begin with.
const LEVELS: &str = "https://data.gov.dk/concept/core/nsis/loa/";

/// Most steps from the gateway to its callback.
const MOST_STEPS: usize = 10;

/// What a citizen enters at the provider.
#[derive(Clone, Copy)]
pub struct ChosenLogin<'l> {
    /// Who they are, by slug.
    pub citizen: &'l str,
    /// The level: `Low`, `Substantial` or `High`.
    pub level: &'l str,
}

/// The way from the gateway over the provider to the gateway's callback.
pub struct WayToCallback {
    /// The callback, not yet visited.
    pub callback: Url,
    /// Every address on the way there.
    pub addresses: Vec<Url>,
    /// Whether the provider asked the citizen to log in, or knew them still.
    pub asked: bool,
}

impl Browser {
    /// Begins a login at a path of the gateway and goes all the way to its callback; where the provider asks, the citizen
    /// enters this. `None` cancels.
    ///
    /// # Panics
    /// When the way leads elsewhere.
    #[expect(clippy::panic, reason = "a step that goes otherwise is the test's failure")]
    pub async fn way_to_callback(&mut self, path: &str, chosen: Option<ChosenLogin<'_>>) -> WayToCallback {
        let callback = self.at("/auth/callback");
        let mut answer = self.get(path).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        let (mut addresses, mut asked) = (Vec::new(), false);
        while addresses.len() < MOST_STEPS {
            let Some(next) = answer.location() else {
                assert_eq!(answer.status, 200, "{}", answer.text);
                asked = true;
                answer = self.answer_independent(&answer, chosen).await;
                continue;
            };
            addresses.push(next.clone());
            if next.origin() == callback.origin() && next.path() == callback.path() {
                return WayToCallback { callback: next, addresses, asked };
            }
            answer = self.send(Method::GET, &next, &[("accept", "text/html")], None).await;
        }
        panic!("the way to the callback has no end: {addresses:?}")
    }

    /// As [`Browser::way_to_callback`], and visits the callback.
    pub async fn log_in_independently(&mut self, path: &str, citizen: &str, level: &str) -> Answer {
        let way = self.way_to_callback(path, Some(ChosenLogin { citizen, level })).await;
        self.follow(&way.callback).await
    }

    /// Confirms the provider's question whether to log out; where it leads then.
    ///
    /// # Panics
    /// When it does not ask.
    #[expect(clippy::expect_used, reason = "a step that goes otherwise is the test's failure")]
    pub async fn log_out_at_provider(&mut self, url: &Url) -> Url {
        let page = self.send(Method::GET, url, &[("accept", "text/html")], None).await;
        let secret = hidden_value(&page.text, "xsrf").expect("the provider's question");
        let form = [("xsrf".to_owned(), secret), ("logout".to_owned(), "yes".to_owned())];
        let confirm = url.join("/session/end/confirm").expect("an address");
        let confirmed = self.send(Method::POST, &confirm, &[], Some(&form)).await;
        assert_eq!(confirmed.status, 303, "{}", confirmed.text);
        confirmed.location().expect("the way back")
    }

    async fn answer_independent(&mut self, page: &Answer, chosen: Option<ChosenLogin<'_>>) -> Answer {
        assert!(page.text.contains("name=\"citizen\""), "{}", page.text);
        let form = match chosen {
            Some(ChosenLogin { citizen, level }) => {
                vec![("citizen".to_owned(), citizen.to_owned()), ("level".to_owned(), format!("{LEVELS}{level}"))]
            }
            None => vec![("cancel".to_owned(), "yes".to_owned())],
        };
        self.send(Method::POST, &page.url, &[], Some(&form)).await
    }
}
