//! What is known of an identity provider beforehand, laid beneath what the configuration says about it. Where nothing is
//! known, the configuration must say it: a guess about a CPR number or a level would be worse than no start.
//!
//! `docs/identity-providers.md` names the source of every line here.

use std::{collections::BTreeMap, path::PathBuf};

use overblik_connectors::Secret;
use overblik_widgets::AssuranceLevel;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::Error};

use super::{AppSwitch, ClaimNames, LevelNames, LevelRequest, LoginConfig, SignatureAlgorithm, secret};

/// Identity providers of which something is known beforehand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ProviderKind {
    /// Any: names as the demo's provider has them.
    #[default]
    Generic,
    /// Signicat eID Hub, MitID.
    Signicat,
    /// Idura Verify (formerly Criipto), MitID.
    Idura,
    /// Signaturgruppen Broker (Nets eID Broker), MitID.
    Signaturgruppen,
    /// `FoxIDs` as a bridge to NemLog-in.
    Foxids,
}

/// How citizens log in, or the people who work here. What is known of the provider stands where nothing is written
/// (docs/identity-providers.md).
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LoginConfig")]
pub(super) struct WrittenLogin {
    /// Which provider it is: what is known of it lies beneath everything that is written.
    #[serde(default)]
    provider: ProviderKind,
    /// The provider's issuer, exactly as its metadata writes it.
    issuer: String,
    /// Hosts other than the issuer's that the provider's endpoints may be on.
    #[serde(default)]
    endpoint_hosts: Vec<String>,
    /// Our name at the provider.
    client_id: String,
    /// Our secret at the provider, at least 16 characters. Prefer `client_secret_file`. This, that or `client_keys_file` must be
    /// there.
    #[serde(default, deserialize_with = "secret")]
    #[schemars(with = "Option<String>")]
    client_secret: Option<Secret>,
    /// File that holds our secret at the provider.
    #[serde(default)]
    client_secret_file: Option<PathBuf>,
    /// File of our keys at the provider, which sign who we are instead of a secret.
    #[serde(default)]
    client_keys_file: Option<PathBuf>,
    /// Scopes to ask for. Without a preset: `openid`, `profile` and `ssn`, at the console the first two.
    scopes: Option<Vec<String>>,
    /// Least level that opens a session. Substantial, if nothing is written.
    minimum_level: Option<AssuranceLevel>,
    /// Seconds since the person was authenticated after which the provider must do so again; without it the provider decides.
    max_age_s: Option<u64>,
    /// Signature algorithms accepted on ID tokens and logout tokens. Without a preset: ES256 and PS256.
    algorithms: Option<Vec<SignatureAlgorithm>>,
    /// Names of the claims.
    #[serde(default)]
    claims: WrittenClaims,
    /// What the provider calls the assurance levels. Compared exactly.
    #[serde(default)]
    levels: WrittenLevels,
    /// How a level is asked for. Without a preset: its name in `acr_values`.
    level_request: Option<LevelRequest>,
    /// Further parameters of every login, such as `idp_values: mitid`.
    parameters: Option<BTreeMap<String, String>>,
    /// How an app tells the provider which app to lead back to: what `/auth/login?platform=ios` or `android` adds. Nothing, if
    /// nothing is written.
    app_switch: Option<AppSwitch>,
}

/// Names of the claims in an ID token; every provider has its own.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "ClaimNames")]
struct WrittenClaims {
    /// CPR number. Without a preset `cpr`. Never set at the console.
    cpr: Option<String>,
    /// The person's name. Without a preset `name`.
    name: Option<String>,
    /// Municipality of residence, four digits. Without a preset `municipality_code`; where it is missing, municipal sources say
    /// that they were not asked.
    municipality: Option<String>,
    /// Assurance level. Without a preset `acr`.
    level: Option<String>,
    /// The provider's name for its own session, by which it ends ours. Without a preset `sid`.
    session: Option<String>,
    /// The absolute end of the provider's session, in seconds since 1970. None is read unless this is set.
    session_expiry: Option<String>,
}

