//! Every fixed text of the pages, as a pair of Danish and English: a text in one language only does not compile, nor does
//! the use of one that does not exist. Templates hold no words of their own (a test reads them).

use overblik_widgets::{Language, LocalizedText};

/// The texts of the pages in one language.
#[derive(Clone, Copy, Debug)]
pub(super) struct Texts {
    pub(super) language: Language,
}

macro_rules! fixed {
    ($($name:ident = ($da:literal, $en:literal);)*) => {
        impl Texts {
            $(pub(in crate::page) fn $name(self) -> &'static str {
                match self.language {
                    Language::Da => $da,
                    Language::En => $en,
                }
            })*
        }

        /// Every fixed text of this file by name.
        #[cfg(test)]
        pub(super) const FIXED: &[(&str, &str, &str)] = &[$((stringify!($name), $da, $en)),*];
    };
}

macro_rules! filled {
    ($($name:ident($($part:ident: $type:ty),+) = ($da:literal, $en:literal);)*) => {
        impl Texts {
            $(pub(in crate::page) fn $name(self, $($part: $type),+) -> String {
                match self.language {
                    Language::Da => format!($da),
                    Language::En => format!($en),
                }
            })*
        }
    };
}

mod accessibility;
mod console;
mod console_authorities;
mod console_editor;
mod console_new_source;
mod console_statistics;
mod console_trying;
mod declaration;
mod session;

