//! Texts of the accessibility statement, after the model of Decision (EU) 2018/1523 and the Danish law on the accessibility
//! of public bodies' websites.

use overblik_widgets::Language;

use super::Texts;

fixed! {
    accessibility_link = ("Tilgængelighedserklæring", "Accessibility statement");
    privacy_link = ("Behandling af personoplysninger", "How personal data are treated");
    // A telephone is too narrow for the word: it may break at the soft hyphen.
    accessibility_title = ("Tilgængeligheds\u{ad}erklæring", "Accessibility statement");
    accessibility_lead = (
        "Overblikket skal kunne bruges af alle, også med skærmlæser, uden mus, med forstørret tekst og uden JavaScript.",
        "Everybody should be able to use the overview, also with a screen reader, without a mouse, with enlarged text and without JavaScript."
    );
    not_stated = (
        "Den, der driver dette overblik, har endnu ikke offentliggjort sin erklæring. Derfor siger siden ikke, i hvor høj grad kravene er opfyldt, eller hvem du kan skrive til.",
        "Whoever runs this overview has not published their statement yet. So this page does not say how far the requirements are met, or whom you can write to."
    );
    status_title = ("I hvor høj grad kravene er opfyldt", "How far the requirements are met");
    status_full = (
        "Overblikket opfylder kravene i loven om tilgængelighed af offentlige organers websteder (EN 301 549, WCAG 2.1 niveau AA).",
        "The overview meets the requirements of the Danish act on the accessibility of public bodies' websites (EN 301 549, WCAG 2.1 level AA)."
    );
    status_partial = (
        "Overblikket opfylder kravene i loven om tilgængelighed af offentlige organers websteder (EN 301 549, WCAG 2.1 niveau AA) delvist. Undtagelserne står nedenfor.",
        "The overview meets the requirements of the Danish act on the accessibility of public bodies' websites (EN 301 549, WCAG 2.1 level AA) in part. The exceptions are listed below."
    );
    status_none = (
        "Overblikket opfylder ikke kravene i loven om tilgængelighed af offentlige organers websteder (EN 301 549, WCAG 2.1 niveau AA). Det, der mangler, står nedenfor.",
        "The overview does not meet the requirements of the Danish act on the accessibility of public bodies' websites (EN 301 549, WCAG 2.1 level AA). What is missing is listed below."
    );
    exceptions_title = ("Det ved vi ikke er tilgængeligt", "What we know is not accessible");
    texts_of_authorities = (
        "Myndighedernes egne tekster vises, som de er skrevet. De er næsten altid på dansk og er mærket sådan, også når resten af siden er på engelsk.",
        "The authorities' own texts are shown as they were written. They are nearly always in Danish and are marked so, also when the rest of the page is in English."
    );
    feedback_title = ("Fortæl os, hvad der ikke virker", "Tell us what does not work");
    feedback_lead = (
        "Skriv eller ring, hvis der er noget, du ikke kan bruge, eller hvis du har brug for oplysningerne på en anden måde. Fortæl, hvilken side det gælder.",
        "Write or call if there is something that you cannot use, or if you need the information in another form. Say which page it is about."
    );
    complaint_title = ("Hvis du ikke får et svar, du er tilfreds med", "If you do not get an answer that satisfies you");
    registered_statement = ("Læs den registrerede erklæring", "Read the registered statement");
}

filled! {
    run_by(operator: &str) = ("Overblikket drives af {operator}.", "The overview is run by {operator}.");
    assessed_on(date: &str) = (
        "Det er vurderet af os selv, senest {date}.",
        "This was assessed by ourselves, last on {date}."
    );
    supervised_by(supervisor: &str) = (
        "{supervisor} fører tilsyn med, at loven bliver overholdt, og tager imod klager.",
        "Compliance with the act is supervised by {supervisor}, who also receives complaints."
    );
}
