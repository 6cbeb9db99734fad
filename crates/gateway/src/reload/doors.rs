//! Where requests come in: by whichever routes there are when they come.

use std::{
    convert::Infallible,
    sync::{Arc, PoisonError, RwLock},
};

use axum::{Router, extract::Request, response::Response};
use tower::{ServiceExt, service_fn};

use crate::{app::App, routes};

/// The routes that requests take which come now. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Doors(Arc<RwLock<Router>>);

impl Doors {
    pub(crate) fn open(app: &App) -> Self {
        Self(Arc::new(RwLock::new(routes::router(app.clone()))))
    }

    /// Requests that come from now on are this app's; those that came before go on with theirs.
    pub(crate) fn exchange(&self, app: &App) {
        let routes = routes::router(app.clone());
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = routes;
    }

    /// What leads each request to the routes of its time.
    pub(crate) fn router(&self) -> Router {
        let doors = self.clone();
        Router::new().fallback_service(service_fn(move |request: Request| {
            let routes = doors.0.read().unwrap_or_else(PoisonError::into_inner).clone();
            async move { Ok::<Response, Infallible>(routes.oneshot(request).await.unwrap_or_else(|never| match never {})) }
        }))
    }
}
