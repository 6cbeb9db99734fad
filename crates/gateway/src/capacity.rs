//! What a crowd made large becomes small again when the crowd has left: a map never gives room back by itself.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash},
};

/// Room for so many is not worth the move.
const FEW: usize = 32;

/// Gives back the room of a map that is mostly empty. Half of what it keeps stays free, so that it does not grow again at
/// once.
pub(crate) fn fit<K: Eq + Hash, V, S: BuildHasher>(map: &mut HashMap<K, V, S>) {
    if map.capacity() > FEW && map.capacity() > 4 * map.len() {
        map.shrink_to(2 * map.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_gives_back_the_room_of_those_who_left_and_keeps_who_stays() {
        let mut map: HashMap<u32, u32> = (0..10_000).map(|number| (number, number)).collect();
        let full = map.capacity();
        map.retain(|number, _| *number < 5_000);
        fit(&mut map);
        assert!(map.capacity() > full / 2, "half of it is needed: {}", map.capacity());
        map.retain(|number, _| *number < 100);
        fit(&mut map);
        assert!((200..1_000).contains(&map.capacity()), "{}", map.capacity());
        assert!((0..100).all(|number| map.get(&number) == Some(&number)));
        map.clear();
        fit(&mut map);
        assert_eq!(map.capacity(), 0);
    }
}
