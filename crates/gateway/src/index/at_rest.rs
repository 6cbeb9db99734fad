//! An index as it is kept: what it was loaded as, sealed whole, and the changes since, each sealed in its place. What lacks a
//! part, was changed, belongs to another index, or was made with another key is no index.
//!
//! Loaded: `overblik-index-1`, length and id of the master key, number of entries, the entries in order, seal. A change: 1 for
//! in or 0 for out, the entry, the first 8 bytes of a seal over its number and these. Numbers are big-endian, of 8 bytes.

use bytes::{BufMut, Bytes, BytesMut};
use overblik_registry::IndexId;
use subtle::ConstantTimeEq;

use super::{
    entries::Changed,
    fingerprint::{Fingerprint, IndexKey, SEAL},
};
use crate::session::master_keys::MasterKeys;

const MAGIC: &[u8] = b"overblik-index-1";

/// Bytes of an entry.
const ENTRY: usize = 8;

/// Most bytes of a block: what is kept is handed over in these.
const BLOCK: usize = 1024 * 1024;

/// Bytes of a change.
pub(crate) const CHANGE: usize = 1 + ENTRY + SHORT_SEAL;
const SHORT_SEAL: usize = 8;

/// Why what is kept is no index here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("it was made with a key that is not in registry.index.keys_file")]
    Key,
    #[error("it is damaged, or was made with another key of the same name")]
    Seal,
}

/// An index in blocks. The entries are in order.
pub(super) fn write(key: &IndexKey, entries: &[Fingerprint]) -> Vec<Bytes> {
    let mut seal = key.seal();
    let (mut blocks, mut block) = (Vec::new(), BytesMut::with_capacity(BLOCK));
    let id = key.master.as_str().as_bytes();
    block.put_slice(MAGIC);
    block.put_u8(u8::try_from(id.len()).unwrap_or(u8::MAX));
    block.put_slice(id);
    block.put_u64(u64::try_from(entries.len()).unwrap_or(u64::MAX));
    for Fingerprint(entry) in entries {
        block.put_u64(*entry);
        if block.len() > BLOCK - ENTRY {
            seal.update(&block);
            blocks.push(std::mem::replace(&mut block, BytesMut::with_capacity(BLOCK)).freeze());
        }
    }
    seal.update(&block);
    block.put_slice(seal.sign().as_ref());
    blocks.push(block.freeze());
    blocks
}

/// Reads an index of a source.
///
/// # Errors
/// [`Unreadable`].
pub(super) fn read(
    whole: &[u8],
    keys: &MasterKeys,
    source: &str,
    index: &IndexId,
) -> Result<(IndexKey, Vec<Fingerprint>), Unreadable> {
    let parts = || {
        let (sealed, seal) = whole.split_last_chunk::<SEAL>()?;
        let (id_length, rest) = sealed.strip_prefix(MAGIC)?.split_first()?;
        let (id, rest) = rest.split_at_checked(usize::from(*id_length))?;
        let (count, entries) = rest.split_first_chunk()?;
        Some((sealed, seal, id, u64::from_be_bytes(*count), entries))
    };
    let (sealed, seal, id, count, entries) = parts().ok_or(Unreadable::Seal)?;
    let master = keys.iter().find(|key| key.id().as_str().as_bytes() == id).ok_or(Unreadable::Key)?;
    let key = IndexKey::of(master, source, index);
    let mut made = key.seal();
    made.update(sealed);
    if !bool::from(made.sign().as_ref().ct_eq(seal)) {
        return Err(Unreadable::Seal);
    }
    let entries: Vec<_> = entries.chunks_exact(ENTRY).map(number).map(Fingerprint).collect();
    if u64::try_from(entries.len()) == Ok(count) { Ok((key, entries)) } else { Err(Unreadable::Seal) }
}

/// Changes in writing, the first of which has this number.
pub(super) fn write_changes(key: &IndexKey, first: u64, changes: &[Changed]) -> Vec<u8> {
    let mut lines = Vec::with_capacity(changes.len().saturating_mul(CHANGE));
    for (number, change) in (first..).zip(changes) {
        let said = said(change);
        lines.extend_from_slice(&said);
        lines.extend_from_slice(&short_seal(key, number, &said));
    }
    lines
}

/// Reads changes, the first of which has this number.
///
/// # Errors
/// [`Unreadable`].
pub(super) fn read_changes(key: &IndexKey, first: u64, lines: &[u8]) -> Result<Vec<Changed>, Unreadable> {
    let lines = lines.chunks_exact(CHANGE);
    if !lines.remainder().is_empty() {
        return Err(Unreadable::Seal);
    }
    let read = (first..).zip(lines).map(|(number, line)| {
        let (said, seal) = line.split_at_checked(1 + ENTRY)?;
        let is_sealed = bool::from(short_seal(key, number, said).as_slice().ct_eq(seal));
        let (is_in, citizen) = said.split_first().filter(|_| is_sealed)?;
        Some(Changed { citizen: Fingerprint(self::number(citizen)), is_in: *is_in == 1 })
    });
    read.collect::<Option<_>>().ok_or(Unreadable::Seal)
}

