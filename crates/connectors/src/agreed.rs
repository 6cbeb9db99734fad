//! A connector whose source fewer may see than its contract says: agreements change while a contract stays.

use std::{collections::BTreeMap, sync::Arc};

use futures::future::BoxFuture;

use crate::{
    connector::{Connector, Coverage, FetchRequest, Fetched, SourceInfo},
    error::ConnectorError,
    gate::Gate,
};

/// A connector under agreements. The gate, the connections and all else are those of the connector.
struct Agreed {
    connector: Arc<dyn Connector>,
    source: Arc<SourceInfo>,
}

/// The connector, for the display clients that both its contract and the agreements name, and of the citizens that both
/// reach. It is the former one if that says the same already.
pub(crate) fn under_agreements(
    connector: &Arc<dyn Connector>,
    agreements: Option<&BTreeMap<String, Coverage>>,
    former: Option<&Arc<dyn Connector>>,
) -> Arc<dyn Connector> {
    let Some(agreements) = agreements else { return Arc::clone(connector) };
    let declared = connector.source();
    let agreed = declared.display_clients.iter().filter_map(|(client, coverage)| {
        let agreed = agreements.get(client)?;
        Some((client.clone(), coverage.within(agreed)))
    });
    let display_clients: BTreeMap<String, Coverage> = agreed.collect();
    if display_clients == declared.display_clients {
        return Arc::clone(connector);
    }
    if let Some(former) = former.filter(|former| former.source().display_clients == display_clients) {
        return Arc::clone(former);
    }
    let source = Arc::new(SourceInfo { display_clients, ..SourceInfo::clone(declared) });
    Arc::new(Agreed { connector: Arc::clone(connector), source })
}

impl Connector for Agreed {
    fn source(&self) -> &Arc<SourceInfo> {
        &self.source
    }

    fn gate(&self) -> &Gate {
        self.connector.gate()
    }

    fn fetch<'a, 'f>(&'a self, request: FetchRequest) -> BoxFuture<'f, Result<Fetched, ConnectorError>>
    where
        'a: 'f,
        Self: 'f,
    {
        self.connector.fetch(request)
    }

    fn detail<'a, 'f>(&'a self, request: FetchRequest) -> BoxFuture<'f, Result<Fetched, ConnectorError>>
    where
        'a: 'f,
        Self: 'f,
    {
        self.connector.detail(request)
    }

    fn exchanges_login_token(&self) -> bool {
        self.connector.exchanges_login_token()
    }
}