// The frame of every page.
fixed! {
    skip_to_content = ("Gå til indholdet", "Skip to the content");
    language_choice = ("Sprog", "Language");
    log_in = ("Log ind", "Log in");
    log_out = ("Log ud", "Log out");
    about_footer = (
        "Oplysningerne hentes hos myndighederne, mens du venter, og glemmes igen, når du logger ud.",
        "The information is fetched from the authorities while you wait and forgotten when you log out."
    );
    demo_controls = ("Styr demoen", "Demo controls");
    to_front_page = ("Til forsiden", "To the front page");

    // The overview.
    overview_title = ("Dit overblik", "Your overview");
    interrupted = (
        "Forbindelsen blev afbrudt, før alle svar var kommet. Genindlæs siden.",
        "The connection was interrupted before every answer had come. Reload the page."
    );
    taking_long = ("Tager det længere end ventet, så genindlæs siden.", "If this takes longer than expected, reload the page.");
    attention_title = ("Kræver din opmærksomhed", "Needs your attention");
    added_up_before = (
        "Listen her og tallet øverst er fra før, du opdaterede en del af siden.",
        "This list and the count at the top are from before you updated a part of the page."
    );
    attention_waiting = ("Listen samles, når kilderne er spurgt.", "The list is put together when the sources have been asked.");
    nothing_needs_attention = (
        "Alle kilder har svaret. Intet kræver din opmærksomhed lige nu.",
        "Every source has answered. Nothing needs your attention right now."
    );
    nothing_in_answers = (
        "I de svar, der er kommet, er der ikke noget, der kræver din opmærksomhed.",
        "In the answers that have come there is nothing that needs your attention."
    );
    attention_unknown = (
        "Vi kan ikke sige, hvad der kræver din opmærksomhed, for ingen kilder har svaret.",
        "We cannot say what needs your attention, because no source has answered."
    );
    contents_title = ("På denne side", "On this page");
    all_empty = (
        "Ingen af dem har registreret noget om dig her. Det er myndighedernes eget svar. Under hver kilde står, hvad du kan forvente at se, og hvor du kan henvende dig, hvis du savner noget.",
        "None of them has registered anything about you here. That is the authorities' own answer. Under each source you can read what to expect, and whom to contact if something is missing."
    );
    nobody_listed = ("Ingen kilder er kommet med endnu.", "No source has joined yet.");
    nobody_listed_why = (
        "Ingen myndigheder har en aftale om at vise oplysninger her. Det betyder ikke, at de intet har om dig. Gå direkte til myndigheden.",
        "No authority has agreed to show information here. That does not mean that they hold nothing about you. Go directly to the authority."
    );
    see_which = ("Se hvilke", "See which");
    overdue = ("Overskredet", "Overdue");
    debt_collection = ("Inddrivelse", "Debt collection");
    action_needed = ("Handling", "Action");
    due_soon = ("Snart", "Soon");
    nobody_asked = ("Ingen kilder blev spurgt.", "No source was asked.");
    missing_answers = ("Mangler svar fra", "No answer from");
    incomplete_answers = ("Ufuldstændigt svar fra", "Incomplete answer from");
    not_asked = ("Ikke spurgt", "Not asked");

    // Sections.
    about_section = ("Hvad kan du forvente her?", "What can you expect here?");
    details = ("Detaljer", "Details");
    see_more = ("Se mere", "See more");
    refresh = ("Opdater", "Update");
    trail = ("Brødkrummer", "Breadcrumbs");
    try_again = ("Prøv igen", "Try again");
    show_again = ("Hent siden igen", "Load the page again");
    step_up = ("Log ind med højere sikkerhed", "Log in with higher security");
    phone = ("Telefon", "Telephone");
    email = ("E-mail", "E-mail");
    website = ("Hjemmeside", "Website");
    digital_post = ("Digital Post", "Digital Post");

    // Widgets.
    loans = ("Lån", "Loans");
    reservations = ("Reserveringer", "Reservations");
    waiting_lists = ("Ventelister", "Waiting lists");
    enrolments = ("Pladser, du betaler for", "Places you pay for");
    payments = ("Gebyrer og betalinger", "Fees and payments");
    title_unknown = ("Titlen kan ikke vises", "The title cannot be shown");
    hand_in = ("Afleveres", "Due back");
    borrowed = ("Lånt", "Borrowed");
    renewal = ("Fornyelse", "Renewal");
    renewable = ("Kan fornyes", "Can be renewed");
    not_renewable = ("Kan ikke fornyes", "Cannot be renewed");
    queue = ("Plads i køen", "Place in the queue");
    pickup_by = ("Hentes senest", "Pick up by");
    pickup_branch = ("Hentes på", "Pick up at");
    pickup_number = ("Afhentningsnummer", "Pickup number");
    reserved = ("Reserveret", "Reserved");
    expires = ("Udløber", "Expires");
    place_on_list = ("Plads på listen", "Place on the list");
    institution_type = ("Type", "Type");
    area = ("Område", "Area");
    wanted_from = ("Ønsket fra", "Wanted from");
    guaranteed_by = ("Garanteret senest", "Guaranteed by");
    entered = ("Skrevet op", "Entered");
    priority = ("Prioritet", "Priority");
    address = ("Adresse", "Address");
    starts = ("Fra", "From");
    ends = ("Til", "Until");
    price_next_month = ("Pris næste måned", "Price next month");
    fee_reduction = ("Friplads", "Fee reduction");
    sibling_discount = ("Søskenderabat", "Sibling discount");
    yes = ("Ja", "Yes");
    no = ("Nej", "No");
    owed_to_you = ("Til gode", "Owed to you");
    to_pay = ("At betale", "To pay");
    amount_paid = ("Betalt beløb", "Amount paid");
    remaining = ("Restbeløb", "Remaining");
    amount_in_all = ("Oprindeligt beløb", "Original amount");
    falls_due = ("Forfalder", "Due");
    fell_due = ("Forfaldt", "Was due");
    paid = ("Betalt", "Paid");
    line_amount = ("Beløb", "Amount");
    payment_lines = ("Betalingen består af", "The payment consists of");
    see_payment = ("Se betalingen", "See the payment");
    benefits = ("Ydelser", "Benefits");
    next_payment = ("Næste udbetaling", "Next payment");
    paid_out = ("Udbetales", "Paid out");
    last_payment = ("Seneste udbetaling", "Last payment");
    how_often = ("Hvor ofte", "How often");
    see_benefit = ("Se ydelsen", "See the benefit");
    service_benefits = ("Hjælp og støtte", "Help and support");
    extent = ("Omfang", "Extent");
    supplier = ("Leverandør", "Provider");
    see_service_benefit = ("Se hjælpen", "See the help");
    child_book = ("Barnets bog", "The child's book");
    see_child_book = ("Læs i barnets bog", "Read in the child's book");
    written = ("Skrevet", "Written");
    cases = ("Sager", "Cases");
    next_step = ("Næste skridt", "Next step");
    answer_expected = ("Svar ventes senest", "Answer expected by");
    answer_was_expected = ("Svar var ventet senest", "Answer was expected by");
    updated = ("Senest opdateret", "Last updated");
    opened = ("Oprettet", "Opened");
    closed = ("Afsluttet", "Closed");
    case_number = ("Sagsnummer", "Case number");
    timeline = ("Forløb", "What has happened");
    documents = ("Dokumenter", "Documents");
    document_date = ("Dateret", "Dated");
    see_document = ("Læs dokumentet", "Read the document");
    see_case = ("Se sagen", "See the case");
    appointments = ("Aftaler", "Appointments");
    place = ("Sted", "Place");
    attendance = ("Fremmøde", "Attendance");
    online = ("Online", "Online");
    in_person = ("Personligt", "In person");
    preparation = ("Inden aftalen", "Before the appointment");
    see_appointment = ("Se aftalen", "See the appointment");
    deadlines = ("Frister", "Deadlines");
    deadline_label = ("Frist", "Deadline");
    what_to_do = ("Det skal du gøre", "What to do");
    if_missed = ("Hvis du ikke når det", "If you miss it");
    see_deadline = ("Se, hvad du skal gøre", "See what to do");
    credentials = ("Beviser og tilladelser", "Licences and permits");
    valid_until = ("Gælder til", "Valid until");
    was_valid_until = ("Gjaldt til", "Was valid until");
    see_credential = ("Se eller forny", "See or renew");
    categories = ("Omfatter", "Covers");
    document_number = ("Nummer", "Number");
    issuer = ("Udstedt af", "Issued by");
    issued = ("Udstedt", "Issued");
    health_cards = ("Sundhedskort", "Health card");
    doctor = ("Læge", "Doctor");
    doctor_phone = ("Lægens telefon", "The doctor's telephone");
    insurance_group = ("Sikringsgruppe", "Insurance group");
    region = ("Region", "Region");
    card_valid_from = ("Gælder fra", "Valid from");
    see_health_card = ("Se sundhedskortet", "See the health card");
    master_data = ("Registrerede oplysninger", "Registered details");
    municipality = ("Kommune", "Municipality");
    moved_in = ("Flyttet ind", "Moved in");
    marital_status = ("Civilstand", "Marital status");
    protected_address = ("Navne- og adressebeskyttet", "Name and address protected");
    address_protection = ("Navne- og adressebeskyttelse", "Name and address protection");
    see_master_data = ("Se eller ret oplysningerne", "See or correct the details");
    mailboxes = ("Postkasse", "Mailbox");
    mailbox = ("Digital post", "Digital mail");
    unread = ("Ulæste", "Unread");
    awaiting_answer = ("Venter på dit svar", "Waiting for your answer");
    latest_message = ("Seneste besked", "Latest message");
    latest_sender = ("Seneste afsender", "Latest sender");
    messages_in_all = ("Beskeder i alt", "Messages in all");
    open_mailbox = ("Åbn postkassen", "Open the mailbox");

    // The other pages.
    landing_title = ("Ét overblik over dig og det offentlige", "One overview of you and the public sector");
    landing_intro = (
        "Log ind og se på ét sted, hvad myndighederne har om dig: lån og reserveringer på biblioteket, pladser på ventelister, betalinger og gæld.",
        "Log in and see in one place what the authorities hold about you: library loans and reservations, places on waiting lists, payments and debt."
    );
    landing_fresh = (
        "Hver myndighed spørges, når du åbner siden. Du kan se, hvornår den svarede.",
        "Every authority is asked when you open the page. You can see when it answered."
    );
    landing_honest = (
        "Svarer en myndighed ikke, står det der, sammen med vejen direkte til den. De andre svar vises alligevel.",
        "If an authority does not answer, the page says so and shows the way directly to it. The other answers are shown all the same."
    );
    landing_forgets = (
        "Oplysningerne glemmes igen, når du logger ud.",
        "The information is forgotten when you log out."
    );
    demo_hint = (
        "Dette er en demonstration: Myndighederne er simulerede, og personerne findes ikke. Vælg en af dem, når du logger ind.",
        "This is a demonstration: the authorities are simulated, and the persons do not exist. Choose one of them when you log in."
    );
    continue_title = ("Et øjeblik", "One moment");
    continue_link = ("Fortsæt", "Continue");
    leaving_title = ("Du er logget ud af overblikket", "You are logged out of the overview");
    leaving_link = ("Log også ud af login-tjenesten", "Log out of the login service too");
    ended_meanwhile = ("Du er logget ud. Der vises ikke mere.", "You are logged out. Nothing more is shown.");
    waiting_title = ("Du står i kø til at logge ind", "You are in line to log in");
    waiting_lead = (
        "Lige nu vil flere ind, end overblikket kan betjene på én gang. Lad siden stå åben: Den spørger igen af sig selv og fører dig til login, når det er din tur.",
        "Right now more people want to come in than the overview can serve at once. Leave this page open: it asks again by itself and takes you to the login when it is your turn."
    );
    waiting_order = (
        "Den, der kom først, kommer først ind. Du kommer ikke hurtigere frem ved at genindlæse siden.",
        "Whoever came first gets in first. Loading the page again does not get you there sooner."
    );
    waiting_keep = (
        "Din plads er gemt i denne browser i en time. Hvor længe du skal vente, ved vi ikke.",
        "Your place is kept in this browser for an hour. How long you will have to wait, we do not know."
    );
    waiting_others = (
        "Myndighedernes egne sider er åbne for dig imens.",
        "The authorities' own pages are open to you meanwhile."
    );
    waited_moments = ("Du har ventet i under et minut.", "You have waited for less than a minute.");
    waited_one = ("Du har ventet i et minut.", "You have waited for one minute.");
    error_code = ("Fejlkode", "Error code");
    error_reference = ("Reference", "Reference");
    error_report = ("Oplys dette, hvis du beder om hjælp:", "Give this if you ask for help:");
}

