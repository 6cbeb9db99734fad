//! Whether each Redis beside the sessions' answers when somebody asks.

use std::time::Duration;

use futures::future::join_all;

use crate::app::App;

/// One that takes longer is not there, as with the session store.
const PATIENCE: Duration = Duration::from_secs(1);

/// Asks all of them at the same time: what is kept there, and whether it answered.
pub(crate) async fn those_that_answer(app: &App) -> Vec<(&'static str, bool)> {
    let registry = app.metrics.registry_redis.get().map(|link| ("registry", link.as_ref()));
    let statistics = app.statistics.link().map(|link| ("statistics", link));
    let audit = app.audit.link().map(|link| ("audit", link));
    let all = [registry, statistics, audit].into_iter().flatten();
    join_all(all.map(|(kept, link)| async move { (kept, link.answers_within(PATIENCE).await) })).await
}
