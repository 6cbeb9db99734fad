//! What Redis is to be reached, and how one connection to it is made: a server, the master that sentinels name, or a
//! cluster.

use std::{fmt, time::Duration};

use overblik_connectors::Secret;
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, ErrorKind, IntoConnectionInfo, RedisConnectionInfo,
    RedisResult, TlsCertificates, Value,
    aio::{MultiplexedConnection, PubSub},
    cluster::ClusterClient,
};

use super::connection::Connection;
use crate::{
    config::{RedisConfig, RedisMode, RedisNode},
    secrets::random_bytes,
};

/// How long connecting to one server may take.
const CONNECT_WITHIN: Duration = Duration::from_secs(1);

/// How long one of several sentinels may take until the next is asked.
const SENTINEL_WITHIN: Duration = Duration::from_millis(400);

/// Commands that may wait to be written to one connection.
const QUEUE: usize = 1024;

/// A Redis, and the way to it.
pub(crate) enum Target {
    /// One server, and how long an answer may take.
    Standalone(Client, Duration),
    /// The master that sentinels name.
    Sentinel(Sentinels),
    /// A cluster, and its nodes one by one.
    Cluster(Box<ClusterClient>, Vec<Client>),
}

/// Sentinels, and how the servers that they name are spoken to.
pub(crate) struct Sentinels {
    nodes: Vec<Client>,
    master: String,
    servers: Servers,
}

/// How servers are spoken to.
struct Servers {
    certificates: Option<TlsCertificates>,
    settings: RedisConnectionInfo,
    /// How long an answer may take.
    response_within: Duration,
}

impl Servers {
    fn client(&self, node: &RedisNode) -> RedisResult<Client> {
        let info = self.info(node)?;
        match &self.certificates {
            Some(certificates) if node.tls => Client::build_with_tls(info, certificates.clone()),
            _ => Client::open(info),
        }
    }

    fn info(&self, node: &RedisNode) -> RedisResult<ConnectionInfo> {
        let host = node.host.clone();
        let address = if node.tls {
            ConnectionAddr::TcpTls { host, port: node.port, insecure: false, tls_params: None }
        } else {
            ConnectionAddr::Tcp(host, node.port)
        };
        Ok(address.into_connection_info()?.set_redis_settings(self.settings.clone()))
    }
}

impl Target {
    /// What a configuration names. Nothing is connected yet.
    ///
    /// # Errors
    /// When the certificates of the authority cannot be read.
    pub(crate) fn new(config: &RedisConfig) -> RedisResult<Self> {
        let certificates = match &config.tls.ca_file {
            Some(file) => Some(TlsCertificates { client_tls: None, root_cert: Some(std::fs::read(file)?) }),
            None => None,
        };
        let password = config.password.as_ref().map(Secret::reveal);
        let settings = login(config.username.as_deref(), password).set_db(config.database);
        // Half of the limit, so that there is time for a second attempt.
        let response_within = Duration::from_millis(config.answer_within_ms) / 2;
        let servers = Servers { certificates, settings, response_within };
        match config.mode {
            RedisMode::Standalone => {
                let node = config.nodes.first();
                let node = node.ok_or((ErrorKind::InvalidClientConfig, "no node is named"))?;
                Ok(Self::Standalone(servers.client(node)?, response_within))
            }
            RedisMode::Sentinel => {
                let password = config.sentinel_password.as_ref().map(Secret::reveal);
                let settings = login(config.sentinel_username.as_deref(), password);
                let to_sentinels = Servers { certificates: servers.certificates.clone(), settings, response_within };
                let nodes = config.nodes.iter().map(|node| to_sentinels.client(node)).collect::<RedisResult<_>>()?;
                let master = config.sentinel_master.clone().unwrap_or_default();
                Ok(Self::Sentinel(Sentinels { nodes, master, servers }))
            }
            RedisMode::Cluster => {
                let infos = config.nodes.iter().map(|node| servers.info(node)).collect::<RedisResult<Vec<_>>>()?;
                let mut cluster = ClusterClient::builder(infos)
                    .connection_timeout(CONNECT_WITHIN)
                    .response_timeout(response_within)
                    .retries(2)
                    .min_retry_wait(20)
                    .max_retry_wait(150);
                if let Some(certificates) = &servers.certificates {
                    cluster = cluster.certs(certificates.clone());
                }
                let nodes = config.nodes.iter().map(|node| servers.client(node)).collect::<RedisResult<_>>()?;
                Ok(Self::Cluster(Box::new(cluster.build()?), nodes))
            }
        }
    }

    /// Connects.
    ///
    /// # Errors
    /// When nothing that may serve answers.
    pub(super) async fn connect(&self) -> RedisResult<Connection> {
        match self {
            Self::Standalone(client, response_within) => {
                Ok(Connection::Server(connect(client, CONNECT_WITHIN, *response_within).await?))
            }
            Self::Sentinel(sentinels) => Ok(Connection::Server(sentinels.master().await?.1)),
            Self::Cluster(client, _) => Ok(Connection::Cluster(client.get_async_connection().await?)),
        }
    }

