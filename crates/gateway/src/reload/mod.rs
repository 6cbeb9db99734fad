//! The configuration taken anew while the process runs (decision 53): what is written in it, the secrets in files that it
//! names, and contracts that are files. Keys and certificates have files of their own, which are followed elsewhere.
//!
//! 1. `inputs` tells whether anything of it changed, every two seconds; SIGHUP has it looked at at once.
//! 2. The new configuration is read and checked whole, as at the start. `taken` says what can change while the process runs;
//!    where anything else changed too, nothing is taken. What cannot be taken is told, and everything stays as it was;
//!    it is tried again every minute, as what it lacked may have come.
//! 3. What can be is made beside what there is: another [`App`], with another relying party or portals if those changed, and
//!    another set of sources. Then it takes the place of the former one, at the `doors`: whoever has begun something goes
//!    on with what they began with.
//! 4. `standing` tells operators what is so, since when, and what was refused.

mod doors;
mod inputs;
mod standing;
mod taken;

use std::{path::PathBuf, sync::Arc, time::Duration};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub(crate) use self::doors::Doors;
use self::taken::needs_restart;
pub use self::{inputs::Inputs, standing::Standing};
use crate::{
    app::{App, load_options},
    config::{self, Config, ConfigMistakes, Written},
    edge::admission::Admission,
    embed::Portals,
    expected_sources::ExpectedSources,
    login::Login,
    open_files, service_manager,
    telemetry::LogFilter,
};

/// How often is looked whether anything changed.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// The configuration that a process was started with, and what it takes to follow it.
#[derive(Debug)]
pub struct FollowedConfiguration {
    written: Written,
    contracts: Option<PathBuf>,
    filter: LogFilter,
    inputs: Inputs,
    hang_up: Signal,
}

impl FollowedConfiguration {
    /// Tells operators of what the process begins with: to be told before anybody can ask.
    pub(crate) fn begins(&self, app: &App) {
        app.configuration.taken(&self.written, app.clock.now());
    }

    /// Follows a file, as it was read for this configuration, whose inputs were looked at then. From here on SIGHUP does not
    /// end the process any more.
    ///
    /// # Errors
    /// When the signal cannot be watched.
    pub fn new(inputs: Inputs, config: &Config, written: Written, filter: LogFilter) -> std::io::Result<Self> {
        let contracts = config.contracts.as_ref().map(|contracts| contracts.directory.clone());
        let hang_up = signal(SignalKind::hangup())?;
        Ok(Self { written, contracts, filter, inputs, hang_up })
    }
}

/// What takes the configuration anew.
pub(crate) struct Reload {
    app: App,
    doors: Doors,
    admission: Admission,
    tasks: TaskTracker,
    /// Ends what runs for as long as anything does.
    over: CancellationToken,
    login_over: CancellationToken,
    portals_over: CancellationToken,
}

impl Reload {
    /// For a process that begins with this app, and follows what belongs to its relying party and portals.
    pub(crate) fn new(
        app: App,
        doors: Doors,
        admission: Admission,
        tasks: &TaskTracker,
        over: &CancellationToken,
    ) -> Self {
        let (login_over, portals_over) = (over.child_token(), over.child_token());
        app.follow_provider(tasks, login_over.clone());
        app.follow_portal_keys(tasks, &portals_over);
        let (tasks, over) = (tasks.clone(), over.clone());
        Self { app, doors, admission, tasks, over, login_over, portals_over }
    }

