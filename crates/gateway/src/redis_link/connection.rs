//! A connection to Redis, to one server or to a cluster, which many use at once.

use std::collections::HashSet;

use redis::{
    Cmd, ErrorKind, Pipeline, RedisError, RedisFuture, RedisResult, Value,
    aio::{ConnectionLike, MultiplexedConnection},
    cluster_async::ClusterConnection,
    cluster_routing::{RoutingInfo, SingleNodeRoutingInfo},
};

/// One server of a cluster, as the cluster calls it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Address {
    host: String,
    port: u16,
}

/// The masters in an answer to `CLUSTER SLOTS`: ranges of slots, each with its first and last slot, its master, and its
/// replicas.
pub(super) fn masters(slots: Vec<Vec<Value>>) -> RedisResult<HashSet<Address>> {
    let malformed = || RedisError::from((ErrorKind::Client, "a range of slots without a master"));
    let master = |range: Vec<Value>| {
        let master: Vec<Value> = redis::from_redis_value(range.into_iter().nth(2).ok_or_else(malformed)?)?;
        let mut parts = master.into_iter();
        let (host, port) = parts.next().zip(parts.next()).ok_or_else(malformed)?;
        Ok(Address { host: redis::from_redis_value(host)?, port: redis::from_redis_value(port)? })
    };
    slots.into_iter().map(master).collect()
}

/// A connection that many may use at once. Clones share it.
#[derive(Clone)]
pub(crate) enum Connection {
    /// To one server.
    Server(MultiplexedConnection),
    /// To all nodes of a cluster.
    Cluster(ClusterConnection),
}

impl Connection {
    /// Sends a command to one server of a cluster, or where its keys lie.
    pub(super) async fn ask(&mut self, command: &Cmd, at: Option<&Address>) -> RedisResult<Value> {
        match (self, at) {
            (Self::Cluster(cluster), Some(Address { host, port })) => {
                let route = SingleNodeRoutingInfo::ByAddress { host: host.clone(), port: *port };
                cluster.route_command(command.clone(), RoutingInfo::SingleNode(route)).await
            }
            (connection, _) => command.query_async(connection).await,
        }
    }
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::Server(server) => server.req_packed_command(command),
            Self::Cluster(cluster) => cluster.req_packed_command(command),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        commands: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::Server(server) => server.req_packed_commands(commands, offset, count),
            Self::Cluster(cluster) => cluster.req_packed_commands(commands, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::Server(server) => server.get_db(),
            Self::Cluster(cluster) => cluster.get_db(),
        }
    }
}

/// Whether an error means that the connection, or the server behind it, no longer serves.
pub(super) fn is_loss(error: &RedisError) -> bool {
    use redis::ServerErrorKind::{BusyLoading, ClusterDown, MasterDown, ReadOnly};
    let no_longer_serves = matches!(error.kind(), ErrorKind::Server(BusyLoading | ClusterDown | MasterDown | ReadOnly));
    error.is_io_error() || error.is_unrecoverable_error() || no_longer_serves
}
