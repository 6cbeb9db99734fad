//! The citizens of the measurements, and their logins.

use futures::{StreamExt, stream};
use http::{Request, header};
use url::Url;

use crate::{client::Client, provider::Provider};

/// A fictitious citizen: the day of birth is raised by 60.
#[derive(Clone, Debug)]
pub(crate) struct Citizen {
    pub(crate) number: String,
}

impl Citizen {
    /// One of some twenty thousand, the same each time.
    pub(crate) fn of(index: usize) -> Self {
        let (day, month, year) = (61 + index % 28, 1 + index / 28 % 12, 40 + index / (28 * 12) % 60);
        Self { number: format!("{day}{month:02}{year}0001") }
    }
}

/// Logins that run at the same time.
const AT_ONCE: usize = 16;

/// Logs so many citizens in at a gateway, through every step that a browser takes; their `Cookie` headers.
pub(crate) async fn log_in(port: u16, first: usize, count: usize) -> Vec<String> {
    let logins = (first..first + count).map(|index| log_in_one(port, Citizen::of(index)));
    stream::iter(logins).buffered(AT_ONCE).collect().await
}

async fn log_in_one(port: u16, citizen: Citizen) -> String {
    let mut client = Client::connect(port).await.expect("a connection");
    let request = |target: &str, site| {
        Request::get(target)
            .header(header::HOST, "localhost")
            .header(header::ACCEPT, "text/html")
            .header("sec-fetch-site", site)
    };
    let begun = client.answer(request("/auth/login?return_to=/", "same-origin").body(()).expect("a request")).await;
    let begun = begun.expect("an answer");
    let authorise = begun.header(header::LOCATION).expect("the provider's address");
    let callback = Provider::callback(&Url::parse(&authorise).expect("an address"), &citizen);
    let target = format!("{}?{}", callback.path(), callback.query().unwrap_or_default());
    let back = request(&target, "cross-site").header(header::COOKIE, begun.cookies().join("; "));
    let landed = client.answer(back.body(()).expect("a request")).await.expect("an answer");
    assert_eq!(landed.status, 200, "no login: {}", String::from_utf8_lossy(&landed.body));
    let session = landed.cookies().into_iter().find(|cookie| cookie.starts_with("__Host-Http-overblik="));
    session.expect("a session cookie")
}
