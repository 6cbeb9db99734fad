//! Whole-system tests: everything goes through the doors that citizens, apps and operators use.

#[cfg(test)]
mod access_log;
#[cfg(test)]
mod admin;
#[cfg(test)]
mod admin_foreign;
#[cfg(test)]
mod admin_in_redis;
#[cfg(test)]
mod admin_openapi;
#[cfg(test)]
mod admin_tokens;
#[cfg(test)]
mod admin_try;
#[cfg(test)]
mod admin_way;
#[cfg(test)]
mod architecture;
#[cfg(test)]
mod authorities;
#[cfg(test)]
mod backchannel_logout;
#[cfg(test)]
mod bearer;
#[cfg(test)]
mod bearer_ends;
#[cfg(test)]
mod behind_a_cache;
#[cfg(test)]
mod cancellation;
#[cfg(test)]
mod client_authentication;
#[cfg(test)]
mod clocks;
#[cfg(test)]
mod collector;
#[cfg(test)]
mod command_line;
#[cfg(test)]
mod configuration;
#[cfg(test)]
mod console;
#[cfg(test)]
mod console_authorities;
#[cfg(test)]
mod console_editor;
#[cfg(test)]
mod console_foreign;
#[cfg(test)]
mod console_hostile;
#[cfg(test)]
mod console_index;
#[cfg(test)]
mod console_logout;
#[cfg(test)]
mod console_new_source;
#[cfg(test)]
mod console_sessions;
#[cfg(test)]
mod console_statistics;
#[cfg(test)]
mod console_try;
#[cfg(test)]
mod console_waiting;
#[cfg(test)]
mod contract_commands;
#[cfg(test)]
mod cookie_fuzz;
#[cfg(test)]
mod cookies;
#[cfg(test)]
mod credentials;
#[cfg(test)]
mod declaration;
#[cfg(test)]
mod distinctive;
#[cfg(test)]
mod dpop;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod gates;
#[cfg(test)]
mod guide;
#[cfg(test)]
mod health;
#[cfg(test)]
mod http2;
#[cfg(test)]
mod http2_hostile;
#[cfg(test)]
mod identity_laws;
#[cfg(test)]
mod image;
#[cfg(test)]
mod independent_provider;
#[cfg(test)]
mod indexes;
#[cfg(test)]
mod isolation;
#[cfg(test)]
mod kept_answers;
#[cfg(test)]
mod late;
#[cfg(test)]
mod lifecycle;
#[cfg(test)]
mod login;
#[cfg(test)]
mod login_refused;
#[cfg(test)]
mod login_requests;
#[cfg(test)]
mod logout;
#[cfg(test)]
mod logout_tokens;
#[cfg(test)]
mod native_app;
#[cfg(test)]
mod neutral_answers;
#[cfg(test)]
mod openapi;
#[cfg(test)]
mod overload;
#[cfg(test)]
mod overview_json;
#[cfg(test)]
mod overview_stream;
#[cfg(test)]
mod own_pages;
#[cfg(test)]
mod own_sessions;
#[cfg(test)]
mod page;
#[cfg(test)]
mod party;
#[cfg(test)]
mod paths;
#[cfg(test)]
mod portal;
#[cfg(test)]
mod portal_connected;
#[cfg(test)]
mod portal_connected_ends;
#[cfg(test)]
mod portal_ends;
#[cfg(test)]
mod portal_exchange;
#[cfg(test)]
mod portal_limits;
#[cfg(test)]
mod portal_narrowed;
#[cfg(test)]
mod portal_pages;
#[cfg(test)]
mod provider_documents;
#[cfg(test)]
mod rate_limits;
#[cfg(test)]
mod redis_store;
#[cfg(test)]
mod refresh;
#[cfg(test)]
mod registry_commands;
#[cfg(test)]
mod registry_files;
#[cfg(test)]
mod registry_guide;
#[cfg(test)]
mod registry_instances;
#[cfg(test)]
mod registry_link;
#[cfg(test)]
mod registry_story;
#[cfg(test)]
mod reload;
#[cfg(test)]
mod reload_settings;
#[cfg(test)]
mod renewal;
#[cfg(test)]
mod return_address;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod sections;
#[cfg(test)]
mod security_headers;
#[cfg(test)]
mod session_door;
#[cfg(test)]
mod session_ended;
#[cfg(test)]
mod session_keys;
#[cfg(test)]
mod session_limits;
#[cfg(test)]
mod shutdown;
#[cfg(test)]
mod slow_clients;
#[cfg(test)]
mod smuggling;
#[cfg(test)]
mod source_exchange;
#[cfg(test)]
mod start_faults;
#[cfg(test)]
mod statistics;
#[cfg(test)]
mod telemetry_document;
#[cfg(test)]
mod telemetry_events;
#[cfg(test)]
mod telemetry_faults;
#[cfg(test)]
mod telemetry_metrics;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod token_faults;
#[cfg(test)]
mod trace;
#[cfg(test)]
mod traces;
#[cfg(test)]
mod traces_collector;
#[cfg(test)]
mod traces_of_callers;
#[cfg(test)]
mod traces_of_logins;
#[cfg(test)]
mod tracked_files;
#[cfg(test)]
mod wrong_person;
