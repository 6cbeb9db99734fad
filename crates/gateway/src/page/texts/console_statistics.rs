//! Texts of the console's page of a source's statistics.

use overblik_widgets::Language;

use super::Texts;

fixed! {
    statistics_title = ("Statistik", "Statistics");
    whole_statistics = ("Se statistik", "See statistics");
    statistics_says = (
        "Kald til kilden fra alle instanser, efter dansk kalenderdag. Andelen af svar med data gælder kun dage, der er gået, og hvor mindst ti borgere fik svar; den er rundet til nærmeste 5 %.",
        "Calls to the source from all instances, by Danish calendar day. The share of answers with data is only of days that are over and on which at least ten citizens were answered about; it is rounded to the nearest 5%."
    );
    statistics_days = ("De seneste 30 dage", "The last 30 days");
    statistics_months = ("Måned for måned", "Month by month");
    nothing_counted = ("Der er ikke talt noget.", "Nothing was counted.");
    calls_title = ("Kald", "Calls");
    calls_whole = ("alle kald", "all calls");
    calls_part = ("uden brugbart svar", "without a usable answer");
    durations_title = ("Svartid", "Time to answer");
    durations_whole = ("95 % af kaldene", "95% of the calls");
    durations_part = ("halvdelen af kaldene", "half of the calls");
    statistics_day = ("Dag", "Day");
    statistics_month = ("Måned", "Month");
    calls_answered = ("Besvaret", "Answered");
    calls_timed_out = ("Ikke i tide", "Not in time");
    calls_failed = ("Fejlet", "Failed");
    calls_invalid = ("Ugyldigt svar", "Invalid answer");
    calls_refused = ("Adgang afvist", "Access refused");
    calls_ended = ("Afbrudt af os", "Ended by us");
    half_within = ("50 % inden for (ms)", "50% within (ms)");
    most_within = ("95 % inden for (ms)", "95% within (ms)");
    nearly_all_within = ("99 % inden for (ms)", "99% within (ms)");
    with_data = ("Med data", "With data");
    share_not_told = ("vises ikke", "not shown");
    none_measured = ("ingen", "none");
}

filled! {
    up_to(greatest: &str) = ("op til {greatest}", "up to {greatest}");
    calls_of_period(period: &str, all: u64, without: u64) = (
        "{period}: kald: {all}, heraf uden brugbart svar: {without}",
        "{period}: calls: {all}, of them without a usable answer: {without}"
    );
    durations_of_period(period: &str, half: &str, most: &str) = (
        "{period}: 50 % inden for {half} ms, 95 % inden for {most} ms",
        "{period}: 50% within {half} ms, 95% within {most} ms"
    );
    short_day(day: i8, month: &str, year: i16) = ("{day}. {month} {year}", "{day} {month} {year}");
    short_month_of_year(month: &str, year: i16) = ("{month} {year}", "{month} {year}");
    longer_than(bound: u64) = ("over {bound}", "over {bound}");
    at_most_per_cent(share: u8) = ("højst {share} %", "at most {share}%");
    at_least_per_cent(share: u8) = ("mindst {share} %", "at least {share}%");
}