fn said(Changed { citizen: Fingerprint(citizen), is_in }: &Changed) -> [u8; 1 + ENTRY] {
    let mut said = [u8::from(*is_in); 1 + ENTRY];
    said.iter_mut().skip(1).zip(citizen.to_be_bytes()).for_each(|(to, from)| *to = from);
    said
}

fn short_seal(key: &IndexKey, number: u64, said: &[u8]) -> [u8; SHORT_SEAL] {
    let mut seal = key.seal();
    seal.update(&number.to_be_bytes());
    seal.update(said);
    seal.sign().as_ref().first_chunk().copied().unwrap_or_default()
}

fn number(bytes: &[u8]) -> u64 {
    bytes.first_chunk().copied().map_or(0, u64::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::fingerprint::tests::{index, master};

    fn whole(key: &IndexKey, entries: &[Fingerprint]) -> Vec<u8> {
        write(key, entries).concat()
    }

    #[test]
    fn an_index_is_read_as_it_was_written_in_blocks_of_a_megabyte() {
        let keys = MasterKeys::new(master(1), Vec::new());
        let key = IndexKey::of(keys.first(), "library", &index("a"));
        for count in [0, 1, 131_000, 131_072, 400_000_u64] {
            let entries: Vec<_> = (0..count).map(Fingerprint).collect();
            let blocks = write(&key, &entries);
            assert!(blocks.iter().all(|block| block.len() <= BLOCK + SEAL));
            let bytes = blocks.concat();
            assert_eq!(bytes.len(), 8 * entries.len() + MAGIC.len() + 1 + 7 + 8 + SEAL, "eight bytes a citizen");
            let (_, read) = read(&bytes, &keys, "library", &index("a")).expect("an index");
            assert_eq!(read, entries);
        }
    }

    #[test]
    fn r75_what_was_changed_or_cut_off_or_made_with_another_key_is_no_index() {
        let keys = MasterKeys::new(master(1), Vec::new());
        let key = IndexKey::of(keys.first(), "library", &index("a"));
        let good = whole(&key, &[3, 5, 8].map(Fingerprint));
        let read = |bytes: &[u8], keys: &MasterKeys| read(bytes, keys, "library", &index("a")).map(|_| ());
        assert_eq!(read(&good, &keys), Ok(()));
        for at in 0..good.len() {
            let mut changed = good.clone();
            changed[at] ^= 1;
            assert!(read(&changed, &keys).is_err(), "byte {at}");
            assert!(read(&good[..at], &keys).is_err(), "cut off at {at}");
        }
        assert_eq!(read(&good, &MasterKeys::new(master(2), Vec::new())), Err(Unreadable::Seal), "the same name");
        assert_eq!(read(&good, &MasterKeys::random()), Err(Unreadable::Key));
        for (source, id) in [("daycare", "a"), ("library", "b")] {
            assert!(super::read(&good, &keys, source, &index(id)).is_err(), "{source} {id}");
        }
        let rotated = MasterKeys::new(MasterKeys::random().first().clone(), vec![master(1)]);
        assert_eq!(read(&good, &rotated), Ok(()), "a key that is no longer the first opens what it made");
    }

    #[test]
    fn r75_a_change_counts_in_its_place_alone() {
        let key = IndexKey::of(&master(1), "library", &index("a"));
        let changes = [(7, true), (9, false)].map(|(citizen, is_in)| Changed { citizen: Fingerprint(citizen), is_in });
        let lines = write_changes(&key, 5, &changes);
        assert_eq!((lines.len(), read_changes(&key, 5, &lines)), (2 * CHANGE, Ok(changes.to_vec())));
        assert_eq!(read_changes(&key, 6, &lines), Err(Unreadable::Seal), "in another place");
        let swapped = [&lines[CHANGE..], &lines[..CHANGE]].concat();
        assert_eq!(read_changes(&key, 5, &swapped), Err(Unreadable::Seal));
        assert_eq!(read_changes(&key, 5, &lines[..=CHANGE]), Err(Unreadable::Seal), "a part of a change");
        for at in 0..CHANGE {
            let mut damaged = lines.clone();
            damaged[at] ^= 1;
            assert!(read_changes(&key, 5, &damaged).is_err(), "byte {at}");
        }
        assert_eq!(read_changes(&key, 5, &[]), Ok(Vec::new()));
    }
}