filled! {
    page_title(title: &str) = ("{title} – Overblik", "{title} – Overblik");
    fetching_all(count: usize) = ("Henter svar fra {count} kilder …", "Fetching answers from {count} sources …");
    fetching_from(authority: &str) = ("Henter fra {authority} …", "Fetching from {authority} …");
    // The script puts figures in place of the words in square brackets.
    progress(answered: &str, asked: &str) = ("{answered} af {asked} kilder har svaret", "{answered} of {asked} sources have answered");
    answered_of(answered: u32, asked: u32) = ("Svar fra {answered} af {asked} kilder.", "Answers from {answered} of {asked} sources.");
    failed_count(count: u32) = ("{count} svarede ikke.", "{count} did not answer.");
    pending_count(count: u32) = ("{count} hentes stadig.", "{count} still being fetched.");
    incomplete_count(count: usize) = ("{count} svarede ikke fuldt ud.", "{count} did not answer in full.");
    not_asked_count(count: u32) = ("{count} blev ikke spurgt.", "{count} not asked.");
    attention_may_lack_many(count: usize) = (
        "Listen kan mangle noget fra {count} kilder.",
        "The list may lack something from {count} sources."
    );
    attention_may_lack_one(count: usize) = (
        "Listen kan mangle noget fra {count} kilde.",
        "The list may lack something from {count} source."
    );
    details_of(title: &str) = ("{title}: detaljer", "{title}: details");
    refreshed(title: &str) = ("{title} er opdateret", "{title} has been updated");
    not_refreshed(title: &str) = ("{title} kunne ikke opdateres", "{title} could not be updated");
    opens(host: &str) = ("åbner {host}", "opens {host}");
    contact_of(authority: &str) = ("Kontakt {authority}", "Contact {authority}");
    go_to(authority: &str) = ("Gå til {authority}", "Go to {authority}");
    named_source(title: &str, authority: &str) = ("{title} ({authority})", "{title} ({authority})");
    answered_today(clock: &str) = ("Svar fra kl. {clock}", "Answer from {clock}");
    answered_earlier(date: &str, clock: &str) = ("Svar fra {date} kl. {clock}", "Answer from {date} at {clock}");
    left_out_many(count: u32) = ("{count} oplysninger kunne ikke vises", "{count} items could not be shown");
    left_out_one(count: u32) = ("{count} oplysning kunne ikke vises", "{count} item could not be shown");
    counted(heading: &str, count: usize) = ("{heading} ({count})", "{heading} ({count})");
    show_all(count: usize) = ("Vis alle {count}", "Show all {count}");
    number(number: i64) = ("nr. {number}", "no. {number}");
    waited_many(minutes: i64) = ("Du har ventet i {minutes} minutter.", "You have waited for {minutes} minutes.");
    per_cent(figure: i64) = ("{figure} %", "{figure}%");
    per_cent_until(share: &str, date: &str) = ("{share} til {date}", "{share} until {date}");
    amount_on(amount: &str, date: &str) = ("{amount} den {date}", "{amount} on {date}");
    date_at(date: &str, clock: &str) = ("{date} kl. {clock}", "{date} at {clock}");
    clock_range(start: &str, end: &str) = ("{start}–{end}", "{start}–{end}");
    day_range(start: &str, end: &str) = ("{start} til {end}", "{start} to {end}");
    relative_date(relative: &str, date: &str) = ("{relative}, {date}", "{relative}, {date}");
}

