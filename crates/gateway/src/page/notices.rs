//! The pages without an overview: before login, after login, and when something went wrong.

use askama::Template;
use overblik_widgets::LocalizedText;
use url::Url;

use super::{
    html,
    layout::{Layout, PageFrame},
    texts::Texts,
};

/// Why a page of a citizen's is not on the screen any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Farewell {
    /// The citizen has just logged out.
    LoggedOut,
    /// The session ended without the citizen asking for it.
    SessionEnded,
    /// The page put itself away while the session goes on, as one in another window did not.
    StillLoggedIn,
}

/// What went wrong, in words for the citizen and for whoever helps them.
#[derive(Clone, Debug)]
pub struct ErrorPage<'a> {
    /// What happened.
    pub title: LocalizedText,
    /// What it means, and what to do.
    pub explanation: LocalizedText,
    /// The error's stable name, for support.
    pub code: &'a str,
    /// Finds this occurrence in the logs.
    pub reference: &'a str,
    /// Whether logging in is a way on.
    pub offer_login: bool,
}

#[derive(Template)]
#[template(path = "landing.html")]
struct Landing<'a> {
    layout: Layout<'a>,
}

#[derive(Template)]
#[template(path = "farewell.html")]
struct FarewellView<'a> {
    layout: Layout<'a>,
    texts: Texts,
    what: &'static str,
    farewell: Farewell,
}

#[derive(Template)]
#[template(path = "continue.html")]
struct Continue<'a> {
    layout: Layout<'a>,
    target: &'a str,
    link: &'static str,
}

#[derive(Template)]
#[template(path = "waiting.html")]
struct Waiting<'a> {
    layout: Layout<'a>,
    waited: String,
}

#[derive(Template)]
#[template(path = "error.html")]
struct Error<'a> {
    layout: Layout<'a>,
    explanation: &'a str,
    page: &'a ErrorPage<'a>,
}

/// The page for a visitor who is not logged in.
#[must_use]
pub fn landing(frame: &PageFrame<'_>) -> String {
    html(&Landing { layout: Layout { logged_in: false, ..Layout::new(frame, frame.texts().landing_title()) } })
}

/// The page that takes the place of a citizen's: what happened, and what to do on a computer that others use too.
#[must_use]
pub fn farewell(frame: &PageFrame<'_>, farewell: Farewell) -> String {
    let texts = frame.texts();
    let (title, what) = match farewell {
        Farewell::LoggedOut => (texts.logged_out_title(), texts.logged_out()),
        Farewell::SessionEnded => (texts.session_ended_title(), texts.session_ended()),
        Farewell::StillLoggedIn => (texts.still_logged_in_title(), texts.still_logged_in()),
    };
    let logged_in = farewell == Farewell::StillLoggedIn;
    html(&FarewellView { layout: Layout { logged_in, ..Layout::new(frame, title) }, texts, what, farewell })
}

/// A page that leads on to a path of this site by itself, without JavaScript. Needed after login: a `SameSite=Strict`
/// cookie is not sent along redirects that began on another site, but is sent on the way from this page (R18).
///
/// Anything but a path of this site leads to the front page instead.
#[must_use]
pub fn continue_to(frame: &PageFrame<'_>, target_path: &str) -> String {
    let target = if is_own_path(target_path) { target_path } else { "/" };
    let layout = Layout { continues_to: Some(target), ..Layout::new(frame, frame.texts().continue_title()) };
    html(&Continue { layout, target, link: frame.texts().continue_link() })
}

/// A page that leads on to the identity provider, to end the session there too.
#[must_use]
pub fn leave_for(frame: &PageFrame<'_>, provider: &Url) -> String {
    let texts = frame.texts();
    let layout = Layout { continues_to: Some(provider.as_str()), ..Layout::new(frame, texts.leaving_title()) };
    html(&Continue { layout, target: provider.as_str(), link: texts.leaving_link() })
}

/// The page of somebody who waits to log in, and has for so many minutes. Whoever sends it says in a header when it is
/// loaded anew.
#[must_use]
pub fn waiting(frame: &PageFrame<'_>, minutes: i64) -> String {
    let texts = frame.texts();
    html(&Waiting { layout: Layout::new(frame, texts.waiting_title()), waited: texts.waited(minutes) })
}

/// A page about an error.
#[must_use]
pub fn error_page(frame: &PageFrame<'_>, page: &ErrorPage<'_>) -> String {
    let texts = frame.texts();
    html(&Error { layout: Layout::new(frame, texts.of(&page.title)), explanation: texts.of(&page.explanation), page })
}