    /// Connects to what announces: in a cluster that is any node, for an announcement reaches them all.
    ///
    /// # Errors
    /// When nothing that may announce answers.
    pub(super) async fn connect_to_announcements(&self) -> RedisResult<PubSub> {
        match self {
            Self::Standalone(client, _) => client.get_async_pubsub().await,
            Self::Sentinel(sentinels) => sentinels.master().await?.0.get_async_pubsub().await,
            Self::Cluster(_, nodes) => {
                let mut outcome = Err((ErrorKind::InvalidClientConfig, "no node is named").into());
                for node in by_chance(nodes) {
                    outcome = within(CONNECT_WITHIN / 2, node.get_async_pubsub()).await;
                    if outcome.is_ok() {
                        break;
                    }
                }
                outcome
            }
        }
    }

    /// How long one attempt to connect may take, whatever it consists of. To a cluster that is a greeting of all the nodes that
    /// are named, the question where its slots lie, and a greeting of those that were not: either may wait in vain for one.
    pub(super) fn attempt_within(&self) -> Duration {
        match self {
            Self::Standalone(..) | Self::Sentinel(_) => 2 * CONNECT_WITHIN,
            Self::Cluster(..) => 6 * CONNECT_WITHIN,
        }
    }

    /// Whether a part of it may be away while the rest serves. A cluster's connection finds its way back to nodes whose
    /// connections break by itself, but not from one that stands still to the replica that has taken its place.
    pub(super) fn serves_in_parts(&self) -> bool {
        match self {
            Self::Standalone(..) | Self::Sentinel(_) => false,
            Self::Cluster(..) => true,
        }
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Standalone(..) => "Standalone(..)",
            Self::Sentinel(_) => "Sentinel(..)",
            Self::Cluster(..) => "Cluster(..)",
        })
    }
}

impl Sentinels {
    async fn master(&self) -> RedisResult<(Client, MultiplexedConnection)> {
        let mut outcome = Err((ErrorKind::InvalidClientConfig, "no sentinel is named").into());
        for sentinel in by_chance(&self.nodes) {
            outcome = self.master_according_to(sentinel).await;
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    /// The master that a sentinel names, if it says itself that it is one: during a failover a sentinel may still name
    /// the one before.
    async fn master_according_to(&self, sentinel: &Client) -> RedisResult<(Client, MultiplexedConnection)> {
        let mut connection = connect(sentinel, SENTINEL_WITHIN, self.servers.response_within).await?;
        let question = redis::cmd("SENTINEL").arg("get-master-addr-by-name").arg(&self.master).take();
        let address: Option<(String, u16)> = question.query_async(&mut connection).await?;
        let (host, port) =
            address.ok_or((ErrorKind::MasterNameNotFoundBySentinel, "no such master at the sentinel"))?;
        let tls = matches!(sentinel.get_connection_info().addr(), ConnectionAddr::TcpTls { .. });
        let client = self.servers.client(&RedisNode { host, port, tls })?;
        let mut connection = connect(&client, CONNECT_WITHIN, self.servers.response_within).await?;
        let role: Vec<Value> = redis::cmd("ROLE").query_async(&mut connection).await?;
        match role.first() {
            Some(Value::BulkString(role)) if role == b"master" => Ok((client, connection)),
            _ => Err((ErrorKind::Client, "the server that the sentinel names is no master").into()),
        }
    }
}

/// All of them, beginning with one by chance.
fn by_chance(clients: &[Client]) -> impl Iterator<Item = &Client> {
    let [chance, ..] = random_bytes();
    let begin = usize::from(chance).checked_rem(clients.len()).unwrap_or_default();
    clients.iter().cycle().skip(begin).take(clients.len())
}

async fn connect(client: &Client, limit: Duration, response_within: Duration) -> RedisResult<MultiplexedConnection> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(limit))
        .set_response_timeout(Some(response_within))
        .set_pipeline_buffer_size(QUEUE);
    let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
    // A server that stands still is connected to by its system, and a connection without a login begins without a word.
    redis::cmd("PING").exec_async(&mut connection).await?;
    Ok(connection)
}

pub(super) async fn within<T>(limit: Duration, work: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    tokio::time::timeout(limit, work)
        .await
        .unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()))
}

fn login(username: Option<&str>, password: Option<&str>) -> RedisConnectionInfo {
    // The library would introduce itself with a command that the user's rights may not hold.
    let mut settings = RedisConnectionInfo::default().set_skip_set_lib_name();
    if let Some(username) = username {
        settings = settings.set_username(username);
    }
    if let Some(password) = password {
        settings = settings.set_password(password);
    }
    settings
}
