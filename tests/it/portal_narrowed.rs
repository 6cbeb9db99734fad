//! A registration that was narrowed while what it let begin goes on (requirements R67 to R69): what is registered now counts.

use http::Method;
use overblik_gateway::config::PortalConfig;
use overblik_tests::{Answer, RedisServer, Setup, System};

use crate::{
    bearer::sources,
    portal::{BIRKERUP, FRAME, IN_FRAME, ORIGIN, OVERVIEW, Portals, SECOND_ORIGIN},
    redis_store::{in_redis, keys},
};

/// How an instance shows the overview to a portal's server, to a script on its page, and in a frame.
async fn shown(system: &System, access: &str, embed: &str) -> [Answer; 3] {
    let mut client = system.browser_at(&"https://nowhere.example".parse().expect("an address"));
    let at = |path: &str| system.demo.url.join(path).expect("a path");
    let bearer = |token: &str| format!("Bearer {token}");
    let (access, on_a_page) = (bearer(access), bearer(embed));
    let server = client.send(Method::GET, &at(OVERVIEW), &[("authorization", &access)], None).await;
    let headers = [("authorization", on_a_page.as_str()), ("origin", ORIGIN), ("sec-fetch-site", "cross-site")];
    let page = client.send(Method::GET, &at(OVERVIEW), &headers, None).await;
    let form = [("portal", "birkerup"), ("lang", "da"), ("token", embed)];
    let form = form.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let frame = client.send(Method::POST, &at(FRAME), &IN_FRAME, Some(&form)).await;
    [server, page, frame]
}

fn statuses(answers: &[Answer; 3]) -> [u16; 3] {
    answers.each_ref().map(|answer| answer.status.as_u16())
}

#[tokio::test]
async fn r67_r68_r69_what_is_registered_now_counts_for_what_was_let_in_before() {
    let (redis, folder) = (RedisServer::start().await, keys());
    let portals = Portals::start_with(Setup::default(), in_redis(&redis, &folder)).await;
    let access = portals.access("family-signe", BIRKERUP).await;
    let embed = portals.embed_token(BIRKERUP, &access, ORIGIN).await;
    let narrowed = async |change: fn(&mut PortalConfig, &mut PortalConfig)| {
        let store = in_redis(&redis, &folder);
        let system = portals.another(move |config| {
            store(config);
            let portals = &mut config.embed.as_mut().expect("portals").portals;
            let mut other = portals.remove("askerup").expect("the other portal");
            change(portals.get_mut("birkerup").expect("the portal"), &mut other);
            portals.insert("askerup".to_owned(), other);
        });
        let system = system.await;
        let answers = shown(&system, &access, &embed).await;
        system.stop(&[]).await;
        answers
    };

    let as_before = narrowed(|_, _| {}).await;
    assert_eq!(statuses(&as_before), [200; 3], "control: {}", as_before[1].text);
    assert_eq!(sources(&as_before[0].json()), ["payments", "library"]);

    let fewer = narrowed(|portal, _| portal.sources.retain(|source| source != "library")).await;
    assert_eq!(statuses(&fewer), [200; 3]);
    for overview in &fewer[..2] {
        assert_eq!(sources(&overview.json()), ["payments"], "{}", overview.text);
    }
    assert!(!fewer[2].text.contains("Traktoren") && as_before[2].text.contains("Traktoren"), "in a frame");

    let elsewhere = narrowed(|portal, _| portal.origins = [SECOND_ORIGIN.to_owned()].into()).await;
    assert_eq!(statuses(&elsewhere), [200, 401, 401], "an origin that is registered no more");

    let renamed = narrowed(|portal, other| std::mem::swap(&mut portal.display_client, &mut other.display_client)).await;
    assert_eq!(statuses(&renamed), [401; 3], "it is another display client now");

    let by_server_alone =
        narrowed(|portal, _| portal.ways.retain(|way| *way == overblik_gateway::config::PortalWay::Server));
    assert_eq!(statuses(&by_server_alone.await)[..2], [200, 401], "a way that is closed");
    portals.stop(&[&access, &embed]).await;
}
