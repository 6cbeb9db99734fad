//! Contracts that stand in no file, for fuzzing and measuring.

use std::{
    path::Path,
    sync::{Mutex, PoisonError},
};

use super::{
    Lasting, Loading, Secrets,
    endpoint::shared,
    examination::Examination,
    mistake::{ContractMistake, ContractMistakes},
    plan, syntax,
};
use crate::{declared::Plan, load_options::LoadOptions, upstream::AddressPolicy};

/// What is read of this platform takes longer than reading any contract.
static READ: Mutex<Option<Lasting>> = Mutex::new(None);

/// Checks a text as if it stood in a source's folder.
///
/// # Errors
/// All mistakes in it.
pub(crate) fn check(text: &str, folder: &Path) -> Result<(), ContractMistakes> {
    let options = LoadOptions::default();
    let file = folder.join(super::FILE_NAME);
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    let mut loading = Loading::new(&options, read.clone().unwrap_or_default(), Secrets::StoodIn)
        .map_err(|error| ContractMistakes::new(vec![ContractMistake::of_file(&file, error.to_string())]))?;
    *read = Some(loading.lasting.clone());
    loading.load_text(text, &file, folder);
    loading.finish().map(|_| ())
}

/// What a contract without mistakes says about asking and mapping.
pub(crate) fn plan_of(text: &str, folder: &Path) -> Option<Plan> {
    let syntax::Reading { manifest, outline, wrong, unexamined } = syntax::read(text);
    let mut manifest = manifest.filter(|_| wrong.is_empty())?;
    let file = folder.join(super::FILE_NAME);
    let mut examination = Examination::new(&file, &outline, unexamined);
    let shared = shared(&mut examination, &manifest.spec, None, AddressPolicy::Production);
    plan(&mut examination, &mut manifest.spec, &shared).ok().map(|(plan, _)| plan)
}
