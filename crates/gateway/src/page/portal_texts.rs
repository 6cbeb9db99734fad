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
    from_overblik = ("Vises af Overblik", "Shown by Overblik");
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
}
