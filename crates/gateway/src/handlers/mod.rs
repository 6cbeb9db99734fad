//! From a request to an answer: parse, call, answer. No rules of their own.

pub(crate) mod access_log;
pub(crate) mod assets;
pub(crate) mod backchannel_logout;
pub(crate) mod client_keys;
pub(crate) mod connect;
pub(crate) mod declared;
pub(crate) mod embed;
pub(crate) mod farewell;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod openapi;
pub(crate) mod overview;
pub(crate) mod page;
pub(crate) mod section_pages;
pub(crate) mod sections;
pub(crate) mod session;
pub(crate) mod sessions;
pub(crate) mod statistics;

use crate::api_error::ApiError;

pub(crate) async fn not_found() -> ApiError {
    ApiError::NotFound
}

pub(crate) async fn method_not_allowed() -> ApiError {
    ApiError::MethodNotAllowed
}