/// Whether browsers read this as a path on the same host: they take `//` and `/\` for the start of a host name, and
/// drop tabs and line breaks before they look.
fn is_own_path(path: &str) -> bool {
    path.strip_prefix('/').is_some_and(|rest| !rest.starts_with(['/', '\\']))
        && path.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use overblik_widgets::Language;

    use super::*;

    fn frame(language: Language) -> PageFrame<'static> {
        PageFrame::of_a_visitor(language, "/")
    }

    #[test]
    fn the_landing_page_offers_login_and_tells_what_to_do_on_a_shared_computer() {
        let page = landing(&frame(Language::Da));
        assert!(page.contains("href=\"/auth/login?return_to=/\""));
        assert!(page.contains("Log ud, når du er færdig, og luk alle vinduer"));
    }

    #[test]
    fn a_farewell_says_what_happened_offers_login_and_tells_what_to_do_on_a_shared_computer() {
        for (what, danish) in [(Farewell::LoggedOut, "Du er logget ud"), (Farewell::SessionEnded, "session er udløbet")]
        {
            let page = farewell(&frame(Language::Da), what);
            assert!(page.contains(danish) && page.contains("href=\"/auth/login?return_to=/\""), "{page}");
            assert!(page.contains("Luk alle vinduer i browseren") && !page.contains("Log ud<"), "{page}");
        }
        let still = farewell(&frame(Language::En), Farewell::StillLoggedIn);
        assert!(still.contains("You are still logged in") && still.contains("action=\"/auth/logout\""), "{still}");
        assert!(!still.contains("/auth/login") && still.contains("Back to the overview"), "{still}");
    }

    #[test]
    fn the_landing_page_speaks_of_the_demonstration_only_in_one() {
        let hint = "personerne findes ikke";
        assert!(!landing(&frame(Language::Da)).contains(hint));
        let demo = PageFrame { demo_control_url: Some("http://127.0.0.1:1/"), ..frame(Language::Da) };
        assert!(landing(&demo).contains(hint));
    }

    #[test]
    fn the_continue_page_leads_on_with_and_without_following_the_refresh() {
        let page = continue_to(&frame(Language::En), "/?a=1&b=2");
        assert!(page.contains("content=\"0;url=/?a=1&#38;b=2\""), "{page}");
        assert!(page.contains("href=\"/?a=1&#38;b=2\""));
    }

    #[test]
    fn the_continue_page_never_leads_off_the_site() {
        for evil in
            ["https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example", "javascript:x", ""]
        {
            let page = continue_to(&frame(Language::Da), evil);
            assert!(page.contains("content=\"0;url=/\"") && !page.contains("evil"), "{evil}");
        }
    }

    #[test]
    fn the_waiting_page_says_how_long_it_has_been_and_not_how_long_it_will_be() {
        for (minutes, danish, english) in [
            (0, "under et minut", "less than a minute"),
            (1, "i et minut", "for one minute"),
            (7, "i 7 minutter", "for 7 minutes"),
        ] {
            assert!(waiting(&frame(Language::Da), minutes).contains(danish), "{minutes}");
            let page = waiting(&frame(Language::En), minutes);
            assert!(page.contains(english) && page.contains("we do not know"), "{page}");
            assert!(!page.contains("http-equiv"), "an element that loads the page anew fails WCAG 2.2.1");
        }
    }

    #[test]
    fn the_error_page_shows_what_support_needs_and_offers_login_only_when_it_helps() {
        let error = ErrorPage {
            title: LocalizedText::new("Noget gik galt", "Something went wrong"),
            explanation: LocalizedText::new("Prøv igen.", "Try again."),
            code: "session-expired",
            reference: "0f3a",
            offer_login: true,
        };
        let login = "href=\"/auth/login?return_to=/\"";
        let page = error_page(&frame(Language::En), &error);
        for shown in ["Something went wrong", "Try again.", "session-expired", "0f3a", login] {
            assert!(page.contains(shown), "{shown}");
        }
        let page = error_page(&frame(Language::Da), &ErrorPage { offer_login: false, ..error });
        assert!(page.contains("Noget gik galt") && !page.contains(login));
    }

    #[test]
    fn only_a_citizen_who_is_logged_in_is_offered_to_log_out() {
        let error = ErrorPage {
            title: LocalizedText::new("x", "x"),
            explanation: LocalizedText::new("x", "x"),
            code: "x",
            reference: "x",
            offer_login: false,
        };
        let logout = "action=\"/auth/logout\"";
        assert!(!error_page(&frame(Language::Da), &error).contains(logout));
        let citizen = PageFrame { citizen_name: Some("Alma Prøve"), ..frame(Language::Da) };
        assert!(error_page(&citizen, &error).contains(logout));
        assert!(!landing(&citizen).contains(logout) && !farewell(&citizen, Farewell::LoggedOut).contains(logout));
    }
}