/// What a provider calls each NSIS level. Without a preset `https://data.gov.dk/concept/core/nsis/loa/Low`, and so on.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "LevelNames")]
struct WrittenLevels {
    /// NSIS Low.
    low: Option<String>,
    /// NSIS Substantial.
    substantial: Option<String>,
    /// NSIS High.
    high: Option<String>,
}

/// What is known of a provider.
struct Preset {
    scopes: &'static [&'static str],
    algorithms: &'static [SignatureAlgorithm],
    /// `None` where the provider lets its customers decide.
    cpr: Option<&'static str>,
    level: Option<&'static str>,
    session_expiry: Option<&'static str>,
    /// Low, Substantial, High, as the level claim writes them.
    levels: Option<[&'static str; 3]>,
    /// How a level is asked for, if otherwise than by its name in `acr_values`: the parameter, then one value per level.
    level_request: Option<(&'static str, [&'static str; 3])>,
    parameters: &'static [(&'static str, &'static str)],
    app_switch: Option<[&'static str; 3]>,
}

const STRONG: &[SignatureAlgorithm] = &[SignatureAlgorithm::ES256, SignatureAlgorithm::PS256];
const NSIS: [&str; 3] = [
    "https://data.gov.dk/concept/core/nsis/loa/Low",
    "https://data.gov.dk/concept/core/nsis/loa/Substantial",
    "https://data.gov.dk/concept/core/nsis/loa/High",
];

const GENERIC: Preset = Preset {
    scopes: &["openid", "profile", "ssn"],
    algorithms: STRONG,
    cpr: Some("cpr"),
    level: Some("acr"),
    session_expiry: None,
    levels: Some(NSIS),
    level_request: None,
    parameters: &[],
    app_switch: None,
};

const SIGNICAT: Preset = Preset {
    scopes: &["openid", "profile", "nin", "mitid-extra"],
    cpr: Some("nin"),
    level: Some("mitid_loa"),
    levels: Some(["LOW", "SUBSTANTIAL", "HIGH"]),
    level_request: Some(("acr_values", ["idp:mitid loa:low", "idp:mitid loa:substantial", "idp:mitid loa:high"])),
    ..GENERIC
};

const IDURA: Preset = Preset {
    scopes: &["openid"],
    cpr: Some("cprNumberIdentifier"),
    level: None,
    levels: Some(["urn:grn:authn:dk:mitid:low", "urn:grn:authn:dk:mitid:substantial", "urn:grn:authn:dk:mitid:high"]),
    app_switch: Some(["login_hint", "appswitch:ios", "appswitch:android"]),
    ..GENERIC
};

const SIGNATURGRUPPEN: Preset = Preset {
    scopes: &["openid", "mitid", "ssn"],
    algorithms: &[SignatureAlgorithm::ES256, SignatureAlgorithm::PS256, SignatureAlgorithm::RS256],
    cpr: Some("dk.cpr"),
    level: Some("loa"),
    session_expiry: Some("session_expiry"),
    levels: Some([
        "https://data.gov.dk/concept/core/nsis/Low",
        "https://data.gov.dk/concept/core/nsis/Substantial",
        "https://data.gov.dk/concept/core/nsis/High",
    ]),
    level_request: Some((
        "idp_params",
        [
            r#"{"mitid":{"loa_value":"low"}}"#,
            r#"{"mitid":{"loa_value":"substantial"}}"#,
            r#"{"mitid":{"loa_value":"high"}}"#,
        ],
    )),
    parameters: &[("idp_values", "mitid")],
    ..GENERIC
};

const FOXIDS: Preset = Preset { scopes: &["openid", "profile"], cpr: None, level: None, ..GENERIC };

impl ProviderKind {
    fn preset(self) -> Preset {
        match self {
            Self::Generic => GENERIC,
            Self::Signicat => SIGNICAT,
            Self::Idura => IDURA,
            Self::Signaturgruppen => SIGNATURGRUPPEN,
            Self::Foxids => FOXIDS,
        }
    }
}