    /// Follows a configuration, if there is one to follow. Never ends.
    pub(crate) async fn follow(mut self, configuration: Option<FollowedConfiguration>) {
        let Some(mut followed) = configuration else { return std::future::pending().await };
        loop {
            let at_once = tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => false,
                _ = followed.hang_up.recv() => true,
            };
            let inputs = followed.inputs.clone();
            // A panic while files are read is as if nothing had changed.
            let Ok(mark) = crate::blocking::run(move || inputs.mark()).await else { continue };
            if !followed.inputs.is_to_be_read(mark, at_once) {
                continue;
            }
            service_manager::tell_reloading();
            let outcome = self.take(&mut followed).await;
            service_manager::tell("READY=1");
            followed.inputs.acted(outcome.is_ok());
            let now = self.app.clock.now();
            match outcome {
                Ok(()) => self.app.configuration.taken(&followed.written, now),
                Err(mistakes) => {
                    for mistake in &mistakes {
                        tracing::error!(event = "configuration_refused", mistake, "the configuration stays as it was");
                    }
                    self.app.configuration.refused(mistakes, now);
                }
            }
        }
    }

    /// Takes the configuration as it is in its files by now.
    async fn take(&mut self, followed: &mut FollowedConfiguration) -> Result<(), Vec<String>> {
        let file = followed.inputs.file().to_owned();
        let (config, written) = blocking(move || config::load_written(&file).map_err(told)).await?;
        let contracts = config.contracts.as_ref().map(|contracts| contracts.directory.clone());
        // Also of what is refused: the files that it names are followed, so that it is read again when they are mended.
        followed.inputs.follow(&written, contracts.as_deref().or(followed.contracts.as_deref()));
        let differing = followed.written.differing(&written);
        let mut refused: Vec<String> = differing.iter().filter_map(|setting| needs_restart(setting)).collect();
        // A registry may be named without a setting of its own.
        if contracts.is_some() != followed.contracts.is_some() {
            refused.extend(needs_restart("registry"));
        }
        if !refused.is_empty() {
            return Err(refused);
        }
        LogFilter::check(&config.log.filter).map_err(|error| vec![error.to_string()])?;
        let in_section = |section: &str| differing.iter().any(|setting| setting.split('.').next() == Some(section));
        // Other limits alone: sources that a registry has added since the start keep nothing else from being taken.
        if in_section("limits") {
            let sources = self.app.connectors().sources().len();
            open_files::suffice(open_files::now(), &config.limits, sources).map_err(|error| vec![error])?;
        }
        let (new_login, new_portals) = (in_section("login"), in_section("embed"));
        let login = if new_login { self.other_login(&config).await? } else { Arc::clone(&self.app.login) };
        let portals = if new_portals {
            Arc::new(Portals::new(config.embed.as_ref()).map_err(|error| vec![error.to_string()])?)
        } else {
            Arc::clone(&self.app.portals)
        };
        let app = self.app.with_settings(&config, login, portals);
        let (options, expected) = (load_options(&config, &app.login), ExpectedSources::of(&config));
        // The last thing that may refuse, and the first that changes.
        blocking({
            let (app, directory) = (app.clone(), contracts.clone());
            move || app.exchange_settings(directory.as_deref(), options, expected)
        })
        .await?;
        self.exchange(app, &config, (new_login, new_portals));
        if let Err(error) = followed.filter.exchange(&config.log.filter) {
            tracing::error!(%error, "the log filter stays as it was");
        }
        let settings = differing.into_iter().collect::<Vec<_>>().join(" ");
        let sources = self.app.connectors().sources().len();
        tracing::info!(event = "configuration_taken", settings, sources, "the configuration was taken anew");
        (followed.written, followed.contracts) = (written, contracts);
        Ok(())
    }

    /// The relying party of another configuration. Its provider must be there: with one that is not nobody could log in.
    async fn other_login(&self, config: &Config) -> Result<Arc<Login>, Vec<String>> {
        let login = Login::new(config, self.app.clock.clone(), self.app.metrics.provider.clone())
            .map_err(|error| vec![error.to_string()])?
            .with_traces(self.app.overviews.traces().clone());
        login.reach().await.map_err(|_away| {
            let hint = "look whether the address is right and reachable; the log says what it answered";
            vec![format!("login.issuer: the metadata of {} cannot be had now\n  hint: {hint}", login.issuer())]
        })?;
        Ok(Arc::new(login))
    }

    /// Puts another app in the place of the former one. Nothing of this can fail.
    fn exchange(&mut self, app: App, config: &Config, (new_login, new_portals): (bool, bool)) {
        app.limits.limit(&config.limits);
        app.overload.limit(&config.limits);
        self.admission.change(&config.limits, &config.server.trusted_proxies);
        app.take_over();
        self.doors.exchange(&app);
        if new_login {
            std::mem::replace(&mut self.login_over, self.over.child_token()).cancel();
            app.follow_provider(&self.tasks, self.login_over.clone());
        }
        if new_portals {
            std::mem::replace(&mut self.portals_over, self.over.child_token()).cancel();
            app.follow_portal_keys(&self.tasks, &self.portals_over);
        }
        self.app = app;
    }
}

fn told(mistakes: ConfigMistakes) -> Vec<String> {
    mistakes.0.into_iter().map(|mistake| mistake.to_string()).collect()
}

/// Does something that takes time, beside the threads that serve requests.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Vec<String>> + Send + 'static,
) -> Result<T, Vec<String>> {
    let done = crate::blocking::run(work).await;
    done.unwrap_or_else(|_panic| Err(vec!["a defect of the gateway: the log says where".to_owned()]))
}
