//! What citizens read on portals' pages and nowhere else, as pairs of Danish and English.

use overblik_widgets::Language;

use super::texts::Texts;

macro_rules! pairs {
    ($($name:ident = ($da:literal, $en:literal);)*) => {
        impl Texts {
            $(pub(super) fn $name(self) -> &'static str {
                match self.language {
                    Language::Da => $da,
                    Language::En => $en,
                }
            })*
        }
    };
}

pairs! {
    see_in_overview = ("Se det i dit overblik", "See it in your overview");
    in_new_window = ("nyt vindue", "new window");
    shown_by_overblik = ("Vises af Overblik", "Shown by Overblik");
    update = ("Opdatér", "Update");
    waiting_for_access = ("Henter dine oplysninger …", "Fetching your information …");
    access_over = (
        "Visningen er slut, fordi du ikke længere er logget ind, eller fordi siden har stået åben længe.",
        "The view has ended, because you are no longer logged in or because the page has been open for long."
    );
    access_away = (
        "Dine oplysninger kan ikke vises lige nu. Prøv igen om lidt.",
        "Your information cannot be shown right now. Try again in a while."
    );
    needs_script = (
        "Her kan kun vises noget, når din browser kan køre scripts. Du kan altid se det i dit overblik.",
        "Something can be shown here only when your browser runs scripts. You can always see it in your overview."
    );
    connect_button = ("Vis dit overblik her", "Show your overview here");
    connect_end = ("Vis det ikke længere her", "Stop showing it here");
    connect_refused = (
        "Det lykkedes ikke at vise dit overblik her. Tryk på knappen igen.",
        "Your overview could not be shown here. Press the button again."
    );
    connect_no_cookie = (
        "Din browser gemmer ikke det, der skal til for at vise dit overblik her. Du kan altid se det hos Overblik selv.",
        "Your browser does not keep what it takes to show your overview here. You can always see it at Overblik itself."
    );
    connect_blocked = (
        "Din browser åbnede ikke vinduet. Tillad vinduer fra denne side, og tryk igen.",
        "Your browser did not open the window. Allow windows from this page, and press again."
    );
    connect_sources = ("Det bliver vist", "What will be shown");
    connect_how_long = (
        "Det varer højst et kvarter. Du kan slå det fra på siden, og det stopper, når du logger ud af Overblik.",
        "It lasts a quarter of an hour at most. You can turn it off on the page, and it stops when you log out of Overblik."
    );
    connect_yes = ("Vis det", "Show it");
    connect_no = ("Nej tak", "No thanks");
    connect_log_in_title = ("Log ind først", "Log in first");
    connect_allowed_title = ("Dit overblik bliver vist", "Your overview is being shown");
    connect_allowed = (
        "Du kan lukke dette vindue. Kommer dit overblik ikke frem på siden, så tryk på knappen der igen.",
        "You can close this window. If your overview does not appear on the page, press the button there again."
    );
    connect_logged_in_title = ("Du er logget ind", "You are logged in");
    connect_logged_in = (
        "Luk dette vindue, og tryk på knappen „Vis dit overblik her“ igen på den side, du kom fra.",
        "Close this window, and press the button “Show your overview here” again on the page that you came from."
    );
    connect_rather_here = ("Se hele dit overblik her i stedet", "See your whole overview here instead");
}

impl Texts {
    /// What a connected frame offers.
    pub(super) fn connect_what(self, portal: &str) -> String {
        match self.language {
            Language::Da => format!(
                "Du kan se en del af dit overblik fra myndighederne her på siden. Det bliver vist til dig alene: {portal} kan ikke læse det."
            ),
            Language::En => format!(
                "You can see a part of your overview from the authorities on this page. It is shown to you alone: {portal} cannot read it."
            ),
        }
    }

    pub(super) fn connect_title(self, portal: &str) -> String {
        match self.language {
            Language::Da => format!("Vil du se dit overblik hos {portal}?"),
            Language::En => format!("Do you want to see your overview at {portal}?"),
        }
    }

    pub(super) fn connect_where(self, portal: &str) -> String {
        match self.language {
            Language::Da => format!("En del af dit overblik bliver vist på siden fra {portal}, her:"),
            Language::En => format!("A part of your overview will be shown on the page of {portal}, here:"),
        }
    }

    pub(super) fn connect_private(self, portal: &str) -> String {
        match self.language {
            Language::Da => format!("Det bliver vist til dig alene. {portal} kan ikke læse det."),
            Language::En => format!("It is shown to you alone. {portal} cannot read it."),
        }
    }

    pub(super) fn connect_log_in(self, portal: &str) -> String {
        match self.language {
            Language::Da => format!("Du skal logge ind, før dit overblik kan blive vist hos {portal}."),
            Language::En => format!("You must log in before your overview can be shown at {portal}."),
        }
    }
}
