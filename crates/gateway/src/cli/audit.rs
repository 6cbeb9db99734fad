//! `overblik audit`: whether the audit trail is the one that was written, and parts of it for others.

use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Write},
    path::PathBuf,
};

use clap::{Args, Subcommand};
use overblik_registry::{Digest, Head};
use overblik_widgets::Date;

use super::{Failure, block_on, say};
use crate::{
    audit::{
        Trail,
        collected::verify_exported,
        exporting::{Part, ReadingError},
        verifying::Verified,
    },
    clock::Clock,
    config::{self, Config},
    telemetry,
};

#[derive(Subcommand)]
pub(super) enum AuditCommand {
    /// Look for entries that were removed, changed or moved, and for an end that is missing; a gateway may go on writing
    Verify(VerifyArguments),
    /// Write the entries of some days to standard output, one a line, so that they can be verified elsewhere
    Export(ExportArguments),
}

#[derive(Args)]
pub(super) struct VerifyArguments {
    /// Configuration file (YAML) of the gateway
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// A head from before that was kept elsewhere: it must still stand there
    #[arg(long, value_name = "NUMBER:HASH", value_parser = read_head, conflicts_with = "exported")]
    head: Option<Head>,
    /// What was exported, or collected from standard output, instead of what the configuration names
    #[arg(long, value_name = "FILE")]
    exported: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct ExportArguments {
    /// Configuration file (YAML) of the gateway
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// First day, as in Denmark
    #[arg(long, value_name = "DATE")]
    from: Date,
    /// Last day
    #[arg(long, value_name = "DATE")]
    to: Date,
    /// One source alone; of the other entries stands where they are, and nothing else
    #[arg(long, value_name = "SLUG")]
    source: Option<String>,
}

fn read_head(text: &str) -> Result<Head, String> {
    let read = || {
        let (number, hash) = text.split_once(':')?;
        Some(Head { number: number.parse().ok()?, hash: Digest::parse(hash).ok()? })
    };
    read().ok_or_else(|| "is no head: a number, a colon and 64 hexadecimal digits, as `verify` writes it".to_owned())
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] when the configuration has mistakes, or a trail is not what was written or cannot be read.
pub(super) fn run(command: &AuditCommand) -> Result<(), Failure> {
    let file = match command {
        AuditCommand::Verify(VerifyArguments { config, .. }) | AuditCommand::Export(ExportArguments { config, .. }) => {
            config
        }
    };
    let config = config::load(file).map_err(|mistakes| Failure::configuration(&mistakes))?;
    telemetry::start(&config.log).map_err(|error| Failure::configuration(&error))?;
    let trail = open(&config)?;
    match command {
        AuditCommand::Verify(arguments) => verify(&trail, arguments),
        AuditCommand::Export(arguments) => export(&trail, arguments),
    }
}

fn open(config: &Config) -> Result<Trail, Failure> {
    Trail::open(&config.audit, Clock::system()).map_err(|error| Failure::configuration(&error))
}

fn failed(error: ReadingError) -> Failure {
    match error {
        ReadingError::Elsewhere(_) => Failure::unasked(&error),
        error => Failure::running(&error),
    }
}

fn verify(trail: &Trail, arguments: &VerifyArguments) -> Result<(), Failure> {
    if let Some(exported) = &arguments.exported {
        let unreadable = |error: io::Error| Failure::unasked(&format!("{}: {error}", exported.display()));
        let lines = BufReader::new(File::open(exported).map_err(unreadable)?);
        for verified in verify_exported(trail.keys(), lines).map_err(failed)? {
            told(verified);
        }
        return Ok(());
    }
    block_on(async {
        for verified in trail.verify(arguments.head).await.map_err(failed)? {
            told(verified);
        }
        Ok(())
    })
}

fn told(Verified { chain, first, head, left_out, unproven }: Verified) {
    let chain = chain.map_or_else(|| "trail".to_owned(), |chain| format!("trail {chain}"));
    let left_out = if left_out == 0 { String::new() } else { format!(", contents of {left_out} left out") };
    let unproven = match unproven {
        0 => String::new(),
        unproven => format!("; {unproven} behind the last mark are proven by nothing"),
    };
    if head.number < first && head.number > 0 {
        say(&format!("{chain}: good; nothing is left, its time is over; head {}:{}", head.number, head.hash));
        return;
    }
    if head.number < first {
        say(&format!("{chain}: it has no mark{unproven}"));
        return;
    }
    say(&format!(
        "{chain}: good; records {first} to {}{left_out}{unproven}; head {}:{}",
        head.number, head.number, head.hash
    ));
}

fn export(trail: &Trail, arguments: &ExportArguments) -> Result<(), Failure> {
    let ExportArguments { from, to, source, .. } = arguments;
    if from > to {
        return Err(Failure::unasked(&"--from is later than --to"));
    }
    let part = Part { from: *from, to: *to, source: source.clone() };
    let mut out = BufWriter::new(io::stdout());
    block_on(async {
        trail.export(&part, &mut out).await.map_err(failed)?;
        out.flush().map_err(|error| Failure::running(&error))
    })
}
