//! Texts about the session: its end, the warning before it, and what to do on a computer that others use too.

use overblik_widgets::Language;

use super::Texts;

fixed! {
    // While logged in.
    session_ends_soon = ("Du bliver snart logget ud", "You will soon be logged out");
    session_idle_explained = (
        "Du har ikke brugt overblikket i et stykke tid. Af hensyn til din sikkerhed bliver du logget ud, hvis du ikke vælger at blive.",
        "You have not used the overview for a while. For your security you will be logged out unless you choose to stay."
    );
    session_over_explained = (
        "Du har været logget ind så længe, som man kan ad gangen. Log ind igen for at fortsætte.",
        "You have been logged in for as long as is possible at a time. Log in again to continue."
    );
    time_left = ("Tid tilbage:", "Time left:");
    stay_logged_in = ("Bliv logget ind", "Stay logged in");
    log_in_again = ("Log ind igen", "Log in again");
    stay_meanwhile = ("Bliv på siden så længe", "Stay on the page for now");
    staying_failed = (
        "Der er ikke forbindelse lige nu, så du er stadig på vej til at blive logget ud. Prøv igen.",
        "There is no connection right now, so you are still about to be logged out. Try again."
    );

    // Afterwards.
    logged_out_title = ("Du er logget ud", "You are logged out");
    logged_out = (
        "Du er logget ud, og dine oplysninger er glemt her.",
        "You are logged out, and your information is forgotten here."
    );
    session_ended_title = ("Du er blevet logget ud", "You have been logged out");
    session_ended = (
        "Du er blevet logget ud, fordi din session er udløbet eller afsluttet. Log ind for at fortsætte.",
        "You have been logged out because your session expired or was ended. Log in to continue."
    );
    still_logged_in_title = ("Du er stadig logget ind", "You are still logged in");
    still_logged_in = (
        "Siden er taget væk fra skærmen, fordi du ikke har brugt den i et stykke tid. Du er stadig logget ind.",
        "The page was taken from the screen because you had not used it for a while. You are still logged in."
    );
    back_to_overview = ("Tilbage til overblikket", "Back to the overview");

    // On a computer that others use too.
    shared_computer = ("Deler du computer med andre?", "Do you share the computer with others?");
    shared_computer_hint = (
        "Log ud, når du er færdig, og luk alle vinduer i browseren, for eksempel på biblioteket. Det er ikke nok at lukke fanen.",
        "Log out when you have finished, and close all windows of the browser, for example at a library. Closing the tab is not enough."
    );
    close_all_windows = (
        "Luk alle vinduer i browseren, så den næste ikke kan gå tilbage til det, du har set andre steder.",
        "Close all windows of the browser, so that the next person cannot go back to what you have seen elsewhere."
    );
    elsewhere_too = (
        "Har du åbnet en myndigheds egen side, så log også ud dér.",
        "If you have opened an authority's own page, log out there too."
    );
    files_and_prints = (
        "Slet filer, du har hentet, tøm papirkurven, og tag dine udskrifter med.",
        "Delete files that you have downloaded, empty the waste basket, and take your printouts with you."
    );
    nothing_left_here = (
        "Overblikket selv har ikke gemt noget om dig i browseren.",
        "The overview itself has kept nothing about you in the browser."
    );
}

filled! {
    // The script puts the figure in place of the word in square brackets.
    seconds_left(seconds: &str) = (
        "Du bliver logget ud om {seconds} sekunder.",
        "You will be logged out in {seconds} seconds."
    );
    page_closes_at(clock: &str) = (
        "Siden lukker af sig selv kl. {clock}. Hent den igen inden da for at forblive logget ind.",
        "The page closes by itself at {clock}. Load it again before then to stay logged in."
    );
}