impl Texts {
    /// A text in this language.
    pub(super) fn of(self, text: &LocalizedText) -> &str {
        text.get(self.language)
    }

    /// For how long somebody has waited.
    pub(super) fn waited(self, minutes: i64) -> String {
        match minutes {
            ..=0 => self.waited_moments().to_owned(),
            1 => self.waited_one().to_owned(),
            _ => self.waited_many(minutes),
        }
    }

    /// From how many sources the attention list may lack something.
    pub(super) fn attention_may_lack(self, count: usize) -> String {
        if count == 1 { self.attention_may_lack_one(count) } else { self.attention_may_lack_many(count) }
    }

    /// How many items of an answer are not shown.
    pub(super) fn left_out(self, count: u32) -> String {
        if count == 1 { self.left_out_one(count) } else { self.left_out_many(count) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_fixed_text_is_empty() {
        let all = [
            FIXED,
            session::FIXED,
            declaration::FIXED,
            accessibility::FIXED,
            console::FIXED,
            console_authorities::FIXED,
            console_editor::FIXED,
            console_new_source::FIXED,
            console_statistics::FIXED,
            console_trying::FIXED,
        ];
        for (name, da, en) in all.concat() {
            assert!(!da.is_empty() && !en.is_empty(), "{name}");
        }
    }

    #[test]
    fn one_item_is_not_written_as_many() {
        let danish = Texts { language: Language::Da };
        assert_eq!(danish.left_out(1), "1 oplysning kunne ikke vises");
        assert_eq!(danish.left_out(2), "2 oplysninger kunne ikke vises");
        let english = Texts { language: Language::En };
        assert_eq!(english.left_out(1), "1 item could not be shown");
        assert_eq!(english.left_out(2), "2 items could not be shown");
    }
}