fn owned(text: &'static str) -> String {
    text.to_owned()
}

/// Reads how people who work here log in: as citizens do, but that nobody is asked for a CPR number.
pub(super) fn of_people_who_work<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<LoginConfig>, D::Error> {
    let Some(mut written) = Option::<WrittenLogin>::deserialize(deserializer)? else { return Ok(None) };
    written.scopes.get_or_insert_with(|| ["openid", "profile"].map(owned).to_vec());
    if written.claims.cpr.replace(String::new()).is_some() {
        return Err(D::Error::custom("admin.login.claims.cpr: nobody's number is asked for at the console"));
    }
    LoginConfig::try_from(written).map(Some).map_err(|wrong| D::Error::custom(format!("admin.{wrong}")))
}

impl TryFrom<WrittenLogin> for LoginConfig {
    type Error = String;

    fn try_from(written: WrittenLogin) -> Result<Self, String> {
        let preset = written.provider.preset();
        let needed = |own: Option<String>, preset: Option<&'static str>, setting: &str| {
            own.or_else(|| preset.map(owned)).ok_or_else(|| {
                format!(
                    "login.{setting} is missing: this provider's customers name it themselves, or nothing public says \
                     it; docs/identity-providers.md tells where to look it up"
                )
            })
        };
        let [low, substantial, high] = match preset.levels {
            Some(names) => names.map(Some),
            None => [None; 3],
        };
        let levels = LevelNames {
            low: needed(written.levels.low, low, "levels.low")?,
            substantial: needed(written.levels.substantial, substantial, "levels.substantial")?,
            high: needed(written.levels.high, high, "levels.high")?,
        };
        let known_request = preset.level_request.map(|(parameter, [low, substantial, high])| LevelRequest {
            parameter: owned(parameter),
            low: owned(low),
            substantial: owned(substantial),
            high: owned(high),
        });
        let by_name = || LevelRequest {
            parameter: "acr_values".into(),
            low: levels.low.clone(),
            substantial: levels.substantial.clone(),
            high: levels.high.clone(),
        };
        let known_parameters = || preset.parameters.iter().map(|(name, value)| (owned(name), owned(value))).collect();
        let known_switch = preset.app_switch.map(|[parameter, ios, android]| AppSwitch {
            parameter: owned(parameter),
            ios: owned(ios),
            android: owned(android),
        });
        let claims = written.claims;
        Ok(Self {
            provider: written.provider,
            issuer: written.issuer,
            endpoint_hosts: written.endpoint_hosts,
            client_id: written.client_id,
            client_secret: written.client_secret,
            client_secret_file: written.client_secret_file,
            client_keys_file: written.client_keys_file,
            client_keys: None,
            scopes: written.scopes.unwrap_or_else(|| preset.scopes.iter().copied().map(owned).collect()),
            minimum_level: written.minimum_level.unwrap_or(AssuranceLevel::Substantial),
            max_age_s: written.max_age_s,
            algorithms: written.algorithms.unwrap_or_else(|| preset.algorithms.to_vec()),
            claims: ClaimNames {
                cpr: needed(claims.cpr, preset.cpr, "claims.cpr")?,
                name: claims.name.unwrap_or_else(|| "name".into()),
                municipality: claims.municipality.unwrap_or_else(|| "municipality_code".into()),
                level: needed(claims.level, preset.level, "claims.level")?,
                session: claims.session.unwrap_or_else(|| "sid".into()),
                session_expiry: claims.session_expiry.or_else(|| preset.session_expiry.map(owned)),
            },
            level_request: written.level_request.or(known_request).unwrap_or_else(by_name),
            levels,
            parameters: written.parameters.unwrap_or_else(known_parameters),
            app_switch: written.app_switch.or(known_switch),
        })
    }
}

#[cfg(test)]
#[path = "provider_tests.rs"]
mod tests;
